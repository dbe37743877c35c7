// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title TaikoToken
/// @notice For tests only: a tier 1 token of 8 decimals.
contract TaikoToken is ERC20 {
    /// @param holder Account that gets the supply, a billion tokens.
    constructor(address holder) ERC20("Taiko miniature", "TTKO") {
        _mint(holder, 1_000_000_000e8);
    }

    function decimals() public pure override returns (uint8) {
        return 8;
    }
}
