"""Workers and the process they work for: none outlives it, and its forks and interrupts do no harm."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from tests.proving.native_material import ROOT
from tests.proving.processes import PATIENCE, runs, until

Start = Callable[[str], tuple[subprocess.Popen[str], int]]

PARENT = """
import os, signal, sys, time, warnings
warnings.simplefilter("ignore")
from tests.proving.faulty_system import FaultySystem
from zkpool_sdk.proving import Circuits, LocalExecutor, Ump
import json
circuit = Circuits("build/circuits")["semaphore"]
ump = Ump(LocalExecutor(cores=1), systems=[FaultySystem()])
ump.serve(1, circuit)
inputs = json.loads(circuit.sample_input.read_text())
handle = ump.submit(1, inputs, 1, seed=b"hang")
while handle.progress[0] != "begun":
    time.sleep(0.01)
print(ump.executor.workers[0].pid, flush=True)
"""


@pytest.fixture
def parent() -> Iterator[Start]:
    """Starts a program with a job in mid-proof, in a process group of its own; returns it and its worker."""
    started: list[subprocess.Popen[str]] = []

    def start(ending: str) -> tuple[subprocess.Popen[str], int]:
        program = subprocess.Popen(
            [sys.executable, "-c", PARENT + ending],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        )
        started.append(program)
        assert program.stdout is not None
        line = program.stdout.readline()
        assert line, program.communicate()[1]
        return program, int(line)

    yield start
    for program in started:
        if program.poll() is None:
            program.kill()
        program.communicate()


def test_parent__killed__leaves_no_orphan(parent: Start) -> None:
    program, worker = parent("time.sleep(60)")
    assert runs(worker)
    program.kill()
    program.wait()
    until(lambda: not runs(worker), 5)


def test_parent__ends_without_closing__leaves_no_orphan(
    parent: Start,
) -> None:
    program, worker = parent("")
    assert program.wait(PATIENCE) == 0
    assert not runs(worker)


def test_parent__interrupted_by_ctrl_c__ends_with_its_workers(
    parent: Start,
) -> None:
    program, worker = parent("handle.result()")
    time.sleep(0.2)
    os.killpg(program.pid, signal.SIGINT)
    _, told = program.communicate(timeout=PATIENCE)
    assert program.returncode != 0
    assert told.splitlines()[-1] == "KeyboardInterrupt"
    assert told.count("Traceback") == 1  # the worker does not add its own
    assert not runs(worker)


FORKED = """
forked = os.fork()
if forked == 0:
    try:
        ump.submit(1, inputs, 1)
    except Exception as error:
        print(type(error).__name__, flush=True)
    else:
        print("accepted", flush=True)
    ump.close()
    time.sleep(float(sys.argv[1]) if len(sys.argv) > 1 else 0)
    sys.exit(0)
"""


def test_fork__of_the_parent__is_refused_and_does_no_harm(
    parent: Start,
) -> None:
    ending = (
        FORKED + "os.waitpid(forked, 0); handle.cancel(); print(len(ump.prove(1, inputs, 1).proof_bytes))"
    )
    program, _ = parent(ending)
    assert program.stdout is not None
    assert program.stdout.read().split() == ["ExecutorClosed", "256"]


def test_fork__that_outlives_the_parent__keeps_no_worker_alive(
    parent: Start,
) -> None:
    program, worker = parent(FORKED.replace("float(sys.argv[1]) if len(sys.argv) > 1 else 0", "30"))
    assert program.stdout is not None
    assert program.stdout.readline().strip() == "ExecutorClosed"
    program.kill()
    program.wait()
    until(lambda: not runs(worker), 5)
    os.killpg(program.pid, signal.SIGKILL)  # the fork
