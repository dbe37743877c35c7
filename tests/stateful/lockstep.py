"""Model and contracts in lock-step: acts are done on the model and noted, then replayed on the chain at once.

What is done next depends on the model alone, so a whole example travels as one simulated request. The first
call whose result, error or state differs is the divergence.
"""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, NamedTuple

from hypothesis import currently_in_test_context, note

import tests.stateful.part_listeners
import tests.stateful.taiko_listeners  # noqa: F401
from tests.stateful.events import Log, told, written
from tests.stateful.listener import Listener
from tests.stateful.looks import looks
from tests.stateful.watched import contracts_of
from tests.stateful.wording import error_bytes, split, words
from tests.stateful.world import URI, World
from tests.support.profiles import scaled
from tests.support.rawchain import Call, Contract, Expectation, Outcome, log_bytes
from tests.support.rawmarket import KEY
from zkpool_sdk.economics.market import Market
from zkpool_sdk.economics.protocol import Protocol
from zkpool_sdk.errors import ContractError
from zkpool_sdk.models import Address, HotKey, ProverId, Rescue, Task, TaskId, TaskStatus

VIEWER = "0x00000000000000000000000000000000000000bB"
THOROUGH_EVERY: Final = scaled(8, 4, 1)
"""After so many acts what an act can change is compared whether the model says that it has changed or not."""
ONES_OWN: Final = ("decline", "submitProof")
"""What a prover does with a task that it was given."""
FIRED: Counter[str] = Counter()
REFUSED: Counter[str] = Counter()
STEPS: Counter[str] = Counter()
CALLED: Counter[str] = Counter()
"""Functions that were called, by the names of contract and function."""
SAID: Counter[str] = Counter()
"""Events that were compared."""


class Expected(NamedTuple):
    """What a call must do: return these bytes (any, if ``None``), or revert with this error.

    ``logs``: all that the watched contracts must write; not looked at if ``None``.
    """

    what: str | tuple[str, tuple[Any, ...], str]
    data: bytes | None
    error: ContractError | None = None
    any_error: bool = False
    logs: Counter[Log] | None = None

    def __str__(self) -> str:
        """The act, or the getter and after which act it is asked."""
        if isinstance(self.what, str):
            return self.what
        function, arguments, after = self.what
        return f"{function}{arguments} after {after}"

    def raw(self) -> Expectation:
        """The same in bytes."""
        logs = None if self.logs is None else log_bytes(self.logs.elements()) if self.logs else b""
        if self.error is None:
            return Expectation(True, self.data, logs)
        return Expectation(False, error_bytes(self.error), logs, self.any_error)


@dataclass(frozen=True, slots=True)
class Act:
    """One act of a life, with what it takes to do it again on another model.

    Attributes:
        contract: the contract that is called. action: what is done on the model, bound to its arguments.
        at: when. result: of the action; ``None`` if it ended with ``refusal``.
        call: which of the life's calls it is. own: whether a prover acts on a task of its own.
    """

    verb: str
    sender: str
    contract: Contract
    function: str
    arguments: tuple[Any, ...]
    action: Callable[[], Any]
    returned: Callable[[Any], Any] | None
    malformed: bool
    at: int
    result: Any
    refusal: ContractError | None
    call: int
    own: bool = False


class Divergence(AssertionError):
    """The chain did something else than the model.

    Attributes:
        step: the life in which it happened. call: the number of the call that shows it.
    """

    def __init__(self, what: str, step: Lockstep | None = None, call: int = -1) -> None:
        super().__init__(what)
        self.step = step
        self.call = call


class Lockstep:
    """One life of a market, on the model now and on the chain in ``replay``.

    Attributes:
        latest: the life that began last.
        calls, expected: what goes to the chain, and what it must do; ``acts``: what was done.
        watched: contracts whose logs are compared.
    """

    latest: ClassVar[Lockstep]

    def __init__(self, world: World, apart: int = 0) -> None:
        """Begins a life in a world.

        Args:
            apart: seconds that every act takes; with some the acts can be ``settled``.
        """
        Lockstep.latest = self
        self.world = world
        self._apart = apart
        self.market = world.model()
        self.now = world.chain.now + 1
        self._mined_at = world.chain.now
        self._compared = 0
        self._last: dict[tuple[str, str, tuple[Any, ...]], Any] = {}
        self._seen: dict[TaskId, Task] = {}
        self._rescues: dict[TaskId, Rescue] = {}
        self._keys: dict[tuple[ProverId, Address], HotKey] = {}
        self.calls: list[Call] = []
        self.expected: list[Expected] = []
        self.acts: list[Act] = []
        contracts = contracts_of(world.at)
        self._listener = Listener(self.market, contracts, URI)
        self.watched = frozenset(bytes.fromhex(found.address[2:]) for found in contracts.values())

    def act(
        self,
        verb: str,
        sender: str,
        contract: Contract,
        function: str,
        arguments: Sequence[Any],
        action: Callable[[], Any],
        *,
        returned: Callable[[Any], Any] | None = None,
        malformed: bool = False,
        compare: bool = True,
    ) -> Any:
        """Does something on the model and notes the call that does the same on the chain.

        Args:
            returned: from the action's result to what the call must return; not looked at if not given.
            malformed: the chain may refuse without saying why.
            compare: whether the whole state is compared afterwards.
        Returns:
            the action's result; ``None`` if it was refused.
        """
        STEPS["acts"] += 1
        CALLED[f"{contract.abi.name}.{function}"] += 1
        result, data, error, logs = None, None, None, Counter[Log]()
        own = function in ONES_OWN and self.prover_of(arguments[0]) == sender
        self._listener.begin(sender)
        try:
            result = action()
            FIRED[verb] += 1
            data = words(returned(result)) if returned else None
            logs = self._listener.logs()
            SAID.update(self._listener.events())
        except ContractError as refusal:
            REFUSED[type(refusal).__name__] += 1
            error = refusal
        what = f"{verb} by {sender} at {self.now}: {error or 'done'}"
        if currently_in_test_context():
            note(what)
        noted = verb, sender, contract, function, tuple(arguments), action, returned, malformed
        self.acts.append(Act(*noted, self.now, result, error, len(self.calls), own))
        self._add(contract.call(sender, function, *arguments), Expected(what, data, error, malformed, logs))
        if compare and not self._apart:
            self._compare(what, whole=False)
        self.now += self._apart
        return result

    def prover_of(self, task: TaskId) -> Address | None:
        """The account that a task was last assigned to, if it was."""
        t = self.market.tasks.get(task)
        return self.market.provers.prover_of(t.prover).account if t and t.prover else None

    def copy_of_market(self) -> Market:
        """The model as it is now, for what is only thought."""
        self._listener.leave()
        try:
            return pickle.loads(pickle.dumps(self.market))  # type: ignore[no-any-return]
        finally:
            self._listener.listen()

    def replay(self) -> None:
        """Sends everything to the chain.

        Raises:
            Divergence: some call did something else.
        """
        self._compare("the end", whole=True)
        STEPS["comparisons"] += len(self.calls)
        expected = [wanted.raw() for wanted in self.expected]
        found = self.world.chain.replay(self.calls, expected, self.watched)
        if found is not None:
            wanted = self.expected[found.place]
            what = difference(found.outcome, wanted, self.watched) or f"another {found.kind}"
            raise Divergence(f"{wanted}: {what}", self, found.place)

    def settle(self) -> None:
        """Sends everything to the chain to stay: what was lived is where other lives begin.

        Raises:
            ZKPoolError: the chain refuses a call; here all must succeed.
        """
        chain = self.world.chain
        for call, wanted in zip(self.calls, self.expected, strict=True):
            if not chain.send(call.sender, call.to, call.data, call.at).ok:
                raise Divergence(f"{wanted}: the chain refuses")
        self.listen_no_more()

    def listen_no_more(self) -> None:
        """Leaves the model alone, so that it can be copied."""
        self._listener.leave()

    def _add(self, call: Call, wanted: Expected) -> None:
        if self.now > self._mined_at:
            call = Call(call.sender, call.to, call.data, self.now)
            self._mined_at = self.now
        self.calls.append(call)
        self.expected.append(wanted)

    def _compare(self, after: str, whole: bool) -> None:
        """Asks for what has changed on the model; now and then, and at the end, for all."""
        self._compared += 1
        thorough = whole or self._compared % THOROUGH_EVERY == 0
        last = self._last
        for contract, function, arguments, value in self.views(whole):
            key = contract.address, function, arguments
            if thorough or last.get(key) != value:
                wanted = Expected((function, arguments, after), words(value))
                self._add(_getters.get(key) or getter(contract, function, arguments), wanted)
                last[key] = value

    def views(self, whole: bool) -> Iterator[tuple[Contract, str, tuple[Any, ...], Any]]:
        """Getters with what they must say: all that an act can change, or (``whole``) all there is.

        Of the tasks those in flight and those that have changed; a book says where its own are.
        """
        at, model, now, roles = self.world.at, self.market, self.now, self.world.roles
        for task, t in model.tasks.items():
            if whole or self._seen.get(task) != t or t.status in (TaskStatus.ASSIGNED, TaskStatus.OPEN):
                yield at.market, "taskOf", (task,), t
                self._seen[task] = t
        for task, r in model.rescues.items():
            if whole or self._rescues.get(task) != r:
                yield at.market, "rescueOf", (task,), r
                self._rescues[task] = r
        for queue in self.world.queues:
            yield at.market, "roundOf", (queue,), model.round_of(queue)
            yield at.market, "bookWords", (queue,), model.book_words(queue)
            if queue in model.provers.seats and (whole or queue != self.world.crowded):
                yield at.provers, "seatsOf", (queue,), model.provers.seats_of(queue)
            if whole:
                yield at.market, "baseFeeOf", (queue,), model.base_fee_of(queue, now)
                yield at.market, "bondOf", (queue,), model.bond_of(queue, now)
                yield at.market, "slotCountOf", (queue,), model.slot_count_of(queue, now)
                q = model.projects.queue_of(queue)
                yield at.projects, "queueOf", (queue,), q
                yield at.projects, "carrierOf", (queue,), model.projects.carrier_of(queue)
                yield at.vault, "isBacked", (queue,), queue in model.vault.backed
                candidates = model.provers.candidates(queue, now)
                yield at.provers, "candidates", (queue, q.min_rating_ppm), candidates
        for account in roles.everybody:
            yield at.token, "balanceOf", (account,), model.token.balance_of(account)
            yield at.market, "creditOf", (account,), model.credit_of(account)
        for contract in (at.market, at.vault, at.splitter, at.insurance):
            balance = model.token.balance_of(contract.address)  # type: ignore[arg-type]
            yield at.token, "balanceOf", (contract.address,), balance
        for prover in (*roles.provers, *(roles.crowd if whole else ())):
            yield at.vault, "stakeOf", (prover,), model.vault.stake_of(prover, now)
            yield at.vault, "isActive", (prover,), model.vault.is_active(prover, now)
            yield at.splitter, "earningOf", (prover,), model.splitter.earning_of(prover, now)
            if prover in model.provers.ids:
                number = model.provers.ids[prover]
                yield at.provers, "proverOf", (number,), model.provers.provers[number]
            if whole:
                yield at.vault, "isIdle", (prover,), model.vault.is_idle(prover, now)
        yield at.splitter, "earningOf", (roles.maker,), model.splitter.earning_of(roles.maker, now)
        for (number, key), known in model.provers.keys.items():
            if whole or self._keys.get((number, key)) != known:
                yield at.provers, "keyOf", (number, key), known
        for number, key in self._keys.keys() - model.provers.keys.keys():
            yield at.provers, "keyOf", (number, key), HotKey()
        self._keys = dict(model.provers.keys)
        yield at.vault, "clock", (), model.vault.clock(now)
        yield at.vault, "lentWei", (), model.vault.lent_wei
        yield at.splitter, "poolEarning", (), model.splitter.pool_earning(now)
        if isinstance(model, Protocol):
            yield from looks(self.world, model, now, whole)
        if whole:
            yield at.splitter, "rates", (), model.splitter.rates
            yield at.splitter, "treasury", (), model.splitter.treasury
            yield at.splitter, "delegators", (), model.splitter.delegators
            yield at.insurance, "capWei", (), model.insurance.cap_wei
            yield at.token, "totalSupply", (), model.token.supply_wei - model.token.burned_wei
            yield at.market, "paused", (), model.paused
            for task, recovered_wei in model.recovered.items():
                yield at.market, "recoveredOf", (task,), recovered_wei
            for number, released in model.accelerators.accelerators.items():
                yield at.accelerators, "payoutOf", (number,), released.payout
                yield at.accelerators, "offerOf", (number, KEY), model.accelerators.offer_of(number, KEY)
            for (queue, version), terms in model.projects.terms.items():
                yield at.projects, "termsOf", (queue, version), terms


def difference(outcome: Outcome, wanted: Expected, watched: frozenset[bytes]) -> str | None:
    """What a call did otherwise than it must; ``None`` if nothing.

    Args:
        watched: contracts whose logs are compared.
    """
    if wanted.error is not None:
        if outcome.ok:
            return "the chain does it"
        if outcome.error() != wanted.error and not (wanted.any_error and not outcome.data):
            return f"the chain says {outcome.error()}"
        return None
    if not outcome.ok:
        return f"the chain refuses: {outcome.error()}"
    if wanted.data is not None and outcome.data != wanted.data:
        return f"chain {split(outcome.data)}, model {split(wanted.data)}"
    if wanted.logs is not None:
        said = Counter(log for log in map(written, outcome.logs) if log[0] in watched)
        if said != wanted.logs:
            more, less = (", ".join(map(told, logs)) for logs in (said - wanted.logs, wanted.logs - said))
            return f"the chain says {more or 'nothing'} where the model says {less or 'nothing'}"
    return None


_getters: dict[tuple[str, str, tuple[Any, ...]], Call] = {}


def getter(contract: Contract, function: str, arguments: tuple[Any, ...]) -> Call:
    """The call of a view; encoded once."""
    key = contract.address, function, arguments
    if key not in _getters:
        _getters[key] = contract.call(VIEWER, function, *arguments)
    return _getters[key]


def live(tasks: dict[Any, Task], *statuses: TaskStatus) -> list[Any]:
    """Ids of tasks in one of these states."""
    return [task for task, t in tasks.items() if t.status in statuses]
