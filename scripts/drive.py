"""Drive a deployed market: a seeded population of all roles for some rounds, with real proofs.

ape run drive --network ethereum:local:foundry --rounds 6
ape run drive --network ethereum:sepolia:node --account deployer --rounds 2
"""

from __future__ import annotations

import sys
from pathlib import Path

import click
from ape.api import AccountAPI
from ape.cli import ConnectedProviderCommand, account_option

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from drive.market import Outcome, Plan, drive  # noqa: E402
from zkpool_sdk.chain import Contracts, Deployment  # noqa: E402
from zkpool_sdk.chain.deployments import DEVELOPMENT_CHAIN  # noqa: E402
from zkpool_sdk.errors import ZKPoolError  # noqa: E402
from zkpool_sdk.units import zk  # noqa: E402


def drive_market(account: AccountAPI, plan: Plan, record: Path | None = None) -> Outcome:
    """Drives the deployment of the chain ape is connected to.

    Args:
        account: holds tokens and ether; pays for everybody.
        plan: who and how long.
        record: the deployment's record; by default the network's. Without one, a local chain gets one.
    """
    # Not at the top: ape runs every script to list them, and warns of one that another has imported.
    from scripts.deploy import deploy_zkpool, network_name, record_of, sdk_account

    treasurer = sdk_account(account)
    connection = treasurer.connection
    if record is None and connection.chain_id == DEVELOPMENT_CHAIN:
        deployment = deploy_zkpool(account)
        click.echo(f"deployed {len(deployment.contracts)} contracts")
    else:
        deployment = Deployment.load(record or record_of(network_name()), connection)
    return drive(Contracts(connection, deployment, treasurer), plan, click.echo)


@click.command(cls=ConnectedProviderCommand)
@account_option()
@click.option(
    "--rounds", default=6, show_default=True, help="Rounds to play; each takes 300 s on a live chain."
)
@click.option("--seed", default=1, show_default=True, help="Of every choice.")
@click.option("--provers", default=6, show_default=True)
@click.option("--requesters", default=4, show_default=True)
@click.option("--ether", default="0.1", show_default=True, help="Ether each account gets for gas.")
@click.option("--record", type=click.Path(exists=True, path_type=Path), help="The deployment's record.")
@click.option("--keys", type=click.Path(path_type=Path), help="Keeps the population's keys (mode 0600).")
def cli(
    account: AccountAPI,
    rounds: int,
    seed: int,
    provers: int,
    requesters: int,
    ether: str,
    record: Path | None,
    keys: Path | None,
) -> None:
    """Drive a deployed market with a seeded population, and check its books."""
    from scripts.deploy import network_name, record_of

    if keys is None and network_name() != "local":
        keys = record_of(network_name()).with_suffix(".keys")
    plan = Plan(rounds, seed, provers, requesters, int(zk(ether)), keys)
    try:
        outcome = drive_market(account, plan, record)
    except ZKPoolError as error:
        raise click.ClickException(str(error)) from None
    sys.exit(0 if outcome.books.balanced else 1)
