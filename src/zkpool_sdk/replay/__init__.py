"""A deployment's whole history, done again on the reference model from its events alone.

The events say who did what. Done on the model (``economics.market``, written from the formulas of
PROTOCOL.md), each act must bring about what the contracts say it brought about: every price, refund, bond,
base fee, split, slash, bounty, ban and hour of decay. After each block the model's state must be what the
getters show, ratings included. Where the two part is named by block and transaction.

Not replayed: pooled stake, signed and sealed bids before they are placed, and tier 1. Their money is for
``chain.books.check_books``; what they do in the market and to stake is replayed like anybody's.
"""

from __future__ import annotations

from zkpool_sdk.replay.replay import Difference, Replay, replay

__all__ = ["Difference", "Replay", "replay"]
