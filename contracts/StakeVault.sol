// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {MarketBound} from "./MarketBound.sol";
import {IStakeVault} from "./interfaces/IStakeVault.sol";
import {DecayMath} from "./libraries/DecayMath.sol";
import {SlashMath} from "./libraries/SlashMath.sol";
import {QueueId} from "./types/Ids.sol";
import {Stake} from "./types/Stake.sol";

/// @title StakeVault
/// @notice Keeps every prover's stake, its own and what the pool lends it, and the bonds locked from it.
/// @custom:holds Stake token; its balance is at least the sum of own, unbonding and sponsored stake (I-1).
/// @custom:halts Nothing stops; unstaking is never paused.
contract StakeVault is IStakeVault, MarketBound {
    using SafeERC20 for IERC20;
    using SafeCast for uint256;

    /// @dev To become active, and what a partial exit must leave.
    uint256 public constant ENTRY_STAKE_WEI = 32e18;
    /// @dev To stay active; decay stops here.
    uint256 public constant STAYING_STAKE_WEI = DecayMath.FLOOR_WEI;
    /// @dev Longer than a task can stay open, so that leaving never outruns a slash.
    uint256 public constant UNBONDING_SECONDS = 7 days;

    IERC20 public immutable token;
    address public immutable insurance;
    /// @inheritdoc IStakeVault
    bool public immutable usesMarketTime;

    /// @inheritdoc IStakeVault
    address public sponsor;
    /// @inheritdoc IStakeVault
    uint256 public lentWei;
    /// @inheritdoc IStakeVault
    mapping(QueueId queue => bool) public isBacked;
    mapping(address prover => Stake) private _stakes;
    uint128 private _marketClock;
    uint128 private _marketClockAt;

    modifier onlySponsor() {
        if (msg.sender != sponsor) revert NotSponsor(msg.sender);
        _;
    }

    constructor(IERC20 token_, address insurance_, bool usesMarketTime_) {
        token = token_;
        insurance = insurance_;
        usesMarketTime = usesMarketTime_;
    }

    /// @inheritdoc IStakeVault
    function stake(uint256 amountWei) external {
        _stake(msg.sender, amountWei);
    }

    /// @inheritdoc IStakeVault
    function stakeFor(address prover, uint256 amountWei) external {
        _stake(prover, amountWei);
    }

    /// @inheritdoc IStakeVault
    function stakeWithPermit(
        uint256 amountWei,
        uint256 permitDeadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        // Somebody may have brought the permit on chain first; then the allowance is there and that is all we need.
        // prettier-ignore
        // solhint-disable-next-line no-empty-blocks
        try IERC20Permit(address(token)).permit(msg.sender, address(this), amountWei, permitDeadline, v, r, s) {} catch {}
        _stake(msg.sender, amountWei);
    }

    /// @inheritdoc IStakeVault
    function requestUnstake(uint256 amountWei) external {
        (Stake storage s, uint256 decayedWei) = _settled(msg.sender);
        // Decay moves the whole every hour, and a slow signer could never name it.
        if (amountWei == type(uint256).max) amountWei = s.ownWei;
        if (amountWei == 0) revert AmountZero();
        if (amountWei > s.ownWei) revert UnstakeExceedsStake(msg.sender, amountWei, s.ownWei);
        uint256 leftWei = uint256(s.ownWei) + s.sponsoredWei - amountWei;
        if (amountWei != s.ownWei && leftWei < ENTRY_STAKE_WEI) {
            revert PartialExitTooDeep(msg.sender, leftWei, ENTRY_STAKE_WEI);
        }
        s.ownWei -= uint96(amountWei);
        s.unbondingWei += uint96(amountWei);
        s.unbondAt = uint40(block.timestamp + UNBONDING_SECONDS);
        s.active = s.active && leftWei >= STAYING_STAKE_WEI;
        emit UnstakeRequested(msg.sender, amountWei, s.unbondAt);
        _toInsurance(decayedWei);
    }

    /// @inheritdoc IStakeVault
    function finishUnstake() external returns (uint256 paidWei) {
        (Stake storage s, uint256 decayedWei) = _settled(msg.sender);
        if (s.unbondingWei == 0) revert NothingUnbonding(msg.sender);
        if (block.timestamp < s.unbondAt) revert StillUnbonding(msg.sender, block.timestamp, s.unbondAt);
        paidWei = Math.min(s.unbondingWei, _slashable(s) - s.lockedWei);
        if (paidWei == 0) revert CoversBonds(msg.sender, s.lockedWei);
        s.unbondingWei -= uint96(paidWei);
        emit UnstakeFinished(msg.sender, paidWei);
        _toInsurance(decayedWei);
        token.safeTransfer(msg.sender, paidWei);
    }

    /// @inheritdoc IStakeVault
    function bindSponsor(address sponsor_) external onlyDeployer {
        if (sponsor != address(0)) revert SponsorAlreadyBound(sponsor);
        _checkCode(sponsor_);
        sponsor = sponsor_;
        emit SponsorBoundTo(sponsor_);
    }

    /// @inheritdoc IStakeVault
    function setBacked(QueueId queue, bool backed) external onlySponsor {
        isBacked[queue] = backed;
        emit QueueBacked(queue, backed);
    }

    /// @inheritdoc IStakeVault
    function lend(address prover, uint256 amountWei) external onlySponsor {
        if (amountWei == 0) revert AmountZero();
        (Stake storage s, uint256 decayedWei) = _settled(prover);
        if (s.lockedWei != 0 || s.active || s.sponsored) revert NotSponsorable(prover);
        (s.sponsoredWei, s.sponsored) = (amountWei.toUint96(), true);
        lentWei += amountWei;
        _activate(s);
        emit Sponsored(prover, amountWei);
        _toInsurance(decayedWei);
        _receive(amountWei);
    }

    /// @inheritdoc IStakeVault
    function recall(address prover) external onlySponsor returns (uint256 paidWei) {
        (Stake storage s, uint256 decayedWei) = _settled(prover);
        paidWei = Math.min(s.sponsoredWei, _slashable(s) - s.lockedWei);
        if (paidWei == 0) revert NothingToRecall(prover);
        uint256 leftWei = s.sponsoredWei - paidWei;
        // While tasks are in flight the prover shares what they earn: they were won with the loan.
        (s.sponsoredWei, s.sponsored) = (uint96(leftWei), leftWei != 0 || s.lockedWei != 0);
        lentWei -= paidWei;
        // Whom the loan made active must reach the entry stake by itself.
        s.active = s.active && s.ownWei + leftWei >= ENTRY_STAKE_WEI;
        emit Recalled(prover, paidWei);
        _toInsurance(decayedWei);
        token.safeTransfer(msg.sender, paidWei);
    }

    /// @inheritdoc IStakeVault
    function settle(address prover) external returns (uint256 decayedWei) {
        (, decayedWei) = _settled(prover);
        _toInsurance(decayedWei);
    }

    /// @inheritdoc IStakeVault
    function lockBonds(address[] calldata provers, uint256[] calldata bondsWei) external onlyMarket {
        uint256 allDecayedWei = 0;
        for (uint256 i = 0; i < provers.length; ++i) {
            (Stake storage s, uint256 decayedWei) = _settled(provers[i]);
            uint256 freeWei = Math.saturatingSub(uint256(s.ownWei) + s.sponsoredWei, s.lockedWei);
            if (bondsWei[i] > freeWei) revert BondExceedsFreeStake(provers[i], bondsWei[i], freeWei);
            s.lockedWei += bondsWei[i].toUint96();
            allDecayedWei += decayedWei;
        }
        _toInsurance(allDecayedWei);
    }

    /// @inheritdoc IStakeVault
    function releaseBond(
        address prover,
        uint256 bondWei,
        bool worked
    ) external onlyMarket returns (bool sponsored) {
        (Stake storage s, uint256 decayedWei) = _settled(prover);
        s.lockedWei -= bondWei.toUint96();
        if (worked) _restartClock(s);
        sponsored = s.sponsored;
        _endSponsorship(s);
        _toInsurance(decayedWei);
    }

    /// @inheritdoc IStakeVault
    function slash(
        SlashOrder calldata order
    ) external onlyMarket returns (SlashParts memory parts, bool sponsored) {
        (Stake storage s, uint256 decayedWei) = _settled(order.prover);
        parts.slashedWei = SlashMath.capped(
            _demanded(order.fault, order.bondWei, s.ownWei),
            _slashable(s),
            s.lockedWei,
            order.bondWei
        );
        (uint256 fromOwnWei, uint256 fromUnbondingWei, uint256 fromSponsoredWei) = SlashMath.take(
            parts.slashedWei,
            s.ownWei,
            s.unbondingWei
        );
        SlashMath.Waterfall memory w = SlashMath.waterfall(
            parts.slashedWei - fromSponsoredWei,
            order.tier1LossWei,
            order.priceWei,
            order.hasRescuer,
            order.hasKeeper
        );
        // Lent stake pays nobody who could have arranged the fault, or borrowing would be a way to be paid by the pool.
        uint256 lentToTier1Wei = Math.min(fromSponsoredWei, order.tier1LossWei - w.tier1Wei);
        parts.tier1Wei = w.tier1Wei + lentToTier1Wei;
        (parts.requesterWei, parts.rescuerWei, parts.keeperWei) = (w.requesterWei, w.rescuerWei, w.keeperWei);
        parts.insuranceWei = w.insuranceWei + fromSponsoredWei - lentToTier1Wei;

        sponsored = s.sponsored;
        s.ownWei -= uint96(fromOwnWei);
        if (fromUnbondingWei > 0) s.unbondingWei -= uint96(fromUnbondingWei);
        if (fromSponsoredWei > 0) {
            s.sponsoredWei -= uint96(fromSponsoredWei);
            lentWei -= fromSponsoredWei;
        }
        s.lockedWei -= order.bondWei.toUint96();
        _endSponsorship(s);
        s.active = s.active && uint256(s.ownWei) + s.sponsoredWei >= STAYING_STAKE_WEI;
        if (order.fault == Fault.LATE) _restartClock(s);
        emit Slashed(order.task, order.prover, order.fault, parts);
        _toInsurance(decayedWei + parts.insuranceWei);
        uint256 toMarketWei = parts.slashedWei - parts.insuranceWei;
        if (toMarketWei > 0) token.safeTransfer(msg.sender, toMarketWei);
    }

    /// @inheritdoc IStakeVault
    function advanceClock(uint256 fromAt) external onlyMarket {
        uint256 since = Math.max(fromAt, _marketClockAt);
        if (block.timestamp <= since) return;
        _marketClock += uint128(block.timestamp - since);
        _marketClockAt = uint128(block.timestamp);
        emit ClockAdvanced(_marketClock);
    }

    /// @inheritdoc IStakeVault
    function stakeOf(address prover) external view returns (Stake memory s) {
        Stake storage stored = _stakes[prover];
        s = stored;
        uint256 hourCount = _hoursDue(stored);
        s.ownWei = uint96(_ownAfter(stored, hourCount));
        s.decaysFrom += uint40(hourCount * DecayMath.HOUR_SECONDS);
    }

    /// @inheritdoc IStakeVault
    function isActive(address prover) external view returns (bool) {
        return _stakes[prover].active; // decay takes nobody below the staying stake
    }

    /// @inheritdoc IStakeVault
    function freeCoverOf(
        QueueId queue,
        address[] calldata provers
    ) external view returns (uint256[] memory freeWei) {
        bool backed = isBacked[queue];
        freeWei = new uint256[](provers.length);
        for (uint256 i = 0; i < provers.length; ++i) freeWei[i] = _freeCoverNow(provers[i], backed);
    }

    /// @inheritdoc IStakeVault
    function isIdle(address prover) external view returns (bool) {
        uint256 decaysFrom = _stakes[prover].decaysFrom;
        return decaysFrom != 0 && clock() >= decaysFrom;
    }

    /// @inheritdoc IStakeVault
    function clock() public view returns (uint256) {
        return usesMarketTime ? _marketClock : block.timestamp;
    }

    function _stake(address prover, uint256 amountWei) private {
        if (amountWei == 0) revert AmountZero();
        (Stake storage s, uint256 decayedWei) = _settled(prover);
        s.ownWei += amountWei.toUint96();
        _activate(s);
        emit Staked(prover, amountWei);
        _toInsurance(decayedWei);
        _receive(amountWei);
    }

    function _activate(Stake storage s) private {
        if (s.active || uint256(s.ownWei) + s.sponsoredWei < ENTRY_STAKE_WEI) return;
        s.active = true;
        _restartClock(s);
    }

    function _receive(uint256 amountWei) private {
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amountWei);
        uint256 got = token.balanceOf(address(this)) - before;
        if (got != amountWei) revert TokenTookFee(amountWei, got);
    }

    /// @dev The stake with decay charged up to now; the caller sends what decayed to the insurance fund.
    function _settled(address prover) private returns (Stake storage s, uint256 decayedWei) {
        s = _stakes[prover];
        uint256 hourCount = _hoursDue(s);
        if (hourCount == 0) return (s, 0);
        uint256 leftWei = _ownAfter(s, hourCount);
        decayedWei = s.ownWei - leftWei;
        (s.ownWei, s.decaysFrom) = (
            uint96(leftWei),
            s.decaysFrom + uint40(hourCount * DecayMath.HOUR_SECONDS)
        );
        if (decayedWei > 0) emit Decayed(prover, decayedWei, hourCount);
    }

    function _hoursDue(Stake storage s) private view returns (uint256) {
        uint256 decaysFrom = s.decaysFrom;
        return decaysFrom == 0 ? 0 : DecayMath.hoursDue(clock(), decaysFrom);
    }

    /// @dev Own stake after `hourCount` more idle hours; the second storage word is read only if there are any.
    function _ownAfter(Stake storage s, uint256 hourCount) private view returns (uint256) {
        if (hourCount == 0) return s.ownWei;
        uint256 floorWei = DecayMath.floorWei(s.lockedWei, s.unbondingWei, s.sponsoredWei);
        return DecayMath.decayed(s.ownWei, floorWei, hourCount);
    }

    /// @dev A loan that is gone is remembered until the last task that was won with it has ended.
    function _endSponsorship(Stake storage s) private {
        if (s.sponsored && s.lockedWei == 0 && s.sponsoredWei == 0) s.sponsored = false;
    }

    function _restartClock(Stake storage s) private {
        s.decaysFrom = uint40(clock() + DecayMath.GRACE_SECONDS);
    }

    function _demanded(Fault fault, uint256 bondWei, uint256 ownWei) private pure returns (uint256) {
        if (fault == Fault.INVALID) return SlashMath.invalid(bondWei, ownWei);
        return fault == Fault.LATE ? SlashMath.late(bondWei) : bondWei;
    }

    function _slashable(Stake storage s) private view returns (uint256) {
        return uint256(s.ownWei) + s.unbondingWei + s.sponsoredWei;
    }

    /// @dev What can cover more bonds now, with lent stake or without.
    function _freeCoverNow(address prover, bool backed) private view returns (uint256) {
        Stake storage s = _stakes[prover];
        if (!s.active) return 0;
        uint256 coverWei = _ownAfter(s, _hoursDue(s));
        if (backed && s.sponsored) coverWei += s.sponsoredWei;
        return Math.saturatingSub(coverWei, s.lockedWei);
    }

    function _toInsurance(uint256 amountWei) private {
        if (amountWei > 0) token.safeTransfer(insurance, amountWei);
    }
}
