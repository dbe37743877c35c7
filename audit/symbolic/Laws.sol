// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

interface ISolver {
    function assume(bool condition) external pure;
}

/// @title Laws
/// @notice Base of the symbolic checks: a function `check_...` holds if no arguments of its types make it panic, by an assertion
///         that fails, an overflow, a division by zero or an index out of bounds. The types of its arguments are the bounds.
abstract contract Laws {
    /// @dev Where halmos answers.
    ISolver private constant SOLVER = ISolver(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// @dev Leaves out arguments that the law says nothing of.
    function _assume(bool condition) internal pure {
        SOLVER.assume(condition);
    }
}
