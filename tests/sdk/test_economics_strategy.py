"""Price competition: each answer is the best of all that was allowed, tried out on the auction itself."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from zkpool_sdk.economics import base_fee, book_heap
from zkpool_sdk.economics.auction import bond, prices
from zkpool_sdk.economics.bidding import NoSuchPosition, outcome, quote_for, suggest_bid
from zkpool_sdk.economics.strategy import (
    BidAction,
    EndedRound,
    PastRound,
    choose_bid,
    choose_tier1_offer,
    past_rounds,
    tier1_offers,
)
from zkpool_sdk.economics.tier1 import (
    CAPACITY_LIMIT,
    NothingWorthOffering,
    PoolState,
    Tier1Market,
    Tier1Rival,
    on_time,
    pool_on_time,
    value_of,
)
from zkpool_sdk.models import Address, Assignment, ClearingResult, ProverId, QueueId, TaskId
from zkpool_sdk.units import PPM, Ppm, Timestamp, Wei, zk

TOKEN = 10**8  # units of the tier-1 token
WEI_PER_UNIT = 10**10
"""One whole token is worth one ZK."""

# --- tier 1

RIVALS = tuple(Tier1Rival(stake * 1_000 * TOKEN, 100) for stake in (30, 20, 10))
MARKET = Tier1Market(RIVALS, 100, 8_000_000, 300, 900, WEI_PER_UNIT)  # about 8 tokens a job
POOL = PoolState(40_000 * TOKEN, zk(2), 240, Ppm(990_000), 4, zk(20_000), base_fee.MIN_BASE_FEE_WEI)

markets = st.builds(
    Tier1Market,
    st.lists(
        st.builds(Tier1Rival, st.integers(10**11, 5 * 10**12), st.integers(1, 300), st.integers(0, 2)),
        max_size=34,
    ).map(tuple),
    st.integers(50, 200),
    st.integers(4_000_000, 30_000_000),
    st.integers(10, 600),
    st.integers(700, 4_000),
    st.sampled_from([10**9, WEI_PER_UNIT]),
)
pools = st.builds(
    PoolState,
    st.integers(10**12, 10**13),
    st.integers(0, zk(6)).map(Wei),
    st.integers(1, 800),
    st.integers(940_000, PPM).map(Ppm),
    st.integers(3, 12),
    st.integers(zk(100), zk(100_000)).map(Wei),
    st.sampled_from([base_fee.MIN_BASE_FEE_WEI, zk(1)]),
    bond_penalty_wei=st.sampled_from([0, zk(1), zk(50)]).map(Wei),
    busy_count=st.integers(0, 3),
)


searched = settings(max_examples=30, deadline=None)
"""An example tries 1,600 offers."""


def profit_of(market: Tier1Market, pool: PoolState) -> int:
    """Of the best offer; 0 where it is better to offer nothing."""
    try:
        return choose_tier1_offer(market, pool).profit_per_second_wei
    except NothingWorthOffering:
        return 0


@searched
@given(markets, pools)
def test_tier1_offer__any_market__beats_the_grid_and_its_cost(market: Tier1Market, pool: PoolState) -> None:
    try:
        grid = list(tier1_offers(market, pool))
    except NothingWorthOffering:
        grid = []
    try:
        offer = choose_tier1_offer(market, pool)
    except NothingWorthOffering:
        event("nothing is worth offering")
        assert all(other.profit_per_second_wei <= 0 for other in grid)
        return
    event("an offer")
    assert offer in grid
    assert all(offer.profit_per_second_wei >= other.profit_per_second_wei for other in grid)
    assert market.fee_per_gas * 3 <= offer.reward_per_gas * 4 <= market.fee_per_gas * 5
    late_ppm = PPM - offer.on_time_ppm
    assert offer.loss_wei == max(offer.penalty_wei - pool.bond_penalty_wei, 0)
    assert offer.on_time_ppm * offer.reward_wei >= PPM * pool.cost_wei + late_ppm * offer.loss_wei
    assert offer.reward_wei >= pool.cost_wei


@searched
@given(markets, pools)
def test_tier1_offer__any_market__never_promises_what_bonds_do_not_cover(
    market: Tier1Market, pool: PoolState
) -> None:
    try:
        offers = list(tier1_offers(market, pool))
    except NothingWorthOffering:
        assert market.seats(pool.stake_units) is None or pool.busy_count >= pool.slot_count
        return
    for offer in offers:
        gross = (20_000 + market.job_gas) * offer.reward_per_gas
        penalty = min(pool.stake_units, max(pool.stake_units * 25 // (10_000 * offer.capacity), 4 * gross))
        assert offer.penalty_wei == penalty * market.wei_per_unit
        assert offer.capacity * bond(pool.base_fee_wei, pool.bond_penalty_wei) <= pool.cover_wei
        assert offer.capacity * penalty <= pool.stake_units
        assert 1 <= offer.capacity <= CAPACITY_LIMIT


@searched
@given(markets, pools, st.integers(0, zk(5)))
def test_tier1_offer__greater_cost__never_earns_more(market: Tier1Market, pool: PoolState, more: int) -> None:
    dear = replace(pool, cost_wei=Wei(pool.cost_wei + more))
    assert profit_of(market, pool) >= profit_of(market, dear)


@searched
@given(markets, pools, st.integers(0, 200_000))
def test_tier1_offer__better_record__never_earns_less(
    market: Tier1Market, pool: PoolState, worse: int
) -> None:
    unsure = replace(pool, on_time_ppm=Ppm(pool.on_time_ppm - worse))
    assert profit_of(market, pool) >= profit_of(market, unsure)


@searched
@given(markets, pools, st.integers(0, zk(10_000)))
def test_tier1_offer__more_cover__never_earns_less(market: Tier1Market, pool: PoolState, more: int) -> None:
    richer = replace(pool, cover_wei=Wei(pool.cover_wei + more))
    assert profit_of(market, richer) >= profit_of(market, pool)


def test_tier1_offer__by_hand__is_as_the_formulas_say() -> None:
    offer = value_of(MARKET, POOL, 125, 1)
    # Asking 125 % weighs 1 / 1.5625 against rivals who ask 100 %: 25.6 lots of 85.6.
    assert offer.share_ppm == 1_000_000 * 256 // 856
    # Each of 300 * share jobs an hour is held 390 s: half a round and its proof; 1 / (1 + load) get in.
    load_ppm = 300 * offer.share_ppm * 390 // 3600
    assert offer.taken_ppm == pytest.approx(PPM * PPM // (PPM + load_ppm), abs=1)
    gross = 8_020_000 * 125
    assert offer.reward_wei == (gross - -(-gross * 250 * 540 // (10_000 * 1_800))) * WEI_PER_UNIT
    assert offer.penalty_wei == 40_000 * TOKEN * 25 // 10_000 * WEI_PER_UNIT  # 100 tokens of stake
    assert offer.on_time_ppm == 990_000
    assert offer.loss_wei == offer.penalty_wei
    assert offer.profit_wei == (990_000 * offer.reward_wei - 10_000 * offer.penalty_wei) // PPM - zk(2)
    assert offer.bid_wei == offer.reward_wei + offer.penalty_wei


def test_tier1_offer__bonds_hold_the_penalty__pool_loses_nothing_by_late_provers() -> None:
    bare = value_of(MARKET, POOL, 100, 2)
    held = value_of(MARKET, replace(POOL, bond_penalty_wei=bare.penalty_wei), 100, 2)
    assert (held.penalty_wei, held.loss_wei) == (bare.penalty_wei, 0)
    assert held.profit_wei - bare.profit_wei == pytest.approx(bare.penalty_wei // 100, abs=1)
    assert held.bond_wei == bare.bond_wei + bare.penalty_wei  # so it can promise less


def test_tier1_offer__erlang_loss__without_a_queue() -> None:
    """With a slot for each job of the capacity the model is Erlang's: B = (a^c / c!) / sum a^k / k!."""
    pool = replace(POOL, slot_count=6)
    for capacity in range(1, 7):
        offer = value_of(MARKET, pool, 100, capacity)
        load = 300 * offer.share_ppm * 390 // 3600 / PPM
        terms = [1.0]
        for k in range(1, capacity + 1):
            terms.append(terms[-1] * load / k)
        assert offer.taken_ppm == pytest.approx(PPM * (1 - terms[-1] / sum(terms)), abs=2)


def test_tier1_offer__slots_are_scarce__asks_more_and_takes_what_it_can_do() -> None:
    """A loaded pool cannot use a larger share, so it asks the most; with room it can gain by asking less."""
    loaded = choose_tier1_offer(MARKET, replace(POOL, slot_count=1))
    assert loaded.reward_per_gas == 125
    roomy = choose_tier1_offer(
        replace(MARKET, jobs_per_hour=20), replace(POOL, slot_count=32, cover_wei=zk(100_000))
    )
    assert roomy.reward_per_gas < loaded.reward_per_gas
    assert roomy.capacity > loaded.capacity
    assert roomy.share_ppm > loaded.share_ppm


def test_tier1_offer__jobs_too_many_for_the_window__are_not_promised() -> None:
    """One slot, 240 s a proof, 300 s to the round's end, 1800 s: the seventh in line would be late."""
    pool = replace(POOL, slot_count=1, on_time_ppm=Ppm(PPM))
    assert value_of(MARKET, pool, 125, 6).on_time_ppm == PPM
    assert value_of(MARKET, pool, 125, 7).on_time_ppm < PPM
    assert choose_tier1_offer(MARKET, pool).capacity <= 6


def test_tier1_offer__others_in_the_queue__leave_fewer_slots() -> None:
    free = value_of(MARKET, replace(POOL, slot_count=2), 100, 2)
    assert value_of(MARKET, replace(POOL, slot_count=5, busy_count=3), 100, 2) == free
    with pytest.raises(NothingWorthOffering, match="every slot is taken"):
        choose_tier1_offer(MARKET, replace(POOL, busy_count=4))


@pytest.mark.parametrize(
    ("market", "pool", "why"),
    [
        (MARKET, replace(POOL, cost_wei=zk(50)), "at best a job brings -"),
        (MARKET, replace(POOL, on_time_ppm=Ppm(100_000)), "at best a job brings -"),
        (MARKET, replace(POOL, cover_wei=zk(1), bond_penalty_wei=zk(40)), "bonds do not cover"),
        (replace(MARKET, rivals=(Tier1Rival(50_000 * TOKEN, 100),) * 32), POOL, "no seat"),
        (MARKET, replace(POOL, proof_seconds=1_600), "at best a job brings -"),
    ],
)
def test_tier1_offer__nothing_earns__says_why(market: Tier1Market, pool: PoolState, why: str) -> None:
    with pytest.raises(NothingWorthOffering, match=why):
        choose_tier1_offer(market, pool)


def test_tier1_offer__full_seats__pushes_out_the_least_stake() -> None:
    weak, strong = Tier1Rival(30_000 * TOKEN, 100), Tier1Rival(90_000 * TOKEN, 100)
    market = replace(MARKET, rivals=(weak, *(strong,) * 31))
    assert value_of(market, POOL, 100, 1).share_ppm == PPM * 40 // (40 + 31 * 90)


def test_tier1_offer__rival_without_capacity__gets_nothing() -> None:
    full = replace(MARKET, rivals=tuple(replace(rival, free_capacity=0) for rival in RIVALS))
    assert value_of(full, POOL, 100, 1).share_ppm == PPM


@pytest.mark.parametrize(
    ("average", "window"), [(0, 600), (300, 600), (301, 602), (2_700, 5_400), (9_999, 5_400)]
)
def test_window__of_tier1__is_twice_the_delay_within_bounds(average: int, window: int) -> None:
    assert replace(MARKET, average_delay_seconds=average).window_seconds == window


def test_on_time__from_ratings__is_what_makes_them() -> None:
    assert on_time(900_000, 450, 900) == PPM  # always in time, half a window late: x = 900_000
    assert on_time(450_000, 450, 900) == PPM // 2
    assert on_time(800_000, 1_800, 900) == PPM
    assert pool_on_time([], 450, 900) == 0
    # Nine tenths of the work go to the one with the record.
    assert pool_on_time([900_000, 100_000], 450, 900) == (9 * PPM + PPM // 9) // 10
    assert "in time" in choose_tier1_offer(MARKET, POOL).explain()


# --- the requester's bid

B = 100
LATE = 9_000
books = st.lists(st.integers(B - 20, B + 60), max_size=64).map(
    lambda fees: [book_heap.pack(fee, i, LATE, i) for i, fee in enumerate(fees)]
)
histories = st.lists(
    st.builds(
        PastRound,
        st.just(Wei(B)),
        st.integers(B, 3 * B).map(Wei),
        st.integers(0, 2 * PPM).map(Ppm),
    ),
    max_size=6,
)
values = st.integers(0, 4 * B)
slot_counts = st.integers(0, 32)
rounds_lefts = st.integers(0, 6)
RANK = {BidAction.ABSTAIN: 0, BidAction.WAIT: 1, BidAction.BID: 2}


def auctioned(words: list[int], slot_count: int, bid: int) -> tuple[int, int] | None:
    """Position and price of a late bid, by the clearing's own rule; ``None`` if it wins nothing."""
    if len(words) == book_heap.LIMIT:
        if bid <= book_heap.max_fee_of(min(words)):
            return None
        words = sorted(words)[1:]
    mine = book_heap.pack(bid, 999, LATE, 64)
    ranked = [word for word in book_heap.best_first([*words, mine]) if book_heap.max_fee_of(word) >= B]
    won = ranked[:slot_count]
    if mine not in won:
        return None
    return won.index(mine) + 1, prices([book_heap.max_fee_of(w) for w in ranked], len(won), B)[
        won.index(mine)
    ]


@given(books, slot_counts, values, rounds_lefts, histories, st.integers(0, 5))
def test_choose_bid__any_book__bids_what_wins_and_never_above_the_value(
    book: list[int], k: int, value: int, rounds: int, history: list[PastRound], cost: int
) -> None:
    choice = choose_bid(book, k, B, value, rounds_left=rounds, history=history, wait_cost_wei=cost)
    assert 0 <= choice.surplus_wei <= value
    assert 0 <= choice.limit_wei <= value
    assert len(choice.forecasts_wei) == rounds
    if choice.action is BidAction.BID:
        assert B <= choice.price_wei <= choice.bid_wei <= choice.limit_wei
        assert auctioned(book, k, choice.bid_wei) == (choice.position, choice.price_wei)
        assert choice.surplus_wei == value - choice.price_wei
    else:
        assert choice.bid_wei == choice.price_wei == choice.position == 0
        assert choice.least_wei is None or choice.least_wei > choice.limit_wei
        assert (choice.surplus_wei > 0) == (choice.action is BidAction.WAIT)
        assert choice.surplus_wei == value - choice.limit_wei


@given(books, st.integers(1, 32), values, st.data())
def test_choose_bid__no_time_and_no_history__is_the_least_of_all_that_win(
    book: list[int], k: int, value: int, data: st.DataObject
) -> None:
    wanted = data.draw(st.integers(1, k))
    choice = choose_bid(book, k, B, value, position=wanted)
    winning = [
        bid
        for bid in range(B, value + 1)
        if (won := auctioned(book, k, bid)) is not None and won[0] <= wanted
    ]
    assert (choice.action is BidAction.BID) == bool(winning)
    assert choice.bid_wei == min(winning, default=0)


@given(st.integers(1, 32), histories, st.sampled_from([0, 500_000, 900_000, 990_000, PPM]), values)
def test_choose_bid__margin__is_the_least_that_past_rounds_ask_for(
    k: int, history: list[PastRound], confidence: int, value: int
) -> None:
    """Brute force over all bids: the first that wins now and would have won so many of the past rounds."""
    book = [book_heap.pack(B, i, LATE, i) for i in range(k)]
    choice = choose_bid(book, k, B, value, history=history, confidence_ppm=confidence)
    enough = [
        bid
        for bid in range(B + 1, value + 1)
        if sum(bid >= past.entry_wei for past in history) * PPM >= confidence * len(history)
    ]
    affordable = value > B
    assert choice.bid_wei == (min(enough, default=value) if affordable else 0)


@given(
    st.lists(st.integers(B, 3 * B), min_size=1, max_size=3),
    st.integers(0, 3),
    st.integers(0, 20),
    values,
)
def test_choose_bid__worth_of_waiting__is_that_of_the_best_of_all_policies(
    entries: list[int], rounds: int, cost: int, value: int
) -> None:
    """A policy takes, in each round, what costs at most some amount; its mean is over every outcome."""
    book = [book_heap.pack(B, i, LATE, i) for i in range(2)]  # as many bids as slots: the base fee stays
    history = [PastRound(Wei(B), Wei(entry)) for entry in entries]
    choice = choose_bid(book, 2, B, value, rounds_left=rounds, history=history, wait_cost_wei=cost)
    best = Fraction(0)
    for policy in product([0, *entries], repeat=rounds):
        total = 0
        for outcome_ in product(entries, repeat=rounds):
            taken = [
                value - ahead * cost - entry
                for ahead, (entry, most) in enumerate(zip(outcome_, policy, strict=True), 1)
                if entry <= most
            ]
            total += taken[0] if taken else 0
        best = max(best, Fraction(total, len(entries) ** rounds))
    assert best - rounds <= value - choice.limit_wei <= best  # each round of it rounds down once


@given(books, slot_counts, values, st.integers(0, B), rounds_lefts, histories, st.integers(0, 5))
def test_choose_bid__greater_value__is_monotone(
    book: list[int], k: int, value: int, more: int, rounds: int, history: list[PastRound], cost: int
) -> None:
    less = choose_bid(book, k, B, value, rounds_left=rounds, history=history, wait_cost_wei=cost)
    great = choose_bid(book, k, B, value + more, rounds_left=rounds, history=history, wait_cost_wei=cost)
    if less.action is BidAction.BID:
        assert great.action is BidAction.BID
    assert RANK[great.action] >= RANK[less.action]
    assert great.bid_wei >= less.bid_wei


@given(books, slot_counts, values, rounds_lefts, rounds_lefts, histories, st.integers(0, 5))
def test_choose_bid__less_time__is_monotone(
    book: list[int], k: int, value: int, one: int, other: int, history: list[PastRound], cost: int
) -> None:
    few, many = sorted((one, other))
    hasty = choose_bid(book, k, B, value, rounds_left=few, history=history, wait_cost_wei=cost)
    patient = choose_bid(book, k, B, value, rounds_left=many, history=history, wait_cost_wei=cost)
    assert hasty.bid_wei >= patient.bid_wei
    assert hasty.forecasts_wei == patient.forecasts_wei[:few]
    if patient.action is BidAction.BID:
        assert hasty.action is BidAction.BID


@given(st.integers(1, 32), st.integers(1, 6), st.integers(0, 8))
def test_choose_bid__idle_market__waits_for_the_base_fee_to_fall(k: int, rounds: int, cost: int) -> None:
    """By brute force: what each round asks for plus what waiting for it costs."""
    start = base_fee.base_fee(40_000_000)
    cost_wei = cost * start // 100
    falling = PastRound(start, start, Ppm(0))
    choice = choose_bid([], k, start, zk(10), rounds_left=rounds, history=[falling], wait_cost_wei=cost_wei)
    fees = [base_fee.base_fee(40_000_000 - ahead * PPM) for ahead in range(rounds + 1)]
    left = [zk(10) - fee - ahead * cost_wei for ahead, fee in enumerate(fees)]
    assert list(choice.forecasts_wei) == fees[1:]
    assert choice.limit_wei == zk(10) - max(left[1:])
    assert choice.action is (BidAction.BID if left[0] == max(left) else BidAction.WAIT)
    assert choice.surplus_wei == max(left)


def test_choose_bid__crowded_book__bids_before_it_gets_dearer() -> None:
    book = [book_heap.pack(B + 50 + i, i, LATE, i) for i in range(6)]
    choice = choose_bid(book, 2, B, 400, rounds_left=5)
    assert (choice.action, choice.bid_wei, choice.position, choice.price_wei) == (BidAction.BID, 155, 2, 154)
    assert choice.explain().startswith("bid ")


def test_choose_bid__dear_now_and_usual_later__waits() -> None:
    book = [book_heap.pack(900, i, LATE, i) for i in range(3)]
    usual = [PastRound(Wei(B), Wei(B + 20))] * 4
    choice = choose_bid(book, 2, B, 300, rounds_left=2, history=usual)
    assert (choice.action, choice.least_wei, choice.limit_wei) == (BidAction.WAIT, 901, 136)
    assert choice.surplus_wei == 300 - 136  # one crowded round lifts B to 113, and the position takes 1.2 B
    assert choice.explain().startswith("wait: it takes ")
    hasty = choose_bid(book, 2, B, 300, history=usual)
    assert (hasty.action, hasty.bid_wei) == (BidAction.ABSTAIN, 0)
    assert hasty.explain().startswith("leave it")


def test_choose_bid__no_slots__waits_and_does_not_bid() -> None:
    choice = choose_bid([], 0, B, 300, rounds_left=1)
    assert (choice.action, choice.least_wei, choice.bid_wei) == (BidAction.WAIT, None, 0)
    assert choice.explain().startswith("wait: no slot ")
    assert choose_bid([], 0, B, 300).action is BidAction.ABSTAIN


def test_choose_bid__no_such_position__is_refused() -> None:
    with pytest.raises(NoSuchPosition):
        choose_bid([], 2, B, 300, position=3)


@given(books, st.integers(1, 32), st.integers(0, 400))
def test_outcome__any_bid__is_what_the_clearing_does(book: list[int], k: int, bid: int) -> None:
    won = outcome(book, k, B, bid)
    assert (None if won is None else (won.position, won.price_wei)) == (
        auctioned(book, k, bid) if bid >= B else None
    )


def test_outcome__full_book_of_expiring_bids__does_not_pay_the_one_it_evicts() -> None:
    """The worst bid leaves when a better one comes, so it cannot be the next one down."""
    soon = [book_heap.pack(500, i, 10, i) for i in range(63)]
    book = [*soon, book_heap.pack(200, 63, LATE, 63)]
    assert suggest_bid(book, 1, B, 1, clears_at=100) == 201
    assert quote_for(book, 1, B, 1, clears_at=100).price_wei == B


def past(position: int, price: int, refund: int) -> Assignment:
    task, account = TaskId(bytes([position]) * 32), Address("0x" + "1" * 40)
    return Assignment(task, ProverId(1), account, position, Wei(price), Wei(refund), Wei(1), Timestamp(1), 1)


def test_past_rounds__clearings__become_what_the_position_took() -> None:
    start = 10_000_000
    fee = base_fee.base_fee(start)
    full = ClearingResult(
        QueueId(1), fee, 3, 2, (past(1, 3 * fee, fee), past(2, 2 * fee, fee)), (), start + 500_000
    )
    half = ClearingResult(QueueId(1), fee, 1, 2, (past(1, fee, 7 * fee),), (), start - 500_000)
    none = ClearingResult(QueueId(1), fee, 1, 0, (), (), start + PPM)
    rounds = [EndedRound.of(result) for result in (full, half, none)]
    last = past_rounds(rounds)
    assert [(one.entry_wei, one.pressure_ppm) for one in last] == [(3 * fee + 1, 1_500_000), (fee, 500_000)]
    first = past_rounds(rounds, 1)
    assert [one.entry_wei for one in first] == [4 * fee + 1, 8 * fee + 1]
    assert past_rounds(rounds, 3) == []
