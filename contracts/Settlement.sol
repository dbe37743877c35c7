// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {MarketState} from "./MarketState.sol";
import {IProjectRegistry} from "./interfaces/IProjectRegistry.sol";
import {IProverMarket} from "./interfaces/IProverMarket.sol";
import {IStakeVault} from "./interfaces/IStakeVault.sol";
import {AuctionMath} from "./libraries/AuctionMath.sol";
import {AcceleratorId, ProverId, QueueId, TaskId} from "./types/Ids.sol";
import {Queue, Terms} from "./types/Queue.sol";
import {Rescue, Task, TaskStatus} from "./types/Task.sol";

/// @title Settlement
/// @notice The provers' half of the market: what becomes of a task once it is assigned.
/// @dev Code of `ProverMarket` that does not fit into one contract: it runs there by delegatecall, on the market's storage
///      and money, and is fixed at the market's deployment. Called directly it finds no task and holds nothing.
/// @custom:holds Nothing.
/// @custom:halts Nothing stops.
contract Settlement is MarketState, ReentrancyGuardTransient {
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    uint256 public constant BATCH_LIMIT = 32;
    uint256 private constant MAX_DECLINE_SECONDS = 600;
    uint256 private constant DECLINE_LIMIT = 3;
    /// @dev A tenth of the base fee to each of those who found a task unprovable.
    uint256 private constant DECLINE_DIVISOR = 10;
    uint8 private constant SUBMIT_SCOPE = 1;
    uint8 private constant DECLINE_SCOPE = 2;

    /// @dev What one call pays for proofs in time, of one prover and seat.
    struct Payout {
        uint256 count;
        uint256 bondWei;
        uint256 paidWei;
        uint256[] pricesWei;
        uint256[] assignedAts;
        uint256[] delaysSeconds;
        uint256[] windowsSeconds;
    }

    /// @dev Several proofs of one prover in one queue, and what is thought of them.
    struct Batch {
        QueueId queue;
        address account;
        ProverId prover;
        bytes32[] statementHashes;
        uint256[] windowsSeconds;
        IProjectRegistry.Verdict[] verdicts;
        Payout payout;
        Task last; // that was ended in time
    }

    constructor(Wiring memory wiring_) MarketState(wiring_) {}

    /// @notice See `IProverMarket`.
    function submitProof(
        TaskId task,
        uint256[] calldata signals,
        bytes calldata proof
    ) external nonReentrant {
        // Check
        (Task memory t, address prover) = _assigned(task, SUBMIT_SCOPE);
        (bytes32 statementHash, uint256 termsSeconds, bool accepted) = projects.judge(
            t.queue,
            t.termsVersion,
            prover,
            signals,
            proof
        );
        uint256 windowSeconds = _window(t, termsSeconds);
        uint256 graceUntil = _graceUntil(t, windowSeconds);
        if (block.timestamp > graceUntil)
            revert IProverMarket.ProofWindowOver(task, block.timestamp, graceUntil);
        if (_taskId(t.queue, t.requester, statementHash, t.nonce) != task)
            revert IProverMarket.StatementMismatch(task);
        // Effect, then the calls that follow from it; none of them calls back
        Payout memory payout = _newPayout(1);
        _end(task, t, prover, windowSeconds, accepted, signals, payout);
        if (payout.count != 0) _pay(t, prover, payout);
    }

    /// @notice See `IProverMarket`.
    function submitProofs(
        QueueId queue,
        address prover,
        TaskId[] calldata tasks,
        uint256[][] calldata signals,
        bytes[] calldata proofs
    ) external nonReentrant returns (IProverMarket.ProofResult[] memory results) {
        uint256 count = tasks.length;
        if (count == 0 || count > BATCH_LIMIT) revert IProverMarket.BatchOutOfBounds(count, BATCH_LIMIT);
        if (signals.length != count || proofs.length != count) revert IProverMarket.BatchLengthsDiffer();
        Batch memory batch;
        (batch.queue, batch.account, batch.prover) = (queue, prover, provers.idOf(prover));
        if (msg.sender != prover && !provers.mayAct(batch.prover, msg.sender, SUBMIT_SCOPE)) {
            revert IProverMarket.NotAssignedProver(tasks[0], msg.sender);
        }
        uint16[] memory versions = new uint16[](count);
        for (uint256 i = 0; i < count; ++i) versions[i] = _tasks[tasks[i]].termsVersion;
        (batch.statementHashes, batch.windowsSeconds, batch.verdicts) = projects.judgeMany(
            queue,
            versions,
            prover,
            signals,
            proofs
        );
        batch.payout = _newPayout(count);
        results = new IProverMarket.ProofResult[](count);
        for (uint256 i = 0; i < count; ++i) results[i] = _endOne(batch, i, tasks[i], signals[i]);
        if (batch.payout.count != 0) _pay(batch.last, prover, batch.payout);
    }

    /// @notice See `IProverMarket`.
    function decline(TaskId task) external nonReentrant {
        (Task memory t, address prover) = _assigned(task, DECLINE_SCOPE);
        (Queue memory q, Terms memory terms) = projects.snapshot(t.queue, t.termsVersion);
        if (q.frozen) revert IProjectRegistry.QueueIsFrozen(t.queue); // `finalize` gives all of the price back
        uint256 windowSeconds = _window(t, terms.proofWindowSeconds);
        uint256 declineBy = t.proveBy - windowSeconds + Math.min(windowSeconds / 10, MAX_DECLINE_SECONDS);
        if (block.timestamp > declineBy)
            revert IProverMarket.DeclineWindowOver(task, block.timestamp, declineBy);

        Rescue memory r = _opened(task, t, terms);
        uint256 declineCount = ++r.declineCount;
        ProverId[2] memory earlier = [r.firstDecliner, r.secondDecliner];
        if (declineCount == 1) r.firstDecliner = t.prover;
        else if (declineCount == 2) r.secondDecliner = t.prover;
        _rescues[task] = r;
        _leaveProver(task, TaskStatus.OPEN);
        emit IProverMarket.TaskDeclined(task, prover, declineCount);
        vault.releaseBond(prover, t.bondWei, false);
        provers.recordDeclined(t.queue, t.place, t.prover);
        if (declineCount < DECLINE_LIMIT) return;

        // Three provers say that it cannot be proved: who asks for such things pays those who looked.
        uint256 partWei = Math.min(_baseFee(t.queue), t.amountWei) / DECLINE_DIVISOR;
        _creditDecliner(task, provers.accountOf(earlier[0]), partWei);
        _creditDecliner(task, provers.accountOf(earlier[1]), partWei);
        _creditDecliner(task, prover, partWei);
        _fail(task, t, DECLINE_LIMIT * partWei);
    }

    /// @notice See `IProverMarket`.
    function claimOpen(TaskId task, uint8 seat) external nonReentrant {
        Task memory t = _tasks[task];
        if (t.status != TaskStatus.OPEN) revert IProverMarket.WrongStatus(task, t.status, TaskStatus.OPEN);
        Rescue memory r = _rescues[task];
        if (block.timestamp > r.openUntil)
            revert IProverMarket.LiabilityOver(task, block.timestamp, r.openUntil);
        (Queue memory q, Terms memory terms) = projects.snapshot(t.queue, t.termsVersion);
        if (q.frozen) revert IProjectRegistry.QueueIsFrozen(t.queue);
        if (!vault.isActive(msg.sender)) revert IProverMarket.ProverNotActive(msg.sender);
        ProverId prover = provers.takeOpen(t.queue, seat, msg.sender);
        if (prover == t.prover || prover == r.firstDecliner || prover == r.secondDecliner) {
            revert IProverMarket.NotRescuer(task, msg.sender);
        }
        uint256 bondWei = AuctionMath.bond(_baseFee(t.queue), terms.tier1PenaltyWei);
        uint40 proveBy = uint40(block.timestamp + terms.proofWindowSeconds / 2);
        Task storage stored = _tasks[task];
        (stored.status, stored.place, stored.rescued, stored.proveBy, stored.prover, stored.bondWei) = (
            TaskStatus.ASSIGNED,
            seat,
            true,
            proveBy,
            prover,
            uint80(bondWei)
        );
        emit IProverMarket.TaskClaimed(task, msg.sender, uint80(bondWei), proveBy);
        address[] memory accounts = new address[](1);
        uint256[] memory bondsWei = new uint256[](1);
        (accounts[0], bondsWei[0]) = (msg.sender, bondWei);
        uint256 freeWei = vault.freeCoverOf(t.queue, accounts)[0];
        if (bondWei > freeWei) revert IStakeVault.BondExceedsFreeStake(msg.sender, bondWei, freeWei);
        vault.lockBonds(accounts, bondsWei);
    }

    /// @notice See `IProverMarket`.
    function finalize(TaskId task) external nonReentrant {
        Task memory t = _tasks[task];
        if (t.status == TaskStatus.QUEUED && projects.queueOf(t.queue).frozen) {
            _leaveBook(_tasks[task]);
            _fail(task, t, 0);
            return;
        }
        bool assigned = t.status == TaskStatus.ASSIGNED;
        if (!assigned && t.status != TaskStatus.OPEN) {
            revert IProverMarket.WrongStatus(task, t.status, TaskStatus.ASSIGNED);
        }
        (Queue memory q, Terms memory terms) = projects.snapshot(t.queue, t.termsVersion);
        if (q.frozen) {
            _fail(task, t, 0);
            if (!assigned) return;
            vault.releaseBond(provers.accountOf(t.prover), t.bondWei, false);
            provers.recordVoid(t.queue, t.place);
            return;
        }
        Rescue memory r = _opened(task, t, terms);
        uint256 endsAt = assigned ? _graceUntil(t, _window(t, terms.proofWindowSeconds)) : r.openUntil;
        if (block.timestamp <= endsAt) revert IProverMarket.NothingDue(task, block.timestamp, endsAt + 1);
        bool failed = block.timestamp > r.openUntil;
        if (assigned) _miss(task, t, terms, r, !failed);
        if (failed) _fail(task, t, 0);
    }

    /// @dev Ends one assignment of a batch, or leaves it alone.
    function _endOne(
        Batch memory batch,
        uint256 i,
        TaskId task,
        uint256[] calldata signals
    ) private returns (IProverMarket.ProofResult result) {
        Task memory t = _tasks[task];
        uint256 windowSeconds = _window(t, batch.windowsSeconds[i]);
        IProjectRegistry.Verdict verdict = batch.verdicts[i];
        if (
            t.status != TaskStatus.ASSIGNED ||
            !(t.prover == batch.prover) ||
            verdict == IProjectRegistry.Verdict.MALFORMED ||
            block.timestamp > _graceUntil(t, windowSeconds) ||
            _taskId(batch.queue, t.requester, batch.statementHashes[i], t.nonce) != task
        ) {
            emit IProverMarket.ProofSkipped(task, batch.account);
            return IProverMarket.ProofResult.SKIPPED;
        }
        bool accepted = verdict == IProjectRegistry.Verdict.ACCEPTED;
        result = _end(task, t, batch.account, windowSeconds, accepted, signals, batch.payout);
        if (result == IProverMarket.ProofResult.PROVEN) batch.last = t;
    }

    /// @dev Ends an assignment by a judged proof. What proofs in time earn is added to `payout`.
    function _end(
        TaskId task,
        Task memory t,
        address prover,
        uint256 windowSeconds,
        bool accepted,
        uint256[] calldata signals,
        Payout memory payout
    ) private returns (IProverMarket.ProofResult) {
        if (!accepted) {
            _refuse(task, t, prover);
            return IProverMarket.ProofResult.INVALID;
        }
        _leaveProver(task, TaskStatus.PROVEN);
        if (t.rescued) _payBounty(task, prover);
        if (block.timestamp > t.proveBy) {
            _payLate(task, t, prover, windowSeconds, signals);
            return IProverMarket.ProofResult.LATE;
        }
        uint256 i = payout.count++;
        uint256 assignedAt = t.proveBy - windowSeconds;
        (payout.pricesWei[i], payout.assignedAts[i]) = (t.amountWei, assignedAt);
        (payout.delaysSeconds[i], payout.windowsSeconds[i]) = (block.timestamp - assignedAt, windowSeconds);
        payout.bondWei += t.bondWei;
        payout.paidWei += t.amountWei;
        emit IProverMarket.ProofAccepted(task, prover, t.amountWei, signals);
        return IProverMarket.ProofResult.PROVEN;
    }

    /// @dev Pays a prover for its proofs in time; `t` says which prover, queue and seat.
    function _pay(Task memory t, address prover, Payout memory payout) private {
        uint256 count = payout.count;
        uint256[][4] memory lists = [
            payout.pricesWei,
            payout.assignedAts,
            payout.delaysSeconds,
            payout.windowsSeconds
        ];
        for (uint256 i = 0; i < 4; ++i) {
            uint256[] memory list = lists[i];
            // Shortens the list in place.
            assembly ("memory-safe") {
                mstore(list, count)
            }
        }
        (AcceleratorId accelerator, uint16 acceleratorBps) = provers.recordProven(
            t.queue,
            t.place,
            t.prover,
            payout.delaysSeconds,
            payout.windowsSeconds
        );
        bool sponsored = vault.releaseBond(prover, payout.bondWei, true);
        token.safeTransfer(address(splitter), payout.paidWei);
        splitter.credit(prover, payout.pricesWei, payout.assignedAts, sponsored, accelerator, acceleratorBps);
    }

    /// @dev A good proof after its window: half the price, half the bond slashed.
    function _payLate(
        TaskId task,
        Task memory t,
        address prover,
        uint256 windowSeconds,
        uint256[] calldata signals
    ) private {
        uint256 paidWei = t.amountWei / 2;
        uint256 refundWei = t.amountWei - paidWei;
        _credits[t.requester] += refundWei;
        emit IProverMarket.ProofLate(task, prover, uint96(paidWei), uint96(refundWei), signals);
        (AcceleratorId accelerator, uint16 acceleratorBps) = provers.recordLate(t.queue, t.place, t.prover);
        uint256 lossWei = _tier1Loss(t, projects.termsOf(t.queue, t.termsVersion));
        (, bool sponsored) = _slash(task, t, prover, IStakeVault.Fault.LATE, lossWei, false);
        (uint256[] memory pricesWei, uint256[] memory assignedAts) = (new uint256[](1), new uint256[](1));
        (pricesWei[0], assignedAts[0]) = (paidWei, t.proveBy - windowSeconds);
        token.safeTransfer(address(splitter), paidWei);
        splitter.credit(prover, pricesWei, assignedAts, sponsored, accelerator, acceleratorBps);
    }

    function _refuse(TaskId task, Task memory t, address prover) private {
        Terms memory terms = projects.termsOf(t.queue, t.termsVersion);
        Rescue memory r = _opened(task, t, terms);
        _leaveProver(task, TaskStatus.OPEN);
        emit IProverMarket.ProofInvalid(task, prover);
        provers.recordInvalid(t.queue, t.place, t.prover);
        _slashOpen(task, t, prover, IStakeVault.Fault.INVALID, terms, r, true);
    }

    function _miss(TaskId task, Task memory t, Terms memory terms, Rescue memory r, bool hasRescuer) private {
        address prover = provers.accountOf(t.prover);
        _leaveProver(task, TaskStatus.OPEN);
        emit IProverMarket.WindowMissed(task, prover, msg.sender);
        provers.recordMissed(t.queue, t.place, t.prover);
        _slashOpen(task, t, prover, IStakeVault.Fault.MISSED, terms, r, hasRescuer);
    }

    /// @dev Slashes for a task that becomes open; the rescuer's part waits in its bounty.
    function _slashOpen(
        TaskId task,
        Task memory t,
        address prover,
        IStakeVault.Fault fault,
        Terms memory terms,
        Rescue memory r,
        bool hasRescuer
    ) private {
        uint256 lossWei = _tier1Loss(t, terms);
        (IStakeVault.SlashParts memory parts, ) = _slash(task, t, prover, fault, lossWei, hasRescuer);
        r.bountyWei += parts.rescuerWei.toUint96();
        _rescues[task] = r;
    }

    function _slash(
        TaskId task,
        Task memory t,
        address prover,
        IStakeVault.Fault fault,
        uint256 tier1LossWei,
        bool hasRescuer
    ) private returns (IStakeVault.SlashParts memory parts, bool sponsored) {
        (parts, sponsored) = vault.slash(
            IStakeVault.SlashOrder(
                task,
                prover,
                t.bondWei,
                fault,
                t.amountWei,
                tier1LossWei,
                hasRescuer,
                fault == IStakeVault.Fault.MISSED
            )
        );
        _credits[t.requester] += parts.requesterWei + parts.tier1Wei;
        if (parts.tier1Wei != 0) _recovered[task] += parts.tier1Wei;
        if (parts.keeperWei != 0) _credits[msg.sender] += parts.keeperWei;
    }

    /// @dev Ends a task without a proof: the price goes back, less what others are owed of it.
    function _fail(TaskId task, Task memory t, uint256 owedWei) private {
        _leaveProver(task, TaskStatus.FAILED);
        uint256 refundWei = t.amountWei - owedWei;
        _credits[t.requester] += refundWei;
        uint256 bountyWei = _rescues[task].bountyWei;
        emit IProverMarket.TaskFailed(task, refundWei, bountyWei);
        if (bountyWei == 0) return;
        _rescues[task].bountyWei = 0;
        token.safeTransfer(insurance, bountyWei);
    }

    function _payBounty(TaskId task, address rescuer) private {
        uint256 bountyWei = _rescues[task].bountyWei;
        if (bountyWei == 0) return;
        _rescues[task].bountyWei = 0;
        _credits[rescuer] += bountyWei;
        emit IProverMarket.BountyPaid(task, rescuer, bountyWei);
    }

    function _creditDecliner(TaskId task, address prover, uint256 partWei) private {
        _credits[prover] += partWei;
        emit IProverMarket.DeclinePaid(task, prover, partWei);
    }

    function _leaveProver(TaskId task, TaskStatus status) private {
        Task storage stored = _tasks[task];
        (stored.status, stored.bondWei) = (status, 0);
    }

    /// @dev An assigned task and its prover, for whom the caller may act.
    function _assigned(TaskId task, uint8 scope) private view returns (Task memory t, address prover) {
        t = _tasks[task];
        if (t.status != TaskStatus.ASSIGNED)
            revert IProverMarket.WrongStatus(task, t.status, TaskStatus.ASSIGNED);
        prover = provers.accountOf(t.prover);
        if (msg.sender != prover && !provers.mayAct(t.prover, msg.sender, scope)) {
            revert IProverMarket.NotAssignedProver(task, msg.sender);
        }
    }

    /// @dev What tier 1 takes for a failure from who carries its penalty; 0 for every other requester.
    function _tier1Loss(Task memory t, Terms memory terms) private view returns (uint256) {
        if (terms.tier1PenaltyWei == 0 || projects.carrierOf(t.queue) != t.requester) return 0;
        return terms.tier1PenaltyWei;
    }

    /// @dev What an open task remembers; the first opening fixes the end of its liability window.
    function _opened(TaskId task, Task memory t, Terms memory terms) private view returns (Rescue memory r) {
        r = _rescues[task];
        if (r.openUntil == 0) r.openUntil = uint40(uint256(t.proveBy) + terms.liabilityWindowSeconds);
    }

    function _newPayout(uint256 limit) private pure returns (Payout memory payout) {
        payout.pricesWei = new uint256[](limit);
        payout.assignedAts = new uint256[](limit);
        payout.delaysSeconds = new uint256[](limit);
        payout.windowsSeconds = new uint256[](limit);
    }

    /// @dev A rescuer has half the proof window.
    function _window(Task memory t, uint256 termsSeconds) private pure returns (uint256) {
        return t.rescued ? termsSeconds / 2 : termsSeconds;
    }

    /// @dev A quarter of the window after its end a proof is still worth half.
    function _graceUntil(Task memory t, uint256 windowSeconds) private pure returns (uint256) {
        return t.proveBy + windowSeconds / 4;
    }
}
