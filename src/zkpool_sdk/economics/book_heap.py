"""The book of a queue: a bounded min-heap of words, the worst bid at the root.

A word is ``maxFee << 96 | (2^48 - 1 - sequence) << 48 | expiresAt << 8 | place``. Sequences are unique, so
words are strictly ordered: the higher bid wins, of equal bids the earlier, and ties do not exist. A heap is a
``list`` of words, changed in place; its length is its size.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from zkpool_sdk.units import Timestamp, Wei

LIMIT: Final = 64
"""Most bids a book holds."""
SEQUENCE_MAX: Final = 2**48 - 1


def pack(max_fee_wei: int, sequence: int, expires_at: int, place: int) -> int:
    """The word of a bid.

    Args:
        max_fee_wei: 96 bits. sequence: 48 bits, lower is earlier. expires_at: 40 bits. place: 8 bits.
    """
    return max_fee_wei << 96 | (SEQUENCE_MAX - sequence) << 48 | expires_at << 8 | place


def max_fee_of(word: int) -> Wei:
    """The bid of a word, base fee included."""
    return Wei(word >> 96)


def sequence_of(word: int) -> int:
    """The sequence number of a word; lower is earlier."""
    return SEQUENCE_MAX - (word >> 48 & SEQUENCE_MAX)


def expiry_of(word: int) -> Timestamp:
    """The last second at which a word's bid is live."""
    return Timestamp(word >> 8 & (2**40 - 1))


def place_of(word: int) -> int:
    """The place of a word, under which the market keeps its task."""
    return word & 0xFF


def insert(words: list[int], word: int) -> None:
    """Adds a word; the caller keeps the heap below ``LIMIT``."""
    words.append(word)
    _sift_up(words, len(words) - 1)


def replace_worst(words: list[int], word: int) -> None:
    """Puts ``word`` in the root's place."""
    words[0] = word
    _sift_down(words, 0)


def remove_at(words: list[int], index: int) -> None:
    """Takes the word at ``index`` out; the last word fills the gap."""
    last = words.pop()
    if index < len(words):
        words[index] = last
        _sift_down(words, index)
        _sift_up(words, index)


def raise_at(words: list[int], index: int, word: int) -> None:
    """Puts a greater word at ``index``."""
    words[index] = word
    _sift_down(words, index)


def find(words: list[int], place: int) -> int:
    """Index of the bid at ``place``; the caller knows that it is there."""
    return next(index for index, word in enumerate(words) if place_of(word) == place)


def best_first(words: Iterable[int]) -> list[int]:
    """The words of a book, best bid first."""
    return sorted(words, reverse=True)


def is_heap(words: list[int]) -> bool:
    """Whether no word is below its parent."""
    return all(words[(i - 1) // 2] <= words[i] for i in range(1, len(words)))


def _sift_up(words: list[int], index: int) -> None:
    while index > 0:
        parent = (index - 1) // 2
        if words[parent] <= words[index]:
            return
        words[parent], words[index] = words[index], words[parent]
        index = parent


def _sift_down(words: list[int], index: int) -> None:
    while True:
        least = min(
            (child for child in (2 * index + 1, 2 * index + 2) if child < len(words)),
            key=words.__getitem__,
            default=index,
        )
        if words[index] <= words[least]:
            return
        words[least], words[index] = words[index], words[least]
        index = least
