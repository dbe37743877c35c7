"""Errors of the verifiers."""

from __future__ import annotations

from zkpool_sdk.errors.base import ContractError


class UnknownKey(ContractError):
    """The key is not registered here."""

    key: bytes


class BadKeyPoint(ContractError):
    """Point `index` of the key (alpha, beta, gamma, delta, then ic) is off its curve or group."""

    index: int


class ForgeableKey(ContractError):
    """Gamma equals delta (up to sign), so anybody could forge proofs."""


class BadSignalCount(ContractError):
    """The key has `icCount` points for signals; between 1 and `maxCount` are allowed."""

    ic_count: int
    max_count: int


class KeyExists(ContractError):
    """The key is registered already."""

    key: bytes


class GasShort(ContractError):
    """`gasLeft` is not enough to verify; `gasNeeded` is."""

    gas_left: int
    gas_needed: int
