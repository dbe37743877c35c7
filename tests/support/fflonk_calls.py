"""Good FFLONK proofs of one toy key, and proofs that are wrong in every way."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from eth_abi import encode
from eth_utils import keccak

from tests.support.fflonk_toy import EVALUATIONS, POINTS, FflonkKey, FflonkProof
from tests.support.groth16_calls import Item
from tests.support.groth16_toy import G1_INFINITY, P, R, neg1, words

KEY: Final = FflonkKey.make(2)
SIGNALS: Final = [(5 + i, R - 1 - i) for i in range(6)]
PROOFS: Final = [KEY.prove(signals) for signals in SIGNALS]
GOOD: Final[list[Item]] = [(s, p.calldata) for s, p in zip(SIGNALS, PROOFS, strict=True)]
WORDS: Final = (*(f"{axis} of {name}" for name in POINTS for axis in "xy"), *EVALUATIONS, "inv")
"""What each word of a proof is."""


def verify_calldata(key: bytes, item: Item) -> bytes:
    """Calldata of ``verify``."""
    selector = keccak(b"verify(bytes32,uint256[],bytes)")[:4]
    return selector + encode(["bytes32", "uint256[]", "bytes"], [key, list(item[0]), item[1]])


def malformed(proof: FflonkProof) -> dict[str, bytes]:
    """Variants of a proof that no verifier may accept, by what is wrong with them."""
    bad = {"all zero": bytes(768), "inverse is zero": replace(proof, inv=0).calldata}
    bad["inverse negated"] = replace(proof, inv=R - proof.inv).calldata
    for name in POINTS:
        x, y = getattr(proof, name)
        points = {
            "at infinity": G1_INFINITY,
            "off the curve": (x, (y + 1) % P),
            "negated": neg1((x, y)),
            "with y zero": (x, 0),
            "with x zero": (0, y),
            "with y p": (x, P),
            "with x and y exchanged": (y, x),
            "at (0, p)": (0, P),
        }
        bad |= {f"{name} {what}": replace(proof, **{name: point}).calldata for what, point in points.items()}
    bad["c1 and c2 exchanged"] = replace(proof, c1=proof.c2, c2=proof.c1).calldata
    bad["w1 and w2 exchanged"] = replace(proof, w1=proof.w2, w2=proof.w1).calldata
    for place, name in enumerate(WORDS):
        modulus = P if place < 8 else R
        values = proof.words
        values[place] += modulus
        bad[f"{name} plus its modulus"] = words(values)
        values[place] = (proof.words[place] + 1) % modulus
        bad[f"{name} plus one"] = words(values)
    return bad


MALFORMED: Final = malformed(PROOFS[0])
