// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

interface ISolver {
    function assume(bool condition) external pure;
}

/// @title Laws
/// @notice Base of the symbolic checks: a function `check_...` holds if no arguments of its types make an assertion fail. The types
///         of its arguments are the bounds. For arguments with which it reverts, by an overflow say, nothing is shown.
abstract contract Laws {
    /// @dev Where halmos answers.
    ISolver private constant SOLVER = ISolver(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// @dev Leaves out arguments that the law says nothing of.
    function _assume(bool condition) internal pure {
        SOLVER.assume(condition);
    }
}
