"""Who runs a deployment, in memory: owners and who is about to be one, the guardian, what was bound for good.

Written from PROTOCOL.md, "Control". Each contract with an owner is known by its name here.
"""

from __future__ import annotations

from typing import Final

from zkpool_sdk.errors import (
    DeskAlreadyBound,
    MarketAlreadyBound,
    NotDeployer,
    NotGuardian,
    NotMarket,
    OwnableUnauthorizedAccount,
    SponsorAlreadyBound,
    ZeroAddress,
)
from zkpool_sdk.models import ZERO_ADDRESS, Address

OWNED: Final = ("insurance", "projects", "splitter", "market", "delegation", "taiko")


class Control:
    """Powers over a deployment; the deployer has all of them to begin with."""

    def __init__(self, deployer: Address, market: Address) -> None:
        self.deployer = deployer
        self.market = market
        self.guardian = deployer
        self.owners = dict.fromkeys(OWNED, deployer)
        self.pending: dict[str, Address] = {}

    def transfer_ownership(self, contract: str, caller: Address, owner: Address) -> None:
        """Names who may become the owner.

        Raises:
            OwnableUnauthorizedAccount.
        """
        self.check_owner(contract, caller)
        self.pending[contract] = owner

    def accept_ownership(self, contract: str, caller: Address) -> None:
        """Becomes the owner.

        Raises:
            OwnableUnauthorizedAccount.
        """
        if self.pending.get(contract) != caller:
            raise OwnableUnauthorizedAccount(caller)
        del self.pending[contract]
        self.owners[contract] = caller

    def check_owner(self, contract: str, caller: Address) -> None:
        """Refuses who does not own a contract.

        Raises:
            OwnableUnauthorizedAccount.
        """
        if caller != self.owners[contract]:
            raise OwnableUnauthorizedAccount(caller)

    def set_guardian(self, caller: Address, guardian: Address) -> None:
        """Names the guardian; the market's owner.

        Raises:
            OwnableUnauthorizedAccount, ZeroAddress.
        """
        self.check_owner("market", caller)
        if guardian == ZERO_ADDRESS:
            raise ZeroAddress()
        self.guardian = guardian

    def check_guardian(self, caller: Address) -> None:
        """Refuses who is neither guardian nor the market's owner.

        Raises:
            NotGuardian.
        """
        if caller not in (self.guardian, self.owners["market"]):
            raise NotGuardian(caller)

    def check_market(self, caller: Address) -> None:
        """Refuses who is not the market.

        Raises:
            NotMarket.
        """
        if caller != self.market:
            raise NotMarket(caller)

    def bind(self, caller: Address, what: str, bound: Address) -> None:
        """Refuses to bind what is bound: ``market``, ``desk`` or ``sponsor``, each once, by the deployer.

        Raises:
            NotDeployer, MarketAlreadyBound, DeskAlreadyBound, SponsorAlreadyBound.
        """
        if caller != self.deployer:
            raise NotDeployer(caller)
        if what == "desk":
            raise DeskAlreadyBound(bound)
        raise (SponsorAlreadyBound if what == "sponsor" else MarketAlreadyBound)(bound)
