// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title MockWallet
/// @notice For tests only: a contract account of one owner, whose signature of a hash it takes for its own, and that
///         misbehaves when asked to.
/// @dev The careless kind: the owner's signature does not name the wallet. Some signatures misbehave: "revert" reverts, "burn"
///      spends all gas, "short" returns four bytes, "clipped" 31, "dirty" returns one bit too many, "huge" returns 160,000
///      bytes that begin with no, "long" as many that begin with yes.
contract MockWallet is IERC1271 {
    uint256 private constant HUGE_BYTES = 160_000;
    bytes32 private constant YES = bytes32(IERC1271.isValidSignature.selector);

    address public immutable owner;

    error AskedToRevert();
    error NotOwner(address caller);

    constructor(address owner_) {
        owner = owner_;
    }

    /// @notice Makes a call as the wallet; owner only.
    function execute(address target, bytes calldata data) external returns (bytes memory) {
        if (msg.sender != owner) revert NotOwner(msg.sender);
        return Address.functionCall(target, data);
    }

    /// @inheritdoc IERC1271
    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        bytes32 asked = keccak256(signature);
        if (asked == keccak256("revert")) revert AskedToRevert();
        if (asked == keccak256("burn")) {
            assembly {
                invalid()
            }
        }
        if (asked == keccak256("short")) _answer(YES, 4);
        if (asked == keccak256("clipped")) _answer(YES, 31);
        if (asked == keccak256("dirty")) _answer(YES | bytes32(uint256(1)), 32);
        if (asked == keccak256("huge")) _answer(0, HUGE_BYTES);
        if (asked == keccak256("long")) _answer(YES, HUGE_BYTES);
        (address signer, , ) = ECDSA.tryRecover(hash, signature);
        return signer == owner ? IERC1271.isValidSignature.selector : bytes4(0);
    }

    function _answer(bytes32 first, uint256 size) private pure {
        assembly {
            mstore(0, first)
            return(0, size)
        }
    }
}
