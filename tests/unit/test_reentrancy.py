"""A token that calls back in the middle of a transfer gains nothing anywhere."""

from __future__ import annotations

from typing import Any

import pytest
from eth_utils import to_hex

from tests.support.chain import Chain
from tests.support.deployment import ZKPool, deploy
from tests.support.reverts import reverts
from tests.support.scene import DAY, STATEMENT, ZK, Scene
from tests.unit.conftest import furnish


@pytest.fixture(scope="session")
def hook_pool(
    project: Any,
    accounts: Any,
    node: Chain,
    deployer: Any,
    guardian: Any,
    treasury: Any,
    actors: tuple[Any, ...],
) -> ZKPool:
    """A deployment around a token with a hook; the token itself bids, stakes and earns too."""
    token = deployer.deploy(project.HookToken, deployer)
    pool = deploy(project, accounts, node, guardian=guardian, treasury=treasury, token=token)
    pool = furnish(pool, node, actors)
    Scene(pool, node).fund(token.address, 1000 * ZK)
    return pool


@pytest.fixture
def hostile(hook_pool: ZKPool, node: Chain) -> Scene:
    return Scene(hook_pool, node)


@pytest.fixture
def token_account(accounts: Any, node: Chain, hook_pool: ZKPool) -> Any:
    """The token as a sender: only the token can call back as the account that started the call."""
    node.request("anvil_setBalance", hook_pool.token.address, hex(10**24))
    return accounts[hook_pool.token.address]


def arm(scene: Scene, method: Any, *args: Any) -> None:
    data = to_hex(method.encode_input(*args))
    scene.chain.send(scene.pool.token.arm, method.contract.address, data, sender=scene.pool.deployer)


@pytest.mark.parametrize(
    "inner",
    [
        "placeBid",
        "raiseBid",
        "cancelBid",
        "clear",
        "submitProof",
        "submitProofs",
        "decline",
        "claimOpen",
        "finalize",
        "claimCredit",
    ],
)
def test_reenter__market_while_a_bid_is_paid__reverts(hostile, requester, inner):
    market, queue = hostile.pool.market, hostile.queue
    args = {
        "placeBid": (queue, STATEMENT, ZK, hostile.chain.now + DAY, b""),
        "raiseBid": (b"\x01" * 32, ZK),
        "cancelBid": (b"\x01" * 32,),
        "clear": (queue,),
        "submitProof": (b"\x01" * 32, [], b""),
        "submitProofs": (queue, requester, [b"\x01" * 32], [[]], [b""]),
        "decline": (b"\x01" * 32,),
        "claimOpen": (b"\x01" * 32, 0),
        "finalize": (b"\x01" * 32,),
        "claimCredit": (),
    }[inner]
    arm(hostile, getattr(market, inner), *args)
    with reverts(market.ReentrancyGuardReentrantCall):
        market.placeBid(queue, STATEMENT, ZK, hostile.chain.now + DAY, b"", sender=requester)
    assert hostile.balance(market) == 0


@pytest.mark.parametrize(
    "outer", ["raiseBid", "cancelBid", "submitProof", "submitProofs", "finalize", "claimCredit"]
)
def test_reenter__claim_while_money_moves__reverts(hostile, requester, prover, keeper, outer):
    market = hostile.pool.market
    if outer == "cancelBid":
        task = hostile.place(requester, ZK)
        hostile.clear()
        call, sender = (market.cancelBid, task), requester
    elif outer == "raiseBid":
        task = hostile.place(requester, ZK)
        call, sender = (market.raiseBid, task, 2 * ZK), requester
    else:
        hostile.seat(prover)
        task = hostile.assigned(requester, ZK)
        if outer == "submitProof":
            call, sender = (market.submitProof, task, *hostile.proof(task, prover)), prover
        elif outer == "submitProofs":
            signals, proof = hostile.proof(task, prover)
            call, sender = (market.submitProofs, hostile.queue, prover, [task], [signals], [proof]), prover
        elif outer == "finalize":
            hostile.chain.warp_to(hostile.grace_until(task) + 1)
            call, sender = (market.finalize, task), keeper
        else:
            call, sender = (market.claimCredit,), requester
    arm(hostile, market.claimCredit)
    with reverts(market.ReentrancyGuardReentrantCall):
        call[0](*call[1:], sender=sender)


def test_reenter__expire_while_a_bid_is_paid__only_expires(hostile, requester, rival):
    """expireBid moves no token and is not guarded: it does what it would have done a moment later."""
    market = hostile.pool.market
    dead = hostile.place(rival, ZK, expires_at=hostile.chain.now + 700)
    hostile.chain.warp(800)
    arm(hostile, market.expireBid, dead)
    market.placeBid(hostile.queue, STATEMENT, 2 * ZK, hostile.chain.now + DAY, b"", sender=requester)
    assert (hostile.credit(rival), hostile.book()) == (ZK, [2 * ZK])
    assert hostile.balance(market) == 3 * ZK


def test_reenter__finish_unstake_while_it_pays__reverts(hostile, token_account):
    vault = hostile.pool.vault
    hostile.stake(token_account)
    hostile.chain.send(vault.requestUnstake, 40 * ZK, sender=token_account)
    hostile.chain.warp_to(vault.stakeOf(token_account).unbondAt)
    arm(hostile, vault.finishUnstake)
    with reverts(vault.NothingUnbonding, prover=token_account):
        vault.finishUnstake(sender=token_account)


def test_reenter__stake_while_it_is_paid__reverts(hostile, token_account):
    """The outer call then sees more arrive than it asked for."""
    vault = hostile.pool.vault
    arm(hostile, vault.stake, 5 * ZK)
    with reverts(vault.TokenTookFee, expectedWei=40 * ZK, gotWei=45 * ZK):
        vault.stake(40 * ZK, sender=token_account)


def test_reenter__claim_rewards_while_they_are_paid__reverts(hostile, requester, token_account):
    splitter = hostile.pool.splitter
    hostile.seat(token_account)
    hostile.prove(hostile.assigned(requester, ZK), token_account)
    hostile.chain.warp(DAY)
    arm(hostile, splitter.claim)
    with reverts(splitter.NothingToClaim, account=token_account):
        splitter.claim(sender=token_account)


def test_reenter__claim_treasury_while_it_is_paid__reverts(hostile, requester, prover, treasury, outsider):
    splitter = hostile.pool.splitter
    hostile.seat(prover)
    hostile.prove(hostile.assigned(requester, ZK), prover)
    hostile.chain.warp(DAY)
    arm(hostile, splitter.claimTreasury)
    with reverts(splitter.NothingToClaim, account=treasury):
        splitter.claimTreasury(sender=outsider)


def test_reenter__burn_while_it_burns__reverts(hostile, outsider, deployer):
    insurance, cap = hostile.pool.insurance, hostile.pool.insurance.capWei()
    hostile.chain.send(hostile.pool.token.transfer, insurance, cap + 9, sender=deployer)
    arm(hostile, insurance.burnOverflow)
    with reverts(insurance.NothingToBurn, balanceWei=cap, capWei=cap):
        insurance.burnOverflow(sender=outsider)
