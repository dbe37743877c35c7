"""The project's anvil: one process, whose end is the end of the chain."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

ANVIL = Path(__file__).resolve().parents[2] / "toolchain" / "bin" / "anvil"


def ask(port: int, method: str) -> str:
    """One JSON-RPC call without parameters."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": []}).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        result: str = json.load(answer)["result"]
    return result


def wait_for_chain(port: int) -> str:
    """The chain id, once the chain answers."""
    for _ in range(100):
        try:
            return ask(port, "eth_chainId")
        except OSError:
            time.sleep(0.1)
    raise AssertionError("anvil did not start")


def test_anvil__writes_nothing_to_home(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # Past states go to disk once a chain is longer than what is kept in memory.
    flags = "--silent --max-persisted-states 50"
    env = {**os.environ, "HOME": str(tmp_path), "ZKPOOL_ANVIL_FLAGS": flags}
    process = subprocess.Popen([str(ANVIL), "--port", str(port)], env=env, stdout=subprocess.DEVNULL)
    try:
        wait_for_chain(port)
        for _ in range(600):
            ask(port, "evm_mine")
    finally:
        process.terminate()
        process.wait(timeout=20)
    assert list(tmp_path.iterdir()) == []


def test_anvil__takes_extra_flags_and_leaves_no_orphan() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {**os.environ, "ZKPOOL_ANVIL_FLAGS": "--chain-id 4242 --silent"}
    process = subprocess.Popen([str(ANVIL), "--port", str(port)], env=env, stdout=subprocess.DEVNULL)
    try:
        assert wait_for_chain(port) == hex(4242)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)
    with socket.socket() as free:
        assert free.connect_ex(("127.0.0.1", port)) != 0


def test_anvil__one_that_was_killed_leaves_nothing_for_the_disk_to_fill_with() -> None:
    # Each run of the tests left a gigabyte once: states of a killed process stayed for a day.
    env = {**os.environ, "ZKPOOL_ANVIL_FLAGS": "--silent"}
    states = ANVIL.parents[2] / "build" / "anvil"

    def run(stop: signal.Signals) -> Path:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        process = subprocess.Popen([str(ANVIL), "--port", str(port)], env=env, stdout=subprocess.DEVNULL)
        try:
            wait_for_chain(port)
            assert (states / str(process.pid)).is_dir()
        finally:
            process.send_signal(stop)
            process.wait(timeout=20)
        return states / str(process.pid)

    killed = run(signal.SIGKILL)
    assert killed.is_dir()
    run(signal.SIGTERM)
    assert not killed.exists()
