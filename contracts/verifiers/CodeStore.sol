// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title CodeStore
/// @notice Keeps bytes as the code of a new account: read by one EXTCODECOPY, and nothing can change them.
library CodeStore {
    /// @dev Code begins with STOP, so that calling the account does nothing.
    uint256 internal constant PREFIX_BYTES = 1;

    /// @dev Creation code: returns all that follows these ten bytes, the first being STOP. The size goes at `SIZE`.
    ///      PUSH2 size DUP1 PUSH1 10 RETURNDATASIZE CODECOPY RETURNDATASIZE RETURN, then STOP.
    bytes3 private constant HEAD = 0x610000;
    bytes8 private constant TAIL = 0x80600a3d393df300;

    error CodeStoreFailed();

    /// @notice Puts `content` into the code of a new account.
    /// @param content At most 24,575 bytes.
    function write(bytes memory content) internal returns (address pointer) {
        bytes3 push = HEAD | bytes3(uint24(content.length + PREFIX_BYTES));
        bytes memory creation = abi.encodePacked(push, TAIL, content);
        assembly ("memory-safe") {
            pointer := create(0, add(creation, 0x20), mload(creation))
        }
        if (pointer == address(0)) revert CodeStoreFailed();
    }

    /// @notice The bytes kept at `pointer`.
    function read(address pointer) internal view returns (bytes memory content) {
        content = new bytes(pointer.code.length - PREFIX_BYTES);
        assembly ("memory-safe") {
            extcodecopy(pointer, add(content, 0x20), PREFIX_BYTES, mload(content))
        }
    }
}
