"""Proves circom's circuits with zksnake, in the bench's own virtual environment.

prove_zksnake.py setup CIRCUIT KEY          make a key for an .r1cs, with a trapdoor nobody kept
prove_zksnake.py prove CIRCUIT KEY WITNESS  load the key, then answer each line of standard input

After loading and after each line, ``prove`` or ``verify``, one line of JSON is printed.
"""

from __future__ import annotations

import json
import pickle
import sys
import time
from pathlib import Path
from typing import Any

from zksnake.arithmetization import R1CS
from zksnake.groth16 import Groth16, ProvingKey, VerifyingKey

VALUES_OFFSET = 76
"""Where the values of a ``.wtns`` begin."""


def set_up(circuit: str, key: str) -> None:
    """Keys, the circuit's matrices, and in which order zksnake wants the wires (another in each process)."""
    r1cs = R1CS.from_file(circuit)
    r1cs.compile()
    system = Groth16(r1cs)
    system.setup()
    order = wire_order(circuit, r1cs.constraint_system.get_witness_vector())
    qap = system.qap
    content = (
        [qap.a, qap.b, qap.c, qap.n_public],
        order,
        bytes(system.proving_key.to_bytes()),
        bytes(system.verifying_key.to_bytes()),
    )
    Path(key).write_bytes(pickle.dumps(content))


def wire_order(circuit: str, names: list[str]) -> list[int]:
    """circom's number of each wire that zksnake names: outputs, public and private inputs, all others."""
    with Path(circuit).open("rb") as file:
        header = file.read(12 + 12 + 36 + 16)
    outputs, public, private = (int.from_bytes(header[at : at + 4], "little") for at in (64, 68, 72))
    starts = {"out": 0, "pub": outputs, "priv": outputs + public, "v": outputs + public + private}
    kinds = [name.rstrip("0123456789") for name in names]
    return [
        starts[kind] + int(name[len(kind) :]) if kind else 0 for kind, name in zip(kinds, names, strict=True)
    ]


class Prover:
    """A loaded key and the last proof."""

    def __init__(self, key: str) -> None:
        matrices, self.order, proving, verifying = pickle.loads(Path(key).read_bytes())
        self.system: Any = Groth16.__new__(Groth16)
        blank = R1CS.__new__(R1CS)
        blank.A, blank.B, blank.C, blank.n_public = matrices
        self.system.__init__(blank)
        self.public_count = blank.n_public
        self.system.proving_key = ProvingKey.from_bytes(proving)
        self.system.verifying_key = VerifyingKey.from_bytes(verifying)

    def prove(self, witness: str) -> None:
        """Proves a ``.wtns``."""
        content = Path(witness).read_bytes()
        ends = range(VALUES_OFFSET + 32, len(content) + 1, 32)
        wires = [int.from_bytes(content[end - 32 : end], "little") for end in ends]
        values = [wires[wire] for wire in self.order]
        self.public = values[: self.public_count]
        self.proof = self.system.prove(self.public, values[self.public_count :])

    def verify(self) -> None:
        """Checks the last proof."""
        if not self.system.verify(self.proof, self.public):
            raise SystemExit("the proof does not hold")


def report() -> None:
    """Prints the CPU seconds of this process so far."""
    print(json.dumps({"cpu_s": time.process_time()}), flush=True)


def main() -> None:
    """Sets up, or loads and answers."""
    command, circuit, key, *rest = sys.argv[1:]
    if command == "setup":
        set_up(circuit, key)
        return
    prover = Prover(key)
    report()
    for line in sys.stdin:
        if line.strip() == "prove":
            prover.prove(rest[0])
        else:
            prover.verify()
        report()


if __name__ == "__main__":
    main()
