"""ZKToken: its supply, permit and burn."""

from __future__ import annotations

from typing import Any

import ape
import pytest
from eth_account import Account

from tests.support.reverts import reverts

SUPPLY_WEI = 21_000_000_000 * 10**18
ZERO = "0x0000000000000000000000000000000000000000"


@pytest.fixture
def holder(accounts: Any) -> Any:
    return accounts[1]


@pytest.fixture
def spender(accounts: Any) -> Any:
    return accounts[2]


@pytest.fixture
def outsider(accounts: Any) -> Any:
    return accounts[3]


@pytest.fixture
def token(project: Any, accounts: Any, holder: Any) -> Any:
    return accounts[0].deploy(project.ZKToken, holder)


def permit(token: Any, owner: Any, spender: Any, amount_wei: int, deadline: int, nonce: int = 0) -> Any:
    """The owner's signature of an EIP-2612 permit: v, r, s."""
    message = {
        "types": {
            "EIP712Domain": [
                {"name": "name", "type": "string"},
                {"name": "version", "type": "string"},
                {"name": "chainId", "type": "uint256"},
                {"name": "verifyingContract", "type": "address"},
            ],
            "Permit": [
                {"name": "owner", "type": "address"},
                {"name": "spender", "type": "address"},
                {"name": "value", "type": "uint256"},
                {"name": "nonce", "type": "uint256"},
                {"name": "deadline", "type": "uint256"},
            ],
        },
        "primaryType": "Permit",
        "domain": {
            "name": "ZKPool",
            "version": "1",
            "chainId": ape.chain.chain_id,
            "verifyingContract": token.address,
        },
        "message": {
            "owner": owner.address,
            "spender": spender.address,
            "value": amount_wei,
            "nonce": nonce,
            "deadline": deadline,
        },
    }
    signed = Account.sign_typed_data(owner.private_key, full_message=message)
    return signed.v, signed.r.to_bytes(32, "big"), signed.s.to_bytes(32, "big")


def test_deploy__holder__owns_the_whole_supply(token: Any, holder: Any, accounts: Any) -> None:
    assert token.SUPPLY_WEI() == token.totalSupply() == token.balanceOf(holder) == SUPPLY_WEI
    assert token.balanceOf(accounts[0]) == 0
    assert (token.name(), token.symbol(), token.decimals()) == ("ZKPool", "ZKP", 18)


def test_deploy__no_holder__reverts(project: Any, accounts: Any, token: Any) -> None:
    with reverts(token.ERC20InvalidReceiver, receiver=ZERO):
        accounts[0].deploy(project.ZKToken, ZERO)


def test_abi__nobody__can_mint_or_own(token: Any) -> None:
    names = {method.name for method in token.contract_type.abi if hasattr(method, "name")}
    assert not {name for name in names if "mint" in name.lower() or "owner" in name.lower()}


def test_transfer__balance__moves(token: Any, holder: Any, outsider: Any) -> None:
    receipt = token.transfer(outsider, 5, sender=holder)
    assert receipt.events == [token.Transfer(**{"from": holder, "to": outsider, "value": 5})]
    assert token.balanceOf(outsider) == 5
    assert token.balanceOf(holder) == SUPPLY_WEI - 5


def test_transfer__more_than_the_balance__reverts(token: Any, holder: Any, outsider: Any) -> None:
    with reverts(token.ERC20InsufficientBalance, sender=outsider.address, balance=0, needed=1):
        token.transfer(holder, 1, sender=outsider)


def test_approve__nobody__reverts(token: Any, holder: Any) -> None:
    with reverts(token.ERC20InvalidSpender, spender=ZERO):
        token.approve(ZERO, 1, sender=holder)


def test_burn__own_tokens__supply_shrinks(token: Any, holder: Any) -> None:
    token.burn(7, sender=holder)
    assert token.totalSupply() == token.balanceOf(holder) == SUPPLY_WEI - 7


def test_burn_from__only_within_the_allowance(token: Any, holder: Any, spender: Any) -> None:
    with reverts(token.ERC20InsufficientAllowance, spender=spender.address, allowance=0, needed=1):
        token.burnFrom(holder, 1, sender=spender)
    token.approve(spender, 3, sender=holder)
    token.burnFrom(holder, 3, sender=spender)
    assert token.totalSupply() == SUPPLY_WEI - 3
    assert token.allowance(holder, spender) == 0


def test_permit__signed_by_the_owner__allows_once(
    token: Any, holder: Any, spender: Any, outsider: Any, chain: Any
) -> None:
    deadline = chain.pending_timestamp + 1_000
    v, r, s = permit(token, holder, spender, 9, deadline)
    token.permit(holder, spender, 9, deadline, v, r, s, sender=outsider)
    assert token.allowance(holder, spender) == 9
    assert token.nonces(holder) == 1
    token.transferFrom(holder, spender, 9, sender=spender)
    with reverts(token.ERC2612InvalidSigner, owner=holder.address):
        token.permit(holder, spender, 9, deadline, v, r, s, sender=outsider)
    assert token.balanceOf(spender) == 9


@pytest.mark.parametrize("change", ["amount", "spender", "signer", "nonce"])
def test_permit__anything_else_than_was_signed__reverts(
    token: Any, holder: Any, spender: Any, outsider: Any, chain: Any, change: str
) -> None:
    deadline = chain.pending_timestamp + 1_000
    signer = outsider if change == "signer" else holder
    v, r, s = permit(token, signer, spender, 9, deadline, nonce=1 if change == "nonce" else 0)
    allowed = outsider if change == "spender" else spender
    with reverts(token.ERC2612InvalidSigner, owner=holder.address):
        token.permit(holder, allowed, 10 if change == "amount" else 9, deadline, v, r, s, sender=outsider)
    assert token.allowance(holder, allowed) == 0


def test_permit__too_late__reverts(token: Any, holder: Any, spender: Any, chain: Any) -> None:
    deadline = chain.pending_timestamp - 1
    v, r, s = permit(token, holder, spender, 9, deadline)
    with reverts(token.ERC2612ExpiredSignature, deadline=deadline):
        token.permit(holder, spender, 9, deadline, v, r, s, sender=spender)
