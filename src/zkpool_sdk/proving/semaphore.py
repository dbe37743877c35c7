"""Project ``semaphore``: prove membership of a group, and nothing else about who you are.

Semaphore v4's production circuit. Its public signals, in order:

* ``merkleRoot``, FIXED: root of the group;
* ``nullifier``, FREE: Poseidon(scope, secret), the same whenever a member proves in this scope again;
* ``message``, PROVER: the prover's address as it is (not hashed first, as Semaphore's own contract does);
* ``scope``, FIXED: what the proof is for.

The prover sees the member's secret scalar, so a requester who wants to stay unknown proves by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from zkpool_sdk import _native
from zkpool_sdk.proving.eddsa import Point, SigningKey
from zkpool_sdk.proving.errors import InputRejected, ValueNotCanonical
from zkpool_sdk.proving.field import MODULUS

CIRCUIT_NAME: Final = "semaphore"
TREE_DEPTH: Final = 20
"""Deepest group the circuit takes: 2^20 members. Its key has 386 contributions to the ceremony."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A member: a secret scalar, and the commitment to it that a group lists.

    Attributes:
        key: the secret; its ``repr`` does not show it.
    """

    key: SigningKey = field(repr=False)

    @classmethod
    def generate(cls, seed: bytes | None = None) -> Identity:
        """A new identity, from the system's randomness or from ``seed``."""
        return cls(SigningKey.generate(seed))

    @property
    def public(self) -> Point:
        """Public key on Baby Jubjub."""
        return self.key.public

    @property
    def commitment(self) -> int:
        """Poseidon(Ax, Ay): the leaf in the group's tree."""
        return _native.poseidon(self.public)

    def nullifier(self, scope: int) -> int:
        """Poseidon(scope, secret): marks this member once for each scope without naming it."""
        return _native.poseidon([scope, self.key.scalar])


@dataclass(frozen=True, slots=True)
class MembershipPath:
    """Where a leaf stands in a group's tree.

    Attributes:
        index: one bit for each sibling, least significant first; 1 if the leaf's side is the right one.
        siblings: from the leaf up; levels without a sibling are left out.
    """

    index: int
    siblings: tuple[int, ...]


class Group:
    """Members in the order in which they joined, in a lean incremental Merkle tree (LeanIMT).

    A node with both children is Poseidon(left, right); one without a right child is its left child.

    Args:
        commitments: one for each member; none is 0.
    Raises:
        ValueNotCanonical: a commitment is not a field element other than 0.
        InputRejected: no member, or more than 2^TREE_DEPTH.
    """

    def __init__(self, commitments: Sequence[int]) -> None:
        if not 0 < len(commitments) <= 1 << TREE_DEPTH:
            raise InputRejected("group", f"has {len(commitments)} members, not 1 to {1 << TREE_DEPTH}")
        for commitment in commitments:
            if not 0 < commitment < MODULUS:
                raise ValueNotCanonical("a commitment, which is not 0,", "the field's modulus")
        self._levels = [tuple(commitments)]
        while len(self._levels[-1]) > 1:
            below = self._levels[-1]
            self._levels.append(
                tuple(
                    _native.poseidon(below[at : at + 2]) if at + 1 < len(below) else below[at]
                    for at in range(0, len(below), 2)
                )
            )

    @property
    def members(self) -> tuple[int, ...]:
        """Commitments in order."""
        return self._levels[0]

    @property
    def root(self) -> int:
        """Root of the tree; of a group of one, its commitment."""
        return self._levels[-1][0]

    def path(self, commitment: int) -> MembershipPath:
        """The path from a member's leaf to the root.

        Raises:
            InputRejected: not a member.
        """
        if commitment not in self._levels[0]:
            raise InputRejected("identity", "is no member of the group")
        position = self._levels[0].index(commitment)
        siblings: list[int] = []
        index = 0
        for level in self._levels[:-1]:
            if position ^ 1 < len(level):
                index |= (position & 1) << len(siblings)
                siblings.append(level[position ^ 1])
            position >>= 1
        return MembershipPath(index, tuple(siblings))


@dataclass(frozen=True, slots=True)
class MembershipRequest:
    """What a requester hands over: inputs without the prover's address, and the statement.

    Attributes:
        inputs: inputs of the witness program but ``message``, which names the prover. Secret.
        statement: the fixed signals by name: ``merkleRoot`` and ``scope``.
    """

    inputs: dict[str, Any] = field(repr=False)
    statement: dict[str, int]


def membership(identity: Identity, group: Group, scope: int) -> MembershipRequest:
    """The request to prove that ``identity`` is a member of ``group``, for ``scope``.

    Raises:
        InputRejected: not a member.
        ValueNotCanonical: ``scope`` is not from 0 to below the field's modulus.
    """
    if not 0 <= scope < MODULUS:
        raise ValueNotCanonical("scope", "the field's modulus")
    path = group.path(identity.commitment)
    return MembershipRequest(
        inputs={
            "secret": identity.key.scalar,
            "merkleProofLength": len(path.siblings),
            "merkleProofIndex": path.index,
            "merkleProofSiblings": [*path.siblings, *[0] * (TREE_DEPTH - len(path.siblings))],
            "scope": scope,
        },
        statement={"merkleRoot": group.root, "scope": scope},
    )
