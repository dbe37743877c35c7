"""What the machine does, meets and hears: every verb, refusal and event that a search is known to reach."""

from __future__ import annotations

from typing import Final

VERBS: Final = {
    "accept key", "accept ownership", "adapter says", "allow adapter", "allow prover", "allow raise",
    "allow verifier", "approve shares", "arm", "back", "back queue", "bind", "borrow", "burn",
    "buy units", "call back", "cancel", "claim", "claim credit", "claim delegators", "claim deposit",
    "claim open", "claim pool credit", "claim reward", "claim treasury", "clear", "close queue",
    "collect", "collect refunds", "commit", "decline", "deliver", "deposit", "donate", "enter",
    "exit tier 1", "expire", "finalize", "finish unstake", "forfeit", "freeze", "fund", "heartbeat",
    "join", "leave", "leave jail", "lend", "make offer", "mark", "mint", "move shares", "name trader",
    "open queue", "order units", "pause", "place", "place for", "place signed", "post", "price units",
    "propose key", "prove", "prove another output", "prove many", "prove wrongly", "publish", "raise",
    "raise at desk", "raise for", "recall", "recall loan", "redeem", "register", "register project",
    "repay", "repay pool", "report", "request redeem", "request unstake", "restake", "retire",
    "return stake", "reveal", "revoke digest", "revoke key", "sell units", "set accelerator", "set cap",
    "set capacity", "set carrier", "set delegators", "set guardian", "set operator", "set payout",
    "set rates", "set terms", "set treasury", "settle", "settle block", "settle requests",
    "settle work", "stake", "stake for", "stake units", "tell tier 1", "transfer ownership",
    "transfer shares", "unpause", "withdraw", "withdraw units", "write off",
}  # fmt: skip

REFUSALS: Final = {
    "AcceleratorRetired", "AcceleratorUnfit", "AdapterCapExceeded", "AdaptersCapExceeded",
    "AlreadyRegistered", "AlreadySeated", "AmountZero", "BatchLengthsDiffer", "BatchOutOfBounds",
    "BidBelowBaseFee", "BondExceedsFreeStake", "BookFull", "CapOutOfBounds", "CapacityTooHigh",
    "CommitWindowOver", "CoversBonds", "CycleNotOver", "DataDiffers", "DataTooLong", "DeadlineOver",
    "DeclineWindowOver", "DelegatorsAlreadySet", "DelegatorsRateTooHigh", "DeskAlreadyBound",
    "DigestIsRevoked", "DigestUsed", "ECDSAInvalidSignature", "ECDSAInvalidSignatureLength",
    "ECDSAInvalidSignatureS", "ERC20InsufficientAllowance", "ERC20InsufficientBalance",
    "ERC4626ExceededMaxDeposit", "ERC4626ExceededMaxMint", "ERC4626ExceededMaxRedeem",
    "ERC4626ExceededMaxWithdraw", "EmptyRelease", "EnforcedPause", "ExpectedPause", "ExpiryOutOfBounds",
    "FreeFundsTooLow", "FreeIdleTooLow", "GoodSampleRefused", "KeyExpiryOutOfBounds", "KeyNotAllowed",
    "KeyNotProposed", "LentTooMuch", "LiabilityOver", "LiabilityWindowOutOfBounds", "LoanCoversBonds",
    "LoanOpen", "MarketAlreadyBound", "MinRatingTooHigh", "NoDeposit", "NoFreeCapacity", "NoLoan",
    "NotAcceleratorOwner", "NotActive", "NotAdapter", "NotAssignedProver", "NotAssignedToPool",
    "NotDelegators", "NotDeployer", "NotDesk", "NotGuardian", "NotJailed", "NotMarket", "NotOperator",
    "NotProjectAdmin", "NotRaiser", "NotRecallable", "NotRegistered", "NotRequester", "NotRescuer",
    "NotSeated", "NotSponsor", "NotSponsorable", "NotYetCleared", "NotYetExpired", "NothingDue",
    "NothingToBurn", "NothingToClaim", "NothingToRecall", "NothingUnbonding", "OrderTooSmall",
    "OwnableUnauthorizedAccount", "PartialExitTooDeep", "PenaltyTooHigh", "PoolRateTooHigh",
    "PriceMoved", "ProofWindowOutOfBounds", "ProofWindowOver", "ProveByOutOfBounds", "ProverIsBanned",
    "ProverMismatch", "ProverNotActive", "QueueFull", "QueueIsClosed", "QueueIsFrozen", "QueueIsSealed",
    "QueueNotSealed", "RaiseAboveCap", "RaiseTooLow", "RatesChangedRecently", "RatingTooLow",
    "ReentrancyGuardReentrantCall", "RequestTooSmall", "RevealWindow", "RevealWindowNotOpen",
    "RoundNotOver", "RuleMissing", "ScopesInvalid", "ShareTooHigh", "SignalNotCanonical",
    "SponsorAlreadyBound", "SponsorRateTooHigh", "StatementMismatch", "StillUnbonding", "TaskUnfit",
    "TasksInFlight", "Tier1CallFailed", "Tier1PenaltyTooHigh", "TokenTookFee", "TooFewShares",
    "TooManyKeys", "TooManyWorks", "UnitPriceOutOfBounds", "UnknownAccelerator", "UnknownProject",
    "UnknownProver", "UnknownQueue", "UnknownWork", "UnstakeExceedsStake", "VerifierFailed",
    "VerifierNotAllowed", "WalletRefused", "WorkIsBound", "WorkTooLate", "WrongCommitStatus",
    "WrongRuleCount", "WrongSeat", "WrongSignalCount", "WrongSigner", "WrongStatementLength",
    "WrongStatus", "WrongWorkStatus", "ZeroAddress",
}  # fmt: skip


EVENTS: Final = {
    "AcceleratorChosen", "AcceleratorCredited", "AcceleratorRegistered", "AcceleratorRetiredBy",
    "AdapterAllowed", "AdapterFunded", "AdapterMarked", "AdapterRepaid", "AdapterUnreadable",
    "Approval", "BidCancelled", "BidCommitted", "BidEvicted", "BidExpired", "BidPlaced", "BidRaised",
    "BidRevealed", "BountyPaid", "Burned", "CapSet", "CapacitySet", "CarrierSet", "Claimed",
    "ClockAdvanced", "CommitForfeited", "CreditClaimed", "CreditCollected", "Credited", "Decayed",
    "DeclinePaid", "DelegatorsSet", "Deposit", "DepositClaimed", "DigestRevoked", "ExitRequested",
    "GuardianSet", "Heartbeat", "JailLeft", "KeyAccepted", "KeyProposed", "KeyRevoked", "LoanClosed",
    "OfferSet", "OperatorSet", "OrdersSet", "OwnershipTransferStarted", "OwnershipTransferred",
    "Paused", "PayoutSet", "ProfitCollected", "ProfitLocked", "ProjectRegistered", "ProofAccepted",
    "ProofInvalid", "ProofLate", "ProofSkipped", "ProverAllowed", "ProverBanned", "ProverJailed",
    "ProverRegistered", "QueueBacked", "QueueClosed", "QueueCreated", "QueueFrozen", "RaiseAllowed",
    "RaisedFor", "RatesSet", "Recalled", "RedeemRequested", "RequestRedeemed", "RequestSettled",
    "Restaked", "RevealRefused", "RoundCleared", "SeatLeft", "SeatTaken", "SignedBidPlaced", "Slashed",
    "Sponsored", "StakeLent", "StakeReturned", "Staked", "SurplusOwed", "SurplusPaid", "TaskAssigned",
    "TaskClaimed", "TaskDeclined", "TaskFailed", "TermsSet", "Transfer", "TreasurySet", "UnitPriceSet",
    "UnitsBought", "UnitsSold", "UnitsStaked", "UnitsWithdrawn", "Unpaused", "UnstakeFinished",
    "UnstakeRequested", "VerifierAllowed", "WindowMissed", "Withdraw", "WorkAssigned", "WorkBound",
    "WorkDelivered", "WorkPosted", "WorkSettled",
}  # fmt: skip

UNCALLED: Final[dict[str, str]] = {
    "ZKToken.approve": "OpenZeppelin's; all accounts have approved without limit.",
    "ZKToken.transferFrom": "OpenZeppelin's; the contracts call it in most acts.",
    "ZKToken.burn": "OpenZeppelin's; insurance calls it.",
    "ZKToken.burnFrom": "OpenZeppelin's; nobody here calls it.",
    "ZKToken.permit": "OpenZeppelin's; tried in vain by `stakeWithPermit`.",
    "*.renounceOwnership": "For good: no life goes on after it. tests/unit/test_ownership.py.",
    "Settlement.*": "Code of the market; by itself it stands on empty storage. tests/unit/test_access.py.",
    "Groth16Verifier.*": "The machine's verifier is a mock. tests/unit/test_groth16_keys.py.",
    "PlonkVerifier.*": "The machine's verifier is a mock. tests/unit/test_plonk_keys.py.",
    "FflonkVerifier.*": "The machine's verifier is a mock. tests/unit/test_fflonk_keys.py.",
    "Timelock.*": "OpenZeppelin's; the machine's owner acts at once. tests/unit/test_timelock.py.",
}
"""Functions that no rule calls, and why; a star stands for any contract, or any function."""


def reason_for(function: str) -> str:
    """Why no rule calls a function, as ``Contract.function``; empty if one should."""
    contract, _, name = function.partition(".")
    keys = (function, f"{contract}.*", f"*.{name}")
    return next((UNCALLED[key] for key in keys if key in UNCALLED), "")
