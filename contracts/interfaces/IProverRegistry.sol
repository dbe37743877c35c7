// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ProverId, QueueId} from "../types/Ids.sol";
import {Candidate, Prover, Seat, SeatAward} from "../types/Prover.sol";

/// @title IProverRegistry
/// @notice Tier 2: provers, their seats in the queues, and their rating.
interface IProverRegistry {
    event ProverRegistered(ProverId indexed prover, address indexed account, string uri);
    event SeatTaken(QueueId indexed queue, ProverId indexed prover, uint8 seat, uint8 capacity, uint64 pass);
    event SeatLeft(QueueId indexed queue, ProverId indexed prover, uint8 seat);
    event CapacitySet(QueueId indexed queue, ProverId indexed prover, uint8 capacity);

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

    /// @notice Writes what a clearing gave to each seat; market only.
    function award(QueueId queue, SeatAward[] calldata awards) external;

    /// @notice Ends a task with a proof in time; market only. Rating x = 1e6 - 200_000 * delay / window.
    function recordProven(
        QueueId queue,
        uint8 seat,
        ProverId prover,
        uint256 delaySeconds,
        uint256 windowSeconds
    ) external;

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

    function proverCount() external view returns (uint256);

    /// @notice All seats of a queue, free ones included (at most 32).
    function seatsOf(QueueId queue) external view returns (Seat[] memory);

    /// @notice Seated provers with free capacity, by seat; none with a pass below where the last draw began. Stake is
    ///         not looked at.
    function candidates(QueueId queue) external view returns (Candidate[] memory);
}
