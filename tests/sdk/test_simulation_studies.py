"""Populations, attackers and studies: each does what it is said to do, and plots are what they claim."""

from __future__ import annotations

from pathlib import Path
from random import Random
from statistics import fmean
from xml.etree import ElementTree

import pytest

from zkpool_sdk.economics.auction import prices, vcg_payment
from zkpool_sdk.economics.base_fee import MIN_BASE_FEE_WEI, ROUND_SECONDS
from zkpool_sdk.economics.split import split
from zkpool_sdk.economics.token import Token
from zkpool_sdk.economics.vault import StakeVault
from zkpool_sdk.models import Address
from zkpool_sdk.simulation import decay_study, demand, fraction_study, price_study, rating_study
from zkpool_sdk.simulation.__main__ import main
from zkpool_sdk.simulation.attackers import COST_WEI, Honest, Phantom, SelfBid, Shill, Withhold
from zkpool_sdk.simulation.book import FEE_SHIFT, START, Book
from zkpool_sdk.simulation.chart import HEIGHT, WIDTH, Panel, Series, draw
from zkpool_sdk.simulation.demand import Careful, Late, Truthful, Values, poisson
from zkpool_sdk.simulation.demand_study import run
from zkpool_sdk.simulation.questions import QUESTIONS
from zkpool_sdk.simulation.queue import Queue, SimulatedProver
from zkpool_sdk.simulation.scene import Scene, play, seats_of
from zkpool_sdk.simulation.study import Scale
from zkpool_sdk.units import DAY, zk

DOCS = Path(__file__).resolve().parents[2] / "docs"

# --- populations


def test_values__many_drawn__have_the_median_and_the_tail_of_the_formula() -> None:
    values, random = Values(zk(2), 0.5), Random(1)
    drawn = sorted(values.draw(random, 40_000))
    assert abs(drawn[20_000] / zk(2) - 1) < 0.02
    price = values.clearing_price(32, 16)
    assert price == pytest.approx(zk(2))
    above = values.clearing_price(64, 16)
    assert sum(value >= above for value in drawn) / len(drawn) == pytest.approx(0.25, abs=0.01)
    assert values.clearing_price(16, 16) == 0


def test_elasticity__small_rise__loses_so_much_demand() -> None:
    values = Values()
    price = zk(1)
    fall = values.above(price * 1.001) / values.above(price) - 1
    assert values.elasticity(price) == pytest.approx(-fall / 0.001, rel=0.01)


@pytest.mark.parametrize("mean", [0, 0.3, 7, 100])
def test_poisson__many__have_mean_and_variance(mean: float) -> None:
    random = Random(3)
    counts = [poisson(random, mean) for _ in range(4_000)]
    spread = fmean((count - mean) ** 2 for count in counts)
    assert fmean(counts) == pytest.approx(mean, rel=0.05, abs=0.001)
    assert spread == pytest.approx(mean, rel=0.12, abs=0.001)


def test_careful__round_after_round__never_bids_above_its_worth_and_pays_less_than_truthful() -> None:
    def mean_price(requesters: Truthful | Careful) -> float:
        random = Random(5)
        queue = Queue([SimulatedProver(capacity=2) for _ in range(4)], random)
        paid, sold = 0, 0
        for _ in range(200):
            requesters.come(queue, random, 12)
            if isinstance(requesters, Careful):
                assert all(word >> FEE_SHIFT <= requesters.limits[word] for word in queue.words)
            sale, seats = queue.clear()
            paid, sold = paid + sum(sale.prices_wei), sold + len(seats)
        assert sold > 1_200
        return paid / sold

    assert mean_price(Careful(Values(), 8)) < 0.8 * mean_price(Truthful(Values()))


def test_late__base_fee_of_old__keeps_away_who_it_was_too_dear_for() -> None:
    random, book = Random(1), Book(excess=40_000_000)
    dear_wei = book.base_fee_wei
    requesters = Late(Values(), lag_rounds=3)
    for _ in range(3):
        requesters.come(book, random, 20)
        book.sell(64)
    assert book.base_fee_wei < dear_wei  # 64 slots for few
    requesters.come(book, random, 60)
    assert min(word >> FEE_SHIFT for word in book.words) >= dear_wei


# --- attackers


def staged(fees: list[int], seats: int) -> Queue:
    queue = Queue([SimulatedProver(rating_ppm=960_000) for _ in range(seats)], Random(0))
    queue.place(fees, 2)
    return queue


def profit_of(queue: Queue, attack: Honest) -> int:
    sale, _ = queue.clear()
    attack.settle(sale)
    queue.work()
    earned = sum(
        queue.provers[seat].earned_wei - COST_WEI * queue.provers[seat].task_count for seat in attack.mine
    )
    if isinstance(attack, Shill):  # proofs are out, but not yet in
        earned += sum(
            split(price, 2_000, 0, 0, 5_000).prover_wei for *_, price, _, _ in pending(queue, attack.mine)
        )
    return earned - attack.spent_wei


def pending(queue: Queue, mine: frozenset[int]) -> list[tuple[int, ...]]:
    return [entry for entry in queue._due if entry[2] in mine]


@pytest.mark.parametrize("seed", range(30))
def test_shill__any_book__gains_at_once_or_does_nothing(seed: int) -> None:
    random = Random(seed)
    seats = random.randint(1, 8)
    fees = Values().draw(random, random.randint(0, 3 * seats))
    mine = frozenset(random.sample(range(seats), random.randint(1, seats)))
    honest, attack = Honest(mine), Shill(mine)
    before, after = staged(fees, seats), staged(fees, seats)
    attack.act(after)
    fair_wei = profit_of(before, honest)
    assert profit_of(after, attack) >= fair_wei
    if attack.shill_count == 0:
        # Nothing that one more bid could have done would have paid.
        for fee in fees:
            tried, other = Shill(mine), staged(fees, seats)
            word = other.place_one(max(fee - 1, MIN_BASE_FEE_WEI), 2)
            tried.fakes.add(word)
            assert profit_of(other, tried) <= fair_wei


def test_shill__idle_round__takes_what_the_last_bid_would_have_saved() -> None:
    queue, attack = staged([zk(2), zk(1)], 4), Shill(frozenset(range(4)))
    attack.act(queue)
    sale, _ = queue.clear()
    assert sale.prices_wei == [zk(1), zk(1) - 1, MIN_BASE_FEE_WEI]
    attack.settle(sale)
    assert attack.spent_wei == MIN_BASE_FEE_WEI


def test_self_bid__wins_and_is_paid_for() -> None:
    queue, attack = staged([zk(3), zk(2)], 1), SelfBid(frozenset({0}))
    attack.act(queue)
    sale, _ = queue.clear()
    attack.settle(sale)
    assert attack.spent_wei == sale.prices_wei[0] == zk(3)


def test_withhold__half__leaves_half_the_slots() -> None:
    queue, attack = staged([zk(1)] * 8, 8), Withhold(frozenset(range(8)), count=4)
    attack.prepare(queue)
    assert sum(queue.slots()) == 4


def test_phantom__more_than_it_can_do__is_slashed_and_banned() -> None:
    queue, attack = staged([zk(1)] * 8, 1), Phantom(frozenset({0}))
    attack.prepare(queue)
    for _ in range(4):
        queue.clear()
    queue.work()
    prover = queue.provers[0]
    assert prover.proven_count < prover.task_count
    assert prover.slashed_wei > 0
    assert prover.banned_until > queue.now


def test_play__same_seed__same_outcome_and_demand_does_not_depend_on_the_attack() -> None:
    scene, mine = Scene("busy", careful=False), seats_of(4)
    assert play(scene, Honest(mine), mine, 7, 40) == play(scene, Honest(mine), mine, 7, 40)
    honest, other = play(scene, Honest(mine), mine, 7, 40), play(scene, Withhold(mine, count=2), mine, 7, 40)
    assert honest.bid_count == other.bid_count


def test_seats_of__any_count__are_distinct_and_spread() -> None:
    for seats in (1, 4, 16):
        for count in range(1, seats + 1):
            assert len(seats_of(count, seats)) == count
    assert seats_of(2) == {4, 12}


# --- studies


def test_clocked__any_life__is_the_vaults_stake() -> None:
    random = Random(2)
    holder, prover = Address("0x" + "01" * 20), Address("0x" + "02" * 20)
    token = Token(holder)
    vault = StakeVault(token, Address("0x" + "03" * 20), Address("0x" + "04" * 20))
    token.transfer(holder, prover, zk(64))
    vault.stake(prover, zk(64), START)
    clocked, now = decay_study.Clocked(zk(64), START + DAY), START
    for _ in range(200):
        now += random.choice([300, 7_000, 40_000, 200_000])
        if random.random() < 0.5:
            vault.lock_bonds([(prover, 1)], now)
            vault.release_bond(prover, 1, now, worked=True)
            clocked.worked(now)
        else:
            vault.settle(prover, now)
            clocked.settle(now)
        stake = vault.stake_of(prover, now)
        assert (clocked.own_wei, clocked.decays_from) == (stake.own_wei, stake.decays_from)
    assert clocked.own_wei < zk(64)


def test_cheat__either_clock__costs_a_fifth_of_the_least_base_fee() -> None:
    dodge, grief = decay_study.cheat(False, 10), decay_study.cheat(True, 10)
    assert dodge.paid_wei == grief.paid_wei == MIN_BASE_FEE_WEI // 5
    assert dodge.self_loses_wei == 0 < zk("0.5") < dodge.victim_loses_wei
    assert grief.victim_loses_wei > zk("0.4")


def test_fraction__an_eighth__is_the_protocols_and_far_from_the_cycle() -> None:
    assert abs(fraction_study.denominator(1 / 8) / 8_500_000 - 1) < 0.002
    values = Values(sigma=0.05)

    def stray(fraction: float) -> float:
        return fraction_study.spread(
            fraction_study.settled(Truthful(values), values, fraction, 200, 1, warm_up=100)
        )

    assert stray(1 / 8) < 0.05 < 0.3 < stray(2.0)
    assert stray(1.0) < 0.15
    assert fraction_study.stable_delay_rounds(1 / 32, 4) > fraction_study.stable_delay_rounds(1 / 8, 4)


def test_demand__step__rises_by_an_eighth_a_round_to_the_clearing_price() -> None:
    trace = run(Truthful(Values()), demand.constant(32), 90, 1, warm_up=0)
    rises = [after / before for before, after in zip(trace.base_fee, trace.base_fee[1:], strict=False)]
    assert max(rises) < 1.125
    assert rises[5] > 1.12
    assert fmean(trace.base_fee[60:]) == pytest.approx(1, abs=0.15)


def test_stray__more_tasks__is_nearer_to_proportion() -> None:
    points = dict(rating_study.stray(1_000, 1))
    assert all(distance <= 8 / count for count, distance in points.items())


def test_equal_provers__lower_seat__is_paid_more_for_as_many_tasks() -> None:
    random = Random(6)
    queue = Queue([SimulatedProver(rating_ppm=960_000) for _ in range(4)], random)
    requesters = Truthful(Values())
    for _ in range(300):
        requesters.come(queue, random, 8)
        queue.clear()
    first, *_, last = queue.provers
    assert first.task_count - last.task_count <= 1  # the draw itself is fair
    assert first.rating_ppm == last.rating_ppm
    assert first.earned_wei > 1.2 * last.earned_wei


def test_vcg_by_position__like_positions__is_the_first_loser() -> None:
    random = Random(4)
    fees = sorted(Values().draw(random, 20), reverse=True)
    assert price_study.vcg_by_position(fees, [0.9] * 16) == pytest.approx([fees[16]] * 16)
    unequal = price_study.vcg_by_position(fees, [0.95 - 0.01 * i for i in range(16)])
    assert unequal == sorted(unequal, reverse=True)
    gsp = prices(fees, 16, MIN_BASE_FEE_WEI)
    assert all(vcg_payment(fees, 16, MIN_BASE_FEE_WEI) <= price for price in gsp)
    assert all(a <= b * (1 + 1e-9) for a, b in zip(unequal, gsp, strict=True))


# --- plots


def test_draw__panels__are_inside_the_picture_and_readable_in_dark() -> None:
    line = [(float(x), x**2 + 1.0) for x in range(1, 30)]
    panels = [
        Panel(
            "Squares <&>", "x, s", "y, ZK", [Series("y", line), Series("ref", line, dashed=True)], y_log=True
        ),
        Panel("Cut", "x, s", "y, ZK", [Series("y", line)], y_from=10, y_to=20),
        Panel("Named", "x, s", "y, ZK", [Series("y", line)], x_log=True, x_ticks=[(1, "one"), (10, "ten")]),
    ]
    svg = draw(panels, "A title")
    root = ElementTree.fromstring(svg)
    width, height = (float(root.attrib[side]) for side in ("width", "height"))
    assert width == 2 * WIDTH
    assert height > 2 * HEIGHT
    texts = {element.text for element in root.iter() if element.tag.endswith("text")}
    assert {"Squares <&>", "Cut", "x, s", "y, ZK", "ref", "one", "ten"} <= texts
    assert "prefers-color-scheme:dark" in svg
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")
    lines = [e.attrib["d"] for e in root.iter() if e.attrib.get("class", "").startswith("l ")]
    for d in lines:
        for point in d.removeprefix("M").replace("h18", "").split("L"):
            x, y = map(float, point.split())
            assert 0 <= x <= WIDTH
            assert 0 <= y <= height


@pytest.mark.parametrize("question", ["decay", "rating", "price"])
def test_command__same_seed__same_files(question: str, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        assert (
            main([question, "--seed", "5", "--scale", "0.01", "--out", str(tmp_path / folder), "--json"]) == 0
        )
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == [f"simulation-{question}.json", f"simulation-{question}.svg"]
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


@pytest.mark.parametrize("question", ["demand", "cartel"])
def test_study__small__answers_with_figures_and_panels(question: str) -> None:
    study = QUESTIONS[question](3, Scale(0.005))
    assert study.figures
    assert 3 <= len(study.panels) <= 4
    assert study.bid_count > 10_000
    ElementTree.fromstring(study.svg())


def test_mechanism__every_question__has_its_plot_and_its_command() -> None:
    text = (DOCS / "MECHANISM.md").read_text(encoding="utf-8")
    for question in QUESTIONS:
        plot = DOCS / f"simulation-{question}.svg"
        ElementTree.parse(plot)
        assert f"({plot.name})" in text
        assert f"zkpool_sdk.simulation {question} --seed" in text


def test_round_seconds__the_simulated_clock__is_the_markets() -> None:
    book = Book()
    book.sell(1)
    assert book.now == START + ROUND_SECONDS
