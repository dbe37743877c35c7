// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DeployerBound} from "./DeployerBound.sol";

/// @title MarketBound
/// @notice Knows the market as the one address allowed to act, set once by the deployer.
abstract contract MarketBound is DeployerBound {
    address private _market;

    event MarketBoundTo(address indexed market);

    error NotMarket(address caller);
    error MarketAlreadyBound(address market);

    modifier onlyMarket() {
        if (msg.sender != _market) revert NotMarket(msg.sender);
        _;
    }

    /// @notice Sets the market, once.
    function bindMarket(address market_) external onlyDeployer {
        if (_market != address(0)) revert MarketAlreadyBound(_market);
        _checkCode(market_);
        _market = market_;
        emit MarketBoundTo(market_);
    }

    /// @notice The market; zero until it is bound.
    function market() external view returns (address) {
        return _market;
    }
}
