// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Bn254} from "../libraries/Bn254.sol";
import {Bn254Keys} from "./Bn254Keys.sol";

/// @title PlonkEquation
/// @notice From PLONK proofs to two sums of points: all of the protocol but keys and answers.
/// @dev A proof is 24 words: points A, B, C (wires), Z (permutation), T1, T2, T3 (quotient), Wxi, Wxiw (openings at ξ
///      and at ξω), then the values a, b, c, s1, s2 at ξ and z at ξω. Challenges are keccak256 modulo r of
///
///          β: qm … s3, signals, A, B, C    γ: β                                α: β, γ, Z
///          ξ: α, T1, T2, T3                v: ξ, a, b, c, s1, s2, z            u: Wxi, Wxiw
///
///      With n elements in the domain, ω its generator, Z_H = ξⁿ - 1 and L_i = ωⁱ·Z_H / (n·(ξ - ωⁱ)), let
///
///          t = α·z·(a + βs1 + γ)(b + βs2 + γ)
///          D = ab·qm + a·ql + b·qr + c·qo + qc - tβ·s3 - Z_H·(T1 + ξⁿ·T2 + ξ²ⁿ·T3)
///              + (α(a + βξ + γ)(b + βξk1 + γ)(c + βξk2 + γ) + α²L_0 + u)·Z
///          e = Σ signal_i·L_i + α²L_0 + t(c + γ) + va + v²b + v³c + v⁴s1 + v⁵s2 + uz
///
///      and the proof holds if, pairings written as products,
///
///          (Wxi + u·Wxiw)·x2 = (ξ·Wxi + uξω·Wxiw + D + v·A + v²·B + v³·C + v⁴·s1 + v⁵·s2 - e·G1)·G2.
///
///      Points are checked before a precompile sees them: one that fails is the chain's fault.
abstract contract PlonkEquation is Bn254Keys {
    uint256 internal constant PROOF_BYTES = 768;

    /// @dev Half as much again as an inversion costs since EIP-7883; before, it cost a third of that.
    uint256 internal constant INVERSION_LIMIT = 6_100;

    /// @dev r and p of Bn254, as literals for assembly.
    uint256 private constant R =
        21888242871839275222246405745257275088548364400416034343698204186575808495617;
    uint256 private constant P =
        21888242871839275222246405745257275088696311157297823662689037894645226208583;

    /// @dev Where things lie in memory. A sum of points has room behind it for the next point and its scalar.
    uint256 private constant LEFT = 0;
    uint256 private constant RIGHT = 0xa0;
    /// @dev What is hashed; then the scalars of the proof's nine points on the right, and of Wxi and Wxiw on the left.
    uint256 private constant SCRATCH = 0x140;
    uint256 private constant LEFT_SCALARS = 0x260;
    /// @dev Challenges and what follows from them.
    uint256 private constant BETA = 0x2a0;
    uint256 private constant GAMMA = 0x2c0;
    uint256 private constant ALPHA = 0x2e0;
    uint256 private constant XI = 0x300;
    uint256 private constant V = 0x320;
    uint256 private constant U = 0x340;
    uint256 private constant XI_N = 0x360; // ξⁿ
    uint256 private constant FIRST = 0x380; // α·L_0
    uint256 private constant WEIGHED = 0x3a0; // Σ signal_i·L_i
    /// @dev Scalars of qm … s3, and of G1.
    uint256 private constant KEY_SCALARS = 0x3c0;
    uint256 private constant G1_SCALAR = 0x4c0;
    uint256 private constant G1 = 0x4e0;
    /// @dev The key as it is kept. Signals and proof follow, so that what is hashed for β is in one piece.
    uint256 private constant KEPT = 0x520;
    uint256 private constant ROOT = 0x520;
    uint256 private constant POWER = 0x540;
    uint256 private constant SIGNAL_COUNT = 0x560;
    uint256 private constant K1 = 0x580;
    uint256 private constant K2 = 0x5a0;
    uint256 private constant X2 = 0x5c0;
    uint256 private constant KEY_POINTS = 0x640;
    uint256 private constant SIGNALS = 0x840;

    /// @dev Where things lie in a proof.
    uint256 private constant Z = 0xc0;
    uint256 private constant T1 = 0x100;
    uint256 private constant WXI = 0x1c0;
    uint256 private constant VALUES = 0x240;

    /// @dev Makes room for the equation of a key, its sums zero.
    /// @return at Where it lies.
    /// @return signals Where signals and, right behind them, a proof are to be put.
    function _open(address pointer) internal view returns (uint256 at, uint256 signals, uint256 count) {
        (uint256 g1X, uint256 g1Y) = (Bn254.G1_X, Bn254.G1_Y);
        assembly ("memory-safe") {
            at := mload(0x40)
            signals := add(at, SIGNALS)
            calldatacopy(at, calldatasize(), KEPT)
            mstore(add(at, G1), g1X)
            mstore(add(at, add(G1, 0x20)), g1Y)
            extcodecopy(pointer, add(at, KEPT), 1, sub(SIGNALS, KEPT))
            count := mload(add(at, SIGNAL_COUNT))
            mstore(0x40, add(add(signals, shl(5, count)), PROOF_BYTES))
        }
    }

    /// @dev Adds `coefficient` times the equation of the proof that lies in memory.
    /// @return sound Whether its points are on the curve and all numbers below their moduli; if not, nothing was added.
    function _fold(uint256 at, uint256 coefficient) internal view returns (bool sound) {
        uint256 proof;
        assembly ("memory-safe") {
            proof := add(add(at, SIGNALS), shl(5, mload(add(at, SIGNAL_COUNT))))
        }
        if (!_isCanonical(at, proof)) return false;
        _challenge(at, proof);
        if (!_evaluate(at, proof)) return false;
        _weighKey(at, proof, coefficient);
        _weighProof(at, proof, coefficient);
        unchecked {
            _accumulate(at + RIGHT, proof, at + SCRATCH, 9);
            _accumulate(at + LEFT, proof + WXI, at + LEFT_SCALARS, 2);
        }
        return true;
    }

    /// @dev Whether the equation holds: adds the key's points, once for all proofs.
    function _holds(uint256 at) internal view returns (bool one) {
        uint256 limit;
        unchecked {
            _accumulate(at + RIGHT, at + KEY_POINTS, at + KEY_SCALARS, 8);
            _accumulate(at + RIGHT, at + G1, at + G1_SCALAR, 1);
            limit = PAIRING_LIMIT + 2 * PAIRING_LIMIT_PER_PAIR;
        }
        uint256[4] memory g2 = [Bn254.G2_X_IMAG, Bn254.G2_X_REAL, Bn254.G2_Y_IMAG, Bn254.G2_Y_REAL];
        bool works;
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore(input, mload(add(at, LEFT)))
            // Negated. Infinity, (0, 0), stays what it is.
            mstore(add(input, 0x20), mod(sub(P, mload(add(at, add(LEFT, 0x20)))), P))
            mcopy(add(input, 0x40), add(at, X2), 0x80)
            mcopy(add(input, 0xc0), add(at, RIGHT), 0x40)
            mcopy(add(input, 0x100), g2, 0x80)
            // Arguments are evaluated from right to left: the call before the size of what it returned.
            works := and(eq(returndatasize(), 0x20), staticcall(limit, 8, input, 0x180, 0, 0x20))
            one := eq(mload(0), 1)
        }
        if (!works) revert PrecompileFailed(8, limit);
    }

    /// @dev Lagrange polynomials at ξ, as fractions that are brought to one denominator: inverting costs most.
    /// @return defined Whether ξ is none of the domain's elements that signals stand at.
    function _evaluate(uint256 at, uint256 end) private view returns (bool defined) {
        bool works;
        assembly ("memory-safe") {
            let xi := mload(add(at, XI))
            // Σ signal_i·ωⁱ / (ξ - ωⁱ) = numerator / (first · others), where ξ - 1 is the first.
            let denominator := addmod(xi, sub(R, 1), R)
            let others := 1
            let signal := add(at, SIGNALS)
            let numerator := mul(lt(signal, end), mload(signal))
            let root := mload(add(at, ROOT))
            for {
                signal := add(signal, 0x20)
                let element := root
            } lt(signal, end) {
                signal := add(signal, 0x20)
                element := mulmod(element, root, R)
            } {
                let factor := addmod(xi, sub(R, element), R)
                numerator := addmod(
                    mulmod(numerator, factor, R),
                    mulmod(denominator, mulmod(mload(signal), element, R), R),
                    R
                )
                denominator := mulmod(denominator, factor, R)
                others := mulmod(others, factor, R)
            }

            // ξⁿ, and n of the denominator.
            let power := mload(add(at, POWER))
            denominator := mulmod(denominator, shl(power, 1), R)
            let xiN := xi
            for {} power {
                power := sub(power, 1)
            } {
                xiN := mulmod(xiN, xiN, R)
            }
            mstore(add(at, XI_N), xiN)

            // The inverse is the (r - 2)th power.
            let input := add(at, SCRATCH)
            mstore(input, 0x20)
            mstore(add(input, 0x20), 0x20)
            mstore(add(input, 0x40), 0x20)
            mstore(add(input, 0x60), denominator)
            mstore(add(input, 0x80), sub(R, 2))
            mstore(add(input, 0xa0), R)
            works := and(eq(returndatasize(), 0x20), staticcall(INVERSION_LIMIT, 5, input, 0xc0, 0, 0x20))
            let scale := mulmod(addmod(xiN, sub(R, 1), R), mload(0), R)
            mstore(add(at, FIRST), mulmod(mload(add(at, ALPHA)), mulmod(scale, others, R), R))
            mstore(add(at, WEIGHED), mulmod(scale, numerator, R))
            defined := iszero(iszero(denominator))
        }
        if (!works) revert PrecompileFailed(5, INVERSION_LIMIT);
    }

    /// @dev Adds points, each as often as its scalar says, to a sum. One that counts once is not multiplied.
    function _accumulate(uint256 sum, uint256 points, uint256 scalars, uint256 count) private view {
        uint256 broken; // a precompile that failed on good input
        assembly ("memory-safe") {
            let next := add(sum, 0x40)
            for {
                let end := add(scalars, shl(5, count))
            } lt(scalars, end) {
                scalars := add(scalars, 0x20)
                points := add(points, 0x40)
            } {
                let scalar := mload(scalars)
                mcopy(next, points, 0x40)
                if xor(scalar, 1) {
                    mstore(add(next, 0x40), scalar)
                    if iszero(
                        and(eq(returndatasize(), 0x40), staticcall(MUL_LIMIT, 7, next, 0x60, next, 0x40))
                    ) {
                        broken := 7
                        break
                    }
                }
                if iszero(and(eq(returndatasize(), 0x40), staticcall(ADD_LIMIT, 6, sum, 0x80, sum, 0x40))) {
                    broken := 6
                    break
                }
            }
        }
        if (broken != 0) revert PrecompileFailed(broken, broken == 7 ? MUL_LIMIT : ADD_LIMIT);
    }

    /// @dev Infinity, (0, 0), is not on the curve: an honest prover, whose points are all blinded, never meets it.
    function _isCanonical(uint256 at, uint256 proof) private pure returns (bool yes) {
        assembly ("memory-safe") {
            yes := 1
            let values := add(proof, VALUES)
            for {
                let point := proof
            } lt(point, values) {
                point := add(point, 0x40)
            } {
                let x := mload(point)
                let y := mload(add(point, 0x20))
                yes := and(
                    and(yes, and(lt(x, P), lt(y, P))),
                    eq(mulmod(y, y, P), addmod(mulmod(mulmod(x, x, P), x, P), 3, P))
                )
            }
            for {
                let end := add(proof, PROOF_BYTES)
            } lt(values, end) {
                values := add(values, 0x20)
            } {
                yes := and(yes, lt(mload(values), R))
            }
            for {
                let signal := add(at, SIGNALS)
            } lt(signal, proof) {
                signal := add(signal, 0x20)
            } {
                yes := and(yes, lt(mload(signal), R))
            }
        }
    }

    /// @dev Draws the challenges. What each hashes is all that the prover has said since the one before, and that one.
    function _challenge(uint256 at, uint256 proof) private pure {
        assembly ("memory-safe") {
            let hashed := add(at, SCRATCH)
            let start := add(at, KEY_POINTS)
            let challenge := mod(keccak256(start, sub(add(proof, Z), start)), R)
            mstore(add(at, BETA), challenge)
            mstore(hashed, challenge)
            challenge := mod(keccak256(hashed, 0x20), R)
            mstore(add(at, GAMMA), challenge)
            mstore(add(hashed, 0x20), challenge)
            mcopy(add(hashed, 0x40), add(proof, Z), 0x40)
            challenge := mod(keccak256(hashed, 0x80), R)
            mstore(add(at, ALPHA), challenge)
            mstore(hashed, challenge)
            mcopy(add(hashed, 0x20), add(proof, T1), 0xc0)
            challenge := mod(keccak256(hashed, 0xe0), R)
            mstore(add(at, XI), challenge)
            mstore(hashed, challenge)
            mcopy(add(hashed, 0x20), add(proof, VALUES), 0xc0)
            mstore(add(at, V), mod(keccak256(hashed, 0xe0), R))
            mstore(add(at, U), mod(keccak256(add(proof, WXI), 0x80), R))
        }
    }

    /// @dev The proof's part of the scalars of qm … s3 and of G1.
    function _weighKey(uint256 at, uint256 proof, uint256 coefficient) private pure {
        assembly ("memory-safe") {
            function increase(word, scalar, weight) {
                mstore(word, addmod(mload(word), mulmod(scalar, weight, R), R))
            }

            let values := add(proof, VALUES)
            let a := mload(values)
            let b := mload(add(values, 0x20))
            let c := mload(add(values, 0x40))
            let s1 := mload(add(values, 0x60))
            let s2 := mload(add(values, 0x80))
            let z := mload(add(values, 0xa0))
            let scalars := add(at, KEY_SCALARS)
            increase(scalars, mulmod(a, b, R), coefficient)
            increase(add(scalars, 0x20), a, coefficient)
            increase(add(scalars, 0x40), b, coefficient)
            increase(add(scalars, 0x60), c, coefficient)
            increase(add(scalars, 0x80), 1, coefficient)

            // e from its end: ((((v·s2 + s1)·v + c)·v + b)·v + a)·v + uz …
            let v := mload(add(at, V))
            let e := addmod(mulmod(s2, v, R), s1, R)
            e := addmod(mulmod(e, v, R), c, R)
            e := addmod(mulmod(e, v, R), b, R)
            e := addmod(mulmod(e, v, R), a, R)
            e := addmod(mulmod(e, v, R), mulmod(mload(add(at, U)), z, R), R)
            let power := mulmod(v, v, R)
            power := mulmod(power, power, R)
            increase(add(scalars, 0xa0), power, coefficient)
            increase(add(scalars, 0xc0), mulmod(power, v, R), coefficient)

            let alpha := mload(add(at, ALPHA))
            let beta := mload(add(at, BETA))
            let gamma := mload(add(at, GAMMA))
            let t := mulmod(alpha, z, R)
            t := mulmod(t, add(add(a, mulmod(beta, s1, R)), gamma), R)
            t := mulmod(t, add(add(b, mulmod(beta, s2, R)), gamma), R)
            increase(add(scalars, 0xe0), sub(R, mulmod(t, beta, R)), coefficient)

            // … + t(c + γ) + α·(α·L_0) + Σ signal_i·L_i
            e := addmod(e, mulmod(t, add(c, gamma), R), R)
            e := addmod(e, mulmod(alpha, mload(add(at, FIRST)), R), R)
            e := addmod(e, mload(add(at, WEIGHED)), R)
            increase(add(at, G1_SCALAR), sub(R, e), coefficient)
        }
    }

    /// @dev The scalars of the proof's own points: A … Wxiw on the right, Wxi and Wxiw on the left.
    function _weighProof(uint256 at, uint256 proof, uint256 coefficient) private pure {
        assembly ("memory-safe") {
            let scalars := add(at, SCRATCH)
            let v := mload(add(at, V))
            let scalar := mulmod(coefficient, v, R)
            mstore(scalars, scalar)
            scalar := mulmod(scalar, v, R)
            mstore(add(scalars, 0x20), scalar)
            mstore(add(scalars, 0x40), mulmod(scalar, v, R))

            // Sums of three numbers below r are below 2^256.
            let values := add(proof, VALUES)
            let gamma := mload(add(at, GAMMA))
            let xi := mload(add(at, XI))
            let u := mload(add(at, U))
            let betaXi := mulmod(mload(add(at, BETA)), xi, R)
            scalar := add(add(mload(values), betaXi), gamma)
            let wire := add(mload(add(values, 0x20)), mulmod(betaXi, mload(add(at, K1)), R))
            scalar := mulmod(scalar, add(wire, gamma), R)
            wire := add(mload(add(values, 0x40)), mulmod(betaXi, mload(add(at, K2)), R))
            scalar := mulmod(scalar, add(wire, gamma), R)
            scalar := mulmod(add(scalar, mload(add(at, FIRST))), mload(add(at, ALPHA)), R)
            mstore(add(scalars, 0x60), mulmod(add(scalar, u), coefficient, R))

            let xiN := mload(add(at, XI_N))
            scalar := mulmod(add(1, sub(R, xiN)), coefficient, R)
            mstore(add(scalars, 0x80), scalar)
            scalar := mulmod(scalar, xiN, R)
            mstore(add(scalars, 0xa0), scalar)
            mstore(add(scalars, 0xc0), mulmod(scalar, xiN, R))

            mstore(add(scalars, 0xe0), mulmod(coefficient, xi, R))
            scalar := mulmod(coefficient, u, R)
            mstore(add(at, LEFT_SCALARS), coefficient)
            mstore(add(at, add(LEFT_SCALARS, 0x20)), scalar)
            scalar := mulmod(scalar, mulmod(xi, mload(add(at, ROOT)), R), R)
            mstore(add(scalars, 0x100), scalar)
        }
    }
}
