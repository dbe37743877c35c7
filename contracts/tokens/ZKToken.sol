// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Burnable} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title ZKToken
/// @notice The stake and payment token of local and test networks: fixed supply, permit, burn, no owner.
/// @custom:holds Nothing.
/// @custom:halts Never.
contract ZKToken is ERC20Permit, ERC20Burnable {
    /// @notice Everything there will ever be; nothing mints after construction.
    uint256 public constant SUPPLY_WEI = 21_000_000_000e18;

    /// @param holder Account that gets the whole supply.
    constructor(address holder) ERC20("ZKPool", "ZKP") ERC20Permit("ZKPool") {
        _mint(holder, SUPPLY_WEI);
    }
}
