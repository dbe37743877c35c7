"""Project ``rollup``: a batch of signed transfers moves a state root, the miniature of an L2 block.

Public signals of ``circuits/rollup.circom``, in order:

* ``commitment``, FIXED: Poseidon(rollup id, old root, new root, batch), where ``batch`` folds the messages of
  the transfers; whoever has the published batch can compute it;
* ``prover``, PROVER: the prover's address.

The requester (the sequencer) builds the inputs and knows the statement; the prover adds its address.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from zkpool_sdk import _native
from zkpool_sdk.proving.eddsa import Point, Signature, SigningKey, verify
from zkpool_sdk.proving.errors import ProvingError, ValueNotCanonical
from zkpool_sdk.proving.field import MODULUS

CIRCUIT_NAME: Final = "rollup"
TREE_DEPTH: Final = 3
TREE_ARITY: Final = 4
ACCOUNT_COUNT: Final = TREE_ARITY**TREE_DEPTH
"""Accounts a state holds."""
BATCH_SIZE: Final = 2
"""Transfers in a batch; the circuit takes exactly this many."""
BALANCE_LIMIT: Final = 1 << 64
"""Balances, amounts and nonces are below this."""
EMPTY_LEAF: Final = 0


class TransferRefused(ProvingError):
    """A transfer that the state does not allow, so that no batch with it can be proved.

    Attributes:
        position: which transfer of the batch, from 0.
        reason: what is wrong.
    """

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(f"transfer {position}: {reason}")
        self.position = position
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the rollup.

    Attributes:
        key: public key of the owner, a point of Baby Jubjub.
        balance: in the rollup's smallest unit, below 2^64.
        nonce: number of transfers sent.
    """

    key: Point
    balance: int
    nonce: int = 0

    @property
    def leaf(self) -> int:
        """Poseidon(Ax, Ay, balance, nonce)."""
        return _native.poseidon([*self.key, self.balance, self.nonce])


@dataclass(frozen=True, slots=True)
class Transfer:
    """A transfer signed by its sender.

    Attributes:
        sender, recipient: numbers of accounts.
        amount: below 2^64.
        nonce: the sender's nonce before the transfer.
        signature: of :func:`transfer_message`.
    """

    sender: int
    recipient: int
    amount: int
    nonce: int
    signature: Signature


def transfer_message(rollup_id: int, sender: int, recipient: int, amount: int, nonce: int) -> int:
    """What the sender signs: Poseidon of the five, so that nothing of it can be changed or replayed."""
    return _native.poseidon([rollup_id, sender, recipient, amount, nonce])


def sign_transfer(
    key: SigningKey, rollup_id: int, sender: int, recipient: int, amount: int, nonce: int
) -> Transfer:
    """A transfer of ``amount`` from account ``sender`` to account ``recipient``, signed by ``key``."""
    signature = key.sign(transfer_message(rollup_id, sender, recipient, amount, nonce))
    return Transfer(sender, recipient, amount, nonce, signature)


@dataclass(frozen=True, slots=True)
class State:
    """All accounts of a rollup, by number below ``ACCOUNT_COUNT``; a number without one is an empty leaf."""

    accounts: Mapping[int, Account]

    def __post_init__(self) -> None:
        if any(not 0 <= number < ACCOUNT_COUNT for number in self.accounts):
            raise ValueNotCanonical("the number of an account", str(ACCOUNT_COUNT))
        object.__setattr__(self, "accounts", MappingProxyType(dict(self.accounts)))

    @property
    def root(self) -> int:
        """Root of the Merkle tree over all leaves."""
        return _levels(self._leaves())[-1][0]

    def siblings(self, number: int) -> list[list[int]]:
        """The three siblings of each node on the way from leaf ``number`` to the root; shape (3, 3)."""
        paths = []
        for level in _levels(self._leaves())[:-1]:
            first = number - number % TREE_ARITY
            paths.append([level[at] for at in range(first, first + TREE_ARITY) if at != number])
            number //= TREE_ARITY
        return paths

    def with_account(self, number: int, account: Account) -> State:
        """The state with one account replaced."""
        return State({**self.accounts, number: account})

    def _leaves(self) -> tuple[int, ...]:
        return tuple(
            self.accounts[number].leaf if number in self.accounts else EMPTY_LEAF
            for number in range(ACCOUNT_COUNT)
        )


@lru_cache(maxsize=64)
def _levels(leaves: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """All levels of the tree, leaves first."""
    levels = [leaves]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append(
            tuple(_native.poseidon(below[at : at + TREE_ARITY]) for at in range(0, len(below), TREE_ARITY))
        )
    return tuple(levels)


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch ready to be proved.

    Attributes:
        inputs: inputs of the witness program but ``prover``, which the prover adds.
        statement: the fixed signal by name: ``commitment``.
        old_root, new_root: roots of the state before and after.
        state: the state after the batch.
    """

    inputs: dict[str, Any] = field(repr=False)
    statement: dict[str, int]
    old_root: int
    new_root: int
    state: State = field(repr=False)


def build_batch(rollup_id: int, state: State, transfers: Sequence[Transfer]) -> Batch:
    """The batch of ``transfers`` applied to ``state`` in order.

    Args:
        rollup_id: names the rollup, so that its signatures mean nothing elsewhere; below the field's modulus.
        state: the state before.
        transfers: ``BATCH_SIZE`` of them.
    Raises:
        TransferRefused: a transfer that the state does not allow; says which and why.
        ValueNotCanonical: ``rollup_id`` is not a field element.
    """
    if not 0 <= rollup_id < MODULUS:
        raise ValueNotCanonical("the rollup's id", "the field's modulus")
    if len(transfers) != BATCH_SIZE:
        raise TransferRefused(
            len(transfers), f"a batch has {BATCH_SIZE} transfers, {len(transfers)} were given"
        )
    moving = state
    for position, transfer in enumerate(transfers):
        problem = _problem(rollup_id, moving, transfer)
        if problem:
            raise TransferRefused(position, problem)
        moving = _after(_debited(moving, transfer), transfer)
    return _assemble(rollup_id, state, transfers)


def _problem(rollup_id: int, state: State, transfer: Transfer) -> str | None:
    """Why a state does not allow a transfer; ``None`` if it does."""
    sender = state.accounts.get(transfer.sender)
    if sender is None:
        return f"there is no account {transfer.sender} to send"
    if state.accounts.get(transfer.recipient) is None:
        return f"there is no account {transfer.recipient} to receive"
    if not 0 <= transfer.amount < BALANCE_LIMIT:
        return "the amount is not from 0 to below 2^64"
    if transfer.nonce != sender.nonce:
        return f"its nonce is {transfer.nonce}, the sender's is {sender.nonce}"
    if transfer.amount > sender.balance:
        return f"{transfer.amount} is more than the sender's balance, {sender.balance}"
    if _debited(state, transfer).accounts[transfer.recipient].balance + transfer.amount >= BALANCE_LIMIT:
        return "the recipient's balance would reach 2^64"
    signed = transfer_message(rollup_id, transfer.sender, transfer.recipient, transfer.amount, transfer.nonce)
    if not verify(sender.key, signed, transfer.signature):
        return "the signature is not the sender's"
    return None


def _debited(state: State, transfer: Transfer) -> State:
    """The state after the sender's update. Arithmetic of the field, as in the circuit."""
    sender = state.accounts[transfer.sender]
    balance = (sender.balance - transfer.amount) % MODULUS
    return state.with_account(transfer.sender, replace(sender, balance=balance, nonce=sender.nonce + 1))


def _after(debited: State, transfer: Transfer) -> State:
    """The state after the recipient's update, from the one after the sender's."""
    recipient = debited.accounts[transfer.recipient]
    balance = (recipient.balance + transfer.amount) % MODULUS
    return debited.with_account(transfer.recipient, replace(recipient, balance=balance))


def _assemble(rollup_id: int, state: State, transfers: Sequence[Transfer]) -> Batch:
    """The batch as the circuit sees it, whether the circuit would accept it or not."""
    rows: dict[str, list[Any]] = {}
    moving, fold = state, 0
    for transfer in transfers:
        debited = _debited(moving, transfer)
        row = {
            "amount": transfer.amount,
            **_party("from", moving, transfer.sender),
            **_party("to", debited, transfer.recipient),
            "signatureR8": list(transfer.signature.r8),
            "signatureS": transfer.signature.s,
        }
        for name, value in row.items():
            rows.setdefault(name, []).append(value)
        message = transfer_message(
            rollup_id, transfer.sender, transfer.recipient, transfer.amount, row["fromNonce"]
        )
        fold = _native.poseidon([fold, message])
        moving = _after(debited, transfer)
    commitment = _native.poseidon([rollup_id, state.root, moving.root, fold])
    return Batch(
        inputs={"commitment": commitment, "rollupId": rollup_id, "oldRoot": state.root, **rows},
        statement={"commitment": commitment},
        old_root=state.root,
        new_root=moving.root,
        state=moving,
    )


def _party(role: str, state: State, number: int) -> dict[str, Any]:
    """The inputs that describe one side of a transfer."""
    account = state.accounts[number]
    return {
        role: number,
        f"{role}Key": list(account.key),
        f"{role}Balance": account.balance,
        f"{role}Nonce": account.nonce,
        f"{role}Siblings": state.siblings(number),
    }
