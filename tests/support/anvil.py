"""A local chain of the test's own, for tests that do without ape."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from eth_account import Account as EthAccount

from zkpool_sdk.chain import LocalSigner

ROOT = Path(__file__).resolve().parents[2]
MNEMONIC = "test test test test test test test test test test test junk"


@contextmanager
def anvil(*flags: str) -> Iterator[str]:
    """Runs anvil on a free port; gives its address, and stops it by its process id."""
    command = [str(ROOT / "toolchain" / "bin" / "anvil"), "--port", "0", "--host", "127.0.0.1", *flags]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if line.startswith("Listening on "):
                break
        else:
            raise RuntimeError("anvil did not start:\n" + "".join(said))
        # Nobody reads on; a full pipe would stop the chain.
        threading.Thread(target=lambda: list(process.stdout or ()), daemon=True).start()
        yield "http://" + line.removeprefix("Listening on ").strip()
    finally:
        process.terminate()
        process.wait(timeout=20)


def rich_signer(number: int) -> LocalSigner:
    """One of the accounts to which anvil gives 10,000 ether."""
    EthAccount.enable_unaudited_hdwallet_features()
    return LocalSigner(EthAccount.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{number}"))
