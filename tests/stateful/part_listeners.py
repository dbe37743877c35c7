"""What the registries of projects and software, the bid desk, the pool and the push adapter must say."""

from __future__ import annotations

from functools import cache
from typing import Any

from tests.stateful.listener import Go, Listener, around
from zkpool_sdk.chain.abi import all_errors
from zkpool_sdk.economics.delegation import LOAN_WEI
from zkpool_sdk.economics.desk import CYCLE_SECONDS, SEALED_DEPOSIT_WEI, commitment_id
from zkpool_sdk.errors import ContractError
from zkpool_sdk.models import ZERO_ADDRESS, Address, WorkStatus

# --- bid desk


@around("bids", "place_signed")
def _place_signed(
    self: Listener, go: Go, bid: Any, digest: bytes, signer: Any, now: int, *, is_wallet: bool = False
) -> Any:
    task = go()
    self.say("bids", "SignedBidPlaced", digest, task, bid.requester, self.sender)
    if bid.cap_wei:
        self.say("bids", "RaiseAllowed", task, bid.raiser, bid.cap_wei)
    return task


@around("bids", "revoke_digest")
def _revoke_digest(self: Listener, go: Go, caller: Address, digest: bytes) -> None:
    go()
    self.say("bids", "DigestRevoked", caller, digest)


@around("bids", "allow_raise")
def _allow_raise(self: Listener, go: Go, caller: Address, task: Any, raiser: Address, cap_wei: int) -> None:
    go()
    self.say("bids", "RaiseAllowed", task, raiser, cap_wei)


@around("bids", "raise_for")
def _raise_for(self: Listener, go: Go, caller: Address, task: Any, max_fee_wei: int) -> None:
    go()
    self.say("bids", "RaisedFor", task, caller, max_fee_wei)


@around("bids", "commit")
def _commit(self: Listener, go: Go, caller: Address, queue: Any, bid_hash: bytes, now: int) -> Any:
    commitment = go()
    cycle = self.whole.bids.commitments[commitment].cycle
    self.say("bids", "BidCommitted", commitment, queue, caller, bid_hash, cycle)
    return commitment


@around("bids", "reveal")
def _reveal(self: Listener, go: Go, caller: Address, queue: Any, *fields: Any) -> Any:
    task = go()
    if any(task):
        bids = self.whole.bids
        *bid, now = fields
        bid_hash = bids.hash_of(caller, queue, *bid)
        self.say("bids", "BidRevealed", commitment_id(caller, queue, now // CYCLE_SECONDS, bid_hash), task)
    return task


@around("bids", "_refused")
def _refused(self: Listener, go: Go, commitment: bytes, refusal: ContractError) -> Any:
    self.say("bids", "RevealRefused", commitment, _selectors()[type(refusal).__name__])
    return go()


@around("bids", "forfeit")
def _forfeit(self: Listener, go: Go, commitment: bytes, now: int) -> None:
    requester = self.whole.bids.commitment_of(commitment).requester
    go()
    self.say("bids", "CommitForfeited", commitment, requester, SEALED_DEPOSIT_WEI)


@around("bids", "claim_deposit")
def _claim_deposit(self: Listener, go: Go, caller: Address) -> Any:
    paid_wei = go()
    self.say("bids", "DepositClaimed", caller, paid_wei)
    return paid_wei


# --- pool


@around("pool", "_enter")
def _enter(
    self: Listener, go: Go, who: Address, assets_wei: int, shares: int, now: int, receiver: Any = None
) -> Any:
    result = go()
    to = receiver or who
    self.say("pool", "Transfer", ZERO_ADDRESS, to, shares)
    self.say("pool", "Deposit", who, to, assets_wei, shares)
    _nothing_moved(self, assets_wei, who, self.whole.pool.address)
    return result


@around("pool", "_spend")
def _spend(
    self: Listener,
    go: Go,
    owner: Address,
    shares: int,
    assets_wei: int,
    now: int,
    receiver: Any = None,
    caller: Any = None,
) -> None:
    before = self.whole.pool.waiting_shares
    go()
    _burned(self, before)
    self.say("pool", "Withdraw", caller or owner, receiver or owner, owner, assets_wei, shares)
    _nothing_moved(self, assets_wei, self.whole.pool.address, receiver or owner)


@around("pool", "settle_requests")
def _settle_requests(self: Listener, go: Go, limit: int, now: int) -> Any:
    before = self.whole.pool.waiting_shares
    paid_wei = go()
    _burned(self, before)
    return paid_wei


@around("pool", "_settle")
def _settle(self: Listener, go: Go, number: int, shares: int, price: tuple[int, int]) -> None:
    owner = self.whole.pool.requests[number].owner
    go()
    self.say("pool", "RequestSettled", number, owner, shares, shares * price[0] // price[1])


@around("pool", "_redeem_own")
def _redeem_own(self: Listener, go: Go, number: int, shares: int) -> None:
    owner = self.whole.pool.requests[number].owner
    go()
    self.say("pool", "RequestRedeemed", number, owner, shares)


@around("pool", "_set_lock")
def _set_lock(self: Listener, go: Go, locked_wei: int, now: int, until: int) -> None:
    go()
    self.say("pool", "ProfitLocked", locked_wei, until)


@around("pool", "request_redeem")
def _request_redeem(self: Listener, go: Go, owner: Address, shares: int, now: int, caller: Any = None) -> Any:
    number = go()
    pool = self.whole.pool
    self.say("pool", "RedeemRequested", number, owner, shares, pool.requests[number].matures_at)
    self.say("pool", "Transfer", owner, pool.address, shares)
    return number


@around("pool", "_move")
def _transfer(self: Listener, go: Go, owner: Address, receiver: Address, shares: int) -> None:
    go()
    self.say("pool", "Transfer", owner, receiver, shares)


@around("pool", "approve")
def _approve(self: Listener, go: Go, owner: Address, spender: Address, shares: int) -> None:
    go()
    self.say("pool", "Approval", owner, spender, shares)


@around("pool", "claim_credit")
def _claim_credit(self: Listener, go: Go, account: Address) -> Any:
    paid_wei = go()
    self.say("pool", "CreditClaimed", account, paid_wei)
    return paid_wei


@around("pool", "collect")
def _collect(self: Listener, go: Go, now: int) -> Any:
    collected_wei = go()
    self.say("pool", "ProfitCollected", collected_wei)
    return collected_wei


@around("pool", "borrow_stake")
def _borrow_stake(self: Listener, go: Go, prover: Address, now: int) -> None:
    go()
    pool = self.whole.pool
    self.say("pool", "StakeLent", prover, LOAN_WEI, pool.loans[prover].fee_wei)
    self.say("token", "Approval", pool.address, self.market.vault.address, LOAN_WEI)


@around("pool", "_close")
def _close(self: Listener, go: Go, prover: Address) -> Any:
    loan = self.whole.pool.loans[prover]
    kept_wei = go()
    self.say("pool", "LoanClosed", prover, loan.out_wei, loan.fee_wei)
    return kept_wei


@around("pool", "_take_back")
def _take_back(self: Listener, go: Go, prover: Address, left_wei: int, now: int) -> Any:
    returned_wei = go()
    if left_wei:
        self.say("pool", "StakeReturned", prover, self.sender, returned_wei)
    return returned_wei


@around("pool", "allow_prover")
def _allow_prover(self: Listener, go: Go, caller: Address, prover: Address, allowed: bool) -> None:
    go()
    self.say("pool", "ProverAllowed", prover, allowed)


@around("pool", "set_operator")
def _set_operator(self: Listener, go: Go, operator: Address) -> None:
    go()
    self.say("pool", "OperatorSet", operator)


@around("pool", "allow_adapter")
def _allow_adapter(self: Listener, go: Go, adapter: Address, cap_wei: int) -> None:
    go()
    self.say("pool", "AdapterAllowed", adapter, cap_wei)


@around("pool", "fund")
def _fund(self: Listener, go: Go, caller: Address, adapter: Address, amount_wei: int, now: int) -> None:
    go()
    self.say("pool", "AdapterFunded", adapter, amount_wei)


@around("pool", "repay")
def _repay(self: Listener, go: Go, adapter: Address, amount_wei: int, now: int) -> None:
    value_wei = self.whole.pool.adapters[adapter].value_wei if adapter in self.whole.pool.adapters else 0
    go()
    self.say("pool", "AdapterRepaid", adapter, amount_wei, max(amount_wei - value_wei, 0))
    self.say("token", "Approval", adapter, self.whole.pool.address, amount_wei)


@around("pool", "mark")
def _mark(self: Listener, go: Go, adapter: Address, said_wei: int | None, now: int) -> None:
    before = self.whole.pool.adapters.get(adapter)
    go()
    if said_wei is None:
        self.say("pool", "AdapterUnreadable", adapter)
    elif before and before.value_wei != self.whole.pool.adapters[adapter].value_wei:
        new_wei = self.whole.pool.adapters[adapter].value_wei
        self.say("pool", "AdapterMarked", adapter, before.value_wei, new_wei)


@around("pool", "write_off")
def _write_off(self: Listener, go: Go, adapter: Address, now: int) -> None:
    old_wei = self.whole.pool.adapters[adapter].value_wei if adapter in self.whole.pool.adapters else 0
    go()
    self.say("pool", "AdapterAllowed", adapter, 0)
    if old_wei:
        self.say("pool", "AdapterMarked", adapter, old_wei, 0)


# --- push adapter


@around("push", "post")
def _post(self: Listener, go: Go, sponsor: Address, queue: Any, statement: Any, *terms: int) -> Any:
    ext = go()
    reward_wei, penalty_wei, prove_by, _ = terms
    given = sponsor, queue, list(statement), reward_wei, penalty_wei, prove_by
    self.say("push", "WorkPosted", ext, *given)
    return ext


@around("push", "on_assigned")
def _on_assigned(self: Listener, go: Go, ext: int, task: Any) -> None:
    go()
    w, t = self.whole.push.works[ext], self.market.tasks[task]
    self.say("push", "WorkBound", ext, task, w.reward_wei, w.penalty_wei)
    self.say("push", "WorkAssigned", ext, task, t.prover, t.amount_wei)


@around("push", "settle")
def _settle_work(self: Listener, go: Go, ext: int, now: int) -> Any:
    before = self.whole.push.works.get(ext)
    result = go()
    w = self.whole.push.works[ext]
    if before is not None and before.status != w.status:
        reward_wei = w.reward_wei if w.status == WorkStatus.REWARDED else 0
        self.say("push", "WorkSettled", ext, w.task, w.status, reward_wei, w.penalty_wei)
    return result


@around("push", "claim_credit")
def _claim_push_credit(self: Listener, go: Go, account: Address) -> Any:
    paid_wei = go()
    self.say("push", "CreditClaimed", account, paid_wei)
    return paid_wei


# --- what they share


@cache
def _selectors() -> dict[str, bytes]:
    """Each error's selector as a word, by its name."""
    return {item.name: selector.ljust(32, b"\0") for selector, item in all_errors().items()}


def _burned(self: Listener, before: int) -> None:
    """Shares that are paid are burned at once, however many requests they are of."""
    burned = before - self.whole.pool.waiting_shares
    if burned:
        self.say("pool", "Transfer", self.whole.pool.address, ZERO_ADDRESS, burned)


def _nothing_moved(self: Listener, amount_wei: int, sender: Address, receiver: Address) -> None:
    """A token says so even if nothing moves."""
    if amount_wei == 0:
        self.say("token", "Transfer", sender, receiver, 0)


# --- who runs the place


@around("control", "transfer_ownership")
def _transfer_ownership(self: Listener, go: Go, contract: str, caller: Address, owner: Address) -> None:
    go()
    self.say(_part(contract), "OwnershipTransferStarted", caller, owner)


@around("control", "accept_ownership")
def _accept_ownership(self: Listener, go: Go, contract: str, caller: Address) -> None:
    before = self.market.control.owners[contract]
    go()
    self.say(_part(contract), "OwnershipTransferred", before, caller)


@around("control", "set_guardian")
def _set_guardian(self: Listener, go: Go, caller: Address, guardian: Address) -> None:
    go()
    self.say("market", "GuardianSet", guardian)


def _part(contract: str) -> str:
    """The model's name of a contract."""
    return "pool" if contract == "delegation" else contract


@around("projects", "register_project")
def _register_project(self: Listener, go: Go, caller: Address) -> Any:
    project = go()
    self.say("projects", "ProjectRegistered", project, caller, "")
    return project


@around("projects", "allow_verifier")
def _allow_verifier(self: Listener, go: Go, verifier: Address, allowed: bool) -> None:
    go()
    self.say("projects", "VerifierAllowed", verifier, allowed)


@around("projects", "create_queue")
def _create_queue(
    self: Listener,
    go: Go,
    caller: Address,
    project: Any,
    verifier: Address,
    key: bytes,
    rules: Any,
    *_: Any,
    **how: Any,
) -> Any:
    queue = go()
    q = self.market.projects.queues[queue]
    self.say(
        "projects", "QueueCreated", queue, project, verifier, key, list(rules), q.is_sealed, q.min_rating_ppm
    )
    self.say("projects", "TermsSet", queue, 1, self.market.projects.terms[queue, 1])
    return queue


@around("accelerators", "register")
def _publish(
    self: Listener,
    go: Go,
    owner: Address,
    content_hash: bytes,
    system: str,
    keys: Any,
    share_bps: int,
    uri: str = "",
) -> Any:
    number = go()
    release = content_hash, system, share_bps, list(keys), uri
    self.say("accelerators", "AcceleratorRegistered", number, owner, *release)
    return number


# --- projects and accelerators


@around("projects", "set_terms")
def _set_terms(self: Listener, go: Go, caller: Address, queue: Any, terms: Any) -> Any:
    version = go()
    self.say("projects", "TermsSet", queue, version, self.market.projects.terms[queue, version])
    return version


@around("projects", "close_queue")
def _close_queue(self: Listener, go: Go, caller: Address, queue: int) -> None:
    go()
    self.say("projects", "QueueClosed", queue)


@around("projects", "freeze_queue")
def _freeze_queue(self: Listener, go: Go, caller: Address, queue: int) -> None:
    go()
    self.say("projects", "QueueFrozen", queue, caller)


@around("projects", "set_carrier")
def _set_carrier(self: Listener, go: Go, queue: int, carrier: Address) -> None:
    go()
    self.say("projects", "CarrierSet", queue, carrier)


@around("accelerators", "set_payout")
def _set_payout(self: Listener, go: Go, caller: Address, accelerator: int, payout: Address) -> None:
    go()
    self.say("accelerators", "PayoutSet", accelerator, payout)


@around("accelerators", "retire")
def _retire(self: Listener, go: Go, caller: Address, accelerator: int) -> None:
    go()
    self.say("accelerators", "AcceleratorRetiredBy", accelerator, caller)
