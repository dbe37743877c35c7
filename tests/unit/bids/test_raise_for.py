"""`allowRaise` and `raiseFor`: a bid raised by another hand, at its requester's cost, up to its cap."""

from __future__ import annotations

import pytest

from tests.unit.bids.bench import ASSIGNED, ZK, Bench, event, reverts, task_of
from zkpool_sdk import errors
from zkpool_sdk.models import ZERO_ADDRESS, Address
from zkpool_sdk.units import Wei


@pytest.fixture
def task(bench: Bench) -> bytes:
    """A signed bid of 2 ZK that the rival may raise to 5."""
    offer = bench.offer_with(raiser=Address(bench.rival), cap_wei=Wei(5 * ZK))
    return task_of(bench.place_signed(offer))


def test_raise_for__by_the_named_one__the_requester_pays(bench: Bench, task: bytes) -> None:
    before = bench.balance(bench.requester), bench.balance(bench.rival)
    done = bench.desk.send(bench.rival, "raiseFor", task, 4 * ZK)
    raised, told = event(done, "BidRaised"), event(done, "RaisedFor")
    assert (raised.task, raised.max_fee_wei) == (told.task, told.max_fee_wei) == (task, 4 * ZK)
    assert told.raiser == bench.rival
    assert (bench.balance(bench.requester), bench.balance(bench.rival)) == (before[0] - 2 * ZK, before[1])
    assert bench.balance(bench.market.address) == 4 * ZK
    assert bench.market.read("taskOf", task)[1] == 4 * ZK


def test_raise_for__up_to_the_cap__and_no_further(bench: Bench, task: bytes) -> None:
    with reverts(errors.RaiseAboveCap, task=task, got_wei=5 * ZK + 1, cap_wei=5 * ZK):
        bench.desk.send(bench.rival, "raiseFor", task, 5 * ZK + 1)
    bench.desk.send(bench.rival, "raiseFor", task, 5 * ZK)
    assert bench.market.read("taskOf", task)[1] == 5 * ZK


def test_raise_for__not_above_the_bid__is_refused(bench: Bench, task: bytes) -> None:
    with reverts(errors.RaiseTooLow, got_wei=2 * ZK, current_wei=2 * ZK):
        bench.desk.send(bench.rival, "raiseFor", task, 2 * ZK)


def test_raise_for__by_a_stranger__is_refused(bench: Bench, task: bytes) -> None:
    for caller in (bench.outsider, bench.relayer, bench.requester):
        with reverts(errors.NotRaiser, task=task, caller=caller):
            bench.desk.send(caller, "raiseFor", task, 3 * ZK)


def test_raise_for__anybody_named__is_anybodys(bench: Bench) -> None:
    task = task_of(bench.place_signed(bench.offer_with(cap_wei=Wei(3 * ZK))))
    bench.desk.send(bench.outsider, "raiseFor", task, 3 * ZK)
    assert bench.market.read("taskOf", task)[1] == 3 * ZK


def test_raise_for__nobody_named__is_nobodys(bench: Bench) -> None:
    task = task_of(bench.place_signed(bench.offer_with(raiser=Address(bench.rival))))
    with reverts(errors.RaiseAboveCap, got_wei=3 * ZK, cap_wei=0):
        bench.desk.send(bench.rival, "raiseFor", task, 3 * ZK)


def test_raise_for__under_pause__is_refused(bench: Bench, task: bytes) -> None:
    bench.market.send(bench.deployer, "pause")
    with reverts(errors.EnforcedPause):
        bench.desk.send(bench.rival, "raiseFor", task, 3 * ZK)


def test_raise_for__after_the_bid_has_won__is_refused(bench: Bench, task: bytes) -> None:
    """The cap is for the bid; the price of a task never rises."""
    bench.clear()
    assert bench.status(task) == ASSIGNED
    with reverts(errors.WrongStatus, task=task, got=ASSIGNED):
        bench.desk.send(bench.rival, "raiseFor", task, 3 * ZK)


def test_raise_for__requester_let_the_market_have_less__is_refused(bench: Bench, task: bytes) -> None:
    bench.raw.token.send(bench.requester, "approve", bench.market.address, ZK)
    with reverts(errors.ERC20InsufficientAllowance, needed=3 * ZK):
        bench.desk.send(bench.rival, "raiseFor", task, 5 * ZK)


def test_raise_bid_for__not_the_desk__is_refused(bench: Bench, task: bytes) -> None:
    with reverts(errors.NotDesk, caller=bench.rival):
        bench.market.send(bench.rival, "raiseBidFor", task, 3 * ZK)


# --- the right itself


def test_allow_raise__a_bid_placed_plainly__can_have_a_raiser_too(bench: Bench) -> None:
    task = bench.place(bench.requester, ZK)
    done = bench.desk.send(bench.requester, "allowRaise", task, bench.rival, 2 * ZK)
    allowed = event(done, "RaiseAllowed")
    assert (allowed.task, allowed.raiser, allowed.cap_wei) == (task, bench.rival, 2 * ZK)
    bench.desk.send(bench.rival, "raiseFor", task, 2 * ZK)
    assert bench.market.read("taskOf", task)[1] == 2 * ZK


def test_allow_raise__again__replaces_the_right(bench: Bench, task: bytes) -> None:
    bench.desk.send(bench.requester, "allowRaise", task, bench.outsider, 3 * ZK)
    assert bench.desk.read("raiseRightOf", task) == (bench.outsider, 3 * ZK)
    with reverts(errors.NotRaiser, caller=bench.rival):
        bench.desk.send(bench.rival, "raiseFor", task, 3 * ZK)
    bench.desk.send(bench.requester, "allowRaise", task, ZERO_ADDRESS, 0)
    with reverts(errors.RaiseAboveCap, cap_wei=0):
        bench.desk.send(bench.outsider, "raiseFor", task, 3 * ZK)


def test_allow_raise__not_by_the_requester__is_refused(bench: Bench, task: bytes) -> None:
    for caller in (bench.rival, bench.relayer, bench.outsider):
        with reverts(errors.NotRequester, task=task, caller=caller):
            bench.desk.send(caller, "allowRaise", task, caller, 100 * ZK)


def test_allow_raise__no_such_task__is_nobodys(bench: Bench) -> None:
    with reverts(errors.NotRequester, task=bytes(32)):
        bench.desk.send(bench.requester, "allowRaise", bytes(32), bench.rival, ZK)
