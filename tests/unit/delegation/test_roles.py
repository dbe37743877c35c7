"""Who may do what; tokens that call back, and tokens that take a fee."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.rawchain import Artifacts, Chain, Contract
from tests.support.rawpool import OFFSET, WEEK, ZK, RawPool, kept, reverts
from zkpool_sdk import errors

UNLIMITED = 2**256 - 1
OWNER_ONLY = {
    "setOperator": ("0x" + "05" * 20,),
    "allowAdapter": ("0x" + "05" * 20, 1),
    "writeOff": ("0x" + "05" * 20,),
    "transferOwnership": ("0x" + "05" * 20,),
    "renounceOwnership": (),
}
OPERATOR_ONLY = {"allowProver": ("0x" + "05" * 20, True), "fund": ("0x" + "05" * 20, 1)}


@pytest.mark.parametrize("function", OWNER_ONLY)
def test_owner_only__anybody_else__reverts(pool: RawPool, function: str) -> None:
    for caller in (pool.operator, pool.delegator, pool.prover, pool.outsider):
        with reverts(errors.OwnableUnauthorizedAccount, account=caller):
            pool.send(caller, function, *OWNER_ONLY[function])


@pytest.mark.parametrize("function", OPERATOR_ONLY)
def test_operator_only__anybody_else__reverts(pool: RawPool, function: str) -> None:
    for caller in (pool.owner, pool.delegator, pool.prover, pool.outsider):
        with reverts(errors.NotOperator, caller=caller):
            pool.send(caller, function, *OPERATOR_ONLY[function])


def test_operator__replaced__has_no_power_left(pool: RawPool) -> None:
    pool.send(pool.owner, "setOperator", pool.outsider)
    assert pool.read("operator") == pool.outsider
    with reverts(errors.NotOperator, caller=pool.operator):
        pool.send(pool.operator, "allowProver", pool.prover, True)
    pool.send(pool.outsider, "allowProver", pool.prover, True)


def test_ownership__handed_over__in_two_steps(pool: RawPool) -> None:
    pool.send(pool.owner, "transferOwnership", pool.operator)
    assert (pool.read("owner"), pool.read("pendingOwner")) == (pool.owner, pool.operator)
    with reverts(errors.OwnableUnauthorizedAccount, account=pool.outsider):
        pool.send(pool.outsider, "acceptOwnership")
    pool.send(pool.operator, "acceptOwnership")
    assert pool.read("owner") == pool.operator


def test_parts__are_what_they_were_deployed_with(pool: RawPool) -> None:
    for name in ("vault", "splitter", "provers"):
        assert pool.read(name) == getattr(pool.raw, name).address
    constants = {
        "MATURITY_SECONDS": WEEK,
        "WALK_LIMIT": 32,
        "MIN_REQUEST_WEI": 10**15,
        "UNLOCK_SECONDS": 86_400,
        "LOAN_WEI": 32 * ZK,
        "FEE_WEI": ZK,
        "FREE_RATING_PPM": 600_000,
        "MAX_LENT_BPS": 5000,
        "MAX_ADAPTERS_BPS": 3000,
        "MIN_PROFIT_SHARES": ZK * OFFSET,
        "READ_GAS": 300_000,
        "MARK_GAS": 900_000,
    }
    assert {name: pool.read(name) for name in constants} == constants
    assert pool.raw.vault.read("sponsor") == pool.raw.splitter.read("delegators") == pool.delegation.address


def test_shares__are_an_ordinary_token(pool: RawPool) -> None:
    shares = pool.deposit(pool.delegator, 10 * ZK)
    pool.send(pool.delegator, "transfer", pool.outsider, shares // 2)
    pool.send(pool.delegator, "approve", pool.outsider, shares // 4)
    pool.send(pool.outsider, "transferFrom", pool.delegator, pool.second_delegator, shares // 4)
    held = [pool.shares(a) for a in (pool.delegator, pool.outsider, pool.second_delegator)]
    assert held == [shares // 4, shares // 2, shares // 4]


# --- other tokens


def vault_around(chain: Chain, artifacts: Artifacts, token: Contract) -> Contract:
    """A vault around another token, with a stake vault and a splitter of its own."""
    deployer = chain.accounts[0]

    def new(name: str, *arguments: Any) -> Contract:
        return chain.deploy(artifacts[name], *arguments)

    accelerators, projects = new("AcceleratorRegistry"), new("ProjectRegistry", deployer)
    vault = new("StakeVault", token.address, deployer, False)
    provers = new("ProverRegistry", projects.address, vault.address, accelerators.address)
    splitter = new("RewardSplitter", token.address, deployer, deployer, vault.address, accelerators.address)
    parts = (token, vault, splitter, provers)
    pool = new("DelegationVault", *(part.address for part in parts), deployer)
    vault.send(deployer, "bindSponsor", pool.address)
    token.send(deployer, "approve", pool.address, UNLIMITED)
    return pool


@pytest.fixture
def own_chain(deployed_pool: RawPool) -> Iterator[Chain]:
    with kept(deployed_pool.chain):
        yield deployed_pool.chain


@pytest.fixture
def hooked(own_chain: Chain, artifacts: Artifacts) -> tuple[Contract, Contract]:
    """A token with a hook, and a vault around it in which the token itself has 10 ZK of matured shares."""
    token = own_chain.deploy(artifacts["HookToken"], own_chain.accounts[0])
    own_chain.set_balance(token.address, 10**24)
    pool = vault_around(own_chain, artifacts, token)
    pool.send(own_chain.accounts[0], "deposit", 10 * ZK, token.address)
    pool.send(token.address, "requestRedeem", 10 * ZK * OFFSET, token.address)
    own_chain.now += WEEK
    return token, pool


INNER = {
    "deposit": (1, "0x" + "05" * 20),
    "mint": (1, "0x" + "05" * 20),
    "redeem": (1, "0x" + "05" * 20, "0x" + "05" * 20),
    "withdraw": (1, "0x" + "05" * 20, "0x" + "05" * 20),
    "requestRedeem": (1, "0x" + "05" * 20),
    "settleRequests": (1,),
    "claimCredit": (),
    "collect": (),
    "borrowStake": (),
    "returnStake": (),
    "recall": ("0x" + "05" * 20,),
    "repay": (1,),
    "mark": ("0x" + "05" * 20,),
}


@pytest.mark.parametrize("outer", ["deposit", "redeem", "claimCredit"])
@pytest.mark.parametrize("inner", INNER)
def test_reenter__while_money_moves__reverts_e53(
    own_chain: Chain, hooked: tuple[Contract, Contract], outer: str, inner: str
) -> None:
    """A token that calls back finds the vault closed, whatever it tries."""
    token, pool = hooked
    deployer = own_chain.accounts[0]
    if outer == "claimCredit":
        pool.send(deployer, "settleRequests", 1)
    token.send(deployer, "arm", pool.address, pool.data(inner, *INNER[inner]))
    with reverts(errors.ReentrancyGuardReentrantCall):
        if outer == "deposit":
            pool.send(deployer, "deposit", ZK, deployer)
        elif outer == "redeem":
            pool.send(token.address, "redeem", ZK * OFFSET, token.address, token.address)
        else:
            pool.send(token.address, "claimCredit")


def test_deposit__token_that_takes_a_fee__reverts_e52(own_chain: Chain, artifacts: Artifacts) -> None:
    deployer = own_chain.accounts[0]
    token = own_chain.deploy(artifacts["FeeToken"], deployer, 100)
    pool = vault_around(own_chain, artifacts, token)
    with reverts(errors.TokenTookFee, expected_wei=100 * ZK, got_wei=99 * ZK):
        pool.send(deployer, "deposit", 100 * ZK, deployer)
