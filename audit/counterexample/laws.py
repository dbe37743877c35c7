"""The numbered invariants, as docs/INVARIANTS.md states them, asked of the state that a chain is in."""

from __future__ import annotations

import pickle
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from audit.counterexample.differences import Compared
from tests.stateful.lockstep import Lockstep, live
from tests.stateful.machine import MarketMachine
from zkpool_sdk.models import TaskStatus

ROOT: Final = Path(__file__).resolve().parents[2]
DOCUMENT: Final = ROOT / "docs" / "INVARIANTS.md"
ROW: Final = re.compile(r"^\| *(\d+[a-z]?) *\|(.*)\|\s*$", re.MULTILINE)
LAW_NAME: Final = re.compile(r"^i0*(\d+[a-z]?)_(.+)$")
TOKENS: Final = ("ZKToken", "HookToken")
AGREEMENT: Final = "41"
"""Model and contracts agree: what every divergence breaks."""


@dataclass(frozen=True, slots=True)
class Law:
    """An invariant: its number, the name of its check, its formula, and what it says now."""

    number: str
    name: str
    formula: str
    says: str = ""

    def __str__(self) -> str:
        says = f" ({self.says})" if self.says else ""
        return f"invariant {self.number}, {self.name}: {self.formula}{says}"


@cache
def formulas() -> dict[str, str]:
    """The law of each number, from the tables of docs/INVARIANTS.md."""
    rows = ROW.findall(DOCUMENT.read_text(encoding="utf-8"))
    return {number: cells.rsplit(" | ", 1)[0].strip().replace(" | ", "; ") for number, cells in rows}


def agreement() -> Law:
    """Invariant 41."""
    return Law(AGREEMENT, "model and contracts agree bit for bit", formulas().get(AGREEMENT, ""))


def named(name: str, says: str = "") -> Law:
    """The invariant that a check of the machine is about."""
    match = LAW_NAME.match(name)
    number, words = match.groups() if match else ("", name)
    return Law(number, words.replace("__", ", ").replace("_", " "), formulas().get(number, ""), says)


def broken_on_chain(step: Lockstep, compared: Iterable[Compared]) -> list[Law]:
    """The invariants that hold on the model at the end of a life, but not on what the chain holds."""
    step.listen_no_more()
    theirs: Any = pickle.loads(pickle.dumps(step.market))
    for seen in compared:
        _put(theirs, seen)
    kept = _failing(step, step.market)
    return [law for name, law in _failing(step, theirs).items() if name not in kept]


def _failing(step: Lockstep, market: Any) -> dict[str, Law]:
    """The laws that a state breaks."""
    life = MarketMachine()
    life.begin(step.world)
    life.accepted = set(live(step.market.tasks, TaskStatus.PROVEN))
    life.donated = Counter(_donations(step))
    life.step.listen_no_more()
    life.step.market, life.step.now = market, step.now
    found = {}
    for law in life.invariants:
        try:
            law.function(life)
        except AssertionError as failure:
            found[law.function.__name__] = named(law.function.__name__, str(failure).partition("\n")[0])
        except Exception:  # a state that the law cannot even read is told by what differs
            continue
    return found


def _donations(step: Lockstep) -> Counter[str]:
    by_address = {getattr(step.world.at, name).address: name for name in ("market", "vault", "splitter")}
    given: Counter[str] = Counter()
    for act in step.acts:
        if act.verb == "donate" and act.refusal is None and act.arguments[0] in by_address:
            given[by_address[act.arguments[0]]] += act.arguments[1]
    return given


def _put(market: Any, seen: Compared) -> None:
    """Puts what the chain says into the place where a model keeps it."""
    places: dict[tuple[str, str], Any] = {
        ("ProverMarket", "taskOf"): market.tasks,
        ("ProverMarket", "rescueOf"): market.rescues,
        ("ProverMarket", "roundOf"): market.rounds,
        ("ProverMarket", "bookWords"): market.books,
        ("ProverMarket", "creditOf"): market.credits,
        ("StakeVault", "stakeOf"): market.vault.stakes,
        ("RewardSplitter", "earningOf"): market.splitter.earnings,
        ("ProverRegistry", "seatsOf"): market.provers.seats,
        ("ProverRegistry", "proverOf"): market.provers.provers,
    }
    place = places.get((seen.contract, seen.function))
    if seen.function == "balanceOf" and seen.contract in TOKENS:
        place = market.token.balances
    if seen.function == "poolEarning":
        market.splitter.pool = seen.chain
    elif place is not None and seen.chain != seen.model:
        if seen.chain:
            place[seen.arguments[0]] = seen.chain
        else:
            place.pop(seen.arguments[0], None)
