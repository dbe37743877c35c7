"""Clearing: who proves. Slots, stride scheduling, positions by rating, bonds."""

from __future__ import annotations

from tests.support.scene import ASSIGNED, MIN_BOND, QUEUED, ROUND, ZK

STRIDE = 10**12
START = 300_000


def winner(scene, market, provers, task) -> str:
    return provers.accountOf(market.taskOf(task).prover)


def test_slots__newcomer__is_one_whatever_it_offers(scene, market, queue, prover):
    scene.seat(prover, capacity=32)
    assert market.slotCountOf(queue) == 1


def test_slots__four_successes__are_two(scene, market, queue, requester, prover):
    scene.seat(prover, capacity=32)
    scene.experience(prover, 3, requester=requester)
    assert market.slotCountOf(queue) == 1
    scene.experience(prover, 1, requester=requester)
    assert market.slotCountOf(queue) == 2
    tasks = [scene.place(requester, ZK) for _ in range(3)]
    scene.clear()
    assert [scene.status(task) for task in tasks] == [ASSIGNED, ASSIGNED, QUEUED]
    assert market.slotCountOf(queue) == 0, "both in flight"


def test_slots__own_capacity_below_what_the_record_allows__holds(scene, market, queue, requester, prover):
    scene.seat(prover, capacity=1)
    scene.experience(prover, 4, requester=requester)
    assert market.slotCountOf(queue) == 1


def test_slots__free_stake__bounds_them_by_whole_bonds(scene, market, vault, requester, prover):
    """40 ZK cover one bond of 25.5 ZK, not two, though the record allows two jobs."""
    scene.seat(prover)
    scene.experience(prover, 4, requester=requester)
    other = scene.open_queue(penalty=25 * ZK)
    scene.seat(prover, stake_wei=0, queue=other)
    assert market.bondOf(other) == 25 * ZK + MIN_BOND
    assert market.slotCountOf(other) == 1
    scene.chain.send(vault.stake, 11 * ZK - 1, sender=prover)
    assert market.slotCountOf(other) == 1
    scene.chain.send(vault.stake, 1, sender=prover)
    assert market.slotCountOf(other) == 2
    scene.place(requester, ZK, queue=other)
    scene.place(requester, ZK, queue=other)
    scene.clear(other)
    assert vault.stakeOf(prover).lockedWei == 51 * ZK
    assert market.slotCountOf(scene.queue) == 0, "the same stake covers nothing twice"


def test_slots__bond_above_all_stake__are_none(scene, market, prover):
    other = scene.open_queue(penalty=40 * ZK)
    scene.seat(prover, queue=other)
    assert market.slotCountOf(other) == 0


def test_slots__drained_prover__are_none(scene, market, provers, queue, requester, prover):
    scene.seat(prover)
    scene.chain.send(provers.setCapacity, queue, 0, sender=prover)
    assert market.slotCountOf(queue) == 0
    task = scene.place(requester, ZK)
    scene.clear()
    assert scene.status(task) == QUEUED


def test_slots__inactive_prover__are_none(scene, market, vault, queue, requester, prover):
    scene.seat(prover)
    scene.chain.send(vault.requestUnstake, 40 * ZK, sender=prover)
    assert market.slotCountOf(queue) == 0
    task = scene.place(requester, ZK)
    scene.clear()
    assert scene.status(task) == QUEUED


def test_slots__thirty_three_on_offer__are_thirty_two(scene, market, queue, requester, prover):
    scene.seat(prover, capacity=2)
    scene.experience(prover, 4, requester=requester)
    scene.crowd(31)
    assert sum(scene.free_capacities()) == 33
    assert market.slotCountOf(queue) == 32
    tasks = [scene.place(requester, ZK) for _ in range(33)]
    scene.clear()
    assert [scene.status(task) for task in tasks] == [ASSIGNED] * 32 + [QUEUED]


def test_slots__bids__never_change_them(scene, market, queue, requester, prover, second_prover):
    scene.seat(prover)
    scene.seat(second_prover)
    for _ in range(5):
        assert market.slotCountOf(queue) == 2
        scene.place(requester, 100 * ZK)


def test_bond__base_fee_above_a_quarter_zk__is_twice_the_base_fee(scene, market, queue):
    scene.heat(28)
    assert market.baseFeeOf(queue) == 269536209677504039
    assert market.bondOf(queue) == 2 * 269536209677504039


def test_stride__equal_passes__the_lower_seat_first(scene, market, provers, requester, prover, second_prover):
    scene.seat(second_prover)
    scene.seat(prover)
    order = []
    for _ in range(4):
        task = scene.assigned(requester, ZK)
        order.append(winner(scene, market, provers, task))
        scene.chain.next_at(market.taskOf(task).proveBy)
        scene.prove(task, order[-1])
    assert order == [second_prover, prover, second_prover, prover]


def test_stride__each_task__adds_one_stride_over_the_rating(scene, provers, queue, requester, prover):
    scene.seat(prover)
    expected = 0
    for _ in range(3):
        rating = provers.proverOf(1).ratingPpm
        task = scene.assigned(requester, ZK)
        expected += STRIDE // rating
        assert scene.seats()[0].pass_ == expected
        scene.prove(task, prover)


def test_stride__rounds_of_one_task__go_to_the_least_pass(
    scene, market, provers, queue, requester, prover, second_prover
):
    """The better rated prover is served more often; each choice is the least pass, ties to the lower seat."""
    scene.seat(prover)
    scene.seat(second_prover)
    served = {prover.address: 0, second_prover.address: 0}
    for _ in range(24):
        passes = [seat.pass_ for seat in scene.seats()]
        task = scene.assigned(requester, ZK)
        account = winner(scene, market, provers, task)
        assert account == (prover, second_prover)[passes.index(min(passes))]
        served[account] += 1
        if account == prover:
            scene.prove(task, prover)
        else:
            scene.chain.next_at(scene.grace_until(task))
            scene.prove(task, second_prover)
    assert 2 * served[prover.address] > 3 * served[second_prover.address]


def test_stride__newcomer__starts_at_the_least_pass_of_the_others(
    scene, provers, queue, requester, prover, second_prover
):
    scene.seat(prover)
    scene.experience(prover, 3, requester=requester)
    least = scene.seats()[0].pass_
    scene.seat(second_prover)
    assert scene.seats()[1].pass_ == least > 0


def test_stride__leaving_after_each_task__wins_no_more_than_staying(
    scene, market, provers, queue, requester, prover, second_prover
):
    """Once a prover that left and came back started at the least pass, and so won every task of a queue."""
    scene.seat(prover)
    scene.seat(second_prover)
    served = []
    for _ in range(6):
        task = scene.assigned(requester, ZK)
        account = winner(scene, market, provers, task)
        served.append(account)
        scene.prove(task, account)
        if account == prover:
            before = scene.seats()[0].pass_
            scene.chain.send(provers.leave, queue, sender=prover)
            scene.chain.send(provers.join, queue, 8, sender=prover)
            assert scene.seats()[0].pass_ == before
    assert served == [prover, second_prover] * 3


def test_positions__better_rated_prover__gets_the_better_bid(
    scene, market, provers, requester, prover, second_prover
):
    """Seat 0 missed a task, so the prover of seat 1 is position 1."""
    scene.seat(second_prover)
    scene.seat(prover)
    scene.miss(scene.assigned(requester, ZK))
    scene.amnesty(second_prover)
    assert [provers.proverOf(i).ratingPpm for i in (1, 2)] == [281_250, START]
    low, high = scene.place(requester, 2 * ZK), scene.place(requester, 9 * ZK)
    scene.clear()
    assert winner(scene, market, provers, high) == prover
    assert winner(scene, market, provers, low) == second_prover
    assert market.taskOf(high).place == 1
    assert market.taskOf(low).place == 0


def test_positions__equal_ratings__the_lower_seat_gets_the_better_bid(scene, market, requester):
    scene.crowd(5)
    tasks = [scene.place(requester, (9 - i) * ZK) for i in range(5)]
    scene.clear()
    assert [market.taskOf(task).place for task in tasks] == [0, 1, 2, 3, 4]


def test_positions__two_tasks_of_one_prover__stand_together(
    scene, market, provers, vault, queue, requester, prover, second_prover
):
    scene.seat(prover)
    scene.experience(prover, 4, requester=requester)
    scene.seat(second_prover)
    tasks = [scene.place(requester, (9 - i) * ZK) for i in range(3)]
    scene.clear()
    assert [winner(scene, market, provers, task) for task in tasks] == [prover, prover, second_prover]
    assert [seat.in_flight for seat in scene.seats()] == [2, 1]
    assert [vault.stakeOf(p).lockedWei for p in (prover, second_prover)] == [2 * MIN_BOND, MIN_BOND]


def test_clear__prover_drained_with_a_task_in_flight__keeps_the_task(
    scene, provers, queue, requester, prover
):
    scene.seat(prover)
    task = scene.assigned(requester)
    scene.chain.send(provers.setCapacity, queue, 0, sender=prover)
    scene.chain.warp(ROUND)
    scene.prove(task, prover)
    [seat] = scene.seats()
    assert (seat.capacity, seat.in_flight) == (0, 0)
