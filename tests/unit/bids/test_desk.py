"""The desk as a holder of deposits: its wiring, its token, and nobody inside it twice."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.rawchain import RpcError, compiled
from tests.unit.bids.bench import CYCLE, DEPOSIT, MIN_BASE_FEE, ROUND, ZK, Bench, opening, reverts
from zkpool_sdk import errors
from zkpool_sdk.chain.bids import COMMIT_SECONDS, CYCLE_SECONDS
from zkpool_sdk.units import DAY


def become(bench: Bench, name: str, *arguments: Any) -> None:
    """Puts another token's code where the market's token is; balances and allowances stay."""
    other = bench.chain.deploy(compiled()[name], *arguments)
    bench.chain.set_code(bench.raw.token.address, bench.chain.code(other.address))


def test_desk__its_wiring__is_the_markets(bench: Bench) -> None:
    for part in ("token", "projects", "insurance"):
        assert bench.desk.read(part) == bench.market.read(part)
    assert bench.desk.read("market") == bench.lens.read("market") == bench.market.address
    assert bench.lens.read("projects") == bench.raw.projects.address
    assert bench.market.read("desk") == bench.desk.address
    assert bench.desk.read("SEALED_DEPOSIT_WEI") == DEPOSIT
    assert bench.desk.read("CYCLE_SECONDS") == CYCLE_SECONDS == CYCLE
    assert bench.desk.read("COMMIT_SECONDS") == COMMIT_SECONDS == ROUND


@pytest.mark.parametrize("name", ["BidDesk", "MarketLens"])
def test_constructor__no_contract_for_a_market__is_refused(bench: Bench, name: str) -> None:
    artifact = compiled()[name]
    creation = bytes.fromhex(artifact.bytecode) + bytes(12) + bytes.fromhex(bench.outsider[2:])
    assert not bench.chain.send(bench.deployer, None, creation).ok
    error = artifact.abi.errors["MarketHasNoCode"].encode([bench.outsider])
    with pytest.raises(RpcError, match=error.hex()):
        bench.chain.call(None, creation, bench.deployer)


def test_bind_desk__again_or_by_another__is_refused(bench: Bench) -> None:
    with reverts(errors.NotDeployer, caller=bench.outsider):
        bench.market.send(bench.outsider, "bindDesk", bench.lens.address)
    with reverts(errors.DeskAlreadyBound, desk=bench.desk.address):
        bench.market.send(bench.deployer, "bindDesk", bench.lens.address)


def test_commit__token_that_keeps_a_part__is_refused(bench: Bench) -> None:
    become(bench, "FeeToken", bench.deployer, 100)
    with reverts(errors.TokenTookFee, expected_wei=DEPOSIT, got_wei=DEPOSIT * 99 // 100):
        bench.commit(bench.sealed_bid())


def calls_back(bench: Bench) -> dict[str, bytes]:
    """Every function of the desk that moves money or bids, as calldata."""
    offer, sealed = bench.offer_with(), bench.sealed_bid()
    arguments: dict[str, tuple[Any, ...]] = {
        "placeSigned": (offer.bid, offer.signature),
        "raiseFor": (bytes(32), 0),
        "commit": (bench.sealed, bytes(32)),
        "reveal": opening(sealed),
        "forfeit": (bytes(32),),
        "claimDeposit": (),
    }
    return {name: bench.desk.data(name, *given) for name, given in arguments.items()}


@pytest.mark.parametrize(
    "function", ["placeSigned", "raiseFor", "commit", "reveal", "forfeit", "claimDeposit"]
)
def test_reentrancy__a_token_that_calls_back__finds_the_door_shut(bench: Bench, function: str) -> None:
    """Lesson 39: while tokens move, nothing of the desk can be called."""
    bid = bench.sealed_bid()
    inner = calls_back(bench)[function]
    become(bench, "HookToken", bench.deployer)
    hooked = bench.chain.deploy(compiled()["HookToken"], bench.deployer)
    arm = hooked.data("arm", bench.desk.address, inner)
    bench.chain.send(bench.outsider, bench.raw.token.address, arm)
    with reverts(errors.ReentrancyGuardReentrantCall):
        bench.commit(bid)


def test_solvency__whatever_was_committed__is_held(bench: Bench) -> None:
    """I-1: a deposit for each open commitment, and what can be claimed; a donation changes nothing."""
    sealed = [bench.sealed_bid(bidder) for bidder in bench.bidders[:4]]
    found = [bench.commit(sealed[0])]
    found += [bench.commit(bid, bench.chain.now + 1) for bid in sealed[1:]]
    assert bench.balance(bench.desk.address) == 4 * DEPOSIT
    bench.raw.token.send(bench.requester, "transfer", bench.desk.address, 7)
    for bid in sealed[:2]:
        bench.reveal(bid)
    bench.desk.send(bench.outsider, "forfeit", found[2], at=(bench.chain.now // CYCLE + 1) * CYCLE)
    bench.desk.send(sealed[0].requester, "claimDeposit")
    claimable = sum(bench.desk.read("depositOf", bid.requester) for bid in sealed)
    committed = [bench.desk.read("commitmentOf", each)[2] for each in found].count(1)
    assert (claimable, committed) == (DEPOSIT, 1)
    assert bench.balance(bench.desk.address) == 2 * DEPOSIT + 7


def test_gas__placing_a_signed_bid__is_near_a_plain_one(bench: Bench) -> None:
    """What the detour costs: a signature, a digest, and who brought it."""
    bench.place(bench.requester, MIN_BASE_FEE)
    expires_at = bench.chain.now + DAY
    plain = bench.market.send(bench.requester, "placeBid", bench.queue, [11], 2 * ZK, expires_at, b"inputs")
    signed = bench.place_signed(bench.offer_with())
    assert signed.gas_used - plain.gas_used < 60_000
