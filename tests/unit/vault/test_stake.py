"""`stake` and `stakeWithPermit`: becoming a prover with something to lose."""

from __future__ import annotations

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data

from tests.support.reverts import reverts
from tests.support.scene import DAY, ZK


def test_stake__entry_amount__activates(scene, vault, prover):
    before = scene.balance(prover)
    now = scene.chain.now + 10
    scene.chain.next_at(now)
    receipt = vault.stake(32 * ZK, sender=prover)
    [staked] = receipt.decode_logs(vault.Staked)
    assert (staked.prover, staked.amountWei) == (prover.address, 32 * ZK)
    stake = vault.stakeOf(prover)
    assert (stake.ownWei, stake.lockedWei, stake.unbondingWei, stake.sponsoredWei) == (32 * ZK, 0, 0, 0)
    assert (stake.active, stake.decaysFrom) == (True, now + DAY)
    assert vault.isActive(prover)
    assert list(vault.freeCoverOf(1, [prover])) == [32 * ZK]
    assert (scene.balance(prover), scene.balance(vault)) == (before - 32 * ZK, 32 * ZK)


def test_stake__one_wei_short_of_entry__stays_inactive(scene, vault, prover):
    vault.stake(32 * ZK - 1, sender=prover)
    stake = vault.stakeOf(prover)
    assert (stake.ownWei, stake.active, stake.decaysFrom) == (32 * ZK - 1, False, 0)
    assert list(vault.freeCoverOf(1, [prover])) == [0], "cover counts only while active"
    vault.stake(1, sender=prover)
    assert vault.isActive(prover)


def test_stake__more_while_active__does_not_restart_the_idle_clock(scene, vault, prover):
    """Dust does not dodge decay."""
    scene.stake(prover)
    decays_from = vault.stakeOf(prover).decaysFrom
    scene.chain.warp(DAY // 2)
    vault.stake(1, sender=prover)
    assert vault.stakeOf(prover).decaysFrom == decays_from


def test_stake__more_while_idle__settles_first(scene, vault, insurance, prover):
    """40 ZK, 24 hours beyond the day of grace: 39.6 ZK, less one wei of rounding."""
    scene.stake(prover)
    decays_from = vault.stakeOf(prover).decaysFrom
    scene.chain.next_at(decays_from + DAY)
    receipt = vault.stake(ZK, sender=prover)
    [decayed] = receipt.decode_logs(vault.Decayed)
    assert (decayed.prover, decayed.idleHours) == (prover.address, 24)
    assert decayed.amountWei == 40 * ZK - 39599999999999999999
    assert vault.stakeOf(prover).ownWei == 39599999999999999999 + ZK
    assert scene.balance(insurance) == decayed.amountWei
    assert vault.stakeOf(prover).decaysFrom == decays_from + DAY


def test_stake__nothing__reverts(vault, prover):
    with reverts(vault.AmountZero):
        vault.stake(0, sender=prover)


def test_stake__without_tokens__reverts(scene, vault, token, outsider):
    scene.chain.send(token.approve, vault, ZK, sender=outsider)
    with reverts(token.ERC20InsufficientBalance, sender=outsider, balance=0, needed=ZK):
        vault.stake(ZK, sender=outsider)


def test_stake__without_allowance__reverts(vault, token, outsider):
    with reverts(token.ERC20InsufficientAllowance, spender=vault, allowance=0, needed=ZK):
        vault.stake(ZK, sender=outsider)


def test_stake__more_than_any_supply__reverts(vault, prover):
    with reverts(vault.SafeCastOverflowedUintDowncast, bits=96, value=2**96):
        vault.stake(2**96, sender=prover)


def test_stake__with_a_token_that_takes_a_fee__reverts(fee_pool, prover):
    with reverts(fee_pool.vault.TokenTookFee, expectedWei=100 * ZK, gotWei=99 * ZK):
        fee_pool.vault.stake(100 * ZK, sender=prover)


def test_stake__again_after_a_full_exit__takes_the_entry_stake(scene, vault, prover):
    scene.stake(prover, 50 * ZK)
    scene.chain.send(vault.requestUnstake, 50 * ZK, sender=prover)
    scene.chain.send(vault.stake, 31 * ZK, sender=prover)
    assert not vault.isActive(prover), "stake that is leaving does not count"
    now = scene.chain.now + 50
    scene.chain.next_at(now)
    scene.chain.send(vault.stake, ZK, sender=prover)
    stake = vault.stakeOf(prover)
    assert (stake.active, stake.ownWei, stake.unbondingWei) == (True, 32 * ZK, 50 * ZK)
    assert stake.decaysFrom == now + DAY


# --- with a permit


@pytest.fixture
def signer(scene):
    """An account whose key the test holds: tokens, no allowance."""
    account = Account.from_key(b"\x42" * 32)
    scene.chain.send(scene.pool.token.transfer, account.address, 100 * ZK, sender=scene.pool.deployer)
    scene.chain.request("anvil_setBalance", account.address, hex(10**20))
    return account


def permit(token, vault, signer, amount_wei, deadline, nonce=0):
    domain = {
        "name": "ZKPool",
        "version": "1",
        "chainId": 31337,
        "verifyingContract": token.address,
    }
    fields = ("owner", "address"), ("spender", "address"), ("value", "uint256"), ("nonce", "uint256")
    types = {"Permit": [{"name": n, "type": t} for n, t in (*fields, ("deadline", "uint256"))]}
    message = {
        "owner": signer.address,
        "spender": vault.address,
        "value": amount_wei,
        "nonce": nonce,
        "deadline": deadline,
    }
    signed = signer.sign_message(encode_typed_data(domain, types, message))
    return signed.v, signed.r.to_bytes(32), signed.s.to_bytes(32)


def test_stake_with_permit__fresh_permit__needs_no_approval(scene, accounts, token, vault, signer):
    deadline = scene.chain.now + 1000
    v, r, s = permit(token, vault, signer, 40 * ZK, deadline)
    vault.stakeWithPermit(40 * ZK, deadline, v, r, s, sender=accounts[signer.address])
    assert vault.isActive(signer.address)
    assert token.allowance(signer.address, vault) == 0
    assert token.nonces(signer.address) == 1


def test_stake_with_permit__permit_used_first_by_somebody_else__still_stakes(
    scene, accounts, token, vault, signer, outsider
):
    """Bringing another's permit on chain first makes its call no worse."""
    deadline = scene.chain.now + 1000
    v, r, s = permit(token, vault, signer, 40 * ZK, deadline)
    scene.chain.send(token.permit, signer.address, vault, 40 * ZK, deadline, v, r, s, sender=outsider)
    vault.stakeWithPermit(40 * ZK, deadline, v, r, s, sender=accounts[signer.address])
    assert vault.stakeOf(signer.address).ownWei == 40 * ZK


def test_stake_with_permit__replayed__reverts(scene, accounts, token, vault, signer):
    deadline = scene.chain.now + 1000
    v, r, s = permit(token, vault, signer, 40 * ZK, deadline)
    sender = accounts[signer.address]
    vault.stakeWithPermit(40 * ZK, deadline, v, r, s, sender=sender)
    with reverts(token.ERC20InsufficientAllowance, spender=vault, allowance=0, needed=40 * ZK):
        vault.stakeWithPermit(40 * ZK, deadline, v, r, s, sender=sender)


def test_stake_with_permit__permit_of_somebody_else__moves_nothing_of_theirs(
    scene, token, vault, signer, prover
):
    """The caller's own permit is tried, so another's signature is worth nothing to it."""
    deadline = scene.chain.now + 1000
    v, r, s = permit(token, vault, signer, 40 * ZK, deadline)
    scene.chain.send(token.approve, vault, 0, sender=prover)
    with reverts(token.ERC20InsufficientAllowance, spender=vault, allowance=0, needed=40 * ZK):
        vault.stakeWithPermit(40 * ZK, deadline, v, r, s, sender=prover)
    assert scene.balance(signer.address) == 100 * ZK


def test_stake_with_permit__late__reverts(scene, accounts, token, vault, signer):
    deadline = scene.chain.now + 10
    v, r, s = permit(token, vault, signer, 40 * ZK, deadline)
    scene.chain.warp(100)
    with reverts(token.ERC20InsufficientAllowance, spender=vault, allowance=0, needed=40 * ZK):
        vault.stakeWithPermit(40 * ZK, deadline, v, r, s, sender=accounts[signer.address])


def test_stake_with_permit__nothing__reverts(scene, accounts, token, vault, signer):
    deadline = scene.chain.now + 1000
    v, r, s = permit(token, vault, signer, 0, deadline)
    with reverts(vault.AmountZero):
        vault.stakeWithPermit(0, deadline, v, r, s, sender=accounts[signer.address])
