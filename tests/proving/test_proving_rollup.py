"""The rollup: honest batches prove, every wrong transfer is refused, by the builder and by the circuit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from zkpool_sdk import _native
from zkpool_sdk.proving import MODULUS, Circuit, ValueNotCanonical, WitnessCalculator, WitnessRefused, rollup
from zkpool_sdk.proving.eddsa import Signature, SigningKey, verify
from zkpool_sdk.proving.field import SUBGROUP_ORDER
from zkpool_sdk.proving.rollup import Account, State, Transfer, TransferRefused, build_batch, sign_transfer
from zkpool_sdk.proving.witness import public_signals

PROVER = 0xBEEF
ROLLUP_ID = 7
SENDER, RECIPIENT, THIRD = 3, 20, 63
KEYS = {number: SigningKey.generate(bytes([number])) for number in (SENDER, RECIPIENT, THIRD)}
STATE = State({number: Account(key.public, 1_000) for number, key in KEYS.items()})


def pay(sender: int, recipient: int, amount: int, nonce: int = 0, signer: int | None = None) -> Transfer:
    key = KEYS[sender if signer is None else signer]
    return sign_transfer(key, ROLLUP_ID, sender, recipient, amount, nonce)


SECOND = pay(RECIPIENT, THIRD, 1)


@pytest.fixture(scope="module")
def calculator(rollup_circuit: Circuit) -> WitnessCalculator:
    return WitnessCalculator(rollup_circuit.program, input_sizes=rollup_circuit.input_sizes)


def refused_by_circuit(
    calculator: WitnessCalculator, transfers: Sequence[Transfer], state: State = STATE, **changed: object
) -> str:
    """The circuit's own refusal of a batch whose every other part is consistent."""
    inputs = rollup._assemble(ROLLUP_ID, state, transfers).inputs
    with pytest.raises(WitnessRefused) as caught:
        calculator.calculate({**inputs, "prover": PROVER, **changed})  # type: ignore[dict-item]
    return caught.value.trace


@pytest.mark.parametrize(
    "transfers",
    [
        [pay(SENDER, RECIPIENT, 400), pay(RECIPIENT, THIRD, 1_400)],
        [pay(SENDER, RECIPIENT, 1_000), pay(THIRD, SENDER, 1_000)],
        [pay(SENDER, RECIPIENT, 0), pay(SENDER, RECIPIENT, 0, nonce=1)],
        [pay(SENDER, SENDER, 1_000), pay(SENDER, SENDER, 1, nonce=1)],
        [pay(SENDER, RECIPIENT, 5), pay(SENDER, THIRD, 995, nonce=1)],
    ],
    ids=["chain", "empty and refill", "nothing", "to oneself", "twice"],
)
def test_batch__honest__commits_to_the_state_it_leaves(
    calculator: WitnessCalculator, transfers: list[Transfer]
) -> None:
    batch = build_batch(ROLLUP_ID, STATE, transfers)
    witness = calculator.calculate({**batch.inputs, "prover": PROVER})
    assert public_signals(witness, 2) == (batch.statement["commitment"], PROVER)
    assert sum(account.balance for account in batch.state.accounts.values()) == 3_000
    assert batch.state.root == batch.new_root != batch.old_root == STATE.root


def test_batch__applied_by_hand__has_the_same_balances_and_nonces() -> None:
    batch = build_batch(ROLLUP_ID, STATE, [pay(SENDER, RECIPIENT, 400), pay(SENDER, THIRD, 50, nonce=1)])
    after = {number: (a.balance, a.nonce) for number, a in batch.state.accounts.items()}
    assert after == {SENDER: (550, 2), RECIPIENT: (1_400, 0), THIRD: (1_050, 0)}


def test_batch__next_one__starts_where_the_last_ended(calculator: WitnessCalculator) -> None:
    first = build_batch(ROLLUP_ID, STATE, [pay(SENDER, RECIPIENT, 400), SECOND])
    second = build_batch(
        ROLLUP_ID, first.state, [pay(SENDER, THIRD, 600, nonce=1), pay(RECIPIENT, THIRD, 1_399, nonce=1)]
    )
    assert second.old_root == first.new_root
    calculator.calculate({**second.inputs, "prover": PROVER})


def test_commitment__any_part_changed__differs() -> None:
    base = build_batch(ROLLUP_ID, STATE, [pay(SENDER, RECIPIENT, 400), SECOND]).statement["commitment"]
    other = build_batch(ROLLUP_ID, STATE, [pay(SENDER, RECIPIENT, 401), SECOND]).statement["commitment"]
    elsewhere = [
        sign_transfer(KEYS[SENDER], 8, SENDER, RECIPIENT, 400, 0),
        sign_transfer(KEYS[RECIPIENT], 8, RECIPIENT, THIRD, 1, 0),
    ]
    assert len({base, other, build_batch(8, STATE, elsewhere).statement["commitment"]}) == 3


@pytest.mark.parametrize(
    ("transfer", "reason", "trace"),
    [
        (pay(SENDER, RECIPIENT, 1_001), "more than the sender's balance", "AssertBits"),
        (pay(SENDER, RECIPIENT, MODULUS - 1), "amount is not from 0", "AssertBits"),
        (pay(SENDER, RECIPIENT, 1 << 64), "amount is not from 0", "AssertBits"),
        (pay(SENDER, RECIPIENT, 5, nonce=1), "its nonce is 1", "EdDSAPoseidonVerifier"),
        (pay(SENDER, RECIPIENT, 5, signer=RECIPIENT), "signature", "EdDSAPoseidonVerifier"),
        (replace(pay(SENDER, RECIPIENT, 5), amount=6), "signature", "EdDSAPoseidonVerifier"),
        (replace(pay(SENDER, RECIPIENT, 5), recipient=THIRD), "signature", "EdDSAPoseidonVerifier"),
        (replace(pay(RECIPIENT, THIRD, 5), sender=SENDER), "signature", "EdDSAPoseidonVerifier"),
        (replace(SECOND, signature=Signature(SECOND.signature.r8, 1)), "signature", "EdDSAPoseidonVerifier"),
    ],
    ids=[
        "overdraft",
        "negative amount",
        "amount of 65 bits",
        "nonce",
        "foreign signature",
        "amount changed",
        "recipient changed",
        "sender changed",
        "signature changed",
    ],
)
def test_transfer__wrong__is_refused_by_builder_and_circuit(
    calculator: WitnessCalculator, transfer: Transfer, reason: str, trace: str
) -> None:
    for position, transfers in enumerate(([transfer, SECOND], [pay(THIRD, RECIPIENT, 1), transfer])):
        with pytest.raises(TransferRefused, match=reason) as caught:
            build_batch(ROLLUP_ID, STATE, transfers)
        assert caught.value.position == position
        assert trace in refused_by_circuit(calculator, transfers)


def test_transfer__of_another_rollup__is_refused(calculator: WitnessCalculator) -> None:
    foreign = sign_transfer(KEYS[SENDER], ROLLUP_ID + 1, SENDER, RECIPIENT, 5, 0)
    with pytest.raises(TransferRefused, match="signature"):
        build_batch(ROLLUP_ID, STATE, [foreign, SECOND])
    assert "EdDSAPoseidonVerifier" in refused_by_circuit(calculator, [foreign, SECOND])


def test_transfer__played_twice__is_refused(calculator: WitnessCalculator) -> None:
    transfer = pay(SENDER, RECIPIENT, 5)
    with pytest.raises(TransferRefused, match="nonce"):
        build_batch(ROLLUP_ID, STATE, [transfer, transfer])
    assert "EdDSAPoseidonVerifier" in refused_by_circuit(calculator, [transfer, transfer])


def test_transfer__recipient_overflows__is_refused(calculator: WitnessCalculator) -> None:
    rich = STATE.with_account(RECIPIENT, Account(KEYS[RECIPIENT].public, (1 << 64) - 1))
    transfers = [pay(SENDER, RECIPIENT, 1), SECOND]
    with pytest.raises(TransferRefused, match="2\\^64"):
        build_batch(ROLLUP_ID, rich, transfers)
    assert "AssertBits" in refused_by_circuit(calculator, transfers, rich)


def test_transfer__from_or_to_nowhere__is_refused() -> None:
    for sender, recipient in ((SENDER, 5), (5, SENDER)):
        ghost = Transfer(sender, recipient, 1, 0, SECOND.signature)
        with pytest.raises(TransferRefused, match="there is no account 5"):
            build_batch(ROLLUP_ID, STATE, [ghost, SECOND])


def test_signature__same_point_with_s_plus_order__is_refused(calculator: WitnessCalculator) -> None:
    honest = pay(SENDER, RECIPIENT, 5)
    twin = replace(honest, signature=Signature(honest.signature.r8, honest.signature.s + SUBGROUP_ORDER))
    with pytest.raises(TransferRefused, match="signature"):
        build_batch(ROLLUP_ID, STATE, [twin, SECOND])
    assert "EdDSAPoseidonVerifier" in refused_by_circuit(calculator, [twin, SECOND])


@pytest.mark.parametrize("point", ["fromKey", "signatureR8"])
def test_point__off_the_curve__is_refused(calculator: WitnessCalculator, point: str) -> None:
    transfers = [pay(SENDER, RECIPIENT, 5), SECOND]
    inputs = rollup._assemble(ROLLUP_ID, STATE, transfers).inputs
    x, y = inputs[point][0]
    trace = refused_by_circuit(calculator, transfers, **{point: [[x, y + 1], inputs[point][1]]})
    assert "BabyCheck" in trace


@pytest.mark.parametrize(
    "name", ["commitment", "rollupId", "oldRoot", "fromNonce", "fromBalance", "toBalance", "toNonce"]
)
def test_input__one_value_changed__is_refused(calculator: WitnessCalculator, name: str) -> None:
    transfers = [pay(SENDER, RECIPIENT, 5), SECOND]
    value = rollup._assemble(ROLLUP_ID, STATE, transfers).inputs[name]
    changed = [value[0] + 1, value[1]] if isinstance(value, list) else value + 1
    assert refused_by_circuit(calculator, transfers, **{name: changed})


@pytest.mark.parametrize("name", ["fromSiblings", "toSiblings"])
@pytest.mark.parametrize("place", [(0, 0), (1, 1), (2, 2)])
def test_input__one_sibling_changed__is_refused(
    calculator: WitnessCalculator, name: str, place: tuple[int, int]
) -> None:
    transfers = [pay(SENDER, RECIPIENT, 5), SECOND]
    paths = rollup._assemble(ROLLUP_ID, STATE, transfers).inputs[name]
    paths[1][place[0]][place[1]] += 1
    assert refused_by_circuit(calculator, transfers, **{name: paths})


def test_state__every_position__has_siblings_that_lead_to_the_root() -> None:
    full = State({number: Account(KEYS[SENDER].public, number) for number in range(0, 64, 5)})
    for number in range(64):
        node = full.accounts[number].leaf if number in full.accounts else 0
        position = number
        for siblings in full.siblings(number):
            children = [*siblings[: position % 4], node, *siblings[position % 4 :]]
            node, position = _native.poseidon(children), position // 4
        assert node == full.root


@pytest.mark.parametrize("number", [-1, 64])
def test_state__position_outside__is_refused(number: int) -> None:
    with pytest.raises(ValueNotCanonical):
        State({number: Account(KEYS[SENDER].public, 1)})


@pytest.mark.parametrize("count", [0, 1, 3])
def test_batch__another_size__is_refused(count: int) -> None:
    with pytest.raises(TransferRefused, match="a batch has 2 transfers"):
        build_batch(ROLLUP_ID, STATE, [SECOND] * count)


def test_key__secret__does_not_show_and_is_checked() -> None:
    key = SigningKey(12345678901234567890)
    assert "12345678901234567890" not in repr(key)
    for scalar in (0, SUBGROUP_ORDER):
        with pytest.raises(ValueNotCanonical):
            SigningKey(scalar)


def test_signature__honest__verifies_for_its_message_alone() -> None:
    key = KEYS[SENDER]
    signature = key.sign(99)
    assert verify(key.public, 99, signature)
    assert not verify(key.public, 98, signature)
    assert not verify(KEYS[THIRD].public, 99, signature)
    assert key.sign(99) == signature
    assert key.sign(98).r8 != signature.r8
