// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title FeeToken
/// @notice For tests only: a token that burns a part of every transfer, so the receiver gets less than was sent.
contract FeeToken is ERC20 {
    uint256 private constant BPS = 10_000;

    /// @notice Part of a transfer that is burned, in basis points.
    uint256 public immutable feeBps;

    /// @param holder Account that gets the supply.
    /// @param feeBps_ Part of a transfer that is burned; at most 10,000.
    constructor(address holder, uint256 feeBps_) ERC20("Fee on transfer", "FEE") {
        feeBps = feeBps_;
        _mint(holder, 1_000_000e18);
    }

    function _update(address from, address to, uint256 value) internal override {
        uint256 feeWei = from == address(0) || to == address(0) ? 0 : (value * feeBps) / BPS;
        if (feeWei > 0) super._update(from, address(0), feeWei);
        super._update(from, to, value - feeWei);
    }
}
