// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title Tier1Caller
/// @notice Calls into a project that nobody here answers for: with bounded gas, and a failure that says what failed.
/// @dev What a call returns has at most the size its gas could pay for, so copying it costs no more than that again.
abstract contract Tier1Caller {
    /// @dev Kept for what follows a call.
    uint256 private constant RESERVE_GAS = 100_000;

    /// @notice Tier 1 refused, or ran out of the gas it gets. `reason` is the selector of its error, zero without one.
    error Tier1CallFailed(bytes4 called, bytes4 reason);
    /// @notice With less gas tier 1 could fail for want of it.
    error GasShort(uint256 gasLeft, uint256 gasNeeded);

    function _callTier1(address target, uint256 gasLimit, bytes memory data) internal {
        (bool ok, bytes memory answer) = _tryTier1(target, gasLimit, data);
        if (!ok) revert Tier1CallFailed(bytes4(data), bytes4(answer));
    }

    /// @dev For what may fail without harm.
    function _tryTier1(
        address target,
        uint256 gasLimit,
        bytes memory data
    ) internal returns (bool ok, bytes memory answer) {
        _checkGas(gasLimit);
        // solhint-disable-next-line avoid-low-level-calls
        return target.call{gas: gasLimit}(data);
    }

    function _readTier1(
        address target,
        uint256 gasLimit,
        bytes memory data
    ) internal view returns (bytes memory answer) {
        _checkGas(gasLimit);
        bool ok;
        (ok, answer) = target.staticcall{gas: gasLimit}(data);
        if (!ok) revert Tier1CallFailed(bytes4(data), bytes4(answer));
    }

    /// @dev A call gets at most 63/64 of the gas that is left.
    function _checkGas(uint256 gasLimit) private view {
        uint256 needed = gasLimit + gasLimit / 63 + RESERVE_GAS;
        if (gasleft() < needed) revert GasShort(gasleft(), needed);
    }
}
