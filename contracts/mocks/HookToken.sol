// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Burnable} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";

/// @title HookToken
/// @notice For tests only: a token that makes a call of its holder's choice in the middle of a transfer.
contract HookToken is ERC20Burnable {
    address private _target;
    bytes private _data;

    constructor(address holder) ERC20("Hook", "HOOK") {
        _mint(holder, 21_000_000_000e18);
    }

    /// @notice After the next movement of tokens, calls `target` with `data`; its revert is the transfer's.
    function arm(address target, bytes calldata data) external {
        (_target, _data) = (target, data);
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        address target = _target;
        if (target == address(0)) return;
        _target = address(0);
        Address.functionCall(target, _data);
    }
}
