"""`credit`, `claim`, `claimPool`: the split of a price, by epochs of a day."""

from __future__ import annotations

import pytest

from tests.support.reverts import reverts
from tests.support.scene import DAY, ZK


@pytest.fixture
def pay(scene, token, splitter, market_account):
    """Pay a price into the splitter as the market does."""

    def pay(prover, price_wei: int, assigned_at: int | None = None):
        at = scene.chain.now if assigned_at is None else assigned_at
        scene.chain.send(token.transfer, splitter, price_wei, sender=scene.pool.deployer)
        return splitter.credit(prover, price_wei, at, sender=market_account)

    return pay


@pytest.fixture
def delegators(scene, splitter, owner):
    """An account that receives the delegators' part."""
    account = "0x" + "de" * 20
    scene.chain.send(splitter.setDelegators, account, sender=owner)
    return account


@pytest.mark.parametrize(
    ("price", "prover_part", "delegators_part", "treasury_part"),
    [
        (10 * ZK, 8 * ZK, ZK, ZK),  # 80 / 10 / 10
        (1, 1, 0, 0),
        (4, 4, 0, 0),
        (5, 4, 0, 1),
        (10, 8, 1, 1),
        (99, 80, 9, 10),
        (12345678901234567, 9876543120987654, 1234567890123456, 1234567890123457),
    ],
)
def test_credit__price__splits_to_the_wei(
    scene, splitter, prover, pay, price, prover_part, delegators_part, treasury_part
):
    receipt = pay(prover, price)
    [credited] = receipt.decode_logs(splitter.Credited)
    assert (credited.prover, credited.epoch) == (prover.address, scene.chain.now // DAY)
    parts = (credited.proverWei, credited.delegatorsWei, credited.treasuryWei)
    assert parts == (prover_part, delegators_part, treasury_part)
    assert sum(parts) == price
    assert splitter.earningOf(prover).pendingWei == prover_part
    pool = splitter.poolEarning()
    assert (pool.delegatorsPendingWei, pool.treasuryPendingWei) == (delegators_part, treasury_part)
    assert (pool.delegatorsClaimableWei, pool.treasuryClaimableWei) == (0, 0)


def test_claim__in_the_epoch_of_the_credit__reverts(scene, splitter, prover, pay):
    pay(prover, 10 * ZK)
    last_second = (scene.chain.now // DAY + 1) * DAY - 1
    scene.chain.next_at(last_second)
    with reverts(splitter.NothingToClaim, account=prover):
        splitter.claim(sender=prover)


def test_claim__first_second_of_the_next_epoch__pays(scene, splitter, prover, pay):
    pay(prover, 10 * ZK)
    before = scene.balance(prover)
    scene.chain.next_at((scene.chain.now // DAY + 1) * DAY)
    receipt = splitter.claim(sender=prover)
    [claimed] = receipt.decode_logs(splitter.Claimed)
    assert (claimed.account, claimed.amountWei) == (prover.address, 8 * ZK)
    assert receipt.return_value == 8 * ZK
    assert scene.balance(prover) == before + 8 * ZK
    with reverts(splitter.NothingToClaim, account=prover):
        splitter.claim(sender=prover)


def test_claim__nothing_earned__reverts(splitter, outsider):
    with reverts(splitter.NothingToClaim, account=outsider):
        splitter.claim(sender=outsider)


def test_claim__over_several_epochs__pays_those_that_are_over(scene, splitter, prover, pay):
    """Credits of epochs 0, 0, 1, 3; claims in 3 and 4."""
    pay(prover, 10 * ZK)
    pay(prover, 5 * ZK)
    scene.chain.warp(DAY)
    pay(prover, 20 * ZK)
    earning = splitter.earningOf(prover)
    assert (earning.claimableWei, earning.pendingWei) == (12 * ZK, 16 * ZK)
    scene.chain.warp(2 * DAY)
    pay(prover, 30 * ZK)
    before = scene.balance(prover)
    splitter.claim(sender=prover)
    assert scene.balance(prover) == before + 28 * ZK
    earning = splitter.earningOf(prover)
    assert (earning.claimableWei, earning.pendingWei) == (0, 24 * ZK)
    with reverts(splitter.NothingToClaim, account=prover):
        splitter.claim(sender=prover)
    scene.chain.warp(DAY)
    splitter.claim(sender=prover)
    assert scene.balance(prover) == before + 52 * ZK


def test_claim__claimed_and_credited_in_one_epoch__keeps_the_new_credit(scene, splitter, prover, pay):
    """A claim empties the word; the credit after it must not count as older."""
    pay(prover, 10 * ZK)
    scene.chain.warp(DAY)
    splitter.claim(sender=prover)
    pay(prover, 10 * ZK)
    with reverts(splitter.NothingToClaim, account=prover):
        splitter.claim(sender=prover)
    scene.chain.warp(DAY)
    before = scene.balance(prover)
    splitter.claim(sender=prover)
    assert scene.balance(prover) == before + 8 * ZK


def test_claim__two_provers__each_its_own(scene, splitter, prover, second_prover, pay):
    pay(prover, 10 * ZK)
    pay(second_prover, 20 * ZK)
    scene.chain.warp(DAY)
    before = [scene.balance(p) for p in (prover, second_prover)]
    splitter.claim(sender=prover)
    splitter.claim(sender=second_prover)
    assert [scene.balance(p) for p in (prover, second_prover)] == [before[0] + 8 * ZK, before[1] + 16 * ZK]


def test_claim_pool__without_delegators__pays_the_treasury_and_keeps_their_part(
    scene, splitter, prover, treasury, outsider, owner, pay
):
    pay(prover, 10 * ZK)
    scene.chain.warp(DAY)
    receipt = splitter.claimPool(sender=outsider)
    assert list(receipt.return_value) == [ZK, 0]
    assert scene.balance(treasury) == ZK
    assert splitter.poolEarning().delegatorsClaimableWei == ZK
    with reverts(splitter.NothingToClaim, account=treasury):
        splitter.claimPool(sender=outsider)
    account = "0x" + "de" * 20
    splitter.setDelegators(account, sender=owner)
    receipt = splitter.claimPool(sender=outsider)
    assert list(receipt.return_value) == [0, ZK]
    assert scene.balance(account) == ZK
    assert scene.balance(splitter) == 8 * ZK


def test_claim_pool__with_delegators__pays_both(scene, splitter, prover, treasury, delegators, outsider, pay):
    pay(prover, 10 * ZK)
    scene.chain.next_at((scene.chain.now // DAY + 1) * DAY)
    receipt = splitter.claimPool(sender=outsider)
    claims = [(event.account.lower(), event.amountWei) for event in receipt.decode_logs(splitter.Claimed)]
    assert claims == [(treasury.address.lower(), ZK), (delegators, ZK)]
    assert (scene.balance(treasury), scene.balance(delegators)) == (ZK, ZK)


def test_claim_pool__in_the_epoch_of_the_credit__reverts(scene, splitter, prover, treasury, outsider, pay):
    pay(prover, 10 * ZK)
    scene.chain.next_at((scene.chain.now // DAY + 1) * DAY - 1)
    with reverts(splitter.NothingToClaim, account=treasury):
        splitter.claimPool(sender=outsider)
    scene.chain.next_at((scene.chain.now // DAY + 1) * DAY)
    splitter.claimPool(sender=outsider)


def test_claim_pool__nothing_earned__reverts(splitter, treasury, outsider):
    with reverts(splitter.NothingToClaim, account=treasury):
        splitter.claimPool(sender=outsider)


def test_claim_pool__several_epochs__roll_on(scene, splitter, prover, treasury, outsider, pay):
    for _ in range(3):
        pay(prover, 10 * ZK)
        scene.chain.warp(DAY)
    pool = splitter.poolEarning()
    assert (pool.treasuryClaimableWei, pool.treasuryPendingWei) == (3 * ZK, 0)
    pay(prover, 10 * ZK)
    splitter.claimPool(sender=outsider)
    assert scene.balance(treasury) == 3 * ZK
    assert splitter.poolEarning().treasuryPendingWei == ZK


def test_claim__everybody_out__leaves_nothing(
    scene, splitter, prover, second_prover, delegators, outsider, pay
):
    """Parts are residuals: the last claim empties the splitter."""
    for i, price in enumerate([1, 7, 99, 12345678901234567, 10**21 + 3]):
        pay((prover, second_prover)[i % 2], price)
    scene.chain.warp(DAY)
    splitter.claim(sender=prover)
    splitter.claim(sender=second_prover)
    splitter.claimPool(sender=outsider)
    assert scene.balance(splitter) == 0


def test_epoch__is_the_day(scene, splitter):
    assert splitter.currentEpoch() == scene.chain.now // DAY
    assert splitter.EPOCH_SECONDS() == DAY
