"""Recordings: what is done to a chain, done again; and which test reached which probe."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit._evm import Evm
from audit.recording.board import Board, write_labels
from audit.recording.builds import Build, Builds
from audit.recording.reading import Life, Recording, merged, read, read_life
from audit.recording.recorder import RecordedEvm
from audit.recording.replay import Difference, Replay

WHO = bytes.fromhex("aa" * 20)
PLACE = (0xA0D17 << 128) + 7
COUNTER = bytes.fromhex("5f5460010180" + "5f55" + "5f5260205ff3")
"""Adds one to its word and returns it."""
PROBED = bytes.fromhex(f"73{PLACE:040x}3150") + COUNTER
"""The same, after a look at a probe."""
CONSTANT = bytes.fromhex("602a5f5260205ff3")
"""Returns 42."""


def creation(code: bytes) -> bytes:
    """Creation code of a contract."""
    return bytes([0x60, len(code), 0x60, 11, 0x5F, 0x39, 0x60, len(code), 0x5F, 0xF3, 0x00]) + code


PLAIN = Build({"Counter": creation(COUNTER)})
WITH_PROBES = Build({"Counter": creation(PROBED)})
BROKEN = Build({"Counter": creation(CONSTANT)})


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    """A fixture that deploys, two tests that count and are undone, and a third that does not."""
    board = Board(tmp_path)
    board.label = 1
    evm = RecordedEvm(Evm(), Builds((PLAIN, WITH_PROBES), WITH_PROBES), tmp_path)
    at = evm.transact(WHO, None, PLAIN.codes["Counter"]).contract
    assert at is not None
    for label, times in ((2, 1), (3, 2)):
        board.label = label
        snapshot = evm.snapshot()
        evm.set_balance(WHO, label)
        for _ in range(times):
            evm.transact(WHO, at, b"")
        assert evm.storage(at, 0) == times
        evm.simulate([(WHO, at, b"", None), (WHO, at, b"", None)])
        evm.revert(snapshot)
    board.label = 4
    evm.call(WHO, at, b"")
    evm.finish()
    test = {"kind": "test", "outcome": "passed", "fixtures": [1]}
    labels = [{"label": label, "name": f"test_{label}", **test} for label in (2, 3, 4)]
    write_labels(tmp_path, [{"label": 1, "name": "deployed", "kind": "fixture"}, *labels])
    return read(tmp_path)


def differences(life: Life, build: Build, wanted: list[int] | None = None) -> list[Difference]:
    """What a life answers otherwise on another build."""
    return list(Replay(life, Builds((build,)), wanted).differences())


def test_recording__made_on_rewritten_contracts__replays_on_the_projects(recording: Recording) -> None:
    [life] = recording.lives
    assert life.done[0].step.requests[0].creates == "Counter"
    assert differences(life, PLAIN) == differences(life, WITH_PROBES) == []


def test_recording__each_test__starts_from_the_shared_state(recording: Recording) -> None:
    [life] = recording.lives
    assert [life.done[index].on for index in life.steps_of({2, 3, 4})] == [0, 1, 2, 0, 4, 5, 6, 0]
    for label in (2, 3, 4):
        own = life.steps_of({label})
        assert life.needed(own) == [0, *own]
        assert differences(life, PLAIN, own) == []


def test_replay__on_contracts_that_do_otherwise__tells_each_call(recording: Recording) -> None:
    [life] = recording.lives
    found = differences(life, BROKEN)
    assert {difference.index for difference in found} == {2, 3, 5, 6, 7, 8}
    assert found[0].now is not None
    assert (found[0].was.data[-1], found[0].now.data[-1]) == (1, 42)


def test_hits__of_each_test__are_its_own_and_its_fixtures(recording: Recording) -> None:
    assert recording.hits() == {2: {7: 3}, 3: {7: 4}, 4: {7: 1}}
    assert recording.reaching() == {7: {"test_2", "test_3", "test_4"}}


def test_lines__of_a_part__are_a_life_of_their_own(recording: Recording) -> None:
    [life] = recording.lives
    part = read_life("part", life.lines(life.needed(life.steps_of({3}))))
    assert len(part.done) == 1 + len(life.steps_of({3}))
    assert differences(part, PLAIN) == []
    assert [done.step for done in read_life("all", life.lines()).done] == [done.step for done in life.done]


def test_merged__two_recordings__keep_their_tests_apart(recording: Recording) -> None:
    both = merged([recording, recording])
    assert len(both.lives) == 2
    assert sorted(both.labels) == list(range(1, 9))
    assert both.labels[7]["fixtures"] == [5]
    assert {done.label for done in both.lives[1].done} == {5, 6, 7, 8}


def test_replay__contract_that_takes_more_gas__is_given_room(tmp_path: Path) -> None:
    """Else every call that had just enough gas would count as another answer."""
    evm = RecordedEvm(Evm(), Builds((PLAIN,)), tmp_path)
    at = evm.transact(WHO, None, PLAIN.codes["Counter"], gas=80_000).contract
    evm.transact(WHO, at, b"")
    used = evm.transact(WHO, at, b"").gas_used
    assert evm.transact(WHO, at, b"", gas=used).ok
    assert not evm.transact(WHO, at, b"", gas=22_000).ok
    evm.finish()
    write_labels(tmp_path, [])
    [life] = read(tmp_path).lives
    dear = Build({"Counter": creation(PROBED[:23] * 2 + PROBED)})
    assert len(differences(life, dear)) == 1
    assert not list(Replay(life, Builds((dear,)), roomy=True).differences())
