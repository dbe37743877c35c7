"""What the market is made of, as values: each has the fields of its Solidity struct, in the same order.

Addresses are ``str`` ("0x" and 40 digits), ids of tasks 32 ``bytes``, other ids ``int``; money is wei.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag, unique
from typing import Final, NewType

from zkpool_sdk.units import Bps, Ppm, Seconds, Timestamp, Wei

Address = NewType("Address", str)
"""An account: "0x" and 40 hexadecimal digits."""
ProjectId = NewType("ProjectId", int)
QueueId = NewType("QueueId", int)
ProverId = NewType("ProverId", int)
AcceleratorId = NewType("AcceleratorId", int)
TaskId = NewType("TaskId", bytes)
"""keccak256 of chain, market, queue, requester, statement hash and nonce; 32 bytes."""

NO_WEI: Final = Wei(0)
NEVER: Final = Timestamp(0)
NOBODY: Final = ProverId(0)
NO_ACCELERATOR: Final = AcceleratorId(0)
NO_BPS: Final = Bps(0)
ZERO_ADDRESS: Final = Address("0x" + "0" * 40)
JAILED_UNTIL: Final = Timestamp(2**32 - 1)
"""What ``Prover.banned_until`` says of a prover in jail."""


@unique
class TaskStatus(IntEnum):
    """Where a task stands in its life.

    NONE -> QUEUED -> ASSIGNED -> PROVEN; QUEUED -> CANCELLED | EXPIRED | EVICTED; ASSIGNED -> OPEN (missed,
    invalid, declined) -> ASSIGNED (claimed by a rescuer) | FAILED. A frozen queue ends QUEUED, ASSIGNED and
    OPEN tasks as FAILED. Ended states are final.
    """

    NONE = 0
    QUEUED = 1
    ASSIGNED = 2
    OPEN = 3
    PROVEN = 4
    FAILED = 5
    CANCELLED = 6
    EXPIRED = 7
    EVICTED = 8

    @property
    def ended(self) -> bool:
        """Whether nothing more can happen to the task."""
        return self >= TaskStatus.PROVEN


@unique
class SignalRule(IntEnum):
    """What a public signal is: fixed by the statement, the assigned prover's address, or a free output."""

    NONE = 0
    FIXED = 1
    PROVER = 2
    FREE = 3


@unique
class Fault(IntEnum):
    """Why a bond is slashed."""

    NONE = 0
    MISSED = 1
    INVALID = 2
    LATE = 3


@unique
class Verdict(IntEnum):
    """What is thought of a proof. MALFORMED: its signals could not be judged, and nobody is to blame.

    BROKEN is never seen on chain: the verifier itself failed, and the call reverts.
    """

    MALFORMED = 0
    REFUSED = 1
    ACCEPTED = 2
    BROKEN = 3


@unique
class ProofResult(IntEnum):
    """What became of one proof of several; SKIPPED: nothing happened to it."""

    SKIPPED = 0
    PROVEN = 1
    LATE = 2
    INVALID = 3


@unique
class Scope(IntFlag):
    """What a hot key may do for its prover."""

    SUBMIT = 1
    DECLINE = 2
    HEARTBEAT = 4


ALL_SCOPES: Final = Scope.SUBMIT | Scope.DECLINE | Scope.HEARTBEAT


@dataclass(frozen=True, slots=True)
class Queue:
    """What never changes in a queue: its circuit. Verifying keys are named by 32 bytes.

    ``closed``: no new bids. ``is_sealed``: bids come in by commit and reveal alone. ``frozen``: no proof is
    accepted, nobody is slashed, every task ends in a full refund. ``min_rating_ppm``: least rating of its
    provers; 0 unless sealed.
    """

    verifier: Address
    project: ProjectId
    terms_version: int
    closed: bool
    is_sealed: bool
    frozen: bool
    min_rating_ppm: Ppm
    key: bytes


@dataclass(frozen=True, slots=True)
class Terms:
    """What a project may change for future tasks; a task keeps the version it was assigned under."""

    proof_window_seconds: Seconds
    liability_window_seconds: Seconds
    tier1_penalty_wei: Wei
    max_units: int
    packed_rules: int = 0

    @property
    def rules(self) -> tuple[SignalRule, ...]:
        """The rules of the circuit's signals, in order."""
        return unpack_rules(self.packed_rules)


@dataclass(frozen=True, slots=True)
class Round:
    """A queue's auction between two clearings."""

    next_sequence: int = 0
    cleared_sequence: int = 0
    started_at: Timestamp = NEVER
    excess: int = 0
    bid_count: int = 0
    places: int = 0


@dataclass(frozen=True, slots=True)
class Task:
    """One bid and what became of it.

    ``amount_wei`` is the bid while QUEUED and the price once assigned; ``place`` is its place in the book,
    then the prover's seat; ``rescued``: assigned by a rescuer's claim, with half the proof window;
    ``prove_by`` ends the proof window (0 while QUEUED); ``bond_wei`` is 0 once released or slashed.
    """

    requester: Address
    amount_wei: Wei
    status: TaskStatus
    queue: QueueId
    place: int
    nonce: int
    rescued: bool = False
    prove_by: Timestamp = NEVER
    terms_version: int = 0
    prover: ProverId = NOBODY
    bond_wei: Wei = NO_WEI


NO_TASK: Final = Task(ZERO_ADDRESS, Wei(0), TaskStatus.NONE, QueueId(0), 0, 0)


@dataclass(frozen=True, slots=True)
class Rescue:
    """What a task that was open has to remember; all zero for others.

    ``bounty_wei``: rescuers' parts of the slashes so far; ``open_until`` ends the liability window.
    """

    bounty_wei: Wei = NO_WEI
    open_until: Timestamp = NEVER
    decline_count: int = 0
    first_decliner: ProverId = NOBODY
    second_decliner: ProverId = NOBODY


@dataclass(frozen=True, slots=True)
class Prover:
    """Who a prover is and how it has done.

    ``failure_count`` counts faults in a row, ``decline_count`` declined tasks in a row (three are a fault);
    until ``banned_until``, that second included, it gets no task.
    """

    account: Address
    rating_ppm: Ppm
    success_count: int = 0
    failure_count: int = 0
    decline_count: int = 0
    banned_until: Timestamp = NEVER

    @property
    def jailed(self) -> bool:
        """Whether it gets no task until it asks to leave jail."""
        return self.banned_until == JAILED_UNTIL


@dataclass(frozen=True, slots=True)
class Seat:
    """A prover's place in one queue; ``prover`` 0: it is free. The least ``pass_`` is served next.

    ``accelerator``: whose software it runs here, and that software's share of the prover's side.
    """

    prover: ProverId = NOBODY
    capacity: int = 0
    in_flight: int = 0
    pass_: int = 0
    accelerator: AcceleratorId = NO_ACCELERATOR
    accelerator_bps: Bps = NO_BPS


@dataclass(frozen=True, slots=True)
class HotKey:
    """What a prover lets a hot key do for it, once the key has agreed."""

    scopes: int = 0
    expires_at: Timestamp = NEVER
    accepted: bool = False

    @property
    def allows(self) -> Scope:
        """The scopes by name."""
        return Scope(self.scopes)


@dataclass(frozen=True, slots=True)
class Accelerator:
    """One release of prover software: who is paid which share by its users, and what it proves.

    ``content_hash`` is of what users download; ``keys`` are the verifying keys of the circuits it proves,
    none for every circuit of the proving system.
    """

    owner: Address
    payout: Address
    share_bps: Bps
    retired: bool
    content_hash: bytes
    system: str
    uri: str
    keys: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A seated prover with free capacity, as the market sees it at clearing."""

    prover: ProverId
    account: Address
    seat: int
    free_capacity: int
    pass_: int
    rating_ppm: Ppm


@dataclass(frozen=True, slots=True)
class SeatAward:
    """Tasks given to one seat by one clearing, and its pass after them."""

    seat: int
    task_count: int
    pass_: int


@dataclass(frozen=True, slots=True)
class Stake:
    """A prover's stake. ``own_wei`` includes the bonds; ``unbonding_wei`` is leaving but still slashable.

    ``decays_from`` is on the decay clock: last accepted proof or activation, plus the day of grace and the
    hours charged. ``active``: reached the entry stake and has not fallen below the staying stake.
    ``sponsored_wei`` is lent by the pool; ``sponsored``: it is not zero.
    """

    own_wei: Wei = NO_WEI
    locked_wei: Wei = NO_WEI
    decays_from: Timestamp = NEVER
    active: bool = False
    sponsored: bool = False
    unbonding_wei: Wei = NO_WEI
    sponsored_wei: Wei = NO_WEI
    unbond_at: Timestamp = NEVER

    @property
    def slashable_wei(self) -> Wei:
        """All that a slash can reach."""
        return Wei(self.own_wei + self.unbonding_wei + self.sponsored_wei)

    @property
    def free_wei(self) -> Wei:
        """What can still cover new bonds."""
        return Wei(max(self.own_wei + self.sponsored_wei - self.locked_wei, 0))


@dataclass(frozen=True, slots=True)
class SlashParts:
    """Where a slash went; the parts sum to ``slashed_wei``."""

    slashed_wei: Wei
    tier1_wei: Wei
    requester_wei: Wei
    rescuer_wei: Wei
    keeper_wei: Wei
    insurance_wei: Wei


@dataclass(frozen=True, slots=True)
class Earning:
    """What an account has earned: of epochs that are over, and of ``pending_epoch``."""

    claimable_wei: Wei = NO_WEI
    pending_wei: Wei = NO_WEI
    pending_epoch: int = 0


@dataclass(frozen=True, slots=True)
class PoolEarning:
    """What treasury and delegators have earned: of ``pending_epoch``, and of epochs that are over."""

    treasury_pending_wei: Wei = NO_WEI
    delegators_pending_wei: Wei = NO_WEI
    pending_epoch: int = 0
    treasury_claimable_wei: Wei = NO_WEI
    delegators_claimable_wei: Wei = NO_WEI


@dataclass(frozen=True, slots=True)
class Rates:
    """Rates of the split; a task assigned at or before ``changed_at`` keeps the previous ones.

    ``pool_bps`` is of the price, ``delegators_bps`` of the pool's part, ``sponsor_bps`` of the prover's side
    where the prover works with lent stake.
    """

    pool_bps: Bps
    delegators_bps: Bps
    sponsor_bps: Bps
    previous_pool_bps: Bps
    previous_delegators_bps: Bps
    previous_sponsor_bps: Bps
    changed_at: Timestamp


@dataclass(frozen=True, slots=True)
class Request:
    """Pooled shares that wait to be redeemed; no owner: paid, or never made."""

    owner: Address
    matures_at: Timestamp
    shares: int


@dataclass(frozen=True, slots=True)
class Loan:
    """Pooled stake lent to a prover, 0 for no loan, and the fee to return if everything comes back."""

    out_wei: Wei
    fee_wei: Wei


@dataclass(frozen=True, slots=True)
class Adapter:
    """A way into tier 1: up to which worth it is funded, and its worth when last looked at."""

    cap_wei: Wei
    value_wei: Wei
    known: bool


@dataclass(frozen=True, slots=True)
class Bid:
    """One line of an open book; the lower ``sequence`` is the earlier bid."""

    task: TaskId
    max_fee_wei: Wei
    expires_at: Timestamp
    sequence: int

    @property
    def rank_key(self) -> tuple[int, int]:
        """Greater is better: the higher bid, of equal bids the earlier."""
        return self.max_fee_wei, -self.sequence


@dataclass(frozen=True, slots=True)
class Assignment:
    """One winner of a clearing: what it pays and who proves it."""

    task: TaskId
    prover: ProverId
    account: Address
    position: int
    price_wei: Wei
    refund_wei: Wei
    bond_wei: Wei
    prove_by: Timestamp
    terms_version: int


@dataclass(frozen=True, slots=True)
class ClearingResult:
    """What ending a round did: B, n, K, the winners by position, who was dropped, and E afterwards."""

    queue: QueueId
    base_fee_wei: Wei
    bid_count: int
    slot_count: int
    assignments: tuple[Assignment, ...]
    expired: tuple[TaskId, ...]
    excess: int

    @property
    def assigned_count(self) -> int:
        """F, tasks assigned."""
        return len(self.assignments)


def pack_rules(rules: tuple[SignalRule, ...] | list[SignalRule]) -> int:
    """The rules of a circuit's signals in one word: two bits a signal, signal 0 lowest."""
    return sum(rule << 2 * index for index, rule in enumerate(rules))


def unpack_rules(packed: int) -> tuple[SignalRule, ...]:
    """The rules packed by ``pack_rules``; NONE ends them."""
    rules = []
    while packed & 3:
        rules.append(SignalRule(packed & 3))
        packed >>= 2
    return tuple(rules)


@unique
class WorkStatus(IntEnum):
    """Where a piece of tier 1's work stands with an adapter.

    Push: NONE -> POSTED -> BOUND -> REWARDED | FORFEITED, POSTED -> FORFEITED. Pull: NONE -> BOUND ->
    DELIVERED -> REWARDED, NONE | BOUND -> FORFEITED. REWARDED and FORFEITED are final.
    """

    NONE = 0
    POSTED = 1
    BOUND = 2
    DELIVERED = 3
    REWARDED = 4
    FORFEITED = 5


@dataclass(frozen=True, slots=True)
class WorkSpec:
    """What tier 1 wants proved, in which queue, and until when it takes the proof in time."""

    queue: QueueId
    prove_by: Timestamp
    statement: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PushWork:
    """A reward that a sponsor has promised on top of a proof's price."""

    sponsor: Address
    reward_wei: Wei
    penalty_wei: Wei
    prove_by: Timestamp
    queue: QueueId
    status: WorkStatus
    task: TaskId
    statement_hash: bytes


@dataclass(frozen=True, slots=True)
class TaikoWork:
    """A block that tier 1 assigned to the pool; rewards and penalties in units of tier 1's token."""

    task: TaskId
    status: WorkStatus
    prove_by: Timestamp
    reward_units: int
    penalty_units: int
    price_wei: Wei
    assigned: bool
    recovered_wei: Wei


@dataclass(frozen=True, slots=True)
class Tier1Stake:
    """What the pool has at stake in tier 1, in units of its token."""

    staked_units: int
    exiting_units: int
    exit_at: Timestamp
    reward_units: int


@dataclass(frozen=True, slots=True)
class Tier1Offer:
    """What the pool asks and offers in tier 1, and the most it bids here for one block."""

    reward_per_gas: int
    capacity: int
    max_bid_wei: Wei


@dataclass(frozen=True, slots=True)
class UnitOrders:
    """What the pool still buys and sells of tier 1's token."""

    buy_units: int
    sell_units: int
