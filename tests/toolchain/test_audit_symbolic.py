"""What is done to a query before the solver gets it, and what counts as proved; halmos runs in the audit."""

from audit.symbolic import LEAST_CHECKS, laws, outcome
from audit.symbolic.solver import commands, divides_by_unknown, with_choices

BIT = "(ite (bvule a b) (_ bv0 256) (_ bv1 256))"


def test_commands__are_the_outermost_expressions() -> None:
    assert commands("(a (b c)) ; a remark (\n(d)") == ["(a (b c))", "(d)"]


def test_division__by_a_constant__is_kept() -> None:
    assert not divides_by_unknown("(assert (bvule (f_evm_bvudiv_256 (bvadd x y) (_ bv10000 256)) x))")
    assert divides_by_unknown("(assert (= (f_evm_bvudiv_256 (bvmul x y) x) y))")
    assert divides_by_unknown("(assert (= (bvudiv #x10 x) (bvurem x #x02)))")


def test_product__with_a_bit__becomes_a_choice() -> None:
    text = f"(let ((?x1 {BIT})) (f_evm_bvmul_256 (bvxor a b) ?x1))"
    assert with_choices(text) == f"(let ((?x1 {BIT})) (ite (= ?x1 (_ bv0 256)) (_ bv0 256) (bvxor a b)))"


def test_product__of_anything_else__stays() -> None:
    for text in (
        "(let ((?x1 (bvadd a b))) (f_evm_bvmul_256 c ?x1))",
        "(let ((?x1 (ite p (_ bv0 256) (_ bv2 256)))) (f_evm_bvmul_256 c ?x1))",
        f"(let ((?x1 {BIT})) (f_evm_bvmul_256 c ?x2))",
    ):
        assert with_choices(text) == text


def test_outcome__of_a_loop_cut_short_or_of_nothing__is_no_proof() -> None:
    good = {"exitcode": 0, "num_paths": [3, 1, 0], "time": [0.25], "num_bounded_loops": 0}
    assert outcome(good) == {"outcome": "proved", "paths": 3, "seconds": 0.25}
    assert outcome({**good, "num_bounded_loops": 1})["outcome"] == "loop cut short"
    assert outcome({**good, "exitcode": 1})["outcome"] == "counterexample"
    assert outcome(None)["outcome"] == "did not run"


def test_laws__are_enough() -> None:
    assert sum(map(len, laws().values())) >= LEAST_CHECKS
