"""The whole protocol in memory: the market with its desk, its pool of delegated stake, its push adapter."""

from __future__ import annotations

from dataclasses import dataclass

from zkpool_sdk.economics.clearing import Addresses
from zkpool_sdk.economics.delegation import DelegationVault
from zkpool_sdk.economics.desk import BidDesk
from zkpool_sdk.economics.market import Holding, Market
from zkpool_sdk.economics.push import PushAdapter
from zkpool_sdk.economics.token import MIN_CAP_WEI
from zkpool_sdk.models import ZERO_ADDRESS, Address
from zkpool_sdk.units import Wei


@dataclass(frozen=True, slots=True)
class Sites:
    """Where the contracts are that only add to a market, and who runs the pool."""

    desk: Address
    pool: Address
    push: Address
    operator: Address = ZERO_ADDRESS


class Protocol(Market):
    """A market with everything that adds to it; each part is an attribute with its own actions."""

    def __init__(
        self,
        addresses: Addresses,
        sites: Sites,
        *,
        chain_id: int = 31_337,
        uses_market_time: bool = False,
        insurance_cap_wei: Wei = MIN_CAP_WEI,
    ) -> None:
        super().__init__(
            addresses,
            chain_id=chain_id,
            uses_market_time=uses_market_time,
            insurance_cap_wei=insurance_cap_wei,
        )
        self.bids = BidDesk(self, sites.desk)
        self.pool = DelegationVault(
            self.token, sites.pool, self.vault, self.splitter, self.provers, sites.operator
        )
        self.push = PushAdapter(self, sites.push)
        self.desk = sites.desk
        self.vault.sponsor = sites.pool
        self.splitter.set_delegators(sites.pool)

    def holders(self) -> dict[str, Holding]:
        """Each place that holds money, with its balance and what it owes; equal without donations."""
        parts = (
            ("desk", self.bids.address, self.bids.owed_wei),
            ("delegation", self.pool.address, self.pool.owed_wei),
            ("push", self.push.address, self.push.owed_wei),
        )
        more = {name: Holding(self.token.balance_of(at), owed) for name, at, owed in parts}
        return super().holders() | more
