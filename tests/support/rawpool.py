"""A delegation vault on a ``Chain``, and short ways to bring it into a state.

Slashes and profits come in through the vault's neighbours, called as the market would call them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.support.rawchain import Artifacts, Chain, Contract, Receipt
from tests.support.rawmarket import RawMarket, deploy
from zkpool_sdk.errors import ContractError
from zkpool_sdk.units import DAY, WEI_PER_ZK

ZK: Final = WEI_PER_ZK
OFFSET: Final = 10**6
"""Shares to a wei at the first price."""
WEEK: Final = 7 * DAY
MISSED: Final = 1
SUPPLY_WEI: Final = 100_000_000 * ZK
"""What each role gets."""
DELEGATORS_PART: Final = 10
"""A price pays one part in ten to the delegators at the first rates."""
RATING_BIT: Final = 160
BAN_BIT: Final = 224
"""Where rating and ban lie in the storage word of a prover."""
LAYOUT_SEARCH: Final = 16


@dataclass(frozen=True, slots=True)
class RawPool:
    """A vault, its neighbours, and who acts on it."""

    raw: RawMarket
    delegation: Contract
    delegator: str
    second_delegator: str
    outsider: str
    operator: str
    prover: str
    second_prover: str

    @property
    def chain(self) -> Chain:
        return self.raw.chain

    @property
    def owner(self) -> str:
        """Owner of everything."""
        return self.raw.deployer

    # --- reading

    def read(self, view: str, *arguments: Any) -> Any:
        """A view of the vault."""
        return self.delegation.read(view, *arguments)

    def balance(self, account: str) -> int:
        """Tokens of an account."""
        return int(self.raw.token.read("balanceOf", account))

    def shares(self, account: str) -> int:
        return int(self.read("balanceOf", account))

    def price(self) -> tuple[int, int]:
        """What a share is worth, as assets and shares, virtual ones included."""
        return self.read("totalAssets") + 1, self.read("totalSupply") + OFFSET

    def matures_at(self, request: int) -> int:
        return int(self.read("requestOf", request)[1])

    # --- acting

    def send(self, sender: str, function: str, *arguments: Any, at: int | None = None) -> Receipt:
        """Mines a call of the vault."""
        return self.delegation.send(sender, function, *arguments, at=at)

    def deposit(self, who: str, amount_wei: int) -> int:
        """Deposits for oneself; the shares."""
        before = self.shares(who)
        self.send(who, "deposit", amount_wei, who)
        return self.shares(who) - before

    def request(self, who: str, shares: int) -> int:
        """Asks to redeem one's own shares; the request."""
        self.send(who, "requestRedeem", shares, who)
        return int(self.read("requestRange")[1]) - 1

    def matured(self, who: str, shares: int) -> int:
        """A request a week later."""
        request = self.request(who, shares)
        self.pass_time(WEEK)
        return request

    def pass_time(self, seconds: int) -> None:
        """An empty block so much later."""
        self.chain.mine(self.chain.now + seconds)

    def borrow(self, who: str) -> None:
        self.send(who, "borrowStake")

    def sponsored(self, who: str) -> None:
        """A loan without a fee, whatever the rating."""
        self.send(self.operator, "allowProver", who, True)
        self.borrow(who)

    def rate(self, who: str, rating_ppm: int) -> None:
        """Writes a prover's rating into its storage word; a hundred proofs would do it too."""
        self._rewrite(who, ~(0xFFFFFF << RATING_BIT), rating_ppm << RATING_BIT)

    def ban(self, who: str, until: int) -> None:
        """Writes a ban into a prover's storage word."""
        self._rewrite(who, 2**BAN_BIT - 1, until << BAN_BIT)

    def lock(self, who: str, bond_wei: int) -> None:
        """Locks a bond, as the market."""
        self.raw.vault.send(self.raw.market.address, "lockBonds", [who], [bond_wei])

    def release(self, who: str, bond_wei: int) -> None:
        """Releases a bond after an accepted proof, as the market."""
        self.raw.vault.send(self.raw.market.address, "releaseBond", who, bond_wei, True)

    def slash(self, who: str, bond_wei: int) -> None:
        """Locks a bond and slashes it for a missed window, as the market."""
        self.lock(who, bond_wei)
        order = (b"\x01" * 32, who, bond_wei, MISSED, 0, 0, False, False)
        self.raw.vault.send(self.raw.market.address, "slash", order)

    def earn(self, amount_wei: int) -> None:
        """Earns the delegators so much, as the market; it can be collected from the next epoch on."""
        price_wei = amount_wei * DELEGATORS_PART
        self.raw.token.send(self.owner, "transfer", self.raw.splitter.address, price_wei)
        self.raw.splitter.send(
            self.raw.market.address, "credit", self.prover, [price_wei], [self.chain.now], False, 0, 0
        )

    def profit(self, amount_wei: int) -> None:
        """Earns and collects so much; an epoch passes."""
        self.earn(amount_wei)
        self.pass_time(DAY)
        self.send(self.outsider, "collect")

    def adapter(self, artifacts: Artifacts, cap_wei: int = 10_000 * ZK) -> Contract:
        """A new adapter that may be funded up to a cap."""
        adapter = self.chain.deploy(artifacts["MockAdapter"])
        self.send(self.owner, "allowAdapter", adapter.address, cap_wei)
        return adapter

    def owed(self, accounts: Sequence[str]) -> int:
        """What the vault must hold: idle money, credits, and fees of open loans."""
        credits_wei = sum(self.read("creditOf", account) for account in accounts)
        return int(self.read("idleWei") + credits_wei + sum(self.read("loanOf", a)[1] for a in accounts))

    def _rewrite(self, who: str, keep: int, bits: int) -> None:
        """Replaces the bits of a prover's storage word that are not in `keep`."""
        registry, prover = self.raw.provers.address, self.raw.provers.read("idOf", who)
        for base in range(LAYOUT_SEARCH):
            slot = int.from_bytes(keccak(encode(("uint256", "uint256"), (prover, base))), "big")
            word = self.chain.storage(registry, slot)
            if word % 2**RATING_BIT == int(who, 16):
                self.chain.set_storage(registry, slot, word & keep | bits)
                return
        raise AssertionError("the registry keeps its provers elsewhere")


def deploy_pool(chain: Chain, artifacts: Artifacts) -> RawPool:
    """Deploys a market and its vault; two registered provers without stake, everybody funded and approved."""
    roles = chain.accounts[1:7]
    raw = deploy(chain, artifacts, treasury=chain.accounts[7])
    assert raw.delegation is not None
    pool = RawPool(raw, raw.delegation, *roles)
    for account in roles:
        raw.fund(account, SUPPLY_WEI, pool.delegation, raw.vault)
    for prover in (pool.prover, pool.second_prover):
        raw.provers.send(prover, "register", "")
    pool.send(pool.owner, "setOperator", pool.operator)
    chain.set_balance(raw.market.address, 10**24)
    return pool


@contextmanager
def kept(chain: Chain) -> Iterator[None]:
    """Goes back to how the chain was."""
    snapshot = chain.snapshot()
    try:
        yield
    finally:
        chain.revert(snapshot)


@contextmanager
def reverts(error: type[ContractError], **fields: Any) -> Iterator[None]:
    """Expects this error, with these values in these of its fields."""
    with pytest.raises(error) as caught:
        yield
    got = {name: _plain(getattr(caught.value, name)) for name in fields}
    assert got == {name: _plain(value) for name, value in fields.items()}


def _plain(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value
