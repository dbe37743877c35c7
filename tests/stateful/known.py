"""What the machine does, meets and hears: every verb, refusal and event that a search is known to reach."""

from __future__ import annotations

from typing import Final

VERBS: Final = {
    "accept key", "accept ownership", "adapter says", "allow adapter", "allow prover", "allow raise",
    "allow verifier", "approve shares", "arm", "back", "back queue", "bind", "borrow", "burn",
    "call back", "cancel", "claim", "claim credit", "claim delegators", "claim deposit", "claim open",
    "claim pool credit", "claim reward", "claim treasury", "clear", "close queue", "collect", "commit",
    "decline", "deposit", "donate", "expire", "finalize", "finish unstake", "forfeit", "freeze", "fund",
    "heartbeat", "join", "leave", "leave jail", "lend", "mark", "mint", "open queue", "pause", "place",
    "place for", "place signed", "post", "propose key", "prove", "prove another output", "prove many",
    "prove wrongly", "publish", "raise", "raise at desk", "raise for", "recall", "recall loan",
    "redeem", "register", "register project", "repay", "request redeem", "request unstake", "restake",
    "retire", "return stake", "reveal", "revoke digest", "revoke key", "set accelerator", "set cap",
    "set capacity", "set carrier", "set delegators", "set guardian", "set operator", "set payout",
    "set rates", "set terms", "set treasury", "settle", "settle requests", "settle work", "stake",
    "stake for", "transfer ownership", "transfer shares", "unpause", "withdraw", "write off",
}  # fmt: skip

REFUSALS: Final = {
    "AcceleratorRetired", "AcceleratorUnfit", "AdapterCapExceeded", "AdaptersCapExceeded",
    "AlreadyRegistered", "AlreadySeated", "AmountZero", "BatchLengthsDiffer", "BatchOutOfBounds",
    "BidBelowBaseFee", "BondExceedsFreeStake", "BookFull", "CapOutOfBounds", "CapacityTooHigh",
    "CommitWindowOver", "CoversBonds", "CycleNotOver", "DataTooLong", "DeadlineOver",
    "DeclineWindowOver", "DelegatorsAlreadySet", "DelegatorsRateTooHigh", "DeskAlreadyBound",
    "DigestIsRevoked", "DigestUsed", "ECDSAInvalidSignature", "ECDSAInvalidSignatureLength",
    "ECDSAInvalidSignatureS", "ERC20InsufficientAllowance", "ERC20InsufficientBalance",
    "ERC4626ExceededMaxDeposit", "ERC4626ExceededMaxMint", "ERC4626ExceededMaxRedeem",
    "ERC4626ExceededMaxWithdraw", "EmptyRelease", "EnforcedPause", "ExpectedPause", "ExpiryOutOfBounds",
    "FreeIdleTooLow", "GoodSampleRefused", "KeyExpiryOutOfBounds", "KeyNotAllowed", "KeyNotProposed",
    "LentTooMuch", "LiabilityOver", "LiabilityWindowOutOfBounds", "LoanCoversBonds", "LoanOpen",
    "MarketAlreadyBound", "MinRatingTooHigh", "NoDeposit", "NoFreeCapacity", "NoLoan",
    "NotAcceleratorOwner", "NotActive", "NotAdapter", "NotAssignedProver", "NotDelegators",
    "NotDeployer", "NotDesk", "NotGuardian", "NotJailed", "NotMarket", "NotOperator", "NotProjectAdmin",
    "NotRaiser", "NotRecallable", "NotRegistered", "NotRequester", "NotRescuer", "NotSeated",
    "NotSponsor", "NotSponsorable", "NotYetCleared", "NotYetExpired", "NothingDue", "NothingToBurn",
    "NothingToClaim", "NothingToRecall", "NothingUnbonding", "OwnableUnauthorizedAccount",
    "PartialExitTooDeep", "PenaltyTooHigh", "PoolRateTooHigh", "ProofWindowOutOfBounds",
    "ProofWindowOver", "ProveByOutOfBounds", "ProverIsBanned", "ProverMismatch", "ProverNotActive",
    "QueueFull", "QueueIsClosed", "QueueIsFrozen", "QueueIsSealed", "QueueNotSealed", "RaiseAboveCap",
    "RaiseTooLow", "RatesChangedRecently", "RatingTooLow", "ReentrancyGuardReentrantCall",
    "RequestTooSmall", "RevealWindow", "RevealWindowNotOpen", "RoundNotOver", "RuleMissing",
    "ScopesInvalid", "ShareTooHigh", "SignalNotCanonical", "SponsorAlreadyBound", "SponsorRateTooHigh",
    "StatementMismatch", "StillUnbonding", "TaskUnfit", "TasksInFlight", "Tier1PenaltyTooHigh",
    "TokenTookFee", "TooFewShares", "TooManyKeys", "UnknownAccelerator", "UnknownProject",
    "UnknownProver", "UnknownQueue", "UnknownWork", "UnstakeExceedsStake", "VerifierFailed",
    "VerifierNotAllowed", "WalletRefused", "WorkIsBound", "WrongCommitStatus", "WrongRuleCount",
    "WrongSeat", "WrongSignalCount", "WrongSigner", "WrongStatementLength", "WrongStatus",
    "ZeroAddress",
}  # fmt: skip


EVENTS: Final = {
    "AcceleratorChosen", "AcceleratorCredited", "AcceleratorRegistered", "AcceleratorRetiredBy",
    "AdapterAllowed", "AdapterFunded", "AdapterMarked", "AdapterRepaid", "AdapterUnreadable",
    "Approval", "BidCancelled", "BidCommitted", "BidEvicted", "BidExpired", "BidPlaced", "BidRaised",
    "BidRevealed", "BountyPaid", "Burned", "CapSet", "CapacitySet", "CarrierSet", "Claimed",
    "ClockAdvanced", "CommitForfeited", "CreditClaimed", "Credited", "Decayed", "DeclinePaid",
    "DelegatorsSet", "Deposit", "DepositClaimed", "DigestRevoked", "GuardianSet", "Heartbeat",
    "JailLeft", "KeyAccepted", "KeyProposed", "KeyRevoked", "LoanClosed", "OperatorSet",
    "OwnershipTransferStarted", "OwnershipTransferred", "Paused", "PayoutSet", "ProfitCollected",
    "ProfitLocked", "ProjectRegistered", "ProofAccepted", "ProofInvalid", "ProofLate", "ProofSkipped",
    "ProverAllowed", "ProverBanned", "ProverJailed", "ProverRegistered", "QueueBacked", "QueueClosed",
    "QueueCreated", "QueueFrozen", "RaiseAllowed", "RaisedFor", "RatesSet", "Recalled",
    "RedeemRequested", "RequestRedeemed", "RequestSettled", "Restaked", "RevealRefused", "RoundCleared",
    "SeatLeft", "SeatTaken", "SignedBidPlaced", "Slashed", "Sponsored", "StakeLent", "StakeReturned",
    "Staked", "TaskAssigned", "TaskClaimed", "TaskDeclined", "TaskFailed", "TermsSet", "Transfer",
    "TreasurySet", "Unpaused", "UnstakeFinished", "UnstakeRequested", "VerifierAllowed", "WindowMissed",
    "Withdraw", "WorkAssigned", "WorkBound", "WorkPosted", "WorkSettled",
}  # fmt: skip
