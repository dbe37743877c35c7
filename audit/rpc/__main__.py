"""``python -m audit.rpc``: an anvil's command line over the in-process engine."""

from __future__ import annotations

import argparse
import asyncio
import time

from eth_account.hdaccount import seed_from_mnemonic
from eth_account.hdaccount.deterministic import HDPath
from eth_keys.datatypes import PrivateKey

from audit.recording.recorder import RecordedEvm, engine
from audit.rpc.methods import VERSION, Methods
from audit.rpc.node import Node
from audit.rpc.server import serve

MNEMONIC = "test test test test test test test test test test test junk"
ETHER = 10**18
CREATE2_DEPLOYER = bytes.fromhex("4e59b44847b379578588920ca78fbf26c0b4956c")
"""The keyless deployer that every anvil has from its first block."""
CREATE2_DEPLOYER_CODE = bytes.fromhex(
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f5"
    "8015156039578182fd5b8082525050506014600cf3"
)


def main() -> None:
    """Runs a chain until it is stopped."""
    given = arguments()
    at = int(time.time()) if given.timestamp is None else given.timestamp
    evm = engine(given.chain_id, at)
    accounts = addresses(given.mnemonic, given.derivation_path, given.accounts)
    for account in accounts:
        evm.set_balance(account, given.balance * ETHER)
    evm.set_code(CREATE2_DEPLOYER, CREATE2_DEPLOYER_CODE)
    evm.set_nonce(CREATE2_DEPLOYER, 1)
    node = Node(evm, automine=not given.no_mining)
    node.clock.offset = at - int(time.time())
    asyncio.run(serve(Methods(node, accounts), given.host, given.port))
    if isinstance(evm, RecordedEvm):
        evm.finish()


def arguments() -> argparse.Namespace:
    """The flags of anvil that this project uses; any other is an error."""
    parser = argparse.ArgumentParser(prog="anvil", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=VERSION)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8545)
    parser.add_argument("--chain-id", type=int, default=31_337)
    parser.add_argument("--timestamp", type=int)
    parser.add_argument("--accounts", type=int, default=10)
    parser.add_argument("--mnemonic", default=MNEMONIC)
    parser.add_argument("--derivation-path", default="m/44'/60'/0'/0/")
    parser.add_argument("--balance", type=int, default=10_000, help="of each account, in ether")
    parser.add_argument("--no-mining", action="store_true")
    parser.add_argument("--hardfork", choices=["prague"], default="prague")
    parser.add_argument("--order", choices=["fifo", "fees"], help="alike where gas costs nothing")
    for free in ("--base-fee", "--block-base-fee-per-gas", "--gas-price"):
        parser.add_argument(free, type=int, choices=[0], default=0)
    for ignored in ("--steps-tracing", "--auto-impersonate", "--no-request-size-limit", "--silent"):
        parser.add_argument(ignored, action="store_true")
    return parser.parse_args()


def addresses(mnemonic: str, path: str, count: int) -> list[bytes]:
    """The accounts that the chain begins with."""
    seed = seed_from_mnemonic(mnemonic, "")
    base = path.rstrip("/").removesuffix("/{}")
    found = (HDPath(f"{base}/{number}").derive(seed) for number in range(count))
    return [PrivateKey(key).public_key.to_canonical_address() for key in found]


if __name__ == "__main__":
    main()
