// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title CodeStore
/// @notice Keeps bytes as the code of an account whose address follows from a key: found without a storage
///         read, read by one EXTCODECOPY, changed by nobody.
/// @dev The address must not depend on the bytes, so they are put there in two steps (known as CREATE3):
///      CREATE2 makes a creator, always of the same code, with the key as salt; the creator's first CREATE
///      makes the account.
library CodeStore {
    /// @dev Kept code begins with STOP, so that calling the account does nothing.
    uint256 internal constant PREFIX_BYTES = 1;

    /// @dev Deploys `363d3d37363d34f0`: creates an account with the calldata as creation code.
    bytes16 private constant CREATOR = 0x67363d3d37363d34f03d5260086018f3;
    bytes32 private constant CREATOR_HASH = keccak256(abi.encodePacked(CREATOR));

    /// @dev Creation code of what is kept, the size aside: returns all that follows its first ten bytes.
    ///      PUSH2 size DUP1 PUSH1 10 RETURNDATASIZE CODECOPY RETURNDATASIZE RETURN, then STOP.
    bytes1 private constant PUSH2 = 0x61;
    bytes8 private constant RETURN_REST = 0x80600a3d393df300;

    /// @notice The bytes could not be kept: too little gas, or something is kept under the key.
    error CodeStoreFailed();

    /// @notice Keeps `content` under a key that keeps nothing yet.
    /// @param content At most 24,575 bytes.
    function write(bytes32 key, bytes memory content) internal {
        bytes memory creation = abi.encodePacked(
            PUSH2,
            uint16(content.length + PREFIX_BYTES),
            RETURN_REST,
            content
        );
        bool done;
        assembly ("memory-safe") {
            mstore(0, CREATOR)
            let creator := create2(0, 0, 16, key)
            done := and(
                iszero(iszero(creator)),
                call(gas(), creator, 0, add(creation, 0x20), mload(creation), 0, 0)
            )
        }
        if (!done || size(pointerOf(key)) != content.length) revert CodeStoreFailed();
    }

    /// @notice The bytes kept at `pointer`.
    function read(address pointer) internal view returns (bytes memory content) {
        content = new bytes(size(pointer));
        assembly ("memory-safe") {
            extcodecopy(pointer, add(content, 0x20), PREFIX_BYTES, mload(content))
        }
    }

    /// @notice How many bytes are kept at `pointer`; zero if nothing is.
    function size(address pointer) internal view returns (uint256) {
        uint256 codeSize = pointer.code.length;
        return codeSize == 0 ? 0 : codeSize - PREFIX_BYTES;
    }

    /// @notice Where the bytes of `key` are kept by this contract.
    function pointerOf(bytes32 key) internal view returns (address pointer) {
        bytes32 creatorHash = CREATOR_HASH;
        assembly ("memory-safe") {
            // CREATE2: the last 20 bytes of keccak256(0xff ++ this ++ key ++ hash of the creation code).
            let free := mload(0x40)
            mstore(free, or(shl(248, 0xff), shl(88, address())))
            mstore(add(free, 21), key)
            mstore(add(free, 53), creatorHash)
            // CREATE with nonce 1: of keccak256(rlp([creator, 1])) = keccak256(0xd694 ++ creator ++ 0x01).
            mstore(
                0,
                or(
                    shl(240, 0xd694),
                    shl(80, and(keccak256(free, 85), 0xffffffffffffffffffffffffffffffffffffffff))
                )
            )
            mstore8(22, 1)
            pointer := and(keccak256(0, 23), 0xffffffffffffffffffffffffffffffffffffffff)
        }
    }
}
