"""The native core and anvil's precompiles 6, 7, 8 give the same answers, or refuse alike."""

from __future__ import annotations

import json
import random
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator

import pytest

from tests.proving.native_material import ROOT, be
from tests.proving.test_native_vectors import G2, P, R, twist_point
from zkpool_sdk import _native

ADD, MUL, PAIRING = 6, 7, 8
G2_BYTES = b"".join(map(be, G2))


@pytest.fixture(scope="module")
def call() -> Iterator[Callable[[int, bytes], bytes | None]]:
    """Calls a precompile of a chain started for this; ``None`` when it fails."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(ROOT / "toolchain" / "bin" / "anvil"), "--port", str(port), "--silent"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)

    def ask(precompile: int, data: bytes) -> bytes | None:
        transaction = {"to": f"0x{precompile:040x}", "data": "0x" + data.hex(), "gas": hex(5_000_000)}
        body = {"jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": [transaction, "latest"]}
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            result = json.load(answer).get("result")
        return None if result is None else bytes.fromhex(result[2:])

    try:
        for _ in range(200):
            try:
                ask(ADD, b"")
                break
            except OSError:
                time.sleep(0.1)
        else:
            raise AssertionError("anvil did not start")
        yield ask
    finally:
        process.terminate()
        process.wait(timeout=20)


def ours(precompile: int, data: bytes) -> bytes | None:
    try:
        if precompile == ADD:
            return _native.ec_add(data)
        if precompile == MUL:
            return _native.ec_mul(data)
        return be(int(_native.ec_pairing(data)))
    except _native.NativeFormatError:
        return None


def point(scalar: int) -> bytes:
    return _native.ec_mul(be(1) + be(2) + be(scalar))


def cases() -> list[tuple[int, bytes]]:
    """Points, infinity, edges of both fields, bytes too few or too many, and random ones that must fail."""
    rng = random.Random(197)
    points = [point(s) for s in (0, 1, 2, R - 1, R - 2, *(rng.randrange(R) for _ in range(6)))]
    found = [(ADD, a + b) for a in points for b in points[:6]]
    scalars = [0, 1, R - 1, R, R + 1, P, 2**256 - 1, rng.randrange(R)]
    found += [(MUL, a + be(s)) for a in points[:7] for s in scalars]
    found += [(kind, rng.randbytes(length)) for kind in (ADD, MUL) for length in (1, 63, 64, 65, 96, 128)]
    found += [(kind, points[3][:cut] + bytes(3)) for kind in (ADD, MUL) for cut in (0, 31, 32, 60)]
    found += [
        (kind, be(x) + be(y))
        for kind in (ADD, MUL)
        for x, y in ((P, 0), (0, P), (1, P + 2), (1, 3), (P + 1, 2))
    ]
    x, y = twist_point()
    outside = b"".join(map(be, (x[1], x[0], y[1], y[0])))
    a, b = rng.randrange(R), rng.randrange(R)
    pairings = [
        b"",
        point(1) + G2_BYTES,
        point(a) + G2_BYTES + point(R - a) + G2_BYTES,
        point(a) + G2_BYTES + point(b) + G2_BYTES + point(2 * R - a - b) + G2_BYTES,
        point(a) + G2_BYTES + point(b) + G2_BYTES,
        bytes(64) + G2_BYTES,
        point(a) + bytes(128),
        bytes(192),
        point(1) + outside,
        bytes(64) + outside,
        point(1) + G2_BYTES[32:64] + G2_BYTES[:32] + G2_BYTES[96:] + G2_BYTES[64:96],
        point(1) + be(G2[0] + P) + G2_BYTES[32:],
        (point(1) + G2_BYTES)[:191],
        point(1) + G2_BYTES + b"\0",
        be(1) + be(1) + G2_BYTES,
    ]
    return found + [(PAIRING, data) for data in pairings]


def test_precompiles__equal_on_anvil(call: Callable[[int, bytes], bytes | None]) -> None:
    answers = set()
    for precompile, data in cases():
        theirs = call(precompile, data)
        # anvil gives a failed call as an error or as empty output.
        assert ours(precompile, data) == (theirs or None), (precompile, data.hex())
        answers.add((precompile, bool(theirs)))
    # Each precompile both answered and refused.
    assert answers == {(kind, told) for kind in (ADD, MUL, PAIRING) for told in (True, False)}
