"""`register`, `join`, `setCapacity`, `leave`: a prover's place in the queues."""

from __future__ import annotations

import pytest

from tests.support.reverts import reverts
from tests.support.scene import ZK, Seat, ordinary

FREE = Seat(0, 0, 0, 0)


def test_register__new_account__gets_the_next_id(provers, prover, second_prover):
    receipt = provers.register("ipfs://me", sender=prover)
    [registered] = receipt.decode_logs(provers.ProverRegistered)
    assert (registered.prover, registered.account, registered.uri) == (1, prover.address, "ipfs://me")
    provers.register("", sender=second_prover)
    assert (provers.idOf(prover), provers.idOf(second_prover), provers.proverCount()) == (1, 2, 2)
    assert provers.accountOf(2) == second_prover
    record = provers.proverOf(1)
    assert (record.account, record.ratingPpm) == (prover, 300_000)
    assert (record.failureCount, record.successCount) == (0, 0)


def test_register__twice__reverts(provers, prover):
    provers.register("", sender=prover)
    with reverts(provers.AlreadyRegistered, account=prover):
        provers.register("", sender=prover)


def test_views__unknown_prover__revert(node, provers, outsider):
    assert provers.idOf(outsider) == 0
    for id_ in (0, 1):
        with reverts(provers.UnknownProver, prover=id_):
            node.call(provers.accountOf, id_)
        with reverts(provers.UnknownProver, prover=id_):
            node.call(provers.proverOf, id_)


@pytest.fixture
def ready(scene, provers, prover):
    """A registered prover with an active stake and no seat."""
    scene.chain.send(provers.register, "", sender=prover)
    scene.stake(prover)
    return prover


def test_join__ready_prover__takes_a_seat(scene, provers, queue, ready):
    receipt = provers.join(queue, 5, sender=ready)
    [taken] = receipt.decode_logs(provers.SeatTaken)
    assert (taken.queue, taken.prover, taken.seat, taken.capacity) == (queue, 1, 0, 5)
    assert receipt.return_value == 0
    assert scene.seats() == [Seat(1, 5, 0, 0)]
    assert scene.free_capacities() == [1]


@pytest.mark.parametrize("capacity", [0, 32])
def test_join__capacity_inside_its_bounds__is_accepted(scene, provers, queue, ready, capacity):
    provers.join(queue, capacity, sender=ready)
    assert scene.seats()[0].capacity == capacity


def test_join__capacity_above_the_limit__reverts(provers, queue, ready):
    with reverts(provers.CapacityTooHigh, got=33, limit=32):
        provers.join(queue, 33, sender=ready)


def test_join__not_registered__reverts(provers, queue, outsider):
    with reverts(provers.NotRegistered, account=outsider):
        provers.join(queue, 1, sender=outsider)


def test_join__unknown_queue__reverts(provers, projects, ready):
    with reverts(projects.UnknownQueue, queue=9):
        provers.join(9, 1, sender=ready)


def test_join__stake_a_wei_short__reverts(scene, provers, queue, prover):
    scene.chain.send(provers.register, "", sender=prover)
    scene.stake(prover, 32 * ZK - 1)
    with reverts(provers.NotActive, account=prover):
        provers.join(queue, 1, sender=prover)
    scene.stake(prover, 1)
    provers.join(queue, 1, sender=prover)


def test_join__twice__reverts(provers, queue, ready):
    provers.join(queue, 1, sender=ready)
    with reverts(provers.AlreadySeated, queue=queue, prover=1):
        provers.join(queue, 1, sender=ready)


def test_join__several_queues__holds_a_seat_in_each(scene, provers, queue, ready):
    other = scene.open_queue()
    provers.join(queue, 1, sender=ready)
    provers.join(other, 2, sender=ready)
    assert (scene.seats()[0].capacity, scene.seats(other)[0].capacity) == (1, 2)


def test_join__seat_given_up__is_taken_first(scene, provers, queue, prover, second_prover):
    scene.crowd(3)
    scene.chain.send(provers.leave, queue, sender=ordinary(1))
    scene.seat(prover)
    assert [seat.prover for seat in scene.seats()] == [1, 4, 3]
    scene.seat(second_prover)
    assert [seat.prover for seat in scene.seats()] == [1, 4, 3, 5]


def test_join__several_seats_given_up__takes_the_lowest(scene, provers, queue, prover):
    scene.crowd(4)
    for index in (3, 1):
        scene.chain.send(provers.leave, queue, sender=ordinary(index))
    scene.seat(prover)
    assert [seat.prover for seat in scene.seats()] == [1, 5, 3, 0]


@pytest.fixture
def full_queue(scene):
    """32 seats, all taken by active provers 1 to 32."""
    return scene.crowd(32)


def test_join__full_queue_of_active_provers__reverts(scene, provers, queue, full_queue, ready):
    with reverts(provers.QueueFull, queue=queue, seatLimit=32):
        provers.join(queue, 1, sender=ready)
    assert len(scene.seats()) == 32


def test_join__full_queue__takes_the_lowest_seat_of_an_inactive_prover(
    scene, provers, vault, queue, full_queue, ready
):
    """Slashed or leaving provers do not block a queue."""
    for index in (20, 11):
        scene.chain.send(vault.requestUnstake, 40 * ZK, sender=full_queue[index])
    receipt = provers.join(queue, 3, sender=ready)
    [left] = receipt.decode_logs(provers.SeatLeft)
    assert (left.queue, left.prover, left.seat) == (queue, 12, 11)
    assert scene.seats()[11] == Seat(33, 3, 0, 0)
    with reverts(provers.NotSeated, queue=queue, prover=12):
        scene.chain.call(provers.setCapacity, queue, 1, sender=full_queue[11])


def test_join__full_queue__spares_an_inactive_prover_with_a_task_in_flight(
    scene, market, provers, vault, queue, requester, full_queue, ready
):
    scene.assigned(requester, ZK)
    assert scene.seats()[0].in_flight == 1
    scene.chain.send(vault.requestUnstake, 40 * ZK, sender=full_queue[0])
    with reverts(provers.QueueFull, queue=queue, seatLimit=32):
        provers.join(queue, 1, sender=ready)
    scene.chain.send(vault.requestUnstake, 40 * ZK, sender=full_queue[31])
    provers.join(queue, 1, sender=ready)
    assert [scene.seats()[i].prover for i in (0, 31)] == [1, 33]


def test_join__full_queue__takes_the_seat_of_a_prover_in_jail(
    scene, provers, queue, full_queue, ready, market_account
):
    """Who sits in jail is drawn no task, with whatever stake and capacity."""
    provers.award(queue, [(7, 4, 777)], sender=market_account)
    for _ in range(4):
        with reverts(provers.QueueFull, queue=queue, seatLimit=32):
            provers.join(queue, 1, sender=ready)
        provers.recordMissed(queue, 7, 8, sender=market_account)
    assert provers.proverOf(8).bannedUntil == 2**32 - 1
    assert scene.seats()[7].capacity > 0
    provers.join(queue, 1, sender=ready)
    assert scene.seats()[7] == Seat(33, 1, 0, scene.seats()[7].pass_)


def test_set_capacity__own_seat__changes_it(scene, provers, queue, ready):
    provers.join(queue, 5, sender=ready)
    receipt = provers.setCapacity(queue, 0, sender=ready)
    [event] = receipt.decode_logs(provers.CapacitySet)
    assert (event.queue, event.prover, event.capacity) == (queue, 1, 0)
    assert scene.seats()[0].capacity == 0
    assert scene.free_capacities() == []
    provers.setCapacity(queue, 32, sender=ready)
    assert scene.seats()[0].capacity == 32


def test_set_capacity__above_the_limit__reverts(provers, queue, ready):
    provers.join(queue, 5, sender=ready)
    with reverts(provers.CapacityTooHigh, got=255, limit=32):
        provers.setCapacity(queue, 255, sender=ready)


def test_set_capacity__not_registered__reverts(provers, queue, outsider):
    with reverts(provers.NotRegistered, account=outsider):
        provers.setCapacity(queue, 1, sender=outsider)


def test_set_capacity__without_a_seat__reverts(provers, queue, ready):
    with reverts(provers.NotSeated, queue=queue, prover=1):
        provers.setCapacity(queue, 1, sender=ready)


def test_leave__idle_seat__frees_it(scene, provers, queue, ready):
    provers.join(queue, 5, sender=ready)
    receipt = provers.leave(queue, sender=ready)
    [left] = receipt.decode_logs(provers.SeatLeft)
    assert (left.queue, left.prover, left.seat) == (queue, 1, 0)
    assert scene.seats() == [FREE]
    assert scene.free_capacities() == []


def test_leave__with_a_task_in_flight__reverts(scene, provers, queue, requester, prover):
    scene.seat(prover)
    task = scene.assigned(requester, ZK)
    with reverts(provers.TasksInFlight, queue=queue, prover=1, inFlight=1):
        provers.leave(queue, sender=prover)
    scene.prove(task, prover)
    provers.leave(queue, sender=prover)
    assert scene.seats() == [FREE]


def test_leave__without_a_seat__reverts(provers, queue, ready, outsider):
    with reverts(provers.NotSeated, queue=queue, prover=1):
        provers.leave(queue, sender=ready)
    with reverts(provers.NotRegistered, account=outsider):
        provers.leave(queue, sender=outsider)


def test_leave__and_come_back__keeps_record_and_pass(scene, provers, queue, requester, prover):
    """A new start needs a new identity with its own stake: record and turn stay with the prover."""
    scene.seat(prover)
    scene.experience(prover, 2, requester=requester)
    record, pass_ = provers.proverOf(1), scene.seats()[0].pass_
    provers.leave(queue, sender=prover)
    provers.join(queue, 2, sender=prover)
    assert provers.proverOf(1) == record
    assert scene.seats() == [Seat(1, 2, 0, pass_)]


def test_join__evicted_prover_that_comes_back__keeps_its_pass(
    scene, provers, vault, queue, requester, full_queue, ready
):
    scene.prove(scene.assigned(requester, ZK), full_queue[0])
    assert scene.seats()[0].pass_ == 10**12 // 300_000
    scene.chain.send(vault.requestUnstake, 40 * ZK, sender=full_queue[0])
    provers.join(queue, 1, sender=ready)
    assert scene.seats()[0] == Seat(33, 1, 0, 0)
    scene.fund(full_queue[0], 32 * ZK)
    scene.stake(full_queue[0], 32 * ZK)
    scene.chain.send(provers.leave, queue, sender=full_queue[5])
    scene.chain.send(provers.join, queue, 1, sender=full_queue[0])
    assert scene.seats()[5] == Seat(1, 1, 0, 10**12 // 300_000)


def test_constants_and_wiring__are_those_of_the_deployment(zkpool, provers):
    assert (provers.SEAT_LIMIT(), provers.CAPACITY_LIMIT()) == (32, 32)
    assert (provers.projects(), provers.vault()) == (zkpool.projects, zkpool.vault)
    assert provers.market() == zkpool.market
