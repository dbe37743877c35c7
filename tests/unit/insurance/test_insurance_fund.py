"""The insurance fund: keeps up to its cap, burns the rest, pays nobody."""

from __future__ import annotations

import pytest

from tests.support.deployment import INSURANCE_CAP_WEI
from tests.support.reverts import reverts

MAX_CAP = 21 * 10**26


def test_burn__above_the_cap__burns_the_overflow(scene, insurance, token, deployer, outsider):
    scene.chain.send(token.transfer, insurance, INSURANCE_CAP_WEI + 7, sender=deployer)
    supply = token.totalSupply()
    receipt = insurance.burnOverflow(sender=outsider)
    [burned] = receipt.decode_logs(insurance.Burned)
    assert burned.amountWei == receipt.return_value == 7
    assert scene.balance(insurance) == INSURANCE_CAP_WEI
    assert token.totalSupply() == supply - 7
    assert scene.balance(outsider) == 0


@pytest.mark.parametrize("balance", [0, INSURANCE_CAP_WEI - 1, INSURANCE_CAP_WEI])
def test_burn__up_to_the_cap__reverts(scene, insurance, token, deployer, outsider, balance):
    scene.chain.send(token.transfer, insurance, balance, sender=deployer)
    with reverts(insurance.NothingToBurn, balanceWei=balance, capWei=INSURANCE_CAP_WEI):
        insurance.burnOverflow(sender=outsider)


@pytest.mark.parametrize("cap", [10**24, 10**24 + 1, MAX_CAP])
def test_set_cap__inside_its_bounds__moves_it(insurance, owner, cap):
    receipt = insurance.setCap(cap, sender=owner)
    [event] = receipt.decode_logs(insurance.CapSet)
    assert event.capWei == insurance.capWei() == cap


@pytest.mark.parametrize("cap", [0, 10**24 - 1, MAX_CAP + 1])
def test_set_cap__out_of_bounds__reverts(insurance, owner, cap):
    with reverts(insurance.CapOutOfBounds, gotWei=cap, minWei=10**24, maxWei=MAX_CAP):
        insurance.setCap(cap, sender=owner)


def test_deploy__cap_out_of_bounds__reverts(project, insurance, token, deployer, owner):
    with reverts(insurance.CapOutOfBounds, gotWei=1):
        deployer.deploy(project.InsuranceFund, token, owner, 1)


def test_fund__nobody__can_take_money_out(scene, insurance):
    """No function of the fund takes an address to pay."""
    writes = {m.name for m in insurance.contract_type.mutable_methods}
    assert writes == {
        "burnOverflow",
        "setCap",
        "transferOwnership",
        "acceptOwnership",
        "renounceOwnership",
    }


def test_constants__are_those_of_the_protocol(insurance, token):
    assert (insurance.MIN_CAP_WEI(), insurance.MAX_CAP_WEI()) == (10**24, MAX_CAP)
    assert (insurance.token(), insurance.capWei()) == (token, INSURANCE_CAP_WEI)
