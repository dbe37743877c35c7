"""Which points of the contracts recorded tests reach: each recording is replayed on contracts with probes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from audit.coverage.points import Point
from audit.recording.builds import Builds
from audit.recording.reading import Life, Recording
from audit.recording.replay import Difference, Replay


@dataclass(slots=True)
class Reached:
    """What a replay came by.

    Attributes:
        by_test: ids of the points that each test or shared fixture reaches itself, by label.
        counts: how often each point was reached in all.
        calls: calls and transactions that were done.
        differences: how many of them answered otherwise than when they were recorded.
        first: the first of these, with the life's name.
    """

    by_test: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    counts: Counter[int] = field(default_factory=Counter)
    calls: int = 0
    differences: int = 0
    first: list[tuple[str, Difference]] = field(default_factory=list)


def reached(recording: Recording, builds: Builds) -> Reached:
    """Replays a whole recording."""
    found = Reached()
    for life in recording.lives:
        for label, counts, calls, differences in stretches(life, builds):
            found.by_test[label].update(counts)
            found.counts.update(counts)
            found.calls += calls
            found.differences += len(differences)
            found.first += [(life.name, difference) for difference in differences][: 20 - len(found.first)]
    return found


def stretches(
    life: Life, builds: Builds, wanted: Iterable[int] | None = None
) -> Iterator[tuple[int, dict[int, int], int, list[Difference]]]:
    """Replays a life; of each stretch of one label: the label, probes reached, calls done, differences."""
    replay = Replay(life, builds, wanted, roomy=builds.run is not None)
    replay.begin()
    label, calls = 0, 0
    differences: list[Difference] = []
    for index in replay.order:
        done = life.done[index]
        if done.label != label:
            yield label, dict(replay.evm.counts()), calls, differences
            replay.evm.clear_hits()
            label, calls, differences = done.label, 0, []
        differences += replay.step(index)
        calls += len(done.step.answers)
    yield label, dict(replay.evm.counts()), calls, differences


@dataclass(frozen=True, slots=True)
class Tally:
    """So many of so many."""

    reached: int
    all: int

    @classmethod
    def of(cls, points: Iterable[bool]) -> Tally:
        """Counts which are reached."""
        marks = list(points)
        return cls(sum(marks), len(marks))


@dataclass(frozen=True, slots=True)
class FileCoverage:
    """One source.

    Attributes:
        lines: for each line with code of its own, how many times it was reached: its least reached point.
        missed: the points that were not reached.
    """

    source: str
    lines: dict[int, int]
    branches: Tally
    functions: Tally
    missed: tuple[Point, ...]

    @property
    def line_tally(self) -> Tally:
        """Lines that were reached whole."""
        return Tally.of(count > 0 for count in self.lines.values())


def by_file(points: Iterable[Point], counts: Counter[int]) -> list[FileCoverage]:
    """Coverage of every source that has points."""
    of_file: dict[str, list[Point]] = defaultdict(list)
    for point in points:
        of_file[point.source].append(point)
    found = []
    for source, own in sorted(of_file.items()):
        lines: dict[int, int] = {}
        for point in own:
            if point.kind != "branch":
                for line in range(point.line, point.last_line + 1):
                    lines[line] = min(lines.get(line, counts[point.id]), counts[point.id])
        branches = Tally.of(counts[point.id] > 0 for point in own if point.kind == "branch")
        functions = Tally.of(counts[point.id] > 0 for point in own if point.kind == "function")
        missed = tuple(point for point in own if not counts[point.id])
        found.append(FileCoverage(source, dict(sorted(lines.items())), branches, functions, missed))
    return found
