// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title SplitMath
/// @notice How a paid price is split. The last part of each cut is what the others leave, so parts always sum to the price.
library SplitMath {
    uint256 internal constant BPS = 10_000;

    /// @notice Parts of one price.
    struct Split {
        uint256 proverWei;
        uint256 acceleratorWei;
        uint256 delegatorsWei;
        uint256 treasuryWei;
    }

    /// @notice pool = P * poolBps; rest = P - pool; accelerator and sponsor are cut from rest; delegators get their part of the
    ///         pool and the sponsor's; the prover and the treasury get what is left.
    /// @param acceleratorBps of the rest. @param sponsorBps of the rest, 0 for a prover with its own stake.
    /// @param delegatorsBps of the pool's part.
    function split(
        uint256 priceWei,
        uint256 poolBps,
        uint256 acceleratorBps,
        uint256 sponsorBps,
        uint256 delegatorsBps
    ) internal pure returns (Split memory parts) {
        (parts.proverWei, parts.acceleratorWei, parts.delegatorsWei, parts.treasuryWei) = cut(
            priceWei,
            poolBps,
            acceleratorBps,
            sponsorBps,
            delegatorsBps
        );
    }

    /// @notice `split` without a struct in memory.
    function cut(
        uint256 priceWei,
        uint256 poolBps,
        uint256 acceleratorBps,
        uint256 sponsorBps,
        uint256 delegatorsBps
    )
        internal
        pure
        returns (uint256 proverWei, uint256 acceleratorWei, uint256 delegatorsWei, uint256 treasuryWei)
    {
        uint256 pool = (priceWei * poolBps) / BPS;
        uint256 rest = priceWei - pool;
        uint256 sponsor = (rest * sponsorBps) / BPS;
        uint256 fromPool = (pool * delegatorsBps) / BPS;
        acceleratorWei = (rest * acceleratorBps) / BPS;
        proverWei = rest - acceleratorWei - sponsor;
        delegatorsWei = fromPool + sponsor;
        treasuryWei = pool - fromPool;
    }
}
