"""FFLONK keys whose trapdoor the test keeps, so that it can prove anything, at once and without a circuit.

The oracle is the protocol as it is defined: polynomials are interpolated over all roots, and the denominators
of that are what a proof's inverse belongs to. The contract does neither.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from eth_utils import keccak

from tests.support.groth16_toy import G1Point, G2Point, R, g1, g2, words

GENERATOR: Final = 5
"""Generates the scalar field, as snarkjs takes it."""
EVALUATIONS: Final = (
    *("ql", "qr", "qm", "qo", "qc", "s1", "s2", "s3"),
    *("a", "b", "c", "z", "zw", "t1w", "t2w"),
)
POINTS: Final = ("c1", "c2", "w1", "w2")


def root_of_unity(order: int) -> int:
    """A root of unity of an order that divides r - 1."""
    return pow(GENERATOR, (R - 1) // order, R)


def invert(value: int) -> int:
    """The inverse modulo r."""
    return pow(value, -1, R)


def product(values: Sequence[int]) -> int:
    """Product modulo r."""
    total = 1
    for value in values:
        total = total * value % R
    return total


def interpolated(roots: Sequence[int], values: Sequence[int], at: int) -> int:
    """What the polynomial of least degree with these values at the roots is elsewhere."""
    total = 0
    for root, value in zip(roots, values, strict=True):
        others = [other for other in roots if other != root]
        total += value * product([at - o for o in others]) * invert(product([root - o for o in others]))
    return total % R


def joined(parts: Sequence[int], root: int) -> int:
    """Σ part · rootⁱ: a polynomial that others were joined to, at a root of where they are known."""
    return sum(part * pow(root, i, R) for i, part in enumerate(parts)) % R


@dataclass(frozen=True, slots=True)
class FflonkProof:
    """An FFLONK proof: four points, fifteen evaluations, the inverse."""

    c1: G1Point
    c2: G1Point
    w1: G1Point
    w2: G1Point
    evaluations: tuple[int, ...]
    inv: int

    @property
    def words(self) -> list[int]:
        """In the order of the calldata."""
        return [*self.c1, *self.c2, *self.w1, *self.w2, *self.evaluations, self.inv]

    @property
    def calldata(self) -> bytes:
        """768 bytes for the contract."""
        return words(self.words)


@dataclass(frozen=True, slots=True)
class FflonkPublic:
    """What the public knows of a key."""

    power: int
    signal_count: int
    k1: int
    k2: int
    x2: G2Point
    c0: G1Point

    @property
    def abi(self) -> tuple[Any, ...]:
        """The ``VerifyingKey`` struct as ape and web3 take it."""
        return self.power, self.signal_count, self.k1, self.k2, self.x2, self.c0

    @property
    def flat(self) -> list[int]:
        """All words in order."""
        return [self.power, self.signal_count, self.k1, self.k2, *self.x2, *self.c0]


@dataclass(frozen=True, slots=True)
class Exponents:
    """A proof by its discrete logarithms."""

    signals: tuple[int, ...]
    c1: int
    c2: int
    w1: int
    w2: int
    evaluations: tuple[int, ...]

    @property
    def points(self) -> dict[str, G1Point]:
        """C1, C2, W1, W2."""
        return {name: g1(getattr(self, name)) for name in POINTS}


@dataclass(frozen=True, slots=True)
class Equation:
    """What a proof's last equation consists of, and the denominators on the way to it."""

    y: int
    ofc1: int
    ofc2: int
    ofg1: int
    ofw1: int
    denominator: int

    def error(self, key: FflonkKey, proof: Exponents) -> int:
        """By how much a proof misses it; zero for a good one."""
        left = key.c0 + self.ofc1 * proof.c1 + self.ofc2 * proof.c2 + self.ofg1
        return (left + self.ofw1 * proof.w1 + self.y * proof.w2 - key.x * proof.w2) % R


@dataclass(frozen=True, slots=True)
class FflonkKey:
    """A key with its trapdoor: the secret x and the commitment's scalar."""

    c0: int
    x: int
    power: int
    signal_count: int
    k1: int = 2
    k2: int = 3

    @classmethod
    def make(cls, signal_count: int, power: int = 6, seed: int = 0) -> FflonkKey:
        """A random key; the same for the same seed."""
        rng = random.Random(f"fflonk key {signal_count} {power} {seed}")
        return cls(rng.randrange(2, R), rng.randrange(2, R), power, signal_count)

    def having(self, **changes: int) -> FflonkKey:
        """The key with some fields replaced."""
        return replace(self, **changes)  # type: ignore[arg-type]

    @property
    def size(self) -> int:
        """n, how many points the domain has."""
        return 1 << self.power

    @property
    def omega(self) -> int:
        """Generates the domain."""
        return root_of_unity(self.size)

    @property
    def public(self) -> FflonkPublic:
        """The verifying key."""
        return FflonkPublic(self.power, self.signal_count, self.k1, self.k2, g2(self.x), g1(self.c0))

    @property
    def third(self) -> int:
        """A cube root of ω: of its order 2^power, since 3 has an inverse modulo that."""
        return pow(self.omega, pow(3, -1, self.size), R)

    @property
    def snarkjs_json(self) -> dict[str, Any]:
        """The key as snarkjs writes it in ``verification_key.json``."""
        x_imag, x_real, y_imag, y_real = map(str, g2(self.x))
        roots = {"w": self.omega, "wr": self.third, **{f"w{n}": root_of_unity(n) for n in (3, 4, 8)}}
        return {
            "protocol": "fflonk",
            "curve": "bn128",
            "nPublic": self.signal_count,
            "power": self.power,
            **{name: str(value) for name, value in (roots | {"k1": self.k1, "k2": self.k2}).items()},
            "X_2": [[x_real, x_imag], [y_real, y_imag], ["1", "0"]],
            "C0": [*map(str, g1(self.c0)), "1"],
        }

    def equation(self, signals: Sequence[int], points: dict[str, G1Point], evals: Sequence[int]) -> Equation:
        """The protocol, by its definition."""
        e = dict(zip(EVALUATIONS, evals, strict=True))
        beta, gamma, seed, alpha, y = transcript(g1(self.c0), signals, points, evals)
        xi, omega = pow(seed, 24, R), self.omega
        s0 = [pow(seed, 3, R) * pow(root_of_unity(8), i, R) % R for i in range(8)]
        s1 = [pow(seed, 6, R) * pow(root_of_unity(4), i, R) % R for i in range(4)]
        s2 = [pow(seed, 8, R) * pow(root_of_unity(3), i, R) % R for i in range(3)]
        s3 = [root * self.third % R for root in s2]
        assert {pow(root, 8, R) for root in s0} == {pow(root, 4, R) for root in s1} == {xi}
        assert {pow(root, 3, R) for root in s2} == {xi}
        assert {pow(root, 3, R) for root in s3} == {xi * omega % R}

        vanishing = pow(xi, self.size, R) - 1
        weights = [pow(omega, i, R) for i in range(max(1, self.signal_count))]
        lagrange = [w * vanishing * invert(self.size * (xi - w)) % R for w in weights]
        pi = -sum(s * weight for s, weight in zip(signals, lagrange, strict=False))
        t0 = (
            e["ql"] * e["a"] + e["qr"] * e["b"] + e["qm"] * e["a"] * e["b"] + e["qo"] * e["c"] + e["qc"] + pi
        ) * invert(vanishing)
        t1 = lagrange[0] * (e["z"] - 1) * invert(vanishing)
        cosets = (beta * xi, beta * xi * self.k1, beta * xi * self.k2)
        wires = (e["a"], e["b"], e["c"])
        numerator = (
            product([wire + coset + gamma for wire, coset in zip(wires, cosets, strict=True)]) * e["z"]
        )
        sigmas = (e["s1"], e["s2"], e["s3"])
        other = product([wire + beta * s + gamma for wire, s in zip(wires, sigmas, strict=True)]) * e["zw"]
        t2 = (numerator - other) * invert(vanishing)

        selectors = [e[name] for name in ("ql", "qr", "qo", "qm", "qc", "s1", "s2", "s3")]
        r0 = interpolated(s0, [joined(selectors, root) for root in s0], y)
        r1 = interpolated(s1, [joined([*wires, t0], root) for root in s1], y)
        here = [joined([e["z"], t1, t2], root) for root in s2]
        there = [joined([e["zw"], e["t1w"], e["t2w"]], root) for root in s3]
        r2 = interpolated([*s2, *s3], [*here, *there], y)
        z0, z1, z2 = (product([y - root for root in roots]) for roots in (s0, s1, [*s2, *s3]))
        ofc1, ofc2 = alpha * z0 * invert(z1) % R, alpha * alpha * z0 * invert(z2) % R
        factors = [vanishing, z1, z2, *(self.size * (xi - w) for w in weights)]
        for roots in (s0, s1, [*s2, *s3]):
            factors += [(y - root) * product([root - o for o in roots if o != root]) for root in roots]
        return Equation(y, ofc1, ofc2, -(r0 + ofc1 * r1 + ofc2 * r2) % R, -z0 % R, product(factors))

    def exponents(self, signals: Sequence[int], seed: int = 0) -> tuple[Exponents, Equation]:
        """A proof for any signals, by the trapdoor: of nothing but its last equation."""
        rng = random.Random(f"fflonk proof {seed} {list(signals)}")
        evaluations = tuple(rng.randrange(R) for _ in EVALUATIONS)
        drawn = Exponents(tuple(signals), *(rng.randrange(1, R) for _ in range(3)), 1, evaluations)
        return self.closed(drawn)

    def closed(self, drawn: Exponents) -> tuple[Exponents, Equation]:
        """The proof with the W2 that makes its equation hold; no challenge depends on that point."""
        equation = self.equation(drawn.signals, drawn.points, drawn.evaluations)
        without = equation.error(self, replace(drawn, w2=0))
        return replace(drawn, w2=without * invert(self.x - equation.y) % R), equation

    def prove(self, signals: Sequence[int], seed: int = 0) -> FflonkProof:
        """A proof for any signals, by the trapdoor."""
        if len(signals) != self.signal_count:
            raise ValueError(f"{len(signals)} signals for a key of {self.signal_count}")
        return encoded(*self.exponents(signals, seed))


def encoded(proof: Exponents, equation: Equation) -> FflonkProof:
    """A proof in the form that travels."""
    points = proof.points
    return FflonkProof(*(points[name] for name in POINTS), proof.evaluations, invert(equation.denominator))


def transcript(
    c0: G1Point, signals: Sequence[int], points: dict[str, G1Point], evaluations: Sequence[int]
) -> tuple[int, int, int, int, int]:
    """β, γ, the seed of ξ, α, y."""

    def challenge(*values: int) -> int:
        return int.from_bytes(keccak(words(values)), "big") % R

    beta = challenge(*c0, *signals, *points["c1"])
    gamma = challenge(beta)
    seed = challenge(gamma, *points["c2"])
    alpha = challenge(seed, *evaluations)
    return beta, gamma, seed, alpha, challenge(alpha, *points["w1"])


def snarkjs_key(key: dict[str, Any]) -> FflonkPublic:
    """A key as snarkjs writes it."""
    (x_real, x_imag), (y_real, y_imag) = ((int(part) for part in pair) for pair in key["X_2"][:2])
    return FflonkPublic(
        *(int(key[name]) for name in ("power", "nPublic", "k1", "k2")),
        (x_imag, x_real, y_imag, y_real),
        (int(key["C0"][0]), int(key["C0"][1])),
    )


def snarkjs_proof(proof: dict[str, Any]) -> FflonkProof:
    """A proof as snarkjs writes it."""
    points, evaluations = proof["polynomials"], proof["evaluations"]
    return FflonkProof(
        *((int(points[name][0]), int(points[name][1])) for name in ("C1", "C2", "W1", "W2")),
        tuple(int(evaluations[name]) for name in EVALUATIONS),
        int(evaluations["inv"]),
    )
