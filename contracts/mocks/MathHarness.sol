// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AuctionMath} from "../libraries/AuctionMath.sol";
import {BaseFeeMath} from "../libraries/BaseFeeMath.sol";
import {BookHeap} from "../libraries/BookHeap.sol";
import {DecayMath} from "../libraries/DecayMath.sol";
import {FixedPointMath} from "../libraries/FixedPointMath.sol";
import {RatingMath} from "../libraries/RatingMath.sol";
import {SlashMath} from "../libraries/SlashMath.sol";
import {SplitMath} from "../libraries/SplitMath.sol";
import {StrideMath} from "../libraries/StrideMath.sol";

/// @title MathHarness
/// @notice For tests only: every library function, and one heap, from outside.
contract MathHarness {
    using BookHeap for uint256[64];

    uint256[64] private _heap;
    uint256 public heapSize;

    function mulDivDown(uint256 a, uint256 b, uint256 d) external pure returns (uint256) {
        return FixedPointMath.mulDivDown(a, b, d);
    }

    function mulDivUp(uint256 a, uint256 b, uint256 d) external pure returns (uint256) {
        return FixedPointMath.mulDivUp(a, b, d);
    }

    function rpow(uint256 baseRay, uint256 exponent) external pure returns (uint256) {
        return FixedPointMath.rpow(baseRay, exponent);
    }

    function fakeExponential(
        uint256 factor,
        uint256 numerator,
        uint256 denominator
    ) external pure returns (uint256) {
        return FixedPointMath.fakeExponential(factor, numerator, denominator);
    }

    function pack(
        uint256 maxFeeWei,
        uint256 sequence,
        uint256 expiresAt,
        uint256 place
    ) external pure returns (uint256) {
        return BookHeap.pack(maxFeeWei, sequence, expiresAt, place);
    }

    function unpack(uint256 word) external pure returns (uint256, uint256, uint256, uint256) {
        return (
            BookHeap.maxFeeOf(word),
            BookHeap.sequenceOf(word),
            BookHeap.expiryOf(word),
            BookHeap.placeOf(word)
        );
    }

    function heapInsert(uint256 word) external {
        _heap.insert(heapSize++, word);
    }

    function heapReplaceWorst(uint256 word) external {
        _heap.replaceWorst(heapSize, word);
    }

    function heapRemoveAt(uint256 index) external {
        _heap.removeAt(heapSize--, index);
    }

    function heapRaiseAt(uint256 index, uint256 word) external {
        _heap.raiseAt(heapSize, index, word);
    }

    function heapFind(uint256 place) external view returns (uint256) {
        return _heap.find(place);
    }

    function heapWords() external view returns (uint256[] memory words) {
        words = new uint256[](heapSize);
        for (uint256 i = 0; i < words.length; ++i) words[i] = _heap[i];
    }

    function heapSorted() external view returns (uint256[] memory) {
        return _heap.sorted(heapSize);
    }

    function prices(
        uint256[] memory feesWei,
        uint256 count,
        uint256 baseFeeWei
    ) external pure returns (uint256[] memory) {
        return AuctionMath.prices(feesWei, count, baseFeeWei);
    }

    function bond(uint256 baseFeeWei, uint256 tier1PenaltyWei) external pure returns (uint256) {
        return AuctionMath.bond(baseFeeWei, tier1PenaltyWei);
    }

    function slots(uint256 freeCapacity, uint256 freeWei, uint256 bondWei) external pure returns (uint256) {
        return AuctionMath.slots(freeCapacity, freeWei, bondWei);
    }

    function baseFee(uint256 excess) external pure returns (uint256) {
        return BaseFeeMath.baseFee(excess);
    }

    function pressure(
        uint256 bidCount,
        uint256 slotCount,
        uint256 firstLoserWei,
        uint256 baseFeeWei
    ) external pure returns (uint256) {
        return BaseFeeMath.pressure(bidCount, slotCount, firstLoserWei, baseFeeWei);
    }

    function next(uint256 excess, uint256 pressurePpm) external pure returns (uint256) {
        return BaseFeeMath.next(excess, pressurePpm);
    }

    function afterEmpty(uint256 excess, uint256 roundCount) external pure returns (uint256) {
        return BaseFeeMath.afterEmpty(excess, roundCount);
    }

    function step(uint256 ratingPpm) external pure returns (uint256) {
        return StrideMath.step(ratingPpm);
    }

    function draw(
        uint256[] memory passes,
        uint256[] memory ratingsPpm,
        uint256[] memory slotCounts,
        uint256 count
    ) external pure returns (uint256[] memory picks, uint256[] memory passesAfter) {
        picks = StrideMath.draw(passes, ratingsPpm, slotCounts, count);
        passesAfter = passes;
    }

    function hoursDue(uint256 clockSeconds, uint256 decaysFrom) external pure returns (uint256) {
        return DecayMath.hoursDue(clockSeconds, decaysFrom);
    }

    function floorWei(
        uint256 lockedWei,
        uint256 unbondingWei,
        uint256 sponsoredWei
    ) external pure returns (uint256) {
        return DecayMath.floorWei(lockedWei, unbondingWei, sponsoredWei);
    }

    function decayed(uint256 ownWei, uint256 floor, uint256 hourCount) external pure returns (uint256) {
        return DecayMath.decayed(ownWei, floor, hourCount);
    }

    function slashForInvalid(uint256 bondWei, uint256 ownWei) external pure returns (uint256) {
        return SlashMath.invalid(bondWei, ownWei);
    }

    function slashForLate(uint256 bondWei) external pure returns (uint256) {
        return SlashMath.late(bondWei);
    }

    function capped(
        uint256 demandedWei,
        uint256 slashableWei,
        uint256 lockedWei,
        uint256 bondWei
    ) external pure returns (uint256) {
        return SlashMath.capped(demandedWei, slashableWei, lockedWei, bondWei);
    }

    function take(
        uint256 slashedWei,
        uint256 ownWei,
        uint256 unbondingWei
    ) external pure returns (uint256, uint256, uint256) {
        return SlashMath.take(slashedWei, ownWei, unbondingWei);
    }

    function waterfall(
        uint256 slashedWei,
        uint256 tier1LossWei,
        uint256 priceWei,
        bool hasRescuer,
        bool hasKeeper
    ) external pure returns (SlashMath.Waterfall memory) {
        return SlashMath.waterfall(slashedWei, tier1LossWei, priceWei, hasRescuer, hasKeeper);
    }

    function split(
        uint256 priceWei,
        uint256 poolBps,
        uint256 acceleratorBps,
        uint256 sponsorBps,
        uint256 delegatorsBps
    ) external pure returns (SplitMath.Split memory) {
        return SplitMath.split(priceWei, poolBps, acceleratorBps, sponsorBps, delegatorsBps);
    }

    function ratingOnTime(
        uint256 ratingPpm,
        uint256 delaySeconds,
        uint256 windowSeconds
    ) external pure returns (uint256) {
        return RatingMath.onTime(ratingPpm, delaySeconds, windowSeconds);
    }

    function ratingMissed(uint256 ratingPpm) external pure returns (uint256) {
        return RatingMath.missed(ratingPpm);
    }

    function ratingInvalid(uint256 ratingPpm) external pure returns (uint256) {
        return RatingMath.invalid(ratingPpm);
    }

    function ratingLate(uint256 ratingPpm) external pure returns (uint256) {
        return RatingMath.late(ratingPpm);
    }

    function ratingDeclined(uint256 ratingPpm) external pure returns (uint256) {
        return RatingMath.declined(ratingPpm);
    }

    function ratingAfterJail(uint256 ratingPpm) external pure returns (uint256) {
        return RatingMath.afterJail(ratingPpm);
    }

    function banSeconds(uint256 failureCount) external pure returns (uint256) {
        return RatingMath.banSeconds(failureCount);
    }

    function jails(uint256 failureCount) external pure returns (bool) {
        return RatingMath.jails(failureCount);
    }

    function newcomerCapacity(uint256 successCount) external pure returns (uint256) {
        return RatingMath.newcomerCapacity(successCount);
    }
}
