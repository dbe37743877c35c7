"""What an auditor asks of a deployment that runs.

ape run audit replay --network ethereum:sepolia:node
ape run audit replay --network ethereum:local:foundry
"""

from __future__ import annotations

import sys
from pathlib import Path

import ape
import click
from ape.cli import ConnectedProviderCommand

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from drive.market import Plan, drive  # noqa: E402
from zkpool_sdk.chain import Connection, Contracts, Deployment  # noqa: E402
from zkpool_sdk.chain.books import check_books  # noqa: E402
from zkpool_sdk.chain.deployments import DEVELOPMENT_CHAIN  # noqa: E402
from zkpool_sdk.errors import ZKPoolError  # noqa: E402
from zkpool_sdk.replay import Replay, replay  # noqa: E402


def replay_deployment(
    connection: Connection, deployment: Deployment, to_block: int | None = None, *, every_block: bool = True
) -> Replay:
    """Replays a deployment from its events, checks its books, and says what was found."""
    result = replay(connection, deployment, to_block, every_block=every_block)
    blocks = f"blocks {result.first_block} to {result.last_block}"
    click.echo(f"{blocks}: {result.transactions} transactions of {deployment.address_of('ProverMarket')}")
    for what, count in result.figures.items():
        click.echo(
            f"  {count:>8,}  {what} recomputed, all equal" if result.agrees else f"  {count:>8,}  {what}"
        )
    for difference in result.differences:
        click.echo(f"differs: {difference}")
    books = check_books(connection, deployment, result.last_block)
    click.echo(f"  {len(books.entries):>8,}  figures of the books, {len(books.differences)} off balance")
    for entry in books.differences:
        click.echo(
            f"differs: {entry.what} of {entry.account}: {entry.from_events_wei} from events, "
            f"{entry.on_chain_wei} on chain"
        )
    return result


@click.group()
def cli() -> None:
    """What an auditor asks of a deployment that runs."""


@cli.command(cls=ConnectedProviderCommand, name="replay")
@click.option("--record", type=click.Path(exists=True, path_type=Path), help="The deployment's record.")
@click.option("--to-block", type=int, help="Replay up to this block; by default the latest.")
@click.option("--last-state", is_flag=True, help="Compare state after the last block alone (any node can).")
@click.option("--rounds", default=3, show_default=True, help="On a local chain without a record: play these.")
@click.option("--seed", default=1, show_default=True, help="Of what is played there.")
def replay_command(
    record: Path | None, to_block: int | None, last_state: bool, rounds: int, seed: int
) -> None:
    """Recompute every price, split, rating and base fee of a deployment from its events.

    A deployment is found by its record. On a local chain without one it is made, and driven for some rounds.
    """
    # Not at the top: ape runs every script to list them, and warns of one that another has imported.
    from scripts.deploy import connect, deploy_zkpool, network_name, record_of, sdk_account

    connection = connect()
    try:
        if record is None and connection.chain_id == DEVELOPMENT_CHAIN:
            deployer = ape.accounts.test_accounts[0]
            deployment = deploy_zkpool(deployer)
            drive(Contracts(connection, deployment, sdk_account(deployer)), Plan(rounds, seed), click.echo)
        else:
            deployment = Deployment.load(record or record_of(network_name()), connection)
        result = replay_deployment(connection, deployment, to_block, every_block=not last_state)
    except ZKPoolError as error:
        raise click.ClickException(str(error)) from None
    books_balance = check_books(connection, deployment, result.last_block).balanced
    sys.exit(0 if result.agrees and books_balance else 1)
