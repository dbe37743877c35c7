// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {MarketBound} from "./MarketBound.sol";
import {IProjectRegistry} from "./interfaces/IProjectRegistry.sol";
import {IProverRegistry} from "./interfaces/IProverRegistry.sol";
import {IStakeVault} from "./interfaces/IStakeVault.sol";
import {AuctionMath} from "./libraries/AuctionMath.sol";
import {BaseFeeMath} from "./libraries/BaseFeeMath.sol";
import {RatingMath} from "./libraries/RatingMath.sol";
import {ProverId, QueueId} from "./types/Ids.sol";
import {Candidate, Prover, Seat, SeatAward} from "./types/Prover.sol";
import {Terms} from "./types/Queue.sol";
import {Stake} from "./types/Stake.sol";

/// @title ProverRegistry
/// @notice Tier 2: who proves, in which queues, with how many jobs at once, and how well so far.
/// @custom:holds Nothing.
/// @custom:halts Nothing stops; a prover with tasks in flight keeps its seat.
contract ProverRegistry is IProverRegistry, MarketBound {
    using SafeCast for uint256;

    uint256 public constant SEAT_LIMIT = 32;
    uint256 public constant CAPACITY_LIMIT = 32;

    IProjectRegistry public immutable projects;
    IStakeVault public immutable vault;

    uint256 private _proverCount;
    mapping(ProverId prover => Prover) private _provers;
    /// @inheritdoc IProverRegistry
    mapping(address account => ProverId) public idOf;
    mapping(QueueId queue => Seat[SEAT_LIMIT]) private _seats;
    /// @dev Seats ever taken; beyond stand none. Apart from the seats, so that one seat is reached without it.
    mapping(QueueId queue => uint256) private _seatCounts;
    /// @dev The pass a prover last gave its seat up with.
    mapping(QueueId queue => mapping(ProverId prover => uint64)) private _leftPasses;
    /// @dev Where the last draw began. A seat that could not be drawn saves up no turns: it counts from here.
    mapping(QueueId queue => uint64) private _drawnPasses;

    constructor(IProjectRegistry projects_, IStakeVault vault_) {
        projects = projects_;
        vault = vault_;
    }

    /// @inheritdoc IProverRegistry
    function register(string calldata uri) external returns (ProverId prover) {
        if (ProverId.unwrap(idOf[msg.sender]) != 0) revert AlreadyRegistered(msg.sender);
        prover = ProverId.wrap((++_proverCount).toUint32());
        idOf[msg.sender] = prover;
        _provers[prover] = Prover(msg.sender, uint24(RatingMath.START_PPM), 0, 0);
        emit ProverRegistered(prover, msg.sender, uri);
    }

    /// @inheritdoc IProverRegistry
    function join(QueueId queue, uint8 capacity) external returns (uint8 seat) {
        ProverId prover = _caller();
        _checkCapacity(capacity);
        projects.queueOf(queue);
        if (!vault.isActive(msg.sender)) revert NotActive(msg.sender);

        uint64 pass;
        (seat, pass) = _findSeat(queue, prover);
        _seats[queue][seat] = Seat(prover, capacity, 0, pass);
        emit SeatTaken(queue, prover, seat, capacity, pass);
    }

    /// @inheritdoc IProverRegistry
    function setCapacity(QueueId queue, uint8 capacity) external {
        _checkCapacity(capacity);
        (Seat storage seat, , ProverId prover) = _seatOfCaller(queue);
        seat.capacity = capacity;
        emit CapacitySet(queue, prover, capacity);
    }

    /// @inheritdoc IProverRegistry
    function leave(QueueId queue) external {
        (Seat storage seat, uint8 index, ProverId prover) = _seatOfCaller(queue);
        if (seat.inFlight != 0) revert TasksInFlight(queue, prover, seat.inFlight);
        _free(queue, index, prover);
    }

    /// @inheritdoc IProverRegistry
    function award(QueueId queue, SeatAward[] calldata awards) external onlyMarket {
        Seat[SEAT_LIMIT] storage seats = _seats[queue];
        uint256 least = awards.length == 0 ? 0 : type(uint64).max;
        for (uint256 i = 0; i < awards.length; ++i) {
            Seat storage seat = seats[awards[i].seat];
            Seat memory s = seat;
            least = Math.min(least, s.pass);
            s.inFlight += awards[i].taskCount;
            s.pass = awards[i].pass;
            (seat.inFlight, seat.pass) = (s.inFlight, s.pass);
        }
        if (least > _drawnPasses[queue]) _drawnPasses[queue] = uint64(least);
    }

    /// @inheritdoc IProverRegistry
    function recordProven(
        QueueId queue,
        uint8 seat,
        ProverId prover,
        uint256 delaySeconds,
        uint256 windowSeconds
    ) external onlyMarket {
        Prover memory p = _provers[prover];
        p.ratingPpm = uint24(RatingMath.onTime(p.ratingPpm, delaySeconds, windowSeconds));
        p.failureCount = 0;
        if (p.successCount != type(uint32).max) ++p.successCount;
        _provers[prover] = p;
        --_seats[queue][seat].inFlight;
    }

    /// @inheritdoc IProverRegistry
    function recordMissed(QueueId queue, uint8 seat, ProverId prover) external onlyMarket {
        _recordFault(queue, seat, prover, RatingMath.missed(_provers[prover].ratingPpm));
    }

    /// @inheritdoc IProverRegistry
    function recordInvalid(QueueId queue, uint8 seat, ProverId prover) external onlyMarket {
        _recordFault(queue, seat, prover, RatingMath.invalid(_provers[prover].ratingPpm));
    }

    /// @inheritdoc IProverRegistry
    function accountOf(ProverId prover) external view returns (address account) {
        account = _provers[prover].account;
        if (account == address(0)) revert UnknownProver(prover);
    }

    /// @inheritdoc IProverRegistry
    function proverOf(ProverId prover) external view returns (Prover memory p) {
        p = _provers[prover];
        if (p.account == address(0)) revert UnknownProver(prover);
    }

    /// @inheritdoc IProverRegistry
    function proverCount() external view returns (uint256) {
        return _proverCount;
    }

    /// @inheritdoc IProverRegistry
    function seatsOf(QueueId queue) external view returns (Seat[] memory list) {
        list = new Seat[](_seatCounts[queue]);
        for (uint256 i = 0; i < list.length; ++i) list[i] = _seats[queue][i];
    }

    /// @inheritdoc IProverRegistry
    function candidates(QueueId queue) external view returns (Candidate[] memory list) {
        Seat[SEAT_LIMIT] storage seats = _seats[queue];
        uint256 seatCount = _seatCounts[queue];
        uint256 drawnPass = _drawnPasses[queue];
        list = new Candidate[](seatCount);
        uint256 count = 0;
        for (uint256 i = 0; i < seatCount; ++i) {
            Seat memory seat = seats[i];
            if (seat.capacity <= seat.inFlight) continue; // a free seat has capacity 0
            Prover memory p = _provers[seat.prover];
            uint256 capacity = Math.min(seat.capacity, RatingMath.newcomerCapacity(p.successCount));
            if (capacity <= seat.inFlight) continue;
            list[count++] = Candidate(
                seat.prover,
                p.account,
                uint8(i),
                uint8(capacity - seat.inFlight),
                uint64(Math.max(seat.pass, drawnPass)),
                p.ratingPpm
            );
        }
        // Shortens the list in place.
        assembly ("memory-safe") {
            mstore(list, count)
        }
    }

    function _caller() private view returns (ProverId prover) {
        prover = idOf[msg.sender];
        if (ProverId.unwrap(prover) == 0) revert NotRegistered(msg.sender);
    }

    function _checkCapacity(uint8 capacity) private pure {
        if (capacity > CAPACITY_LIMIT) revert CapacityTooHigh(capacity, CAPACITY_LIMIT);
    }

    function _seatOfCaller(QueueId queue) private view returns (Seat storage, uint8, ProverId prover) {
        prover = _caller();
        Seat[SEAT_LIMIT] storage seats = _seats[queue];
        uint256 seatCount = _seatCounts[queue];
        for (uint256 i = 0; i < seatCount; ++i) {
            if (seats[i].prover == prover) return (seats[i], uint8(i), prover);
        }
        revert NotSeated(queue, prover);
    }

    /// @dev The lowest free seat, else a new one, else the lowest idle seat of a prover that is not active, offers no
    ///      capacity or covers no bond: 32 stakes could shut every queue else. The newcomer starts at the least pass of the others, so it
    ///      neither waits nor catches up; who comes back starts no lower than it left, or leaving after each task would
    ///      win every next one.
    function _findSeat(QueueId queue, ProverId prover) private returns (uint8 seat, uint64 pass) {
        Seat[SEAT_LIMIT] storage seats = _seats[queue];
        uint256 count = _seatCounts[queue];
        uint256 free = count;
        uint256 least = type(uint256).max;
        for (uint256 i = 0; i < count; ++i) {
            Seat memory s = seats[i];
            if (s.prover == prover) revert AlreadySeated(queue, prover);
            if (ProverId.unwrap(s.prover) == 0) {
                if (free == count) free = i;
            } else if (s.pass < least) {
                least = s.pass;
            }
        }
        if (least == type(uint256).max) least = 0;
        pass = uint64(Math.max(Math.max(least, _drawnPasses[queue]), _leftPasses[queue][prover]));
        if (free == count) {
            if (count < SEAT_LIMIT) _seatCounts[queue] = count + 1;
            else free = _evict(queue, seats);
        }
        seat = uint8(free);
    }

    function _evict(QueueId queue, Seat[SEAT_LIMIT] storage seats) private returns (uint256) {
        (, Terms memory terms) = projects.current(queue);
        uint256 leastBondWei = AuctionMath.bond(BaseFeeMath.MIN_BASE_FEE_WEI, terms.tier1PenaltyWei);
        for (uint256 i = 0; i < SEAT_LIMIT; ++i) {
            Seat memory s = seats[i];
            if (s.inFlight != 0) continue;
            if (s.capacity == 0 || !_covers(_provers[s.prover].account, leastBondWei)) {
                _free(queue, uint8(i), s.prover);
                return i;
            }
        }
        revert QueueFull(queue, SEAT_LIMIT);
    }

    /// @dev Whether a prover is active and its stake could ever cover a bond of this size.
    function _covers(address account, uint256 bondWei) private view returns (bool) {
        Stake memory s = vault.stakeOf(account);
        return s.active && uint256(s.ownWei) + s.sponsoredWei >= bondWei;
    }

    function _free(QueueId queue, uint8 seat, ProverId prover) private {
        _leftPasses[queue][prover] = _seats[queue][seat].pass;
        delete _seats[queue][seat];
        emit SeatLeft(queue, prover, seat);
    }

    function _recordFault(QueueId queue, uint8 seat, ProverId prover, uint256 ratingPpm) private {
        Prover storage p = _provers[prover];
        p.ratingPpm = uint24(ratingPpm);
        if (p.failureCount != type(uint16).max) ++p.failureCount;
        --_seats[queue][seat].inFlight;
    }
}
