// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Bidding} from "./Bidding.sol";
import {MarketState} from "./MarketState.sol";
import {Settlement} from "./Settlement.sol";
import {IProverMarket} from "./interfaces/IProverMarket.sol";
import {BaseFeeMath} from "./libraries/BaseFeeMath.sol";
import {QueueId, TaskId} from "./types/Ids.sol";
import {Rescue, Task} from "./types/Task.sol";

/// @title ProverMarket
/// @notice Where requesters bid for proofs and provers are paid for them.
/// @custom:holds Escrowed bids, prices and bounties of open tasks, and credits; its balance is at least their sum (I-1, I-2).
/// @custom:halts `pause` stops new bids, raises and clearing. Proofs, rescues, refunds and claims never stop.
contract ProverMarket is Bidding, Ownable2Step {
    using SafeERC20 for IERC20;

    /// @dev Room for a tier 1 that pays out or slashes late.
    uint256 public constant TIER1_COOLDOWN_SECONDS = 2 days;
    /// @notice The code of a task's life after its assignment.
    Settlement public immutable settlement;
    /// @inheritdoc IProverMarket
    address public guardian;

    modifier onlyGuardianOrOwner() {
        if (msg.sender != guardian && msg.sender != owner()) revert NotGuardian(msg.sender);
        _;
    }

    constructor(
        Wiring memory wiring_,
        Settlement settlement_,
        address owner_,
        address guardian_
    ) MarketState(wiring_) Ownable(owner_) {
        settlement = settlement_;
        if (keccak256(abi.encode(settlement_.wiring())) != keccak256(abi.encode(wiring_))) {
            revert WrongSettlement(address(settlement_));
        }
        uint256 needed =
            2 * projects.MAX_WINDOW_SECONDS() + TIER1_COOLDOWN_SECONDS + BaseFeeMath.ROUND_SECONDS;
        uint256 unbonding = vault.UNBONDING_SECONDS();
        if (unbonding <= needed) revert UnbondingTooShort(unbonding, needed);
        _setGuardian(guardian_);
    }

    /// @inheritdoc IProverMarket
    function submitProof(TaskId, uint256[] calldata, bytes calldata) external {
        _settle();
    }

    /// @inheritdoc IProverMarket
    function submitProofs(
        QueueId,
        address,
        TaskId[] calldata,
        uint256[][] calldata,
        bytes[] calldata
    ) external returns (ProofResult[] memory) {
        _settle();
    }

    /// @inheritdoc IProverMarket
    function decline(TaskId) external {
        _settle();
    }

    /// @inheritdoc IProverMarket
    function claimOpen(TaskId, uint8) external {
        _settle();
    }

    /// @inheritdoc IProverMarket
    function finalize(TaskId) external {
        _settle();
    }

    /// @inheritdoc IProverMarket
    function claimCredit() external nonReentrant returns (uint256 paidWei) {
        paidWei = _credits[msg.sender];
        if (paidWei == 0) revert NothingToClaim(msg.sender);
        _credits[msg.sender] = 0;
        emit CreditClaimed(msg.sender, paidWei);
        token.safeTransfer(msg.sender, paidWei);
    }

    /// @inheritdoc IProverMarket
    function pause() external onlyGuardianOrOwner {
        _pause();
    }

    /// @inheritdoc IProverMarket
    function unpause() external onlyGuardianOrOwner {
        _unpause();
    }

    /// @inheritdoc IProverMarket
    function setGuardian(address guardian_) external onlyOwner {
        _setGuardian(guardian_);
    }

    /// @inheritdoc IProverMarket
    function taskOf(TaskId task) external view returns (Task memory) {
        return _tasks[task];
    }

    /// @inheritdoc IProverMarket
    function rescueOf(TaskId task) external view returns (Rescue memory) {
        return _rescues[task];
    }

    /// @inheritdoc IProverMarket
    function recoveredOf(TaskId task) external view returns (uint256) {
        return _recovered[task];
    }

    /// @inheritdoc IProverMarket
    function taskIdOf(
        QueueId queue,
        address requester,
        uint256[] calldata statement,
        uint40 nonce
    ) external view returns (TaskId) {
        return _taskId(queue, requester, keccak256(abi.encode(statement)), nonce);
    }

    /// @inheritdoc IProverMarket
    function creditOf(address account) external view returns (uint256) {
        return _credits[account];
    }

    function _setGuardian(address guardian_) private {
        if (guardian_ == address(0)) revert ZeroAddress();
        guardian = guardian_;
        emit GuardianSet(guardian_);
    }

    /// @dev Runs this call's code of `Settlement` here, and ends the call with its answer.
    function _settle() private {
        address code = address(settlement);
        assembly {
            calldatacopy(0, 0, calldatasize())
            let done := delegatecall(gas(), code, 0, calldatasize(), 0, 0)
            returndatacopy(0, 0, returndatasize())
            switch done
            case 0 {
                revert(0, returndatasize())
            }
            default {
                return(0, returndatasize())
            }
        }
    }
}
