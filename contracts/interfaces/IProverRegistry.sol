// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AcceleratorId, ProverId, QueueId} from "../types/Ids.sol";
import {Candidate, HotKey, Prover, Seat, SeatAward} from "../types/Prover.sol";

/// @title IProverRegistry
/// @notice Tier 2: provers, their seats in the queues, and their rating.
interface IProverRegistry {
    event ProverRegistered(ProverId indexed prover, address indexed account, string uri);
    event SeatTaken(QueueId indexed queue, ProverId indexed prover, uint8 seat, uint8 capacity, uint64 pass);
    event SeatLeft(QueueId indexed queue, ProverId indexed prover, uint8 seat);
    event CapacitySet(QueueId indexed queue, ProverId indexed prover, uint8 capacity);

    event AcceleratorChosen(
        QueueId indexed queue,
        ProverId indexed prover,
        AcceleratorId indexed accelerator,
        uint16 shareBps
    );
    event KeyProposed(ProverId indexed prover, address indexed key, uint8 scopes, uint40 expiresAt);
    event KeyAccepted(ProverId indexed prover, address indexed key);
    event KeyRevoked(ProverId indexed prover, address indexed key);
    event Heartbeat(ProverId indexed prover, QueueId indexed queue, address indexed key, uint8 capacity);
    /// @notice A fault bans for an hour, the next in a row for two, up to seven days.
    event ProverBanned(ProverId indexed prover, uint256 bannedUntil);
    /// @notice More than three faults in a row jail a prover until it asks to leave.
    event ProverJailed(ProverId indexed prover);
    event JailLeft(ProverId indexed prover, uint256 bannedUntil);

    error NotJailed(ProverId prover);
    error ProverIsBanned(ProverId prover, uint256 bannedUntil);
    /// @notice The seat is not this prover's.
    error WrongSeat(QueueId queue, uint8 seat, ProverId prover);
    error NoFreeCapacity(QueueId queue, ProverId prover);
    error RatingTooLow(ProverId prover, uint256 ratingPpm, uint256 minRatingPpm);
    error ScopesInvalid(uint8 scopes);
    error KeyExpiryOutOfBounds(uint256 gotAt, uint256 minAt, uint256 maxAt);
    error KeyNotProposed(ProverId prover, address key);
    error KeyNotAllowed(ProverId prover, address key, uint8 scope);
    error AcceleratorRetired(AcceleratorId accelerator);
    /// @notice The accelerator's software does not prove this queue's circuit.
    error AcceleratorUnfit(AcceleratorId accelerator, bytes32 key);
    error AlreadyRegistered(address account);
    error NotRegistered(address account);
    error UnknownProver(ProverId prover);
    error AlreadySeated(QueueId queue, ProverId prover);
    error NotSeated(QueueId queue, ProverId prover);
    /// @notice All seats are held by active provers that offer capacity and could cover a bond, or have tasks in flight.
    error QueueFull(QueueId queue, uint256 seatLimit);
    /// @notice Tasks are still in flight; set the capacity to 0 and finish them first.
    error TasksInFlight(QueueId queue, ProverId prover, uint256 inFlight);
    error CapacityTooHigh(uint256 got, uint256 limit);
    /// @notice Only a prover whose stake is active may join.
    error NotActive(address account);

    /// @notice Registers the caller as a prover.
    /// @param uri where people read about it; may be empty.
    function register(string calldata uri) external returns (ProverId prover);

    /// @notice Takes a free seat in a queue, or the idle seat of a prover that is not active, offers no capacity or could not
    ///         cover a bond at the least base fee.
    function join(QueueId queue, uint8 capacity) external returns (uint8 seat);

    /// @notice Sets how many jobs at once the caller offers; 0 drains, and yields the idle seat of a full queue.
    function setCapacity(QueueId queue, uint8 capacity) external;

    /// @notice Gives the seat up.
    function leave(QueueId queue) external;

    /// @notice Chooses whose software proves in this queue, 0 for none; with no task in flight there, so that the share of an
    ///         assigned task never moves.
    function setAccelerator(QueueId queue, AcceleratorId accelerator) external;

    /// @notice Lets `key` act for the caller once it has agreed. An earlier permission of the key is replaced.
    /// @param scopes bits: 1 submit, 2 decline, 4 heartbeat. @param expiresAt last second; at most a year from now.
    function proposeKey(address key, uint8 scopes, uint40 expiresAt) external;

    /// @notice The proposed key agrees to act for `prover`.
    function acceptKey(ProverId prover) external;

    /// @notice Ends a key's permission; the prover or the key itself.
    function revokeKey(ProverId prover, address key) external;

    /// @notice A hot key says how many jobs at once its machine takes now; 0 when it goes down.
    function heartbeat(ProverId prover, QueueId queue, uint8 seat, uint8 capacity) external;

    /// @notice Starts the way out of jail: 1 ZK to insurance, 7 days, rating at most 300,000.
    function leaveJail() external;

    /// @notice Takes an open task onto a seat of `account`; market only.
    function takeOpen(QueueId queue, uint8 seat, address account) external returns (ProverId prover);

    /// @notice Writes what a clearing gave to each seat; market only.
    function award(QueueId queue, SeatAward[] calldata awards) external;

    /// @notice Ends tasks with proofs in time, in order; market only. Rating x = 1e6 - 200_000 * delay / window.
    function recordProven(
        QueueId queue,
        uint8 seat,
        ProverId prover,
        uint256[] calldata delaysSeconds,
        uint256[] calldata windowsSeconds
    ) external returns (AcceleratorId accelerator, uint16 acceleratorBps);

    /// @notice Ends a task with a proof in its grace; market only. Rating x = 200_000.
    function recordLate(
        QueueId queue,
        uint8 seat,
        ProverId prover
    ) external returns (AcceleratorId accelerator, uint16 acceleratorBps);

    /// @notice Ends an assignment that the prover declined; market only. R -= R / 64; three in a row are a fault.
    function recordDeclined(QueueId queue, uint8 seat, ProverId prover) external;

    /// @notice Ends an assignment for which nobody is to blame; market only.
    function recordVoid(QueueId queue, uint8 seat) external;

    /// @notice Ends a task with a missed window; market only.
    function recordMissed(QueueId queue, uint8 seat, ProverId prover) external;

    /// @notice Ends a task with an invalid proof; market only.
    function recordInvalid(QueueId queue, uint8 seat, ProverId prover) external;

    /// @notice Account of a prover; reverts with `UnknownProver`.
    function accountOf(ProverId prover) external view returns (address);

    /// @notice Id of an account's prover; 0 when it is none.
    function idOf(address account) external view returns (ProverId);

    /// @notice A prover; reverts with `UnknownProver`.
    function proverOf(ProverId prover) external view returns (Prover memory);

    function keyOf(ProverId prover, address key) external view returns (HotKey memory);

    /// @notice Whether `key` may act for `prover` now in any of `scope`'s bits.
    function mayAct(ProverId prover, address key, uint8 scope) external view returns (bool);

    function proverCount() external view returns (uint256);

    /// @notice All seats of a queue, free ones included (at most 32).
    function seatsOf(QueueId queue) external view returns (Seat[] memory);

    /// @notice Seated provers with free capacity, not banned and rated high enough, by seat; none with a pass below where the
    ///         last draw began. Stake is not looked at.
    function candidates(QueueId queue, uint256 minRatingPpm) external view returns (Candidate[] memory);
}
