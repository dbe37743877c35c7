"""Semaphore: our tree, commitments and nullifiers are those of the production circuit."""

from __future__ import annotations

import pytest

from zkpool_sdk import _native
from zkpool_sdk.proving import Circuit, InputRejected, SignalRule, ValueNotCanonical, WitnessCalculator
from zkpool_sdk.proving.field import MODULUS, SUBGROUP_ORDER
from zkpool_sdk.proving.semaphore import Group, Identity, SigningKey, membership
from zkpool_sdk.proving.witness import public_signals

PROVER = 0xBEEF
SCOPE = 2026
MEMBERS = [Identity.generate(bytes([number])) for number in range(9)]


@pytest.fixture(scope="module")
def calculator(semaphore_circuit: Circuit) -> WitnessCalculator:
    return WitnessCalculator(semaphore_circuit.program, input_sizes=semaphore_circuit.input_sizes)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 9])
def test_membership__each_member_of_a_group__has_the_signals_in_order(
    calculator: WitnessCalculator, size: int
) -> None:
    group = Group([member.commitment for member in MEMBERS[:size]])
    for member in MEMBERS[:size]:
        request = membership(member, group, SCOPE)
        witness = calculator.calculate({**request.inputs, "message": PROVER})
        assert public_signals(witness, 4) == (group.root, member.nullifier(SCOPE), PROVER, SCOPE)
        assert request.statement == {"merkleRoot": group.root, "scope": SCOPE}


def test_signals__rules__are_what_the_queue_says(semaphore_circuit: Circuit) -> None:
    assert dict(zip(semaphore_circuit.signal_names, semaphore_circuit.signal_rules, strict=True)) == {
        "merkleRoot": SignalRule.FIXED,
        "nullifier": SignalRule.FREE,
        "message": SignalRule.PROVER,
        "scope": SignalRule.FIXED,
    }


def test_membership__of_an_outsider__has_another_root(calculator: WitnessCalculator) -> None:
    group = Group([member.commitment for member in MEMBERS[:4]])
    outsider = MEMBERS[8]
    with pytest.raises(InputRejected, match="no member"):
        membership(outsider, group, SCOPE)
    forged = {**membership(MEMBERS[0], group, SCOPE).inputs, "secret": outsider.key.scalar}
    root = public_signals(calculator.calculate({**forged, "message": PROVER}), 1)[0]
    assert root != group.root


def test_nullifier__same_member_and_scope__is_the_same_and_else_differs() -> None:
    first, second = MEMBERS[:2]
    assert first.nullifier(1) == Identity(first.key).nullifier(1)
    assert len({first.nullifier(1), first.nullifier(2), second.nullifier(1), second.nullifier(2)}) == 4


def test_group__lean_tree__passes_a_lonely_node_up() -> None:
    a, b, c = (member.commitment for member in MEMBERS[:3])
    hash2 = _native.poseidon
    assert Group([a]).root == a
    assert Group([a, b]).root == hash2([a, b])
    assert Group([a, b, c]).root == hash2([hash2([a, b]), c])
    assert Group([a, b, c]).path(c).siblings == (hash2([a, b]),)
    assert Group([a, b, c]).path(c).index == 1


@pytest.mark.parametrize("commitments", [[], [0], [MODULUS], [5, -1]])
def test_group__impossible__is_refused(commitments: list[int]) -> None:
    with pytest.raises((InputRejected, ValueNotCanonical)):
        Group(commitments)


def test_identity__secret__never_shows() -> None:
    identity = Identity(SigningKey(SUBGROUP_ORDER - 1))
    request = membership(identity, Group([identity.commitment]), SCOPE)
    assert str(SUBGROUP_ORDER - 1) not in repr(identity) + repr(request)


def test_identity__generated__differs_each_time_and_follows_a_seed() -> None:
    assert Identity.generate().commitment != Identity.generate().commitment
    assert Identity.generate(b"seed").commitment == Identity.generate(b"seed").commitment
