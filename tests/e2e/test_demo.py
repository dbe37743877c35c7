"""The demo tells the truth, and leaves nothing behind."""

from __future__ import annotations

import io
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

from rich.console import Console

from demo.story import run_demo
from scripts.deploy import connect, deploy_zkpool, sdk_account

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 90.0


def test_demo__told_to_the_end__every_figure_holds(accounts: Any) -> None:
    told = io.StringIO()
    console = Console(file=told, width=132, highlight=False)
    run_demo(console, connect(), sdk_account(accounts[0]), lambda: deploy_zkpool(accounts[0], network="demo"))
    text = told.getvalue()
    assert "7.50 = 7.49 + 0.01" in text  # a price as next bid and base fee
    assert text.count("verified on chain") == 4
    assert "the pool's operator backs the rollup queue" in text
    assert "slashed 1.6000 ZK (5 % of its stake)" in text
    assert re.search(r"after 3 idle days: 40\.0000 ▸ 39\.\d+ ZK", text)
    assert "splits into 6.00 prover, 0.75 delegators, 0.75 treasury" in text
    assert "all equal the chain to the wei" in text


def test_demo__interrupted_on_a_busy_port__stops_its_chain(tmp_path: Path) -> None:
    with socket.socket() as busy:
        busy.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        process = subprocess.Popen(
            [ROOT / ".venv/bin/ape", "run", "demo"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            text=True,
            env={**os.environ, "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"},
        )
        try:
            assert process.stdout is not None
            give_up = time.monotonic() + START_SECONDS
            seen = ""
            while "deploy, and who takes part" not in seen:
                assert time.monotonic() < give_up, seen
                assert process.poll() is None, seen
                seen += process.stdout.readline()
            chains = _children(process.pid)
            assert chains, "the demo's chain is its child"
            os.kill(process.pid, signal.SIGINT)
            rest, _ = process.communicate(timeout=START_SECONDS)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 130, seen + rest
    assert "nothing is left behind" in rest
    assert not [pid for pid in chains if Path(f"/proc/{pid}/cmdline").exists() and _runs(pid)]


def _children(parent: int) -> list[int]:
    """Process ids of a process's children, as the kernel lists them."""
    return [
        int(pid)
        for task in Path(f"/proc/{parent}/task").iterdir()
        for pid in (task / "children").read_text().split()
    ]


def _runs(pid: int) -> bool:
    """Whether a process still runs; one that has ended and waits to be reaped does not."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
