"""Run a whole market on a chain of its own: auction, real proofs, a slash, payouts, and the books to the wei.

ape run demo
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import ape
import click
from ape.logging import logger
from rich.console import Console

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from demo.story import FigureWrong, run_demo


@click.command()
def cli() -> None:
    """Run a whole market on a chain of its own, with real proofs."""
    # Not at the top: ape runs every script to list them, and warns of one that another has imported.
    from scripts.deploy import connect, deploy_zkpool, sdk_account

    logger.set_level("WARNING")  # the story says what happens
    console = Console(width=None if sys.stdout.isatty() else 132, no_color="NO_COLOR" in os.environ)
    console.print(
        "[bold]ZKPool demo[/] · everything runs on this machine; Ctrl-C stops it and cleans up",
        highlight=False,
    )
    settings = {"host": "auto"}  # a free port, whatever else runs here
    try:
        with ape.networks.ethereum.local.use_provider("foundry", provider_settings=settings):
            deployer = ape.accounts.test_accounts[0]
            run_demo(
                console,
                connect(),
                sdk_account(deployer),
                lambda: deploy_zkpool(deployer, network="demo"),
            )
    except FigureWrong as error:
        raise click.ClickException(str(error)) from None
    except (KeyboardInterrupt, SystemExit):  # ape turns Ctrl-C into an exit
        console.print("\nStopped: the chain is gone, nothing is left behind.")
        raise SystemExit(130) from None
