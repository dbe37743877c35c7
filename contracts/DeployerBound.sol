// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title DeployerBound
/// @notice Remembers its deployer, who may wire it to contracts that come later, each once.
abstract contract DeployerBound {
    address private immutable _deployer;

    error NotDeployer(address caller);
    error HasNoCode(address account);

    modifier onlyDeployer() {
        if (msg.sender != _deployer) revert NotDeployer(msg.sender);
        _;
    }

    constructor() {
        _deployer = msg.sender;
    }

    function _checkCode(address account) internal view {
        if (account.code.length == 0) revert HasNoCode(account);
    }
}
