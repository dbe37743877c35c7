// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SealedBids} from "./SealedBids.sol";
import {IBidDesk} from "./interfaces/IBidDesk.sol";
import {IProverMarket} from "./interfaces/IProverMarket.sol";
import {TaskId} from "./types/Ids.sol";
import {RaiseRight, SignedBid} from "./types/SignedBid.sol";

/// @title BidDesk
/// @notice Where bids come in by another hand than their requester's, and where sealed bids are opened.
/// @custom:holds Deposits of sealed bids; its balance is at least one for each open commitment and what can be claimed (I-1).
/// @custom:halts A pause of the market stops new bids and raises; a bid that is revealed under it gets its deposit back.
contract BidDesk is SealedBids, EIP712 {
    bytes32 private constant SIGNED_BID_TYPEHASH = keccak256(
        "SignedBid(address requester,uint24 queue,uint256[] statement,uint96 maxFeeWei,uint40 expiresAt,bytes data,"
        "address raiser,uint96 capWei,uint256 salt,uint40 deadline)"
    );
    /// @dev What a wallet may spend on a signature; enough for several owners' keys, and too little to be a weapon.
    uint256 private constant WALLET_GAS = 100_000;

    mapping(bytes32 digest => TaskId) private _tasks;
    mapping(address requester => mapping(bytes32 digest => bool)) private _revoked;
    mapping(TaskId task => RaiseRight) private _raiseRights;

    constructor(IProverMarket market_) SealedBids(market_) EIP712("ZKPool", "1") {}

    /// @inheritdoc IBidDesk
    function placeSigned(
        SignedBid calldata bid,
        bytes calldata signature
    ) external nonReentrant returns (TaskId task) {
        // Check
        if (block.timestamp > bid.deadline) revert DeadlineOver(block.timestamp, bid.deadline);
        if (projects.queueOf(bid.queue).isSealed) revert IProverMarket.QueueIsSealed(bid.queue);
        bytes32 digest = digestOf(bid);
        if (TaskId.unwrap(_tasks[digest]) != 0) revert DigestUsed(digest, _tasks[digest]);
        if (_revoked[bid.requester][digest]) revert DigestIsRevoked(digest);
        _checkSignature(bid.requester, digest, signature);
        // Effect: the digest is taken before the market is called, which gives it its task
        _tasks[digest] = TaskId.wrap(digest);
        task = market.placeBidFor(
            bid.requester,
            bid.queue,
            bid.statement,
            bid.maxFeeWei,
            bid.expiresAt,
            bid.data
        );
        _tasks[digest] = task;
        emit SignedBidPlaced(digest, task, bid.requester, msg.sender);
        if (bid.capWei != 0) _allowRaise(task, bid.raiser, bid.capWei);
    }

    /// @inheritdoc IBidDesk
    function revokeDigest(bytes32 digest) external {
        _revoked[msg.sender][digest] = true;
        emit DigestRevoked(msg.sender, digest);
    }

    /// @inheritdoc IBidDesk
    function allowRaise(TaskId task, address raiser, uint96 capWei) external {
        if (msg.sender != market.taskOf(task).requester) {
            revert IProverMarket.NotRequester(task, msg.sender);
        }
        _allowRaise(task, raiser, capWei);
    }

    /// @inheritdoc IBidDesk
    function raiseFor(TaskId task, uint96 maxFeeWei) external nonReentrant {
        RaiseRight memory right = _raiseRights[task];
        if (maxFeeWei > right.capWei) revert RaiseAboveCap(task, maxFeeWei, right.capWei);
        if (right.raiser != address(0) && msg.sender != right.raiser) revert NotRaiser(task, msg.sender);
        emit RaisedFor(task, msg.sender, maxFeeWei);
        market.raiseBidFor(task, maxFeeWei);
    }

    /// @inheritdoc IBidDesk
    function taskOf(bytes32 digest) external view returns (TaskId) {
        return _tasks[digest];
    }

    /// @inheritdoc IBidDesk
    function isRevoked(address requester, bytes32 digest) external view returns (bool) {
        return _revoked[requester][digest];
    }

    /// @inheritdoc IBidDesk
    function raiseRightOf(TaskId task) external view returns (RaiseRight memory) {
        return _raiseRights[task];
    }

    /// @inheritdoc IBidDesk
    function digestOf(SignedBid calldata bid) public view returns (bytes32) {
        return
            _hashTypedDataV4(
                keccak256(
                    abi.encode(
                        SIGNED_BID_TYPEHASH,
                        bid.requester,
                        bid.queue,
                        keccak256(abi.encodePacked(bid.statement)),
                        bid.maxFeeWei,
                        bid.expiresAt,
                        keccak256(bid.data),
                        bid.raiser,
                        bid.capWei,
                        bid.salt,
                        bid.deadline
                    )
                )
            );
    }

    function _allowRaise(TaskId task, address raiser, uint96 capWei) private {
        _raiseRights[task] = RaiseRight(raiser, capWei);
        emit RaiseAllowed(task, raiser, capWei);
    }

    /// @dev Who has code answers for itself (EIP-1271); all others have signed with their key.
    function _checkSignature(address requester, bytes32 digest, bytes calldata signature) private view {
        if (requester.code.length == 0) {
            address signer = ECDSA.recover(digest, signature);
            if (signer != requester) revert WrongSigner(signer, requester);
        } else if (!_walletAgrees(requester, digest, signature)) {
            revert WalletRefused(requester, WALLET_GAS);
        }
    }

    /// @dev A view call with a bound on its gas, of whose answer one word is copied, however long it is.
    function _walletAgrees(
        address wallet,
        bytes32 digest,
        bytes calldata signature
    ) private view returns (bool) {
        bytes memory question = abi.encodeCall(IERC1271.isValidSignature, (digest, signature));
        bool answered;
        bytes32 answer;
        assembly ("memory-safe") {
            answered := staticcall(WALLET_GAS, wallet, add(question, 32), mload(question), 0, 32)
            answered := and(answered, gt(returndatasize(), 31))
            answer := mload(0)
        }
        return answered && answer == bytes32(IERC1271.isValidSignature.selector);
    }
}
