"""Open tasks, as a rescuer sees them: given back, missed or proved wrong, and waiting for another prover."""

from __future__ import annotations

from dataclasses import dataclass

from zkpool_sdk.chain import Contracts
from zkpool_sdk.chain.events import ProofInvalid, TaskDeclined, WindowMissed
from zkpool_sdk.chain.history import Watch
from zkpool_sdk.models import Address, ProverId, QueueId, TaskId, TaskStatus
from zkpool_sdk.units import Seconds, Timestamp, Wei


@dataclass(frozen=True, slots=True)
class OpenTask:
    """A task that waits for a rescuer.

    Attributes:
        task, queue, requester: ids.
        price_wei: what a proof in time is paid, before the split.
        bounty_wei: paid on top, whole.
        open_until: last second to claim it.
        window_seconds: how long a rescuer has for the proof.
        excluded: provers that cannot claim it: who had it last, and who declined it.
    """

    task: TaskId
    queue: QueueId
    requester: Address
    price_wei: Wei
    bounty_wei: Wei
    open_until: Timestamp
    window_seconds: Seconds
    excluded: frozenset[ProverId]


class OpenTasks:
    """The open tasks of a deployment.

    Args:
        contracts: the deployment.
    """

    def __init__(self, contracts: Contracts) -> None:
        self._contracts = contracts
        self._watch = Watch(
            contracts.connection,
            contracts.market.address,
            [TaskDeclined, WindowMissed, ProofInvalid],
            contracts.deployment.block,
        )
        self._known: dict[TaskId, None] = {}

    def found(self) -> tuple[OpenTask, ...]:
        """The tasks that can be claimed now."""
        for event in self._watch.new():
            if isinstance(event, (TaskDeclined, WindowMissed, ProofInvalid)):
                self._known[event.task] = None
        now = self._contracts.connection.timestamp()
        found = []
        for task in list(self._known):
            open_task = self._look(task)
            if open_task is None:
                del self._known[task]
            elif open_task.open_until >= now:
                found.append(open_task)
        return tuple(found)

    def _look(self, task: TaskId) -> OpenTask | None:
        """A task if it is open."""
        market, projects = self._contracts.market, self._contracts.projects
        state = market.task_of(task)
        if state.status is not TaskStatus.OPEN or projects.queue_of(state.queue).frozen:
            return None
        rescue, terms = market.rescue_of(task), projects.terms_of(state.queue, state.terms_version)
        return OpenTask(
            task,
            state.queue,
            state.requester,
            state.amount_wei,
            rescue.bounty_wei,
            rescue.open_until,
            Seconds(terms.proof_window_seconds // 2),
            frozenset({state.prover, rescue.first_decliner, rescue.second_decliner}),
        )
