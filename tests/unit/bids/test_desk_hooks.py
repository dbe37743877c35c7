"""A token that calls back while the desk brings a bid, or more for one, into the market."""

from __future__ import annotations

import pytest

from tests.support.rawchain import Contract, compiled
from tests.unit.bids.bench import ZK, Bench, reverts, task_of
from zkpool_sdk.errors import ReentrancyGuardReentrantCall
from zkpool_sdk.units import Wei


@pytest.mark.parametrize("act", ["place", "raise"])
def test_reenter__market_while_the_desk_moves_a_requesters_money__is_refused(bench: Bench, act: str) -> None:
    """The desk's own guard is another contract's; the market has to keep itself."""
    task = task_of(bench.place_signed(bench.offer_with(cap_wei=Wei(9 * ZK))))
    hook = compiled()["HookToken"]
    model = bench.chain.deploy(hook, bench.deployer)
    bench.chain.set_code(bench.raw.token.address, bench.chain.code(model.address))
    token = Contract(bench.chain, hook.abi, bench.raw.token.address)
    inner = bench.market.data("placeBid", bench.queue, [12], ZK, bench.bid().expires_at, b"")
    bench.raw.fund(token.address, ZK)
    bench.chain.set_balance(token.address, 10**24)
    token.send(token.address, "approve", bench.market.address, ZK)
    token.send(bench.deployer, "arm", bench.market.address, inner)
    with reverts(ReentrancyGuardReentrantCall):
        if act == "place":
            bench.place_signed(bench.offer_with(salt=2))
        else:
            bench.desk.send(bench.relayer, "raiseFor", task, 3 * ZK)
