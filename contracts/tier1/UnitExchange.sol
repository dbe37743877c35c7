// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IUnitExchange} from "./IUnitExchange.sol";
import {UnitMath} from "./UnitMath.sol";

/// @title UnitExchange
/// @notice How an adapter comes from ZK to tier 1's token and back: anybody trades with it, at the owner's price, as far as the
///         operator's orders go.
abstract contract UnitExchange is IUnitExchange, Ownable2Step, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @dev A thousandth and a thousand times of a ZK; a wrong price costs at most what the orders let pass.
    uint256 public constant MIN_UNIT_PRICE_WEI = 1e15;
    uint256 public constant MAX_UNIT_PRICE_WEI = 1e21;

    IERC20 public immutable token;
    IERC20 public immutable unitToken;
    /// @notice Units of a whole token of tier 1.
    uint256 public immutable tokenUnits;
    /// @inheritdoc IUnitExchange
    uint256 public unitPriceWei;
    /// @inheritdoc IUnitExchange
    address public operator;
    Orders private _orders;

    modifier onlyOperator() {
        if (msg.sender != operator) revert NotOperator(msg.sender);
        _;
    }

    constructor(
        IERC20 token_,
        IERC20Metadata unitToken_,
        uint256 priceWei,
        address owner_,
        address operator_
    ) Ownable(owner_) {
        (token, unitToken) = (token_, unitToken_);
        tokenUnits = 10 ** unitToken_.decimals();
        _setUnitPrice(priceWei);
        _setOperator(operator_);
    }

    /// @inheritdoc IUnitExchange
    function sellUnits(uint256 units, uint256 minPaidWei) external nonReentrant returns (uint256 paidWei) {
        if (units == 0) revert AmountZero();
        if (units > _orders.buyUnits) revert OrderTooSmall(units, _orders.buyUnits);
        paidWei = UnitMath.toWeiDown(units, unitPriceWei, tokenUnits);
        if (paidWei < minPaidWei) revert PriceMoved(paidWei, minPaidWei);
        _checkFree(paidWei);
        _orders.buyUnits -= uint64(units);
        emit UnitsBought(msg.sender, units, paidWei);
        _take(unitToken, units);
        token.safeTransfer(msg.sender, paidWei);
    }

    /// @inheritdoc IUnitExchange
    function buyUnits(uint256 units, uint256 maxPaidWei) external nonReentrant returns (uint256 paidWei) {
        if (units == 0) revert AmountZero();
        if (units > _orders.sellUnits) revert OrderTooSmall(units, _orders.sellUnits);
        paidWei = UnitMath.toWeiUp(units, unitPriceWei, tokenUnits);
        if (paidWei > maxPaidWei) revert PriceMoved(paidWei, maxPaidWei);
        _orders.sellUnits -= uint64(units);
        emit UnitsSold(msg.sender, units, paidWei);
        _take(token, paidWei);
        unitToken.safeTransfer(msg.sender, units);
    }

    /// @inheritdoc IUnitExchange
    function setOrders(uint64 buyUnits_, uint64 sellUnits_) external onlyOperator {
        _orders = Orders(buyUnits_, sellUnits_);
        emit OrdersSet(buyUnits_, sellUnits_);
    }

    /// @inheritdoc IUnitExchange
    function setUnitPrice(uint256 priceWei) external onlyOwner {
        _setUnitPrice(priceWei);
    }

    /// @inheritdoc IUnitExchange
    function setOperator(address operator_) external onlyOwner {
        _setOperator(operator_);
    }

    /// @inheritdoc IUnitExchange
    function orders() external view returns (Orders memory) {
        return _orders;
    }

    /// @dev Pulls tokens from the caller and sees that they came.
    function _take(IERC20 from, uint256 amount) internal {
        uint256 before = from.balanceOf(address(this));
        from.safeTransferFrom(msg.sender, address(this), amount);
        uint256 got = from.balanceOf(address(this)) - before;
        if (got != amount) revert TokenTookFee(amount, got);
    }

    function _checkFree(uint256 amountWei) internal view {
        uint256 freeWei = _freeWei();
        if (amountWei > freeWei) revert FreeFundsTooLow(amountWei, freeWei);
    }

    function _worthDown(uint256 units) internal view returns (uint256) {
        return UnitMath.toWeiDown(units, unitPriceWei, tokenUnits);
    }

    function _worthUp(uint256 units) internal view returns (uint256) {
        return UnitMath.toWeiUp(units, unitPriceWei, tokenUnits);
    }

    /// @dev ZK here that is promised to nobody.
    function _freeWei() internal view virtual returns (uint256);

    function _setUnitPrice(uint256 priceWei) private {
        if (priceWei < MIN_UNIT_PRICE_WEI || priceWei > MAX_UNIT_PRICE_WEI) {
            revert UnitPriceOutOfBounds(priceWei, MIN_UNIT_PRICE_WEI, MAX_UNIT_PRICE_WEI);
        }
        unitPriceWei = priceWei;
        emit UnitPriceSet(priceWei);
    }

    function _setOperator(address operator_) private {
        operator = operator_;
        emit OperatorSet(operator_);
    }
}
