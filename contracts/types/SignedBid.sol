// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {QueueId} from "./Ids.sol";

/// @notice A bid as its requester signs it (EIP-712). One bid, one digest, at most one task.
struct SignedBid {
    address requester; // who pays: the signer, or the wallet that answers for the signature
    QueueId queue;
    uint256[] statement; // the signals that the queue fixes, in order
    uint96 maxFeeWei; // all it is willing to pay, base fee included
    uint40 expiresAt; // last second at which the bid is live
    bytes data; // public; witness inputs, or where to get them with a hash
    address raiser; // who may raise the bid for the requester; zero for anybody
    uint96 capWei; // up to here; zero for nobody
    uint256 salt; // tells apart bids that are otherwise equal
    uint40 deadline; // last second at which it may be brought on chain
}

/// @notice Who may raise a bid for its requester, and up to where.
struct RaiseRight {
    // storage word 0
    address raiser; // zero for anybody
    uint96 capWei; // zero for nobody
}
