// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ProverId, QueueId} from "../types/Ids.sol";

/// @title IDelegationVault
/// @notice Pooled stake: an ERC-4626 vault whose redemptions are requested a week ahead and paid first in, first out. It lends
///         stake to provers that have none, and stakes in tier 1 through adapters.
/// @dev ERC-4626's own functions and events (`Deposit`, `Withdraw`, `Transfer`) come on top. Two differences, both from
///      ERC-7540: `redeem` and `withdraw` spend matured requests, not the balance of shares, and `maxRedeem` and `maxWithdraw`
///      say how much of them can be paid now.
interface IDelegationVault {
    /// @notice Shares that wait to be redeemed; the vault holds them, their owner bears gain and loss until they are paid.
    struct Request {
        // storage word 0
        address owner; // 0: paid, or never made
        uint40 maturesAt; // may be paid from here on
        // storage word 1
        uint256 shares; // not paid yet
    }

    /// @notice Stake lent to a prover.
    struct Loan {
        // storage word 0
        uint96 outWei; // lent and not come back; 0: no loan
        uint96 feeWei; // to return if everything comes back
    }

    /// @notice A way into tier 1.
    struct Adapter {
        // storage word 0
        uint96 capWei; // most that it may be worth by funding and gains
        uint96 valueWei; // what it was worth when last looked at
        bool known; // has been allowed at some time, so it may repay
    }

    event RedeemRequested(uint256 indexed request, address indexed owner, uint256 shares, uint256 maturesAt);
    /// @notice A part or all of a request was spent by `redeem` or `withdraw`; what it paid is in `Withdraw`.
    event RequestRedeemed(uint256 indexed request, address indexed owner, uint256 shares);
    /// @notice A part or all of a request was paid as credit of its owner.
    event RequestSettled(uint256 indexed request, address indexed owner, uint256 shares, uint256 amountWei);
    event CreditClaimed(address indexed account, uint256 amountWei);

    /// @notice The delegators' part of the rewards came in; it is profit.
    event ProfitCollected(uint256 amountWei);
    /// @notice After a profit: what is locked now, and until when it unlocks evenly.
    event ProfitLocked(uint256 lockedWei, uint256 unlocksAt);

    event StakeLent(address indexed prover, uint256 amountWei, uint256 feeWei);
    event StakeReturned(address indexed prover, address indexed by, uint256 amountWei);
    /// @notice A loan ended. The fee is the prover's credit if nothing was lost, and profit otherwise.
    event LoanClosed(address indexed prover, uint256 lostWei, uint256 feeWei);
    event ProverAllowed(address indexed prover, bool allowed);
    event OperatorSet(address indexed operator);

    event AdapterAllowed(address indexed adapter, uint256 capWei);
    event AdapterFunded(address indexed adapter, uint256 amountWei);
    /// @notice An adapter gave money back; what exceeds its value is profit.
    event AdapterRepaid(address indexed adapter, uint256 amountWei, uint256 profitWei);
    /// @notice An adapter is worth another amount than before; a rise is profit, a fall counts at once.
    event AdapterMarked(address indexed adapter, uint256 oldWei, uint256 newWei);
    /// @notice An adapter did not say what it is worth; its value stays.
    event AdapterUnreadable(address indexed adapter);

    error AmountZero();
    /// @notice The token moved another amount than asked; such tokens are refused.
    error TokenTookFee(uint256 expectedWei, uint256 gotWei);
    /// @notice Losses left so little behind each share that new money would bring too many to count.
    error SharesWorthless(uint256 assetsWei, uint256 shares);
    /// @notice Smaller requests only for all that an owner has.
    error RequestTooSmall(uint256 worthWei, uint256 minWei);
    error NothingToClaim(address account);
    /// @notice Profit waits in the splitter until there is somebody to share it.
    error TooFewShares(uint256 gotShares, uint256 minShares);

    error NotRegistered(address account);
    error ProverIsBanned(ProverId prover, uint256 bannedUntil);
    error LoanOpen(address prover, uint256 outWei);
    error NoLoan(address prover);
    /// @notice The loan still covers bonds of open assignments.
    error LoanCoversBonds(address prover, uint256 lockedWei);
    /// @notice The prover works, has lost nothing, and the pool can pay whom it owes.
    error NotRecallable(address prover);
    /// @notice At most half of the assets are lent.
    error LentTooMuch(uint256 gotWei, uint256 limitWei);
    /// @notice Idle money is short, or promised to those who wait to redeem.
    error FreeIdleTooLow(uint256 gotWei, uint256 freeWei);
    error NotOperator(address caller);

    error NotAdapter(address adapter);
    error AdapterHasNoCode(address adapter);
    error AdapterCapExceeded(address adapter, uint256 gotWei, uint256 capWei);
    /// @notice At most 30 % of the assets are in tier 1.
    error AdaptersCapExceeded(uint256 gotWei, uint256 limitWei);
    /// @notice With less gas an adapter could fail for want of it.
    error GasShort(uint256 gasLeft, uint256 gasNeeded);

    // --- delegators

    /// @notice Asks to redeem shares of `owner`, who is the caller or has allowed it that many; the vault takes them now and
    ///         pays from a week on, at the price of then.
    /// @return request its number; requests are paid by rising number.
    function requestRedeem(uint256 shares, address owner) external returns (uint256 request);

    /// @notice Pays matured requests, first in, first out, as credits, as far as idle money goes; anybody may.
    /// @param limit most requests to pay; at most 32.
    function settleRequests(uint256 limit) external returns (uint256 paidWei);

    /// @notice Pays the caller its credit: settled requests, returned fees.
    function claimCredit() external returns (uint256 paidWei);

    /// @notice Takes the delegators' part of the rewards in; it unlocks evenly over a day. Anybody may.
    function collect() external returns (uint256 collectedWei);

    // --- provers without stake

    /// @notice Lends the caller 32 ZK of stake. It must be a registered prover that is not banned and has no active stake, and
    ///         pays a fee of 1 ZK unless the operator has allowed it or its rating is 600,000 or more. The fee comes back with
    ///         the whole loan.
    function borrowStake() external;

    /// @notice Gives back all that is left of the caller's loan, which must cover no bond.
    function returnStake() external returns (uint256 returnedWei);

    /// @notice Takes back what of a loan covers no bond. The operator may at any time; anybody when the prover is idle or
    ///         banned, the loan has lost money, or the first request has matured and idle money cannot pay it.
    function recall(address prover) external returns (uint256 returnedWei);

    /// @notice Lets lent stake cover bonds of a queue, or no longer; operator only. The queue's circuit and penalty decide what the
    ///         pool can lose there.
    function backQueue(QueueId queue, bool backed) external;

    /// @notice Lets a prover borrow without a fee, or no longer; operator only.
    function allowProver(address prover, bool allowed) external;

    /// @notice Sets who sponsors and funds; owner only; zero for nobody.
    function setOperator(address operator) external;

    // --- tier 1

    /// @notice Sets up to which worth an adapter is funded; owner only. 0 lets it only give back.
    function allowAdapter(address adapter, uint96 capWei) external;

    /// @notice Moves idle money that nobody waits for to an adapter; operator only.
    function fund(address adapter, uint256 amountWei) external;

    /// @notice Takes money back from the calling adapter, which has approved it.
    function repay(uint256 amountWei) external;

    /// @notice Looks what an adapter is worth; anybody may. Loss counts at once, gain unlocks over a day.
    function mark(address adapter) external;

    /// @notice Counts an adapter as lost and funds it no more; owner only. What it still repays is profit.
    function writeOff(address adapter) external;

    // --- views

    /// @notice Money in the vault that is neither lent, nor in tier 1, nor owed as credit or fee.
    function idleWei() external view returns (uint256);

    /// @notice Value of all adapters when last looked at.
    function adaptersWei() external view returns (uint256);

    /// @notice Profit that does not count as assets yet.
    function lockedProfitWei() external view returns (uint256);

    /// @notice Shares that wait to be redeemed.
    function waitingShares() external view returns (uint256);

    /// @notice Numbers of the first request that waits and of the next to be made; equal when nobody waits.
    function requestRange() external view returns (uint256 first, uint256 next);

    /// @notice A request; zero when it is paid or was never made.
    function requestOf(uint256 request) external view returns (Request memory);

    function creditOf(address account) external view returns (uint256);

    function loanOf(address prover) external view returns (Loan memory);

    /// @notice What a prover would have to pay to borrow: 0 or the fee.
    function feeOf(address prover) external view returns (uint256);

    function adapterOf(address adapter) external view returns (Adapter memory);

    function isAllowed(address prover) external view returns (bool);

    function operator() external view returns (address);
}
