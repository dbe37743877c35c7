"""Witnesses: byte for byte snarkjs's, bounded in time and memory, and plain about what is wrong."""

from __future__ import annotations

import gc
import json
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import wasmtime

from zkpool_sdk import _native
from zkpool_sdk.proving import (
    MODULUS,
    Circuit,
    InputMissing,
    InputNotCanonical,
    InputShape,
    InputUnknown,
    WitnessCalculator,
    WitnessError,
    WitnessMemoryExceeded,
    WitnessProgramRejected,
    WitnessRefused,
    WitnessTimeExceeded,
)
from zkpool_sdk.proving.sandbox import name_hash
from zkpool_sdk.proving.witness import flatten, public_signals

Sample = Callable[[Circuit], dict[str, Any]]
MEGABYTE = 1 << 20


def test_witness__sample_input__equals_the_file_snarkjs_writes(
    circuit: Circuit, sample: Sample, snarkjs: Callable[..., Any], tmp_path: Path
) -> None:
    theirs = tmp_path / "theirs.wtns"
    snarkjs("wtns", "calculate", circuit.program, circuit.sample_input, theirs)
    assert WitnessCalculator(circuit.program).calculate(sample(circuit)) == theirs.read_bytes()


def test_witness__sample_input__satisfies_every_constraint(rollup_circuit: Circuit, sample: Sample) -> None:
    witness = WitnessCalculator(rollup_circuit.program).calculate(sample(rollup_circuit))
    assert rollup_circuit.r1cs is not None
    assert _native.check_witness(rollup_circuit.r1cs, witness) is None


def test_witness__integers_text_and_hex__are_the_same_input(
    semaphore_circuit: Circuit, sample: Sample
) -> None:
    calculator = WitnessCalculator(semaphore_circuit.program)
    text = sample(semaphore_circuit)
    numbers = {name: flatten(name, value) for name, value in text.items()}
    hexadecimal = {name: [hex(value) for value in values] for name, values in numbers.items()}
    assert calculator.calculate(text) == calculator.calculate(numbers) == calculator.calculate(hexadecimal)


def test_witness__several_threads__each_gets_its_own(semaphore_circuit: Circuit, sample: Sample) -> None:
    calculator = WitnessCalculator(semaphore_circuit.program)
    inputs = [{**sample(semaphore_circuit), "message": message} for message in range(8)]
    alone = [calculator.calculate(one) for one in inputs]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(calculator.calculate, inputs)) == alone
    assert [public_signals(witness, 4)[2] for witness in alone] == list(range(8))


def test_witness__bulk_transfer__takes_a_fraction_of_a_second(
    rollup_circuit: Circuit, sample: Sample
) -> None:
    # One Python call for each limb of 20,169 values took ten seconds.
    calculator = WitnessCalculator(rollup_circuit.program)
    started = time.process_time()
    calculator.calculate(sample(rollup_circuit))
    assert time.process_time() - started < 2


def test_field__modulus__is_the_native_core_s() -> None:
    assert _native.R == MODULUS


@pytest.mark.parametrize(("name", "digest"), [("", 0xCBF29CE484222325), ("a", 0xAF63DC4C8601EC8C)])
def test_name_hash__published_vectors__agree(name: str, digest: int) -> None:
    assert name_hash(name) == digest


def test_inputs__missing__is_named(circuit: Circuit, sample: Sample) -> None:
    calculator = WitnessCalculator(circuit.program, input_sizes=circuit.input_sizes)
    for name in circuit.input_sizes:
        inputs = sample(circuit)
        del inputs[name]
        with pytest.raises(InputMissing) as caught:
            calculator.calculate(inputs)
        assert caught.value.name == name


def test_inputs__missing_and_names_unknown__counts_are_told(
    semaphore_circuit: Circuit, sample: Sample
) -> None:
    inputs = sample(semaphore_circuit)
    del inputs["scope"]
    with pytest.raises(InputMissing, match="takes 25 input values, 24 were given"):
        WitnessCalculator(semaphore_circuit.program).calculate(inputs)


def test_inputs__one_too_many__is_named(circuit: Circuit, sample: Sample) -> None:
    with pytest.raises(InputUnknown) as caught:
        WitnessCalculator(circuit.program).calculate({**sample(circuit), "surplus": 1})
    assert caught.value.name == "surplus"


@pytest.mark.parametrize("siblings", [[], [1] * 19, [1] * 21])
def test_inputs__wrong_shape__is_named(
    semaphore_circuit: Circuit, sample: Sample, siblings: list[int]
) -> None:
    inputs = {**sample(semaphore_circuit), "merkleProofSiblings": siblings}
    with pytest.raises(InputShape, match=f"has {len(siblings)} values, the circuit takes 20") as caught:
        WitnessCalculator(semaphore_circuit.program).calculate(inputs)
    assert caught.value.name == "merkleProofSiblings"


@pytest.mark.parametrize("value", [MODULUS, MODULUS + 1, 2**256, -1, "12x", "", True, None, 1.5, b"\x01", {}])
def test_inputs__value_that_is_no_field_element__is_named(
    semaphore_circuit: Circuit, sample: Sample, value: Any
) -> None:
    with pytest.raises(InputNotCanonical) as caught:
        WitnessCalculator(semaphore_circuit.program).calculate(
            {**sample(semaphore_circuit), "message": value}
        )
    assert caught.value.name == "message"


def test_inputs__largest_field_element__is_accepted(semaphore_circuit: Circuit, sample: Sample) -> None:
    inputs = {**sample(semaphore_circuit), "message": MODULUS - 1}
    witness = WitnessCalculator(semaphore_circuit.program).calculate(inputs)
    assert public_signals(witness, 4)[2] == MODULUS - 1


def test_errors__secret_inputs__never_show(semaphore_circuit: Circuit, sample: Sample) -> None:
    canary = int("1EC2E7C0FFEE5EC2" * 4, 16)  # a field element, not below the order of the subgroup
    calculator = WitnessCalculator(semaphore_circuit.program)
    honest = sample(semaphore_circuit)
    for hostile in (
        {"secret": canary},  # refused by the circuit
        {"secret": canary, "surplus": 1},
        {"secret": [canary, canary]},
        {"secret": canary << 64},
    ):
        with pytest.raises((WitnessRefused, InputUnknown, InputShape, InputNotCanonical)) as caught:
            calculator.calculate({**honest, **hostile})
        told = repr(caught.value) + str(caught.value) + repr(caught.value.__dict__)
        assert str(canary) not in told
        assert hex(canary)[2:] not in told


# Hostile programs. Each is a whole circom interface, with one function replaced.


def program(*, memory: str = '(memory (export "memory") 1)', start: str = "", **bodies: str) -> bytes:
    """A witness program of one input and one witness value, unless told otherwise."""
    limbs = [MODULUS >> 32 * limb & 0xFFFFFFFF for limb in range(8)]
    prime = "".join(
        f"(if (i32.eq (local.get 0) (i32.const {at})) (then (return (i32.const {limb}))))"
        for at, limb in enumerate(limbs)
    )
    shapes = {
        "getVersion": ("", "(result i32)", "i32.const 2"),
        "getFieldNumLen32": ("", "(result i32)", "i32.const 8"),
        "getRawPrime": ("", "", ""),
        "getInputSize": ("", "(result i32)", "i32.const 1"),
        "getWitnessSize": ("", "(result i32)", "i32.const 1"),
        "getInputSignalSize": ("(param i32 i32)", "(result i32)", "i32.const 1"),
        "getMessageChar": ("", "(result i32)", "i32.const 0"),
        "init": ("(param i32)", "", ""),
        "readSharedRWMemory": ("(param i32)", "(result i32)", prime + "(i32.const 0)"),
        "writeSharedRWMemory": ("(param i32 i32)", "", ""),
        "setInputSignal": ("(param i32 i32 i32)", "", ""),
        "getWitness": ("(param i32)", "", ""),
    }
    assert bodies.keys() <= shapes.keys()
    functions = "".join(
        f'(func ${name} (export "{name}") {parameters} {result} {bodies.get(name, body)})'
        for name, (parameters, result, body) in shapes.items()
    )
    imported = '(import "runtime" "exceptionHandler" (func $halt (param i32)))'
    return bytes(wasmtime.wat2wasm(f"(module {imported} {memory} {functions} {start})"))


ENDLESS = "(loop $again (br $again)) unreachable"


def test_program__honest_miniature__runs() -> None:
    witness = WitnessCalculator(program()).calculate({"x": 1})
    assert len(witness) == 76 + 32


@pytest.mark.parametrize("place", ["getVersion", "init", "setInputSignal", "getWitness"])
def test_program__endless_loop__is_stopped_in_time(place: str) -> None:
    started = time.monotonic()
    with pytest.raises(WitnessTimeExceeded) as caught:
        WitnessCalculator(program(**{place: ENDLESS}), seconds=0.3).calculate({"x": 1})
    assert 0.2 < time.monotonic() - started < 3
    assert caught.value.limit_seconds == 0.3


def test_program__endless_start_function__is_stopped_in_time() -> None:
    start = f"(func $spin {ENDLESS}) (start $spin)"
    with pytest.raises(WitnessTimeExceeded):
        WitnessCalculator(program(start=start), seconds=0.2)


def test_program__endless_error_message__is_cut() -> None:
    talker = program(init="(call $halt (i32.const 4))", getMessageChar="(i32.const 65)")
    with pytest.raises(WitnessProgramRejected, match="error 4"):
        WitnessCalculator(talker, seconds=5).calculate({"x": 1})


def test_program__stopped_once__leaves_others_unharmed() -> None:
    honest = WitnessCalculator(program(), seconds=5)
    with pytest.raises(WitnessTimeExceeded):
        WitnessCalculator(program(init=ENDLESS), seconds=0.1).calculate({"x": 1})
    assert honest.calculate({"x": 1})


def test_program__memory_grower__gets_no_more_than_its_bound() -> None:
    # Grows by one page until refused, then reports by a trap whether it ever held more than 2 MiB.
    grower = """
      (loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
      (if (i32.gt_u (memory.size) (i32.const 32)) (then unreachable))
      (call $halt (i32.const 5))
    """
    with pytest.raises(WitnessMemoryExceeded) as caught:
        WitnessCalculator(program(setInputSignal=grower), memory_bytes=2 * MEGABYTE).calculate({"x": 1})
    assert caught.value.limit_bytes == 2 * MEGABYTE


def test_program__initial_memory_above_the_bound__never_starts() -> None:
    greedy = program(memory='(memory (export "memory") 1024)')
    with pytest.raises(WitnessMemoryExceeded):
        WitnessCalculator(greedy, memory_bytes=2 * MEGABYTE)
    assert WitnessCalculator(greedy, memory_bytes=64 * MEGABYTE).calculate({"x": 1})


def test_program__witness_larger_than_memory_allows__is_refused_before_it_is_copied() -> None:
    with pytest.raises(WitnessMemoryExceeded):
        WitnessCalculator(program(getWitnessSize="i32.const 0x7fffffff")).calculate({"x": 1})


def test_program__deep_recursion__is_a_refusal_and_not_a_crash() -> None:
    with pytest.raises(WitnessProgramRejected):
        WitnessCalculator(program(init="(call $init (i32.const 0)) (call $halt (i32.const 1))")).calculate(
            {"x": 1}
        )


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"init": "unreachable"}, "trapped"),
        ({"getVersion": "i32.const 1"}, "version"),
        ({"getFieldNumLen32": "i32.const 2"}, "width"),
        ({"readSharedRWMemory": "i32.const 7"}, "field"),
        ({"setInputSignal": "(call $halt (i32.const 3))"}, "error 3"),
    ],
)
def test_program__misbehaving__is_refused(changed: dict[str, str], says: str) -> None:
    with pytest.raises(WitnessProgramRejected, match=says):
        WitnessCalculator(program(**changed)).calculate({"x": 1})


@pytest.mark.parametrize(
    "imported",
    [
        '(import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))',
        '(import "runtime" "readFile" (func (param i32)))',
        '(import "runtime" "exceptionHandler" (func (param i64)))',
        '(import "env" "memory" (memory 1))',
    ],
)
def test_program__import_outside_the_list__is_refused(imported: str) -> None:
    with pytest.raises(WitnessProgramRejected, match="imports"):
        WitnessCalculator(bytes(wasmtime.wat2wasm(f"(module {imported})")))


@pytest.mark.parametrize("content", [b"", b"\0asm", b"\0asm\1\0\0\0", b"not wasm at all" * 100])
def test_program__not_one__is_refused(content: bytes) -> None:
    with pytest.raises(WitnessProgramRejected):
        WitnessCalculator(content)


def test_program__two_memories__is_refused() -> None:
    with pytest.raises((WitnessProgramRejected, WitnessMemoryExceeded)):
        WitnessCalculator(program(memory='(memory (export "memory") 1) (memory 1)'))


def test_program__mutated_at_random__is_run_or_refused_but_never_worse() -> None:
    honest = program()
    chance = random.Random(11)
    ended: set[str] = set()
    for _ in range(400):
        mutant = bytearray(honest)
        for _ in range(chance.randint(1, 3)):
            mutant[chance.randrange(8, len(mutant))] = chance.randrange(256)
        cut = chance.randrange(8, len(mutant)) if chance.random() < 0.2 else len(mutant)
        try:
            calculator = WitnessCalculator(bytes(mutant[:cut]), memory_bytes=2 * MEGABYTE, seconds=0.1)
            calculator.calculate({"x": 1})
            ended.add("ran")
        except WitnessError as error:
            ended.add(type(error).__name__)
    assert {"ran", "WitnessProgramRejected"} <= ended


def test_program__run_often__leaves_no_memory_behind() -> None:
    # A callback of Python's once kept each sandbox alive: five mappings for each run, and a crash at exit.
    calculator = WitnessCalculator(program(memory='(memory (export "memory") 16)'))
    calculator.calculate({"x": 1})
    gc.collect()
    before = len(Path("/proc/self/maps").read_text().splitlines())
    for _ in range(60):
        calculator.calculate({"x": 1})
    assert len(Path("/proc/self/maps").read_text().splitlines()) - before < 60


def test_sample_inputs__are_json_of_decimal_text(circuit: Circuit) -> None:
    assert circuit.sample_input is not None
    inputs = json.loads(circuit.sample_input.read_text())
    assert {name: len(flatten(name, value)) for name, value in inputs.items()} == circuit.input_sizes
