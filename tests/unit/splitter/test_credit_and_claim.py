"""`credit` and the claims: the split of a price, by epochs of a day."""

from __future__ import annotations

import pytest

from tests.support.reverts import reverts
from tests.support.scene import DAY, ZK


@pytest.fixture
def pay(scene, token, splitter, market_account):
    """Pay a price into the splitter as the market does."""

    def pay(prover, price_wei: int, *, sponsored: bool = False, accelerator: int = 0, share: int = 0):
        scene.chain.send(token.transfer, splitter, price_wei, sender=scene.pool.deployer)
        parts = ([price_wei], [scene.chain.now], sponsored, accelerator, share)
        return splitter.credit(prover, *parts, sender=market_account)

    return pay


@pytest.fixture
def delegators(accounts, node, delegation):
    """The delegation vault as a sender."""
    node.request("anvil_setBalance", delegation.address, hex(10**24))
    return accounts[delegation.address]


@pytest.fixture
def published(scene, accelerators, keeper):
    """An accelerator of the keeper's that asks for a tenth."""
    scene.chain.send(
        accelerators.register, b"\x07" * 32, "mock", [], 1000, "https://software.example", sender=keeper
    )
    return 1


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


def test_claim_treasury__by_anybody__pays_the_treasury(scene, splitter, prover, treasury, outsider, pay):
    pay(prover, 10 * ZK)
    scene.chain.next_at((scene.chain.now // DAY + 1) * DAY)
    receipt = splitter.claimTreasury(sender=outsider)
    [claimed] = receipt.decode_logs(splitter.Claimed)
    assert (claimed.account, claimed.amountWei) == (treasury.address, ZK)
    assert receipt.return_value == ZK
    assert (scene.balance(treasury), scene.balance(outsider)) == (ZK, 0)
    assert splitter.poolEarning().delegatorsClaimableWei == ZK
    with reverts(splitter.NothingToClaim, account=treasury):
        splitter.claimTreasury(sender=outsider)


def test_claim_delegators__by_their_account__pays_it(scene, splitter, prover, delegators, delegation, pay):
    pay(prover, 10 * ZK)
    scene.chain.next_at((scene.chain.now // DAY + 1) * DAY)
    receipt = splitter.claimDelegators(sender=delegators)
    [claimed] = receipt.decode_logs(splitter.Claimed)
    assert (claimed.account, claimed.amountWei) == (delegation.address, ZK)
    assert receipt.return_value == ZK
    assert scene.balance(delegation) == ZK
    assert splitter.poolEarning().treasuryClaimableWei == ZK
    with reverts(splitter.NothingToClaim, account=delegation):
        splitter.claimDelegators(sender=delegators)


@pytest.mark.parametrize("role", ["owner", "guardian", "treasury", "prover", "outsider"])
def test_claim_delegators__by_anybody_else__reverts(request, scene, splitter, prover, pay, role):
    """They have to book it: money that comes unasked would be nobody's."""
    actor = request.getfixturevalue(role)
    pay(prover, 10 * ZK)
    scene.chain.warp(DAY)
    with reverts(splitter.NotDelegators, caller=actor):
        splitter.claimDelegators(sender=actor)


def test_claim_pool__in_the_epoch_of_the_credit__reverts(
    scene, splitter, prover, treasury, delegators, delegation, outsider, pay
):
    pay(prover, 10 * ZK)
    over_at = (scene.chain.now // DAY + 1) * DAY
    scene.chain.next_at(over_at - 2)
    with reverts(splitter.NothingToClaim, account=treasury):
        splitter.claimTreasury(sender=outsider)
    scene.chain.next_at(over_at - 1)
    with reverts(splitter.NothingToClaim, account=delegation):
        splitter.claimDelegators(sender=delegators)
    scene.chain.next_at(over_at)
    splitter.claimTreasury(sender=outsider)
    splitter.claimDelegators(sender=delegators)


def test_claim_pool__nothing_earned__reverts(splitter, treasury, delegators, delegation, outsider):
    with reverts(splitter.NothingToClaim, account=treasury):
        splitter.claimTreasury(sender=outsider)
    with reverts(splitter.NothingToClaim, account=delegation):
        splitter.claimDelegators(sender=delegators)


def test_claim_treasury__several_epochs__roll_on(scene, splitter, prover, treasury, outsider, pay):
    for _ in range(3):
        pay(prover, 10 * ZK)
        scene.chain.warp(DAY)
    pool = splitter.poolEarning()
    assert (pool.treasuryClaimableWei, pool.treasuryPendingWei) == (3 * ZK, 0)
    pay(prover, 10 * ZK)
    splitter.claimTreasury(sender=outsider)
    assert scene.balance(treasury) == 3 * ZK
    assert splitter.poolEarning().treasuryPendingWei == ZK


def test_claim__everybody_out__leaves_nothing(
    scene, splitter, prover, second_prover, keeper, delegators, outsider, pay, published
):
    """Parts are residuals: the last claim empties the splitter."""
    for i, price in enumerate([1, 7, 99, 12345678901234567, 10**21 + 3]):
        who = (prover, second_prover)[i % 2]
        pay(who, price, sponsored=i % 3 == 1, accelerator=published * (i % 2), share=1000 * (i % 2))
    scene.chain.warp(DAY)
    for who in (prover, second_prover, keeper):
        splitter.claim(sender=who)
    splitter.claimTreasury(sender=outsider)
    splitter.claimDelegators(sender=delegators)
    assert scene.balance(splitter) == 0


# --- lent stake and accelerators


@pytest.mark.parametrize(
    ("sponsored", "share", "parts"),
    [
        # prover, accelerator, delegators, treasury of 10 ZK: pool 2, rest 8
        (False, 0, (80, 0, 10, 10)),
        (False, 1000, (72, 8, 10, 10)),
        (False, 2000, (64, 16, 10, 10)),
        (True, 0, (64, 0, 26, 10)),
        (True, 2000, (48, 16, 26, 10)),
    ],
)
def test_credit__sponsored_or_with_an_accelerator__splits_the_provers_side(
    scene, splitter, prover, keeper, pay, published, sponsored, share, parts
):
    """Accelerator and sponsor are paid from the prover's side; the pool's part stays what it is."""
    receipt = pay(prover, 10 * ZK, sponsored=sponsored, accelerator=published if share else 0, share=share)
    tenth = ZK // 10
    [credited] = receipt.decode_logs(splitter.Credited)
    assert (credited.proverWei, credited.delegatorsWei, credited.treasuryWei) == (
        parts[0] * tenth,
        parts[2] * tenth,
        parts[3] * tenth,
    )
    paid = [
        (event.accelerator, event.payout, event.prover, event.epoch, event.amountWei)
        for event in receipt.decode_logs(splitter.AcceleratorCredited)
    ]
    epoch = scene.chain.now // DAY
    expected = [(published, keeper.address, prover.address, epoch, parts[1] * tenth)] if share else []
    assert paid == expected
    assert splitter.earningOf(keeper).pendingWei == parts[1] * tenth
    assert sum(parts) == 100


def test_credit__several_prices__are_split_one_by_one_and_added(
    scene, splitter, token, prover, market_account
):
    """Three prices of 99 wei: 3 x (80, 9, 10), not the parts of 297."""
    scene.chain.send(token.transfer, splitter, 297, sender=scene.pool.deployer)
    now = scene.chain.now
    receipt = splitter.credit(prover, [99] * 3, [now] * 3, False, 0, 0, sender=market_account)
    [credited] = receipt.decode_logs(splitter.Credited)
    assert (credited.proverWei, credited.delegatorsWei, credited.treasuryWei) == (240, 27, 30)


def test_accelerator__paid_in_one_epoch__claims_from_the_next(
    scene, splitter, prover, keeper, pay, published
):
    pay(prover, 10 * ZK, accelerator=published, share=1000)
    with reverts(splitter.NothingToClaim, account=keeper):
        splitter.claim(sender=keeper)
    scene.chain.next_at((scene.chain.now // DAY + 1) * DAY)
    splitter.claim(sender=keeper)
    assert scene.balance(keeper) == 8 * ZK // 10
    with reverts(splitter.NothingToClaim, account=keeper):
        splitter.claim(sender=keeper)


def test_accelerator__payout_moved__later_parts_go_there(
    scene, splitter, accelerators, prover, keeper, outsider, pay, published
):
    pay(prover, 10 * ZK, accelerator=published, share=1000)
    scene.chain.send(accelerators.setPayout, published, outsider, sender=keeper)
    pay(prover, 10 * ZK, accelerator=published, share=1000)
    assert splitter.earningOf(keeper).pendingWei == splitter.earningOf(outsider).pendingWei == 8 * ZK // 10


def test_accelerator__that_is_the_prover__is_paid_both_parts(scene, splitter, prover, accelerators, pay):
    scene.chain.send(accelerators.register, b"\x09" * 32, "mock", [], 2000, "", sender=prover)
    pay(prover, 10 * ZK, accelerator=1, share=2000)
    assert splitter.earningOf(prover).pendingWei == 8 * ZK


# --- restaking


def test_restake__claim__goes_into_the_stake(scene, splitter, vault, token, prover, pay):
    scene.stake(prover)
    pay(prover, 10 * ZK)
    scene.chain.next_at((scene.chain.now // DAY + 1) * DAY)
    balance = scene.balance(prover)
    receipt = splitter.restake(sender=prover)
    [restaked] = receipt.decode_logs(splitter.Restaked)
    assert (restaked.prover, restaked.amountWei) == (prover.address, 8 * ZK)
    assert not receipt.decode_logs(splitter.Claimed)
    assert receipt.return_value == 8 * ZK
    assert vault.stakeOf(prover).ownWei == 48 * ZK
    assert scene.balance(prover) == balance
    assert token.allowance(splitter, vault) == 0
    with reverts(splitter.NothingToClaim, account=prover):
        splitter.restake(sender=prover)


def test_restake__up_to_the_entry_stake__activates(scene, splitter, vault, prover, pay):
    scene.stake(prover, 31 * ZK)
    pay(prover, 2 * ZK)
    scene.chain.warp(DAY)
    splitter.restake(sender=prover)
    assert vault.isActive(prover)


def test_restake__nothing_over_yet__reverts(splitter, prover, pay):
    pay(prover, 10 * ZK)
    with reverts(splitter.NothingToClaim, account=prover):
        splitter.restake(sender=prover)


def test_epoch__is_the_day(scene, splitter):
    assert splitter.currentEpoch() == scene.chain.now // DAY
    assert splitter.EPOCH_SECONDS() == DAY
