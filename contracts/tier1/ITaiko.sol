// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title ITaiko
/// @notice What the pool needs of a tier 1 with Taiko Alpha-4's rules for provers. Units are those of its token.
interface ITaiko {
    /// @notice One block to be proved.
    struct Block {
        // storage word 0
        address assigned; // its prover; zero: anybody
        uint40 proposedAt;
        uint40 proveBy; // the assigned prover alone until then
        bool released; // the assigned prover's capacity is free again
        // storage word 1
        address provenBy; // who was paid for the proof
        uint40 provenAt; // 0: not proven
        uint32 gasLimit;
        // storage word 2
        uint256 commitment; // public input of its proof
        // storage word 3
        bytes32 dataHash; // of what its proof is made from
        // storage word 4
        uint64 rewardUnits; // for a proof without delay
        uint64 paidUnits;
        uint64 slashedUnits; // taken from the assigned prover
    }

    /// @notice One who proves, or wants to.
    struct Staker {
        // storage word 0
        uint64 stakedUnits;
        uint64 exitingUnits; // slashable until exitAt
        uint40 exitAt;
        uint32 rewardPerGas; // what it asks
        uint16 capacity; // blocks at once it offers
        uint16 inFlight;
        uint8 place; // 1 + its seat; 0 without one
    }

    /// @notice Adds to the caller's stake and sets what it asks and offers; takes a seat if the stake is big enough.
    function stake(uint64 units, uint32 rewardPerGas, uint16 capacity) external;

    /// @notice Gives the seat up and starts to take the whole stake out.
    function requestExit() external;

    /// @notice Pays the caller the stake that has left.
    function withdrawStake() external;

    /// @notice Pays the caller its rewards.
    function withdrawRewards() external;

    /// @notice Hands in a proof. In the window: by the assigned prover alone, which is paid. Later: whom the proof names is paid.
    function proveBlock(uint256 id, uint256[] calldata signals, bytes calldata proof) external;

    /// @notice Slashes the prover that let its window pass; anybody.
    function markLate(uint256 id) external;

    function blockOf(uint256 id) external view returns (Block memory);

    function stakerOf(address account) external view returns (Staker memory);

    function rewardsOf(address account) external view returns (uint256 units);

    /// @notice What would be slashed if a block's window were missed now.
    function penaltyOf(uint256 id) external view returns (uint256 units);

    /// @notice Whether `caller` could hand in this proof now.
    function accepts(
        uint256 id,
        address caller,
        uint256[] calldata signals,
        bytes calldata proof
    ) external view returns (bool);
}
