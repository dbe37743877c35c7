"""Groth16 keys whose trapdoor the test keeps, so that it can prove anything, at once and without a circuit.

Coordinates are integers in the order of the pairing precompile (imaginary parts of G2 first); infinity is all
zeros. Point arithmetic is py_ecc's, independent of the project's own.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from py_ecc import optimized_bn128 as curve
from py_ecc.optimized_bn128 import FQ, FQ2

R: int = curve.curve_order
P: int = curve.field_modulus

G1Point = tuple[int, int]
G2Point = tuple[int, int, int, int]
G1_INFINITY: G1Point = (0, 0)
G2_INFINITY: G2Point = (0, 0, 0, 0)


def _affine1(point: tuple[FQ, FQ, FQ]) -> G1Point:
    if curve.is_inf(point):
        return G1_INFINITY
    x, y = curve.normalize(point)
    return int(x), int(y)


def _affine2(point: tuple[FQ2, FQ2, FQ2]) -> G2Point:
    if curve.is_inf(point):
        return G2_INFINITY
    x, y = curve.normalize(point)
    return int(x.coeffs[1]), int(x.coeffs[0]), int(y.coeffs[1]), int(y.coeffs[0])


def _lift1(point: G1Point) -> tuple[FQ, FQ, FQ]:
    if point == G1_INFINITY:
        return curve.Z1  # type: ignore[no-any-return]
    return FQ(point[0]), FQ(point[1]), FQ(1)


def _lift2(point: G2Point) -> tuple[FQ2, FQ2, FQ2]:
    if point == G2_INFINITY:
        return curve.Z2  # type: ignore[no-any-return]
    return FQ2([point[1], point[0]]), FQ2([point[3], point[2]]), FQ2([1, 0])


@lru_cache(maxsize=4_096)
def g1(scalar: int) -> G1Point:
    """``scalar`` times the generator of G1."""
    return _affine1(curve.multiply(curve.G1, scalar % R))


@lru_cache(maxsize=4_096)
def g2(scalar: int) -> G2Point:
    """``scalar`` times the generator of G2."""
    return _affine2(curve.multiply(curve.G2, scalar % R))


def add1(left: G1Point, right: G1Point) -> G1Point:
    """Sum in G1."""
    return _affine1(curve.add(_lift1(left), _lift1(right)))


def mul1(point: G1Point, scalar: int) -> G1Point:
    """``scalar`` times a point of G1."""
    return _affine1(curve.multiply(_lift1(point), scalar % R))


def neg1(point: G1Point) -> G1Point:
    """The opposite point of G1."""
    return point[0], -point[1] % P


def add2(left: G2Point, right: G2Point) -> G2Point:
    """Sum in G2 (or on the twist)."""
    return _affine2(curve.add(_lift2(left), _lift2(right)))


def mul2(point: G2Point, scalar: int) -> G2Point:
    """``scalar`` times a point of G2; the scalar is taken as it is, also outside the subgroup."""
    return _affine2(curve.multiply(_lift2(point), scalar))


def neg2(point: G2Point) -> G2Point:
    """The opposite point of G2."""
    return point[0], point[1], -point[2] % P, -point[3] % P


def swapped(point: G2Point) -> G2Point:
    """A G2 point with real and imaginary parts in the other order: the classic mistake."""
    return point[1], point[0], point[3], point[2]


def _sqrt_fq2(value: FQ2) -> FQ2 | None:
    """A square root in F_p², p = 3 mod 4, or ``None``."""
    real, imag = (int(c) for c in value.coeffs)
    norm = pow(real * real + imag * imag, (P + 1) // 4, P)
    for sign in (1, -1):
        half = (real + sign * norm) * pow(2, -1, P) % P
        x = pow(half, (P + 1) // 4, P)
        if x == 0 or x * x % P != half:
            continue
        root = FQ2([x, imag * pow(2 * x, -1, P) % P])
        if root * root == value:
            return root
    return None


def outside_subgroup(seed: int = 1) -> G2Point:
    """A point on the twist, of another order than r."""
    x_real = seed
    while True:
        x = FQ2([x_real, 1])
        y = _sqrt_fq2(x * x * x + curve.b2)
        if y is not None:
            point = _affine2((x, y, FQ2([1, 0])))
            if mul2(point, R) != G2_INFINITY:
                return point
        x_real += 1


def words(values: Iterable[int]) -> bytes:
    """32-byte big-endian words."""
    return b"".join(value.to_bytes(32, "big") for value in values)


def _snarkjs1(point: G1Point) -> list[str]:
    return [str(point[0]), str(point[1]), "1"]


def _snarkjs2(point: G2Point) -> list[list[str]]:
    x_imag, x_real, y_imag, y_real = map(str, point)
    return [[x_real, x_imag], [y_real, y_imag], ["1", "0"]]


@dataclass(frozen=True, slots=True)
class ToyProof:
    """A Groth16 proof."""

    a: G1Point
    b: G2Point
    c: G1Point

    @property
    def calldata(self) -> bytes:
        """256 bytes for the contract."""
        return words((*self.a, *self.b, *self.c))


@dataclass(frozen=True, slots=True)
class ToyVerifyingKey:
    """What the public knows of a key."""

    alpha: G1Point
    beta: G2Point
    gamma: G2Point
    delta: G2Point
    ic: tuple[G1Point, ...]

    @property
    def abi(self) -> tuple[G1Point, G2Point, G2Point, G2Point, list[G1Point]]:
        """The ``VerifyingKey`` struct as ape and web3 take it."""
        return self.alpha, self.beta, self.gamma, self.delta, list(self.ic)

    @property
    def flat(self) -> list[int]:
        """All words in order: alpha, beta, gamma, delta, ic."""
        return [
            *self.alpha,
            *self.beta,
            *self.gamma,
            *self.delta,
            *(coordinate for point in self.ic for coordinate in point),
        ]

    @property
    def snarkjs_json(self) -> str:
        """The key as snarkjs writes it in ``verification_key.json``."""
        lists = {
            "protocol": "groth16",
            "curve": "bn128",
            "nPublic": len(self.ic) - 1,
            "vk_alpha_1": _snarkjs1(self.alpha),
            "vk_beta_2": _snarkjs2(self.beta),
            "vk_gamma_2": _snarkjs2(self.gamma),
            "vk_delta_2": _snarkjs2(self.delta),
            "IC": [_snarkjs1(point) for point in self.ic],
        }
        return json.dumps(lists)

    def weighted(self, signals: Sequence[int]) -> G1Point:
        """ic[0] + Σ signal · ic[i+1]."""
        total = self.ic[0]
        for signal, point in zip(signals, self.ic[1:], strict=True):
            total = add1(total, mul1(point, signal))
        return total

    def pairing_input(self, signals: Sequence[int], proof: ToyProof) -> bytes:
        """Input of the pairing precompile that decides about a proof, nothing else checked."""
        return words(
            (
                *neg1(proof.a),
                *proof.b,
                *self.alpha,
                *self.beta,
                *self.weighted(signals),
                *self.gamma,
                *proof.c,
                *self.delta,
            )
        )


@dataclass(frozen=True, slots=True)
class ToyKey:
    """A key with its trapdoor: every point's scalar."""

    alpha: int
    beta: int
    gamma: int
    delta: int
    ic: tuple[int, ...]

    @classmethod
    def make(cls, signal_count: int, seed: int = 0) -> ToyKey:
        """A random key for ``signal_count`` public signals; the same for the same seed."""
        rng = random.Random(f"toy key {signal_count} {seed}")
        scalars = [rng.randrange(2, R) for _ in range(5 + signal_count)]
        return cls(scalars[0], scalars[1], scalars[2], scalars[3], tuple(scalars[4:]))

    def having(self, **scalars: int) -> ToyKey:
        """The key with some scalars replaced."""
        return replace(self, **scalars)  # type: ignore[arg-type]

    @property
    def public(self) -> ToyVerifyingKey:
        """The verifying key."""
        return ToyVerifyingKey(
            g1(self.alpha),
            g2(self.beta),
            g2(self.gamma),
            g2(self.delta),
            tuple(g1(scalar) for scalar in self.ic),
        )

    def prove(self, signals: Sequence[int], seed: int = 0) -> ToyProof:
        """A proof for any signals, by the trapdoor."""
        if len(signals) != len(self.ic) - 1:
            raise ValueError(f"{len(signals)} signals for a key of {len(self.ic) - 1}")
        rng = random.Random(f"toy proof {seed} {list(signals)}")
        a, b = rng.randrange(1, R), rng.randrange(1, R)
        total = self.ic[0] + sum(s * point for s, point in zip(signals, self.ic[1:], strict=True))
        c = (a * b - self.alpha * self.beta - self.gamma * total) * pow(self.delta, -1, R)
        return ToyProof(g1(a), g2(b), g1(c))
