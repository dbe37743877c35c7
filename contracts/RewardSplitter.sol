// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {MarketBound} from "./MarketBound.sol";
import {IRewardSplitter} from "./interfaces/IRewardSplitter.sol";
import {SplitMath} from "./libraries/SplitMath.sol";

/// @title RewardSplitter
/// @notice Splits each paid price between prover, delegators and treasury; a day's parts are claimed from the next day on.
/// @custom:holds Earned rewards; its balance is at least the sum of earnings (I-1).
/// @custom:halts Nothing stops. Rates move inside bounds and never for assigned tasks.
contract RewardSplitter is IRewardSplitter, MarketBound, Ownable2Step {
    using SafeERC20 for IERC20;
    using SafeCast for uint256;

    uint256 public constant EPOCH_SECONDS = 86_400;
    /// @dev A prover alone keeps at least 80 %.
    uint256 public constant MAX_POOL_BPS = 2000;
    uint256 public constant MAX_DELEGATORS_BPS = 10_000;
    /// @dev Longer than a task can be in flight (at most two days), so that one previous set of rates is enough.
    uint256 public constant RATES_INTERVAL_SECONDS = 7 days;
    uint16 private constant FIRST_POOL_BPS = 2000;
    uint16 private constant FIRST_DELEGATORS_BPS = 5000;

    IERC20 public immutable token;
    /// @inheritdoc IRewardSplitter
    address public treasury;
    /// @inheritdoc IRewardSplitter
    address public delegators;
    Rates private _rates;
    PoolEarning private _pool;
    mapping(address account => Earning) private _earnings;

    constructor(IERC20 token_, address owner_, address treasury_) Ownable(owner_) {
        token = token_;
        _rates = Rates(FIRST_POOL_BPS, FIRST_DELEGATORS_BPS, FIRST_POOL_BPS, FIRST_DELEGATORS_BPS, 0);
        emit RatesSet(FIRST_POOL_BPS, FIRST_DELEGATORS_BPS);
        _setTreasury(treasury_);
    }

    /// @inheritdoc IRewardSplitter
    function credit(address prover, uint256 priceWei, uint256 assignedAt) external onlyMarket {
        Rates memory r = _rates;
        bool previous = assignedAt <= r.changedAt;
        SplitMath.Split memory parts = SplitMath.split(
            priceWei,
            previous ? r.previousPoolBps : r.poolBps,
            0,
            0,
            previous ? r.previousDelegatorsBps : r.delegatorsBps
        );
        uint64 epoch = uint64(block.timestamp / EPOCH_SECONDS);

        Earning memory earning = _earnings[prover];
        if (earning.pendingEpoch != epoch) {
            earning.claimableWei += earning.pendingWei;
            earning.pendingWei = 0;
            earning.pendingEpoch = epoch;
        }
        earning.pendingWei += parts.proverWei.toUint96();
        _earnings[prover] = earning;

        if (_pool.pendingEpoch != epoch) _rollPool(epoch);
        _pool.treasuryPendingWei += parts.treasuryWei.toUint96();
        _pool.delegatorsPendingWei += parts.delegatorsWei.toUint96();
        emit Credited(prover, epoch, parts.proverWei, parts.delegatorsWei, parts.treasuryWei);
    }

    /// @inheritdoc IRewardSplitter
    function claim() external returns (uint256 paidWei) {
        Earning memory earning = earningOf(msg.sender);
        paidWei = earning.claimableWei;
        if (paidWei == 0) revert NothingToClaim(msg.sender);
        earning.claimableWei = 0;
        // A word of zeros is worth a gas refund: nothing pending needs no epoch.
        if (earning.pendingWei == 0) earning.pendingEpoch = 0;
        _earnings[msg.sender] = earning;
        emit Claimed(msg.sender, paidWei);
        token.safeTransfer(msg.sender, paidWei);
    }

    /// @inheritdoc IRewardSplitter
    function claimPool() external returns (uint256 treasuryWei, uint256 delegatorsWei) {
        uint64 epoch = uint64(block.timestamp / EPOCH_SECONDS);
        if (_pool.pendingEpoch != epoch) _rollPool(epoch);
        treasuryWei = _pool.treasuryClaimableWei;
        address delegators_ = delegators;
        if (delegators_ != address(0)) delegatorsWei = _pool.delegatorsClaimableWei;
        if (treasuryWei + delegatorsWei == 0) revert NothingToClaim(treasury);
        if (treasuryWei > 0) {
            _pool.treasuryClaimableWei = 0;
            emit Claimed(treasury, treasuryWei);
            token.safeTransfer(treasury, treasuryWei);
        }
        if (delegatorsWei > 0) {
            _pool.delegatorsClaimableWei = 0;
            emit Claimed(delegators_, delegatorsWei);
            token.safeTransfer(delegators_, delegatorsWei);
        }
    }

    /// @inheritdoc IRewardSplitter
    function setRates(uint16 poolBps, uint16 delegatorsBps) external onlyOwner {
        if (poolBps > MAX_POOL_BPS) revert PoolRateTooHigh(poolBps, MAX_POOL_BPS);
        if (delegatorsBps > MAX_DELEGATORS_BPS)
            revert DelegatorsRateTooHigh(delegatorsBps, MAX_DELEGATORS_BPS);
        uint256 changedAt = _rates.changedAt;
        if (changedAt != 0 && block.timestamp < changedAt + RATES_INTERVAL_SECONDS) {
            revert RatesChangedRecently(block.timestamp, changedAt + RATES_INTERVAL_SECONDS);
        }
        _rates = Rates(poolBps, delegatorsBps, _rates.poolBps, _rates.delegatorsBps, uint40(block.timestamp));
        emit RatesSet(poolBps, delegatorsBps);
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
    function poolEarning() external view returns (PoolEarning memory pool) {
        pool = _pool;
        if (pool.pendingEpoch < currentEpoch()) {
            pool.treasuryClaimableWei += pool.treasuryPendingWei;
            pool.delegatorsClaimableWei += pool.delegatorsPendingWei;
            pool.treasuryPendingWei = 0;
            pool.delegatorsPendingWei = 0;
        }
    }

    /// @inheritdoc IRewardSplitter
    function rates() external view returns (Rates memory) {
        return _rates;
    }

    /// @inheritdoc IRewardSplitter
    function currentEpoch() public view returns (uint256) {
        return block.timestamp / EPOCH_SECONDS;
    }

    function _rollPool(uint64 epoch) private {
        _pool.treasuryClaimableWei += _pool.treasuryPendingWei;
        _pool.delegatorsClaimableWei += _pool.delegatorsPendingWei;
        _pool.treasuryPendingWei = 0;
        _pool.delegatorsPendingWei = 0;
        _pool.pendingEpoch = epoch;
    }

    function _setTreasury(address treasury_) private {
        if (treasury_ == address(0)) revert ZeroAddress();
        treasury = treasury_;
        emit TreasurySet(treasury_);
    }
}
