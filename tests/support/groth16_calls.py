"""Calling a Groth16 verifier with exact amounts of gas, and proofs that are wrong in every way."""

from __future__ import annotations

from typing import Any

import ape
from eth_abi import decode, encode
from eth_utils import keccak
from web3.exceptions import ContractCustomError, ContractLogicError, Web3RPCError

from tests.support.groth16_toy import (
    G1_INFINITY,
    G2_INFINITY,
    G1Point,
    G2Point,
    P,
    R,
    ToyKey,
    ToyProof,
    add1,
    add2,
    mul1,
    mul2,
    neg1,
    neg2,
    outside_subgroup,
    swapped,
)

GAS_SHORT = "0x" + keccak(b"GasShort(uint256,uint256)")[:4].hex()
PRECOMPILE_FAILED = "0x" + keccak(b"PrecompileFailed(uint256,uint256)")[:4].hex()
Item = tuple[tuple[int, ...], bytes]
"""Signals and the proof for them."""

COORDINATES = ("A.x", "A.y", "B.x imag", "B.x real", "B.y imag", "B.y real", "C.x", "C.y")


def register(verifier: Any, accounts: Any, key: ToyKey) -> bytes:
    """Registers a toy key; its hash."""
    receipt = verifier.registerKey(key.public.abi, sender=accounts[0])
    return bytes(receipt.decode_logs(verifier.KeyRegistered)[0].key)


def batch_calldata(key: bytes, items: list[Item]) -> bytes:
    """Calldata of ``verifyMany``."""
    selector = keccak(b"verifyMany(bytes32,uint256[][],bytes[])")[:4]
    signals, proofs = [list(item[0]) for item in items], [item[1] for item in items]
    return selector + encode(["bytes32", "uint256[][]", "bytes[]"], [key, signals, proofs])


def intrinsic_gas(data: bytes) -> int:
    """What a transaction pays before its first instruction."""
    return 21_000 + sum(16 if byte else 4 for byte in data)


def execution_gas(address: str, data: bytes, sender: str) -> int:
    """What a transaction that succeeds pays from its first instruction on."""
    web3 = ape.networks.active_provider.web3
    call = {"from": sender, "to": address, "data": "0x" + data.hex(), "gas": 9_000_000}
    receipt = web3.eth.wait_for_transaction_receipt(web3.eth.send_transaction(call))
    assert receipt["status"] == 1
    return int(receipt["gasUsed"]) - intrinsic_gas(data)


def answer_within(address: str, data: bytes, gas: int) -> bool | str:
    """The answer of a call that has so much gas at the first instruction, or the name of its revert."""
    web3 = ape.networks.active_provider.web3
    call = {"to": address, "data": data, "gas": intrinsic_gas(data) + gas}
    try:
        returned = web3.eth.call(call)
    except (ContractCustomError, ContractLogicError, Web3RPCError) as refusal:
        if str(getattr(refusal, "data", "")).startswith(GAS_SHORT):
            return "GasShort"
        if "gas" in str(refusal).lower():
            return "OutOfGas"
        raise
    return bool(decode(["bool"], returned)[0])


def least_gas(address: str, data: bytes, enough: int) -> int:
    """The least gas at which a call does not revert with GasShort."""
    low, high = 100_000, enough
    while high - low > 1:
        middle = (low + high) // 2
        if answer_within(address, data, middle) == "GasShort":
            low = middle
        else:
            high = middle
    return high


def forwarder_to(address: str) -> bytes:
    """Code that passes its calldata and all gas on to ``address``, and returns or reverts as that does."""
    head = bytes.fromhex("365f5f37" + "5f5f365f73" + address[2:] + "5afa" + "3d5f5f3e")
    return head + bytes([0x60, len(head) + 6, 0x57]) + bytes.fromhex("3d5ffd" + "5b3d5ff3")


def malformed(proof: ToyProof) -> dict[str, bytes]:
    """Variants of a proof that no verifier may accept, by what is wrong with them."""

    def with_(a: G1Point = proof.a, b: G2Point = proof.b, c: G1Point = proof.c) -> bytes:
        return ToyProof(a, b, c).calldata

    def plus_p(word: int) -> bytes:
        return (int.from_bytes(proof.calldata, "big") + (P << 256 * (7 - word))).to_bytes(256, "big")

    a, b, c = proof.a, proof.b, proof.c
    return {
        "A at infinity": with_(a=G1_INFINITY),
        "B at infinity": with_(b=G2_INFINITY),
        "C at infinity": with_(c=G1_INFINITY),
        "all at infinity": bytes(256),
        "A off the curve": with_(a=(a[0], (a[1] + 1) % P)),
        "C off the curve": with_(c=(c[0] ^ 1, c[1])),
        "B off the twist": with_(b=(b[0], b[1] ^ 1, b[2], b[3])),
        "B outside the subgroup": with_(b=outside_subgroup()),
        "B plus a point outside the subgroup": with_(b=add2(b, mul2(outside_subgroup(), R))),
        "B with real and imaginary parts swapped": with_(b=swapped(b)),
        "A negated": with_(a=neg1(a)),
        "C negated": with_(c=neg1(c)),
        "A and C exchanged": with_(a=c, c=a),
        "y of A zero": with_(a=(a[0], 0)),
        "y of A is p": with_(a=(a[0], P)),
        "A is (0, p), whose negative is infinity": with_(a=(0, P)),
        "C is (0, p), whose negative is infinity": with_(c=(0, P)),
        "x of A is zero": with_(a=(0, a[1])),
        **{f"{name} plus p": plus_p(word) for word, name in enumerate(COORDINATES)},
    }


def rerandomised(proof: ToyProof, delta: G2Point) -> list[ToyProof]:
    """Other proofs of the same signals, which anybody can make.

    (sA, B/s, C), (A, B + uδ, C + uA) and (-A, -B, C).
    """
    s, u = 123456789, 987654321
    return [
        ToyProof(mul1(proof.a, s), mul2(proof.b, pow(s, -1, R)), proof.c),
        ToyProof(proof.a, add2(proof.b, mul2(delta, u)), add1(proof.c, mul1(proof.a, u))),
        ToyProof(neg1(proof.a), neg2(proof.b), proof.c),
    ]


def snarkjs_key(key: dict[str, Any]) -> tuple[Any, ...]:
    """The ``VerifyingKey`` struct of a key as snarkjs writes it."""
    return (
        _snarkjs_g1(key["vk_alpha_1"]),
        _snarkjs_g2(key["vk_beta_2"]),
        _snarkjs_g2(key["vk_gamma_2"]),
        _snarkjs_g2(key["vk_delta_2"]),
        [_snarkjs_g1(point) for point in key["IC"]],
    )


def snarkjs_proof(proof: dict[str, Any]) -> ToyProof:
    """A proof as snarkjs writes it."""
    return ToyProof(_snarkjs_g1(proof["pi_a"]), _snarkjs_g2(proof["pi_b"]), _snarkjs_g1(proof["pi_c"]))


def _snarkjs_g1(point: list[str]) -> G1Point:
    return int(point[0]), int(point[1])


def _snarkjs_g2(point: list[list[str]]) -> G2Point:
    (x_real, x_imag), (y_real, y_imag) = point[0], point[1]
    return int(x_imag), int(x_real), int(y_imag), int(y_real)
