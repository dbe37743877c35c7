"""A counterexample as it is told and written down."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from audit.counterexample import life, script, solidity
from audit.counterexample.differences import Difference, compare, differences
from audit.counterexample.laws import Law, agreement, broken_on_chain
from audit.counterexample.naming import Names
from audit.counterexample.stage import Stage
from tests.stateful.events import Log, written
from tests.stateful.lockstep import Act, Divergence, Lockstep
from tests.stateful.world import World

ROOT: Final = Path(__file__).resolve().parents[2]
FOLDER: Final = ROOT / "build" / "audit" / "counterexamples"
SHOWN: Final = 40
"""Differences that are told; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Counterexample:
    """The shortest life found in which the contracts do otherwise than the model.

    Attributes:
        what: how it shows. laws: the invariants it breaks, 41 (agreement) last. sentences: the acts in words.
        more, fewer: logs of the last act that only the chain, or only the model, knows.
    """

    what: str
    seed: str
    names: Names
    step: Lockstep
    acts: tuple[Act, ...]
    sentences: tuple[str, ...]
    laws: tuple[Law, ...]
    differences: tuple[Difference, ...]
    more: Counter[Log]
    fewer: Counter[Log]

    @property
    def name(self) -> str:
        """What its folder is called."""
        calls = b"".join(act.contract.data(act.function, *act.arguments) for act in self.acts)
        return "counterexample_" + hashlib.sha256(calls + self.what.encode()).hexdigest()[:10]

    def text(self) -> str:
        """The whole story."""
        lines = [self.what, "", *(f"breaks {law}" for law in self.laws), ""]
        lines.append(f"{len(self.acts)} acts, with the seed {self.seed}:")
        lines += [f"{number}. {said}" for number, said in enumerate(self.sentences, 1)]
        if self.more or self.fewer:
            lines += ["", "events of the last act:"]
            lines += [f"  only on chain: {self.names.log(log)}" for log in self.more.elements()]
            lines += [f"  only in the model: {self.names.log(log)}" for log in self.fewer.elements()]
        lines += ["", "what differs then:" if self.differences else "nothing else differs then"]
        lines += [f"  {difference}" for difference in self.differences[:SHOWN]]
        if len(self.differences) > SHOWN:
            lines.append(f"  and {len(self.differences) - SHOWN} more")
        return "\n".join(lines)


def explain(
    world: World, acts: Sequence[Act], seed: str, seconds: float = life.SHRINK_SECONDS
) -> Counterexample:
    """Shrinks a life that goes wrong and tells what is wrong with it.

    Raises:
        ValueError: the acts show no divergence when they are done again.
    """
    found = life.shrunk(world, acts, seconds)
    assert found.step is not None
    kept = found.step.acts[: life.last_act(found) + 1]
    with life.uncounted():
        step = life.redo(world, kept)
        compared = compare(step)
        laws = (*broken_on_chain(step, compared), agreement())
    names = Names(world)
    sentences = tuple(_sentences(step, names, world.chain.now))
    more, fewer = _logs_apart(step)
    return Counterexample(
        what=_what(found, names, more, fewer),
        seed=seed,
        names=names,
        step=step,
        acts=tuple(kept),
        sentences=sentences,
        laws=laws,
        differences=tuple(differences(compared, names)),
        more=more,
        fewer=fewer,
    )


def publish(example: Counterexample, stage: Stage, folder: Path = FOLDER) -> Path:
    """Writes the story, the stage, an ape script and a Foundry-style test. Returns the folder of it all."""
    at = folder / example.name
    at.mkdir(parents=True, exist_ok=True)
    (at / "story.txt").write_text(example.text() + "\n", encoding="utf-8")
    stage.write(at / "stage.txt")
    described = [example.what, *(f"breaks {law}" for law in example.laws), f"seed {example.seed}"]
    facts = script.facts_of(example.step, example.sentences, example.names, example.more, example.fewer)
    (at / "on_ape.py").write_text(script.ape_script(described, facts, example.step.world), encoding="utf-8")
    (at / "Counterexample.t.sol").write_text(
        solidity.forge_test(described, facts, example.step.world), encoding="utf-8"
    )
    (at / "foundry.toml").write_text(solidity.foundry_toml(), encoding="utf-8")
    return at


def _sentences(step: Lockstep, names: Names, since: int) -> list[str]:
    said = []
    for act in step.acts:
        words = names.act(act, since, step.expected[act.call].data)
        said.append(words[0].upper() + words[1:])
        since = act.at
    return said


def _logs_apart(step: Lockstep) -> tuple[Counter[Log], Counter[Log]]:
    """Logs of the last act that are on one side alone."""
    last = step.acts[-1].call
    wanted = step.expected[last].logs
    outcome = step.world.chain.simulate(step.calls[: last + 1])[last]
    if wanted is None or not outcome.ok:
        return Counter(), Counter()
    said = Counter(log for log in map(written, outcome.logs) if log[0] in step.watched)
    return said - wanted, wanted - said


def _what(found: Divergence, names: Names, more: Counter[Log], fewer: Counter[Log]) -> str:
    """How the divergence shows, with accounts and events by their names."""
    said, is_about_events, _ = str(found).partition(": the chain says ")
    if is_about_events and (more or fewer):
        said += ": the contracts write other events than the model"
        return _in_words(said, names)
    return _in_words(str(found), names)


def _in_words(what: str, names: Names) -> str:
    words = []
    for word in what.split(" "):
        bare = word.strip("(),:'")
        words.append(word.replace(bare, names.account(bare)) if bare.startswith("0x") else word)
    return " ".join(words)
