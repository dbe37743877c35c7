"""Listens to a model at work and says which events its contracts must write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from tests.stateful.events import Heard, Log, Said, encoded
from tests.support.rawchain import Contract
from zkpool_sdk.economics import rating
from zkpool_sdk.economics.market import Market
from zkpool_sdk.economics.protocol import Protocol
from zkpool_sdk.economics.rescue import DECLINERS
from zkpool_sdk.models import JAILED_UNTIL, ZERO_ADDRESS, Address, Fault, ProofResult, TaskStatus
from zkpool_sdk.units import DAY, HOUR

Go = Callable[[], Any]
_AROUND: dict[tuple[str, str], Callable[..., Any]] = {}


def around(part: str, *actions: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """What stands around actions of a part of the model."""

    def noted(listener: Callable[..., Any]) -> Callable[..., Any]:
        for action in actions:
            _AROUND[part, action] = listener
        return listener

    return noted


class Listener:
    """Stands around every action of one model until it leaves; notes what an act must say."""

    def __init__(self, market: Market, contracts: Mapping[str, Contract], uri: str) -> None:
        self.market = market
        self.uri = uri
        self._contracts = dict(contracts)
        self._said: list[Said] = []
        self.sender = ZERO_ADDRESS
        self._task: Any = b""
        self._around = {key: found for key, found in _AROUND.items() if key[0] in (*contracts, "control")}
        self.listen()

    def listen(self) -> None:
        """Listens from now on."""
        for (part, action), listener in self._around.items():
            owner = self._owner(part)
            setattr(owner, action, Heard(self, listener, getattr(owner, action)))

    @property
    def whole(self) -> Protocol:
        """The model of a whole world."""
        assert isinstance(self.market, Protocol)
        return self.market

    def leave(self) -> None:
        """Listens no more; the model is as it was."""
        for part, action in self._around:
            vars(self._owner(part)).pop(action, None)

    def begin(self, sender: str) -> None:
        """An act begins."""
        self._said, self.sender = [], Address(sender)

    def logs(self) -> Counter[Log]:
        """The logs that the act must have written."""
        return Counter(
            encoded(found.address, found.abi.events[said.event], said.arguments)
            for said in self._said
            for found in (self._contracts[said.part],)
        )

    def events(self) -> list[str]:
        """Names of the events that the act must have written."""
        return [said.event for said in self._said]

    def say(self, part: str, event: str, *arguments: Any) -> None:
        """Notes an event."""
        self._said.append(Said(part, event, arguments))

    def _owner(self, part: str) -> Any:
        return self.market if part == "market" else getattr(self.market, part)

    def _once(self, go: Go, sender: Address, receiver: Address) -> Any:
        """Does something whose transfers between two accounts are made in one."""
        before, self._said = self._said, []
        result = go()
        paid_wei = sum(
            said.arguments[2] for said in self._said if said[:2] == ("token", "Transfer")
            and said.arguments[:2] == (sender, receiver)
        )  # fmt: skip
        rest = [said for said in self._said if said.arguments[:2] != (sender, receiver)]
        self._said = before + rest
        if paid_wei:
            self.say("token", "Transfer", sender, receiver, paid_wei)
        return result

    # --- token and insurance

    @around("token", "transfer")
    def _transfer(self, go: Go, sender: Address, receiver: Address, amount_wei: int) -> None:
        go()
        if amount_wei:
            self.say("token", "Transfer", sender, receiver, amount_wei)

    @around("token", "burn")
    def _burn(self, go: Go, sender: Address, amount_wei: int) -> None:
        go()
        self.say("token", "Transfer", sender, ZERO_ADDRESS, amount_wei)

    @around("insurance", "burn_overflow")
    def _burn_overflow(self, go: Go) -> Any:
        burned_wei = go()
        self.say("insurance", "Burned", burned_wei)
        return burned_wei

    @around("insurance", "set_cap")
    def _set_cap(self, go: Go, cap_wei: int) -> None:
        go()
        self.say("insurance", "CapSet", cap_wei)

    # --- vault

    @around("vault", "_settle")
    def _settled(self, go: Go, prover: Address, now: int) -> Any:
        before = self.market.vault.stakes.get(prover)
        after = go()
        if before is not None and before.own_wei > after.own_wei:
            hours = (after.decays_from - before.decays_from) // HOUR
            self.say("vault", "Decayed", prover, before.own_wei - after.own_wei, hours)
        return after

    @around("vault", "stake_for")
    def _stake_for(self, go: Go, payer: Address, prover: Address, amount_wei: int, now: int) -> None:
        go()
        self.say("vault", "Staked", prover, amount_wei)

    @around("vault", "lend")
    def _lend(self, go: Go, caller: Address, prover: Address, amount_wei: int, now: int) -> None:
        go()
        self.say("vault", "Sponsored", prover, amount_wei)

    @around("vault", "recall")
    def _recall(self, go: Go, caller: Address, prover: Address, now: int) -> Any:
        paid_wei = go()
        self.say("vault", "Recalled", prover, paid_wei)
        return paid_wei

    @around("vault", "set_backed")
    def _set_backed(self, go: Go, caller: Address, queue: int, backed: bool) -> None:
        go()
        self.say("vault", "QueueBacked", queue, backed)

    @around("vault", "request_unstake")
    def _request_unstake(self, go: Go, prover: Address, amount_wei: int, now: int) -> None:
        leaving_wei = self.market.vault.stake_of(prover, now).unbonding_wei
        go()
        s = self.market.vault.stakes[prover]
        self.say("vault", "UnstakeRequested", prover, s.unbonding_wei - leaving_wei, s.unbond_at)

    @around("vault", "finish_unstake")
    def _finish_unstake(self, go: Go, prover: Address, now: int) -> Any:
        paid_wei = go()
        self.say("vault", "UnstakeFinished", prover, paid_wei)
        return paid_wei

    @around("vault", "lock_bonds")
    def _lock_bonds(self, go: Go, bonds: Any, now: int) -> None:
        self._once(go, self.market.vault.address, self.market.vault.insurance)

    @around("vault", "slash")
    def _slash(self, go: Go, order: Any, market: Address, now: int) -> Any:
        parts, sponsored = self._once(go, self.market.vault.address, self.market.vault.insurance)
        self.say("vault", "Slashed", self._task, order.prover, order.fault, parts)
        return parts, sponsored

    @around("vault", "advance_clock")
    def _advance_clock(self, go: Go, from_at: int, now: int) -> None:
        before = self.market.vault.market_clock
        go()
        if self.market.vault.market_clock != before:
            self.say("vault", "ClockAdvanced", self.market.vault.market_clock)

    # --- splitter

    @around("splitter", "credit")
    def _credit(
        self, go: Go, prover: Address, prices_wei: Any, assigned_ats: Any, now: int, **named: Any
    ) -> Any:
        total = go()
        epoch = now // DAY
        if total.accelerator_wei:
            accelerator = named["accelerator"]
            payout = self.market.accelerators.payout_of(accelerator)
            amount_wei = total.accelerator_wei
            self.say("splitter", "AcceleratorCredited", accelerator, payout, prover, epoch, amount_wei)
        parts = total.prover_wei, total.delegators_wei, total.treasury_wei
        self.say("splitter", "Credited", prover, epoch, *parts)
        return total

    @around("splitter", "claim", "claim_delegators")
    def _claim(self, go: Go, account: Address, now: int) -> Any:
        paid_wei = go()
        self.say("splitter", "Claimed", account, paid_wei)
        return paid_wei

    @around("splitter", "claim_treasury")
    def _claim_treasury(self, go: Go, now: int) -> Any:
        paid_wei = go()
        self.say("splitter", "Claimed", self.market.splitter.treasury, paid_wei)
        return paid_wei

    @around("splitter", "restake")
    def _restake(self, go: Go, account: Address, now: int) -> Any:
        staked_wei = go()
        splitter, vault = self.market.splitter.address, self.market.vault.address
        self.say("splitter", "Restaked", account, staked_wei)
        self.say("token", "Approval", splitter, vault, staked_wei)
        return staked_wei

    @around("splitter", "set_rates")
    def _set_rates(self, go: Go, pool_bps: int, delegators_bps: int, sponsor_bps: int, now: int) -> None:
        go()
        self.say("splitter", "RatesSet", pool_bps, delegators_bps, sponsor_bps)

    @around("splitter", "set_treasury")
    def _set_treasury(self, go: Go, treasury: Address) -> None:
        go()
        self.say("splitter", "TreasurySet", treasury)

    @around("splitter", "set_delegators")
    def _set_delegators(self, go: Go, delegators: Address) -> None:
        go()
        self.say("splitter", "DelegatorsSet", delegators)

    # --- provers

    @around("provers", "register")
    def _register(self, go: Go, account: Address) -> Any:
        prover = go()
        self.say("provers", "ProverRegistered", prover, account, self.uri)
        return prover

    @around("provers", "join")
    def _join(self, go: Go, account: Address, queue: Any, capacity: int, now: int) -> Any:
        provers = self.market.provers
        before = provers.seats_of(queue)
        index = go()
        if index < len(before) and before[index].prover:
            self.say("provers", "SeatLeft", queue, before[index].prover, index)
        seat = provers.seats[queue][index]
        self.say("provers", "SeatTaken", queue, seat.prover, index, capacity, seat.pass_)
        return index

    @around("provers", "set_capacity")
    def _set_capacity(self, go: Go, account: Address, queue: int, capacity: int) -> None:
        go()
        self.say("provers", "CapacitySet", queue, self.market.provers.id_of(account), capacity)

    @around("provers", "leave")
    def _leave(self, go: Go, account: Address, queue: Any) -> None:
        before = self.market.provers.seats_of(queue)
        go()
        prover = self.market.provers.id_of(account)
        index = next(i for i, seat in enumerate(before) if seat.prover == prover)
        self.say("provers", "SeatLeft", queue, prover, index)

    @around("provers", "set_accelerator")
    def _set_accelerator(self, go: Go, account: Address, queue: Any, accelerator: int) -> None:
        go()
        prover = self.market.provers.id_of(account)
        seat = next(seat for seat in self.market.provers.seats[queue] if seat.prover == prover)
        self.say("provers", "AcceleratorChosen", queue, prover, accelerator, seat.accelerator_bps)

    @around("provers", "propose_key")
    def _propose_key(
        self, go: Go, account: Address, key: Address, scopes: int, expires_at: int, now: int
    ) -> None:
        go()
        self.say("provers", "KeyProposed", self.market.provers.id_of(account), key, scopes, expires_at)

    @around("provers", "accept_key")
    def _accept_key(self, go: Go, key: Address, prover: int) -> None:
        go()
        self.say("provers", "KeyAccepted", prover, key)

    @around("provers", "revoke_key")
    def _revoke_key(self, go: Go, caller: Address, prover: int, key: Address) -> None:
        go()
        self.say("provers", "KeyRevoked", prover, key)

    @around("provers", "heartbeat")
    def _heartbeat(
        self, go: Go, caller: Address, prover: int, queue: int, index: int, capacity: int, now: int
    ) -> None:
        go()
        self.say("provers", "Heartbeat", prover, queue, caller, capacity)

    @around("provers", "record_missed", "record_invalid", "record_declined")
    def _recorded(self, go: Go, queue: int, seat: int, prover: Any, now: int) -> None:
        before = self.market.provers.provers[prover]
        go()
        after = self.market.provers.provers[prover]
        if after.failure_count == before.failure_count and after.decline_count:
            return  # declined, and not for the third time in a row
        if rating.jails(after.failure_count):
            if before.banned_until != JAILED_UNTIL:
                self.say("provers", "ProverJailed", prover)
        elif before.banned_until != JAILED_UNTIL:
            self.say("provers", "ProverBanned", prover, after.banned_until)

    @around("provers", "leave_jail")
    def _leave_jail(self, go: Go, account: Address, now: int) -> None:
        go()
        prover = self.market.provers.id_of(account)
        self.say("provers", "JailLeft", prover, self.market.provers.provers[prover].banned_until)

    # --- market

    @around("market", "_place_bid")
    def _place_bid(
        self,
        go: Go,
        caller: Address,
        requester: Address,
        queue: Any,
        statement: Any,
        max_fee_wei: int,
        expires_at: int,
        now: int,
        data: bytes,
    ) -> Any:
        task = go()
        nonce = self.market.tasks[task].nonce
        bid = queue, requester, max_fee_wei, expires_at, nonce, list(statement), data
        self.say("market", "BidPlaced", task, *bid)
        return task

    @around("market", "_raise_to")
    def _raise_to(self, go: Go, t: Any, task: Any, max_fee_wei: int) -> None:
        sequence = self.market.rounds[t.queue].next_sequence
        go()
        self.say("market", "BidRaised", task, max_fee_wei, sequence)

    @around("market", "cancel_bid")
    def _cancel_bid(self, go: Go, caller: Address, task: Any, now: int) -> Any:
        fee_wei = go()
        self.say("market", "BidCancelled", task, self.market.tasks[task].amount_wei - fee_wei, fee_wei)
        return fee_wei

    @around("market", "_refund")
    def _refund(self, go: Go, task: Any, status: TaskStatus) -> None:
        go()
        event = {TaskStatus.EXPIRED: "BidExpired", TaskStatus.EVICTED: "BidEvicted"}[status]
        self.say("market", event, task, self.market.tasks[task].amount_wei)

    @around("market", "clear")
    def _clear(self, go: Go, queue: int, now: int) -> Any:
        r = go()
        for a in r.assignments:
            given = a.position, a.price_wei, a.refund_wei, a.bond_wei, a.prove_by, a.terms_version
            self.say("market", "TaskAssigned", a.task, a.account, *given)
        counts = r.bid_count, r.slot_count, r.assigned_count
        self.say("market", "RoundCleared", queue, r.base_fee_wei, *counts, r.excess)
        return r

    @around("market", "claim_credit")
    def _claim_credit(self, go: Go, account: Address) -> Any:
        paid_wei = go()
        self.say("market", "CreditClaimed", account, paid_wei)
        return paid_wei

    @around("market", "pause")
    def _pause(self, go: Go) -> None:
        go()
        self.say("market", "Paused", self.sender)

    @around("market", "unpause")
    def _unpause(self, go: Go) -> None:
        go()
        self.say("market", "Unpaused", self.sender)

    @around("market", "submit_proof")
    def _submit_proof(self, go: Go, caller: Address, task: Any, signals: Any, verdict: Any, now: int) -> None:
        go()
        t = self.market.tasks[task]
        if t.status == TaskStatus.PROVEN:
            late = now > t.prove_by
            self._proven(task, ProofResult.LATE if late else ProofResult.PROVEN, signals)

    @around("market", "submit_proofs")
    def _submit_proofs(
        self,
        go: Go,
        caller: Address,
        queue: int,
        prover: Address,
        tasks: Any,
        signals: Any,
        verdicts: Any,
        now: int,
    ) -> Any:
        results = go()
        for task, given, result in zip(tasks, signals, results, strict=True):
            if result == ProofResult.SKIPPED:
                self.say("market", "ProofSkipped", task, prover)
            else:
                self._proven(task, result, given)
        return results

    def _proven(self, task: Any, result: ProofResult, signals: Any) -> None:
        t = self.market.tasks[task]
        prover = self.market.provers.prover_of(t.prover).account
        if result == ProofResult.PROVEN:
            self.say("market", "ProofAccepted", task, prover, t.amount_wei, list(signals))
        elif result == ProofResult.LATE:
            paid_wei = t.amount_wei // 2
            self.say("market", "ProofLate", task, prover, paid_wei, t.amount_wei - paid_wei, list(signals))

    @around("market", "_end")
    def _end(self, go: Go, task: Any, accepted: bool, paid: Any, now: int) -> Any:
        self._task = task
        return go()

    @around("market", "_slash_and_open")
    def _slash_and_open(self, go: Go, task: Any, fault: Fault, keeper: Address | None, now: int) -> Any:
        self._task = task
        prover = self.market.provers.prover_of(self.market.tasks[task].prover).account
        r = go()
        if fault == Fault.MISSED:
            self.say("market", "WindowMissed", task, prover, keeper)
        else:
            self.say("market", "ProofInvalid", task, prover)
        return r

    @around("market", "_pay_bounty")
    def _pay_bounty(self, go: Go, task: Any, t: Any) -> None:
        bounty_wei = self.market.rescue_of(task).bounty_wei
        go()
        if t.rescued and bounty_wei:
            account = self.market.provers.prover_of(t.prover).account
            self.say("market", "BountyPaid", task, account, bounty_wei)

    @around("market", "decline")
    def _decline(self, go: Go, caller: Address, task: Any, now: int) -> None:
        go()
        t, r, provers = self.market.tasks[task], self.market.rescue_of(task), self.market.provers
        self.say("market", "TaskDeclined", task, provers.prover_of(t.prover).account, r.decline_count)
        if r.decline_count == DECLINERS:
            fee_wei = self.market.base_fee_of(t.queue, now)
            for number in (r.first_decliner, r.second_decliner, t.prover):
                part_wei = min(fee_wei, t.amount_wei) // 10
                self.say("market", "DeclinePaid", task, provers.prover_of(number).account, part_wei)

    @around("market", "claim_open")
    def _claim_open(self, go: Go, caller: Address, task: Any, seat: int, now: int) -> None:
        go()
        t = self.market.tasks[task]
        self.say("market", "TaskClaimed", task, caller, t.bond_wei, t.prove_by)

    @around("market", "_fail")
    def _fail(self, go: Go, task: Any, refund_wei: int) -> None:
        bounty_wei = self.market.rescue_of(task).bounty_wei
        go()
        self.say("market", "TaskFailed", task, refund_wei, bounty_wei)
