"""The precompiles 6, 7, 8 (EIP-196, EIP-197): the chain's, our prover core's, and what py_ecc says.

The verifier rests on each refusal shown here.
"""

from __future__ import annotations

import random
from typing import Any

import ape
import pytest
from web3.exceptions import ContractLogicError, Web3RPCError

from tests.support.groth16_toy import (
    G1_INFINITY,
    G2_INFINITY,
    P,
    R,
    add1,
    add2,
    g1,
    g2,
    mul1,
    mul2,
    neg1,
    neg2,
    outside_subgroup,
    swapped,
    words,
)
from zkpool_sdk import _native

RNG = random.Random("precompiles")
SCALARS = [0, 1, 2, R - 1, R, R + 1, 2**256 - 1, *(RNG.randrange(2**256) for _ in range(3))]
POINTS = [G1_INFINITY, g1(1), g1(R - 1), g1(2), g1(RNG.randrange(R)), g1(RNG.randrange(R))]
OFF_CURVE = [(1, 3), (0, 1), (1, P + 2), (P + 1, 2), (P, P), (2**256 - 1, 2**256 - 1)]
TRUE, FALSE = words((1,)), words((0,))


def on_chain(precompile: int, data: bytes, gas: int | None = None) -> bytes | None:
    """What the chain's precompile returns; ``None`` if it fails."""
    call: dict[str, Any] = {"to": f"0x{precompile:040x}", "data": data}
    if gas is not None:
        call["gas"] = gas
    try:
        return bytes(ape.networks.active_provider.web3.eth.call(call))
    except (ContractLogicError, Web3RPCError):
        return None


def in_core(precompile: int, data: bytes) -> bytes | None:
    """The same from the compiled prover core."""
    try:
        if precompile == 8:
            return words((int(_native.ec_pairing(data)),))
        return _native.ec_add(data) if precompile == 6 else _native.ec_mul(data)
    except _native.NativeFormatError:
        return None


def both(precompile: int, data: bytes) -> bytes | None:
    """The answer of chain and core, which have to agree."""
    answer = on_chain(precompile, data)
    assert in_core(precompile, data) == answer
    return answer


def test_add__points_and_their_opposites__as_py_ecc(chain: Any) -> None:
    for left in POINTS:
        for right in (*POINTS, neg1(left) if left != G1_INFINITY else left):
            assert both(6, words((*left, *right))) == words(add1(left, right))


def test_add__known_double_of_the_generator(chain: Any) -> None:
    """2 · (1, 2), from arithmetic by hand: slope 3/4."""
    slope = 3 * pow(4, -1, P) % P
    x = (slope * slope - 2) % P
    y = (slope * (1 - x) - 2) % P
    assert both(6, words((1, 2, 1, 2))) == both(7, words((1, 2, 2))) == words((x, y))


def test_mul__scalars_beyond_the_order__as_py_ecc(chain: Any) -> None:
    for point in POINTS:
        for scalar in SCALARS:
            assert both(7, words((*point, scalar))) == words(mul1(point, scalar))


def test_add_and_mul__short_or_long_input__padded_or_cut(chain: Any) -> None:
    assert both(6, b"") == words(G1_INFINITY)
    assert both(7, b"") == words(G1_INFINITY)
    assert both(6, words(g1(5))) == words(g1(5))
    assert both(7, words(g1(5))) == words(G1_INFINITY)
    assert both(7, words(g1(5)) + b"\x01") == words(mul1(g1(5), 1 << 248))
    assert both(6, words((*g1(5), *g1(6), 7))) == words(g1(11))
    assert both(7, words((*g1(5), 6, 7))) == words(g1(30))


@pytest.mark.parametrize("bad", OFF_CURVE)
def test_every_precompile__bad_g1_point__fails(chain: Any, bad: tuple[int, int]) -> None:
    assert both(6, words((*bad, *g1(1)))) is None
    assert both(6, words((*g1(1), *bad))) is None
    assert both(7, words((*bad, 1))) is None
    assert both(7, words((*bad, 0))) is None
    assert both(8, words((*bad, *g2(1)))) is None
    assert both(8, words((*bad, *G2_INFINITY))) is None


def test_pairing__bilinear__one_exactly_when_exponents_cancel(chain: Any) -> None:
    a, b = RNG.randrange(R), RNG.randrange(R)
    assert both(8, words((*g1(a), *g2(b), *neg1(g1(a * b)), *g2(1)))) == TRUE
    assert both(8, words((*g1(a), *g2(b), *neg1(g1(a * b + 1)), *g2(1)))) == FALSE
    assert both(8, words((*g1(a), *g2(b), *g1(a), *neg2(g2(b))))) == TRUE
    assert both(8, words((*g1(a), *g2(b)))) == FALSE


def test_pairing__nothing_or_infinity__one(chain: Any) -> None:
    assert both(8, b"") == TRUE
    assert both(8, bytes(192)) == TRUE
    assert both(8, bytes(768)) == TRUE
    assert both(8, words((*g1(3), *G2_INFINITY))) == TRUE
    assert both(8, words((*G1_INFINITY, *g2(3)))) == TRUE


@pytest.mark.parametrize("length", [1, 32, 191, 193, 383])
def test_pairing__length_no_multiple_of_a_pair__fails(chain: Any, length: int) -> None:
    data = words((*g1(3), *g2(3), *g1(3), *g2(3)))[:length]
    assert both(8, data) is None


def test_pairing__bad_g2_point__fails(chain: Any) -> None:
    point = g2(RNG.randrange(R))
    bad = {
        "off the twist": (point[0], point[1], point[2] ^ 1, point[3]),
        "swapped parts": swapped(point),
        "outside the subgroup": outside_subgroup(),
        "partly outside": add2(point, mul2(outside_subgroup(), R)),
        **{f"word {i} plus p": tuple(w + P * (i == j) for j, w in enumerate(point)) for i in range(4)},
    }
    for name, wrong in bad.items():
        assert both(8, words((*g1(7), *wrong))) is None, name
        assert both(8, words((*G1_INFINITY, *wrong))) is None, name
        assert both(8, words((*g1(7), *point, *g1(7), *wrong))) is None, name


@pytest.mark.parametrize(
    ("precompile", "data", "price"),
    [
        (6, words((*g1(1), *g1(2))), 150),
        (7, words((*g1(1), 2)), 6_000),
        (8, words((*g1(1), *g2(1))), 79_000),
        (8, words((*g1(1), *g2(1)) * 4), 181_000),
        (8, bytes(768), 181_000),
    ],
)
def test_every_precompile__a_unit_below_its_price__fails(
    chain: Any, precompile: int, data: bytes, price: int
) -> None:
    """Prices of EIP-1108. Infinity costs as much as any point: the verifier's control relies on it."""
    probe = staticcall_probe(precompile, data)
    assert probe(price) == (True, 64 if precompile != 8 else 32)
    assert probe(price - 1) == (False, 0)


def staticcall_probe(precompile: int, data: bytes) -> Any:
    """Asks the precompile with a gas limit from inside a contract: (success, bytes returned)."""
    at = f"0x{precompile:038x}99"
    # Calldata: the gas, then the input. Returns success and RETURNDATASIZE.
    code = bytes.fromhex(
        "6020360360205f37"
        + "5f5f602036035f60"
        + f"{precompile:02x}"
        + "5f35fa"
        + "5f52"
        + "3d602052"
        + "60405ff3"
    )
    ape.networks.active_provider.set_code(at, code)

    def probe(gas: int) -> tuple[bool, int]:
        returned = ape.networks.active_provider.web3.eth.call({"to": at, "data": words((gas,)) + data})
        return bool(returned[31]), int.from_bytes(returned[32:64], "big")

    return probe
