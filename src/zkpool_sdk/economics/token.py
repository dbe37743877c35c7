"""The token in memory: who holds how much, and the fund that decay and slashing fill."""

from __future__ import annotations

from typing import Final

from zkpool_sdk.errors import CapOutOfBounds, ERC20InsufficientBalance, NothingToBurn
from zkpool_sdk.models import Address
from zkpool_sdk.units import TOTAL_SUPPLY, WEI_PER_ZK, Wei

MIN_CAP_WEI: Final = Wei(10**6 * WEI_PER_ZK)
MAX_CAP_WEI: Final = Wei(21 * 10**8 * WEI_PER_ZK)


class Token:
    """The ERC-20 of a deployment. Every account is taken to have approved the contracts for any amount."""

    def __init__(self, holder: Address, supply_wei: Wei = TOTAL_SUPPLY) -> None:
        self.supply_wei = supply_wei
        self.burned_wei = Wei(0)
        self.balances: dict[Address, int] = {holder: supply_wei}

    def balance_of(self, account: Address) -> Wei:
        """What an account holds."""
        return Wei(self.balances.get(account, 0))

    def check(self, sender: Address, amount_wei: int) -> None:
        """Refuses what the sender cannot pay.

        Raises:
            ERC20InsufficientBalance: the sender holds less.
        """
        if self.balance_of(sender) < amount_wei:
            raise ERC20InsufficientBalance(sender, self.balance_of(sender), amount_wei)

    def transfer(self, sender: Address, receiver: Address, amount_wei: int) -> None:
        """Moves tokens.

        Raises:
            ERC20InsufficientBalance: the sender holds less.
        """
        self.check(sender, amount_wei)
        self.balances[sender] = self.balance_of(sender) - amount_wei
        self.balances[receiver] = self.balance_of(receiver) + amount_wei

    def burn(self, sender: Address, amount_wei: int) -> None:
        """Destroys tokens of the sender.

        Raises:
            ERC20InsufficientBalance: the sender holds less.
        """
        self.check(sender, amount_wei)
        self.balances[sender] = self.balance_of(sender) - amount_wei
        self.burned_wei = Wei(self.burned_wei + amount_wei)


class InsuranceFund:
    """What decay, slashing and cancelled bids leave. Above its cap the rest is burned, by anybody."""

    def __init__(self, token: Token, address: Address, cap_wei: Wei) -> None:
        self.token = token
        self.address = address
        self.set_cap(cap_wei)

    def set_cap(self, cap_wei: Wei) -> None:
        """Sets the cap; the owner's power.

        Raises:
            CapOutOfBounds: not within ``MIN_CAP_WEI`` and ``MAX_CAP_WEI``.
        """
        if not MIN_CAP_WEI <= cap_wei <= MAX_CAP_WEI:
            raise CapOutOfBounds(cap_wei, MIN_CAP_WEI, MAX_CAP_WEI)
        self.cap_wei = cap_wei

    @property
    def balance_wei(self) -> Wei:
        """What the fund holds."""
        return self.token.balance_of(self.address)

    def burn_overflow(self) -> Wei:
        """Burns what stands above the cap; returns how much.

        Raises:
            NothingToBurn: the fund is not above its cap.
        """
        if self.balance_wei <= self.cap_wei:
            raise NothingToBurn(self.balance_wei, self.cap_wei)
        over_wei = Wei(self.balance_wei - self.cap_wei)
        self.token.burn(self.address, over_wei)
        return over_wei
