"""What the tests did to their chains, done again with a mutant active: does anything come out otherwise?

A trace that differs is a strong suspicion, no more: the test may not look at what differs. ``confirm`` really
runs the test.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from audit._evm import Evm, Result
from audit.mutation.corpus import MUTE, Noticed
from audit.recording.builds import Build, Builds
from audit.recording.reading import START, Life, Recording, read
from audit.recording.recorder import AMPLE_GAS, ROOM
from audit.recording.replay import Difference, Replay
from audit.recording.steps import Answer, Request


@dataclass(frozen=True, slots=True)
class Trace:
    """The steps of one test in one life.

    Attributes:
        calls: how many calls these are.
    """

    test: str
    label: int
    life: int
    steps: tuple[int, ...]
    calls: int


class Roomy(Replay):
    """A life with more gas: code with mutants in it takes several times as much."""

    def _run(self, request: Request, was: Answer, keep: bool) -> Result | None:
        is_ample = bool(request.creates) or request.gas >= AMPLE_GAS
        return self._send(request, ROOM if is_ample else request.gas, keep)


class Branch(Roomy):
    """Steps of a life done on a chain that is already where they begin."""

    def __init__(self, life: Life, builds: Builds, steps: Sequence[int], evm: Evm, head: int) -> None:
        self.life = life
        self.builds = builds
        self.roomy = True
        self.evm = evm
        self.order = list(steps)
        self._returns = set()
        self._snapshots = {}
        self._head = at = head
        for index in steps:
            done = life.done[index]
            if done.on != at:
                self._returns.add(done.on)
            at = index if done.step.lasting else done.on

    def differences(self) -> Iterator[Difference]:
        """Does the steps one after the other; what answers otherwise than it did, as it comes."""
        self._keep(self._head)
        for index in self.order:
            yield from self.step(index)


class Traces:
    """A recording, ready to be done again from where each test began.

    Attributes:
        by_place: the traces of the tests that come by a place, shortest first.
        at_setup: the places that only shared fixtures come by, with the traces of the tests on these.
        odd: tests that do not do the same when they are done again; they are left out.
    """

    def __init__(self, folder: Path, build: Path) -> None:
        self.recording: Recording = read(folder)
        run = Build.read(build)
        self._builds = Builds((run,), run)
        self._begun: dict[tuple[int, int], Evm] = {}
        self.by_place: dict[int, list[Trace]] = defaultdict(list)
        self.at_setup: dict[int, list[Trace]] = defaultdict(list)
        self.odd: list[str] = []
        for number in range(len(self.recording.lives)):
            self._live(number)
        for found in (*self.by_place.values(), *self.at_setup.values()):
            found.sort(key=lambda trace: trace.calls)

    def notice(self, place: int, most_calls: int) -> Noticed | None:
        """The first test whose trace differs with a mutant active from the test's own beginning on.

        Args:
            most_calls: calls of all tried traces together, after which no more are tried.
        """
        for trace in self.by_place.get(place, ()):
            if most_calls <= 0:
                break
            most_calls -= trace.calls
            found = self.difference(trace, place)
            if found:
                return Noticed(trace.test, *_kind(found))
        return None

    def difference(self, trace: Trace, place: int) -> Difference | None:
        """The first thing that a test sees otherwise."""
        life = self.recording.lives[trace.life]
        head = life.done[trace.steps[0]].on
        evm = self._begun[trace.life, head].copy()
        evm.active = place
        return next(Branch(life, self._builds, trace.steps, evm, head).differences(), None)

    def notice_from_setup(self, place: int) -> Noticed | None:
        """The same with the mutant active from the life's beginning on, for one test of each life."""
        tried = set()
        for trace in self.at_setup.get(place, ()):
            if trace.life in tried:
                continue
            tried.add(trace.life)
            walk = Roomy(self.recording.lives[trace.life], self._builds, trace.steps)
            walk.evm.active = place
            found = next(walk.differences(), None)
            if found:
                return Noticed(trace.test, *_kind(found))
        return None

    def _live(self, number: int) -> None:
        """Lives a life once, keeping the chain where each test begins and noting which places it comes by."""
        life = self.recording.lives[number]
        labels = self.recording.labels
        steps: dict[int, list[int]] = defaultdict(list)
        for index, done in enumerate(life.done):
            steps[done.label].append(index)
        tests = {
            label: Trace(labels[label]["name"], label, number, tuple(own), _call_count(life, own))
            for label, own in steps.items()
            if label in labels and labels[label]["kind"] == "test" and labels[label]["outcome"] == "passed"
        }
        # One that goes back to before its own beginning cannot be done from there.
        away = {label for label, trace in tests.items() if not stays(life, trace.steps)}
        self.odd += [tests.pop(label).test for label in away]
        starts = {life.done[trace.steps[0]].on for trace in tests.values()}
        walk = Roomy(life, self._builds)
        if START in starts:
            self._begun[number, START] = walk.evm.copy()
        walk._keep(START)
        hits: dict[int, set[int]] = defaultdict(set)
        odd = set()
        label = life.done[0].label
        for index in walk.order:
            if life.done[index].label != label:
                hits[label].update(walk.evm.hits())
                walk.evm.clear_hits()
                label = life.done[index].label
            if self._corrected(walk, index):
                odd.add(label)
            if index in starts:
                self._begun[number, index] = walk.evm.copy()
        hits[label].update(walk.evm.hits())
        self.odd += [str(labels[label]["name"]) for label in odd if label in labels]
        for label, trace in tests.items():
            if label in odd:
                continue
            for place in hits[label]:
                self.by_place[place].append(trace)
            for fixture in labels[label]["fixtures"]:
                for place in hits.get(fixture, ()):
                    self.at_setup[place].append(trace)

    @staticmethod
    def _corrected(walk: Replay, index: int) -> bool:
        """Does a step and notes what it answers on this build; whether that is more than another code."""
        done = walk.life.done[index]
        answers = list(done.step.answers)
        is_odd = False
        for found in walk.step(index):
            makes = done.step.requests[found.place].to is None
            if found.now is None or found.now.ok != found.was.ok:
                is_odd = True
            elif not makes:
                is_odd |= found.now.data != found.was.data
            if found.now is not None:
                answers[found.place] = found.now
        walk.life.done[index] = replace(done, step=replace(done.step, answers=tuple(answers)))
        return is_odd


def stays(life: Life, steps: Sequence[int]) -> bool:
    """Whether steps stand on each other, or on what the first of them stands on."""
    own = {life.done[steps[0]].on, *steps}
    return all(life.done[index].on in own for index in steps)


def _call_count(life: Life, steps: Sequence[int]) -> int:
    """How many calls steps are; one for each step that makes none."""
    return sum(max(1, len(life.done[index].step.requests)) for index in steps)


def _kind(found: Difference) -> tuple[str, str]:
    if found.now is None:
        return "refused", ""
    if found.now.ok != found.was.ok:
        # What ends by itself says why, but for a bare revert.
        return "status", "" if found.now.ok or found.now.data else MUTE
    return ("data" if found.now.data != found.was.data else "logs"), ""
