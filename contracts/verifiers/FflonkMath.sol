// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Bn254} from "../libraries/Bn254.sol";

/// @title FflonkMath
/// @notice From an FFLONK proof to the five scalars of its last equation: all of the protocol but the pairing.
/// @dev A proof commits to C1 = a(X⁴) + X·b(X⁴) + X²·c(X⁴) + X³·T0(X⁴) and C2 = z(X³) + X·T1(X³) + X²·T2(X³),
///      its key to C0 = qL(X⁸) + X·qR(X⁸) + X²·qO(X⁸) + X³·qM(X⁸) + X⁴·qC(X⁸) + X⁵·S1(X⁸) + X⁶·S2(X⁸) + X⁷·S3(X⁸).
///      They are opened on S0, the 8th roots of ξ; S1, its 4th roots; S2, the cube roots of ξ and of ξω. With Z_S
///      the polynomial that vanishes on S and r_i the one of least degree that agrees with C_i on S_i, a proof holds if
///
///          e(C0 + q1·C1 + q2·C2 - (r0 + q1·r1 + q2·r2)·G1 - Z_S0·W1 + y·W2, G2) = e(W2, x·G2)
///
///      where q1 = α·Z_S0 / Z_S1, q2 = α²·Z_S0 / Z_S2, all at y. No root is taken here, and nothing is interpolated:
///      Z_S0 = y⁸ - ξ, Z_S1 = y⁴ - ξ, Z_S2 = (y³ - ξ)(y³ - ξω); r0 and r1 have the very coefficients above at ξ, since
///      their degrees are below 8 and 4; and r2 = A + (y³ - ξ)(B - A) / (ξω - ξ) is A = z + y·T1 + y²·T2, of ξ, where
///      y³ = ξ and B, the same of ξω, where y³ = ξω. T0, T1, T2 at ξ follow from the gate and permutation equations.
///
///      A proof carries the inverse of the product of all denominators as snarkjs divides. That product is
///
///          D = -2³²·3⁶·ω²·nᵐ · ξ¹⁴·(ξω - ξ)⁶ · (ξⁿ - 1)·Z_S0·Z_S1²·Z_S2² · Π (ξ - ωⁱ)
///
///      over the m signals (one if there is none): interpolation over all roots of ξ multiplies 2²⁴·ξ⁷·Z_S0 (S0),
///      -2⁸·ξ³·Z_S1 and so on. The inverse is checked, then gives those that are needed here.
library FflonkMath {
    /// @notice A key as it is kept: registered words, then what follows from them.
    struct Key {
        uint256 power;
        uint256 signalCount;
        uint256 k1;
        uint256 k2;
        uint256 x2XImag;
        uint256 x2XReal;
        uint256 x2YImag;
        uint256 x2YReal;
        uint256 c0X;
        uint256 c0Y;
        uint256 omega; // ω, generates the domain
        uint256 sizeInverse; // 1 / n
        uint256 inverseScale; // -2³²·3⁶·ω²·nᵐ of D
        uint256 modulus; // r: a constant so long would be copied out of the code each time, a variable is not
    }

    /// @notice A proof, in the order of snarkjs's calldata.
    struct Proof {
        uint256[2] c1;
        uint256[2] c2;
        uint256[2] w1;
        uint256[2] w2;
        uint256 ql;
        uint256 qr;
        uint256 qm;
        uint256 qo;
        uint256 qc;
        uint256 s1;
        uint256 s2;
        uint256 s3;
        uint256 a;
        uint256 b;
        uint256 c;
        uint256 z;
        uint256 zw; // z at ξω, like the next two
        uint256 t1w;
        uint256 t2w;
        uint256 inv; // 1 / D
    }

    /// @notice What is worked out of a proof, in the order in which it is.
    struct Opening {
        // challenges: what the prover could not choose
        uint256 beta;
        uint256 gamma;
        uint256 xi;
        uint256 alpha;
        uint256 y;
        // denominators, and then their inverses
        uint256 vanishing; // ξⁿ - 1
        uint256 first; // ξ - 1
        uint256 signals; // (ξ - ω)(ξ - ω²)…, and then the inverse with the first factor, ξ - 1
        uint256 gap; // ξω - ξ
        uint256 s1; // Z_S1
        uint256 s2; // Z_S2
        // by what the points are multiplied: C0 by one, W2 by y
        uint256 ofC1;
        uint256 ofC2;
        uint256 ofW1;
        uint256 ofG1;
    }

    /// @notice Whether every point of a proof is on the curve and every number below its modulus.
    /// @dev Infinity, (0, 0), is not on the curve. An honest prover meets it with probability 1/r.
    function isCanonical(
        Key memory key,
        uint256[] calldata signals,
        Proof calldata proof
    ) internal pure returns (bool yes) {
        uint256 r = key.modulus;
        uint256 p;
        unchecked {
            p = r + (Bn254.BASE_FIELD - Bn254.SCALAR_FIELD); // p is below 2^254
        }
        assembly ("memory-safe") {
            yes := 1
            for {
                let next := proof
                let end := add(proof, 0x100)
            } lt(next, end) {
                next := add(next, 0x40)
            } {
                let x := calldataload(next)
                let y := calldataload(add(next, 0x20))
                yes := and(yes, and(lt(x, p), lt(y, p)))
                yes := and(yes, eq(mulmod(y, y, p), addmod(mulmod(mulmod(x, x, p), x, p), 3, p)))
            }
            // Sixteen numbers, four at a time.
            for {
                let next := add(proof, 0x100)
                let end := add(proof, 0x300)
            } lt(next, end) {
                next := add(next, 0x80)
            } {
                yes := and(
                    yes,
                    and(
                        and(lt(calldataload(next), r), lt(calldataload(add(next, 0x20)), r)),
                        and(lt(calldataload(add(next, 0x40)), r), lt(calldataload(add(next, 0x60)), r))
                    )
                )
            }
            for {
                let next := signals.offset
                let end := add(next, shl(5, signals.length))
            } lt(next, end) {
                next := add(next, 0x20)
            } {
                yes := and(yes, lt(calldataload(next), r))
            }
        }
    }

    /// @notice Works out by what the points of a proof's equation are multiplied.
    /// @param signals As many as the key says, canonical as the proof is.
    /// @param at Overwritten.
    /// @return inverted Whether the proof's inverse is the right one; without it there is no equation.
    function open(
        Key memory key,
        uint256[] calldata signals,
        Proof calldata proof,
        Opening memory at
    ) internal pure returns (bool inverted) {
        uint256 r = key.modulus;
        _challenge(key, signals, proof, at);
        (uint256 xi, uint256 y) = (at.xi, at.y);
        uint256 cube; // y³ - ξ
        uint256 all; // Z_S0
        // Everything that is subtracted is at most r.
        unchecked {
            {
                uint256 square = mulmod(y, y, r);
                uint256 third = mulmod(square, y, r);
                uint256 fourth = mulmod(square, square, r);
                uint256 xiOmega = mulmod(xi, key.omega, r);
                cube = addmod(third, r - xi, r);
                all = addmod(mulmod(fourth, fourth, r), r - xi, r);
                at.s1 = addmod(fourth, r - xi, r);
                at.s2 = mulmod(cube, addmod(third, r - xiOmega, r), r);
                at.gap = addmod(xiOmega, r - xi, r);
            }
            at.vanishing = addmod(_squared(xi, key.power, r), r - 1, r);
            uint256 sum = _weigh(key, signals, at);
            if (!_invert(r, at, mulmod(proof.inv, mulmod(key.inverseScale, all, r), r))) return false;
            sum = mulmod(mulmod(sum, at.signals, r), key.sizeInverse, r); // -PI(ξ) / (ξⁿ - 1)
            (uint256 q1, uint256 q2) = (
                mulmod(at.alpha, mulmod(all, at.s1, r), r),
                mulmod(mulmod(at.alpha, at.alpha, r), mulmod(all, at.s2, r), r)
            );
            (at.ofC1, at.ofC2, at.ofW1) = (q1, q2, r - all);
            q1 = mulmod(q1, _openWires(r, proof, y, at.vanishing, sum), r);
            q2 = mulmod(q2, _openPermutation(key, proof, at, cube), r);
            at.ofG1 = r - addmod(_openSelectors(r, proof, y), addmod(q1, q2, r), r);
        }
        return true;
    }

    /// @notice What follows from a key.
    /// @return sizeInverse 1 / n.
    /// @return inverseScale What of D depends on the key alone: -2³²·3⁶·ω²·nᵐ.
    function constantsOf(
        uint256 omega,
        uint256 power,
        uint256 signalCount
    ) internal pure returns (uint256 sizeInverse, uint256 inverseScale) {
        uint256 r = Bn254.SCALAR_FIELD;
        sizeInverse = 1;
        for (uint256 i; i < power; ++i) sizeInverse = mulmod(sizeInverse, (r + 1) / 2, r);
        uint256 scale = mulmod(2 ** 32 * 3 ** 6, mulmod(omega, omega, r), r);
        for (uint256 i = signalCount == 0 ? 1 : signalCount; i > 0; --i) scale = mulmod(scale, 2 ** power, r);
        inverseScale = r - scale;
    }

    /// @dev The transcript: β of the key's commitment, the signals and C1; γ of β; ξ of γ and C2; α of what gave ξ and all
    ///      evaluations; y of α and W1.
    function _challenge(
        Key memory key,
        uint256[] calldata signals,
        Proof calldata proof,
        Opening memory at
    ) private pure {
        uint256 r = key.modulus;
        assembly ("memory-safe") {
            let text := mload(0x40) // of free memory: each text is hashed at once
            let size := shl(5, signals.length)
            mcopy(text, add(key, 0x100), 0x40) // C0
            calldatacopy(add(text, 0x40), signals.offset, size)
            calldatacopy(add(add(text, 0x40), size), proof, 0x40)
            let challenge := mod(keccak256(text, add(size, 0x80)), r)
            mstore(at, challenge)
            mstore(0, challenge)
            challenge := mod(keccak256(0, 0x20), r)
            mstore(add(at, 0x20), challenge)

            mstore(text, challenge)
            calldatacopy(add(text, 0x20), add(proof, 0x40), 0x40)
            challenge := mod(keccak256(text, 0x60), r)
            // ξ is the 24th power of what is drawn, so that the prover knows its 8th, 4th and cube roots.
            let xi := mulmod(mulmod(challenge, challenge, r), challenge, r)
            xi := mulmod(xi, xi, r)
            xi := mulmod(xi, xi, r)
            mstore(add(at, 0x40), mulmod(xi, xi, r))

            mstore(text, challenge)
            calldatacopy(add(text, 0x20), add(proof, 0x100), 0x1e0)
            challenge := mod(keccak256(text, 0x200), r)
            mstore(add(at, 0x60), challenge)

            mstore(text, challenge)
            calldatacopy(add(text, 0x20), add(proof, 0x80), 0x40)
            mstore(add(at, 0x80), mod(keccak256(text, 0x60), r))
        }
    }

    /// @dev Multiplies up the denominators of the signals' Lagrange polynomials.
    /// @return sum Σ signal·ωⁱ / (ξ - ωⁱ), times all of them.
    function _weigh(
        Key memory key,
        uint256[] calldata signals,
        Opening memory at
    ) private pure returns (uint256 sum) {
        (uint256 xi, uint256 omega, uint256 r) = (at.xi, key.omega, key.modulus);
        uint256 first;
        uint256 others = 1;
        assembly ("memory-safe") {
            first := addmod(xi, sub(r, 1), r)
            let next := signals.offset
            let end := add(next, shl(5, signals.length))
            if lt(next, end) {
                let root := 1
                for {
                    next := add(next, 0x20)
                } lt(next, end) {
                    next := add(next, 0x20)
                } {
                    root := mulmod(root, omega, r)
                    let denominator := addmod(xi, sub(r, root), r)
                    let signal := mulmod(calldataload(next), root, r)
                    sum := addmod(mulmod(sum, denominator, r), mulmod(signal, others, r), r)
                    others := mulmod(others, denominator, r)
                }
                sum := addmod(mulmod(sum, first, r), mulmod(calldataload(signals.offset), others, r), r)
            }
        }
        (at.first, at.signals) = (first, others);
    }

    /// @dev Replaces the denominators by their at.
    /// @param scale The proof's inverse, freed of what D has besides ξ¹⁴ and the denominators.
    /// @return right Whether the proof's inverse is that of D.
    function _invert(uint256 r, Opening memory at, uint256 scale) private pure returns (bool right) {
        (uint256 gap, uint256 vanishing, uint256 others) = (at.gap, at.vanishing, at.signals);
        uint256 left = mulmod(gap, vanishing, r);
        uint256 middle = mulmod(at.s1, at.s2, r);
        uint256 both = mulmod(left, middle, r);
        uint256 signals = mulmod(at.first, others, r);
        // ξ¹⁴·gap⁵·s1·s2: then every denominator is left once.
        {
            uint256 square = mulmod(at.xi, at.xi, r);
            uint256 seventh = mulmod(mulmod(mulmod(square, square, r), square, r), at.xi, r);
            scale = mulmod(scale, mulmod(seventh, seventh, r), r);
            square = mulmod(gap, gap, r);
            scale = mulmod(scale, mulmod(mulmod(square, square, r), gap, r), r);
            scale = mulmod(scale, middle, r);
        }
        if (mulmod(scale, mulmod(both, signals, r), r) != 1) return false;
        uint256 inverse = mulmod(scale, both, r); // of the signals'
        (at.first, at.signals) = (mulmod(inverse, others, r), inverse);
        scale = mulmod(scale, signals, r); // of both
        inverse = mulmod(scale, middle, r); // of left
        (at.gap, at.vanishing) = (mulmod(inverse, vanishing, r), mulmod(inverse, gap, r));
        inverse = mulmod(scale, left, r); // of middle
        (at.s1, at.s2) = (mulmod(inverse, at.s2, r), mulmod(inverse, at.s1, r));
        return true;
    }

    /// @dev r0(y).
    function _openSelectors(
        uint256 r,
        Proof calldata proof,
        uint256 y
    ) private pure returns (uint256 opened) {
        opened = addmod(mulmod(proof.s3, y, r), proof.s2, r);
        opened = addmod(mulmod(opened, y, r), proof.s1, r);
        opened = addmod(mulmod(opened, y, r), proof.qc, r);
        opened = addmod(mulmod(opened, y, r), proof.qm, r);
        opened = addmod(mulmod(opened, y, r), proof.qo, r);
        opened = addmod(mulmod(opened, y, r), proof.qr, r);
        opened = addmod(mulmod(opened, y, r), proof.ql, r);
    }

    /// @dev r1(y), with T0(ξ) = (qL·a + qR·b + qM·a·b + qO·c + qC + PI(ξ)) / (ξⁿ - 1).
    /// @param perVanishing 1 / (ξⁿ - 1).
    /// @param sum -PI(ξ) / (ξⁿ - 1).
    function _openWires(
        uint256 r,
        Proof calldata proof,
        uint256 y,
        uint256 perVanishing,
        uint256 sum
    ) private pure returns (uint256 opened) {
        (uint256 a, uint256 b, uint256 c) = (proof.a, proof.b, proof.c);
        uint256 gate = addmod(mulmod(addmod(proof.ql, mulmod(proof.qm, b, r), r), a, r), proof.qc, r);
        gate = addmod(gate, addmod(mulmod(proof.qr, b, r), mulmod(proof.qo, c, r), r), r);
        unchecked {
            gate = addmod(mulmod(gate, perVanishing, r), r - sum, r); // sum is below r
        }
        opened = addmod(mulmod(gate, y, r), c, r);
        opened = addmod(mulmod(opened, y, r), b, r);
        opened = addmod(mulmod(opened, y, r), a, r);
    }

    /// @dev r2(y), with T1(ξ) = L1(ξ)(z - 1) / (ξⁿ - 1), where L1(ξ) = (ξⁿ - 1) / n(ξ - 1), and
    ///      T2(ξ) = ((a + βξ + γ)(b + βξk1 + γ)(c + βξk2 + γ)z - (a + βs1 + γ)(b + βs2 + γ)(c + βs3 + γ)zω) / (ξⁿ - 1).
    function _openPermutation(
        Key memory key,
        Proof calldata proof,
        Opening memory at,
        uint256 cube
    ) private pure returns (uint256 opened) {
        uint256 r = key.modulus;
        (uint256 beta, uint256 z, uint256 zw, uint256 y) = (at.beta, proof.z, proof.zw, at.y);
        uint256 t2;
        {
            uint256 betaXi = mulmod(beta, at.xi, r);
            // Three numbers below r: no overflow.
            unchecked {
                uint256 aGamma = proof.a + at.gamma;
                uint256 bGamma = proof.b + at.gamma;
                uint256 cGamma = proof.c + at.gamma;
                t2 = mulmod(aGamma + betaXi, z, r);
                t2 = mulmod(t2, bGamma + mulmod(betaXi, key.k1, r), r);
                t2 = mulmod(t2, cGamma + mulmod(betaXi, key.k2, r), r);
                uint256 other = mulmod(aGamma + mulmod(beta, proof.s1, r), zw, r);
                other = mulmod(other, bGamma + mulmod(beta, proof.s2, r), r);
                other = mulmod(other, cGamma + mulmod(beta, proof.s3, r), r);
                t2 = mulmod(addmod(t2, r - other, r), at.vanishing, r);
            }
        }
        // Everything that is subtracted is at most r.
        unchecked {
            uint256 t1 = mulmod(mulmod(addmod(z, r - 1, r), key.sizeInverse, r), at.first, r);
            opened = addmod(mulmod(addmod(mulmod(t2, y, r), t1, r), y, r), z, r);
            uint256 next = addmod(mulmod(addmod(mulmod(proof.t2w, y, r), proof.t1w, r), y, r), zw, r);
            uint256 slope = mulmod(addmod(next, r - opened, r), at.gap, r);
            opened = addmod(opened, mulmod(cube, slope, r), r);
        }
    }

    /// @dev value^(2^times).
    function _squared(uint256 value, uint256 times, uint256 r) private pure returns (uint256 power) {
        assembly ("memory-safe") {
            for {} times {
                times := sub(times, 1)
            } {
                value := mulmod(value, value, r)
            }
            power := value
        }
    }
}
