"""Pooled stake at work in the real market: bids, proofs, a missed window, and what delegators have of it."""

from __future__ import annotations

import pytest

from tests.support.rawmarket import KEY, mock_proof
from tests.support.rawpool import ZK, RawPool
from zkpool_sdk.models import SignalRule
from zkpool_sdk.units import DAY

ROUND = 300
WINDOW = 600


@pytest.fixture
def sponsored(pool: RawPool) -> tuple[RawPool, int]:
    """A backed queue in which a prover without stake of its own has a seat, and a requester with tokens."""
    pool.deposit(pool.delegator, 100 * ZK)
    queue = pool.raw.create_mock_queue((SignalRule.FIXED, SignalRule.PROVER))
    pool.send(pool.operator, "backQueue", queue, True)
    pool.borrow(pool.prover)
    pool.raw.provers.send(pool.prover, "join", queue, 4)
    pool.raw.token.send(pool.outsider, "approve", pool.raw.market.address, 2**256 - 1)
    return pool, queue


def assigned(pool: RawPool, queue: int, fee_wei: int) -> bytes:
    """A task of the outsider, given to the prover."""
    bid = (queue, [11], fee_wei, pool.chain.now + DAY, b"")
    receipt = pool.raw.market.send(pool.outsider, "placeBid", *bid)
    placed = pool.raw.market.abi.events["BidPlaced"].selector.hex()
    [task] = [log["topics"][1] for log in receipt.logs if log["topics"][0][2:] == placed]
    pool.raw.market.send(pool.outsider, "clear", queue, at=pool.chain.now + ROUND)
    return bytes.fromhex(task[2:])


def test_proof__by_a_sponsored_prover__pays_the_delegators_their_part(
    sponsored: tuple[RawPool, int],
) -> None:
    """A tenth of the price, and of the other four fifths a fifth for having lent the stake."""
    pool, queue = sponsored
    task = assigned(pool, queue, 10 * ZK)
    price = pool.raw.market.read("taskOf", task)[1]
    signals = [11, int(pool.prover, 16)]
    pool.raw.market.send(pool.prover, "submitProof", task, signals, mock_proof(signals, KEY))
    earned = price // 10 + (price - price // 5) // 5
    pool.pass_time(DAY)
    pool.send(pool.outsider, "collect")
    assert pool.read("lockedProfitWei") == earned > 0
    pool.pass_time(DAY)
    assert pool.read("totalAssets") == 100 * ZK + earned


def test_missed_window__of_a_sponsored_prover__is_the_delegators_loss_and_nobodys_gain(
    sponsored: tuple[RawPool, int],
) -> None:
    """Requester, prover and keeper in one hand gain nothing of the bond: it came from the pool."""
    pool, queue = sponsored
    task = assigned(pool, queue, ZK)
    price = pool.raw.market.read("taskOf", task)[1]
    bond = pool.raw.vault.read("stakeOf", pool.prover)[1]
    insurance = pool.balance(pool.raw.insurance.address)
    hand = [pool.outsider, pool.prover]
    before = sum(map(pool.balance, hand)) + sum(pool.raw.market.read("creditOf", a) for a in hand)
    pool.pass_time(WINDOW + WINDOW // 4 + 1)
    pool.raw.market.send(pool.outsider, "finalize", task)
    assert bond > 0
    assert pool.read("totalAssets") == 100 * ZK - bond
    assert pool.balance(pool.raw.insurance.address) - insurance == bond
    pool.send(pool.outsider, "recall", pool.prover)
    assert pool.read("loanOf", pool.prover) == (0, 0)
    assert pool.read("creditOf", pool.prover) == 0, "the fee stays with the pool"
    pool.pass_time(WINDOW + 1)
    pool.raw.market.send(pool.outsider, "finalize", task)
    after = sum(map(pool.balance, hand)) + sum(pool.raw.market.read("creditOf", a) for a in hand)
    assert after - before == price, "the price comes back, and nothing else"
