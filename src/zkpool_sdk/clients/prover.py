"""The prover: stakes, offers slots, proves, is paid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from zkpool_sdk.chain import Contracts
from zkpool_sdk.chain.errors import CannotSign
from zkpool_sdk.chain.events import (
    ProofAccepted,
    ProverRegistered,
    SeatTaken,
    Slashed,
    TaskAssigned,
    UnstakeFinished,
    UnstakeRequested,
)
from zkpool_sdk.chain.history import Watch, topic_of_address
from zkpool_sdk.clients.base import Earner, wait_for
from zkpool_sdk.clients.errors import CircuitDiffers, ProofRefused
from zkpool_sdk.clients.inputs import inputs_from
from zkpool_sdk.models import Address, ProverId, QueueId, Stake, TaskId, TaskStatus
from zkpool_sdk.models import Prover as ProverRecord
from zkpool_sdk.units import DAY, HOUR, Timestamp, Wei

if TYPE_CHECKING:  # the witness runtime takes a third of a second to load
    from zkpool_sdk.proving import Circuit, ProofResult, Ump
    from zkpool_sdk.proving.system import Progress

PERMIT_SECONDS: Final = HOUR


@dataclass(frozen=True, slots=True)
class AssignedTask:
    """A task that waits for this prover.

    Attributes:
        task, queue, requester: ids.
        statement: the signals the proof must have where the queue fixes them.
        data: what the bid published, see ``zkpool_sdk.clients.inputs``.
        price_wei: what a proof in time is paid, before the split.
        bond_wei: stake locked on it.
        prove_by: last second for the proof.
    """

    task: TaskId
    queue: QueueId
    requester: Address
    statement: tuple[int, ...]
    data: bytes
    price_wei: Wei
    bond_wei: Wei
    prove_by: Timestamp


@dataclass(frozen=True, slots=True)
class AcceptedProof:
    """A proof that the market took: what it earned and how long it took to make."""

    task: TaskId
    price_wei: Wei
    seconds: float
    gas_used: int
    transaction: str


class Prover(Earner):
    """An account that proves.

    Args:
        contracts: a deployment as the account sees it.
        ump: the machine's prover; a new one by default.
    """

    def __init__(self, contracts: Contracts, ump: Ump | None = None) -> None:
        super().__init__(contracts)
        self._ump = ump
        self._assigned = Watch(
            self.connection,
            contracts.market.address,
            [TaskAssigned],
            self.deployment.block,
            [None, [topic_of_address(self.address)]],
        )
        self._open: dict[TaskId, AssignedTask] = {}

    @property
    def ump(self) -> Ump:
        """The machine's prover."""
        if self._ump is None:
            from zkpool_sdk.proving import Ump

            self._ump = Ump()
        return self._ump

    @property
    def id(self) -> ProverId:
        """Id of the account's prover; 0 before it is registered."""
        return self.contracts.provers.id_of(self.address)

    def record(self) -> ProverRecord:
        """Rating, successes and failures.

        Raises:
            UnknownProver: the account is not registered.
        """
        return self.contracts.provers.prover_of(self.id)

    def stake(self, amount_wei: int) -> Stake:
        """Adds to the stake: with a signed permit in one transaction where the signer can, else with two.

        Raises:
            AmountZero, ERC20InsufficientBalance.
        """
        vault, token = self.contracts.vault, self.contracts.token
        if token.allowance(self.address, vault.address) >= amount_wei:
            vault.stake(amount_wei)
            return self.stake_state()
        deadline = self.connection.timestamp() + PERMIT_SECONDS
        try:
            signature = self.account.signer.sign_typed_data(
                token.permit_message(vault.address, amount_wei, deadline)
            )
        except CannotSign:
            token.approve(vault.address, amount_wei)
            vault.stake(amount_wei)
        else:
            vault.stake_with_permit(amount_wei, deadline, *signature)
        return self.stake_state()

    def stake_state(self) -> Stake:
        """The stake as if settled now."""
        return self.contracts.vault.stake_of(self.address)

    def unstake(self, amount_wei: int | None = None) -> Timestamp:
        """Starts to leave with ``amount_wei``, or with everything; returns when it can be finished.

        Raises:
            PartialExitTooDeep, UnstakeExceedsStake, AmountZero.
        """
        amount = self.stake_state().own_wei if amount_wei is None else amount_wei
        return self.contracts.vault.request_unstake(amount).event(UnstakeRequested).unbond_at

    def finish_unstake(self) -> Wei:
        """Takes out what has finished unbonding; returns what was paid.

        Raises:
            NothingUnbonding, StillUnbonding, CoversBonds.
        """
        return self.contracts.vault.finish_unstake().event(UnstakeFinished).amount_wei

    def settle(self) -> Stake:
        """Settles the account's decay; returns the stake after it."""
        self.contracts.vault.settle(self.address)
        return self.stake_state()

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

    def assignments(self) -> tuple[AssignedTask, ...]:
        """Tasks that wait for this prover and are still in time, the most urgent first."""
        market = self.contracts.market
        for event in self._assigned.new():
            if isinstance(event, TaskAssigned) and event.task not in self._open:
                placed = self.placed(event.task)
                self._open[event.task] = AssignedTask(
                    event.task,
                    placed.queue,
                    placed.requester,
                    placed.statement,
                    placed.data,
                    event.price_wei,
                    event.bond_wei,
                    event.prove_by,
                )
        now = self.connection.timestamp()
        for task in list(self._open):
            if market.task_of(task).status is not TaskStatus.ASSIGNED:
                del self._open[task]
        due = [assigned for assigned in self._open.values() if assigned.prove_by >= now]
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

        Args:
            assigned: the task.
            inputs: witness inputs the requester handed over, where the bid publishes none.
            on_progress: called as ``on_progress(stage, fraction)``.
        Raises:
            InputsNeeded, InputsDiffer, InputsMalformed: there are no usable inputs.
            ProvingError: see ``zkpool_sdk.proving``.
        """
        return self.ump.prove(
            assigned.queue,
            inputs_from(assigned.task, assigned.data, inputs),
            self.address,
            statement=assigned.statement,
            on_progress=on_progress,
        )

    def submit(
        self, task: bytes, signals: Sequence[int], proof: bytes, seconds: float = 0.0
    ) -> AcceptedProof:
        """Hands a proof in.

        Raises:
            ProofRefused: the verifier said no; the bond is slashed.
            ProofWindowOver, NotAssignedProver, StatementMismatch, ProverMismatch, WrongStatus,
            VerifierFailed.
        """
        receipt = self.contracts.market.submit_proof(task, signals, proof)
        for slashed in receipt.events_of(Slashed):
            raise ProofRefused(task, slashed.parts.slashed_wei, receipt.transaction)
        accepted = receipt.event(ProofAccepted)
        return AcceptedProof(
            accepted.task, accepted.price_wei, seconds, receipt.gas_used, receipt.transaction
        )

    def prove_and_submit(
        self,
        assigned: AssignedTask,
        inputs: Mapping[str, Any] | None = None,
        on_progress: Progress | None = None,
    ) -> AcceptedProof:
        """Proves a task and hands the proof in; raises as ``prove`` and ``submit`` do."""
        result = self.prove(assigned, inputs, on_progress)
        return self.submit(assigned.task, result.signals, result.proof_bytes, result.seconds)


def key_of(contracts: Contracts, circuit: Circuit) -> bytes:
    """Hash under which a circuit's verifying key is, or would be, registered at the verifier."""
    from zkpool_sdk.proving import Groth16

    return contracts.verifier.key_of(Groth16().registration_key(circuit))
