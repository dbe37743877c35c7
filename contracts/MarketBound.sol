// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title MarketBound
/// @notice Knows the market as the one address allowed to act, set once by the deployer.
abstract contract MarketBound {
    address private immutable _deployer;
    address private _market;

    event MarketBoundTo(address indexed market);

    error NotDeployer(address caller);
    error NotMarket(address caller);
    error MarketAlreadyBound(address market);
    error MarketHasNoCode(address market);

    modifier onlyMarket() {
        if (msg.sender != _market) revert NotMarket(msg.sender);
        _;
    }

    constructor() {
        _deployer = msg.sender;
    }

    /// @notice Sets the market, once.
    function bindMarket(address market_) external {
        if (msg.sender != _deployer) revert NotDeployer(msg.sender);
        if (_market != address(0)) revert MarketAlreadyBound(_market);
        if (market_.code.length == 0) revert MarketHasNoCode(market_);
        _market = market_;
        emit MarketBoundTo(market_);
    }

    /// @notice The market; zero until it is bound.
    function market() external view returns (address) {
        return _market;
    }
}
