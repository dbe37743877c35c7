// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IDelegationVault} from "../interfaces/IDelegationVault.sol";
import {IMarketParts} from "../interfaces/IMarketParts.sol";
import {IProjectRegistry} from "../interfaces/IProjectRegistry.sol";
import {IProverMarket} from "../interfaces/IProverMarket.sol";
import {ITier1Adapter} from "../interfaces/ITier1Adapter.sol";
import {QueueId, TaskId} from "../types/Ids.sol";
import {Terms} from "../types/Queue.sol";
import {Round} from "../types/Round.sol";
import {Task, TaskStatus} from "../types/Task.sol";
import {ITaiko} from "./ITaiko.sol";
import {ITaikoAdapter} from "./ITaikoAdapter.sol";
import {Tier1Caller} from "./Tier1Caller.sol";
import {UnitExchange} from "./UnitExchange.sol";

/// @title TaikoAdapter
/// @notice The pool as a staked prover of a tier 1 with Taiko's rules: its blocks become tasks of one queue of the market.
/// @dev Needs two things of the owner: to be the queue's carrier, and an allowance of the delegation vault. Tier 1 is believed
///      about its own rules, never about money: rewards and stake count by what the token's balance and the books here show.
/// @custom:holds The pool's ZK and tier 1's token on their way; insurance's surplus until it is paid.
/// @custom:halts Nothing stops. Without an operator nothing new is staked; work in flight goes on.
contract TaikoAdapter is ITaikoAdapter, UnitExchange, Tier1Caller {
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    /// @notice The contracts around an adapter; fixed at deployment.
    struct Wiring {
        IProverMarket market;
        IDelegationVault pool;
        ITaiko tier1;
        IERC20Metadata unitToken;
        QueueId queue;
    }

    /// @dev As many as `valueWei` can look at with the gas that the delegation vault gives it.
    uint256 public constant MAX_WORKS = 12;
    /// @dev The market's.
    uint256 private constant ROUND_SECONDS = 300;
    uint256 private constant READ_GAS = 50_000;
    uint256 private constant CALL_GAS = 400_000;
    /// @dev A proof of the largest key takes about half of it.
    uint256 private constant PROOF_GAS = 1_500_000;

    IProverMarket public immutable market;
    IProjectRegistry public immutable projects;
    address public immutable insurance;
    IDelegationVault public immutable pool;
    ITaiko public immutable tier1;
    QueueId public immutable queue;
    /// @notice Units that should be in tier 1 after every loss that is settled.
    uint256 public bookedUnits;
    /// @inheritdoc ITaikoAdapter
    uint256 public surplusWei;
    Offer private _offer;
    uint64[] private _live;
    mapping(uint256 ext => Work) private _works;

    constructor(
        Wiring memory wiring,
        uint256 priceWei,
        address owner_,
        address operator_
    )
        UnitExchange(
            IMarketParts(address(wiring.market)).token(),
            wiring.unitToken,
            priceWei,
            owner_,
            operator_
        )
    {
        if (address(wiring.tier1).code.length == 0) revert Tier1HasNoCode(address(wiring.tier1));
        (market, pool, tier1, queue) = (wiring.market, wiring.pool, wiring.tier1, wiring.queue);
        projects = IMarketParts(address(wiring.market)).projects();
        insurance = IMarketParts(address(wiring.market)).insurance();
    }

    // --- work

    /// @inheritdoc ITaikoAdapter
    function enter(uint256 ext, bytes calldata data) external nonReentrant returns (TaskId task) {
        // Check
        Work memory w = _works[ext];
        bool again = w.status == WorkStatus.BOUND;
        if (again) {
            TaskStatus ended = market.taskOf(w.task).status;
            if (!_isOver(ended) || ended == TaskStatus.PROVEN) revert WorkIsBound(ext, w.task);
            w.recoveredWei += market.recoveredOf(w.task).toUint96();
        } else if (w.status != WorkStatus.NONE) {
            revert WrongWorkStatus(ext, w.status, WorkStatus.NONE);
        } else if (_live.length == MAX_WORKS) {
            revert TooManyWorks(MAX_WORKS);
        }
        ITaiko.Block memory b = _blockOf(ext);
        if (b.assigned != address(this)) revert NotAssignedToPool(ext, b.assigned);
        if (keccak256(data) != b.dataHash) revert DataDiffers(ext, keccak256(data), b.dataHash);
        (, Terms memory terms) = projects.current(queue);
        uint256 expiresAt = b.proveBy - Math.min(b.proveBy, terms.proofWindowSeconds);
        uint256 lastAt = _lastEntryAt(expiresAt);
        if (b.provenAt != 0 || b.released || block.timestamp > lastAt) {
            revert WorkTooLate(ext, block.timestamp, lastAt);
        }
        uint256 penaltyUnits = Math.min(_penaltyOf(ext), bookedUnits);
        uint256 bidWei = Math.min(_worthDown(b.rewardUnits + penaltyUnits), _offer.maxBidWei);
        _checkFree(bidWei);
        // Effect
        if (!again) _live.push(ext.toUint64());
        (w.status, w.proveBy, w.assigned) = (WorkStatus.BOUND, b.proveBy, false);
        (w.rewardUnits, w.penaltyUnits) = (b.rewardUnits, penaltyUnits.toUint64());
        _works[ext] = w;
        // Interaction, with the market alone
        token.forceApprove(address(market), bidWei);
        task = market.placeBid(queue, _statement(b), bidWei.toUint96(), uint40(expiresAt), data);
        _works[ext].task = task;
        emit WorkBound(ext, task, _worthDown(b.rewardUnits), _worthUp(penaltyUnits));
    }

    /// @inheritdoc ITier1Adapter
    function onAssigned(uint256 ext, TaskId task) external {
        Work storage w = _works[ext];
        if (w.status == WorkStatus.NONE) revert UnknownWork(ext);
        Task memory t = market.taskOf(task);
        if (w.task != task || t.proveBy == 0) revert TaskUnfit(ext, task);
        if (w.assigned) return;
        w.assigned = true;
        emit WorkAssigned(ext, task, t.prover, t.amountWei);
    }

    /// @inheritdoc ITier1Adapter
    function submit(uint256 ext, uint256[] calldata signals, bytes calldata proof) external nonReentrant {
        Work storage w = _works[ext];
        if (w.status != WorkStatus.BOUND) revert WrongWorkStatus(ext, w.status, WorkStatus.BOUND);
        // Later it earns nothing here; whom it names can hand it to tier 1.
        if (block.timestamp > w.proveBy) revert WorkTooLate(ext, block.timestamp, w.proveBy);
        w.status = WorkStatus.DELIVERED;
        w.rewardUnits = 0;
        uint256 before = unitToken.balanceOf(address(this));
        _callTier1(address(tier1), PROOF_GAS, abi.encodeCall(ITaiko.proveBlock, (ext, signals, proof)));
        uint64 units = _takeRewards(before);
        w.rewardUnits = units;
        emit WorkDelivered(ext, units);
    }

    /// @inheritdoc ITier1Adapter
    function settle(
        uint256 ext
    ) external nonReentrant returns (WorkStatus status, uint256 rewardWei, uint256 penaltyWei) {
        Work memory w = _works[ext];
        if (w.status == WorkStatus.NONE) {
            // A block that nobody entered in time can have cost stake, too.
            ITaiko.Block memory b = _blockOf(ext);
            if (b.assigned != address(this)) revert UnknownWork(ext);
            w.proveBy = b.proveBy;
        }
        if (_isDue(w)) w = _settle(ext, w);
        status = w.status;
        if (status != WorkStatus.REWARDED && status != WorkStatus.FORFEITED) return (status, 0, 0);
        (rewardWei, penaltyWei) = _result(w);
    }

    // --- the pool's money

    /// @inheritdoc ITaikoAdapter
    function collect() external nonReentrant returns (uint256 amountWei) {
        amountWei = _collect();
        _paySurplus();
    }

    /// @inheritdoc ITaikoAdapter
    function repay(uint256 amountWei) external onlyOperator nonReentrant {
        // What is kept for a penalty that is not settled may turn out to be insurance's.
        _checkFree(amountWei + _keptWei());
        token.forceApprove(address(pool), amountWei);
        pool.repay(amountWei);
    }

    /// @inheritdoc ITaikoAdapter
    function setOffer(uint32 rewardPerGas, uint16 capacity, uint96 maxBidWei) external onlyOperator {
        if (capacity > MAX_WORKS) revert CapacityTooHigh(capacity, MAX_WORKS);
        _offer = Offer(rewardPerGas, capacity, maxBidWei);
        emit OfferSet(rewardPerGas, capacity, maxBidWei);
    }

    /// @inheritdoc ITier1Adapter
    function stake(uint256 units) external onlyOperator nonReentrant {
        uint256 before = unitToken.balanceOf(address(this));
        unitToken.forceApprove(address(tier1), units);
        bytes memory call = abi.encodeCall(
            ITaiko.stake,
            (units.toUint64(), _offer.rewardPerGas, _offer.capacity)
        );
        _callTier1(address(tier1), CALL_GAS, call);
        unitToken.forceApprove(address(tier1), 0);
        uint256 spentUnits = before - unitToken.balanceOf(address(this));
        bookedUnits += spentUnits;
        emit UnitsStaked(spentUnits);
    }

    /// @inheritdoc ITier1Adapter
    function requestExit() external onlyOperator nonReentrant {
        emit ExitRequested();
        _callTier1(address(tier1), CALL_GAS, abi.encodeCall(ITaiko.requestExit, ()));
    }

    /// @inheritdoc ITier1Adapter
    function withdraw() external onlyOperator nonReentrant returns (uint256 units) {
        uint256 before = unitToken.balanceOf(address(this));
        _callTier1(address(tier1), CALL_GAS, abi.encodeCall(ITaiko.withdrawStake, ()));
        units = unitToken.balanceOf(address(this)) - before;
        bookedUnits -= Math.min(units, bookedUnits);
        emit UnitsWithdrawn(units);
    }

    // --- views

    /// @inheritdoc ITier1Adapter
    function specOf(
        uint256 ext
    ) external view returns (Spec memory spec, uint256 rewardWei, uint256 maxPenaltyWei) {
        ITaiko.Block memory b = _blockOf(ext);
        if (b.proposedAt == 0) revert UnknownWork(ext);
        spec = Spec(queue, b.proveBy, _statement(b));
        (rewardWei, maxPenaltyWei) = (_worthDown(b.rewardUnits), _worthUp(_penaltyOf(ext)));
    }

    /// @inheritdoc ITier1Adapter
    function verify(
        uint256 ext,
        uint256[] calldata signals,
        bytes calldata proof
    ) external view returns (bool) {
        bytes memory call = abi.encodeCall(ITaiko.accepts, (ext, address(this), signals, proof));
        return abi.decode(_readTier1(address(tier1), PROOF_GAS, call), (bool));
    }

    /// @inheritdoc ITier1Adapter
    function stakeState() external view returns (StakeState memory) {
        ITaiko.Staker memory s = _staker();
        bytes memory call = abi.encodeCall(ITaiko.rewardsOf, (address(this)));
        uint256 rewards = abi.decode(_readTier1(address(tier1), READ_GAS, call), (uint256));
        return StakeState(s.stakedUnits, s.exitingUnits, s.exitAt, rewards);
    }

    /// @inheritdoc ITier1Adapter
    function valueWei() external view nonReentrantView returns (uint256 totalWei) {
        ITaiko.Staker memory s = _staker();
        totalWei = token.balanceOf(address(this)) + market.creditOf(address(this));
        uint256 lossWei = surplusWei;
        uint256 lateUnits;
        uint256 count = _live.length;
        for (uint256 i = 0; i < count; ++i) {
            Work memory w = _works[_live[i]];
            (uint256 heldWei, uint256 owedWei) = _inMarket(w);
            totalWei += heldWei;
            if (w.status == WorkStatus.BOUND && block.timestamp > w.proveBy) {
                lateUnits += w.penaltyUnits;
                owedWei -= Math.min(owedWei, _worthUp(w.penaltyUnits));
            }
            lossWei += owedWei;
        }
        // What tier 1 has taken already is part of what it may take for the blocks that are late.
        uint256 takenUnits = bookedUnits - Math.min(bookedUnits, uint256(s.stakedUnits) + s.exitingUnits);
        uint256 lostUnits = Math.min(bookedUnits, Math.max(takenUnits, lateUnits));
        totalWei += _worthDown(unitToken.balanceOf(address(this)) + bookedUnits - lostUnits);
        return totalWei - Math.min(totalWei, lossWei);
    }

    /// @inheritdoc ITaikoAdapter
    function workOf(uint256 ext) external view returns (Work memory) {
        return _works[ext];
    }

    /// @inheritdoc ITaikoAdapter
    function offer() external view returns (Offer memory) {
        return _offer;
    }

    /// @inheritdoc ITaikoAdapter
    function liveWorks() external view returns (uint256[] memory exts) {
        exts = new uint256[](_live.length);
        for (uint256 i = 0; i < exts.length; ++i) exts[i] = _live[i];
    }

    // --- inside

    /// @dev Ends a work: takes the market's credits in, books what tier 1 took, and gives insurance what provers paid above it.
    function _settle(uint256 ext, Work memory w) private returns (Work memory) {
        bool delivered = w.status == WorkStatus.DELIVERED;
        ITaiko.Block memory b = _blockOf(ext);
        if (!delivered && b.provenAt == 0 && !b.released) {
            _callTier1(address(tier1), CALL_GAS, abi.encodeCall(ITaiko.markLate, (ext)));
            b = _blockOf(ext);
        }
        // What it says it took for this block counts as far as the stake is really short of the books.
        ITaiko.Staker memory s = _staker();
        uint256 takenUnits = bookedUnits - Math.min(bookedUnits, uint256(s.stakedUnits) + s.exitingUnits);
        w.penaltyUnits = Math.min(b.slashedUnits, takenUnits).toUint64();
        bookedUnits -= w.penaltyUnits;
        w.priceWei = uint72(unitPriceWei);
        w.rewardUnits = delivered ? w.rewardUnits + _takeRewards(unitToken.balanceOf(address(this))) : 0;
        w.status = delivered ? WorkStatus.REWARDED : WorkStatus.FORFEITED;
        (uint256 rewardWei, uint256 penaltyWei) = _result(w);
        uint256 recoveredWei = w.recoveredWei + market.recoveredOf(w.task);
        uint256 overWei = recoveredWei - Math.min(recoveredWei, penaltyWei);
        surplusWei += overWei;
        _works[ext] = w;
        _forget(ext);
        emit WorkSettled(ext, w.task, w.status, rewardWei, penaltyWei);
        if (overWei != 0) emit SurplusOwed(ext, overWei);
        _collect();
        _paySurplus();
        return w;
    }

    /// @dev What came in since the balance was `before`. A reward that tier 1 does not pay yet must not stop a proof: it counts
    ///      when a later work is settled.
    function _takeRewards(uint256 before) private returns (uint64 units) {
        _tryTier1(address(tier1), CALL_GAS, abi.encodeCall(ITaiko.withdrawRewards, ()));
        return (unitToken.balanceOf(address(this)) - before).toUint64();
    }

    function _collect() private returns (uint256 amountWei) {
        if (market.creditOf(address(this)) == 0) return 0;
        uint256 before = token.balanceOf(address(this));
        market.claimCredit();
        amountWei = token.balanceOf(address(this)) - before;
        emit CreditCollected(amountWei);
    }

    /// @dev As much as there is; money may be on its way back from other bids.
    function _paySurplus() private {
        uint256 amountWei = Math.min(surplusWei, token.balanceOf(address(this)));
        if (amountWei == 0) return;
        surplusWei -= amountWei;
        emit SurplusPaid(amountWei);
        token.safeTransfer(insurance, amountWei);
    }

    function _forget(uint256 ext) private {
        uint256 count = _live.length;
        for (uint256 i = 0; i < count; ++i) {
            if (_live[i] != ext) continue;
            _live[i] = _live[count - 1];
            _live.pop();
            return;
        }
    }

    /// @dev Last second at which the market takes a bid that has to be sold until `soldBy`: every bid stays for a round after the
    ///      one it comes in. A bid that stayed longer could be sold so late that its proof is paid for here and too late there.
    function _lastEntryAt(uint256 soldBy) private view returns (uint256) {
        Round memory r = market.roundOf(queue);
        uint256 startedAt = r.startedAt == 0 ? block.timestamp : r.startedAt;
        // Rounds of an empty book pass by themselves.
        if (r.bidCount == 0) startedAt = block.timestamp - ((block.timestamp - startedAt) % ROUND_SECONDS);
        uint256 leadSeconds = startedAt + 2 * ROUND_SECONDS > soldBy ? 2 * ROUND_SECONDS : ROUND_SECONDS;
        return soldBy - Math.min(soldBy, leadSeconds);
    }

    /// @dev Both sides have ended: the task here, and tier 1's window there unless it has the proof.
    function _isDue(Work memory w) private view returns (bool) {
        if (w.status == WorkStatus.REWARDED || w.status == WorkStatus.FORFEITED) return false;
        if (w.status != WorkStatus.DELIVERED && block.timestamp <= w.proveBy) return false;
        return w.status == WorkStatus.NONE || _isOver(market.taskOf(w.task).status);
    }

    /// @dev What was recovered for penalties that are not settled.
    function _keptWei() private view returns (uint256 keptWei) {
        uint256 count = _live.length;
        for (uint256 i = 0; i < count; ++i) {
            Work memory w = _works[_live[i]];
            keptWei += w.recoveredWei + market.recoveredOf(w.task);
        }
    }

    /// @dev What a live work has in the market, and what it recovered there for a penalty that is not settled.
    function _inMarket(Work memory w) private view returns (uint256 heldWei, uint256 owedWei) {
        Task memory t = market.taskOf(w.task);
        owedWei = w.recoveredWei;
        if (t.status == TaskStatus.QUEUED) return (t.amountWei, owedWei);
        owedWei += market.recoveredOf(w.task);
        if (t.status == TaskStatus.ASSIGNED || t.status == TaskStatus.OPEN) return (t.amountWei, owedWei);
        // A proof that is paid for and can still be delivered is worth what it cost, but not more than it earns.
        if (t.status == TaskStatus.PROVEN && w.status == WorkStatus.BOUND && block.timestamp <= w.proveBy) {
            heldWei = Math.min(t.amountWei, _worthDown(w.rewardUnits));
        }
    }

    function _result(Work memory w) private view returns (uint256 rewardWei, uint256 penaltyWei) {
        rewardWei = Math.mulDiv(w.rewardUnits, w.priceWei, tokenUnits);
        penaltyWei = Math.mulDiv(w.penaltyUnits, w.priceWei, tokenUnits, Math.Rounding.Ceil);
    }

    function _isOver(TaskStatus status) private pure returns (bool) {
        return status != TaskStatus.QUEUED && status != TaskStatus.ASSIGNED && status != TaskStatus.OPEN;
    }

    function _statement(ITaiko.Block memory b) private pure returns (uint256[] memory statement) {
        statement = new uint256[](1);
        statement[0] = b.commitment;
    }

    function _blockOf(uint256 ext) private view returns (ITaiko.Block memory) {
        bytes memory call = abi.encodeCall(ITaiko.blockOf, (ext));
        return abi.decode(_readTier1(address(tier1), READ_GAS, call), (ITaiko.Block));
    }

    function _penaltyOf(uint256 ext) private view returns (uint256) {
        bytes memory call = abi.encodeCall(ITaiko.penaltyOf, (ext));
        return abi.decode(_readTier1(address(tier1), READ_GAS, call), (uint256));
    }

    function _staker() private view returns (ITaiko.Staker memory) {
        bytes memory call = abi.encodeCall(ITaiko.stakerOf, (address(this)));
        return abi.decode(_readTier1(address(tier1), READ_GAS, call), (ITaiko.Staker));
    }

    function _freeWei() internal view override returns (uint256) {
        uint256 balanceWei = token.balanceOf(address(this));
        return balanceWei - Math.min(balanceWei, surplusWei);
    }
}
