// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title IUnitExchange
/// @notice A standing order at a fixed price between ZK and a token of tier 1, whose smallest parts are called units.
interface IUnitExchange {
    /// @notice What the pool still buys and sells.
    struct Orders {
        // storage word 0
        uint64 buyUnits;
        uint64 sellUnits;
    }

    /// @notice A whole token of tier 1 is worth this much ZK.
    event UnitPriceSet(uint256 priceWei);
    event OrdersSet(uint64 buyUnits, uint64 sellUnits);
    event UnitsBought(address indexed seller, uint256 units, uint256 paidWei);
    event UnitsSold(address indexed buyer, uint256 units, uint256 paidWei);
    event OperatorSet(address indexed operator);

    error NotOperator(address caller);
    error AmountZero();
    error UnitPriceOutOfBounds(uint256 gotWei, uint256 minWei, uint256 maxWei);
    /// @notice The pool does not buy, or sell, that many units now.
    error OrderTooSmall(uint256 gotUnits, uint256 leftUnits);
    /// @notice The price has moved to where the caller does not want to trade.
    error PriceMoved(uint256 gotWei, uint256 limitWei);
    /// @notice The pool's free ZK here does not cover it.
    error FreeFundsTooLow(uint256 gotWei, uint256 freeWei);
    /// @notice The token moved another amount than asked; such tokens are refused.
    error TokenTookFee(uint256 expectedWei, uint256 gotWei);

    /// @notice Sells units to the pool, for ZK rounded down.
    /// @param minPaidWei least that the caller takes for them.
    function sellUnits(uint256 units, uint256 minPaidWei) external returns (uint256 paidWei);

    /// @notice Buys units from the pool, for ZK rounded up.
    /// @param maxPaidWei most that the caller pays for them.
    function buyUnits(uint256 units, uint256 maxPaidWei) external returns (uint256 paidWei);

    /// @notice Sets what the pool still buys and sells; operator only.
    function setOrders(uint64 buyUnits, uint64 sellUnits) external;

    /// @notice Sets the price of a whole token; owner only.
    function setUnitPrice(uint256 priceWei) external;

    /// @notice Sets who acts for the pool here; owner only; zero for nobody.
    function setOperator(address operator) external;

    function orders() external view returns (Orders memory);

    function unitPriceWei() external view returns (uint256);

    function operator() external view returns (address);
}
