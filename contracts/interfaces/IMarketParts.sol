// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IProjectRegistry} from "./IProjectRegistry.sol";

/// @title IMarketParts
/// @notice The contracts a market works with, as it shows them; for those built around a market.
interface IMarketParts {
    function token() external view returns (IERC20);

    function projects() external view returns (IProjectRegistry);

    function insurance() external view returns (address);
}
