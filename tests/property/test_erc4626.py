"""The delegation vault keeps every promise of ERC-4626, after any life: profits, slashes, tier 1, donations.

The set follows the usual property tests of ERC-4626 vaults. Redemption is asynchronous, so what may be
redeemed or withdrawn is a matured request (as in ERC-7540); everything else holds as it stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.property.pool_lives import ALL_ACTS, LOSSES, Act, Stage, amounts, lives
from tests.support.rawchain import Call, Chain, Outcome, compiled
from tests.support.rawpool import OFFSET, ZK
from zkpool_sdk.errors import (
    ERC20InsufficientAllowance,
    ERC4626ExceededMaxDeposit,
    ERC4626ExceededMaxMint,
    ERC4626ExceededMaxRedeem,
    ERC4626ExceededMaxWithdraw,
)
from zkpool_sdk.units import DAY

Life = list[Act]
NONE = 5
"""Amount of an act that settles nothing, so that only time passes."""
PASSING = 4
"""Requests that a deposit settles; each may lose a wei by rounding, and whoever stays has it."""
WITHOUT_LOSS = tuple(name for name in ALL_ACTS if name not in LOSSES)
shares_amounts = st.builds(lambda wei, rest: wei * OFFSET + rest, amounts, st.integers(0, OFFSET - 1))


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Chain() as chain:
        yield Stage(chain, compiled())


def ask(stage: Stage, life: Life, *views: tuple[Any, ...]) -> list[Any]:
    """What views say an hour after a life."""
    calls = [stage.view(*view) for view in views]
    outcomes = stage.play(life, end=calls)[1]
    return [stage.value(view[0], outcome) for view, outcome in zip(views, outcomes, strict=True)]


def act(stage: Stage, life: Life, *calls: Call) -> list[Outcome]:
    """What calls do in one block an hour after a life."""
    return stage.play(life, end=calls)[1]


def balance(stage: Stage, account: str) -> Call:
    return stage.pool.raw.token.call(account, "balanceOf", account)


def number(outcome: Outcome) -> int:
    """A single number that a call returned."""
    assert outcome.ok, outcome.error()
    return int.from_bytes(outcome.data[:32], "big")


# --- views


@given(lives())
def test_asset_and_total_assets__never_revert(stage: Stage, life: Life) -> None:
    asset, total = ask(stage, life, ("asset",), ("totalAssets",))
    assert asset == stage.pool.raw.token.address
    assert 0 <= total < 2**96


@given(lives(), amounts)
def test_convert__by_anybody__is_the_same_and_reverts_for_nobody(stage: Stage, life: Life, n: int) -> None:
    senders = (*stage.delegators, *stage.provers)
    for view in ("convertToShares", "convertToAssets"):
        outcomes = act(stage, life, *(stage.view(view, n, sender=sender) for sender in senders))
        assert len({number(outcome) for outcome in outcomes}) == 1


@given(lives(), amounts)
def test_max__of_every_way__never_reverts_and_is_kept(stage: Stage, life: Life, n: int) -> None:
    """One more than the most is refused, by the error that says so."""
    who = stage.delegators[0]
    most = ask(stage, life, ("maxDeposit", who), ("maxMint", who), ("maxRedeem", who), ("maxWithdraw", who))
    vault = stage.vault
    tries = (
        (vault.call(who, "deposit", most[0] + n, who), ERC4626ExceededMaxDeposit),
        (vault.call(who, "mint", most[1] + n, who), ERC4626ExceededMaxMint),
        (vault.call(who, "redeem", most[2] + n, who, who), ERC4626ExceededMaxRedeem),
        (vault.call(who, "withdraw", most[3] + n, who, who), ERC4626ExceededMaxWithdraw),
    )
    for outcome, (_, error) in zip(act(stage, life, *(call for call, _ in tries)), tries, strict=True):
        assert not outcome.ok
        assert isinstance(outcome.error(), error)


# --- coming in


@given(lives(), amounts)
def test_deposit__against_preview_and_max(stage: Stage, life: Life, n: int) -> None:
    """Gives at least the previewed shares, for exactly the assets, to the receiver."""
    vault, (who, receiver) = stage.vault, stage.delegators
    limit, *got = act(
        stage,
        life,
        stage.view("maxDeposit", receiver),
        stage.view("previewDeposit", n),
        balance(stage, who),
        stage.view("balanceOf", receiver),
        vault.call(who, "deposit", n, receiver),
        balance(stage, who),
        stage.view("balanceOf", receiver),
    )
    assume(number(limit) >= n)
    preview, paid_from, had, shares, paid_to, has = map(number, got)
    assert shares >= preview
    assert has - had == shares
    assert paid_from - paid_to == n


@given(lives(), shares_amounts)
def test_mint__against_preview_and_max(stage: Stage, life: Life, n: int) -> None:
    """Takes at most the previewed assets, for exactly the shares."""
    vault, (who, receiver) = stage.vault, stage.delegators
    limit, preview, *rest = act(
        stage,
        life,
        stage.view("maxMint", receiver),
        stage.view("previewMint", n),
        balance(stage, who),
        stage.view("balanceOf", receiver),
        vault.call(who, "mint", n, receiver),
        balance(stage, who),
        stage.view("balanceOf", receiver),
    )
    assume(number(limit) >= n and number(preview) <= 10**6 * ZK)
    paid_from, had, assets, paid_to, has = map(number, rest)
    assert assets <= number(preview)
    assert has - had == n
    assert paid_from - paid_to == assets


# --- going out


ready = st.tuples(lives(), amounts).map(
    # A request of the second delegator that has matured; others before and behind it.
    lambda drawn: [
        Act("deposit", 1, 50 * ZK, 1),
        *drawn[0],
        Act("request", 1, drawn[1] * OFFSET, 1),
        Act("request", 0, 7 * ZK * OFFSET, 1),
        Act("settle", 0, NONE, 8 * DAY),
    ]
)


@given(ready, st.integers(1, 100))
def test_redeem__against_preview_and_max(stage: Stage, life: Life, percent: int) -> None:
    vault, (receiver, who) = stage.vault, stage.delegators
    n = -(-ask(stage, life, ("maxRedeem", who))[0] * percent // 100)
    assume(n)
    preview, waited, before, assets, after, waits, left = map(
        number,
        act(
            stage,
            life,
            stage.view("previewRedeem", n),
            stage.view("waitingShares"),
            balance(stage, receiver),
            vault.call(who, "redeem", n, receiver, who),
            balance(stage, receiver),
            stage.view("waitingShares"),
            stage.view("maxRedeem", who),
        ),
    )
    assert assets >= preview
    assert after - before == assets
    assert waited - waits >= n
    if percent == 100:
        assert stage_worth(stage, life, left) <= 1, "the most is the most, but for a wei of rounding"


def stage_worth(stage: Stage, life: Life, shares: int) -> int:
    return int(ask(stage, life, ("convertToAssets", shares))[0])


@given(ready, st.integers(1, 100))
def test_withdraw__against_preview_and_max(stage: Stage, life: Life, percent: int) -> None:
    vault, (receiver, who) = stage.vault, stage.delegators
    n = -(-ask(stage, life, ("maxWithdraw", who))[0] * percent // 100)
    assume(n)
    preview, before, shares, after = map(
        number,
        act(
            stage,
            life,
            stage.view("previewWithdraw", n),
            balance(stage, receiver),
            vault.call(who, "withdraw", n, receiver, who),
            balance(stage, receiver),
        ),
    )
    assert shares <= preview
    assert after - before == n


@given(ready, st.integers(1, 100), st.booleans())
def test_allowance__of_a_third_party__is_needed_and_spent_to_the_share(
    stage: Stage, life: Life, percent: int, as_assets: bool
) -> None:
    vault, thief, who = stage.vault, stage.pool.outsider, stage.delegators[1]
    way, limit = ("withdraw", "maxWithdraw") if as_assets else ("redeem", "maxRedeem")
    n = -(-ask(stage, life, (limit, who))[0] * percent // 100)
    assume(n)
    shares = ask(stage, life, ("previewWithdraw", n))[0] if as_assets else n
    take = vault.call(thief, way, n, thief, who)
    none, _, short, _, taken, left = act(
        stage,
        life,
        take,
        vault.call(who, "approve", thief, shares - 1),
        take,
        vault.call(who, "approve", thief, shares),
        take,
        stage.view("allowance", who, thief),
    )
    for refused in (none, short):
        assert isinstance(refused.error(), ERC20InsufficientAllowance)
    assert taken.ok
    assert number(left) == 0


# --- round trips: nobody profits by going in and out, in whatever way


@given(lives(), amounts, shares_amounts)
def test_round_trips__at_one_price__never_profit(stage: Stage, life: Life, wei: int, shares: int) -> None:
    """What a trip back would take or give, at the price that the way in has left."""
    vault, who = stage.vault, stage.delegators[0]
    for way, n in (("deposit", wei), ("mint", shares)):
        limit, there = act(
            stage, life, stage.view(f"max{way.capitalize()}", who), vault.call(who, way, n, who)
        )
        assume(number(limit) >= n and there.ok)
        assets, got = (n, number(there)) if way == "deposit" else (number(there), n)
        _, redeemed, withdrawn, minted, deposited = map(
            number,
            act(
                stage,
                life,
                vault.call(who, way, n, who),
                stage.view("previewRedeem", got),
                stage.view("previewWithdraw", assets),
                stage.view("previewMint", got),
                stage.view("previewDeposit", assets),
            ),
        )
        assert redeemed <= assets + PASSING, "deposit or mint, then redeem"
        spare = max(0, got - withdrawn)
        assert stage_worth(stage, life, spare) <= PASSING, "deposit or mint, then withdraw"
        assert minted >= redeemed, "redeem, then mint"
        assert deposited <= withdrawn, "withdraw, then deposit"


@given(ready, st.integers(1, 100))
def test_round_trips__out_and_in_again__never_profit(stage: Stage, life: Life, percent: int) -> None:
    """Redeem then deposit or mint, withdraw then deposit or mint, all for real and in one block."""
    vault, who = stage.vault, stage.delegators[1]
    shares = -(-ask(stage, life, ("maxRedeem", who))[0] * percent // 100)
    assets, worth = ask(stage, life, ("previewRedeem", shares), ("maxDeposit", who))
    assume(0 < assets <= worth)
    out = vault.call(who, "redeem", shares, who, who)
    _, again = act(stage, life, out, vault.call(who, "deposit", assets, who))
    assert number(again) <= shares
    _, cost = act(stage, life, out, vault.call(who, "mint", shares, who))
    assert number(cost) >= assets
    spent, again = act(
        stage, life, vault.call(who, "withdraw", assets, who, who), vault.call(who, "deposit", assets, who)
    )
    assert number(again) <= number(spent)
    spent = act(stage, life, vault.call(who, "withdraw", assets, who, who))[0]
    _, cost = act(
        stage,
        life,
        vault.call(who, "withdraw", assets, who, who),
        vault.call(who, "mint", number(spent), who),
    )
    assert number(cost) >= assets


# --- laws 31 and 32


@given(lives(), amounts)
def test_i31_deposit_then_redeem__a_week_later_without_profit__never_profits(
    stage: Stage, life: Life, n: int
) -> None:
    """The whole trip for real: in, request, a week, and paid; old profit has unlocked before."""
    who = stage.delegators[1]
    trip = [
        *life,
        Act("settle", 0, 4, 2 * DAY),
        Act("deposit", 1, n, 1),
    ]
    there, (left, owed, had) = stage.play(
        trip, end=(balance(stage, who), stage.view("creditOf", who), stage.view("balanceOf", who))
    )
    assume(there[-1][0].ok)
    shares = number(there[-1][0])
    assume(shares)
    back = [*trip, Act("request", 1, shares, 1), *[Act("settle", 0, 4, 8 * DAY), Act("settle", 0, 4, 1)] * 2]
    played, (paid, credit, has, worth) = stage.play(
        back,
        end=(
            balance(stage, who),
            stage.view("creditOf", who),
            stage.view("balanceOf", who),
            stage.view("convertToAssets", shares),
        ),
    )
    assume(played[len(trip)][0].ok)
    assert number(had) - number(has) == shares
    assert number(paid) == number(left)
    earlier = sum(1 for done in life if done.name == "request")
    if earlier == 0:
        assert number(credit) - number(owed) <= n
    assert number(worth) <= n


@given(lives(), st.integers(1, 32 * ZK))
def test_i31_loss__is_shared_pro_rata(stage: Stage, life: Life, loss: int) -> None:
    """Each holder's worth falls in the same proportion, to a wei."""
    before = [*[Act("deposit", i, 40 * ZK, 1) for i in (0, 1)], *life]
    slash = Act("slash", 0, loss, 1)
    worths = []
    for played in (before, [*before, slash]):
        shares = ask(stage, played, *(("balanceOf", who) for who in stage.delegators))
        worths.append(ask(stage, played, *(("convertToAssets", n) for n in shares)))
    (a, b), (x, y) = worths
    assume(a and b)
    assert abs(x * b - y * a) <= a + b


@given(lives(), amounts)
def test_i31_donation__changes_nothing(stage: Stage, life: Life, n: int) -> None:
    """Not one view says anything else after tokens were sent to the vault."""
    who = stage.delegators[0]
    views = (
        ("totalAssets",),
        ("idleWei",),
        ("lockedProfitWei",),
        ("convertToAssets", 10**30),
        ("previewDeposit", n),
        ("maxRedeem", who),
        ("maxWithdraw", who),
        ("maxDeposit", who),
    )
    gift = stage.pool.raw.token.call(stage.pool.outsider, "transfer", stage.vault.address, n)
    calls = [stage.view(*view) for view in views]
    outcomes = act(stage, life, *calls, gift, *calls)
    assert [o.data for o in outcomes[: len(views)]] == [o.data for o in outcomes[len(views) + 1 :]]
    assert outcomes[len(views)].ok


def prices(stage: Stage, life: Sequence[Act]) -> list[tuple[str, bool, int, int, bool]]:
    """After each act: its name, whether it was done, the price as assets and shares, whether shares exist."""
    looked, _ = stage.play(life, views=(stage.view("totalAssets"), stage.view("totalSupply")))
    found = []
    for done, (outcome, (assets, supply)) in zip(life, looked, strict=True):
        found.append((done.name, outcome.ok, number(assets) + 1, number(supply) + OFFSET, number(supply) > 0))
    return found


@given(lives(WITHOUT_LOSS, most=24))
def test_i32_share_price__without_slash__never_falls(stage: Stage, life: Life) -> None:
    found = prices(stage, life)
    for (_, _, assets, shares, held), (name, _, new_assets, new_shares, still) in pairwise(found):
        if held and still:
            assert new_assets * shares >= assets * new_shares, name


@given(lives(most=24))
def test_i32_share_price__falls_only_by_a_slash_or_a_tier_1_loss(stage: Stage, life: Life) -> None:
    found = prices(stage, life)
    for (_, _, assets, shares, held), (name, done, new_assets, new_shares, still) in pairwise(found):
        if held and still and new_assets * shares < assets * new_shares:
            assert done
            assert name in LOSSES


@given(lives(most=20))
def test_i1_balance__covers_idle_money_and_credits_and_fees(stage: Stage, life: Life) -> None:
    """The vault's tokens are at least what it owes, and exactly that without donations."""
    accounts = (*stage.delegators, *stage.provers)
    donated = sum(
        done.amount
        for done, (outcome, _) in zip(life, stage.play(life)[0], strict=True)
        if done.name == "donate" and outcome.ok
    )
    held, idle, *owed = act(
        stage,
        life,
        balance(stage, stage.vault.address),
        stage.view("idleWei"),
        *(stage.view("creditOf", account) for account in accounts),
    )
    fees = sum(stage.value("loanOf", act(stage, life, stage.view("loanOf", p))[0])[1] for p in stage.provers)
    assert number(held) - donated == number(idle) + sum(map(number, owed)) + fees
