"""What a run did not do, said in words: read off the results themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from audit import parts
from audit.result import PartResult, Profile

Runs = Mapping[str, PartResult | None]


def limits_of(runs: Runs, kept: Runs, source: str) -> Iterator[str]:
    """Sentences about this run and the kept one, as Markdown.

    Args:
        source: of the contracts as they are now.
    """
    missing = [name for name, result in runs.items() if result is None or parts.verdict(result) == "not run"]
    if missing:
        yield f"Not run here, so nothing is said of it: {', '.join(missing)}."
    yield from _hurried(runs)
    yield from _kept(kept, source)
    for name, tell in (("stateful", _search), ("mutation", _mutants), ("coverage", _lines), ("fuzz", _fuzz)):
        result = runs.get(name)
        if result is not None and result.figures:
            yield from tell(result.figures)
    replayed = runs.get("replay")
    if replayed is not None and replayed.figures:
        yield (
            "The replay was of lives that the suite made itself. No deployment that people use has been "
            "replayed, since there is none."
        )


def _hurried(runs: Runs) -> Iterator[str]:
    ran = [result for result in runs.values() if result is not None and parts.verdict(result) != "not run"]
    quick = [result.part for result in ran if result.profile is Profile.QUICK]
    if quick:
        yield (
            f"Run with the profile quick: {', '.join(quick)}. It is for changes, not for trust: the same "
            "choices each time, minutes of search. The kept run stands beside it."
        )


def _kept(kept: Runs, source: str) -> Iterator[str]:
    without = [name for name, result in kept.items() if result is None]
    if without:
        yield f"No long run is kept of: {', '.join(without)}."
    stale = [name for name, result in kept.items() if result is not None and result.source != source]
    if stale:
        yield f"The contracts have changed since the kept run of: {', '.join(stale)}."


def _search(figures: Mapping[str, Any]) -> Iterator[str]:
    engines = figures.get("engines") or {}
    in_process, on_anvil = (engines.get(name, {}).get("acts", 0) for name in ("evm", "anvil"))
    if in_process:
        yield (
            f"Of the lock-step {in_process:,} steps ran in the suite's own in-process EVM and {on_anvil:,} "
            "on anvil. Both are revm inside: a fault that they share would not show."
        )
    if figures.get("interrupted"):
        yield "The search was interrupted before its time."


def _mutants(figures: Mapping[str, Any]) -> Iterator[str]:
    if figures.get("drawn"):
        yield f"Mutants were tried of one file, `{figures['drawn']}`, on lock-step lives alone."
    confirmed = figures.get("confirmed")
    if confirmed:
        yield (
            "That a test notices a mutant is read off the replay of what it did; of "
            f"{confirmed['drawn']:,} drawn ones {confirmed['failed']:,} really failed when run."
        )
    halted = (figures.get("all") or {}).get("halted")
    if halted:
        yield f"{halted:,} mutants differ only by running out of gas; they do not count as noticed."


def _lines(figures: Mapping[str, Any]) -> Iterator[str]:
    missed = sum(len(file["missed"]) for file in figures.get("files") or ())
    if missed:
        yield f"{missed} statements or outcomes are reached by no test; the map gives the reasons."
    if figures.get("files"):
        yield "That a line was reached does not say that its result was looked at: the mutants tell that."


def _fuzz(figures: Mapping[str, Any]) -> Iterator[str]:
    inputs = sum(one.get("inputs", 0) for one in figures.get("targets") or ())
    if inputs:
        yield f"{inputs:,} inputs were fuzzed. Soundness of a proving system is no matter for fuzzing."
