"""The scalar field of BN254, in which every signal lives, and Baby Jubjub, the curve inside it."""

from __future__ import annotations

from typing import Final

from zkpool_sdk.proving.errors import SignalNotCanonical

MODULUS: Final = 21888242871839275222246405745257275088548364400416034343698204186575808495617
"""r: order of BN254's groups; public signals and witness values are integers from 0 to below it."""

SUBGROUP_ORDER: Final = 2736030358979909402780800718157159386076813972158567259200215660948447373041
"""Order of the subgroup of Baby Jubjub that ``Base8`` generates; secret scalars and signatures live below it."""

ADDRESS_LIMIT: Final = 1 << 160
"""An Ethereum address as a number is below this, hence below the modulus: it is a canonical signal as it is."""


def address_signal(address: str | bytes | int) -> int:
    """An Ethereum address as a public signal: the number whose 20 big-endian bytes it is.

    Args:
        address: ``0x`` and 40 hex digits in any case, 20 bytes, or the number itself.
    Raises:
        SignalNotCanonical: something else.
    """
    number = -1
    if isinstance(address, bytes):
        number = int.from_bytes(address, "big") if len(address) == 20 else -1
    elif isinstance(address, str):
        digits = address[2:]
        if address[:2] in ("0x", "0X") and len(digits) == 40 and all(c in "0123456789abcdefABCDEF" for c in digits):
            number = int(digits, 16)
    elif not isinstance(address, bool):
        number = address
    if not 0 <= number < ADDRESS_LIMIT:
        raise SignalNotCanonical("the prover's address", "2^160")
    return number
