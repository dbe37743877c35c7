"""EdDSA over Baby Jubjub with Poseidon, as circomlib's ``EdDSAPoseidonVerifier`` checks it.

Python integers are not constant-time: sign where nobody else shares the machine.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field

from zkpool_sdk import _native
from zkpool_sdk.proving.errors import ValueNotCanonical
from zkpool_sdk.proving.field import MODULUS, SUBGROUP_ORDER

Point = tuple[int, int]
"""A point ``(x, y)`` of Baby Jubjub."""

_COFACTOR = 8


@dataclass(frozen=True, slots=True)
class Signature:
    """An EdDSA signature.

    Attributes:
        r8: the point R8 of the subgroup.
        s: a scalar below the subgroup's order.
    """

    r8: Point
    s: int


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A secret scalar; its ``repr`` does not show it.

    Attributes:
        scalar: from 1 to below the subgroup's order.
    """

    scalar: int = field(repr=False)

    def __post_init__(self) -> None:
        if not 0 < self.scalar < SUBGROUP_ORDER:
            raise ValueNotCanonical("a secret scalar, which is not 0,", "the order of Baby Jubjub's subgroup")

    @classmethod
    def generate(cls, seed: bytes | None = None) -> SigningKey:
        """A key from the system's randomness, or from ``seed``: the same seed, the same key."""
        material = seed if seed is not None else secrets.token_bytes(64)
        return cls(1 + _wide_hash(b"zkpool key", material) % (SUBGROUP_ORDER - 1))

    @property
    def public(self) -> Point:
        """The public key: the scalar times ``Base8``."""
        return _native.babyjub_mul_base(self.scalar)

    def sign(self, message: int) -> Signature:
        """Signature of one field element. Deterministic: the nonce is a hash of key and message.

        Raises:
            ValueNotCanonical: ``message`` is not from 0 to below the field's modulus.
        """
        if not 0 <= message < MODULUS:
            raise ValueNotCanonical("the message to sign", "the field's modulus")
        key = self.scalar.to_bytes(32, "big")
        nonce = _wide_hash(b"zkpool nonce", key + message.to_bytes(32, "big")) % SUBGROUP_ORDER
        r8 = _native.babyjub_mul_base(nonce)
        challenge = _native.poseidon([*r8, *self.public, message])
        return Signature(r8, (nonce + _COFACTOR * challenge * self.scalar) % SUBGROUP_ORDER)


def verify(public: Point, message: int, signature: Signature) -> bool:
    """Whether ``signature`` is one of ``message`` by the holder of ``public``: S B8 = R8 + 8 h A.

    Raises:
        zkpool_sdk._native.NativeError: a point is off the curve, or a number not in the field.
    """
    if not 0 <= signature.s < SUBGROUP_ORDER:
        return False
    challenge = _native.poseidon([*signature.r8, *public, message])
    # h times 8 A, not 8 h A reduced: A may have a part outside the subgroup.
    cofactored = _native.babyjub_mul(*public, _COFACTOR)
    right = _native.babyjub_add(signature.r8, _native.babyjub_mul(*cofactored, challenge))
    return _native.babyjub_mul_base(signature.s) == right


def _wide_hash(domain: bytes, material: bytes) -> int:
    """A 512-bit number from bytes; wide enough that reducing it leaves no bias."""
    return int.from_bytes(hashlib.blake2b(material, person=domain).digest(), "big")
