"""The prover: stakes, offers slots, proves, is paid."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from zkpool_sdk.chain import Contracts, Receipt
from zkpool_sdk.chain.events import (
    BountyPaid,
    KeyProposed,
    ProofAccepted,
    ProofInvalid,
    ProofLate,
    ProofSkipped,
    ProverRegistered,
    SeatTaken,
    Slashed,
    TaskAssigned,
    TaskClaimed,
    TaskDeclined,
)
from zkpool_sdk.chain.history import Watch, topic_of_address
from zkpool_sdk.clients.base import wait_for
from zkpool_sdk.clients.errors import CircuitDiffers, NotAssigned, ProofRefused
from zkpool_sdk.clients.inputs import inputs_from
from zkpool_sdk.clients.keys import key_of
from zkpool_sdk.clients.rescue import OpenTask, OpenTasks
from zkpool_sdk.clients.staking import Staker
from zkpool_sdk.clients.windows import decline_by, grace_until
from zkpool_sdk.errors import NotSeated
from zkpool_sdk.models import (
    ALL_SCOPES,
    NO_WEI,
    Address,
    HotKey,
    ProverId,
    QueueId,
    Task,
    TaskId,
    TaskStatus,
    Terms,
)
from zkpool_sdk.models import ProofResult as Outcome
from zkpool_sdk.models import Prover as ProverRecord
from zkpool_sdk.units import DAY, Timestamp, Wei

if TYPE_CHECKING:  # the witness runtime takes a third of a second to load
    from zkpool_sdk.proving import Circuit, ProofResult, Ump
    from zkpool_sdk.proving.system import Progress

KEY_SECONDS: Final = 30 * DAY
"""How long a hot key lasts unless told otherwise."""
ENDINGS: Final = {
    ProofAccepted: Outcome.PROVEN,
    ProofLate: Outcome.LATE,
    ProofInvalid: Outcome.INVALID,
    ProofSkipped: Outcome.SKIPPED,
}
"""The event that reports what became of a proof."""


@dataclass(frozen=True, slots=True)
class AssignedTask:
    """A task that waits for this prover.

    Attributes:
        task, queue, requester: ids.
        statement: the signals the proof must have where the queue fixes them.
        data: what the bid published, see ``zkpool_sdk.clients.inputs``.
        price_wei: what a proof in time is paid, before the split.
        bond_wei: stake locked on it.
        prove_by: last second for the proof at the whole price.
        grace_until: last second for it at half the price, for half the bond.
        decline_by: last second to give the task back.
        bounty_wei: paid on top to a rescuer.
    """

    task: TaskId
    queue: QueueId
    requester: Address
    statement: tuple[int, ...]
    data: bytes
    price_wei: Wei
    bond_wei: Wei
    prove_by: Timestamp
    grace_until: Timestamp
    decline_by: Timestamp
    bounty_wei: Wei = NO_WEI


@dataclass(frozen=True, slots=True)
class AcceptedProof:
    """A proof that the market took: what it earned and how long it took to make.

    A proof in its grace is ``late``: it earned half the price and cost ``slashed_wei`` of stake. For a rescue
    ``bounty_wei`` was paid on top.
    """

    task: TaskId
    price_wei: Wei
    seconds: float
    gas_used: int
    transaction: str
    late: bool = False
    slashed_wei: Wei = NO_WEI
    bounty_wei: Wei = NO_WEI


@dataclass(frozen=True, slots=True)
class Submission:
    """A proof to hand in together with others of its queue."""

    task: TaskId
    signals: tuple[int, ...]
    proof: bytes


@dataclass(frozen=True, slots=True)
class SubmittedProof:
    """What became of one proof of several: what it earned, and what it cost of the stake."""

    task: TaskId
    outcome: Outcome
    price_wei: Wei = NO_WEI
    slashed_wei: Wei = NO_WEI
    bounty_wei: Wei = NO_WEI


class Prover(Staker):
    """An account that proves, or a hot key that submits, declines and reports for one.

    Args:
        contracts: a deployment as the account sees it.
        ump: the machine's prover; a new one by default.
        acts_for: the prover that has made this account its hot key; by default the account is the prover.
    """

    def __init__(self, contracts: Contracts, ump: Ump | None = None, *, acts_for: str | None = None) -> None:
        super().__init__(contracts)
        self.prover: Final = Address(acts_for or self.address)
        self._ump = ump
        self._assigned = Watch(
            self.connection,
            contracts.market.address,
            [TaskAssigned, TaskClaimed],
            self.deployment.block,
            [None, [topic_of_address(self.prover)]],
        )
        self._open: dict[TaskId, AssignedTask] = {}
        self._rescues = OpenTasks(contracts)
        self._terms: dict[tuple[int, int], Terms] = {}

    def acting_for(self, prover: str) -> Prover:
        """The same account as the hot key of ``prover``."""
        return Prover(self.contracts, self._ump, acts_for=prover)

    @property
    def ump(self) -> Ump:
        """The machine's prover: a new one, unless another was set. Queues are served by the one it is."""
        if self._ump is None:
            from zkpool_sdk.proving import Ump

            self._ump = Ump()
        return self._ump

    @ump.setter
    def ump(self, ump: Ump) -> None:
        self._ump = ump

    @property
    def id(self) -> ProverId:
        """Id of the prover; 0 before it is registered."""
        return self.contracts.provers.id_of(self.prover)

    def record(self) -> ProverRecord:
        """Rating, successes, failures, declines, and until when it is banned.

        Raises:
            UnknownProver: the account is not registered.
        """
        return self.contracts.provers.prover_of(self.id)

    def register(self, uri: str = "") -> ProverId:
        """Registers the account as a prover; does nothing if it is one.

        Args:
            uri: where people read about it.
        """
        known = self.id
        if known:
            return known
        return self.contracts.provers.register(uri).event(ProverRegistered).prover

    def serve(self, queue: int, circuit: Circuit | str) -> Circuit:
        """Gets this machine ready to prove for a queue, after checking that the circuit is the queue's.

        Raises:
            CircuitDiffers: it is another; its proofs would be slashed.
            UnknownQueue, CircuitNotFound.
        """
        from zkpool_sdk.proving import load_circuit

        found = load_circuit(circuit) if isinstance(circuit, str) else circuit
        registered = self.contracts.projects.queue_of(queue)
        if tuple(map(int, found.signal_rules)) != tuple(map(int, self.contracts.projects.rules_of(queue))):
            raise CircuitDiffers(queue, found.name, "the rules of its signals")
        if key_of(self.contracts, found) != registered.key:
            raise CircuitDiffers(queue, found.name, "the verifying keys")
        return self.ump.serve(queue, found)

    def join(self, queue: int, circuit: Circuit | str, capacity: int = 1) -> int:
        """Takes a seat in a queue, and gets ready to prove for it.

        Args:
            queue: the queue.
            circuit: its circuit, or the circuit's name.
            capacity: jobs at once; a newcomer gets at most one more than a quarter of its successes.
        Returns:
            The seat.
        Raises:
            NotRegistered, NotActive, AlreadySeated, QueueFull, CapacityTooHigh, CircuitDiffers.
        """
        self.serve(queue, circuit)
        receipt = self.contracts.provers.join(queue, capacity)
        return receipt.event(SeatTaken).seat

    def leave(self, queue: int) -> None:
        """Gives the seat up; with tasks in flight set the capacity to 0 and finish them first.

        Raises:
            NotSeated, TasksInFlight.
        """
        self.contracts.provers.leave(queue)

    def set_capacity(self, queue: int, capacity: int) -> None:
        """Sets how many jobs at once are offered; 0 takes no new ones."""
        self.contracts.provers.set_capacity(queue, capacity)

    def seat(self, queue: int) -> int:
        """Number of the prover's seat in a queue.

        Raises:
            NotSeated.
        """
        own = self.id
        for number, seat in enumerate(self.contracts.provers.seats_of(queue)):
            if own and seat.prover == own:
                return number
        raise NotSeated(queue, own)

    def heartbeat(self, queue: int, capacity: int) -> None:
        """Says how many jobs at once this machine takes now, 0 when it goes down; a hot key may.

        Raises:
            KeyNotAllowed, NotSeated, CapacityTooHigh.
        """
        self.contracts.provers.heartbeat(self.id, queue, self.seat(queue), capacity)

    def set_accelerator(self, queue: int, accelerator: int) -> None:
        """Chooses whose software proves in a queue, 0 for none; its makers get their share of every price.

        Raises:
            NotSeated, TasksInFlight, UnknownAccelerator, AcceleratorRetired, AcceleratorUnfit.
        """
        self.contracts.provers.set_accelerator(queue, accelerator)

    def propose_key(self, key: str, scopes: int = ALL_SCOPES, life_seconds: int = KEY_SECONDS) -> Timestamp:
        """Lets another account submit, decline or report for this one, once it agrees; returns until when.

        Args:
            key: the account; keep its private key on the machine that proves, and no money on it but gas.
            scopes: any of ``Scope``.
            life_seconds: how long; at most a year.
        Raises:
            NotRegistered, ScopesInvalid, KeyExpiryOutOfBounds.
        """
        expires_at = self.connection.timestamp() + life_seconds
        return self.contracts.provers.propose_key(key, scopes, expires_at).event(KeyProposed).expires_at

    def accept_key(self) -> HotKey:
        """The account agrees to be a hot key of the prover it acts for.

        Raises:
            KeyNotProposed.
        """
        self.contracts.provers.accept_key(self.id)
        return self.key(self.address)

    def revoke_key(self, key: str | None = None) -> None:
        """Ends a hot key's permission; by default the account's own.

        Raises:
            KeyNotProposed, KeyNotAllowed.
        """
        self.contracts.provers.revoke_key(self.id, key or self.address)

    def key(self, key: str) -> HotKey:
        """What the prover lets a key do for it."""
        return self.contracts.provers.key_of(self.id, key)

    def assignments(self) -> tuple[AssignedTask, ...]:
        """Tasks that wait for this prover and are still worth a proof, the most urgent first."""
        for event in self._assigned.new():
            if isinstance(event, (TaskAssigned, TaskClaimed)) and event.task not in self._open:
                found = self._assignment(event.task)
                if found is not None:
                    self._open[event.task] = found
        now = self.connection.timestamp()
        for task in list(self._open):
            if not self._is_own(self.contracts.market.task_of(task)):
                del self._open[task]
        due = [assigned for assigned in self._open.values() if assigned.grace_until >= now]
        return tuple(sorted(due, key=lambda assigned: assigned.prove_by))

    def wait_for_assignment(self, timeout_seconds: float = float(DAY)) -> AssignedTask:
        """The most urgent task, waited for.

        Raises:
            WaitedTooLong: none came.
        """

        def first() -> AssignedTask | None:
            return next(iter(self.assignments()), None)

        return wait_for("an assignment", first, timeout_seconds)

    def prove(
        self,
        assigned: AssignedTask,
        inputs: Mapping[str, Any] | None = None,
        on_progress: Progress | None = None,
    ) -> ProofResult:
        """A proof of a task, checked here by the queue's verifying key.

        Of tasks that wait at the same time, the one whose grace ends first is proved first.

        Args:
            assigned: the task. Its proof is given up when it is of no use any more.
            inputs: witness inputs the requester handed over, where the bid publishes none.
            on_progress: called as ``on_progress(stage, fraction)``.
        Raises:
            InputsNeeded, InputsDiffer, InputsMalformed: there are no usable inputs.
            ProvingError: see ``zkpool_sdk.proving``.
        """
        left_seconds = assigned.grace_until - self.connection.timestamp()
        return self.ump.prove(
            assigned.queue,
            inputs_from(assigned.task, assigned.data, inputs),
            self.prover,
            statement=assigned.statement,
            deadline=time.time() + left_seconds if left_seconds > 0 else None,
            on_progress=on_progress,
        )

    def submit(
        self, task: bytes, signals: Sequence[int], proof: bytes, seconds: float = 0.0
    ) -> AcceptedProof:
        """Hands a proof in; after its window, in the grace, for half the price and half the bond.

        Raises:
            ProofRefused: the verifier said no; the bond is slashed.
            ProofWindowOver, NotAssignedProver, StatementMismatch, ProverMismatch, WrongStatus, QueueIsFrozen,
            VerifierFailed.
        """
        receipt = self.contracts.market.submit_proof(task, signals, proof)
        (done,) = _outcomes(receipt)
        if done.outcome is Outcome.INVALID:
            raise ProofRefused(task, done.slashed_wei, receipt.transaction)
        return AcceptedProof(
            done.task,
            done.price_wei,
            seconds,
            receipt.gas_used,
            receipt.transaction,
            done.outcome is Outcome.LATE,
            done.slashed_wei,
            done.bounty_wei,
        )

    def submit_many(self, queue: int, proofs: Sequence[Submission]) -> tuple[SubmittedProof, ...]:
        """Hands in up to 32 proofs of one queue together, for less gas; one bad proof spoils no other.

        Args:
            queue: of all of them.
            proofs: each is judged by itself; what is not this prover's to prove any more is skipped.
        Returns:
            What became of each, in the same order; a refused proof costs its bond and raises nothing here.
        Raises:
            BatchOutOfBounds, NotAssignedProver, QueueIsFrozen, VerifierFailed.
        """
        tasks, signals = [one.task for one in proofs], [one.signals for one in proofs]
        market = self.contracts.market
        return _outcomes(
            market.submit_proofs(queue, self.prover, tasks, signals, [one.proof for one in proofs])
        )

    def decline(self, task: bytes) -> int:
        """Gives a task back, soon after its assignment, for a little rating; returns how many have by now.

        Raises:
            WrongStatus, NotAssignedProver, DeclineWindowOver.
        """
        return self.contracts.market.decline(task).event(TaskDeclined).decline_count

    def open_tasks(self, queue: int | None = None) -> tuple[OpenTask, ...]:
        """Tasks that this prover may rescue now, the best paid first.

        Args:
            queue: of this queue alone.
        """
        own = self.id
        found = [
            task for task in self._rescues.found() if own not in task.excluded and queue in (None, task.queue)
        ]
        return tuple(sorted(found, key=lambda task: task.price_wei + task.bounty_wei, reverse=True))

    def claim_open(self, task: bytes) -> AssignedTask:
        """Takes an open task: first come, first served, and half the window to prove it.

        Raises:
            WrongStatus, LiabilityOver, NotRescuer, QueueIsFrozen, ProverNotActive, NotSeated, ProverIsBanned,
            RatingTooLow, NoFreeCapacity, BondExceedsFreeStake.
        """
        market = self.contracts.market
        claimed = market.claim_open(task, self.seat(market.task_of(task).queue)).event(TaskClaimed)
        found = self._assignment(claimed.task)
        if found is None:
            raise NotAssigned(task)
        self._open[claimed.task] = found
        return found

    def prove_and_submit(
        self,
        assigned: AssignedTask,
        inputs: Mapping[str, Any] | None = None,
        on_progress: Progress | None = None,
    ) -> AcceptedProof:
        """Proves a task and hands the proof in; raises as ``prove`` and ``submit`` do."""
        result = self.prove(assigned, inputs, on_progress)
        return self.submit(assigned.task, result.signals, result.proof_bytes, result.seconds)

    def _is_own(self, state: Task) -> bool:
        """Whether a task waits for this prover; it may wait for who rescued it from this one."""
        return state.status is TaskStatus.ASSIGNED and state.prover == self.id

    def _assignment(self, task: bytes) -> AssignedTask | None:
        """A task as it waits for this prover; ``None`` if it waits no more."""
        market = self.contracts.market
        state = market.task_of(task)
        if not self._is_own(state):
            return None
        version = state.queue, state.terms_version
        if version not in self._terms:
            self._terms[version] = self.contracts.projects.terms_of(*version)
        terms, placed = self._terms[version], self.placed(task)
        return AssignedTask(
            placed.task,
            placed.queue,
            placed.requester,
            placed.statement,
            placed.data,
            state.amount_wei,
            state.bond_wei,
            state.prove_by,
            grace_until(state, terms),
            decline_by(state, terms),
            market.rescue_of(task).bounty_wei if state.rescued else NO_WEI,
        )


def _outcomes(receipt: Receipt) -> tuple[SubmittedProof, ...]:
    """What became of each proof, in order: its ending is reported after its bounty and before its slash."""
    found: list[SubmittedProof] = []
    bounties: dict[TaskId, Wei] = {}
    for event in receipt.events:
        if isinstance(event, BountyPaid):
            bounties[event.task] = event.amount_wei
        elif isinstance(event, Slashed):
            found[-1] = replace(found[-1], slashed_wei=event.parts.slashed_wei)
        elif isinstance(event, (ProofAccepted, ProofLate, ProofInvalid, ProofSkipped)):
            price_wei = NO_WEI
            if isinstance(event, ProofAccepted):
                price_wei = event.price_wei
            elif isinstance(event, ProofLate):
                price_wei = event.paid_wei
            bounty_wei = bounties.pop(event.task, NO_WEI)
            found.append(SubmittedProof(event.task, ENDINGS[type(event)], price_wei, bounty_wei=bounty_wei))
    return tuple(found)
