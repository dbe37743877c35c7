"""Part "replay": recorded lives of a deployment, done again on the model from their events.

Figures: ``stories``, one for each recorded life: ``name``, ``blocks``, ``transactions``, ``figures`` (what
was recomputed and found equal, by kind), ``acts`` (how often each was played), ``events`` (recomputed, by
name), ``books`` (figures that balance to the wei), ``differences``. ``altered`` and ``noticed``: outcomes in
the events changed by one on purpose, and how many of them the replay noticed at their transaction.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from audit.result import ROOT, Finding, Options, PartResult, Status, ToolMissing
from drive.market import Plan, drive
from tests.sdk.lived_market import live
from tests.support.anvil import anvil, rich_signer
from zkpool_sdk.chain import Account, Connection, Contracts
from zkpool_sdk.chain.abi import EXPORTED
from zkpool_sdk.chain.books import check_books
from zkpool_sdk.chain.deploy import deploy
from zkpool_sdk.chain.history import read_history
from zkpool_sdk.replay import Replay, replay
from zkpool_sdk.replay.tamper import alterations

COMPILED: Final = ROOT / ".build" / "__local__.json"
CHAIN_ID: Final = 31337
Story = Callable[[Contracts], object]


def run(options: Options) -> PartResult:
    """Lives on a chain of their own, each replayed; then its events are altered."""
    if not COMPILED.exists():
        raise ToolMissing("the compiled contracts", "run `make build`")
    stories: dict[str, Story] = {"everything that moves money, once": live}
    for number in range(options.choose(0, 1, 4)):
        rounds, seed = options.choose(0, 6, 24), options.seed + number
        name = f"{rounds} rounds of a driven population, seed {seed}"
        stories[name] = partial(_driven, Plan(rounds=rounds, seed=seed))
    figures: dict[str, Any] = {"stories": [], "altered": 0, "noticed": 0}
    findings: list[Finding] = []
    for name, story in stories.items():
        told, differences = _replayed(name, story, options, figures)
        figures["stories"].append(told)
        findings += [Finding(difference, name, Status.OPEN) for difference in differences]
    agreed = [sum(story["figures"][kind] for story in figures["stories"]) for kind in ("events", "states")]
    summary = (
        f"{agreed[0]:,} events and {agreed[1]:,} states equal the model's; "
        f"{figures['noticed']} of {figures['altered']} altered figures noticed"
    )
    passed = not findings and figures["noticed"] == figures["altered"] > 0
    return PartResult("replay", options.profile, options.seed, passed, summary, figures, tuple(findings))


def _driven(plan: Plan, contracts: Contracts) -> None:
    drive(contracts, plan, lambda line: print(f"  {line}", flush=True))


def _replayed(
    name: str, story: Story, options: Options, figures: dict[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """Lives a story and replays it; counts in ``figures`` what was altered and noticed."""
    with anvil() as url:
        connection = Connection(url, CHAIN_ID)
        deployer = Account(connection, rich_signer(0))
        deployment = deploy(deployer, _creation_code())
        story(Contracts(connection, deployment, deployer))
        result = replay(connection, deployment)
        books = check_books(connection, deployment)
        print(f"{name}: {result.transactions} transactions, {result.readings} states", flush=True)
        history = read_history(connection, deployment)
        for index, altered in alterations(history, deployment, options.seed, options.choose(20, 200, 1_000)):
            tampered = [*history[:index], altered, *history[index + 1 :]]
            again = replay(connection, deployment, every_block=False, history=tampered)
            noticed = not again.agrees and again.differences[0].transaction == altered.at.transaction
            figures["altered"] += 1
            figures["noticed"] += noticed
            if not noticed:
                print(f"not noticed: {altered}", flush=True)
    differences = [str(one) for one in result.differences]
    differences += [f"{entry.what} of {entry.account} does not balance" for entry in books.differences]
    return _told(name, result, len(books.entries), differences), differences


def _told(name: str, result: Replay, book_entries: int, differences: list[str]) -> dict[str, Any]:
    return {
        "name": name,
        "blocks": result.last_block - result.first_block + 1,
        "transactions": result.transactions,
        "figures": result.figures,
        "acts": result.acts,
        "events": dict(result.recomputed),
        "books": book_entries,
        "differences": differences,
    }


def _creation_code() -> dict[str, bytes]:
    """The contracts as ape has compiled them."""
    compiled = json.loads(COMPILED.read_text(encoding="utf-8"))["contractTypes"]
    return {
        name: bytes.fromhex(compiled[name]["deploymentBytecode"]["bytecode"].removeprefix("0x"))
        for name in EXPORTED
    }
