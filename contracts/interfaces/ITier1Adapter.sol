// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ProverId, QueueId, TaskId} from "../types/Ids.sol";

/// @title ITier1Adapter
/// @notice Translates between one tier 1 project and the market. `ext` is the number tier 1 gives to a piece of work.
/// @dev Two kinds. Push: users bid themselves; the adapter only binds their tasks to what the project pays for. Pull: the
///      pool is the project's prover, and the adapter bids for what the project assigns to it.
interface ITier1Adapter {
    /// @dev Push: NONE -> POSTED -> BOUND -> REWARDED | FORFEITED, POSTED -> FORFEITED. Pull: NONE -> BOUND -> DELIVERED ->
    ///      REWARDED, NONE | BOUND -> FORFEITED. REWARDED and FORFEITED are final.
    enum WorkStatus {
        NONE,
        POSTED, // the project has said what it pays for
        BOUND, // a task of the market stands for it
        DELIVERED, // tier 1 has taken the proof
        REWARDED,
        FORFEITED // over without a reward
    }

    /// @notice What tier 1 wants proved.
    struct Spec {
        QueueId queue;
        uint40 proveBy; // last second at which tier 1 takes the proof in time
        uint256[] statement; // the signals that the queue fixes
    }

    /// @notice What the pool has at stake in tier 1, in units of tier 1's token.
    struct StakeState {
        uint256 stakedUnits;
        uint256 exitingUnits; // leaving, slashable until paid
        uint256 exitAt; // when exitingUnits may be withdrawn
        uint256 rewardUnits; // earned and not yet withdrawn
    }

    event WorkBound(uint256 indexed ext, TaskId indexed task, uint256 rewardWei, uint256 penaltyWei);
    /// @notice The market gave a bound task to a prover at this price.
    event WorkAssigned(uint256 indexed ext, TaskId indexed task, ProverId indexed prover, uint256 priceWei);
    event WorkSettled(
        uint256 indexed ext,
        TaskId indexed task,
        WorkStatus status,
        uint256 rewardWei,
        uint256 penaltyWei
    );

    error UnknownWork(uint256 ext);
    error WrongWorkStatus(uint256 ext, WorkStatus got, WorkStatus expected);
    /// @notice The work is bound to this task, which is not over.
    error WorkIsBound(uint256 ext, TaskId task);
    /// @notice The task is not the work's, or the market has not assigned it.
    error TaskUnfit(uint256 ext, TaskId task);
    /// @notice Provers hand their proofs to the market; this adapter relays none.
    error RelaysNothing();
    /// @notice This adapter has nothing at stake in tier 1.
    error StakesNothing();

    /// @notice What a piece of work asks for, what tier 1 pays for it in time, and what it may take otherwise, in wei of ZK.
    function specOf(
        uint256 ext
    ) external view returns (Spec memory spec, uint256 rewardWei, uint256 maxPenaltyWei);

    /// @notice Tells the adapter which task of the market stands for a piece of work, once the market has assigned it. Anybody.
    function onAssigned(uint256 ext, TaskId task) external;

    /// @notice Whether tier 1 would take this proof for a piece of work now.
    function verify(
        uint256 ext,
        uint256[] calldata signals,
        bytes calldata proof
    ) external view returns (bool);

    /// @notice Hands a proof to tier 1; anybody, whoever made it.
    function submit(uint256 ext, uint256[] calldata signals, bytes calldata proof) external;

    /// @notice Does what is due for a piece of work and says how it stands. Anybody, any number of times: what has ended
    ///         stays as it ended.
    function settle(uint256 ext) external returns (WorkStatus status, uint256 rewardWei, uint256 penaltyWei);

    /// @notice Adds to the pool's stake in tier 1; operator only.
    function stake(uint256 units) external;

    /// @notice Starts to take the whole stake out of tier 1; operator only.
    function requestExit() external;

    /// @notice Takes out what has finished leaving; operator only.
    function withdraw() external returns (uint256 units);

    function stakeState() external view returns (StakeState memory);

    /// @notice What the pool's money in this adapter is worth now, in wei of ZK: held, staked in tier 1 and in the market, at
    ///         cost, less losses that are known.
    function valueWei() external view returns (uint256);
}
