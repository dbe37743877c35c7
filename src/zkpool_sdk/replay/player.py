"""What a transaction's events say was done, done again on the model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from zkpool_sdk.chain import events
from zkpool_sdk.chain.deployments import Deployment
from zkpool_sdk.chain.events import Event
from zkpool_sdk.economics.splitter import FIRST_DELEGATORS_BPS, FIRST_POOL_BPS, FIRST_SPONSOR_BPS
from zkpool_sdk.models import Address, ProverId, QueueId, SignalRule, TaskId, Verdict
from zkpool_sdk.replay.witness import Witness

VERDICTS: Final = {
    events.ProofAccepted: Verdict.ACCEPTED,
    events.ProofLate: Verdict.ACCEPTED,
    events.ProofInvalid: Verdict.REFUSED,
}
Proof = events.ProofAccepted | events.ProofLate | events.ProofInvalid
FIRST_RATES: Final = (FIRST_POOL_BPS, FIRST_DELEGATORS_BPS, FIRST_SPONSOR_BPS)


class Player:
    """Plays transactions on a witness, one after the other.

    An event is either what somebody did, and is done on the model, or what followed from it, and must then
    stand in the model's diary. Some are either: a bid expires by itself or in a clearing, for example. What
    else the transaction emitted tells which.

    Attributes:
        acts: how often each act was played, by the name of its event.
    """

    def __init__(self, witness: Witness, deployment: Deployment) -> None:
        self.witness = witness
        self.acts: dict[str, int] = {}
        self._projects = deployment.address_of("ProjectRegistry")
        self._market = deployment.address_of("ProverMarket")
        self._delegation = deployment.address_of("DelegationVault")
        self._played: dict[type[Event], Callable[[Any], object]] = {
            events.BidPlaced: self._place,
            events.BidRaised: self._raise,
            events.BidCancelled: self._cancel,
            events.BidExpired: self._expire,
            events.RoundCleared: lambda e: self.witness.clear(e.queue, self._now),
            events.ProofAccepted: self._prove,
            events.ProofLate: self._prove,
            events.ProofInvalid: self._prove,
            events.TaskDeclined: lambda e: self.witness.decline(e.prover, e.task, self._now),
            events.TaskClaimed: self._claim_open,
            events.WindowMissed: lambda e: self.witness.finalize(e.keeper, e.task, self._now),
            events.TaskFailed: self._fail,
            events.CreditClaimed: self._claim_credit,
            events.DeskBoundTo: self._bind_desk,
            events.Paused: self._pause,
            events.Unpaused: self._unpause,
            events.Staked: self._stake,
            events.UnstakeRequested: self._request_unstake,
            events.UnstakeFinished: lambda e: self.witness.vault.finish_unstake(e.prover, self._now),
            events.SponsorBoundTo: self._bind_sponsor,
            events.Sponsored: self._lend,
            events.Recalled: self._recall,
            events.QueueBacked: self._back,
            events.Claimed: self._claim,
            events.Restaked: lambda e: self.witness.splitter.restake(e.prover, self._now),
            events.RatesSet: self._set_rates,
            events.TreasurySet: lambda e: self.witness.splitter.set_treasury(e.treasury),
            events.DelegatorsSet: lambda e: self.witness.splitter.set_delegators(e.delegators),
            events.CapSet: lambda e: self.witness.insurance.set_cap(e.cap_wei),
            events.OwnershipTransferred: self._own,
            events.ProjectRegistered: self._register_project,
            events.VerifierAllowed: self._allow_verifier,
            events.QueueCreated: self._create_queue,
            events.TermsSet: self._set_terms,
            events.QueueClosed: self._close_queue,
            events.QueueFrozen: lambda e: self.witness.projects.freeze_queue(e.by, e.queue),
            events.CarrierSet: lambda e: self.witness.projects.set_carrier(e.queue, e.carrier),
            events.ProverRegistered: self._register_prover,
            events.SeatTaken: self._join,
            events.SeatLeft: self._leave,
            events.CapacitySet: self._set_capacity,
            events.AcceleratorChosen: self._choose_accelerator,
            events.Heartbeat: self._heartbeat,
            events.KeyProposed: self._propose_key,
            events.KeyAccepted: lambda e: self.witness.provers.accept_key(e.key, e.prover),
            events.KeyRevoked: lambda e: self.witness.provers.revoke_key(e.key, e.prover, e.key),
            events.JailLeft: self._leave_jail,
            events.AcceleratorRegistered: self._publish,
            events.PayoutSet: self._set_payout,
            events.AcceleratorRetiredBy: self._retire,
        }
        self._now = 0
        self._found: Sequence[Event] = ()
        self._proved: set[TaskId] = set()

    def play(self, found: Sequence[Event], now: int) -> None:
        """Does what a transaction did.

        Args:
            found: its events, in order.
            now: the time of its block.
        Raises:
            ZKPoolError: the model refuses what the chain has accepted.
            LookupError: it is about something that no event has spoken of.
        """
        self._found, self._now = found, now
        self._proved.clear()
        for event in found:
            act = self._played.get(type(event))
            if act is not None and not self._follows(event):
                act(event)
                kind = type(event).__name__
                self.acts[kind] = self.acts.get(kind, 0) + 1
        told = {event.prover for event in self.witness.diary.events if isinstance(event, events.Decayed)}
        for decayed in self._all(events.Decayed):
            if decayed.prover not in told:
                self.witness.vault.settle(decayed.prover, now)
                self.acts["Decayed"] = self.acts.get("Decayed", 0) + 1

    def _follows(self, event: Event) -> bool:
        """Whether another event of the transaction brought this one about."""
        match event:
            case events.BidExpired():
                queue = self.witness.tasks[event.task].queue
                return any(one.queue == queue for one in self._all(events.RoundCleared))
            case events.SeatLeft():
                here = (event.queue, event.seat)
                taken = [one for one in self._all(events.SeatTaken) if (one.queue, one.seat) == here]
                return any(one.prover != event.prover for one in taken)
            case events.TaskFailed():
                causes = (*self._all(events.WindowMissed), *self._all(events.TaskDeclined))
                return any(one.task == event.task for one in causes)
            case events.Staked():
                stake = (event.prover, event.amount_wei)
                return stake in [(one.prover, one.amount_wei) for one in self._all(events.Restaked)]
            case events.ProofAccepted() | events.ProofLate() | events.ProofInvalid():
                return event.task in self._proved
            case events.TermsSet():
                return any(one.queue == event.queue for one in self._all(events.QueueCreated))
            case events.CreditClaimed() | events.Paused() | events.Unpaused():
                return event.at.contract != self._market
            case events.OwnershipTransferred():
                return event.at.contract != self._projects
        return False

    def _all(self, kind: type[Any]) -> list[Any]:
        return [event for event in self._found if isinstance(event, kind)]

    def _account(self, prover: ProverId) -> Address:
        return self.witness.provers.prover_of(prover).account

    # --- the market

    def _place(self, e: events.BidPlaced) -> None:
        bid = e.requester, e.queue, e.statement, e.max_fee_wei, e.expires_at, self._now, e.data
        if self.witness.projects.queue_of(e.queue).is_sealed:
            self.witness.place_bid_for(self.witness.desk, *bid)
        else:
            self.witness.place_bid(*bid)

    def _raise(self, e: events.BidRaised) -> None:
        self.witness.raise_bid_for(self.witness.desk, e.task, e.max_fee_wei)

    def _cancel(self, e: events.BidCancelled) -> None:
        self.witness.cancel_bid(self.witness.task_of(e.task).requester, e.task, self._now)

    def _expire(self, e: events.BidExpired) -> None:
        self.witness.expire_bid(e.task, self._now)

    def _prove(self, e: Proof) -> None:
        queue = self.witness.task_of(e.task).queue
        group: list[Proof] = [
            one
            for kind in VERDICTS
            for one in self._all(kind)
            if one.prover == e.prover and self.witness.task_of(one.task).queue == queue
        ]
        group.sort(key=lambda one: one.at.log_index)
        self._proved.update(one.task for one in group)
        in_time = sum(isinstance(one, events.ProofAccepted) for one in group)
        late = sum(isinstance(one, events.ProofLate) for one in group)
        splits = sum(one.prover == e.prover for one in self._all(events.Credited))
        if len(group) == 1 or (in_time > 1 and splits == in_time + late):
            for one in group:
                signals = self._signals(one)
                self.witness.submit_proof(one.prover, one.task, signals, VERDICTS[type(one)], self._now)
            return
        tasks = [one.task for one in group]
        verdicts = [VERDICTS[type(one)] for one in group]
        signals_of = [self._signals(one) for one in group]
        self.witness.submit_proofs(e.prover, queue, e.prover, tasks, signals_of, verdicts, self._now)

    def _signals(self, e: Proof) -> tuple[int, ...]:
        """The signals of a proof; of a refused one those that are known, 0 for what was free."""
        if isinstance(e, events.ProofInvalid):
            t = self.witness.task_of(e.task)
            statement = iter(self.witness.statements[e.task])
            rules = self.witness.projects.terms_of(t.queue, t.terms_version).rules
            known = {SignalRule.PROVER: int(e.prover, 16)}
            return tuple(
                next(statement) if rule == SignalRule.FIXED else known.get(rule, 0) for rule in rules
            )
        self.witness.signals[e.task] = e.signals
        return e.signals

    def _claim_open(self, e: events.TaskClaimed) -> None:
        queue = self.witness.task_of(e.task).queue
        seat = self._seat(queue, self.witness.provers.id_of(e.prover))
        self.witness.claim_open(e.prover, e.task, seat, self._now)

    def _seat(self, queue: QueueId, prover: ProverId) -> int:
        return [seat.prover for seat in self.witness.provers.seats_of(queue)].index(prover)

    def _fail(self, e: events.TaskFailed) -> None:
        self.witness.finalize(self.witness.task_of(e.task).requester, e.task, self._now)

    def _claim_credit(self, e: events.CreditClaimed) -> None:
        self.witness.claim_credit(e.account)

    def _bind_desk(self, e: events.DeskBoundTo) -> None:
        self.witness.desk = e.desk

    def _pause(self, _: events.Paused) -> None:
        self.witness.pause()

    def _unpause(self, _: events.Unpaused) -> None:
        self.witness.unpause()

    # --- stake and rewards

    def _stake(self, e: events.Staked) -> None:
        self.witness.vault.stake(e.prover, e.amount_wei, self._now)

    def _request_unstake(self, e: events.UnstakeRequested) -> None:
        self.witness.vault.request_unstake(e.prover, e.amount_wei, self._now)

    def _bind_sponsor(self, e: events.SponsorBoundTo) -> None:
        self.witness.vault.sponsor = e.sponsor

    def _lend(self, e: events.Sponsored) -> None:
        self.witness.vault.lend(self.witness.vault.sponsor, e.prover, e.amount_wei, self._now)

    def _recall(self, e: events.Recalled) -> None:
        self.witness.vault.recall(self.witness.vault.sponsor, e.prover, self._now)

    def _back(self, e: events.QueueBacked) -> None:
        self.witness.vault.set_backed(self.witness.vault.sponsor, e.queue, e.backed)

    def _claim(self, e: events.Claimed) -> None:
        splitter = self.witness.splitter
        if e.account == splitter.delegators:
            splitter.claim_delegators(e.account, self._now)
            return
        due_wei = splitter.pool_earning(self._now).treasury_claimable_wei
        own_wei = splitter.earning_of(e.account, self._now).claimable_wei
        # A treasury may also be a prover; the amount tells which it took.
        if e.account == splitter.treasury and (own_wei == 0 or e.amount_wei == due_wei):
            splitter.claim_treasury(self._now)
        else:
            splitter.claim(e.account, self._now)

    def _set_rates(self, e: events.RatesSet) -> None:
        rates = (e.pool_bps, e.delegators_bps, e.sponsor_bps)
        first = self.witness.splitter.rates.changed_at == 0 and self._all(events.TreasurySet)
        if not (first and rates == FIRST_RATES):  # those the splitter was made with
            self.witness.splitter.set_rates(*rates, self._now)

    # --- projects

    def _own(self, e: events.OwnershipTransferred) -> None:
        self.witness.projects.owner = e.new_owner

    def _register_project(self, e: events.ProjectRegistered) -> None:
        project = self.witness.projects.register_project(e.admin)
        self.witness.tell(events.ProjectRegistered, project, e.admin, e.uri)

    def _allow_verifier(self, e: events.VerifierAllowed) -> None:
        self.witness.projects.allow_verifier(e.verifier, e.allowed)

    def _create_queue(self, e: events.QueueCreated) -> None:
        projects = self.witness.projects
        [terms] = [one.terms for one in self._all(events.TermsSet) if one.queue == e.queue]
        queue = projects.create_queue(
            projects.admin_of(e.project),
            e.project,
            e.verifier,
            e.key,
            e.rules,
            terms,
            is_sealed=e.is_sealed,
            min_rating_ppm=e.min_rating_ppm,
        )
        values = e.project, e.verifier, e.key, e.rules, e.is_sealed, projects.queue_of(queue).min_rating_ppm
        self.witness.tell(events.QueueCreated, queue, *values)
        self.witness.tell(events.TermsSet, queue, 1, projects.terms_of(queue, 1))

    def _set_terms(self, e: events.TermsSet) -> None:
        projects = self.witness.projects
        admin = projects.admin_of(projects.queue_of(e.queue).project)
        version = projects.set_terms(admin, e.queue, e.terms)
        self.witness.tell(events.TermsSet, e.queue, version, projects.terms_of(e.queue, version))

    def _close_queue(self, e: events.QueueClosed) -> None:
        projects = self.witness.projects
        projects.close_queue(projects.admin_of(projects.queue_of(e.queue).project), e.queue)

    # --- provers and software

    def _register_prover(self, e: events.ProverRegistered) -> None:
        prover = self.witness.provers.register(e.account)
        self.witness.tell(events.ProverRegistered, prover, e.account, e.uri)

    def _join(self, e: events.SeatTaken) -> None:
        self.witness.provers.join(self._account(e.prover), e.queue, e.capacity, self._now)

    def _leave(self, e: events.SeatLeft) -> None:
        seat = self._seat(e.queue, e.prover)
        self.witness.provers.leave(self._account(e.prover), e.queue)
        self.witness.tell(events.SeatLeft, e.queue, e.prover, seat)

    def _set_capacity(self, e: events.CapacitySet) -> None:
        self.witness.provers.set_capacity(self._account(e.prover), e.queue, e.capacity)

    def _choose_accelerator(self, e: events.AcceleratorChosen) -> None:
        provers = self.witness.provers
        provers.set_accelerator(self._account(e.prover), e.queue, e.accelerator)
        seat = provers.seats_of(e.queue)[self._seat(e.queue, e.prover)]
        chosen = e.queue, e.prover, e.accelerator, seat.accelerator_bps
        self.witness.tell(events.AcceleratorChosen, *chosen)

    def _heartbeat(self, e: events.Heartbeat) -> None:
        seat = self._seat(e.queue, e.prover)
        self.witness.provers.heartbeat(e.key, e.prover, e.queue, seat, e.capacity, self._now)

    def _propose_key(self, e: events.KeyProposed) -> None:
        account = self._account(e.prover)
        self.witness.provers.propose_key(account, e.key, e.scopes, e.expires_at, self._now)

    def _leave_jail(self, e: events.JailLeft) -> None:
        self.witness.provers.leave_jail(self._account(e.prover), self._now)

    def _publish(self, e: events.AcceleratorRegistered) -> None:
        registry = self.witness.accelerators
        made = registry.register(e.owner, e.content_hash, e.system, e.keys, e.share_bps, e.uri)
        values = e.owner, e.content_hash, e.system, e.share_bps, e.keys, e.uri
        self.witness.tell(events.AcceleratorRegistered, made, *values)

    def _set_payout(self, e: events.PayoutSet) -> None:
        registry = self.witness.accelerators
        registry.set_payout(registry.accelerator_of(e.accelerator).owner, e.accelerator, e.payout)

    def _retire(self, e: events.AcceleratorRetiredBy) -> None:
        self.witness.accelerators.retire(e.owner, e.accelerator)
