"""`claimCredit`: refunds and compensations are pulled, once."""

from __future__ import annotations

from tests.support.reverts import reverts
from tests.support.scene import MIN_BASE_FEE, ZK


def test_claim__credit__pays_it_all(scene, market, requester, prover):
    scene.seat(prover)
    scene.assigned(requester, 5 * ZK)
    owed = 5 * ZK - MIN_BASE_FEE
    before = scene.balance(requester)
    receipt = market.claimCredit(sender=requester)
    [claimed] = receipt.decode_logs(market.CreditClaimed)
    assert (claimed.account, claimed.amountWei) == (requester.address, owed)
    assert receipt.return_value == owed
    assert scene.balance(requester) == before + owed
    assert scene.credit(requester) == 0
    assert scene.balance(market) == MIN_BASE_FEE


def test_claim__twice__reverts(scene, market, requester, prover):
    scene.seat(prover)
    scene.assigned(requester, 5 * ZK)
    scene.chain.send(market.claimCredit, sender=requester)
    with reverts(market.NothingToClaim, account=requester):
        market.claimCredit(sender=requester)


def test_claim__without_credit__reverts(market, outsider):
    with reverts(market.NothingToClaim, account=outsider):
        market.claimCredit(sender=outsider)


def test_claim__while_paused__pays(scene, market, requester, prover, guardian):
    scene.seat(prover)
    scene.assigned(requester, 5 * ZK)
    scene.chain.send(market.pause, sender=guardian)
    market.claimCredit(sender=requester)
    assert scene.credit(requester) == 0
