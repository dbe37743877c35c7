"""Material of the native core's tests: small circuits as files, Semaphore's artifacts, and snarkjs itself."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

from zkpool_sdk import _native

ROOT = Path(__file__).resolve().parents[2]
SNARKJS = ROOT / "node_modules" / ".bin" / "snarkjs"
ARTIFACTS = ROOT / "node_modules" / "@zk-kit" / "semaphore-artifacts"
SEMAPHORE_KEY = ARTIFACTS / "semaphore-20.zkey"
SEMAPHORE_VKEY = ARTIFACTS / "semaphore-20.json"
SEMAPHORE_WASM = ARTIFACTS / "semaphore-20.wasm"
SEMAPHORE_INPUT = {
    "secret": "123456789",
    "merkleProofLength": "2",
    "merkleProofIndex": "1",
    "merkleProofSiblings": ["11", "22"] + ["0"] * 18,
    "message": "4242",
    "scope": "77",
}

Section = tuple[int, bytes]
Row = dict[int, int]


def snarkjs(*arguments: str | Path, cwd: Path) -> str:
    """Runs snarkjs; gives what it printed and fails the test when it fails."""
    node = shutil.which("node")
    assert node is not None, "node is a prerequisite of the project"
    done = subprocess.run(
        [node, str(SNARKJS), *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def container(magic: bytes, version: int, sections: list[Section]) -> bytes:
    """A file of the family ``.zkey``, ``.wtns``, ``.r1cs``."""
    body = b"".join(struct.pack("<IQ", kind, len(content)) + content for kind, content in sections)
    return magic + struct.pack("<II", version, len(sections)) + body


def sections_of(data: bytes) -> list[tuple[int, int, int]]:
    """Kind, start and length of each section."""
    found = []
    at = 12
    for _ in range(struct.unpack_from("<I", data, 8)[0]):
        kind, length = struct.unpack_from("<IQ", data, at)
        found.append((kind, at + 12, length))
        at += 12 + length
    return found


def le(value: int) -> bytes:
    return value.to_bytes(32, "little")


def be(value: int) -> bytes:
    return value.to_bytes(32, "big")


@dataclass(frozen=True)
class Circuit:
    """A circuit as ``.r1cs`` bytes, with the values of a witness that satisfies it."""

    r1cs: bytes
    values: list[int]

    @property
    def witness(self) -> bytes:
        return _native.witness_file(b"".join(map(le, self.values)))


def chain_circuit(length: int, start: int = 7) -> Circuit:
    """``w' = (w + 3)(2w + 5)`` iterated: one output, one public input (the start), ``length`` constraints."""
    modulus = _native.R
    steps = [start]
    for _ in range(length):
        steps.append((steps[-1] + 3) * (2 * steps[-1] + 5) % modulus)
    # Signals: one, the output, the start, then the steps between.
    values = [1, steps[-1], *steps[:-1]]
    index = [2 + i for i in range(length)] + [1]
    rows: list[tuple[Row, Row, Row]] = [
        ({index[i]: 1, 0: 3}, {index[i]: 2, 0: 5}, {index[i + 1]: 1}) for i in range(length)
    ]
    return Circuit(r1cs_file(rows, len(values), outputs=1, public_inputs=1), values)


def r1cs_file(rows: list[tuple[Row, Row, Row]], signals: int, outputs: int, public_inputs: int) -> bytes:
    """An ``.r1cs`` file with the constraint section first, as circom writes it."""
    body = bytearray()
    for matrices in rows:
        for terms in matrices:
            body += struct.pack("<I", len(terms))
            for signal, value in sorted(terms.items()):
                body += struct.pack("<I", signal) + le(value)
    header = struct.pack("<I", 32) + le(_native.R)
    header += struct.pack("<IIIIQI", signals, outputs, public_inputs, 0, signals, len(rows))
    labels = b"".join(struct.pack("<Q", i) for i in range(signals))
    return container(b"r1cs", 1, [(2, bytes(body)), (1, header), (3, labels)])


def semaphore_witness(folder: Path) -> Path:
    """A witness of Semaphore's circuit, calculated by snarkjs."""
    (folder / "input.json").write_text(json.dumps(SEMAPHORE_INPUT))
    witness = folder / "semaphore.wtns"
    snarkjs("wtns", "calculate", SEMAPHORE_WASM, folder / "input.json", witness, cwd=folder)
    return witness
