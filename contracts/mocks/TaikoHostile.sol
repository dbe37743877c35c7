// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ITaiko} from "../tier1/ITaiko.sol";

/// @title TaikoHostile
/// @notice For tests only: a tier 1 that assigns anything to anybody, and reverts, burns gas, calls back, answers at length or
///         lies about money when told to.
contract TaikoHostile is ITaiko {
    enum Manner {
        POLITE,
        REVERTS,
        BURNS_GAS,
        LONG,
        CALLS_BACK,
        STINGY
    }

    /// @dev About the longest answer that the gas for it can hold.
    uint256 private constant LONG_BYTES = 100_000;

    IERC20 public immutable token;
    Manner public manner;
    mapping(uint256 id => Block) private _blocks;
    Staker private _staker;
    uint256 private _penaltyUnits;
    uint256 private _owedUnits;
    address private _target;
    bytes private _data;
    /// @notice Whether the call back went through.
    bool public calledBack;

    error Rude();

    constructor(IERC20 token_) {
        token = token_;
    }

    function behave(Manner manner_) external {
        manner = manner_;
    }

    /// @notice Calls `target` back with `data` whenever it is called to do something.
    function arm(address target, bytes calldata data) external {
        (manner, _target, _data) = (Manner.CALLS_BACK, target, data);
    }

    /// @notice Owes units as rewards, which it has been given.
    function owe(uint256 units) external {
        _owedUnits = units;
    }

    /// @notice Says what it likes of a block.
    function setBlock(uint256 id, Block calldata b) external {
        _blocks[id] = b;
    }

    /// @notice Says what it likes of everybody's stake and penalty.
    function setStaker(Staker calldata staker, uint256 penaltyUnits) external {
        (_staker, _penaltyUnits) = (staker, penaltyUnits);
    }

    /// @inheritdoc ITaiko
    function stake(uint64 units, uint32, uint16) external {
        _act();
        token.transferFrom(msg.sender, address(this), units);
    }

    /// @inheritdoc ITaiko
    function requestExit() external {
        _act();
    }

    /// @inheritdoc ITaiko
    function withdrawStake() external {
        _act();
    }

    /// @inheritdoc ITaiko
    function withdrawRewards() external {
        if (manner == Manner.STINGY) revert Rude();
        _act();
        uint256 owedUnits = _owedUnits;
        _owedUnits = 0;
        token.transfer(msg.sender, owedUnits);
    }

    /// @inheritdoc ITaiko
    function proveBlock(uint256, uint256[] calldata, bytes calldata) external {
        _act();
    }

    /// @inheritdoc ITaiko
    function markLate(uint256) external {
        _act();
    }

    /// @inheritdoc ITaiko
    function blockOf(uint256 id) external view returns (Block memory) {
        _look();
        return _blocks[id];
    }

    /// @inheritdoc ITaiko
    function stakerOf(address) external view returns (Staker memory) {
        _look();
        return _staker;
    }

    /// @inheritdoc ITaiko
    function rewardsOf(address) external view returns (uint256) {
        _look();
        return type(uint256).max;
    }

    /// @inheritdoc ITaiko
    function penaltyOf(uint256) external view returns (uint256) {
        _look();
        return _penaltyUnits;
    }

    /// @inheritdoc ITaiko
    function accepts(uint256, address, uint256[] calldata, bytes calldata) external view returns (bool) {
        _look();
        return true;
    }

    function _act() private {
        if (manner == Manner.CALLS_BACK) {
            // solhint-disable-next-line avoid-low-level-calls
            (bool ok, bytes memory answer) = _target.call(_data);
            calledBack = ok;
            if (!ok && answer.length == 0) revert Rude();
            return;
        }
        _look();
    }

    function _look() private view {
        if (manner == Manner.REVERTS) revert Rude();
        uint256 burned = 0;
        while (manner == Manner.BURNS_GAS) ++burned;
        if (manner != Manner.LONG) return;
        assembly ("memory-safe") {
            return(0, LONG_BYTES)
        }
    }
}
