// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IDelegationVault} from "../interfaces/IDelegationVault.sol";

/// @title MockAdapter
/// @notice For tests only: an adapter of the delegation vault that says what it is told to, as rudely as it is told to.
contract MockAdapter {
    enum Manner {
        HONEST,
        REVERTS,
        BURNS_GAS,
        SHORT,
        LONG,
        REENTERS
    }

    /// @dev About the longest answer that the gas for it can hold.
    uint256 private constant LONG_BYTES = 320_000;

    Manner public manner;
    uint256 private _valueWei;

    error Rude();

    /// @notice Sets what `valueWei` answers, and how.
    function say(Manner manner_, uint256 valueWei_) external {
        (manner, _valueWei) = (manner_, valueWei_);
    }

    /// @notice Gives money back to the vault.
    function giveBack(IERC20 token, IDelegationVault vault, uint256 amountWei) external {
        token.approve(address(vault), amountWei);
        vault.repay(amountWei);
    }

    /// @dev `valueWei()`, whose answer need not be a number.
    // solhint-disable-next-line no-complex-fallback
    fallback(bytes calldata) external returns (bytes memory) {
        if (manner == Manner.REVERTS) revert Rude();
        if (manner == Manner.REENTERS) IDelegationVault(msg.sender).settleRequests(1);
        if (manner == Manner.SHORT) return hex"01";
        if (manner == Manner.LONG) return new bytes(LONG_BYTES);
        uint256 burned = 0;
        while (manner == Manner.BURNS_GAS) ++burned;
        return abi.encode(_valueWei);
    }
}
