"""Invariant 41: model and contracts agree bit for bit, whatever is done in whatever order."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.stateful.lockstep import FIRED, REFUSED, SAID, STEPS
from tests.stateful.machine import MarketMachine
from tests.stateful.tour import tour
from tests.stateful.world import World
from tests.support.profiles import PROFILE, scaled

VERBS = {
    "accept key", "adapter says", "allow adapter", "allow prover", "allow raise", "approve shares",
    "back", "back queue", "bind", "borrow", "burn", "cancel", "claim", "claim credit",
    "claim delegators", "claim deposit", "claim open", "claim pool credit", "claim reward",
    "claim treasury", "clear", "close queue", "collect", "commit", "decline", "deposit", "donate",
    "expire", "finalize", "finish unstake", "forfeit", "freeze", "fund", "heartbeat", "join", "leave",
    "leave jail", "lend", "mark", "mint", "pause", "place", "place for", "place signed", "post",
    "propose key", "prove", "prove another output", "prove many", "prove wrongly", "raise",
    "raise at desk", "raise for", "recall", "recall loan", "redeem", "register", "repay",
    "request redeem", "request unstake", "restake", "retire", "reveal", "revoke digest", "revoke key",
    "set accelerator", "set cap", "set capacity", "set carrier", "set delegators", "set operator",
    "set payout", "set rates", "set terms", "settle", "settle requests", "settle work", "stake",
    "stake for", "transfer shares", "unpause", "withdraw", "write off",
}  # fmt: skip

REFUSALS = {
    "AcceleratorRetired", "AcceleratorUnfit", "AdapterCapExceeded", "AdaptersCapExceeded",
    "AlreadyRegistered", "AlreadySeated", "AmountZero", "BatchLengthsDiffer", "BatchOutOfBounds",
    "BidBelowBaseFee", "BondExceedsFreeStake", "BookFull", "CapOutOfBounds", "CapacityTooHigh",
    "CommitWindowOver", "CoversBonds", "CycleNotOver", "DataTooLong", "DeadlineOver",
    "DeclineWindowOver", "DelegatorsAlreadySet", "DelegatorsRateTooHigh", "DigestIsRevoked", "DigestUsed",
    "ECDSAInvalidSignature", "ECDSAInvalidSignatureLength", "ECDSAInvalidSignatureS",
    "ERC20InsufficientAllowance", "ERC20InsufficientBalance", "ERC4626ExceededMaxDeposit",
    "ERC4626ExceededMaxMint", "ERC4626ExceededMaxRedeem", "ERC4626ExceededMaxWithdraw", "EnforcedPause",
    "ExpectedPause", "ExpiryOutOfBounds", "FreeIdleTooLow", "KeyExpiryOutOfBounds", "KeyNotAllowed",
    "KeyNotProposed", "LentTooMuch", "LiabilityOver", "LiabilityWindowOutOfBounds", "LoanCoversBonds",
    "LoanOpen", "NoDeposit", "NoFreeCapacity", "NoLoan", "NotAcceleratorOwner", "NotActive",
    "NotAdapter", "NotAssignedProver", "NotDelegators", "NotDesk", "NotJailed", "NotOperator",
    "NotProjectAdmin", "NotRaiser", "NotRecallable", "NotRegistered", "NotRequester", "NotRescuer",
    "NotSeated", "NotSponsor", "NotSponsorable", "NotYetCleared", "NotYetExpired", "NothingDue",
    "NothingToBurn", "NothingToClaim", "NothingToRecall", "NothingUnbonding", "PartialExitTooDeep",
    "PenaltyTooHigh", "PoolRateTooHigh", "ProofWindowOutOfBounds", "ProofWindowOver",
    "ProveByOutOfBounds", "ProverIsBanned", "ProverMismatch", "ProverNotActive", "QueueFull",
    "QueueIsClosed", "QueueIsFrozen", "QueueIsSealed", "QueueNotSealed", "RaiseAboveCap", "RaiseTooLow",
    "RatesChangedRecently", "RatingTooLow", "RequestTooSmall", "RevealWindow", "RevealWindowNotOpen",
    "RoundNotOver", "ScopesInvalid", "SignalNotCanonical", "SponsorRateTooHigh", "StatementMismatch",
    "StillUnbonding", "TaskUnfit", "TasksInFlight", "Tier1PenaltyTooHigh", "TooFewShares",
    "UnknownAccelerator", "UnknownProver", "UnknownQueue", "UnknownWork", "UnstakeExceedsStake",
    "VerifierFailed", "WalletRefused", "WorkIsBound", "WrongCommitStatus", "WrongSeat",
    "WrongSignalCount", "WrongSigner", "WrongStatementLength", "WrongStatus", "ZeroAddress",
}  # fmt: skip


EVENTS = {
    "AcceleratorChosen", "AcceleratorCredited", "AcceleratorRetiredBy", "AdapterAllowed",
    "AdapterFunded", "AdapterMarked", "AdapterRepaid", "AdapterUnreadable", "Approval", "BidCancelled",
    "BidCommitted", "BidEvicted", "BidExpired", "BidPlaced", "BidRaised", "BidRevealed", "BountyPaid",
    "Burned", "CapSet", "CapacitySet", "CarrierSet", "Claimed", "ClockAdvanced", "CommitForfeited",
    "CreditClaimed", "Credited", "Decayed", "DeclinePaid", "DelegatorsSet", "Deposit", "DepositClaimed",
    "DigestRevoked", "Heartbeat", "JailLeft", "KeyAccepted", "KeyProposed", "KeyRevoked", "LoanClosed",
    "OperatorSet", "Paused", "PayoutSet", "ProfitCollected", "ProfitLocked", "ProofAccepted",
    "ProofInvalid", "ProofLate", "ProofSkipped", "ProverAllowed", "ProverBanned", "ProverJailed",
    "ProverRegistered", "QueueBacked", "QueueClosed", "QueueFrozen", "RaiseAllowed", "RaisedFor",
    "RatesSet", "Recalled", "RedeemRequested", "RequestRedeemed", "RequestSettled", "Restaked",
    "RevealRefused", "RoundCleared", "SeatLeft", "SeatTaken", "SignedBidPlaced", "Slashed", "Sponsored",
    "StakeLent", "StakeReturned", "Staked", "TaskAssigned", "TaskClaimed", "TaskDeclined", "TaskFailed",
    "TermsSet", "Transfer", "Unpaused", "UnstakeFinished", "UnstakeRequested", "WindowMissed",
    "Withdraw", "WorkAssigned", "WorkBound", "WorkPosted", "WorkSettled",
}  # fmt: skip


@pytest.fixture(scope="module")
def lived(worlds: tuple[World, ...]) -> bool:
    """Many lives of a market: one by plan in each world with a history, the others as found."""
    MarketMachine.worlds = worlds
    for world in worlds[2:]:
        tour(world)
    run_state_machine_as_test(
        MarketMachine,
        settings=settings(
            max_examples=scaled(400, 2_500, 25_000),
            stateful_step_count=scaled(40, 60, 80),
            # The same lives in every quick run: what must be met below is met for sure. Others search on.
            derandomize=PROFILE == "quick",
        ),
    )
    return True


def test_model_and_contracts__any_life_of_a_market__agree_bit_for_bit(lived: bool) -> None:
    assert lived
    print(f"\n{STEPS['acts']} acts, {STEPS['comparisons']} comparisons")
    print("done:", dict(sorted(FIRED.items())))
    print("refused:", dict(sorted(REFUSED.items())))
    print("said:", dict(sorted(SAID.items())))


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_verb__was_done(lived: bool, verb: str) -> None:
    assert FIRED[verb] > 0


@pytest.mark.parametrize("error", sorted(REFUSALS))
def test_refusal__was_met(lived: bool, error: str) -> None:
    assert REFUSED[error] > 0


@pytest.mark.parametrize("event", sorted(EVENTS))
def test_event__was_compared(lived: bool, event: str) -> None:
    assert SAID[event] > 0


def test_nothing_else__was_done_or_met(lived: bool) -> None:
    """A verb or an error that the lists above do not know."""
    assert set(FIRED) <= VERBS
    assert set(REFUSED) <= REFUSALS
    assert set(SAID) <= EVENTS
