// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title IInsuranceFund
/// @notice What decay, slashing and cancelled bids leave. Above its cap the rest is burned, by anybody.
interface IInsuranceFund {
    event Burned(uint256 amountWei);
    event CapSet(uint256 capWei);

    error NothingToBurn(uint256 balanceWei, uint256 capWei);
    error CapOutOfBounds(uint256 gotWei, uint256 minWei, uint256 maxWei);

    /// @notice Burns what stands above the cap.
    function burnOverflow() external returns (uint256 burnedWei);

    /// @notice Sets the cap; owner only.
    function setCap(uint256 capWei) external;

    function capWei() external view returns (uint256);
}
