// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Arrays} from "@openzeppelin/contracts/utils/Arrays.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {MarketState} from "./MarketState.sol";
import {IProjectRegistry} from "./interfaces/IProjectRegistry.sol";
import {IProverMarket} from "./interfaces/IProverMarket.sol";
import {AuctionMath} from "./libraries/AuctionMath.sol";
import {BaseFeeMath} from "./libraries/BaseFeeMath.sol";
import {BookHeap} from "./libraries/BookHeap.sol";
import {StrideMath} from "./libraries/StrideMath.sol";
import {QueueId, TaskId} from "./types/Ids.sol";
import {Candidate, SeatAward} from "./types/Prover.sol";
import {Queue, Terms} from "./types/Queue.sol";
import {Round} from "./types/Round.sol";
import {Task, TaskStatus} from "./types/Task.sol";

/// @title Clearing
/// @notice The end of a round: prices, assignments, base fee.
abstract contract Clearing is IProverMarket, MarketState, Pausable, ReentrancyGuardTransient {
    using BookHeap for uint256[64];

    /// @dev What a clearing works on, in memory.
    struct Sale {
        QueueId queue;
        uint256 baseFeeWei;
        uint256 bondWei;
        uint16 termsVersion;
        uint24 minRatingPpm;
        uint256[] words; // live bids, ascending
        uint256 bidCount; // n: live bids at or above the base fee
        Candidate[] candidates;
        uint256[] slots; // by candidate
        uint256[] passes; // by candidate, after the draw
        uint256[] counts; // tasks drawn, by candidate
        uint256 slotCount; // K
        uint256 assignedCount; // F
    }

    /// @inheritdoc IProverMarket
    function clear(QueueId queue) external whenNotPaused nonReentrant returns (uint256 assignedCount) {
        Round memory round = _rounds[queue];
        uint256 endsAt =
            (round.startedAt == 0 ? block.timestamp : round.startedAt) + BaseFeeMath.ROUND_SECONDS;
        if (block.timestamp < endsAt) revert RoundNotOver(queue, block.timestamp, endsAt);
        Sale memory sale;
        sale.queue = queue;
        if (round.bidCount == 0) {
            round = _currentRound(queue);
            sale.baseFeeWei = BaseFeeMath.baseFee(round.excess);
        } else {
            _sell(sale, round);
            round.startedAt = uint40(block.timestamp);
        }
        round.clearedSequence = round.nextSequence;
        _rounds[queue] = round;
        emit RoundCleared(
            queue,
            sale.baseFeeWei,
            sale.bidCount,
            sale.slotCount,
            sale.assignedCount,
            round.excess
        );
        return sale.assignedCount;
    }

    /// @inheritdoc IProverMarket
    function baseFeeOf(QueueId queue) public view returns (uint256) {
        return _baseFee(queue);
    }

    /// @inheritdoc IProverMarket
    function slotCountOf(QueueId queue) external view returns (uint256) {
        Sale memory sale;
        (Queue memory q, Terms memory terms) = projects.current(queue);
        (sale.queue, sale.minRatingPpm) = (queue, q.minRatingPpm);
        sale.bondWei = AuctionMath.bond(baseFeeOf(queue), terms.tier1PenaltyWei);
        _loadSlots(sale);
        return sale.slotCount;
    }

    /// @inheritdoc IProverMarket
    function bondOf(QueueId queue) public view returns (uint256) {
        (, Terms memory terms) = projects.current(queue);
        return AuctionMath.bond(baseFeeOf(queue), terms.tier1PenaltyWei);
    }

    /// @inheritdoc IProverMarket
    function roundOf(QueueId queue) external view returns (Round memory) {
        return _rounds[queue];
    }

    /// @inheritdoc IProverMarket
    function bookOf(
        QueueId queue
    ) external view returns (TaskId[] memory tasks, uint256[] memory maxFeesWei, uint256[] memory expiries) {
        uint256[] memory words = _books[queue].sorted(_rounds[queue].bidCount);
        uint256 count = words.length;
        (tasks, maxFeesWei, expiries) = (new TaskId[](count), new uint256[](count), new uint256[](count));
        for (uint256 i = 0; i < count; ++i) {
            uint256 word = words[count - 1 - i];
            tasks[i] = _places[queue][BookHeap.placeOf(word)];
            (maxFeesWei[i], expiries[i]) = (BookHeap.maxFeeOf(word), BookHeap.expiryOf(word));
        }
    }

    /// @inheritdoc IProverMarket
    function bookWords(QueueId queue) external view returns (uint256[] memory words) {
        words = new uint256[](_rounds[queue].bidCount);
        for (uint256 i = 0; i < words.length; ++i) words[i] = _books[queue][i];
    }

    /// @dev Ends an expired bid that has left its book.
    function _expire(TaskId task) internal {
        Task storage t = _tasks[task];
        t.status = TaskStatus.EXPIRED;
        _credits[t.requester] += t.amountWei;
        emit BidExpired(task, t.amountWei);
    }

    /// @dev Prices the round, assigns its tasks, moves the base fee, and writes the rest of the book back.
    function _sell(Sale memory sale, Round memory round) private {
        (Queue memory q, Terms memory terms) = projects.current(sale.queue);
        if (q.frozen) revert IProjectRegistry.QueueIsFrozen(sale.queue);
        if (q.isSealed) _checkRevealed(sale.queue);
        (sale.termsVersion, sale.minRatingPpm) = (q.termsVersion, q.minRatingPpm);
        sale.baseFeeWei = BaseFeeMath.baseFee(round.excess);
        sale.bondWei = AuctionMath.bond(sale.baseFeeWei, terms.tier1PenaltyWei);
        _loadBids(sale, round);
        // Market time runs in rounds that had work.
        if (_marketTime && sale.bidCount != 0) vault.advanceClock(round.startedAt);
        _loadSlots(sale);
        sale.assignedCount = Math.min(sale.bidCount, sale.slotCount);

        uint256 liveCount = sale.words.length;
        uint256 firstLoserWei =
            sale.bidCount > sale.assignedCount
                ? BookHeap.maxFeeOf(sale.words[liveCount - 1 - sale.assignedCount])
                : 0;
        uint256 pressurePpm = BaseFeeMath.pressure(
            sale.bidCount,
            sale.slotCount,
            firstLoserWei,
            sale.baseFeeWei
        );
        round.excess = uint32(BaseFeeMath.next(round.excess, pressurePpm));

        uint256 restCount = liveCount - sale.assignedCount;
        uint256[64] storage book = _books[sale.queue];
        uint256[] memory words = sale.words;
        for (uint256 i = 0; i < restCount; ++i) book[i] = words[i];
        round.bidCount = uint8(restCount);
        if (sale.assignedCount == 0) return;
        _assign(sale, round, terms.proofWindowSeconds);
        _award(sale);
    }

    /// @dev Drops expired bids and counts those that may win.
    function _loadBids(Sale memory sale, Round memory round) private {
        uint256[] memory words = _books[sale.queue].sorted(round.bidCount);
        uint256 liveCount = 0;
        uint256 bidCount = 0;
        for (uint256 i = 0; i < words.length; ++i) {
            uint256 word = words[i];
            if (BookHeap.expiryOf(word) < block.timestamp) {
                uint256 place = BookHeap.placeOf(word);
                round.places &= ~(uint64(1) << uint8(place));
                _expire(_places[sale.queue][place]);
            } else {
                if (BookHeap.maxFeeOf(word) >= sale.baseFeeWei) ++bidCount;
                words[liveCount++] = word;
            }
        }
        // Shortens the list in place.
        assembly ("memory-safe") {
            mstore(words, liveCount)
        }
        (sale.words, sale.bidCount) = (words, bidCount);
    }

    function _loadSlots(Sale memory sale) private view {
        Candidate[] memory list = provers.candidates(sale.queue, sale.minRatingPpm);
        address[] memory accounts = new address[](list.length);
        for (uint256 i = 0; i < list.length; ++i) accounts[i] = list[i].account;
        uint256[] memory slots = vault.freeCoverOf(sale.queue, accounts);
        uint256 total = 0;
        for (uint256 i = 0; i < list.length; ++i) {
            slots[i] = AuctionMath.slots(list[i].freeCapacity, slots[i], sale.bondWei);
            total += slots[i];
        }
        (sale.candidates, sale.slots) = (list, slots);
        sale.slotCount = Math.min(total, AuctionMath.SLOT_LIMIT);
    }

    /// @dev Position i of the sale goes to the i-th best rated of the drawn provers.
    function _assign(Sale memory sale, Round memory round, uint256 windowSeconds) private {
        uint256[] memory positions = _drawPositions(sale);
        // The winners' bids and, if there is one, the first loser's.
        uint256[] memory feesWei = new uint256[](Math.min(sale.bidCount, sale.assignedCount + 1));
        uint256 last = sale.words.length - 1;
        for (uint256 i = 0; i < feesWei.length; ++i) feesWei[i] = BookHeap.maxFeeOf(sale.words[last - i]);
        uint256[] memory pricesWei = AuctionMath.prices(feesWei, sale.assignedCount, sale.baseFeeWei);

        uint256 proveBy = block.timestamp + windowSeconds;
        for (uint256 i = 0; i < pricesWei.length; ++i) {
            uint256 place = BookHeap.placeOf(sale.words[last - i]);
            round.places &= ~(uint64(1) << uint8(place));
            TaskId task = _places[sale.queue][place];
            _assignOne(sale, task, sale.candidates[positions[i]], i + 1, pricesWei[i], proveBy);
        }
    }

    function _assignOne(
        Sale memory sale,
        TaskId task,
        Candidate memory winner,
        uint256 position,
        uint256 priceWei,
        uint256 proveBy
    ) private {
        Task storage t = _tasks[task];
        uint256 refundWei = t.amountWei - priceWei;
        t.amountWei = uint96(priceWei);
        (t.status, t.place, t.proveBy, t.termsVersion, t.prover, t.bondWei) = (
            TaskStatus.ASSIGNED,
            winner.seat,
            uint40(proveBy),
            sale.termsVersion,
            winner.prover,
            uint80(sale.bondWei)
        );
        if (refundWei > 0) _credits[t.requester] += refundWei;
        emit TaskAssigned(
            task,
            winner.account,
            position,
            uint96(priceWei),
            uint96(refundWei),
            uint80(sale.bondWei),
            uint40(proveBy),
            sale.termsVersion
        );
    }

    /// @dev Sealed bids of a cycle of two rounds are committed in its first and revealed in its second; a clearing in between
    ///      would sell to those who came first.
    function _checkRevealed(QueueId queue) private view {
        uint256 window = block.timestamp / BaseFeeMath.ROUND_SECONDS;
        if (window & 1 == 1) {
            revert RevealWindow(queue, block.timestamp, (window + 1) * BaseFeeMath.ROUND_SECONDS);
        }
    }

    /// @dev Draws the provers and orders them: best rating first, of equal ratings the lower seat.
    function _drawPositions(Sale memory sale) private pure returns (uint256[] memory positions) {
        Candidate[] memory list = sale.candidates;
        uint256[] memory passes = new uint256[](list.length);
        uint256[] memory ratings = new uint256[](list.length);
        for (uint256 i = 0; i < list.length; ++i) (passes[i], ratings[i]) = (list[i].pass, list[i].ratingPpm);
        uint256[] memory counts = new uint256[](list.length);
        for (uint256 i = 0; i < list.length; ++i) counts[i] = sale.slots[i];
        positions = StrideMath.draw(passes, ratings, sale.slots, sale.assignedCount);
        for (uint256 i = 0; i < list.length; ++i) counts[i] -= sale.slots[i];
        (sale.passes, sale.counts) = (passes, counts);

        // The order of the draws has done its part: the best rated prover's tasks come first.
        for (uint256 i = 0; i < list.length; ++i) ratings[i] = (ratings[i] << 8) | (type(uint8).max - i);
        Arrays.sort(ratings);
        uint256 position = 0;
        for (uint256 rank = list.length; rank > 0; --rank) {
            uint256 index = type(uint8).max - (ratings[rank - 1] & type(uint8).max);
            for (uint256 left = counts[index]; left > 0; --left) positions[position++] = index;
        }
    }

    /// @dev Tells the registry what each seat got, and locks the bonds.
    function _award(Sale memory sale) private {
        uint256[] memory counts = sale.counts;
        uint256 total = 0;
        for (uint256 i = 0; i < counts.length; ++i) if (counts[i] != 0) ++total;
        SeatAward[] memory awards = new SeatAward[](total);
        address[] memory accounts = new address[](total);
        uint256[] memory bondsWei = new uint256[](total);
        uint256 next = 0;
        for (uint256 i = 0; i < counts.length; ++i) {
            if (counts[i] == 0) continue;
            Candidate memory c = sale.candidates[i];
            awards[next] = SeatAward(c.seat, uint8(counts[i]), uint64(sale.passes[i]));
            accounts[next] = c.account;
            bondsWei[next++] = counts[i] * sale.bondWei;
        }
        provers.award(sale.queue, awards);
        vault.lockBonds(accounts, bondsWei);
    }
}
