// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {MarketBound} from "./MarketBound.sol";
import {IAcceleratorRegistry} from "./interfaces/IAcceleratorRegistry.sol";
import {IProjectRegistry} from "./interfaces/IProjectRegistry.sol";
import {IProverRegistry} from "./interfaces/IProverRegistry.sol";
import {IStakeVault} from "./interfaces/IStakeVault.sol";
import {AuctionMath} from "./libraries/AuctionMath.sol";
import {BaseFeeMath} from "./libraries/BaseFeeMath.sol";
import {RatingMath} from "./libraries/RatingMath.sol";
import {AcceleratorId, ProverId, QueueId} from "./types/Ids.sol";
import {Candidate, HotKey, Prover, Seat, SeatAward} from "./types/Prover.sol";
import {Queue, Terms} from "./types/Queue.sol";
import {Stake} from "./types/Stake.sol";

/// @title ProverRegistry
/// @notice Tier 2: who proves, in which queues, with how many jobs at once, and how well so far.
/// @custom:holds Nothing; the way out of jail is paid straight to the insurance fund.
/// @custom:halts Nothing stops; a prover with tasks in flight keeps its seat.
contract ProverRegistry is IProverRegistry, MarketBound {
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    uint256 public constant SEAT_LIMIT = 32;
    uint256 public constant CAPACITY_LIMIT = 32;
    uint256 public constant JAIL_SECONDS = 7 days;
    uint256 public constant JAIL_FEE_WEI = 1e18;
    uint256 public constant MAX_KEY_SECONDS = 365 days;
    uint32 private constant JAILED = type(uint32).max;
    uint8 private constant SCOPES = 7;
    uint8 private constant HEARTBEAT_SCOPE = 4;

    IProjectRegistry public immutable projects;
    IStakeVault public immutable vault;
    IAcceleratorRegistry public immutable accelerators;

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

    mapping(ProverId prover => mapping(address key => HotKey)) private _keys;

    constructor(IProjectRegistry projects_, IStakeVault vault_, IAcceleratorRegistry accelerators_) {
        projects = projects_;
        vault = vault_;
        accelerators = accelerators_;
    }

    /// @inheritdoc IProverRegistry
    function register(string calldata uri) external returns (ProverId prover) {
        if (ProverId.unwrap(idOf[msg.sender]) != 0) revert AlreadyRegistered(msg.sender);
        prover = ProverId.wrap((++_proverCount).toUint32());
        idOf[msg.sender] = prover;
        _provers[prover] = Prover(msg.sender, uint24(RatingMath.START_PPM), 0, 0, 0, 0);
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
        _seats[queue][seat] = Seat(prover, capacity, 0, pass, AcceleratorId.wrap(0), 0);
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
    function setAccelerator(QueueId queue, AcceleratorId accelerator) external {
        (Seat storage seat, , ProverId prover) = _seatOfCaller(queue);
        if (seat.inFlight != 0) revert TasksInFlight(queue, prover, seat.inFlight);
        uint16 shareBps = 0;
        if (AcceleratorId.unwrap(accelerator) != 0) {
            bytes32 key = projects.queueOf(queue).key;
            bool retired;
            bool fits;
            (shareBps, retired, fits) = accelerators.offerOf(accelerator, key);
            if (retired) revert AcceleratorRetired(accelerator);
            if (!fits) revert AcceleratorUnfit(accelerator, key);
        }
        (seat.accelerator, seat.acceleratorBps) = (accelerator, shareBps);
        emit AcceleratorChosen(queue, prover, accelerator, shareBps);
    }

    /// @inheritdoc IProverRegistry
    function proposeKey(address key, uint8 scopes, uint40 expiresAt) external {
        ProverId prover = _caller();
        if (scopes == 0 || scopes > SCOPES) revert ScopesInvalid(scopes);
        if (expiresAt <= block.timestamp || expiresAt > block.timestamp + MAX_KEY_SECONDS) {
            revert KeyExpiryOutOfBounds(expiresAt, block.timestamp + 1, block.timestamp + MAX_KEY_SECONDS);
        }
        _keys[prover][key] = HotKey(scopes, expiresAt, false);
        emit KeyProposed(prover, key, scopes, expiresAt);
    }

    /// @inheritdoc IProverRegistry
    function acceptKey(ProverId prover) external {
        HotKey storage hotKey = _keys[prover][msg.sender];
        if (hotKey.scopes == 0 || hotKey.accepted) revert KeyNotProposed(prover, msg.sender);
        hotKey.accepted = true;
        emit KeyAccepted(prover, msg.sender);
    }

    /// @inheritdoc IProverRegistry
    function revokeKey(ProverId prover, address key) external {
        if (msg.sender != key && msg.sender != _provers[prover].account) {
            revert KeyNotAllowed(prover, msg.sender, 0);
        }
        if (_keys[prover][key].scopes == 0) revert KeyNotProposed(prover, key);
        delete _keys[prover][key];
        emit KeyRevoked(prover, key);
    }

    /// @inheritdoc IProverRegistry
    function heartbeat(ProverId prover, QueueId queue, uint8 seat, uint8 capacity) external {
        if (msg.sender != accountOf(prover) && !mayAct(prover, msg.sender, HEARTBEAT_SCOPE)) {
            revert KeyNotAllowed(prover, msg.sender, HEARTBEAT_SCOPE);
        }
        _checkCapacity(capacity);
        _ownSeat(queue, seat, prover).capacity = capacity;
        emit Heartbeat(prover, queue, msg.sender, capacity);
    }

    /// @inheritdoc IProverRegistry
    function leaveJail() external {
        ProverId prover = _caller();
        Prover storage p = _provers[prover];
        if (p.bannedUntil != JAILED) revert NotJailed(prover);
        uint32 until = (block.timestamp + JAIL_SECONDS).toUint32();
        (p.ratingPpm, p.failureCount, p.bannedUntil) = (uint24(RatingMath.afterJail(p.ratingPpm)), 0, until);
        emit JailLeft(prover, until);
        vault.token().safeTransferFrom(msg.sender, vault.insurance(), JAIL_FEE_WEI);
    }

    /// @inheritdoc IProverRegistry
    function takeOpen(
        QueueId queue,
        uint8 seat,
        address account
    ) external onlyMarket returns (ProverId prover) {
        prover = idOf[account];
        if (ProverId.unwrap(prover) == 0) revert NotRegistered(account);
        Seat storage s = _ownSeat(queue, seat, prover);
        Prover memory p = _provers[prover];
        if (block.timestamp <= p.bannedUntil) revert ProverIsBanned(prover, p.bannedUntil);
        uint256 minRatingPpm = projects.queueOf(queue).minRatingPpm;
        if (p.ratingPpm < minRatingPpm) revert RatingTooLow(prover, p.ratingPpm, minRatingPpm);
        if (_freeCapacity(s.capacity, s.inFlight, p.successCount) == 0) revert NoFreeCapacity(queue, prover);
        ++s.inFlight;
    }

    /// @inheritdoc IProverRegistry
    function award(QueueId queue, SeatAward[] calldata awards) external onlyMarket {
        Seat[SEAT_LIMIT] storage seats = _seats[queue];
        uint256 least = awards.length == 0 ? 0 : type(uint64).max;
        for (uint256 i = 0; i < awards.length; ++i) {
            Seat storage seat = seats[awards[i].seat];
            least = Math.min(least, seat.pass);
            (seat.inFlight, seat.pass) = (seat.inFlight + awards[i].taskCount, awards[i].pass);
        }
        if (least > _drawnPasses[queue]) _drawnPasses[queue] = uint64(least);
    }

    /// @inheritdoc IProverRegistry
    function recordProven(
        QueueId queue,
        uint8 seat,
        ProverId prover,
        uint256[] calldata delaysSeconds,
        uint256[] calldata windowsSeconds
    ) external onlyMarket returns (AcceleratorId, uint16) {
        Prover storage p = _provers[prover];
        (uint256 ratingPpm, uint256 successCount) = (p.ratingPpm, p.successCount + delaysSeconds.length);
        for (uint256 i = 0; i < delaysSeconds.length; ++i) {
            ratingPpm = RatingMath.onTime(ratingPpm, delaysSeconds[i], windowsSeconds[i]);
        }
        (p.ratingPpm, p.successCount, p.failureCount, p.declineCount) = (
            uint24(ratingPpm),
            uint24(Math.min(successCount, type(uint24).max)),
            0,
            0
        );
        return _release(queue, seat, delaysSeconds.length);
    }

    /// @inheritdoc IProverRegistry
    function recordLate(
        QueueId queue,
        uint8 seat,
        ProverId prover
    ) external onlyMarket returns (AcceleratorId, uint16) {
        Prover storage p = _provers[prover];
        p.ratingPpm = uint24(RatingMath.late(p.ratingPpm));
        return _release(queue, seat, 1);
    }

    /// @inheritdoc IProverRegistry
    function recordMissed(QueueId queue, uint8 seat, ProverId prover) external onlyMarket {
        Prover memory p = _provers[prover];
        p.ratingPpm = uint24(RatingMath.missed(p.ratingPpm));
        _recordFault(prover, p);
        _release(queue, seat, 1);
    }

    /// @inheritdoc IProverRegistry
    function recordInvalid(QueueId queue, uint8 seat, ProverId prover) external onlyMarket {
        Prover memory p = _provers[prover];
        p.ratingPpm = uint24(RatingMath.invalid(p.ratingPpm));
        _recordFault(prover, p);
        _release(queue, seat, 1);
    }

    /// @inheritdoc IProverRegistry
    function recordDeclined(QueueId queue, uint8 seat, ProverId prover) external onlyMarket {
        Prover memory p = _provers[prover];
        p.ratingPpm = uint24(RatingMath.declined(p.ratingPpm));
        if (++p.declineCount == RatingMath.DECLINE_LIMIT) {
            p.declineCount = 0;
            _recordFault(prover, p);
        } else {
            _provers[prover] = p;
        }
        _release(queue, seat, 1);
    }

    /// @inheritdoc IProverRegistry
    function recordVoid(QueueId queue, uint8 seat) external onlyMarket {
        _release(queue, seat, 1);
    }

    /// @inheritdoc IProverRegistry
    function keyOf(ProverId prover, address key) external view returns (HotKey memory) {
        return _keys[prover][key];
    }

    /// @inheritdoc IProverRegistry
    function accountOf(ProverId prover) public view returns (address account) {
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
    function candidates(QueueId queue, uint256 minRatingPpm) external view returns (Candidate[] memory list) {
        Seat[SEAT_LIMIT] storage seats = _seats[queue];
        uint256 seatCount = _seatCounts[queue];
        uint256 drawnPass = _drawnPasses[queue];
        list = new Candidate[](seatCount);
        uint256 count = 0;
        for (uint256 i = 0; i < seatCount; ++i) {
            Seat storage seat = seats[i];
            if (seat.capacity <= seat.inFlight) continue; // a free seat has capacity 0
            Prover storage p = _provers[seat.prover];
            if (block.timestamp <= p.bannedUntil || p.ratingPpm < minRatingPpm) continue;
            uint256 free = _freeCapacity(seat.capacity, seat.inFlight, p.successCount);
            if (free == 0) continue;
            list[count++] = Candidate(
                seat.prover,
                p.account,
                uint8(i),
                uint8(free),
                uint64(Math.max(seat.pass, drawnPass)),
                p.ratingPpm
            );
        }
        // Shortens the list in place.
        assembly ("memory-safe") {
            mstore(list, count)
        }
    }

    /// @inheritdoc IProverRegistry
    function mayAct(ProverId prover, address key, uint8 scope) public view returns (bool) {
        HotKey memory hotKey = _keys[prover][key];
        return hotKey.accepted && block.timestamp <= hotKey.expiresAt && hotKey.scopes & scope != 0;
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
    ///      capacity, is in jail or rated too low, or covers no bond: 32 stakes could shut every queue else. The newcomer starts at the least pass of the others, so it
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
        (Queue memory q, Terms memory terms) = projects.current(queue);
        uint256 leastBondWei = AuctionMath.bond(BaseFeeMath.MIN_BASE_FEE_WEI, terms.tier1PenaltyWei);
        for (uint256 i = 0; i < SEAT_LIMIT; ++i) {
            Seat memory s = seats[i];
            if (s.inFlight != 0) continue;
            Prover memory p = _provers[s.prover];
            bool unfit = s.capacity == 0 || p.bannedUntil == JAILED || p.ratingPpm < q.minRatingPpm;
            if (unfit || !_covers(p.account, leastBondWei)) {
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

    /// @dev One more fault in a row, and what it costs besides stake and rating.
    function _recordFault(ProverId prover, Prover memory p) private {
        if (p.failureCount != type(uint8).max) ++p.failureCount;
        if (RatingMath.jails(p.failureCount)) {
            if (p.bannedUntil != JAILED) emit ProverJailed(prover);
            p.bannedUntil = JAILED;
        } else if (p.bannedUntil != JAILED) {
            uint256 until = block.timestamp + RatingMath.banSeconds(p.failureCount);
            p.bannedUntil = uint32(Math.max(p.bannedUntil, until.toUint32()));
            emit ProverBanned(prover, p.bannedUntil);
        }
        _provers[prover] = p;
    }

    /// @dev Ends `count` tasks of a seat and says whose software it runs.
    function _release(QueueId queue, uint8 seat, uint256 count) private returns (AcceleratorId, uint16) {
        Seat storage s = _seats[queue][seat];
        s.inFlight = (s.inFlight - count).toUint8();
        return (s.accelerator, s.acceleratorBps);
    }

    function _ownSeat(QueueId queue, uint8 seat, ProverId prover) private view returns (Seat storage s) {
        if (seat >= SEAT_LIMIT) revert WrongSeat(queue, seat, prover);
        s = _seats[queue][seat];
        if (!(s.prover == prover)) revert WrongSeat(queue, seat, prover);
    }

    /// @dev Jobs a seat can take on, with the limit for newcomers.
    function _freeCapacity(
        uint256 capacity,
        uint256 inFlight,
        uint256 successCount
    ) private pure returns (uint256) {
        return Math.saturatingSub(Math.min(capacity, RatingMath.newcomerCapacity(successCount)), inFlight);
    }
}
