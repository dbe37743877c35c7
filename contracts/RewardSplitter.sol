// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {MarketBound} from "./MarketBound.sol";
import {IAcceleratorRegistry} from "./interfaces/IAcceleratorRegistry.sol";
import {IRewardSplitter} from "./interfaces/IRewardSplitter.sol";
import {IStakeVault} from "./interfaces/IStakeVault.sol";
import {SplitMath} from "./libraries/SplitMath.sol";
import {AcceleratorId} from "./types/Ids.sol";

/// @title RewardSplitter
/// @notice Splits each paid price between prover, accelerator, delegators and treasury; a day's parts are claimed from the next day on.
/// @custom:holds Earned rewards; its balance is at least the sum of earnings (I-1).
/// @custom:halts Nothing stops. Rates move inside bounds and never for assigned tasks.
contract RewardSplitter is IRewardSplitter, MarketBound, Ownable2Step {
    using SafeERC20 for IERC20;
    using SafeCast for uint256;

    uint256 public constant EPOCH_SECONDS = 86_400;
    /// @dev A prover alone keeps at least 80 %.
    uint256 public constant MAX_POOL_BPS = 2000;
    uint256 public constant MAX_DELEGATORS_BPS = 10_000;
    uint256 public constant MAX_SPONSOR_BPS = 5000;
    /// @dev Longer than a task can be in flight (at most two days and a half), so that one previous set of rates is enough.
    uint256 public constant RATES_INTERVAL_SECONDS = 7 days;
    uint16 private constant FIRST_POOL_BPS = 2000;
    uint16 private constant FIRST_DELEGATORS_BPS = 5000;
    uint16 private constant FIRST_SPONSOR_BPS = 2000;

    IERC20 public immutable token;
    IStakeVault public immutable vault;
    IAcceleratorRegistry public immutable accelerators;
    /// @inheritdoc IRewardSplitter
    address public treasury;
    /// @inheritdoc IRewardSplitter
    address public delegators;
    Rates private _rates;
    PoolEarning private _pool;
    mapping(address account => Earning) private _earnings;

    constructor(
        IERC20 token_,
        address owner_,
        address treasury_,
        IStakeVault vault_,
        IAcceleratorRegistry accelerators_
    ) Ownable(owner_) {
        token = token_;
        vault = vault_;
        accelerators = accelerators_;
        _rates = Rates(
            FIRST_POOL_BPS,
            FIRST_DELEGATORS_BPS,
            FIRST_SPONSOR_BPS,
            FIRST_POOL_BPS,
            FIRST_DELEGATORS_BPS,
            FIRST_SPONSOR_BPS,
            0
        );
        emit RatesSet(FIRST_POOL_BPS, FIRST_DELEGATORS_BPS, FIRST_SPONSOR_BPS);
        _setTreasury(treasury_);
    }

    /// @inheritdoc IRewardSplitter
    function credit(
        address prover,
        uint256[] calldata pricesWei,
        uint256[] calldata assignedAts,
        bool sponsored,
        AcceleratorId accelerator,
        uint16 acceleratorBps
    ) external onlyMarket {
        SplitMath.Split memory parts = _split(pricesWei, assignedAts, sponsored, acceleratorBps);
        uint64 epoch = uint64(currentEpoch());
        _earn(prover, epoch, parts.proverWei);
        if (parts.acceleratorWei > 0) {
            address payout = accelerators.payoutOf(accelerator);
            _earn(payout, epoch, parts.acceleratorWei);
            emit AcceleratorCredited(accelerator, payout, prover, epoch, parts.acceleratorWei);
        }
        // Within an epoch the second word, what may be claimed, is left alone.
        if (_pool.pendingEpoch != epoch) _pool = poolEarning();
        _pool.treasuryPendingWei += parts.treasuryWei.toUint96();
        _pool.delegatorsPendingWei += parts.delegatorsWei.toUint96();
        emit Credited(prover, epoch, parts.proverWei, parts.delegatorsWei, parts.treasuryWei);
    }

    /// @inheritdoc IRewardSplitter
    function claim() external returns (uint256 paidWei) {
        paidWei = _take(msg.sender);
        emit Claimed(msg.sender, paidWei);
        token.safeTransfer(msg.sender, paidWei);
    }

    /// @inheritdoc IRewardSplitter
    function restake() external returns (uint256 stakedWei) {
        stakedWei = _take(msg.sender);
        emit Restaked(msg.sender, stakedWei);
        token.forceApprove(address(vault), stakedWei);
        vault.stakeFor(msg.sender, stakedWei);
    }

    /// @inheritdoc IRewardSplitter
    function claimTreasury() external returns (uint256 paidWei) {
        PoolEarning memory pool = poolEarning();
        paidWei = pool.treasuryClaimableWei;
        address treasury_ = treasury;
        if (paidWei == 0) revert NothingToClaim(treasury_);
        pool.treasuryClaimableWei = 0;
        _pool = pool;
        emit Claimed(treasury_, paidWei);
        token.safeTransfer(treasury_, paidWei);
    }

    /// @inheritdoc IRewardSplitter
    function claimDelegators() external returns (uint256 paidWei) {
        if (msg.sender != delegators) revert NotDelegators(msg.sender);
        PoolEarning memory pool = poolEarning();
        paidWei = pool.delegatorsClaimableWei;
        if (paidWei == 0) revert NothingToClaim(msg.sender);
        pool.delegatorsClaimableWei = 0;
        _pool = pool;
        emit Claimed(msg.sender, paidWei);
        token.safeTransfer(msg.sender, paidWei);
    }

    /// @inheritdoc IRewardSplitter
    function setRates(uint16 poolBps, uint16 delegatorsBps, uint16 sponsorBps) external onlyOwner {
        if (poolBps > MAX_POOL_BPS) revert PoolRateTooHigh(poolBps, MAX_POOL_BPS);
        if (delegatorsBps > MAX_DELEGATORS_BPS)
            revert DelegatorsRateTooHigh(delegatorsBps, MAX_DELEGATORS_BPS);
        if (sponsorBps > MAX_SPONSOR_BPS) revert SponsorRateTooHigh(sponsorBps, MAX_SPONSOR_BPS);
        Rates memory r = _rates;
        if (r.changedAt != 0 && block.timestamp < r.changedAt + RATES_INTERVAL_SECONDS) {
            revert RatesChangedRecently(block.timestamp, r.changedAt + RATES_INTERVAL_SECONDS);
        }
        _rates = Rates(
            poolBps,
            delegatorsBps,
            sponsorBps,
            r.poolBps,
            r.delegatorsBps,
            r.sponsorBps,
            uint40(block.timestamp)
        );
        emit RatesSet(poolBps, delegatorsBps, sponsorBps);
    }

    /// @inheritdoc IRewardSplitter
    function setTreasury(address treasury_) external onlyOwner {
        _setTreasury(treasury_);
    }

    /// @inheritdoc IRewardSplitter
    function setDelegators(address delegators_) external onlyOwner {
        if (delegators_ == address(0)) revert ZeroAddress();
        if (delegators != address(0)) revert DelegatorsAlreadySet(delegators);
        delegators = delegators_;
        emit DelegatorsSet(delegators_);
    }

    /// @inheritdoc IRewardSplitter
    function earningOf(address account) public view returns (Earning memory earning) {
        earning = _earnings[account];
        if (earning.pendingEpoch < currentEpoch()) {
            earning.claimableWei += earning.pendingWei;
            earning.pendingWei = 0;
        }
    }

    /// @inheritdoc IRewardSplitter
    function rates() external view returns (Rates memory) {
        return _rates;
    }

    /// @inheritdoc IRewardSplitter
    function poolEarning() public view returns (PoolEarning memory pool) {
        pool = _pool;
        uint256 epoch = currentEpoch();
        if (pool.pendingEpoch == epoch) return pool;
        pool.treasuryClaimableWei += pool.treasuryPendingWei;
        pool.delegatorsClaimableWei += pool.delegatorsPendingWei;
        (pool.treasuryPendingWei, pool.delegatorsPendingWei, pool.pendingEpoch) = (0, 0, uint64(epoch));
    }

    /// @inheritdoc IRewardSplitter
    function currentEpoch() public view returns (uint256) {
        return block.timestamp / EPOCH_SECONDS;
    }

    /// @dev Adds to what an account earns in this epoch; what it earned in an earlier one becomes claimable.
    function _earn(address account, uint64 epoch, uint256 amountWei) private {
        Earning memory earning = _earnings[account];
        if (earning.pendingEpoch != epoch) {
            earning.claimableWei += earning.pendingWei;
            earning.pendingWei = 0;
            earning.pendingEpoch = epoch;
        }
        earning.pendingWei += amountWei.toUint96();
        _earnings[account] = earning;
    }

    /// @dev Takes what an account may claim off its earnings.
    function _take(address account) private returns (uint256 paidWei) {
        Earning memory earning = earningOf(account);
        paidWei = earning.claimableWei;
        if (paidWei == 0) revert NothingToClaim(account);
        earning.claimableWei = 0;
        // A word of zeros is worth a gas refund: nothing pending needs no epoch.
        if (earning.pendingWei == 0) earning.pendingEpoch = 0;
        _earnings[account] = earning;
    }

    function _setTreasury(address treasury_) private {
        if (treasury_ == address(0)) revert ZeroAddress();
        treasury = treasury_;
        emit TreasurySet(treasury_);
    }

    /// @dev Splits each price by the rates of its time; the parts of all sum to the prices.
    function _split(
        uint256[] calldata pricesWei,
        uint256[] calldata assignedAts,
        bool sponsored,
        uint256 acceleratorBps
    ) private view returns (SplitMath.Split memory sum) {
        Rates memory r = _rates;
        if (!sponsored) (r.sponsorBps, r.previousSponsorBps) = (0, 0);
        for (uint256 i = 0; i < pricesWei.length; ++i) {
            bool previous = assignedAts[i] <= r.changedAt;
            (
                uint256 proverWei,
                uint256 acceleratorWei,
                uint256 delegatorsWei,
                uint256 treasuryWei
            ) = SplitMath.cut(
                    pricesWei[i],
                    previous ? r.previousPoolBps : r.poolBps,
                    acceleratorBps,
                    previous ? r.previousSponsorBps : r.sponsorBps,
                    previous ? r.previousDelegatorsBps : r.delegatorsBps
                );
            sum.proverWei += proverWei;
            sum.acceleratorWei += acceleratorWei;
            sum.delegatorsWei += delegatorsWei;
            sum.treasuryWei += treasuryWei;
        }
    }
}
