"""The sandbox in which a circuit's witness program runs, bounded in memory and time.

The program comes from a project, so it is treated as hostile. What it may import is a small WebAssembly
module of ours, the runtime, so that nothing of this machine or of Python is within its reach. The same module
moves values in bulk: one call for all inputs and one for all of the witness, instead of one for each limb.
"""

from __future__ import annotations

import struct
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Final, TypeVar

import wasmtime

from zkpool_sdk.proving.errors import (
    WitnessMemoryExceeded,
    WitnessProgramRejected,
    WitnessRefused,
    WitnessTimeExceeded,
)
from zkpool_sdk.proving.field import MODULUS

MAX_PROGRAM_BYTES: Final = 1 << 28
"""Compiling cannot be interrupted, so its input is bounded."""
VALUE_BYTES: Final = 32

_TICK_SECONDS: Final = 0.02
_STACK_BYTES: Final = 1 << 20
_TABLE_ELEMENTS: Final = 1 << 16
_PAGE_BYTES: Final = 1 << 16
_FIELD_LIMBS: Final = 8
_RECORD_BYTES: Final = 3 * 4 + VALUE_BYTES
_ASSERT_FAILED: Final = 4
_NOT_ENOUGH_MEMORY: Final = 5
_I32: Final = "i32"
_I32_MAX: Final = (1 << 31) - 1
_Extern = TypeVar("_Extern")
_Signature = tuple[list[str], list[str]]

_IMPORTS: Final[dict[str, _Signature]] = {
    "exceptionHandler": ([_I32], []),
    "printErrorMessage": ([], []),
    "writeBufferMessage": ([], []),
    "showSharedRWMemory": ([], []),
}
_EXPORTS: Final[dict[str, _Signature]] = {
    "getVersion": ([], [_I32]),
    "getFieldNumLen32": ([], [_I32]),
    "getRawPrime": ([], []),
    "getInputSize": ([], [_I32]),
    "getWitnessSize": ([], [_I32]),
    "getInputSignalSize": ([_I32, _I32], [_I32]),
    "getMessageChar": ([], [_I32]),
    "init": ([_I32], []),
    "readSharedRWMemory": ([_I32], [_I32]),
    "writeSharedRWMemory": ([_I32, _I32], []),
    "setInputSignal": ([_I32, _I32, _I32], []),
    "getWitness": ([_I32], []),
}

_MESSAGE_BYTES: Final = 4096
"""Room for the program's error messages, at the start of the runtime's memory; records and witness follow."""
_CALLED: Final = (
    "readSharedRWMemory",
    "writeSharedRWMemory",
    "setInputSignal",
    "getWitness",
    "getMessageChar",
)
"""Functions of the program that the runtime calls, in the order of its table."""
_RUNTIME: Final = """
(module
  (type $read (func (param i32) (result i32)))
  (type $write (func (param i32 i32)))
  (type $set (func (param i32 i32 i32)))
  (type $get (func (param i32)))
  (type $char (func (result i32)))
  (table (export "called") 5 5 funcref)
  (memory (export "memory") 1)
  (global $halted (export "halted") (mut i32) (i32.const 0))
  (global $told (export "told") (mut i32) (i32.const 0))
  ;; What the program may import.
  (func (export "exceptionHandler") (param $code i32)
    (global.set $halted (local.get $code))
    unreachable)
  (func (export "printErrorMessage") (local $char i32)
    (loop $next
      (if (i32.lt_u (global.get $told) (i32.const 4096)) (then
        (local.set $char (call_indirect (type $char) (i32.const 4)))
        (i32.store8 (global.get $told) (select (local.get $char) (i32.const 10) (local.get $char)))
        (global.set $told (i32.add (global.get $told) (i32.const 1)))
        (br_if $next (local.get $char))))))
  ;; Circuits may log signals: they are secrets, so these two keep nothing of what they are told.
  (func (export "writeBufferMessage")
    (loop $next (br_if $next (call_indirect (type $char) (i32.const 4)))))
  (func (export "showSharedRWMemory"))
  ;; Sets inputs. Records of 44 bytes: name hash high, name hash low, position, eight limbs.
  (func (export "load") (param $count i32) (local $at i32) (local $limb i32)
    (local.set $at (i32.const 4096))
    (loop $records
      (if (local.get $count) (then
        (local.set $limb (i32.const 0))
        (loop $limbs
          (call_indirect (type $write)
            (local.get $limb)
            (i32.load offset=12 (i32.add (local.get $at) (i32.shl (local.get $limb) (i32.const 2))))
            (i32.const 1))
          (local.set $limb (i32.add (local.get $limb) (i32.const 1)))
          (br_if $limbs (i32.lt_u (local.get $limb) (i32.const 8))))
        (call_indirect (type $set)
          (i32.load (local.get $at)) (i32.load offset=4 (local.get $at)) (i32.load offset=8 (local.get $at))
          (i32.const 2))
        (local.set $at (i32.add (local.get $at) (i32.const 44)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $records)))))
  ;; Copies the witness out.
  (func (export "dump") (param $count i32) (local $index i32) (local $at i32) (local $limb i32)
    (local.set $at (i32.const 4096))
    (loop $values
      (if (i32.lt_u (local.get $index) (local.get $count)) (then
        (call_indirect (type $get) (local.get $index) (i32.const 3))
        (local.set $limb (i32.const 0))
        (loop $limbs
          (i32.store (local.get $at) (call_indirect (type $read) (local.get $limb) (i32.const 0)))
          (local.set $at (i32.add (local.get $at) (i32.const 4)))
          (local.set $limb (i32.add (local.get $limb) (i32.const 1)))
          (br_if $limbs (i32.lt_u (local.get $limb) (i32.const 8))))
        (local.set $index (i32.add (local.get $index) (i32.const 1)))
        (br $values))))))
"""


class _Halt(Exception):
    """The program reported an error and stopped."""

    def __init__(self, code: int, trace: str) -> None:
        super().__init__(code)
        self.code = code
        self.trace = trace


class _Clock:
    """Advances the engine's epoch while programs run: the time base of every deadline."""

    def __init__(self, engine: wasmtime.Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._running = 0
        self._stop = threading.Event()

    @contextmanager
    def ticking(self) -> Iterator[None]:
        with self._lock:
            self._running += 1
            if self._running == 1:
                self._stop = threading.Event()
                threading.Thread(target=self._tick, args=(self._stop,), daemon=True).start()
        try:
            yield
        finally:
            with self._lock:
                self._running -= 1
                if self._running == 0:
                    self._stop.set()

    def _tick(self, stop: threading.Event) -> None:
        while not stop.wait(_TICK_SECONDS):
            self._engine.increment_epoch()


@lru_cache(maxsize=1)
def _runtime() -> tuple[wasmtime.Engine, _Clock, wasmtime.Module]:
    """The engine that all programs share, its clock, and the compiled runtime."""
    config = wasmtime.Config()
    config.epoch_interruption = True
    config.max_wasm_stack = _STACK_BYTES
    config.wasm_threads = False
    config.shared_memory = False
    engine = wasmtime.Engine(config)
    return engine, _Clock(engine), wasmtime.Module(engine, bytes(wasmtime.wat2wasm(_RUNTIME)))


@lru_cache(maxsize=32)
def compile_program(program: bytes) -> wasmtime.Module:
    """A witness program compiled, once it is known to have circom's interface and to import nothing else.

    Raises:
        WitnessProgramRejected: not a circom 2 program, or it imports what it is not given.
    """
    if len(program) > MAX_PROGRAM_BYTES:
        raise WitnessProgramRejected(f"{len(program):,} bytes, more than {MAX_PROGRAM_BYTES:,}")
    engine, _, _ = _runtime()
    try:
        module = wasmtime.Module(engine, program)
    except wasmtime.WasmtimeError as error:
        raise WitnessProgramRejected(f"not a WebAssembly module ({str(error).splitlines()[0]})") from None
    for item in module.imports:
        wanted = _IMPORTS.get(item.name or "")
        if item.module != "runtime" or wanted is None or _signature(item.type) != wanted:
            raise WitnessProgramRejected(f"imports {item.module}.{item.name}, which it is not given")
    exports = {item.name: item.type for item in module.exports}
    for name, wanted in _EXPORTS.items():
        if name not in exports or _signature(exports[name]) != wanted:
            raise WitnessProgramRejected(f"does not export {name} as a circom 2 program does")
    return module


@contextmanager
def sandbox(module: wasmtime.Module, memory_bytes: int, seconds: float) -> Iterator[Sandbox]:
    """A fresh sandbox for one run, freed at its end; whatever it throws becomes one of our errors.

    Args:
        module: from :func:`compile_program`.
        memory_bytes: bound on the program's memory, and on the copy of the witness beside it.
        seconds: bound on the wall time of the run.
    """
    _, clock, _ = _runtime()
    run: Sandbox | None = None
    with clock.ticking():
        try:
            run = Sandbox(module, memory_bytes, seconds)
            yield run
        except _Halt as halt:
            raise WitnessProgramRejected(f"reported error {halt.code}") from None
        except wasmtime.Trap as trap:
            if trap.trap_code is wasmtime.TrapCode.INTERRUPT:
                raise WitnessTimeExceeded(seconds) from None
            raise WitnessProgramRejected(f"trapped ({trap.trap_code})") from None
        except wasmtime.WasmtimeError as error:
            reason = str(error).splitlines()[0]
            if "memory" in reason and "limit" in reason:
                raise WitnessMemoryExceeded(memory_bytes) from None
            raise WitnessProgramRejected(reason) from None
        finally:
            if run is not None:
                run.close()


class Sandbox:
    """One instance of a program, and of the runtime beside it, in a store of their own.

    No function of Python's is within the program's reach: what it may import is WebAssembly too.
    """

    def __init__(self, module: wasmtime.Module, memory_bytes: int, seconds: float) -> None:
        engine, _, runtime = _runtime()
        self._memory_bytes = memory_bytes
        self._store = wasmtime.Store(engine)
        self._store.set_limits(
            memory_size=memory_bytes, table_elements=_TABLE_ELEMENTS, instances=2, tables=4, memories=2
        )
        self._store.set_epoch_deadline(max(2, int(seconds / _TICK_SECONDS) + 1))
        linker = wasmtime.Linker(engine)
        self._runtime = linker.instantiate(self._store, runtime).exports(self._store)
        self._memory = _of(wasmtime.Memory, self._runtime["memory"])
        for name in _IMPORTS:
            linker.define(self._store, "runtime", name, _of(wasmtime.Func, self._runtime[name]))
        with self._reporting():
            self._program = linker.instantiate(self._store, module).exports(self._store)
        called = _of(wasmtime.Table, self._runtime["called"])
        for place, name in enumerate(_CALLED):
            called.set(self._store, place, _of(wasmtime.Func, self._program[name]))
        self._check_field()

    def close(self) -> None:
        """Frees the sandbox and all its memory at once."""
        self._store.close()

    def call(self, name: str, *arguments: int) -> int:
        """The result of one of the program's functions as an unsigned number; 0 if it has none."""
        with self._reporting():
            result = _of(wasmtime.Func, self._program[name])(self._store, *arguments)
        return result & 0xFFFFFFFF if isinstance(result, int) else 0

    def input_size(self, name: str) -> int | None:
        """How many values an input takes; ``None`` if the circuit has no such input."""
        digest = name_hash(name)
        try:
            size = self.call("getInputSignalSize", _i32(digest >> 32), _i32(digest))
        except _Halt:
            return None
        return size if 0 < size <= _I32_MAX else None

    def load(self, flat: Mapping[str, Sequence[int]]) -> None:
        """Sets all inputs; the program computes the witness when the last one arrives."""
        records = bytearray()
        for name, values in flat.items():
            digest = name_hash(name)
            for position, value in enumerate(values):
                records += struct.pack("<III", digest >> 32, digest & 0xFFFFFFFF, position)
                records += value.to_bytes(VALUE_BYTES, "little")
        self._reserve(len(records))
        self._memory.write(self._store, records, _MESSAGE_BYTES)
        try:
            with self._reporting():
                _of(wasmtime.Func, self._runtime["load"])(self._store, len(records) // _RECORD_BYTES)
        except _Halt as halt:
            if halt.code == _ASSERT_FAILED:
                raise WitnessRefused(halt.trace) from None
            if halt.code == _NOT_ENOUGH_MEMORY:
                raise WitnessMemoryExceeded(self._memory_bytes) from None
            raise

    def dump(self, count: int) -> bytes:
        """The whole witness: ``count`` little-endian words of 32 bytes."""
        size = count * VALUE_BYTES
        self._reserve(size)
        with self._reporting():
            _of(wasmtime.Func, self._runtime["dump"])(self._store, count)
        return bytes(self._memory.read(self._store, _MESSAGE_BYTES, _MESSAGE_BYTES + size))

    @contextmanager
    def _reporting(self) -> Iterator[None]:
        """Turns a trap into the error that the program reported before it, if it did."""
        try:
            yield
        except wasmtime.Trap:
            code = int(_of(wasmtime.Global, self._runtime["halted"]).value(self._store))
            if code == 0:
                raise
            told = int(_of(wasmtime.Global, self._runtime["told"]).value(self._store))
            message = bytes(self._memory.read(self._store, 0, min(told, _MESSAGE_BYTES)))
            raise _Halt(code, message.decode("ascii", "replace")) from None

    def _reserve(self, size: int) -> None:
        """Makes room for ``size`` bytes behind the messages."""
        missing = -(-(size + _MESSAGE_BYTES) // _PAGE_BYTES) - self._memory.size(self._store)
        if size > self._memory_bytes:
            raise WitnessMemoryExceeded(self._memory_bytes)
        if missing > 0:
            try:
                self._memory.grow(self._store, missing)
            except wasmtime.WasmtimeError:
                raise WitnessMemoryExceeded(self._memory_bytes) from None

    def _check_field(self) -> None:
        if self.call("getVersion") != 2:
            raise WitnessProgramRejected("made by another version of circom than 2")
        if self.call("getFieldNumLen32") != _FIELD_LIMBS:
            raise WitnessProgramRejected("its field has another width than BN254's")
        self.call("getRawPrime")
        prime = sum(self.call("readSharedRWMemory", limb) << 32 * limb for limb in range(_FIELD_LIMBS))
        if prime != MODULUS:
            raise WitnessProgramRejected("its field is not the scalar field of BN254")


def _of(kind: type[_Extern], item: object) -> _Extern:
    """An export as what it is known to be: the program's are checked before it runs, the runtime is ours."""
    if not isinstance(item, kind):
        raise WitnessProgramRejected(f"exports no {kind.__name__} where there must be one")
    return item


def name_hash(name: str) -> int:
    """circom's hash of an input name: 64-bit FNV-1a."""
    digest = 0xCBF29CE484222325
    for byte in name.encode():
        digest = (digest ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return digest


def _signature(kind: object) -> _Signature | None:
    if not isinstance(kind, wasmtime.FuncType):
        return None
    return [str(t) for t in kind.params], [str(t) for t in kind.results]


def _i32(word: int) -> int:
    """The low 32 bits as the signed number that WebAssembly calls take."""
    word &= 0xFFFFFFFF
    return word - (1 << 32) if word >> 31 else word
