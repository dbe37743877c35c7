"""Mutants are what they say, one at a time, and none is active unless it is asked for."""

from __future__ import annotations

import pytest

from audit._evm import Evm
from audit.mutation.schemata import Schemata, schemata
from audit.mutation.traces import stays
from audit.mutation.verdicts import reviewed
from audit.recording.reading import Done, Life
from audit.recording.steps import Step
from audit.solidity.compile import build
from audit.solidity.rewrite import EditsCross, Rewrite
from audit.solidity.server import Compiler

SENDER = bytes(19) + b"\1"
TOY = "contracts/Toy.sol"
SOURCE = """// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev With letters of more than one byte: ξ².
contract Toy {
    uint256 private constant LIMIT = 10;
    uint256 public kept;

    modifier onlySmall(uint256 value) {
        if (value > LIMIT) revert();
        _;
    }

    function keep(uint256 value) external onlySmall(value) {
        kept += value;
    }

    function weigh(uint256 a, uint256 b) external pure returns (uint256) {
        return a < b ? _less(a, b) : 1;
    }

    function fold(uint256 a, uint256 b) external pure returns (uint256 c) {
        assembly ("memory-safe") {
            c := add(a, mul(b, 3))
            if lt(c, 5) { c := 0 }
        }
    }

    function _less(uint256 a, uint256 b) private pure returns (uint256) {
        return a - b + (1 << 200);
    }
}
""".encode()


class Toy:
    """The contract with all its mutants, deployed."""

    def __init__(self, made: Schemata, code: str) -> None:
        self.made = made
        self.evm = Evm()
        self.evm.unlimited_code = True
        deployed = self.evm.transact(SENDER, None, bytes.fromhex(code))
        assert deployed.ok
        assert deployed.contract
        self.address = deployed.contract

    def place(self, function: str, operator: str, mutated: str) -> int:
        """The place of the only mutant that is so described."""
        [found] = [
            mutant
            for mutant in self.made.mutants
            if (mutant.function, mutant.operator, mutant.mutated) == (f"Toy.{function}", operator, mutated)
        ]
        return found.place

    def ask(self, place: int, selector: str, *values: int) -> int | None:
        """What a function returns with a mutant active; ``None`` if it reverts."""
        self.evm.active = place
        data = bytes.fromhex(selector) + b"".join(value.to_bytes(32, "big") for value in values)
        result = self.evm.call(SENDER, self.address, data)
        self.evm.active = 0
        return int.from_bytes(result.data, "big") if result.ok else None


WEIGH, FOLD, KEEP = "5355901b", "58cd8c22", "bfc207cf"


@pytest.fixture(scope="module")
def toy() -> Toy:
    with Compiler() as compiler:
        made = schemata(compiler, sources={TOY: SOURCE})
        compiled = build(compiler, made.sources, [(TOY, "Toy")])
    return Toy(made, compiled["Toy"]["bytecode"])


def test_mutants__of_every_kind__are_there(toy: Toy) -> None:
    kinds = {mutant.operator for mutant in toy.made.mutants}
    assert {"arithmetic", "argument swap", "compound assignment", "condition", "constant", "literal"} <= kinds
    assert {"modifier removed", "relational", "return value", "statement removed"} <= kinds


def test_no_mutant__active__is_the_contract_as_written(toy: Toy) -> None:
    assert toy.ask(0, WEIGH, 1, 2) is None  # a - b is below zero
    assert toy.ask(0, WEIGH, 2, 1) == 1
    assert toy.ask(0, FOLD, 4, 5) == 19
    assert toy.ask(0, FOLD, 1, 1) == 0
    assert toy.ask(0, KEEP, 11) is None


@pytest.mark.parametrize(
    ("function", "operator", "mutated", "selector", "values", "result"),
    [
        ("weigh", "relational", "a >= b", WEIGH, (3, 1), 2 + (1 << 200)),
        ("weigh", "relational", "a <= b", WEIGH, (3, 3), 1 << 200),
        ("weigh", "condition", "false", WEIGH, (1, 2), 1),
        ("weigh", "argument swap", "b, a", WEIGH, (1, 3), 2 + (1 << 200)),
        ("weigh", "literal", "2", WEIGH, (2, 1), 2),
        ("_less", "arithmetic", "a + b", WEIGH, (1, 2), 3 + (1 << 200)),
        ("fold", "arithmetic", "sub(a, mul(b, 3))", FOLD, (25, 5), 10),
        ("fold", "relational", "iszero(lt(c, 5))", FOLD, (1, 1), 4),
        ("fold", "literal", "3 + 1", FOLD, (4, 5), 24),
        ("keep", "modifier removed", "", KEEP, (11,), 0),
        ("onlySmall", "constant", "LIMIT + 1", KEEP, (11,), 0),
    ],
)
def test_mutant__active__does_what_its_text_says(
    toy: Toy, function: str, operator: str, mutated: str, selector: str, values: tuple[int, ...], result: int
) -> None:
    assert toy.ask(0, selector, *values) != result
    assert toy.ask(toy.place(function, operator, mutated), selector, *values) == result


def test_mutant__reached__is_counted(toy: Toy) -> None:
    toy.evm.clear_hits()
    toy.ask(0, WEIGH, 2, 1)
    assert toy.place("weigh", "literal", "2") in toy.evm.hits()
    assert toy.place("_less", "arithmetic", "a + b") not in toy.evm.hits()


def test_rewrite__changes_inside_changes__keep_their_order() -> None:
    rewrite = Rewrite(b"f(a + b)")
    rewrite.wrap(0, 8, "x ? g : ", "!")
    rewrite.wrap(2, 7, "[", "]", key=7)
    rewrite.replace(6, 7, "c")
    rewrite.insert(2, "_")
    assert rewrite.result() == b"x ? g : f([_a + c])!"
    assert [rewrite.result()[start:end] for start, end, key in rewrite.spans if key == 7] == [b"[", b"]"]


def test_rewrite__changes_that_cross__are_refused() -> None:
    rewrite = Rewrite(b"abcdef")
    rewrite.wrap(0, 4, "(", ")")
    rewrite.wrap(2, 6, "[", "]")
    with pytest.raises(EditsCross):
        rewrite.result()


def test_reasons__of_survivors__name_each_mutant_once() -> None:
    assert all(reason.reason for reason in reviewed().values())


@pytest.mark.parametrize(("ons", "alone"), [((4, 5, 4, 7), True), ((4, 5, 3), False), ((4, 4), True)])
def test_trace__goes_back_to_before_its_beginning__is_not_done_alone(
    ons: tuple[int, ...], alone: bool
) -> None:
    fixture = [Done(Step("mine"), 0, on) for on in range(-1, 4)]
    life = Life("", 31_337, 0, [*fixture, *(Done(Step("mine"), 1, on) for on in ons)])
    assert stays(life, range(5, 5 + len(ons))) == alone
