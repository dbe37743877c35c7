"""The proof systems under attack: keys whose secret is known, good proofs, and what forgers can do with them.

The secret is an attacker's best case: it makes proofs whose equations hold though their parts are
aliased, or were chosen after the challenges.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

from tests.support import fflonk_toy, plonk_toy
from tests.support.groth16_toy import P, R, ToyKey, ToyProof, add1, add2, mul1, mul2, neg1, neg2
from zkpool_sdk import _native

Item = tuple[tuple[int, ...], bytes]
"""Signals and the proof for them."""
PROOF_COUNT: Final = 6
SMALL: Final = 60
"""Factors of points of G2 are below this: large ones take long in Python and prove no more."""


@dataclass(frozen=True)
class System:
    """A proof system with a key of known secret.

    Args:
        contract: name of its verifier.
        abi_key: the key as the contract's struct.
        moduli: of each word of a proof.
        points: words at which a point of G1 begins.
        forge: a proof that must be refused, made with the secret.
        rerandomise: another proof of the same signals, if anybody can make one.
    """

    name: str
    contract: str
    native_key: Any
    abi_key: tuple[Any, ...]
    items: tuple[Item, ...]
    moduli: tuple[int, ...]
    points: tuple[int, ...]
    forge: Callable[[random.Random], Item]
    rerandomise: Callable[[random.Random], Item] | None = None

    @cached_property
    def signal_count(self) -> int:
        """Signals of the key's circuit."""
        return len(self.items[0][0])


def drawn_signals(rng: random.Random, count: int) -> tuple[int, ...]:
    """Signals in the field, some at its edges."""
    edges = (0, 1, R - 1, 2**160 - 1)
    return tuple(rng.choice(edges) if rng.random() < 0.3 else rng.randrange(R) for _ in range(count))


def groth16(seed: int) -> System:
    """Groth16 with three signals."""
    rng = random.Random(f"groth16 {seed}")
    key = ToyKey.make(3, seed)
    public = key.public
    signals = [drawn_signals(rng, 3) for _ in range(PROOF_COUNT)]
    proofs = [key.prove(drawn, place) for place, drawn in enumerate(signals)]

    def rerandomise(draw: random.Random) -> Item:
        place = draw.randrange(PROOF_COUNT)
        a, b, c = proofs[place].a, proofs[place].b, proofs[place].c
        small, kind = draw.randrange(2, SMALL), draw.randrange(3)
        if kind == 0:
            made = ToyProof(mul1(a, pow(small, -1, R)), mul2(b, small), c)
        elif kind == 1:
            made = ToyProof(a, add2(b, mul2(public.delta, small)), add1(c, mul1(a, small)))
        else:
            made = ToyProof(neg1(a), neg2(b), c)
        return signals[place], made.calldata

    def forge(draw: random.Random) -> Item:
        place = draw.randrange(PROOF_COUNT)
        a, b, c = proofs[place].a, proofs[place].b, proofs[place].c
        small, kind = draw.randrange(2, SMALL), draw.randrange(5)
        made = [
            lambda: ToyProof(mul1(a, pow(small, -1, R)), mul2(b, small + 1), c),
            lambda: ToyProof(a, add2(b, mul2(public.delta, small)), add1(c, mul1(a, small + 1))),
            lambda: ToyProof(neg1(a), b, neg1(c)),
            lambda: ToyProof(public.alpha, public.beta, c),
            lambda: ToyProof(public.alpha, public.beta, neg1(public.weighted(signals[place]))),
        ][kind]()
        return signals[place], made.calldata

    return System(
        "groth16",
        "Groth16Verifier",
        _native.verifying_key(public.snarkjs_json),
        public.abi,
        tuple((drawn, proof.calldata) for drawn, proof in zip(signals, proofs, strict=True)),
        (P,) * 8,
        (0, 6),
        forge,
        rerandomise,
    )


def plonk(seed: int) -> System:
    """PLONK with three signals."""
    rng = random.Random(f"plonk {seed}")
    key = plonk_toy.PlonkKey.make(3, seed=seed)
    signals = [drawn_signals(rng, 3) for _ in range(PROOF_COUNT)]
    proofs = [key.prove(drawn, place) for place, drawn in enumerate(signals)]
    parts = [part for part in (*plonk_toy.POINTS, *plonk_toy.VALUES) if part not in ("wxi", "wxiw")]
    challenges = [key.challenges(drawn, proof) for drawn, proof in zip(signals, proofs, strict=True)]

    def forge(draw: random.Random) -> Item:
        place = draw.randrange(PROOF_COUNT)
        drawn, proof = signals[place], proofs[place]
        kind = draw.randrange(3)
        if kind == 0:  # a value aliased, openings made to fit
            name = draw.choice(plonk_toy.VALUES)
            aliased = replace(proof, **{name: getattr(proof, name) % R + R * draw.randrange(1, 5)})
            return drawn, key.opened(drawn, aliased).calldata
        if kind == 1:  # a part chosen after the challenges
            name = draw.choice(parts)
            late = replace(proof, **{name: (getattr(proof, name) + draw.randrange(1, R)) % R})
            return drawn, key.opened(drawn, late, challenges[place]).calldata
        other = drawn_signals(draw, 3)  # other signals under the same challenges
        return other, key.opened(other, proof, challenges[place]).calldata

    return System(
        "plonk",
        "PlonkVerifier",
        _native.verifying_key(json.dumps(key.snarkjs_json)),
        key.abi,
        tuple((drawn, proof.calldata) for drawn, proof in zip(signals, proofs, strict=True)),
        (P,) * 18 + (R,) * 6,
        tuple(range(0, 18, 2)),
        forge,
    )


def fflonk(seed: int) -> System:
    """FFLONK with two signals."""
    rng = random.Random(f"fflonk {seed}")
    key = fflonk_toy.FflonkKey.make(2, seed=seed)
    signals = [drawn_signals(rng, 2) for _ in range(PROOF_COUNT)]
    made = [key.exponents(drawn, place) for place, drawn in enumerate(signals)]

    def forge(draw: random.Random) -> Item:
        place = draw.randrange(PROOF_COUNT)
        drawn, equation = made[place]
        values = list(drawn.evaluations)
        kind, at = draw.randrange(4), draw.randrange(len(values))
        if kind == 0:  # a value aliased, the last point made to fit
            values[at] += R * draw.randrange(1, 5)
            return signals[place], fflonk_toy.encoded(
                *key.closed(replace(drawn, evaluations=tuple(values)))
            ).calldata
        if kind == 1:  # a value changed, under the old challenges
            values[at] = (values[at] + draw.randrange(1, R)) % R
            return signals[place], fflonk_toy.encoded(
                replace(drawn, evaluations=tuple(values)), equation
            ).calldata
        if kind == 2:  # a point changed, under the old challenges
            name = draw.choice(fflonk_toy.POINTS)
            moved = replace(drawn, **{name: (getattr(drawn, name) + draw.randrange(1, R)) % R})
            return signals[place], fflonk_toy.encoded(moved, equation).calldata
        return drawn_signals(draw, 2), fflonk_toy.encoded(drawn, equation).calldata

    public = key.public
    return System(
        "fflonk",
        "FflonkVerifier",
        _native.verifying_key(json.dumps(key.snarkjs_json)),
        public.abi,
        tuple((drawn, fflonk_toy.encoded(*one).calldata) for drawn, one in zip(signals, made, strict=True)),
        (P,) * 8 + (R,) * 16,
        (0, 2, 4, 6),
        forge,
    )


SYSTEMS: Final[dict[str, Callable[[int], System]]] = {"groth16": groth16, "plonk": plonk, "fflonk": fflonk}


def word_of(proof: bytes, place: int) -> int:
    """A word of a proof."""
    return int.from_bytes(proof[32 * place : 32 * place + 32], "big")


def with_words(proof: bytes, changes: Sequence[tuple[int, int]]) -> bytes:
    """A proof with words changed."""
    changed = bytearray(proof)
    for place, value in changes:
        changed[32 * place : 32 * place + 32] = value.to_bytes(32, "big")
    return bytes(changed)
