"""Where the money is: donations change nothing, and a whole life of the market adds up to the wei."""

from __future__ import annotations

from eth_utils import to_checksum_address

from tests.support.scene import DAY, LIABILITY, MIN_BASE_FEE, ZK


def test_donation__to_every_contract__moves_no_account(
    scene, market, vault, splitter, token, queue, requester, prover, deployer
):
    scene.seat(prover)
    task = scene.assigned(requester, 5 * ZK)
    scene.place(requester, 2 * ZK)
    before = (
        vault.stakeOf(prover),
        market.bookOf(queue),
        market.taskOf(task),
        scene.credit(requester),
        splitter.poolEarning(),
    )
    for contract in (market, vault, splitter):
        scene.chain.send(token.transfer, contract, 1000 * ZK, sender=deployer)
    after = (
        vault.stakeOf(prover),
        market.bookOf(queue),
        market.taskOf(task),
        scene.credit(requester),
        splitter.poolEarning(),
    )
    assert after == before
    scene.prove(task, prover)
    scene.chain.warp(DAY)
    balance = scene.balance(prover)
    scene.chain.send(splitter.claim, sender=prover)
    assert scene.balance(prover) == balance + MIN_BASE_FEE * 8 // 10


def test_money__good_proof_bad_proof_and_miss__adds_up_to_the_wei(
    scene,
    market,
    vault,
    splitter,
    insurance,
    token,
    treasury,
    requester,
    rival,
    prover,
    second_prover,
    keeper,
):
    """Three tasks end in three ways, everybody takes out what is his, and nothing is left over."""
    supply = token.totalSupply()
    start = {who: scene.balance(who) for who in (requester, rival, prover, second_prover, keeper)}
    third = scene.crowd(1)[0]
    scene.seat(prover)
    scene.seat(second_prover)
    good = scene.place(requester, 9 * ZK)
    bad = scene.place(requester, 8 * ZK)
    missed = scene.place(rival, 7 * ZK)
    loser = scene.place(rival, 6 * ZK, expires_at=scene.chain.now + 1000)
    scene.clear()
    accounts = {
        task: scene.pool.provers.accountOf(market.taskOf(task).prover) for task in (good, bad, missed)
    }
    assert accounts == {good: to_checksum_address(third), bad: prover, missed: second_prover}
    scene.prove(good, accounts[good])
    scene.fumble(bad, prover)
    late_at = market.taskOf(missed).proveBy + LIABILITY + 1
    scene.chain.warp_to(late_at)
    for task in (bad, missed):
        scene.chain.send(market.finalize, task, sender=keeper)
    scene.chain.send(market.expireBid, loser, sender=keeper)

    # prices 8, 7, 6; bad: S = 2 (1 requester, 1 insurance with the bounty nobody earned);
    # missed after the liability window, so without a rescuer: S = 0.5 (0.25, 0.01, 0.24)
    assert scene.credit(requester) == (9 - 8) * ZK + (8 - 7) * ZK + 7 * ZK + ZK
    assert scene.credit(rival) == (7 - 6) * ZK + 6 * ZK + ZK // 4 + 6 * ZK
    assert scene.credit(keeper) == ZK // 100
    for who in (requester, rival, keeper):
        scene.chain.send(market.claimCredit, sender=who)
    assert scene.balance(market) == 0

    # everybody out: the provers' stake a week later, decayed by then, the rewards the day after
    for who in (prover, second_prover, accounts[good]):
        scene.chain.send(vault.requestUnstake, vault.stakeOf(who).ownWei, sender=who)
    scene.chain.warp(7 * DAY)
    for who in (prover, second_prover, accounts[good]):
        scene.chain.send(vault.finishUnstake, sender=who)
    assert scene.balance(vault) == 0
    scene.chain.send(splitter.claim, sender=accounts[good])
    scene.chain.send(splitter.claimTreasury, sender=keeper)
    assert scene.balance(splitter) == 8 * ZK // 10
    pool, deployer = scene.pool.delegation, scene.pool.deployer
    scene.chain.send(token.approve, pool, ZK, sender=deployer)
    scene.chain.send(pool.deposit, ZK, deployer, sender=deployer)
    scene.chain.send(pool.collect, sender=keeper)
    assert (scene.balance(splitter), scene.balance(pool)) == (0, ZK + 8 * ZK // 10)
    assert scene.balance(treasury) == 8 * ZK // 10

    assert scene.balance(insurance) == ZK + 24 * ZK // 100
    assert scene.balance(requester) - start[requester] == -8 * ZK + ZK
    assert scene.balance(rival) - start[rival] == ZK // 4
    assert scene.balance(prover) - start[prover] == -2 * ZK
    assert scene.balance(second_prover) - start[second_prover] == -ZK // 2
    assert scene.balance(keeper) - start[keeper] == ZK // 100
    assert scene.balance(accounts[good]) == 40 * ZK + 64 * ZK // 10
    assert token.totalSupply() == supply
