"""Calling a PLONK verifier: toy keys registered, snarkjs's files, and proofs that are wrong in every way."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from eth_abi import encode
from eth_utils import keccak

from tests.support.groth16_toy import G1_INFINITY, G1Point, P, R, neg1, words
from tests.support.plonk_toy import POINTS, VALUES, PlonkKey, PlonkProof

POINT_BYTES = 64
VALUE_WORD = 18
"""The word of a proof at which values begin."""
KEY_POINTS = ("Qm", "Ql", "Qr", "Qo", "Qc", "S1", "S2", "S3")
PROOF_POINTS = ("A", "B", "C", "Z", "T1", "T2", "T3", "Wxi", "Wxiw")
PROOF_VALUES = ("eval_a", "eval_b", "eval_c", "eval_s1", "eval_s2", "eval_zw")


def register(verifier: Any, accounts: Any, key: PlonkKey) -> bytes:
    """Registers a toy key; its hash."""
    receipt = verifier.registerKey(key.abi, sender=accounts[0])
    return bytes(receipt.decode_logs(verifier.KeyRegistered)[0].key)


def calldata(key: bytes, signals: Iterable[int], proof: bytes) -> bytes:
    """Calldata of ``verify``."""
    selector = keccak(b"verify(bytes32,uint256[],bytes)")[:4]
    return selector + encode(["bytes32", "uint256[]", "bytes"], [bytes(key), list(signals), proof])


def with_point(proof: bytes, name: str, point: G1Point) -> bytes:
    """A proof with another point."""
    at = POINTS.index(name) * POINT_BYTES
    return proof[:at] + words(point) + proof[at + POINT_BYTES :]


def plus(proof: bytes, word: int, more: int) -> bytes:
    """A proof with a word increased."""
    at = 32 * word
    changed = int.from_bytes(proof[at : at + 32], "big") + more
    return proof[:at] + changed.to_bytes(32, "big") + proof[at + 32 :]


def malformed(proof: PlonkProof) -> dict[str, bytes]:
    """Variants of a proof that no verifier may accept, by what is wrong with them."""
    good = proof.calldata
    found = {"all zero": bytes(len(good)), "all ones": b"\xff" * len(good)}
    for place, name in enumerate(POINTS):
        x, y = proof.point(name)
        found |= {
            f"{name} at infinity": with_point(good, name, G1_INFINITY),
            f"{name} off the curve": with_point(good, name, (x, (y + 1) % P)),
            f"{name} negated": with_point(good, name, neg1((x, y))),
            f"{name} is (0, p)": with_point(good, name, (0, P)),
            f"x of {name} plus p": plus(good, 2 * place, P),
            f"y of {name} plus p": plus(good, 2 * place + 1, P),
            f"{name} exchanged with the next": with_point(
                with_point(good, name, proof.point(POINTS[place - 1])), POINTS[place - 1], (x, y)
            ),
        }
    for place, name in enumerate(VALUES):
        value = getattr(proof, name)
        found |= {
            f"{name} plus r": plus(good, VALUE_WORD + place, R),
            f"{name} plus one": plus(good, VALUE_WORD + place, 1 if value < R - 1 else -1),
            f"{name} zero": plus(good, VALUE_WORD + place, -value),
        }
    return found


def snarkjs_key(key: dict[str, Any]) -> tuple[Any, ...]:
    """The ``VerifyingKey`` struct of a key as snarkjs writes it."""
    (x_real, x_imag), (y_real, y_imag) = key["X_2"][:2]
    x2 = tuple(map(int, (x_imag, x_real, y_imag, y_real)))
    head = (int(key["power"]), int(key["nPublic"]), int(key["k1"]), int(key["k2"]), x2)
    return head + tuple(_snarkjs_g1(key[name]) for name in KEY_POINTS)


def snarkjs_proof(proof: dict[str, Any]) -> bytes:
    """The bytes of a proof as snarkjs writes it."""
    points = [coordinate for name in PROOF_POINTS for coordinate in _snarkjs_g1(proof[name])]
    return words(points + [int(proof[name]) for name in PROOF_VALUES])


def _snarkjs_g1(point: list[str]) -> G1Point:
    return (int(point[0]), int(point[1])) if point[2] != "0" else G1_INFINITY
