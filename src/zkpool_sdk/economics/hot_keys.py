"""Provers and their hot keys in memory: who is one, and which keys may act for it."""

from __future__ import annotations

from typing import Final

from zkpool_sdk.economics import rating
from zkpool_sdk.errors import (
    AlreadyRegistered,
    KeyExpiryOutOfBounds,
    KeyNotAllowed,
    KeyNotProposed,
    NotRegistered,
    ScopesInvalid,
    UnknownProver,
)
from zkpool_sdk.models import ALL_SCOPES, NOBODY, ZERO_ADDRESS, Address, HotKey, Prover, ProverId, Scope
from zkpool_sdk.units import DAY, Ppm, Timestamp

MAX_KEY_SECONDS: Final = 365 * DAY


class HotKeys:
    """Accounts that are provers, and keys that act for them by two-step consent."""

    def __init__(self) -> None:
        self.provers: dict[ProverId, Prover] = {}
        self.ids: dict[Address, ProverId] = {}
        self.keys: dict[tuple[ProverId, Address], HotKey] = {}

    def register(self, account: Address) -> ProverId:
        """Registers an account as a prover.

        Raises:
            AlreadyRegistered: it is one.
        """
        if account in self.ids:
            raise AlreadyRegistered(account)
        prover = ProverId(len(self.provers) + 1)
        self.ids[account] = prover
        self.provers[prover] = Prover(account, Ppm(rating.START_PPM))
        return prover

    def propose_key(self, account: Address, key: Address, scopes: int, expires_at: int, now: int) -> None:
        """Lets a key act for a prover once it has agreed; replaces what it was allowed before.

        Args:
            scopes: bits of ``Scope``. expires_at: last second, at most a year from now.
        Raises:
            NotRegistered, ScopesInvalid, KeyExpiryOutOfBounds.
        """
        prover = self._id_of(account)
        if not 0 < scopes <= ALL_SCOPES:
            raise ScopesInvalid(scopes)
        if not now < expires_at <= now + MAX_KEY_SECONDS:
            raise KeyExpiryOutOfBounds(expires_at, now + 1, now + MAX_KEY_SECONDS)
        self.keys[prover, key] = HotKey(scopes, Timestamp(expires_at))

    def accept_key(self, key: Address, prover: ProverId) -> None:
        """The proposed key agrees to act for the prover.

        Raises:
            KeyNotProposed: it is not proposed, or has agreed already.
        """
        proposed = self.key_of(prover, key)
        if not proposed.scopes or proposed.accepted:
            raise KeyNotProposed(prover, key)
        self.keys[prover, key] = HotKey(proposed.scopes, proposed.expires_at, True)

    def revoke_key(self, caller: Address, prover: ProverId, key: Address) -> None:
        """Ends a key's permission; the prover or the key itself.

        Raises:
            KeyNotAllowed: the caller is neither. KeyNotProposed: there is nothing to end.
        """
        if caller != key and caller != self._account_of(prover):
            raise KeyNotAllowed(prover, caller, 0)
        if not self.key_of(prover, key).scopes:
            raise KeyNotProposed(prover, key)
        del self.keys[prover, key]

    def key_of(self, prover: ProverId, key: Address) -> HotKey:
        """What a key is allowed; nothing unless it was proposed."""
        return self.keys.get((prover, key), HotKey())

    def may_act(self, prover: ProverId, key: Address, scope: int, now: int) -> bool:
        """Whether a key may act for a prover now, in any of the scope's bits."""
        known = self.key_of(prover, key)
        return known.accepted and now <= known.expires_at and bool(known.scopes & scope)

    def acts_for(self, caller: Address, prover: ProverId, scope: Scope, now: int) -> bool:
        """Whether the caller is the prover itself, or a hot key of it.

        Raises:
            UnknownProver: there is none of this id.
        """
        return caller == self.prover_of(prover).account or self.may_act(prover, caller, scope, now)

    def prover_of(self, prover: ProverId) -> Prover:
        """A prover.

        Raises:
            UnknownProver: there is none of this id.
        """
        if prover not in self.provers:
            raise UnknownProver(prover)
        return self.provers[prover]

    def id_of(self, account: Address) -> ProverId:
        """Id of an account's prover; 0 when it is none."""
        return self.ids.get(account, NOBODY)

    def _account_of(self, prover: ProverId) -> Address:
        return self.provers[prover].account if prover in self.provers else ZERO_ADDRESS

    def _id_of(self, account: Address) -> ProverId:
        if account not in self.ids:
            raise NotRegistered(account)
        return self.ids[account]
