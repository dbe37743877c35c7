"""The native verifiers are twins of the contracts: what those are tried with, under keys of known secret."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Final

import pytest

from tests.support import fflonk_calls, fflonk_toy, plonk_calls, plonk_toy
from tests.support.groth16_toy import P, R
from zkpool_sdk import _native

PLONK: Final = plonk_toy.PlonkKey.make(3)
PLONK_SIGNALS: Final = [7, R - 1, 0]
PLONK_PROOF: Final = PLONK.prove(PLONK_SIGNALS)
FFLONK: Final = fflonk_calls.KEY
FFLONK_SIGNALS: Final = [5, R - 1]
KEYS: Final = {
    "plonk": _native.verifying_key(json.dumps(PLONK.snarkjs_json)),
    "fflonk": _native.verifying_key(json.dumps(FFLONK.snarkjs_json)),
}
SIGNALS: Final = {"plonk": PLONK_SIGNALS, "fflonk": FFLONK_SIGNALS}
GOOD: Final = {"plonk": PLONK_PROOF.calldata, "fflonk": FFLONK.prove(FFLONK_SIGNALS).calldata}
MALFORMED: Final = [
    *(("plonk", what, proof) for what, proof in plonk_calls.malformed(PLONK_PROOF).items()),
    *(
        ("fflonk", what, proof)
        for what, proof in fflonk_calls.malformed(FFLONK.prove(FFLONK_SIGNALS)).items()
    ),
]


@pytest.mark.parametrize("system", KEYS)
def test_verify__toy_proof__accepted_alone_and_in_a_batch(system: str) -> None:
    item = (SIGNALS[system], GOOD[system])
    assert _native.verify(KEYS[system], *item)
    assert _native.verify_batch(KEYS[system], [item, item, item])


@pytest.mark.parametrize("system", KEYS)
def test_verify__whatever_is_malformed__refused_as_by_the_contract(system: str) -> None:
    good = (SIGNALS[system], GOOD[system])
    tried = [(what, proof) for name, what, proof in MALFORMED if name == system]
    assert len(tried) > 60
    for what, proof in tried:
        assert not _native.verify(KEYS[system], SIGNALS[system], proof), what
        assert not _native.verify_batch(KEYS[system], [good, (SIGNALS[system], proof)]), what


@pytest.mark.parametrize("system", KEYS)
def test_verify__signal_not_below_its_modulus__refused(system: str) -> None:
    for place in range(len(SIGNALS[system])):
        for value in (R, P, 2**256 - 1, 2**256, -1, SIGNALS[system][place] + R):
            aliased = [value if i == place else s for i, s in enumerate(SIGNALS[system])]
            assert not _native.verify(KEYS[system], aliased, GOOD[system])
            assert not _native.verify_batch(KEYS[system], [(aliased, GOOD[system])])


@pytest.mark.parametrize("name", [name for name in plonk_toy.POINTS if name != "wxi"])
def test_verify__plonk_infinity_that_satisfies_the_equation__refused(name: str) -> None:
    changed = {"z_xiw": PLONK_PROOF.z} if name == "wxiw" else {name: 0}
    proof = PLONK.opened(PLONK_SIGNALS, replace(PLONK_PROOF, **changed))
    assert (getattr(proof, name), PLONK.error(PLONK_SIGNALS, proof)) == (0, 0)
    assert not _native.verify(KEYS["plonk"], PLONK_SIGNALS, proof.calldata)


@pytest.mark.parametrize("name", plonk_toy.VALUES)
def test_verify__plonk_value_not_below_its_modulus__refused_though_the_equation_holds(name: str) -> None:
    proof = PLONK.opened(PLONK_SIGNALS, replace(PLONK_PROOF, **{name: getattr(PLONK_PROOF, name) % R + R}))
    assert PLONK.error(PLONK_SIGNALS, proof) == 0
    assert not _native.verify(KEYS["plonk"], PLONK_SIGNALS, proof.calldata)


@pytest.mark.parametrize("name", [*plonk_toy.POINTS, *plonk_toy.VALUES])
def test_verify__plonk_part_chosen_after_the_challenges__refused(name: str) -> None:
    challenges = PLONK.challenges(PLONK_SIGNALS, PLONK_PROOF)
    changed = replace(PLONK_PROOF, **{name: (getattr(PLONK_PROOF, name) + 1) % R})
    if name not in ("wxi", "wxiw"):
        changed = PLONK.opened(PLONK_SIGNALS, changed, challenges)
        assert PLONK.error(PLONK_SIGNALS, changed, challenges) == 0
    assert not _native.verify(KEYS["plonk"], PLONK_SIGNALS, changed.calldata)


@pytest.mark.parametrize("name", ["c1", "c2", "w1"])
def test_verify__fflonk_infinity_that_satisfies_the_equation__refused(name: str) -> None:
    drawn, _ = FFLONK.exponents(FFLONK_SIGNALS)
    proof, equation = FFLONK.closed(replace(drawn, **{name: 0}))
    assert equation.error(FFLONK, proof) == 0
    calldata = fflonk_toy.encoded(proof, equation).calldata
    assert not _native.verify(KEYS["fflonk"], FFLONK_SIGNALS, calldata)


def test_verify__fflonk_evaluations__refused_from_the_modulus_on_and_taken_at_the_edges() -> None:
    drawn, _ = FFLONK.exponents(FFLONK_SIGNALS)
    for values in ((0,) * 15, (R - 1,) * 15):
        made = fflonk_toy.encoded(*FFLONK.closed(replace(drawn, evaluations=values)))
        assert _native.verify(KEYS["fflonk"], FFLONK_SIGNALS, made.calldata)
    for place in range(15):
        values = tuple(v + R * (i == place) for i, v in enumerate(drawn.evaluations))
        proof, equation = FFLONK.closed(replace(drawn, evaluations=values))
        assert equation.error(FFLONK, proof) == 0
        made = fflonk_toy.encoded(proof, equation)
        assert not _native.verify(KEYS["fflonk"], FFLONK_SIGNALS, made.calldata)


def test_verify__fflonk_part_changed_and_inverse_made_to_fit__refused() -> None:
    proof, _ = FFLONK.exponents(FFLONK_SIGNALS)
    for part in (*fflonk_toy.POINTS, *range(15)):
        if isinstance(part, str):
            changed = replace(proof, **{part: getattr(proof, part) + 1})
        else:
            values = tuple((v + (i == part)) % R for i, v in enumerate(proof.evaluations))
            changed = replace(proof, evaluations=values)
        equation = FFLONK.equation(changed.signals, changed.points, changed.evaluations)
        made = fflonk_toy.encoded(changed, equation)
        assert not _native.verify(KEYS["fflonk"], FFLONK_SIGNALS, made.calldata), part
        again = fflonk_toy.encoded(*FFLONK.closed(changed))
        assert _native.verify(KEYS["fflonk"], FFLONK_SIGNALS, again.calldata), part
