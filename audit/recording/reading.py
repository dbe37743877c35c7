"""Reads recordings back: the lives of chains, and which steps belong to which test."""

from __future__ import annotations

import json
import lzma
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, TextIO

from audit.recording.steps import Step

START: Final = -1
"""Stands for the state before the first step."""


@dataclass(frozen=True, slots=True)
class Done:
    """A step in its life.

    Attributes:
        step: what was done.
        label: whose it is.
        on: index of the step whose state it was done on, or ``START``.
    """

    step: Step
    label: int
    on: int


@dataclass(slots=True)
class Life:
    """All that was done to one chain; what was reverted is a branch that ends.

    Attributes:
        chain_id, genesis_at: how it began.
        done: the steps in their order.
        hits: how often each test reached each probe, by label.
    """

    name: str
    chain_id: int
    genesis_at: int
    done: list[Done] = field(default_factory=list)
    hits: dict[int, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))

    def needed(self, wanted: Iterable[int]) -> list[int]:
        """The steps that must be done so that the wanted ones happen as they did, in order, with those."""
        found: set[int] = set()
        for index in wanted:
            while index != START and index not in found:
                found.add(index)
                index = self.done[index].on
        return sorted(found)

    def steps_of(self, labels: Collection[int]) -> list[int]:
        """The steps of some tests."""
        return [index for index, done in enumerate(self.done) if done.label in labels]

    def lines(self, kept: Collection[int] | None = None) -> Iterator[str]:
        """The life as it is written down, or the part of it that is kept (which must have what it needs)."""
        yield _line(["begin", self.chain_id, self.genesis_at])
        chosen = range(len(self.done)) if kept is None else sorted(kept)
        place = {START: START}
        head, label = START, None
        for position, index in enumerate(chosen):
            done = self.done[index]
            place[index] = position
            if done.label != label:
                label = done.label
                yield _line(["label", label])
            if place[done.on] != head:
                head = place[done.on]
                yield _line(["back", head + 1])
            yield done.step.line()
            if done.step.lasting:
                head = position


@dataclass(frozen=True, slots=True)
class Recording:
    """A test run: its chains, and the names of its tests.

    Attributes:
        labels: what each label stands for: ``name`` (a test's id or a fixture's), ``kind`` (``test``,
            ``fixture``), ``outcome`` of a test, ``fixtures`` (labels of the shared ones that it builds on).
    """

    lives: tuple[Life, ...]
    labels: Mapping[int, Mapping[str, Any]]

    def hits(self) -> dict[int, dict[int, int]]:
        """How often each label reached each probe, over all chains."""
        found: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        for life in self.lives:
            for label, counts in life.hits.items():
                for probe, count in counts.items():
                    found[label][probe] += count
        return found

    def reaching(self) -> dict[int, set[str]]:
        """The tests that reach each probe, themselves or in the fixtures that they build on."""
        own = self.hits()
        found: dict[int, set[str]] = defaultdict(set)
        for label, about in self.labels.items():
            if about["kind"] == "test":
                for source in (label, *about["fixtures"]):
                    for probe in own.get(source, ()):
                        found[probe].add(about["name"])
        return found

    def tests(self) -> dict[str, int]:
        """The label of each test by its id."""
        return {about["name"]: label for label, about in self.labels.items() if about["kind"] == "test"}


def merged(recordings: Sequence[Recording]) -> Recording:
    """Several recordings as one; labels get other numbers."""
    lives: list[Life] = []
    labels: dict[int, Mapping[str, Any]] = {}
    for recording in recordings:
        first = max(labels, default=0)
        for life in recording.lives:
            moved = [replace(done, label=done.label + first if done.label else 0) for done in life.done]
            hits = {label + first if label else 0: counts for label, counts in life.hits.items()}
            lives.append(Life(life.name, life.chain_id, life.genesis_at, moved, hits))
        for label, about in recording.labels.items():
            fixtures = [fixture + first for fixture in about.get("fixtures", ())]
            labels[label + first] = {**about, "label": label + first, "fixtures": fixtures}
    return Recording(tuple(lives), labels)


def read(folder: Path) -> Recording:
    """A recording from its folder."""
    paths = sorted((*folder.glob("*.jsonl"), *folder.glob("*.jsonl.xz")))
    lives = []
    for path in paths:
        with lzma.open(path, "rt") if path.suffix == ".xz" else path.open() as file:
            life = read_life(path.name, file)
            if life.done:
                lives.append(life)
    labels = json.loads((folder / "labels.json").read_text())
    return Recording(tuple(lives), {about["label"]: about for about in labels})


def read_life(name: str, lines: TextIO | Iterable[str]) -> Life:
    """One chain's life from its lines."""
    life = Life(name, 0, 0)
    label = 0
    head = START
    for text in lines:
        line = json.loads(text)
        match line[0]:
            case "begin":
                life.chain_id, life.genesis_at = line[1], line[2]
            case "label":
                label = line[1]
            case "hits":
                counts = life.hits[line[1]]
                for probe, count in line[2]:
                    counts[probe] = counts.get(probe, 0) + count
            case "back":
                head = line[1] - 1
            case _:
                step = Step.of(line)
                life.done.append(Done(step, label, head))
                if step.lasting:
                    head = len(life.done) - 1
    return life


def _line(line: list[Any]) -> str:
    return json.dumps(line, separators=(",", ":"))
