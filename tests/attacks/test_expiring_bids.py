"""Attacks that an audit carried out with bids about to expire and with a queue that is frozen."""

from __future__ import annotations

from tests.support.rawmarket import mock_proof
from tests.support.stage import (
    ASSIGNED,
    DAY,
    FAILED,
    KEY,
    MIN_BASE_FEE,
    ROUND,
    RULES,
    STATEMENT,
    ZK,
    Stage,
    terms,
)

CYCLE = 2 * ROUND
BOOK = 64
FAKE = 100 * ZK


def test_stuffing__with_bids_that_expire_before_the_clearing__keeps_nobody_out(stage: Stage) -> None:
    """63 such bids beside a real one once took every place: the real one won alone, at the base fee.

    Now each must live through the clearing: the attacker pays what its own bids make the price.
    """
    stage.seat(stage.prover)
    market = stage.pool.market
    before = stage.wealth(stage.attacker)
    start = stage.chain.now + 1
    real = stage.place(stage.attacker, FAKE, expires_at=start + DAY, at=start)
    for expires_at in (start + ROUND - 1, start + ROUND, start + 2 * ROUND - 1):
        fake = (stage.queue, list(STATEMENT), FAKE, expires_at, b"")
        assert stage.refusal(stage.attacker, market, "placeBid", *fake) == "ExpiryOutOfBounds"
    for _ in range(BOOK - 1):
        stage.place(stage.attacker, FAKE, expires_at=start + 2 * ROUND)
    honest = stage.place(stage.requester, FAKE + 1)
    stage.clear()
    assert (stage.task(honest).status, stage.task(honest).amount_wei) == (ASSIGNED, FAKE)
    stage.prove(honest, stage.prover)
    stage.clear()
    assert stage.task(real).status == ASSIGNED
    stage.prove(real, stage.prover)
    in_the_book = sum(market.read("bookOf", stage.queue)[1])
    lost = before - stage.wealth(stage.attacker) - in_the_book
    assert lost == FAKE, "its own fakes are the price it pays"
    stage.check_solvency()


def sealed_queue(stage: Stage) -> int:
    """A sealed queue of the same circuit, open to all ratings."""
    signals = list(range(1, len(RULES) + 1))
    sample = (signals, mock_proof(signals))
    circuit = (stage.pool.verifier.address, KEY, list(RULES))
    stage.act(stage.admin, stage.pool.projects, "createSealedQueue", 1, *circuit, terms(), sample, 0)
    return int(stage.pool.projects.read("queueCount"))


def test_stuffing__of_a_sealed_queue_with_dying_bids__loses_every_deposit(stage: Stage) -> None:
    """Honest reveals have no other moment: places taken in the window by bids that die with it shut them out.

    Now a bid that does not live through its cycle's clearing cannot be revealed, and its deposit is forfeit.
    """
    desk, market = stage.pool.desk, stage.pool.market
    assert desk
    queue = sealed_queue(stage)
    stage.seat(stage.prover, queue=queue)
    opens = (stage.chain.now // CYCLE + 1) * CYCLE
    dies = (opens + CYCLE - 1, opens + CYCLE, opens + CYCLE + ROUND - 1)
    fakes = [(queue, list(STATEMENT), FAKE, dies[i % 3], b"", i) for i in range(BOOK)]
    honest = (queue, list(STATEMENT), 50 * ZK, opens + 2 * CYCLE, b"", 1)
    before = stage.wealth(stage.attacker)
    hashed = desk.read("hashOf", stage.requester, *honest)
    stage.act(stage.requester, desk, "commit", queue, hashed, at=opens)
    for fake in fakes:
        stage.act(stage.attacker, desk, "commit", queue, desk.read("hashOf", stage.attacker, *fake))
    stage.skip_to(opens + ROUND)
    for fake in fakes[:3]:
        assert stage.refusal(stage.attacker, desk, "reveal", *fake) == "ExpiryOutOfBounds"
    receipt = stage.act(stage.requester, desk, "reveal", *honest)
    [placed] = stage.events(receipt, market, "BidPlaced")
    stage.clear(queue)
    assert stage.task(placed[0]).status == ASSIGNED
    assert stage.task(placed[0]).amount_wei == MIN_BASE_FEE
    for fake in fakes:
        hashed = desk.read("hashOf", stage.attacker, *fake)
        commitment = desk.read("commitmentIdOf", stage.attacker, queue, opens // CYCLE, hashed)
        stage.act(stage.keeper, desk, "forfeit", commitment)
    assert before - stage.wealth(stage.attacker) == BOOK * ZK


def test_decline__in_a_frozen_queue__takes_nothing_of_the_price(stage: Stage) -> None:
    """A third decline once took three tenths of a base fee out of what a freeze gives back in full."""
    gang = [stage.prover, stage.second, stage.third]
    for who in gang:
        stage.seat(who)
    task = stage.assigned(stage.requester, 5 * ZK)
    price = stage.task(task).amount_wei
    first = stage.pool.provers.read("accountOf", stage.task(task).prover)
    order = [first, *(who for who in gang if who != first)]
    stage.pool.decline(task, order[0])
    for who in order[1:]:
        stage.pool.claim_open(task, who)
        if who != order[2]:
            stage.pool.decline(task, who)
    before, paid = stage.credit(stage.requester), stage.wealth(*gang)
    stage.act(stage.admin, stage.pool.projects, "freezeQueue", stage.queue)
    assert stage.refusal(order[2], stage.pool.market, "decline", task) == "QueueIsFrozen"
    stage.act(stage.keeper, stage.pool.market, "finalize", task)
    assert stage.task(task).status == FAILED
    assert stage.credit(stage.requester) == before + price
    assert stage.wealth(*gang) == paid
    stage.check_solvency()
