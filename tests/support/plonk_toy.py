"""PLONK keys whose secret the test keeps, so that it can prove anything, at once and without a circuit.

A key's commitments are to nothing: random multiples of the generator. With the set-up's secret they can be
opened to any value, so every proof can be made to hold, and how far another misses is known as a number.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

from eth_utils import keccak

from tests.support.groth16_toy import G1_INFINITY, G1Point, G2Point, R, g1, g2, words

SELECTORS = ("qm", "ql", "qr", "qo", "qc")
PERMUTATIONS = ("s1", "s2", "s3")
POINTS = ("a", "b", "c", "z", "t1", "t2", "t3", "wxi", "wxiw")
VALUES = ("a_xi", "b_xi", "c_xi", "s1_xi", "s2_xi", "z_xiw")


def root_of_unity(power: int) -> int:
    """A generator of the 2^power-th roots of one: 5, the least non-residue, to the power that is left."""
    return pow(5, (R - 1) >> power, R)


def challenge(*values: int) -> int:
    """keccak256 of words, modulo r."""
    return int.from_bytes(keccak(words(values)), "big") % R


def point_or_infinity(scalar: int) -> G1Point:
    """A multiple of the generator; infinity is all zeros."""
    return g1(scalar) if scalar % R else G1_INFINITY


@dataclass(frozen=True, slots=True)
class Challenges:
    """What a proof's transcript yields."""

    beta: int
    gamma: int
    alpha: int
    xi: int
    v: int
    u: int


@dataclass(frozen=True)
class PlonkProof:
    """A proof by the discrete logarithms of its points, and its values."""

    a: int = 0
    b: int = 0
    c: int = 0
    z: int = 0
    t1: int = 0
    t2: int = 0
    t3: int = 0
    wxi: int = 0
    wxiw: int = 0
    a_xi: int = 0
    b_xi: int = 0
    c_xi: int = 0
    s1_xi: int = 0
    s2_xi: int = 0
    z_xiw: int = 0

    @classmethod
    def random(cls, seed: str) -> PlonkProof:
        """Anything."""
        rng = random.Random(f"plonk proof {seed}")
        return cls(*(rng.randrange(1, R) for _ in fields(cls)))

    def point(self, name: str) -> G1Point:
        """One of the points."""
        return point_or_infinity(getattr(self, name))

    @cached_property
    def flat(self) -> list[int]:
        """The 24 words."""
        points = [coordinate for name in POINTS for coordinate in self.point(name)]
        return points + [getattr(self, name) for name in VALUES]

    @property
    def calldata(self) -> bytes:
        """768 bytes for the contract."""
        return words(self.flat)


@dataclass(frozen=True, slots=True)
class PlonkKey:
    """A key with its secret tau, and the scalars of its commitments."""

    power: int
    signal_count: int
    k1: int
    k2: int
    tau: int
    qm: int
    ql: int
    qr: int
    qo: int
    qc: int
    s1: int
    s2: int
    s3: int

    @classmethod
    def make(cls, signal_count: int, power: int = 10, seed: int = 0) -> PlonkKey:
        """A random key; the same for the same seed."""
        rng = random.Random(f"plonk key {signal_count} {power} {seed}")
        return cls(power, signal_count, 2, 3, *(rng.randrange(2, R) for _ in range(9)))

    def having(self, **scalars: int) -> PlonkKey:
        """The key with some fields replaced."""
        return replace(self, **scalars)

    @property
    def x2(self) -> G2Point:
        """The secret in G2."""
        return g2(self.tau)

    @property
    def commitments(self) -> list[G1Point]:
        """qm … s3."""
        return [point_or_infinity(getattr(self, name)) for name in (*SELECTORS, *PERMUTATIONS)]

    @property
    def abi(self) -> tuple[Any, ...]:
        """The ``VerifyingKey`` struct as ape and web3 take it."""
        return (self.power, self.signal_count, self.k1, self.k2, self.x2, *self.commitments)

    @property
    def public(self) -> PlonkKey:
        """What has the struct: the key itself."""
        return self

    @property
    def snarkjs_json(self) -> dict[str, Any]:
        """The key as snarkjs writes it in ``verification_key.json``."""
        x_imag, x_real, y_imag, y_real = map(str, self.x2)
        names = ("Qm", "Ql", "Qr", "Qo", "Qc", "S1", "S2", "S3")
        return {
            "protocol": "plonk",
            "curve": "bn128",
            "nPublic": self.signal_count,
            "power": self.power,
            "k1": str(self.k1),
            "k2": str(self.k2),
            "w": str(root_of_unity(self.power)),
            "X_2": [[x_real, x_imag], [y_real, y_imag], ["1", "0"]],
            **{n: [*map(str, point), "1"] for n, point in zip(names, self.commitments, strict=True)},
        }

    @property
    def flat(self) -> list[int]:
        """All words in order."""
        head = [self.power, self.signal_count, self.k1, self.k2, *self.x2]
        return head + [coordinate for point in self.commitments for coordinate in point]

    def challenges(self, signals: Sequence[int], proof: PlonkProof) -> Challenges:
        """The transcript, as snarkjs keeps it."""
        flat = proof.flat
        beta = challenge(*self.flat[8:], *signals, *flat[:6])
        gamma = challenge(beta)
        alpha = challenge(beta, gamma, *flat[6:8])
        xi = challenge(alpha, *flat[8:14])
        return Challenges(beta, gamma, alpha, xi, challenge(xi, *flat[18:]), challenge(*flat[14:18]))

    def openings(
        self, signals: Sequence[int], proof: PlonkProof, ch: Challenges | None = None
    ) -> tuple[int, int]:
        """By how much the commitments miss the values at xi, and at xi·w; in the exponent, at tau.

        The first is r(tau) + Σ v^i·(f_i(tau) - value_i) with the linearisation r of PLONK's paper (2019/953),
        the second z(tau) - value.
        """
        ch = ch or self.challenges(signals, proof)
        beta, gamma, alpha, xi, v = ch.beta, ch.gamma, ch.alpha, ch.xi, ch.v
        n, root = 1 << self.power, root_of_unity(self.power)
        zero = pow(xi, n, R) - 1
        lagrange = [
            pow(root, i, R) * zero * pow(n * (xi - pow(root, i, R)), -1, R)
            for i in range(max(1, len(signals)))
        ]
        public = -sum(s * value for s, value in zip(signals, lagrange, strict=False))
        a, b, c, s1, s2, z = (getattr(proof, name) for name in VALUES)
        gates = a * b * self.qm + a * self.ql + b * self.qr + c * self.qo + public + self.qc
        wires = (
            (a + beta * xi + gamma) * (b + beta * self.k1 * xi + gamma) * (c + beta * self.k2 * xi + gamma)
        )
        copies = (a + beta * s1 + gamma) * (b + beta * s2 + gamma) * (c + beta * self.s3 + gamma)
        first = (proof.z - 1) * lagrange[0]
        quotient = proof.t1 + pow(xi, n, R) * proof.t2 + pow(xi, 2 * n, R) * proof.t3
        total = gates + alpha * (wires * proof.z - copies * z) + alpha**2 * first - zero * quotient
        opened = ((proof.a, a), (proof.b, b), (proof.c, c), (self.s1, s1), (self.s2, s2))
        for i, (committed, value) in enumerate(opened, 1):
            total += pow(v, i, R) * (committed - value)
        return total % R, (proof.z - z) % R

    def error(self, signals: Sequence[int], proof: PlonkProof, ch: Challenges | None = None) -> int:
        """By how much the proof's equation is missed, in the exponent; zero if it holds.

        Under challenges of one's own, as if the prover had known them before.
        """
        ch = ch or self.challenges(signals, proof)
        at_xi, at_xiw = self.openings(signals, proof, ch)
        shifted = ch.xi * root_of_unity(self.power)
        return (
            proof.wxi * (self.tau - ch.xi) - at_xi + ch.u * (proof.wxiw * (self.tau - shifted) - at_xiw)
        ) % R

    def opened(self, signals: Sequence[int], proof: PlonkProof, ch: Challenges | None = None) -> PlonkProof:
        """The proof with the openings that make it hold, whatever else is in it; under these challenges."""
        ch = ch or self.challenges(signals, proof)
        at_xi, at_xiw = self.openings(signals, proof, ch)
        xi, shifted = ch.xi, ch.xi * root_of_unity(self.power)
        return replace(
            proof,
            wxi=at_xi * pow(self.tau - xi, -1, R) % R,
            wxiw=at_xiw * pow(self.tau - shifted, -1, R) % R,
        )

    def prove(self, signals: Sequence[int], seed: int = 0) -> PlonkProof:
        """A proof for any signals, by the secret."""
        if len(signals) != self.signal_count:
            raise ValueError(f"{len(signals)} signals for a key of {self.signal_count}")
        return self.opened(signals, PlonkProof.random(f"{seed} {list(signals)}"))
