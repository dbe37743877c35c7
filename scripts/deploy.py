"""Deploy ZKPool and record where; run again, it goes on where it stopped.

ape run deploy --network ethereum:local:foundry
ape run deploy --network ethereum:sepolia:node --account deployer --parameters sepolia.toml
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ape
import click
from ape.api import AccountAPI
from ape.cli import ConnectedProviderCommand, account_option

from zkpool_sdk.chain import Account, Connection, Deployment, FeePolicy, LocalSigner, Parameters, Signer
from zkpool_sdk.chain.abi import CONTRACTS
from zkpool_sdk.chain.deploy import deploy
from zkpool_sdk.chain.errors import CannotSign
from zkpool_sdk.errors import ZKPoolError
from zkpool_sdk.models import Address

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "deployments"


class ApeSigner:
    """An account kept by ape (keyfile, hardware wallet), which signs in its own way."""

    def __init__(self, account: AccountAPI) -> None:
        self._account = account

    @property
    def address(self) -> Address:
        """The account, checksummed."""
        return Address(str(self._account.address))

    def sign_transaction(self, transaction: Mapping[str, Any]) -> bytes | None:
        """The signed transaction, raw."""
        ecosystem = ape.networks.active_provider.network.ecosystem
        unsigned = ecosystem.create_transaction(
            sender=self.address,
            type=2,
            chainId=int(transaction["chainId"], 16),
            nonce=int(transaction["nonce"], 16),
            gas=int(transaction["gas"], 16),
            value=int(transaction["value"], 16),
            data=bytes.fromhex(transaction["data"][2:]),
            maxFeePerGas=int(transaction["maxFeePerGas"], 16),
            maxPriorityFeePerGas=int(transaction["maxPriorityFeePerGas"], 16),
            **({"to": transaction["to"]} if "to" in transaction else {}),
        )
        signed = self._account.sign_transaction(unsigned)
        if signed is None:
            raise CannotSign(self.address, "this transaction: it was declined")
        return bytes(signed.serialize_transaction())

    def sign_typed_data(self, message: Mapping[str, Any]) -> tuple[int, bytes, bytes]:
        """Nothing: ape's accounts are asked for transactions only."""
        raise CannotSign(self.address, "messages")


def connect() -> Connection:
    """The SDK's connection to the node ape is connected to."""
    provider = ape.networks.active_provider
    return Connection(str(getattr(provider, "http_uri", None) or provider.uri), provider.chain_id)


def sdk_account(account: AccountAPI, connection: Connection | None = None) -> Account:
    """An ape account as the SDK's sender; waits 10 minutes for a transaction on a live chain."""
    key = getattr(account, "private_key", None)
    signer: Signer = LocalSigner.from_key(str(key), "ape") if key else ApeSigner(account)
    return Account(connection or connect(), signer, FeePolicy(timeout_seconds=600.0))


def creation_code() -> dict[str, bytes]:
    """Creation code of the contracts as compiled now."""
    ape.project.load_contracts()
    code = {}
    for name in CONTRACTS:
        compiled = ape.project.get_contract(name).contract_type.deployment_bytecode
        code[name] = bytes.fromhex(compiled.bytecode.removeprefix("0x"))
    return code


def record_of(network: str) -> Path:
    """The file a network's deployment is recorded in."""
    return FOLDER / f"{network}.json"


def deploy_zkpool(
    account: AccountAPI,
    parameters: Parameters | None = None,
    *,
    network: str = "local",
    path: Path | None = None,
    report: Any = None,
) -> Deployment:
    """Deploys ZKPool from an ape account to the chain ape is connected to; see ``zkpool_sdk.chain.deploy``.

    Args:
        account: the deployer.
        parameters: what to configure.
        network: name of the record.
        path: where to record; ``None`` records nothing.
        report: told each step, one line each.
    """
    sender = sdk_account(account)
    return deploy(sender, creation_code(), parameters, network=network, path=path, report=report)


def read_parameters(file: Path) -> Parameters:
    """Parameters from a TOML file; its keys are the fields of ``Parameters``."""
    return Parameters.from_mapping(tomllib.loads(file.read_text(encoding="utf-8")), str(file))


def network_name() -> str:
    """The name of the network ape is connected to, such as ``sepolia``."""
    return str(ape.networks.active_provider.network.name).removesuffix("-fork")


@click.command(cls=ConnectedProviderCommand)
@account_option()
@click.option("--parameters", "file", type=click.Path(exists=True, path_type=Path), help="A TOML file.")
@click.option("--record", type=click.Path(path_type=Path), help="By default deployments/<network>.json.")
def cli(account: AccountAPI, file: Path | None, record: Path | None) -> None:
    """Deploy ZKPool and record where. Run again, it goes on where it stopped."""
    network = network_name()
    path = record or record_of(network)
    try:
        deployment = deploy_zkpool(
            account,
            read_parameters(file) if file else None,
            network=network,
            path=path,
            report=click.echo,
        )
    except ZKPoolError as error:
        raise click.ClickException(str(error)) from None
    shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    click.echo(f"\nZKPool on chain {deployment.chain_id}, recorded in {shown}")
    for contract, one in deployment.contracts.items():
        click.echo(f"  {contract:<16} {one.address}")
