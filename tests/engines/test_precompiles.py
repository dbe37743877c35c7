"""Every precompile of the hard fork does the same on both engines: result, failure, gas."""

from __future__ import annotations

import random
from collections.abc import Iterator
from hashlib import sha256
from typing import Final

import pytest

from tests.engines.pair import Pair
from tests.support.groth16_toy import (
    G1_INFINITY,
    G2_INFINITY,
    P,
    R,
    g1,
    g2,
    neg1,
    outside_subgroup,
    swapped,
    words,
)
from tests.support.rawchain import Call

RNG: Final = random.Random("precompiles of two engines")
CURVE_SCALARS: Final = (0, 1, 2, R - 1, R, R + 1, 2**256 - 1, 3**150)
CURVE_POINTS: Final = (G1_INFINITY, g1(1), g1(R - 1), g1(2), g1(3**100 % R))
OFF_CURVE: Final = ((1, 3), (0, 1), (1, P + 2), (P + 1, 2), (P, P), (2**256 - 1, 2**256 - 1))
SIGNED: Final = bytes.fromhex(
    "456e9aea5e197a1f1af7a3e85a3212fa4049a3ba34c2289b4c860fc0b0c64ef3"
    "000000000000000000000000000000000000000000000000000000000000001c"
    "9242685bf161793cc25603c231bc2f568eb630ea16aa137d2664ac8038825608"
    "4f8ae3bd7535248d0bd448298cc2e2071e56992d0774dc340c368ae950852ada"
)
"""Digest, v, r, s of a signature that was made with a key."""
INFINITY: Final = b"\xc0" + bytes(47)
EVALUATION: Final = b"\x01" + sha256(INFINITY).digest()[1:] + words((5, 0)) + INFINITY * 2
"""The polynomial 0 is 0 at 5: versioned hash, place, value, commitment, proof."""
BLS_G1: Final = bytes.fromhex(
    "0000000000000000000000000000000017f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac58"
    "6c55e83ff97a1aeffb3af00adb22c6bb0000000000000000000000000000000008b3f481e3aaa0f1a09e30ed741d8ae4"
    "fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1"
)


def curve_additions() -> Iterator[bytes]:
    for left in (*CURVE_POINTS, *OFF_CURVE):
        for right in (*CURVE_POINTS[:3], OFF_CURVE[0]):
            yield words((*left, *right))
    yield from (b"", words(g1(1)), words((*g1(1), *g1(2)))[:-1], words((*g1(1), *g1(2), 5)))


def curve_multiplications() -> Iterator[bytes]:
    for point in (*CURVE_POINTS, *OFF_CURVE):
        for scalar in CURVE_SCALARS:
            yield words((*point, scalar))
    yield from (b"", words(g1(1)), words((*g1(1), 7))[:-3], words((*g1(1), 7, 9)))


def pairings() -> Iterator[bytes]:
    good = words((*g1(2), *g2(3), *neg1(g1(6)), *g2(1)))
    yield from (b"", good, good[:-1], good + bytes(192), words((*g1(2), *g2(3))))
    for point in (G2_INFINITY, outside_subgroup(), swapped(g2(1))):
        yield words((*g1(1), *point))
    for point in (*OFF_CURVE, G1_INFINITY):
        yield words((*point, *g2(1)))
    yield words((*G1_INFINITY, *G2_INFINITY))
    for place in range(0, 384, 31):
        yield good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :]


def modular_powers() -> Iterator[bytes]:
    for sizes in (
        (0, 0, 0),
        (1, 1, 1),
        (32, 32, 32),
        (0, 3, 5),
        (5, 0, 7),
        (40, 2, 64),
        (3, 70, 33),
        (7, 7, 0),
    ):
        for _ in range(4):
            yield words(sizes) + RNG.randbytes(sum(sizes))
    yield words((1, 2**200, 1)) + b"\x02"
    yield words((3, P, 1))[:70]


INPUTS: Final = {
    1: [
        SIGNED,
        SIGNED[:-1],
        SIGNED[:63] + b"\x1b" + SIGNED[64:],
        SIGNED[:63] + b"\x1d" + SIGNED[64:],
        SIGNED[:32] + bytes(96),
        SIGNED[:64] + b"\xff" * 64,
        SIGNED + b"more",
        b"",
    ],
    2: [RNG.randbytes(size) for size in (0, 1, 31, 32, 64, 300)],
    3: [RNG.randbytes(size) for size in (0, 1, 31, 32, 64, 300)],
    4: [RNG.randbytes(size) for size in (0, 1, 33)],
    5: list(modular_powers()),
    6: list(curve_additions()),
    7: list(curve_multiplications()),
    8: list(pairings()),
    9: [
        (12).to_bytes(4) + RNG.randbytes(208) + b"\x01",
        (0).to_bytes(4) + RNG.randbytes(208) + b"\x00",
        (1).to_bytes(4) + RNG.randbytes(208) + b"\x02",
        RNG.randbytes(212),
    ],
    10: [EVALUATION, EVALUATION[:95] + b"\x01" + EVALUATION[96:], RNG.randbytes(192), b"", bytes(192)],
    11: [BLS_G1 * 2, BLS_G1 + bytes(128), BLS_G1, bytes(256), RNG.randbytes(256)],
    12: [BLS_G1 + words((7,)), BLS_G1 + words((7,)) + BLS_G1 + words((2**255,)), b"", BLS_G1],
    13: [bytes(512), RNG.randbytes(512), b""],
    14: [bytes(288), RNG.randbytes(288), b""],
    15: [bytes(384), BLS_G1 + bytes(256), RNG.randbytes(384), b""],
    16: [bytes(63) + b"\x05", RNG.randbytes(64), b""],
    17: [bytes(127) + b"\x05", RNG.randbytes(128), b""],
    18: [b"", b"\x01"],
}
"""What each is asked; the last address is that of none."""


@pytest.mark.parametrize("number", INPUTS)
def test_precompile__edges_and_nonsense__does_the_same(pair: Pair, number: int) -> None:
    sender, place = pair.anvil.accounts[0], f"0x{number:040x}"
    calls = [Call(sender, place, data) for data in INPUTS[number]]
    outcomes = pair.simulated(calls, 3_000_000)
    # What was asked once is remembered; the answer must stay the same.
    assert pair.evm.simulate(calls, 3_000_000) == outcomes
    assert any(outcome.ok for outcome in outcomes)
    if number in (6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17):
        assert not all(outcome.ok for outcome in outcomes)


@pytest.mark.parametrize(("number", "data"), [(n, data[0]) for n, data in INPUTS.items() if n < 18])
def test_precompile__with_a_little_less_gas_each_time__does_the_same(
    pair: Pair, number: int, data: bytes
) -> None:
    """By a contract that passes 2^n gas on and returns whether that was enough."""
    size = f"{len(data):04x}"
    store = "".join(
        f"7f{data[at : at + 32].ljust(32, bytes(1)).hex()}61{at:04x}52" for at in range(0, len(data), 32)
    )
    calls = []
    for step in range(8, 22):
        code = f"{store}602061400061{size}600060{number:02x}62{2**step:06x}fa6140205260406140" + "00f3"
        calls.append(Call(pair.anvil.accounts[0], pair.put(200 + step, code), b""))
    outcomes = pair.simulated(calls)
    assert all(outcome.ok for outcome in outcomes)
