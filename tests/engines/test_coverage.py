"""Coverage: every line and both ways of every condition, seen by probes."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from eth_utils.crypto import keccak

from audit._evm import Evm
from audit.coverage.build import PLAIN
from audit.coverage.measure import Tally, by_file
from audit.coverage.points import Point, Prober
from audit.coverage.reasons import Reason, judge, read_reasons
from audit.solidity.ast import trees
from audit.solidity.compile import build
from audit.solidity.rewrite import opened
from audit.solidity.server import Compiler

WHO = bytes.fromhex("aa" * 20)
NAME = "contracts/Sample.sol"
SOURCE = b"""// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;
contract Sample {
    error No();
    function pick(uint256 a, uint256 b) external pure returns (uint256 c) {
        if (a > 9 && b > 9) revert No();
        for (uint256 i = 0; i < a; ++i)
            c += b == 3 ? 1 : 2;
        assembly ("memory-safe") {
            if eq(c, 4) {
                c := 5
            }
            switch b
            case 7 {
                c := 8
            }
            default {
                c := add(c, 1)
            }
        }
    }
    function never() external {}
}
"""


@pytest.fixture(scope="module")
def sample() -> tuple[list[Point], bytes]:
    """The points of a sample, and its creation code with probes."""
    with Compiler() as compiler:
        sources = {NAME: SOURCE}
        syntax = trees(compiler, sources)
        begun, _ = opened(sources, syntax)
        prober = Prober(syntax)
        prober.probe(syntax[NAME], begun[NAME])
        made = build(compiler, {NAME: begun[NAME].result()}, [(NAME, "Sample")], PLAIN)
    return prober.points, bytes.fromhex(made["Sample"]["bytecode"])


def reached(
    sample: tuple[list[Point], bytes], *calls: tuple[int, int]
) -> tuple[Counter[int], list[int | None]]:
    """How often calls reach each point, and what they return (nothing if they revert)."""
    evm = Evm()
    at = evm.transact(WHO, None, sample[1]).contract
    selector = keccak(text="pick(uint256,uint256)")[:4]
    results = [evm.call(WHO, at, selector + a.to_bytes(32, "big") + b.to_bytes(32, "big")) for a, b in calls]
    values = [int.from_bytes(result.data, "big") if result.ok else None for result in results]
    return Counter(dict(evm.counts())), values


def missed(sample: tuple[list[Point], bytes], counts: Counter[int]) -> set[tuple[int, str]]:
    """Line and arm of what was missed."""
    return {(point.line, point.arm) for point in sample[0] if not counts[point.id]}


def test_probes__change_no_result(sample: tuple[list[Point], bytes]) -> None:
    _, values = reached(sample, (0, 0), (3, 3), (2, 1), (1, 7), (10, 9), (10, 10))
    assert values == [1, 4, 6, 8, 21, None]


def test_points__of_one_call__are_those_on_its_way(sample: tuple[list[Point], bytes]) -> None:
    counts, _ = reached(sample, (3, 3))
    refusal, seven = {(6, "true"), (6, "false"), (6, "")}, {(14, "case 7"), (15, "")}
    assert missed(sample, counts) == {*refusal, (8, "false"), (10, "true"), (11, ""), *seven, (22, "")}
    assert missed(sample, counts) - {(6, "false")} < missed(sample, Counter())


def test_points__of_enough_calls__are_all_but_the_function_nobody_calls(
    sample: tuple[list[Point], bytes],
) -> None:
    counts, _ = reached(sample, (3, 3), (2, 1), (1, 7), (10, 10), (10, 9))
    assert missed(sample, counts) == {(22, "")}
    [file] = by_file(sample[0], counts)
    assert (file.functions, file.line_tally.all - file.line_tally.reached) == (Tally(1, 2), 1)
    assert file.branches.reached == file.branches.all == 12
    assert file.lines[22] == 0


def test_judge__missed_points__need_a_reason_each_and_no_more(sample: tuple[list[Point], bytes]) -> None:
    first, second, *_ = sample[0]
    reason = Reason(*first.key[:4], why="because", arm=first.arm)
    verdict = judge([first, second], [reason])
    assert verdict.explained == ((first, "because"),)
    assert (verdict.unexplained, verdict.stale) == ((second,), ())
    assert judge([second], [reason]).stale == (reason,)
    twin = replace(first, id=1_000)  # the same code once more in the same function
    assert judge([first, twin], [reason]).unexplained == (twin,)


def test_reasons__of_the_contracts__say_something_each() -> None:
    reasons = read_reasons()
    assert len({reason.key for reason in reasons}) == len(reasons)
    assert all(len(reason.why) > 40 for reason in reasons)
