// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {ERC20Burnable} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";
import {IInsuranceFund} from "./interfaces/IInsuranceFund.sol";

/// @title InsuranceFund
/// @notice Keeps what decay, slashing and cancelled bids leave; burns what stands above its cap.
/// @custom:holds Insurance money: its whole token balance.
/// @custom:halts Nothing stops; nobody can take money out, the owner moves the cap inside its bounds.
contract InsuranceFund is IInsuranceFund, Ownable2Step {
    uint256 public constant MIN_CAP_WEI = 1e24;
    /// @dev A tenth of the supply of 21e9 ZK.
    uint256 public constant MAX_CAP_WEI = 2.1e27;

    ERC20Burnable public immutable token;
    /// @inheritdoc IInsuranceFund
    uint256 public capWei;

    constructor(ERC20Burnable token_, address owner_, uint256 capWei_) Ownable(owner_) {
        token = token_;
        _setCap(capWei_);
    }

    /// @inheritdoc IInsuranceFund
    function burnOverflow() external returns (uint256 burnedWei) {
        uint256 balance = token.balanceOf(address(this));
        if (balance <= capWei) revert NothingToBurn(balance, capWei);
        burnedWei = balance - capWei;
        emit Burned(burnedWei);
        token.burn(burnedWei);
    }

    /// @inheritdoc IInsuranceFund
    function setCap(uint256 capWei_) external onlyOwner {
        _setCap(capWei_);
    }

    function _setCap(uint256 capWei_) private {
        if (capWei_ < MIN_CAP_WEI || capWei_ > MAX_CAP_WEI)
            revert CapOutOfBounds(capWei_, MIN_CAP_WEI, MAX_CAP_WEI);
        capWei = capWei_;
        emit CapSet(capWei_);
    }
}
