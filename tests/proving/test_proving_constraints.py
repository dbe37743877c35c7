"""Nothing in the rollup circuit is left to the prover's choice.

Two searches for under-constrained signals, on the constraints themselves and not on the witness program:
changing any one value must break a constraint, and near an honest witness the inputs must leave no freedom,
which is to say that the Jacobian of the constraints in all other values has full column rank.
"""

from __future__ import annotations

import random
import struct
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from zkpool_sdk import _native
from zkpool_sdk.proving import MODULUS, Circuit, WitnessCalculator

Sample = Callable[[Circuit], dict[str, Any]]
Row = dict[int, int]
"""A linear combination: coefficient of each signal."""
Gradient = dict[int, int]
"""One row of the Jacobian: the derivative by each signal."""
DROPPED = 200


@dataclass(frozen=True)
class System:
    """Constraints a * b = c, read by a reader of our own."""

    constraints: list[tuple[Row, Row, Row]]
    signal_count: int
    input_count: int  # public and private; they follow the leading one

    @property
    def used(self) -> set[int]:
        """Signals that occur in a constraint, the leading one left out."""
        return set().union(*(row for rows in self.constraints for row in rows)) - {0}

    @property
    def unknowns(self) -> set[int]:
        """Used signals that are no inputs."""
        return {signal for signal in self.used if signal > self.input_count}


def read_r1cs(path: Path) -> System:
    content = path.read_bytes()
    sections, at = {}, 12
    while at < len(content):
        kind, size = struct.unpack_from("<IQ", content, at)
        sections[kind], at = at + 12, at + 12 + size
    signal_count, outputs, public, private = struct.unpack_from("<IIII", content, sections[1] + 36)
    (count,) = struct.unpack_from("<I", content, sections[1] + 60)
    at, constraints = sections[2], []
    for _ in range(count):
        rows: list[Row] = []
        for _ in range(3):
            (terms,) = struct.unpack_from("<I", content, at)
            at += 4
            row = {}
            for _ in range(terms):
                row[int.from_bytes(content[at : at + 4], "little")] = int.from_bytes(
                    content[at + 4 : at + 36], "little"
                )
                at += 36
            rows.append(row)
        constraints.append((rows[0], rows[1], rows[2]))
    assert outputs == 0
    return System(constraints, signal_count, public + private)


def dot(row: Row, values: list[int]) -> int:
    return sum(coefficient * values[signal] for signal, coefficient in row.items()) % MODULUS


def gradients(system: System, values: list[int]) -> list[Gradient]:
    """The Jacobian in the unknowns, one sparse row for each constraint."""
    rows = []
    first = 1 + system.input_count
    for a, b, c in system.constraints:
        at_a, at_b = dot(a, values), dot(b, values)
        row: Gradient = defaultdict(int)
        for factor, part in ((at_b, a), (at_a, b), (-1, c)):
            for signal, coefficient in part.items():
                if signal >= first:
                    row[signal] += factor * coefficient
        rows.append({signal: value % MODULUS for signal, value in row.items() if value % MODULUS})
    return rows


def undetermined(rows: Iterable[Gradient], unknowns: Iterable[int]) -> int:
    """How many unknowns the rows leave free: unknowns less the rank, by elimination.

    A row with one unknown left fixes it. Those are taken first; what remains is eliminated like any matrix.
    """
    left = [dict(row) for row in rows]
    where = defaultdict(set)
    for number, row in enumerate(left):
        for signal in row:
            where[signal].add(number)
    free = set(unknowns)
    ready = [number for number, row in enumerate(left) if len(row) == 1]
    while ready:
        row = left[ready.pop()]
        if len(row) != 1:
            continue
        (signal,) = row
        free.discard(signal)
        for number in where.pop(signal):
            del left[number][signal]
            if len(left[number]) == 1:
                ready.append(number)
    pivots: dict[int, Gradient] = {}
    for row in filter(None, left):
        while row:
            signal = min(row)
            pivot = pivots.get(signal)
            if pivot is None:
                inverse = pow(row[signal], -1, MODULUS)
                pivots[signal] = {at: value * inverse % MODULUS for at, value in row.items()}
                break
            factor = row[signal]
            for at, value in pivot.items():
                changed = (row.get(at, 0) - factor * value) % MODULUS
                if changed:
                    row[at] = changed
                else:
                    row.pop(at, None)
    return len(free) - len(pivots)


@pytest.fixture(scope="module")
def system(rollup_circuit: Circuit) -> System:
    assert rollup_circuit.r1cs is not None
    return read_r1cs(rollup_circuit.r1cs)


@pytest.fixture(scope="module")
def witness(rollup_circuit: Circuit, sample: Sample) -> bytes:
    return WitnessCalculator(rollup_circuit.program).calculate(sample(rollup_circuit))


@pytest.fixture(scope="module")
def values(witness: bytes) -> list[int]:
    return [int.from_bytes(witness[at : at + 32], "little") for at in range(76, len(witness), 32)]


def test_constraints__size__is_what_we_say(system: System, rollup_circuit: Circuit) -> None:
    assert rollup_circuit.r1cs is not None
    counts = _native.r1cs_info(rollup_circuit.r1cs)
    assert counts["constraints"] == len(system.constraints) == 20_131
    assert (counts["public_inputs"], counts["outputs"]) == (2, 0)
    assert len(system.constraints) < 1 << 15


def test_constraints__idle_signals__are_the_four_that_equality_leaves(system: System) -> None:
    # Two equalities of field elements for each signature: once they are equal, circomlib's IsZero needs no
    # inverse, so the compiler dropped its only constraint. A signal in no constraint can influence nothing.
    assert len(set(range(1, system.signal_count)) - system.used) == 2 * 2
    assert set(range(1, 1 + system.input_count)) <= system.used


def test_constraints__honest_witness__holds(system: System, values: list[int]) -> None:
    assert values[0] == 1
    for a, b, c in system.constraints:
        assert dot(a, values) * dot(b, values) % MODULUS == dot(c, values)


def test_constraints__any_one_value_changed__are_broken(system: System, values: list[int]) -> None:
    unnoticed = system.used
    for a, b, c in system.constraints:
        at_a, at_b, at_c = dot(a, values), dot(b, values), dot(c, values)
        for signal in (a.keys() | b.keys() | c.keys()) & unnoticed:
            changed_a, changed_b = at_a + a.get(signal, 0), at_b + b.get(signal, 0)
            if (changed_a * changed_b - at_c - c.get(signal, 0)) % MODULUS:
                unnoticed.discard(signal)
    assert not unnoticed


def test_constraints__public_signals_changed__are_refused_by_the_native_checker(
    rollup_circuit: Circuit, witness: bytes
) -> None:
    assert rollup_circuit.r1cs is not None
    for signal in (1, 2):
        changed = bytearray(witness)
        changed[76 + 32 * signal] ^= 1
        assert _native.check_witness(rollup_circuit.r1cs, bytes(changed)) is not None


def test_constraints__inputs__leave_no_freedom(system: System, values: list[int]) -> None:
    assert undetermined(gradients(system, values), system.unknowns) == 0


def test_constraints__some_dropped__leave_freedom(system: System, values: list[int]) -> None:
    # The search can find something. The surplus of constraints over unknowns are checks of the inputs (roots,
    # signatures, the commitment); each can make up for one constraint that is missing elsewhere, and no more.
    rows = gradients(system, values)
    surplus = len(rows) - len(system.unknowns)
    assert surplus == 2 * 17 + 1
    dropped = set(random.Random(5).sample(range(len(rows)), DROPPED))
    kept = [row for number, row in enumerate(rows) if number not in dropped]
    assert DROPPED - surplus <= undetermined(kept, system.unknowns) <= DROPPED
