"""What the parts of a whole world must show: bid desk, pool, push adapter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.stateful.world import World
from tests.support.rawchain import Contract
from zkpool_sdk.economics.protocol import Protocol
from zkpool_sdk.models import Address
from zkpool_sdk.units import zk

PROBE_WEI = zk(7) + 1
"""What the previews are asked about."""
Look = tuple[Contract, str, tuple[Any, ...], Any]


def looks(world: World, model: Protocol, now: int, whole: bool) -> Iterator[Look]:
    """Getters with what they must say: all that an act can change, or (``whole``) all there is."""
    at, roles, token = world.at, world.roles, model.token
    added = [part for part in (at.desk, at.delegation, at.push, at.adapter) if part]
    desk, pool, push, _ = added
    for contract in added:
        yield at.token, "balanceOf", (contract.address,), token.balance_of(Address(contract.address))
    yield from _desk(desk, world, model, whole)
    yield from _pool(pool, world, model, now, whole)
    yield from _push(push, world, model)
    yield from _taiko(world, model, now, whole)
    if whole:
        yield pool, "operator", (), model.pool.operator
        for adapter, known in model.pool.adapters.items():
            yield pool, "adapterOf", (adapter,), known
        for prover in roles.provers:
            yield pool, "isAllowed", (prover,), model.pool.allowed.get(prover, False)
            if prover in model.provers.ids:
                yield pool, "feeOf", (prover,), model.pool.fee_of(prover)


def _desk(desk: Contract, world: World, model: Protocol, whole: bool) -> Iterator[Look]:
    bids, roles = model.bids, world.roles
    for account in (*roles.requesters, *roles.attackers):
        yield desk, "depositOf", (account,), bids.deposit_of(account)
    for commitment, known in bids.commitments.items():
        yield desk, "commitmentOf", (commitment,), known
    for digest, task in bids.tasks.items():
        yield desk, "taskOf", (digest,), task
    for task, right in bids.rights.items():
        yield desk, "raiseRightOf", (task,), right
    if whole:
        for requester, digest in bids.revoked:
            yield desk, "isRevoked", (requester, digest), True


def _pool(vault: Contract, world: World, model: Protocol, now: int, whole: bool) -> Iterator[Look]:
    pool, roles = model.pool, world.roles
    yield vault, "idleWei", (), pool.idle_wei
    yield vault, "totalSupply", (), pool.total_supply
    yield vault, "totalAssets", (), pool.total_assets(now)
    yield vault, "lockedProfitWei", (), pool.locked_profit_wei(now)
    yield vault, "waitingShares", (), pool.waiting_shares
    yield vault, "requestRange", (), (pool.first_request, pool.next_request)
    yield vault, "adaptersWei", (), pool.adapters_wei
    for account in (*roles.savers, *roles.provers):
        yield vault, "creditOf", (account,), pool.credits.get(account, 0)
    for saver in roles.savers:
        yield vault, "balanceOf", (saver,), pool.shares.get(saver, 0)
    for prover in roles.provers:
        yield vault, "loanOf", (prover,), pool.loan_of(prover)
    for number, request in pool.requests.items():
        yield vault, "requestOf", (number,), request
    if whole:
        yield vault, "maxDeposit", (roles.savers[0],), pool.max_deposit(now)
        yield vault, "maxMint", (roles.savers[0],), pool.max_mint(now)
        yield vault, "previewDeposit", (PROBE_WEI,), pool.convert_to_shares(PROBE_WEI, now)
        yield vault, "previewMint", (PROBE_WEI,), pool.preview_mint(PROBE_WEI, now)
        yield vault, "previewWithdraw", (PROBE_WEI,), pool.preview_withdraw(PROBE_WEI, now)
        yield vault, "previewRedeem", (PROBE_WEI,), pool.convert_to_assets(PROBE_WEI, now)
        for saver in roles.savers:
            yield vault, "maxRedeem", (saver,), pool.max_redeem(saver, now)
            yield vault, "maxWithdraw", (saver,), pool.max_withdraw(saver, now)


def _push(adapter: Contract, world: World, model: Protocol) -> Iterator[Look]:
    roles = world.roles
    yield adapter, "workCount", (), len(model.push.works)
    for ext, work in model.push.works.items():
        yield adapter, "workOf", (ext,), work
    for account in (*roles.requesters, *roles.provers, *roles.attackers):
        yield adapter, "creditOf", (account,), model.push.credit_of(account)


def _taiko(world: World, model: Any, now: int, whole: bool) -> Iterator[Look]:
    at, taiko, units = world.at, model.taiko, model.taiko.unit_token
    assert at.taiko
    assert at.units
    yield at.taiko, "bookedUnits", (), taiko.booked_units
    yield at.taiko, "surplusWei", (), taiko.surplus_wei
    yield at.taiko, "liveWorks", (), list(taiko.live)
    yield at.token, "balanceOf", (taiko.address,), model.token.balance_of(taiko.address)
    yield at.units, "balanceOf", (taiko.address,), units.balance_of(taiko.address)
    yield at.market, "creditOf", (taiko.address,), model.credit_of(taiko.address)
    for ext, work in taiko.works.items():
        yield at.taiko, "workOf", (ext,), work
    if whole:
        yield at.taiko, "orders", (), taiko.orders
        yield at.taiko, "offer", (), taiko.offer
        yield at.taiko, "unitPriceWei", (), taiko.unit_price_wei
        yield at.taiko, "operator", (), taiko.operator
        yield at.taiko, "valueWei", (), taiko.value_wei(now)
