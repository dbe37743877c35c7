"""Events alone rebuild the vault (invariant 40), and its balance covers what it owes (invariant 1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from eth_utils.address import to_checksum_address

from tests.support.rawchain import Contract
from tests.support.rawpool import OFFSET, WEEK, ZK, RawPool
from zkpool_sdk.units import DAY


class Ledger:
    """The vault's storage, rebuilt from its events."""

    def __init__(self) -> None:
        self.idle_wei = 0
        self.requests: dict[int, list[Any]] = {}
        self.first, self.next = 1, 1
        self.credits: dict[str, int] = defaultdict(int)
        self.loans: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        self.adapters: dict[str, list[Any]] = defaultdict(lambda: [0, 0, False])
        self.allowed: dict[str, bool] = {}
        self.operator = ""
        self.lock = (0, 0, 0)

    def apply(self, name: str, values: tuple[Any, ...], at: int) -> None:
        """Applies one event."""
        match name, values:
            case "Deposit", (_, _, assets, _):
                self.idle_wei += assets
            case "Withdraw", (_, _, _, assets, _):
                self.idle_wei -= assets
            case "RedeemRequested", (request, owner, shares, matures_at):
                self.requests[request] = [owner, matures_at, shares]
                self.next = request + 1
            case "RequestRedeemed", (request, _, shares):
                self.shorten(request, shares)
            case "RequestSettled", (request, owner, shares, amount):
                self.shorten(request, shares)
                self.idle_wei -= amount
                self.credits[owner] += amount
            case "CreditClaimed", (account, amount):
                self.credits[account] -= amount
            case "ProfitCollected", (amount,):
                self.idle_wei += amount
            case "ProfitLocked", (locked, unlocks_at):
                self.lock = (locked, at, unlocks_at)
            case "StakeLent", (prover, amount, fee):
                self.idle_wei -= amount
                self.loans[prover] = [amount, fee]
            case "StakeReturned", (prover, _, amount):
                self.idle_wei += amount
                self.loans[prover][0] -= amount
            case "LoanClosed", (prover, lost, fee):
                self.loans[prover] = [0, 0]
                if lost:
                    self.idle_wei += fee
                else:
                    self.credits[prover] += fee
            case "ProverAllowed", (prover, allowed):
                self.allowed[prover] = allowed
            case "OperatorSet", (operator,):
                self.operator = operator
            case "AdapterAllowed", (adapter, cap):
                self.adapters[adapter][0], self.adapters[adapter][2] = cap, True
            case "AdapterFunded", (adapter, amount):
                self.idle_wei -= amount
                self.adapters[adapter][1] += amount
            case "AdapterRepaid", (adapter, amount, profit):
                self.idle_wei += amount
                self.adapters[adapter][1] -= amount - profit
            case "AdapterMarked", (adapter, old, new):
                assert self.adapters[adapter][1] == old
                self.adapters[adapter][1] = new
            case _:
                assert name in {"Transfer", "Approval", "AdapterUnreadable", "OwnershipTransferred"}, name

    def shorten(self, request: int, shares: int) -> None:
        self.requests[request][2] -= shares
        if self.requests[request][2] == 0:
            del self.requests[request]
            assert request == self.first, "first in, first out"
            self.first += 1


def events(pool: RawPool) -> Iterator[tuple[str, tuple[Any, ...], int]]:
    """Every event of the vault: name, values, time."""
    kinds = {item.selector: item for item in pool.delegation.abi.events.values()}
    for log in pool.chain.logs([pool.delegation.address]):
        topics = [bytes.fromhex(topic[2:]) for topic in log["topics"]]
        mined_at = pool.chain.block_time(int(log["blockNumber"], 16))
        item = kinds[topics[0]]
        yield item.name, item.decode_log(topics, bytes.fromhex(log["data"][2:])), mined_at


def locked_at(lock: tuple[int, int, int], now: int) -> int:
    """What of a lock is still locked."""
    locked, start, end = lock
    return 0 if now >= end else -(-locked * (end - now) // (end - start))


def live(pool: RawPool, adapter: Contract) -> None:
    """A life in which everything happens."""
    token = pool.raw.token.address
    pool.deposit(pool.delegator, 300 * ZK)
    pool.deposit(pool.second_delegator, 77 * ZK + 3)
    pool.borrow(pool.prover)
    pool.sponsored(pool.second_prover)
    pool.send(pool.operator, "fund", adapter.address, 50 * ZK)
    pool.profit(5 * ZK + 1)
    pool.request(pool.delegator, 120 * ZK * OFFSET + 7)
    pool.request(pool.second_delegator, 33 * ZK * OFFSET)
    pool.request(pool.delegator, 20 * ZK * OFFSET)
    adapter.send(pool.outsider, "say", 0, 45 * ZK)
    pool.send(pool.outsider, "mark", adapter.address)
    pool.pass_time(WEEK)
    pool.send(pool.second_delegator, "redeem", 30 * ZK * OFFSET, pool.outsider, pool.second_delegator)
    pool.send(pool.delegator, "claimCredit")
    pool.slash(pool.prover, 4 * ZK)
    pool.send(pool.prover, "returnStake")
    pool.raw.fund(adapter.address, 9 * ZK)
    adapter.send(pool.outsider, "giveBack", token, pool.delegation.address, 54 * ZK)
    pool.send(pool.outsider, "settleRequests", 32)
    adapter.send(pool.outsider, "say", 1, 0)
    pool.send(pool.outsider, "mark", adapter.address)
    pool.send(pool.operator, "recall", pool.second_prover)
    pool.request(pool.delegator, 5 * ZK * OFFSET)
    pool.borrow(pool.prover)
    pool.profit(ZK)
    adapter.send(pool.outsider, "say", 0, 2 * ZK)
    pool.send(pool.outsider, "mark", adapter.address)


def test_events__of_a_whole_life__rebuild_the_storage(pool: RawPool, adapter: Contract) -> None:
    """Invariant 40."""
    live(pool, adapter)
    ledger = Ledger()
    seen = set()
    for name, values, at in events(pool):
        ledger.apply(name, values, at)
        seen.add(name)
    assert seen >= set(pool.delegation.abi.events) - {"OwnershipTransferStarted", "Approval"}
    assert ledger.idle_wei == pool.read("idleWei")
    assert (ledger.first, ledger.next) == pool.read("requestRange")
    for request in range(1, ledger.next + 1):
        kept = ledger.requests.get(request, ["0x" + "00" * 20, 0, 0])
        assert tuple(kept) == pool.read("requestOf", request)
    assert sum(r[2] for r in ledger.requests.values()) == pool.read("waitingShares")
    for account in pool.chain.accounts:
        assert ledger.credits[account] == pool.read("creditOf", account)
        assert tuple(ledger.loans[account]) == pool.read("loanOf", account)
        assert ledger.allowed.get(account, False) == pool.read("isAllowed", account)
    assert to_checksum_address(ledger.operator) == pool.read("operator")
    for address, kept in ledger.adapters.items():
        assert tuple(kept) == pool.read("adapterOf", address)
    assert sum(a[1] for a in ledger.adapters.values()) == pool.read("adaptersWei")
    assert locked_at(ledger.lock, pool.chain.now) == pool.read("lockedProfitWei") > 0


def test_balance__after_a_whole_life__is_what_the_vault_owes(pool: RawPool, adapter: Contract) -> None:
    """Invariant 1: equal without donations."""
    live(pool, adapter)
    assert pool.balance(pool.delegation.address) == pool.owed(pool.chain.accounts)
    gross = pool.read("idleWei") + pool.raw.vault.read("lentWei") + pool.read("adaptersWei")
    assert pool.read("totalAssets") == gross - pool.read("lockedProfitWei")
    assert pool.shares(pool.delegation.address) == pool.read("waitingShares")
    pool.pass_time(2 * DAY)
    assert pool.read("totalAssets") == gross
