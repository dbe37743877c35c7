"""Attacks through the token: receivers that refuse, tokens that lie, calls back in mid-transfer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.rawchain import Chain
from tests.support.stage import (
    DAY,
    FAILED,
    MIN_BASE_FEE,
    PROVEN,
    ZK,
    Stage,
    build,
    fresh,
)

SAYS_NO = "0x5f5f5260205ff3"
"""Runtime code that returns 32 bytes of zero to every call: transfers fail without a revert."""
SAYS_NOTHING = "0x00"
"""Runtime code that stops: transfers return nothing and move nothing."""


@pytest.fixture(scope="session")
def hooked_world(raw_chain: Chain) -> Stage:
    return build(raw_chain, token="HookToken")


@pytest.fixture
def hooked(hooked_world: Stage) -> Iterator[Stage]:
    """A market around a token that makes a call of somebody's choice in the middle of a transfer."""
    yield from fresh(hooked_world)


def refuse_next_transfer(stage: Stage) -> None:
    """The next transfer's receiver reverts."""
    token = stage.pool.token
    stage.act(stage.attacker, token, "arm", token.address, token.data("transfer", stage.attacker, 2**255))


def test_receiver__that_reverts__blocks_nobody_but_itself(hooked: Stage) -> None:
    """Refund, award, proof, slash and failure send the requester nothing: it pulls, or does not."""
    hooked.seat(hooked.prover)
    hooked.place(hooked.rival, 3 * ZK)
    task = hooked.assigned(hooked.attacker, 5 * ZK)
    hooked.prove(task, hooked.prover)
    missed = hooked.assigned(hooked.attacker, 5 * ZK)
    hooked.act(hooked.keeper, hooked.pool.market, "finalize", missed, at=hooked.chain.now + 3 * DAY)
    assert (hooked.task(task).status, hooked.task(missed).status) == (PROVEN, FAILED)
    owed = hooked.credit(hooked.attacker)
    refuse_next_transfer(hooked)
    name = hooked.refusal(hooked.attacker, hooked.pool.market, "claimCredit")
    assert name in {"ERC20InsufficientBalance", "FailedCall"}
    assert hooked.credit(hooked.attacker) == owed, "and its claim waits for it"


@pytest.mark.parametrize("function", ["claimCredit", "placeBid", "finalize", "submitProof"])
def test_token__that_calls_back__finds_the_market_closed(hooked: Stage, function: str) -> None:
    """While one call moves money no other begins: the guard is one for bids, proofs and claims alike."""
    hooked.seat(hooked.prover)
    task = hooked.assigned(hooked.attacker, 5 * ZK)
    market, token = hooked.pool.market, hooked.pool.token
    given = {
        "claimCredit": (),
        "placeBid": (hooked.queue, [11, 22], ZK, hooked.chain.now + DAY, b""),
        "finalize": (task,),
        "submitProof": (task, *hooked.proof(task, hooked.prover)),
    }[function]
    hooked.act(hooked.attacker, token, "arm", market.address, market.data(function, *given))
    bid = (hooked.queue, [11, 22], 2 * ZK, hooked.chain.now + DAY, b"")
    assert hooked.refusal(hooked.attacker, market, "placeBid", *bid) == "ReentrancyGuardReentrantCall"
    proof = hooked.proof(task, hooked.prover)
    name = hooked.refusal(hooked.prover, market, "submitProof", task, *proof)
    assert name == "ReentrancyGuardReentrantCall"


def test_token__that_calls_back_in_a_stake__is_told_apart(hooked: Stage) -> None:
    vault, token = hooked.pool.vault, hooked.pool.token
    hooked.chain.set_balance(token.address, 10**20)
    hooked.fund(token.address, 100 * ZK)
    hooked.act(hooked.attacker, token, "arm", vault.address, vault.data("stake", 5 * ZK))
    assert hooked.refusal(hooked.attacker, vault, "stake", 40 * ZK) == "TokenTookFee"


@pytest.mark.parametrize("code", [SAYS_NO, SAYS_NOTHING])
def test_token__that_moves_nothing__buys_nothing(stage: Stage, code: str) -> None:
    """A transfer that fails in silence credits nobody: neither a bid nor a stake comes of it."""
    stage.seat(stage.prover)
    stage.skip(DAY)
    honest = stage.chain.code(stage.pool.token.address)
    stage.chain.set_code(stage.pool.token.address, bytes.fromhex(code[2:]))
    bid = (stage.queue, [11, 22], ZK, stage.chain.now + DAY, b"")
    calls = [
        (stage.attacker, stage.pool.market, "placeBid", bid),
        (stage.attacker, stage.pool.vault, "stake", (40 * ZK,)),
        (stage.attacker, stage.pool.vault, "stakeFor", (stage.prover, 40 * ZK)),
        (stage.attacker, stage.pool.delegation, "deposit", (ZK, stage.attacker)),
    ]
    for who, contract, function, arguments in calls:
        assert not contract.try_send(who, function, *arguments).ok, function
    stage.chain.set_code(stage.pool.token.address, honest)
    assert stage.stake_of(stage.attacker).own_wei == 0


def test_donation__to_every_contract__changes_nobodys_claim(stage: Stage) -> None:
    """Tokens sent unasked count for nothing: prices, stakes, shares and claims are as before."""
    delegation = stage.pool.delegation
    stage.fund(stage.delegator, 100 * ZK)
    stage.act(stage.delegator, delegation, "deposit", 100 * ZK, stage.delegator)
    stage.seat(stage.prover)
    task = stage.assigned(stage.requester)
    shares = delegation.read("balanceOf", stage.delegator)
    before = (
        stage.task(task),
        stage.stake_of(stage.prover),
        stage.credit(stage.requester),
        delegation.read("convertToAssets", shares),
        delegation.read("totalAssets"),
    )
    for target in (stage.pool.market, stage.pool.vault, stage.pool.splitter, delegation, stage.pool.desk):
        stage.act(stage.attacker, stage.pool.token, "transfer", target.address, 1000 * ZK)
    after = (
        stage.task(task),
        stage.stake_of(stage.prover),
        stage.credit(stage.requester),
        delegation.read("convertToAssets", shares),
        delegation.read("totalAssets"),
    )
    assert after == before
    stage.prove(task, stage.prover)
    assert stage.earned(stage.prover) == MIN_BASE_FEE * 8 // 10


def test_approval__of_the_splitter__is_used_up(stage: Stage) -> None:
    """Restaking leaves no allowance behind for whoever comes to stand at an old address."""
    stage.seat(stage.prover)
    stage.prove(stage.assigned(stage.requester), stage.prover)
    stage.skip(DAY)
    stage.act(stage.prover, stage.pool.splitter, "restake")
    allowance = stage.pool.token.read("allowance", stage.pool.splitter.address, stage.pool.vault.address)
    assert allowance == 0
