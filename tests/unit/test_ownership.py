"""What only the owner may do, and how ownership moves: in two steps."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.deployment import INSURANCE_CAP_WEI
from tests.support.reverts import reverts

ROLES = ("deployer", "guardian", "treasury", "requester", "prover", "keeper", "outsider")
SOMEBODY = "0x" + "05" * 20
ZERO = "0x" + "00" * 20

OWNER_ONLY = [
    ("projects", "allowVerifier", (SOMEBODY, True)),
    ("market", "setGuardian", (SOMEBODY,)),
    ("splitter", "setRates", (1000, 5000, 2000)),
    ("splitter", "setTreasury", (SOMEBODY,)),
    ("splitter", "setDelegators", (SOMEBODY,)),
    ("insurance", "setCap", (INSURANCE_CAP_WEI,)),
    ("projects", "setCarrier", (1, SOMEBODY)),
    ("delegation", "setOperator", (SOMEBODY,)),
    ("delegation", "allowAdapter", (SOMEBODY, 1)),
    ("delegation", "writeOff", (SOMEBODY,)),
    ("delegation", "transferOwnership", (SOMEBODY,)),
    ("projects", "transferOwnership", (SOMEBODY,)),
    ("market", "transferOwnership", (SOMEBODY,)),
    ("splitter", "transferOwnership", (SOMEBODY,)),
    ("insurance", "transferOwnership", (SOMEBODY,)),
    ("market", "renounceOwnership", ()),
]
OWNED = ("projects", "market", "splitter", "insurance", "delegation")


@pytest.mark.parametrize(
    ("contract", "method", "args"), OWNER_ONLY, ids=[f"{row[0]}.{row[1]}" for row in OWNER_ONLY]
)
def test_owner_only__anybody_else__reverts(
    request: Any, node: Any, zkpool: Any, contract: str, method: str, args: Any
):
    owned = getattr(zkpool, contract)
    for role in ROLES:
        actor = request.getfixturevalue(role)
        with reverts(owned.OwnableUnauthorizedAccount, account=actor):
            node.call(getattr(owned, method), *args, sender=actor)


def test_owner_only__list_above__is_complete(project: Any):
    guarded = set()
    for source in project.contracts_folder.glob("*.sol"):
        for chunk in source.read_text().split("function ")[1:]:
            if "onlyOwner" in chunk.split("{")[0]:
                guarded.add(chunk.split("(")[0])
    tried = {method for _, method, _ in OWNER_ONLY}
    assert guarded == tried - {"transferOwnership", "renounceOwnership"}


@pytest.mark.parametrize("name", OWNED)
def test_ownership__handed_over__needs_the_new_owner_to_accept(zkpool, owner, keeper, outsider, name):
    contract = getattr(zkpool, name)
    contract.transferOwnership(keeper, sender=owner)
    assert (contract.owner(), contract.pendingOwner()) == (owner, keeper)
    with reverts(contract.OwnableUnauthorizedAccount, account=outsider):
        contract.acceptOwnership(sender=outsider)
    contract.acceptOwnership(sender=keeper)
    assert contract.owner() == keeper
    with reverts(contract.OwnableUnauthorizedAccount, account=owner):
        contract.transferOwnership(owner, sender=owner)


@pytest.mark.parametrize("name", ["ProjectRegistry", "RewardSplitter", "InsuranceFund", "DelegationVault"])
def test_ownership__deployed_for_nobody__reverts(project, zkpool, deployer, treasury, name):
    args = {
        "ProjectRegistry": (ZERO,),
        "RewardSplitter": (zkpool.token, ZERO, treasury, zkpool.vault, zkpool.accelerators),
        "DelegationVault": (zkpool.token, zkpool.vault, zkpool.splitter, zkpool.provers, ZERO),
        "InsuranceFund": (zkpool.token, ZERO, INSURANCE_CAP_WEI),
    }[name]
    with reverts(zkpool.projects.OwnableInvalidOwner, owner=ZERO):
        deployer.deploy(getattr(project, name), *args)
