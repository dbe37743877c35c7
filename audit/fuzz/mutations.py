"""Ways to spoil a good proof or its signals: bits, words, points, aliases, lengths, parts of other proofs."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

from audit.fuzz.systems import Item, System, drawn_signals, with_words, word_of
from tests.support.groth16_toy import P, R
from zkpool_sdk import _native

TOP: Final = 1 << 256
EDGES: Final = (0, 1, 2, R - 1, R, R + 1, P - 1, P, P + 1, TOP - 1, TOP - P, (P - 1) // 2, 1 << 255)
Mutation = Callable[[System, Item, random.Random], Item]


def bits(system: System, item: Item, rng: random.Random) -> Item:
    """One to three bits flipped."""
    proof = bytearray(item[1])
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(8 * len(proof))
        proof[at // 8] ^= 1 << at % 8
    return item[0], bytes(proof)


def word(system: System, item: Item, rng: random.Random) -> Item:
    """A word at an edge of its field, or any."""
    value = rng.choice(EDGES) if rng.random() < 0.7 else rng.randrange(TOP)
    return item[0], with_words(item[1], [(rng.randrange(len(system.moduli)), value)])


def nudge(system: System, item: Item, rng: random.Random) -> Item:
    """A word one more or one less."""
    place = rng.randrange(len(system.moduli))
    return item[0], with_words(item[1], [(place, (word_of(item[1], place) + rng.choice((-1, 1))) % TOP)])


def alias(system: System, item: Item, rng: random.Random) -> Item:
    """The same proof in other words: multiples of the modulus added."""
    places = rng.sample(range(len(system.moduli)), rng.randrange(1, 4))
    changes = []
    for place in places:
        value, modulus = word_of(item[1], place), rng.choice((system.moduli[place], R, P))
        most = (TOP - 1 - value) // modulus
        changes.append((place, value + modulus * rng.randint(1, most) if most else value))
    return item[0], with_words(item[1], changes)


def exchange(system: System, item: Item, rng: random.Random) -> Item:
    """Two words exchanged."""
    a, b = rng.sample(range(len(system.moduli)), 2)
    return item[0], with_words(item[1], [(a, word_of(item[1], b)), (b, word_of(item[1], a))])


def point(system: System, item: Item, rng: random.Random) -> Item:
    """A point replaced: negated, infinite, off the curve, another of the proof, its sum with one, any."""
    proof = item[1]
    at, other = rng.choice(system.points), rng.choice(system.points)
    here, there = proof[32 * at : 32 * at + 64], proof[32 * other : 32 * other + 64]
    x, y = word_of(proof, at), word_of(proof, at + 1)
    kind = rng.randrange(7)
    made = [
        lambda: words_of(x, (P - y) % P),
        lambda: bytes(64),
        lambda: words_of(x, (y + 1) % P),
        lambda: there,
        lambda: sum_of(here, there),
        lambda: _native.ec_mul(words_of(1, 2, rng.randrange(1, R))),
        lambda: words_of(0, P),
    ][kind]()
    return item[0], proof[: 32 * at] + made + proof[32 * at + 64 :]


def length(system: System, item: Item, rng: random.Random) -> Item:
    """Cut off, or longer, by bytes or words."""
    proof = item[1]
    more = rng.choice((1, 31, 32, 64, len(proof)))
    kind = rng.randrange(4)
    made = (proof[: rng.randrange(len(proof))], proof + bytes(more), proof[32:], proof + proof[:32])[kind]
    return item[0], made


def signal(system: System, item: Item, rng: random.Random) -> Item:
    """A signal changed, aliased, out of its field, exchanged, one too few or too many."""
    signals = list(item[0])
    place = rng.randrange(len(signals))
    kind = rng.randrange(7)
    if kind == 0:
        signals[place] = (signals[place] + rng.choice((-1, 1))) % R
    elif kind == 1:
        signals[place] += R * rng.randint(0, (TOP - 1 - signals[place]) // R)
    elif kind == 2:
        signals[place] = rng.choice(EDGES)
    elif kind == 3:
        signals = signals[1:] + signals[:1]
    elif kind == 4:
        del signals[place]
    elif kind == 5:
        signals.insert(place, rng.choice((0, signals[place])))
    else:
        signals = list(drawn_signals(rng, len(signals)))
    return tuple(signals), item[1]


def stranger(system: System, item: Item, rng: random.Random) -> Item:
    """The proof, or a part of it, of other signals."""
    other = rng.choice(system.items)
    cut = 32 * rng.randrange(len(system.moduli))
    return item[0], rng.choice((other[1], item[1][:cut] + other[1][cut:], other[1][:cut] + item[1][cut:]))


def sum_of(a: bytes, b: bytes) -> bytes:
    """The sum of two points; of what an earlier mutation left that is none, the first."""
    try:
        return _native.ec_add(a + b)
    except _native.NativeFormatError:
        return a


def words_of(*values: int) -> bytes:
    """Words of 32 bytes."""
    return b"".join(value.to_bytes(32, "big") for value in values)


MUTATIONS: Final[dict[str, Mutation]] = {
    made.__name__: made for made in (bits, word, nudge, alias, exchange, point, length, signal, stranger)
}
