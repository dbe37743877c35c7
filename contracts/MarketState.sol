// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IProjectRegistry} from "./interfaces/IProjectRegistry.sol";
import {IProverRegistry} from "./interfaces/IProverRegistry.sol";
import {IRewardSplitter} from "./interfaces/IRewardSplitter.sol";
import {IStakeVault} from "./interfaces/IStakeVault.sol";
import {BaseFeeMath} from "./libraries/BaseFeeMath.sol";
import {BookHeap} from "./libraries/BookHeap.sol";
import {QueueId, TaskId} from "./types/Ids.sol";
import {Round} from "./types/Round.sol";
import {Rescue, Task} from "./types/Task.sol";

/// @title MarketState
/// @notice What both halves of the market work on: its storage and its wiring.
/// @dev First base with storage of `ProverMarket` and of `Settlement`, so that both see the same words.
abstract contract MarketState {
    using BookHeap for uint256[64];

    /// @notice The contracts the market works with; fixed at deployment.
    struct Wiring {
        IERC20 token;
        IProjectRegistry projects;
        IProverRegistry provers;
        IStakeVault vault;
        IRewardSplitter splitter;
        address insurance;
    }

    IERC20 public immutable token;
    IProjectRegistry public immutable projects;
    IProverRegistry public immutable provers;
    IStakeVault public immutable vault;
    IRewardSplitter public immutable splitter;
    address public immutable insurance;
    bool internal immutable _marketTime;

    mapping(QueueId queue => Round) internal _rounds;
    mapping(QueueId queue => uint256[64]) internal _books;
    mapping(QueueId queue => TaskId[64]) internal _places;
    mapping(TaskId task => Task) internal _tasks;
    mapping(TaskId task => Rescue) internal _rescues;
    mapping(address account => uint256) internal _credits;
    mapping(TaskId task => uint256) internal _recovered;

    constructor(Wiring memory wiring_) {
        token = wiring_.token;
        projects = wiring_.projects;
        provers = wiring_.provers;
        vault = wiring_.vault;
        splitter = wiring_.splitter;
        insurance = wiring_.insurance;
        _marketTime = wiring_.vault.usesMarketTime();
    }

    /// @notice The contracts this one works with.
    function wiring() external view returns (Wiring memory) {
        return Wiring(token, projects, provers, vault, splitter, insurance);
    }

    /// @dev Takes a bid out of its book and returns its word.
    function _leaveBook(Task storage t) internal returns (uint256 word) {
        uint256[64] storage words = _books[t.queue];
        Round storage round = _rounds[t.queue];
        uint256 index = words.find(t.place);
        word = words[index];
        words.removeAt(round.bidCount, index);
        (round.bidCount, round.places) = (round.bidCount - 1, round.places & ~(uint64(1) << t.place));
        if (round.bidCount == 0) {
            // Rounds that passed with bids in the book are held; only those from here on are empty.
            uint256 roundCount = (block.timestamp - round.startedAt) / BaseFeeMath.ROUND_SECONDS;
            round.startedAt += uint40(roundCount * BaseFeeMath.ROUND_SECONDS);
        }
    }

    /// @dev The round with empty rounds passed: while the book is empty each whole round lowers E by TARGET.
    function _currentRound(QueueId queue) internal view returns (Round memory round) {
        round = _rounds[queue];
        if (round.startedAt == 0) {
            round.startedAt = uint40(block.timestamp);
        } else if (round.bidCount == 0) {
            uint256 roundCount = (block.timestamp - round.startedAt) / BaseFeeMath.ROUND_SECONDS;
            round.excess = uint32(BaseFeeMath.afterEmpty(round.excess, roundCount));
            round.startedAt += uint40(roundCount * BaseFeeMath.ROUND_SECONDS);
        }
    }

    function _taskId(
        QueueId queue,
        address requester,
        bytes32 statementHash,
        uint40 nonce
    ) internal view returns (TaskId) {
        return
            TaskId.wrap(
                keccak256(abi.encode(block.chainid, address(this), queue, requester, statementHash, nonce))
            );
    }

    function _baseFee(QueueId queue) internal view returns (uint256) {
        return BaseFeeMath.baseFee(_currentRound(queue).excess);
    }
}
