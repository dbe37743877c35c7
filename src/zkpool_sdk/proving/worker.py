"""The worker: a process that makes one proof at a time for the executor that started it.

Started as ``python -m zkpool_sdk.proving.worker <descriptor> <parent>``. It lives as long as the other end of
the descriptor: when that closes, or the parent dies, it ends at once.
"""

from __future__ import annotations

import ctypes
import os
import queue
import resource
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from functools import cache
from importlib import import_module
from typing import Any, Final

from zkpool_sdk.proving import wire
from zkpool_sdk.proving.jobs import LOAD, Job, Limits, ProofResult
from zkpool_sdk.proving.system import ProvingSystem
from zkpool_sdk.proving.witness import WitnessCalculator, public_signals

WITNESS_SHARE: Final = 0.15
"""Part of the progress that the witness gets."""
PROOF_SHARE: Final = 0.84
"""Part of the progress that the proof gets; the last hundredth comes when the caller has it."""

_MAX_JOB_BYTES: Final = 1 << 31
_RECEIVE_BYTES: Final = 1 << 20
_DIE_WITH_PARENT: Final = 1  # PR_SET_PDEATHSIG
_OUT_OF_MEMORY_SCORE: Final = 500
"""When the machine's memory runs out, workers go before the process that holds the accounts."""

_Calculators = dict[tuple[str, Limits], WitnessCalculator]


class _Cancelled(Exception):
    """The executor gave the job up."""


class Worker:
    """Runs the jobs that come through a socket, and answers there."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._sending = threading.Lock()
        self._jobs: queue.SimpleQueue[wire.Message] = queue.SimpleQueue()
        self._cancelled: set[int] = set()
        self._calculators: dict[str, _Calculators] = {}

    def run(self) -> None:
        """Works until the process ends."""
        threading.Thread(target=self._listen, name="zkpool-listen", daemon=True).start()
        while True:
            message = self._jobs.get()
            self._send(self._reply(message["number"], wire.job_of(message["job"])))
            del message  # its inputs are secrets: none stay while the worker is idle

    def _reply(self, number: int, job: Job) -> wire.Message:
        reply: wire.Message = {"number": number, "key_bytes": 0}
        try:
            system = _system(job.system)
            try:
                reply["made"] = wire.result_message(self._make(number, job, system))
            finally:
                reply["key_bytes"] = system.key_bytes(job.circuit)
        except _Cancelled:
            reply["cancelled"] = True
        except Exception as error:
            reply["refused"] = wire.error_message(job.circuit.name, error)
        return reply

    def _listen(self) -> None:
        frames = wire.Frames(_MAX_JOB_BYTES)
        try:
            while data := self._channel.recv(_RECEIVE_BYTES):
                for message in frames.feed(data):
                    if "job" in message:
                        self._jobs.put(message)
                    elif "cancel" in message:
                        self._cancelled.add(message["cancel"])
                    else:
                        self._unload(message["unload"], message["system"])
        finally:
            os._exit(0)  # the executor is gone: nobody waits for what is being computed

    def _send(self, message: wire.Message) -> None:
        try:
            with self._sending:
                self._channel.sendall(wire.frame(message))
        except OSError:
            os._exit(0)

    def _unload(self, circuit: wire.Message, system: str) -> None:
        leaving = wire.circuit_of(circuit)
        _system(system).unload(leaving)
        self._calculators.pop(leaving.key_sha256, None)

    def _make(self, number: int, job: Job, system: ProvingSystem) -> ProofResult:
        circuit = job.circuit

        def report(stage: str, part: float) -> None:
            if number in self._cancelled:
                raise _Cancelled
            self._send({"number": number, "stage": stage, "part": part})

        started = time.perf_counter()
        if not system.key_bytes(circuit):
            report(LOAD, 0.0)
            system.load(circuit, threads=job.threads)
        calculator = self._calculator(job)
        ready = time.perf_counter()
        load_seconds = ready - started
        if job.inputs is None:
            return _ready(job, load_seconds, system.key_bytes(circuit))
        report("witness", 0.0)
        witness = calculator.calculate(job.inputs)
        witnessed = time.perf_counter()
        found = public_signals(witness, len(circuit.signal_names))
        circuit.check_signals(found, job.prover, job.statement)
        report("witness", WITNESS_SHARE)
        proof = system.prove(
            circuit,
            witness,
            threads=job.threads,
            seed=job.seed,
            on_progress=lambda stage, part: report(stage, WITNESS_SHARE + part * PROOF_SHARE),
        )
        return ProofResult(
            circuit=circuit.name,
            system=proof.system,
            signals=proof.signals,
            proof_bytes=system.encode(proof),
            witness_seconds=witnessed - ready,
            prove_seconds=time.perf_counter() - witnessed,
            load_seconds=load_seconds,
            key_bytes=system.key_bytes(circuit),
        )

    def _calculator(self, job: Job) -> WitnessCalculator:
        circuit, limits = job.circuit, job.limits
        known = self._calculators.setdefault(circuit.key_sha256, {})
        bounds = Limits(
            witness_seconds=limits.witness_seconds, witness_memory_bytes=limits.witness_memory_bytes
        )
        name = (str(circuit.program), bounds)
        if name not in known:
            known[name] = WitnessCalculator(
                circuit.program,
                input_sizes=circuit.input_sizes,
                memory_bytes=limits.witness_memory_bytes,
                seconds=limits.witness_seconds,
            )
        return known[name]


def _ready(job: Job, load_seconds: float, key_bytes: int) -> ProofResult:
    return ProofResult(
        circuit=job.circuit.name,
        system=job.circuit.system,
        signals=(),
        proof_bytes=b"",
        witness_seconds=0.0,
        prove_seconds=0.0,
        load_seconds=load_seconds,
        key_bytes=key_bytes,
    )


@cache
def _system(name: str) -> ProvingSystem:
    """This process's instance of a proving system, by ``module:name``."""
    module, _, qualified = name.partition(":")
    found: Any = import_module(module)
    for part in qualified.split("."):
        found = getattr(found, part)
    system: ProvingSystem = found()
    return system


def _die_with(parent: int) -> None:
    """Ends this process when its parent does, whatever it is doing then."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        with suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as score:
            score.write(str(_OUT_OF_MEMORY_SCORE))
    if os.getppid() != parent:
        os._exit(0)


def main() -> None:
    """Entry of the process."""
    descriptor, parent = map(int, sys.argv[1:])
    _die_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then ends this process
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold the witness
    Worker(socket.socket(fileno=descriptor)).run()


if __name__ == "__main__":
    main()
