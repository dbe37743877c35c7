"""Arranging a market for a test: bids, provers, rounds and proofs, by raw transactions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from eth_abi import decode, encode
from eth_utils import keccak

from tests.support.chain import Chain, address_of
from tests.support.deployment import ZKPool

ZK = 10**18
ROUND = 300
DAY = 86_400
WINDOW = 600  # W of the queues made here
LIABILITY = 900  # G of the queues made here
GRACE = WINDOW // 4
HOUR = 3_600
KEY = keccak(text="test circuit")
FIXED, PROVER, FREE = 1, 2, 3
RULES = (FIXED, FIXED, PROVER, FREE)
STATEMENT = (11, 22)
MIN_BASE_FEE = ZK // 100
MIN_BOND = ZK // 2
STAKE = 40 * ZK
UNLIMITED = 2**256 - 1


class Seat(NamedTuple):
    """A seat of a queue."""

    prover: int
    capacity: int
    in_flight: int
    pass_: int
    accelerator: int = 0
    accelerator_bps: int = 0


def good_proof(signals: Sequence[int], key: bytes = KEY) -> bytes:
    """The proof the mock verifier accepts for these signals."""
    return encode(["bytes32"], [keccak(encode(["bytes32", "uint256[]"], [key, list(signals)]))])


def terms(
    *,
    window: int = WINDOW,
    liability: int = LIABILITY,
    penalty: int = 0,
    max_units: int = 1,
    packed: int = 0,
) -> tuple[int, int, int, int, int]:
    """A queue's terms as the contracts take them."""
    return (window, liability, penalty, max_units, packed)


def ordinary(number: int) -> str:
    """Address of an account without a key; the node signs for it."""
    return f"0x{0xAC70_0000 + number:040x}"


class Scene:
    """One deployment, its node, and short ways to bring it into a state."""

    def __init__(self, pool: ZKPool, chain: Chain) -> None:
        self.pool = pool
        self.chain = chain
        self.queue = pool.queue
        self.statements: dict[bytes, tuple[int, ...]] = {}

    # --- actors

    def fund(self, account: Any, amount_wei: int = 1_000_000 * ZK) -> Any:
        """Give an account tokens, and the market and the vault its allowance."""
        self.chain.send(self.pool.token.transfer, account, amount_wei, sender=self.pool.deployer)
        for spender in (self.pool.market, self.pool.vault):
            self.chain.send(self.pool.token.approve, spender, UNLIMITED, sender=account)
        return account

    def stake(self, account: Any, amount_wei: int = STAKE) -> None:
        """Stake for a prover."""
        self.chain.send(self.pool.vault.stake, amount_wei, sender=account)

    def seat(
        self, account: Any, *, stake_wei: int = STAKE, capacity: int = 8, queue: int | None = None
    ) -> int:
        """Register, stake and join a queue; the prover's id."""
        if self.pool.provers.idOf(account) == 0:
            self.chain.send(self.pool.provers.register, "", sender=account)
        if stake_wei:
            self.stake(account, stake_wei)
        self.chain.send(self.pool.provers.join, queue or self.queue, capacity, sender=account)
        return int(self.pool.provers.idOf(account))

    def crowd(self, count: int, *, first: int = 0, stake_wei: int = STAKE, capacity: int = 1) -> list[str]:
        """Seated provers without keys."""
        accounts = [ordinary(first + i) for i in range(count)]
        for account in accounts:
            self.seat(self.fund(account, stake_wei), stake_wei=stake_wei, capacity=capacity)
        return accounts

    def experience(self, account: Any, successes: int, *, requester: Any, queue: int | None = None) -> None:
        """Let the only seated prover of a queue prove this many tasks, one a round."""
        for _ in range(successes):
            task = self.place(requester, ZK, queue=queue)
            self.clear(queue)
            self.prove(task, account)

    # --- queues, bids and rounds

    def open_queue(self, **changes: int) -> int:
        """Another queue of the same project for the same circuit, with other terms; its id."""
        signals = [11, 22, 33, 44]
        self.chain.send(
            self.pool.projects.createQueue,
            1,
            self.pool.verifier,
            KEY,
            RULES,
            terms(**changes),
            (signals, good_proof(signals)),
            sender=self.pool.deployer,
        )
        return int(self.pool.projects.queueCount())

    def heat(self, rounds: int) -> int:
        """Rounds of full pressure in a queue without provers, its book empty afterwards; start of the round.

        E rises by a million a round.
        """
        requester = self.fund(ordinary(0x4EA7))
        started_at = self.chain.now + 1
        self.chain.next_at(started_at)
        expires_at = started_at + (rounds + 1) * ROUND
        task = self.place(requester, 10_000 * ZK, expires_at=expires_at)
        for _ in range(rounds):
            self.clear()
        self.chain.next_at(expires_at + 1)
        self.chain.send(self.pool.market.expireBid, task, sender=requester)
        stored = self.pool.market.roundOf(self.queue)
        assert (stored.excess, stored.startedAt) == (rounds * 1_000_000, expires_at)
        return expires_at

    def place(
        self,
        requester: Any,
        max_fee_wei: int,
        *,
        statement: Sequence[int] = STATEMENT,
        expires_at: int | None = None,
        queue: int | None = None,
    ) -> bytes:
        """Place a bid that lives for a day unless told otherwise; its task."""
        expires_at = expires_at if expires_at is not None else self.chain.now + DAY
        receipt = self.chain.send(
            self.pool.market.placeBid,
            queue or self.queue,
            list(statement),
            max_fee_wei,
            expires_at,
            b"",
            sender=requester,
        )
        task = task_of(receipt)
        self.statements[task] = tuple(statement)
        return task

    def round_over_at(self, queue: int | None = None) -> int:
        """First second at which the queue can be cleared."""
        return int(self.pool.market.roundOf(queue or self.queue).startedAt) + ROUND

    def end_round(self, queue: int | None = None) -> int:
        """Warp to just before the queue can be cleared, so that the next transaction can; when it can."""
        ends_at = max(self.round_over_at(queue), self.chain.now + 1)
        self.chain.next_at(ends_at)
        return ends_at

    def clear(self, queue: int | None = None) -> dict[str, Any]:
        """Clear the queue as soon as its round is over."""
        self.end_round(queue)
        return self.chain.send(self.pool.market.clear, queue or self.queue, sender=ordinary(0xC1EA))

    def assigned(self, requester: Any, max_fee_wei: int = 5 * ZK, **place: Any) -> bytes:
        """A task given to a prover by a clearing."""
        task = self.place(requester, max_fee_wei, **place)
        self.clear(place.get("queue"))
        assert self.status(task) == ASSIGNED
        return task

    # --- proofs

    def signals(self, task: bytes, prover: Any, output: int = 5) -> list[int]:
        """Public signals of a task's proof by this prover."""
        return [*self.statements[task], int(address_of(prover), 16), output]

    def proof(self, task: bytes, prover: Any, output: int = 5) -> tuple[list[int], bytes]:
        """Signals and a proof the verifier accepts."""
        signals = self.signals(task, prover, output)
        return signals, good_proof(signals)

    def prove(self, task: bytes, prover: Any) -> None:
        """Hand in a good proof."""
        self.chain.send(self.pool.market.submitProof, task, *self.proof(task, prover), sender=prover)

    def fumble(self, task: bytes, prover: Any) -> None:
        """Hand in a bad proof."""
        signals = self.signals(task, prover)
        self.chain.send(self.pool.market.submitProof, task, signals, b"junk", sender=prover)

    def miss(self, task: bytes) -> None:
        """Let window and grace pass and have the miss marked."""
        self.chain.next_at(self.grace_until(task) + 1)
        self.chain.send(self.pool.market.finalize, task, sender=ordinary(0xC1EA))

    def grace_until(self, task: bytes) -> int:
        """Last second at which the assigned prover may hand in a proof."""
        stored = self.pool.market.taskOf(task)
        window = self.pool.projects.termsOf(stored.queue, stored.termsVersion).proofWindowSeconds
        return int(stored.proveBy + (window // 2 if stored.rescued else window) // 4)

    def amnesty(self, account: Any) -> None:
        """Let a prover's ban pass."""
        until = int(self.pool.provers.proverOf(self.pool.provers.idOf(account)).bannedUntil)
        if until > self.chain.now:
            self.chain.warp_to(until)

    # --- looking

    def seats(self, queue: int | None = None) -> list[Seat]:
        """The seats of a queue. (ape cannot name a field `pass`.)"""
        data = self.chain.call(self.pool.provers.seatsOf, queue or self.queue)
        [seats] = decode(["(uint32,uint8,uint8,uint64,uint32,uint16)[]"], data)
        return [Seat(*seat) for seat in seats]

    def free_capacities(self, queue: int | None = None, min_rating: int = 0) -> list[int]:
        """Free capacity of each candidate of a queue."""
        data = self.chain.call(self.pool.provers.candidates, queue or self.queue, min_rating)
        [candidates] = decode(["(uint32,address,uint8,uint8,uint64,uint24)[]"], data)
        return [candidate[3] for candidate in candidates]

    def status(self, task: bytes) -> int:
        """Status of a task, as in `TaskStatus`."""
        return int(self.pool.market.taskOf(task).status)

    def balance(self, account: Any) -> int:
        """Token balance of an account, in wei."""
        return int(self.pool.token.balanceOf(account))

    def credit(self, account: Any) -> int:
        """What the market owes an account, in wei."""
        return int(self.pool.market.creditOf(account))

    def book(self) -> list[int]:
        """Fees of the bids in the book, best first, in wei."""
        return [int(fee) for fee in self.pool.market.bookOf(self.queue).maxFeesWei]


NONE, QUEUED, ASSIGNED, OPEN, PROVEN, FAILED, CANCELLED, EXPIRED, EVICTED = range(9)

BID_PLACED = (
    "0x" + keccak(text="BidPlaced(bytes32,uint24,address,uint96,uint40,uint40,uint256[],bytes)").hex()
)


def task_of(receipt: dict[str, Any]) -> bytes:
    """The task of the bid placed in a transaction."""
    [log] = [log for log in receipt["logs"] if log["topics"][0] == BID_PLACED]
    return bytes.fromhex(log["topics"][1][2:])
