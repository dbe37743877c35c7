"""Bounds that nothing can move, of the contracts that have no test of their own for them."""

from __future__ import annotations

from tests.support.stage import DAY, ZK, Stage, settle_city


def test_constants__of_settlement_and_adapters__are_those_of_the_protocol(built: Stage) -> None:
    snapshot = built.chain.snapshot()
    contracts = settle_city(built).contracts
    assert contracts["Settlement"].read("BATCH_LIMIT") == 32
    taiko, push = contracts["TaikoAdapter"], contracts["PushAdapter"]
    least, most = taiko.read("MIN_UNIT_PRICE_WEI"), taiko.read("MAX_UNIT_PRICE_WEI")
    assert 0 < least < taiko.read("unitPriceWei") == ZK < most
    assert int(taiko.read("unitToken"), 16) != 0
    assert 0 < push.read("CLOSE_SECONDS") < push.read("MAX_POST_SECONDS") <= 30 * DAY
    built.chain.revert(snapshot)
