"""The fuzzing part: its attempts are what they say, and a verdict or a promise that breaks is told."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import pytest

from audit.fuzz import core_targets
from audit.fuzz.mutations import MUTATIONS
from audit.fuzz.systems import Item, System, groth16
from audit.fuzz.verifiers import ACCEPTED, Pair, attack, attempts
from audit.parsing import drive
from audit.parsing.parsers import PARSERS, Parser
from tools import fuzz as native
from zkpool_sdk import _native

SYSTEM = groth16(1)


class LaxPair(Pair):
    """A contract that accepts whatever it is given, beside the real core."""

    def __init__(self, system: System) -> None:
        self.system = system

    def verdicts(self, item: Item) -> tuple[bool, bool | None]:
        try:
            return _native.verify(SYSTEM.native_key, *item), True
        except _native.NativeError:
            return False, True

    def batch_verdicts(self, items: Sequence[Item]) -> tuple[bool, bool | None]:
        return self.verdicts(items[0])[0], True


def test_attempts__are_spoilt_forged_or_good_as_they_say__and_the_core_agrees() -> None:
    kinds: Counter[str] = Counter()
    for kind, items, is_batch in islice(attempts(SYSTEM, 5), 400):
        kinds[kind.removeprefix("batch, one ")] += 1
        try:
            verdict = _native.verify_batch(SYSTEM.native_key, items)
        except _native.NativeError:
            verdict = False
        assert verdict == (kind in ACCEPTED), kind
        assert is_batch == kind.startswith("batch")
    assert set(kinds) >= {*MUTATIONS, "forged", "re-randomised", "untouched"}


def test_mutations__of_what_is_spoilt_already__go_on() -> None:
    rng = random.Random(8)
    for first in MUTATIONS.values():
        for second in MUTATIONS.values():
            for _ in range(25):
                item = first(SYSTEM, rng.choice(SYSTEM.items), rng)
                if len(item[0]) == SYSTEM.signal_count and len(item[1]) == 32 * len(SYSTEM.moduli):
                    second(SYSTEM, item, rng)


def test_attack__a_contract_that_accepts_too_much__is_told_with_the_proof() -> None:
    tally = attack(LaxPair(SYSTEM), 60, 3, 60)
    assert tally.attempts == 60
    assert 40 < len(tally.wrong) <= 60
    assert all("core False, contract True" in wrong and "proof" in wrong for wrong in tally.wrong)


class DeafPair(LaxPair):
    """A core and a contract that refuse everything."""

    def verdicts(self, item: Item) -> tuple[bool, bool | None]:
        return False, False

    def batch_verdicts(self, items: Sequence[Item]) -> tuple[bool, bool | None]:
        return False, False


def test_attack__verifiers_that_refuse_everything__are_told_at_once() -> None:
    tally = attack(DeafPair(SYSTEM), 1 + len(SYSTEM.items), 3, 60)
    assert len(tally.wrong) == tally.attempts


def test_core_targets__one_that_nothing_is_said_of__has_no_inputs() -> None:
    silent, *others = native.TARGETS
    said = "".join(f"{name:<17}     1,234 inputs,     99 places reached,     3 kept\n" for name in others)
    found = {target["name"]: target["inputs"] for target in core_targets(said, 1, [])}
    assert found == {f"core: {silent}": 0} | {f"core: {name}": 1_234 for name in others}


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.name)
def test_parser__its_seeds_and_cut_off_ones__keep_every_promise(parser: Parser) -> None:
    for seed in parser.seeds():
        for cut in {len(seed), len(seed) // 2, 1, 0}:
            parser.run(seed[:cut])


def test_drive__a_parser_that_breaks_its_promise__is_found_and_its_input_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def breaks(data: bytes) -> None:
        assert b"\xff" not in data

    def leave(status: int) -> None:
        raise SystemExit(status)

    monkeypatch.setattr(drive.os, "_exit", leave)
    with pytest.raises(SystemExit) as left:
        drive.vary(breaks, [b"0123456789"], 30.0, 1, tmp_path)
    assert left.value.code == 1
    (kept,) = tmp_path.iterdir()
    assert b"\xff" in kept.read_bytes()
    assert f"found {kept}" in capsys.readouterr().out
