"""Clients of every role on a real chain: what they send, what they see, and what they are refused."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.sdk.toy_market import TERMS, ToyMarket, make_toy_market
from tests.support.anvil import rich_signer
from zkpool_sdk.chain import Account, Contracts, NodeSigner
from zkpool_sdk.clients import DueKind, Keeper, NoSuchTask, NotProven, ProofRefused, Prover, WaitedTooLong
from zkpool_sdk.economics.bidding import NoSuchPosition
from zkpool_sdk.errors import (
    AmountZero,
    BidBelowBaseFee,
    NotProjectAdmin,
    NotYetCleared,
    PartialExitTooDeep,
    QueueIsClosed,
    RaiseTooLow,
    StillUnbonding,
    WrongStatementLength,
)
from zkpool_sdk.models import TaskId, TaskStatus
from zkpool_sdk.units import DAY, zk


@pytest.fixture
def toy(contracts: Contracts) -> ToyMarket:
    return make_toy_market(contracts)


def test_place__inputs_and_statement__are_in_the_event(toy: ToyMarket) -> None:
    bid = toy.requester.place(toy.queue, [11], zk(5), inputs={"x": 3})
    assert (bid.statement, bid.data) == ((11,), b'{"inputs":{"x":"3"}}')
    task = toy.requester.task(bid.task)
    assert (task.status, task.amount_wei, task.requester) == (TaskStatus.QUEUED, zk(5), toy.requester.address)
    assert toy.requester.placed(bid.task) == bid
    assert toy.requester.balance_wei == zk(195)


def test_place__inputs_and_data__is_a_mistake(toy: ToyMarket) -> None:
    with pytest.raises(TypeError):
        toy.requester.place(toy.queue, [11], zk(5), inputs={}, data=b"x")


def test_place__refused_by_the_market__is_the_markets_error(toy: ToyMarket) -> None:
    base_fee = toy.contracts.market.base_fee_of(toy.queue)
    with pytest.raises(BidBelowBaseFee) as caught:
        toy.requester.place(toy.queue, [11], base_fee - 1)
    assert caught.value == BidBelowBaseFee(got_wei=base_fee - 1, base_fee_wei=base_fee)
    with pytest.raises(WrongStatementLength):
        toy.requester.place(toy.queue, [11, 12], zk(1))


def test_quote__open_book__shows_what_each_position_costs(toy: ToyMarket) -> None:
    for fee in (3, 5):
        toy.rival.place(toy.queue, [fee], zk(fee))
    quote = toy.requester.quote(toy.queue)
    assert [bid.max_fee_wei for bid in quote.book] == [zk(5), zk(3)]
    assert [bid.sequence for bid in quote.book] == [1, 0]
    assert quote.slot_count == 1  # a newcomer's capacity
    assert [(q.bid_wei, q.price_wei) for q in quote.positions] == [(zk(5) + 1, zk(5))]
    assert quote.ends_at == toy.contracts.market.round_of(toy.queue).started_at + 300


def test_suggest__bid_as_suggested__wins_the_slot(toy: ToyMarket) -> None:
    toy.rival.place(toy.queue, [1], zk(3))
    suggested = toy.requester.suggest(toy.queue)
    mine = toy.requester.place(toy.queue, [2])
    assert mine.max_fee_wei == suggested == zk(3) + 1
    toy.end_round()
    (assigned,) = toy.prover.assignments()
    assert assigned.task == mine.task
    assert assigned.price_wei == zk(3)


def test_suggest__position_beyond_the_slots__is_none(toy: ToyMarket) -> None:
    with pytest.raises(NoSuchPosition):
        toy.requester.suggest(toy.queue, 2)


def test_suggest__no_slots__is_the_base_fee(toy: ToyMarket) -> None:
    toy.prover.set_capacity(toy.queue, 0)
    assert toy.requester.suggest(toy.queue) == toy.contracts.market.base_fee_of(toy.queue)


def test_raise_and_cancel__a_bid_that_survived__pays_one_percent(toy: ToyMarket) -> None:
    low = toy.requester.place(toy.queue, [1], zk(1))
    toy.rival.place(toy.queue, [2], zk(9))
    with pytest.raises(RaiseTooLow):
        toy.requester.raise_bid(low.task, zk(1))
    toy.requester.raise_bid(low.task, zk(2))
    with pytest.raises(NotYetCleared):
        toy.requester.cancel(low.task)
    toy.end_round()
    toy.requester.cancel(low.task)
    assert toy.requester.task(low.task).status is TaskStatus.CANCELLED
    assert toy.requester.credit() == zk(2) * 99 // 100
    assert toy.requester.claim_credit() == zk(2) * 99 // 100
    assert toy.requester.balance_wei == zk(200) - zk(2) // 100


def test_submit__good_proof__is_paid_from_the_next_day_on(toy: ToyMarket) -> None:
    bid = toy.requester.place(toy.queue, [7], zk(4))
    toy.end_round()
    task = toy.prover.wait_for_assignment(1)
    accepted = toy.prover.submit(task.task, *toy.proof(task))
    assert accepted.price_wei == task.price_wei
    assert toy.requester.proof_of(bid.task).proof == toy.proof(task)[1]
    assert toy.requester.proof_of(bid.task).signals == tuple(toy.proof(task)[0])
    earned = toy.prover.earnings()
    assert (earned.claimable_wei, earned.pending_wei) == (0, task.price_wei * 8 // 10)
    before = toy.prover.balance_wei
    assert toy.prover.claim(wait=True) == task.price_wei * 8 // 10
    assert toy.prover.balance_wei == before + task.price_wei * 8 // 10


def test_submit__wrong_proof__is_slashed_and_says_by_how_much(toy: ToyMarket) -> None:
    bid = toy.requester.place(toy.queue, [7], zk(4))
    toy.end_round()
    (task,) = toy.prover.assignments()
    with pytest.raises(ProofRefused) as caught:
        toy.prover.submit(task.task, *toy.proof(task, wrong=True))
    assert caught.value.slashed_wei == zk(64) * 5 // 100
    assert toy.prover.stake_state().own_wei == zk(64) * 95 // 100
    with pytest.raises(NotProven, match="OPEN"):
        toy.requester.proof_of(bid.task)


def test_watch__a_tasks_life__is_told_status_by_status(toy: ToyMarket) -> None:
    bid = toy.requester.place(toy.queue, [7], zk(4))
    life = toy.requester.watch(bid.task, 5)
    seen = [next(life).status]
    toy.end_round()
    seen.append(next(life).status)
    (task,) = toy.prover.assignments()
    toy.prover.submit(task.task, *toy.proof(task))
    seen += [step.status for step in life]
    assert seen == [TaskStatus.QUEUED, TaskStatus.ASSIGNED, TaskStatus.PROVEN]


def test_watch__nothing_happens__gives_up(toy: ToyMarket) -> None:
    bid = toy.requester.place(toy.queue, [7], zk(4))
    life = toy.requester.watch(bid.task, 0.2)
    next(life)
    with pytest.raises(WaitedTooLong):
        next(life)
    with pytest.raises(WaitedTooLong, match="assignment"):
        toy.prover.wait_for_assignment(0.1)


def test_task__unknown_id__is_no_task(toy: ToyMarket) -> None:
    with pytest.raises(NoSuchTask):
        toy.requester.task(bytes(32))
    with pytest.raises(NoSuchTask):
        toy.requester.placed(TaskId(b"\x01" * 32))


def test_keeper__what_is_due__is_done_once_and_rewarded(toy: ToyMarket) -> None:
    market, connection = toy.contracts.market, toy.contracts.connection
    assert toy.keeper.due() == []
    won = toy.requester.place(toy.queue, [1], zk(4), life_seconds=20 * DAY)
    lost = toy.requester.place(toy.queue, [2], zk(1), life_seconds=700)
    start = market.round_of(toy.queue).started_at
    connection.wait_until(start + 300)
    assert [(due.kind, due.since) for due in toy.keeper.due()] == [(DueKind.CLEAR, start + 300)]
    assert len(toy.keeper.do_due()) == 1
    assert toy.keeper.due() == []
    prove_by = market.task_of(won.task).prove_by
    connection.wait_until(prove_by + TERMS.proof_window_seconds // 4)
    # In its grace the proof may still come.
    assert DueKind.FINALIZE not in {one.kind for one in toy.keeper.due()}
    connection.wait_until(prove_by + TERMS.proof_window_seconds // 4 + 1)
    due = toy.keeper.due()
    assert {(one.kind, one.task) for one in due if one.task} == {
        (DueKind.EXPIRE, lost.task),
        (DueKind.FINALIZE, won.task),
    }
    toy.keeper.do_due()
    assert market.task_of(lost.task).status is TaskStatus.EXPIRED
    assert market.task_of(won.task).status is TaskStatus.OPEN
    bond = zk(1) // 2
    assert toy.keeper.credit() == bond * 2 // 100
    assert toy.keeper.claim_credit() == bond * 2 // 100
    connection.wait_until(prove_by + TERMS.liability_window_seconds + 1)
    ((last, _),) = toy.keeper.do_due()
    assert (last.kind, last.task) == (DueKind.FINALIZE, won.task)
    assert market.task_of(won.task).status is TaskStatus.FAILED
    assert toy.keeper.due() == []


def test_keeper__overtaken_by_another__goes_on(toy: ToyMarket, monkeypatch: pytest.MonkeyPatch) -> None:
    toy.requester.place(toy.queue, [1], zk(4))
    toy.contracts.connection.wait_until(toy.contracts.connection.timestamp() + 300)
    due = toy.keeper.due()
    toy.end_round()
    monkeypatch.setattr(toy.keeper, "due", lambda: due)
    assert toy.keeper.do_due() == []


def test_prover__leaves__is_paid_after_unbonding(toy: ToyMarket) -> None:
    connection = toy.contracts.connection
    with pytest.raises(PartialExitTooDeep):
        toy.prover.unstake(zk(40))
    unbond_at = toy.prover.unstake()
    with pytest.raises(StillUnbonding):
        toy.prover.finish_unstake()
    connection.wait_until(unbond_at)
    assert toy.prover.finish_unstake() == zk(64)
    toy.prover.leave(toy.queue)
    assert toy.prover.balance_wei == zk(200)


def test_prover__idle_for_days__decays_and_settles(toy: ToyMarket) -> None:
    connection = toy.contracts.connection
    connection.wait_until(connection.timestamp() + 3 * DAY)
    seen = toy.prover.stake_state().own_wei
    assert zk(62) < seen < zk(63)
    assert toy.contracts.vault.due_decay_of(toy.prover.address) == zk(64) - seen
    assert toy.prover.settle().own_wei == seen
    assert toy.contracts.vault.due_decay_of(toy.prover.address) == 0


def test_prover__stakes_with_a_permit__needs_no_approval(toy: ToyMarket) -> None:
    token, vault = toy.contracts.token, toy.contracts.vault
    assert token.nonces(toy.prover.address) == 1
    assert token.allowance(toy.prover.address, vault.address) == 0


def test_prover__signer_without_messages__approves_first(toy: ToyMarket) -> None:
    account = Account(toy.contracts.connection, NodeSigner(rich_signer(2).address))
    prover = Prover(toy.contracts.by(account))
    toy.contracts.token.transfer(prover.address, zk(40))
    assert prover.stake(zk(40)).active
    assert toy.contracts.token.nonces(prover.address) == 0
    with pytest.raises(AmountZero):
        prover.stake(0)


def test_connect__key_file_of_the_environment__is_the_account(
    toy: ToyMarket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, key_file = tmp_path / "local.json", tmp_path / "key"
    toy.contracts.deployment.save(record)
    key_file.touch(mode=0o600)
    key_file.write_text("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")
    monkeypatch.setenv("ZKPOOL_KEY_FILE", str(key_file))
    keeper = Keeper.connect(toy.contracts.connection.rpc_url, record)
    assert keeper.address == rich_signer(0).address
    assert keeper.contracts.market.address == toy.contracts.market.address
    assert keeper.due() == []


def test_project__new_terms_and_an_end__hold_for_new_bids_only(toy: ToyMarket) -> None:
    assert toy.project.set_terms(toy.queue, replace(TERMS, max_units=9)) == 2
    assert toy.contracts.projects.current(toy.queue)[1].max_units == 9
    with pytest.raises(NotProjectAdmin):
        type(toy.project)(toy.requester.contracts).close_queue(toy.queue)
    toy.project.close_queue(toy.queue)
    with pytest.raises(QueueIsClosed):
        toy.requester.place(toy.queue, [1], zk(1))
