"""Errors of the verifiers."""

from __future__ import annotations

from zkpool_sdk.errors.base import ContractError


class UnknownKey(ContractError):
    """The key is not registered here."""

    key: bytes


class BadKeyPoint(ContractError):
    """Point `index` of the key, counted as its words are, is off its curve or group, or at infinity."""

    index: int


class ForgeableKey(ContractError):
    """The key's set-up has a trapdoor that can be seen, so proofs can be forged from public data."""


class BadSignalCount(ContractError):
    """The key has `icCount` points for signals; between 1 and `maxCount` are allowed."""

    ic_count: int
    max_count: int


class BadPower(ContractError):
    """The domain of the key has 2^`power` elements; `power` must be from `minPower` to `maxPower`."""

    power: int
    min_power: int
    max_power: int


class BadCosets(ContractError):
    """The domain and its cosets by k1 and k2 are not three disjoint sets."""

    k1: int
    k2: int


class TooManySignals(ContractError):
    """The key has `signalCount` public signals; at most `maxCount` are allowed."""

    signal_count: int
    max_count: int


class KeyExists(ContractError):
    """The key is registered already."""

    key: bytes


class GasShort(ContractError):
    """`gasLeft` is not enough to verify; `gasNeeded` is."""

    gas_left: int
    gas_needed: int


class PrecompileFailed(ContractError):
    """A precompile failed on good input: this chain lacks it, or asks more gas for it."""

    precompile: int
    gas_given: int


class CodeStoreFailed(ContractError):
    """The bytes could not be kept: too little gas, or something is kept under the key."""
