"""A life by plan: every rule once or more, so that what must be met is met whatever the search finds."""

from __future__ import annotations

from typing import Any, Final

from tests.stateful.machine import MarketMachine
from tests.stateful.whole_tour import WHOLE_CHAPTERS
from tests.stateful.world import RULES, World
from zkpool_sdk.models import SignalRule
from zkpool_sdk.units import DAY, zk

Stop = tuple[str, dict[str, Any]]
WORK: Final[Stop] = ("one_round", {"which": 0, "count": 14, "over": 10**17, "works": True})
FAULTS: Final[Stop] = ("misbehave", {"who": 1, "faults": 5, "how": "invalid", "rounds": 2})

OPENING: Final[dict[str, Any]] = {
    "pick": 0,
    "rules": RULES,
    "good": True,
    "rating": None,
    "window": 600,
    "allowed": True,
    "stranger": False,
}
OPENINGS: Final[tuple[dict[str, Any], ...]] = (
    {},
    {"rating": 10**6},
    {"rating": 10**6 + 1},
    {"rules": RULES[:2]},
    {"rules": (*RULES[:2], SignalRule.NONE)},
    {"good": False},
    {"window": 59},
    {"allowed": False},
    {"stranger": True},
)
RELEASES: Final[tuple[dict[str, Any], ...]] = (
    {"share": 500, "count": 1, "empty": False},
    {"share": 2_001, "count": 33, "empty": True},
    {"share": 2_001, "count": 33, "empty": False},
    {"share": 0, "count": 33, "empty": False},
)
HARM: Final = ("declined", "invalid", "missed")

CHAPTERS: Final[dict[str, tuple[Stop, ...]]] = {
    "bids": (
        ("place_badly", {"which": 0}),
        ("fill_the_book", {"which": 0, "over": 0, "seldom": 0}),
        ("fill_the_book", {"which": 0, "over": 1, "seldom": 0}),
        ("raise_bid", {"pick": 5, "by": 0, "to_rival": False}),
        ("raise_bid", {"pick": 5, "by": 1, "to_rival": False}),
        ("cancel", {"pick": 0}),
        ("clear", {"which": 0, "edge": -1, "at_end": True}),
        ("clear", {"which": 0, "edge": 0, "at_end": True}),
        ("cancel", {"pick": 0}),
        ("touch_a_bid_of_another", {"pick": 0}),
        ("bid_through_the_desk", {"pick": 1, "by": 0, "number": 3, "poor": True}),
        ("bid_through_the_desk", {"pick": 1, "by": 10**17, "number": 0, "poor": False}),
        ("sealed_round", {"count": 5, "over": 10**17, "edge": 0, "stranger": True, "proves": True}),
        ("sealed_round", {"count": 1, "over": 0, "edge": 0, "stranger": True, "proves": True}),
        ("sealed_round", {"count": 1, "over": 0, "edge": -1, "stranger": False, "proves": True}),
        ("expire", {"pick": 0, "edge": 0, "at_end": True}),
        ("expire", {"pick": 0, "edge": 1, "at_end": True}),
    ),
    "proofs": (
        WORK,
        ("prove_with_another_number_of_signals", {"pick": 1, "count": 4}),
        ("prove_to_a_broken_verifier", {"pick": 1, "proof": b"burn"}),
        ("prove_other_signals", {"pick": 1, "all_of_them": True}),
        *(
            ("prove_many_badly", {"pick": 1, "kind": kind})
            for kind in ("revert", "none", "33", "lengths", "thief", "queue", "broken last")
        ),
        ("act_on_any_task", {"pick": 0}),
        ("prove_several", {"most": 2}),
        WORK,
        ("prove", {"pick": 1, "edge": 0, "at_end": "grace", "stolen": True, "proof": None}),
        ("prove", {"pick": 1, "edge": 1, "at_end": "grace", "stolen": True, "proof": None}),
    ),
    "batches": (
        WORK,
        *(
            (
                "prove_many",
                {"pick": pick, "flaws": flaws, "moment": moment, "edge": edge, "strangers": bool(flaws[1:])},
            )
            for pick, flaws, moment, edge in (
                (7, ["none", "none"], "now", 0),
                (1, ["none", "wrong", "alias", "twice"], "now", 0),
                (1, ["none", "other statement", "wrong", "other prover"], "window", 1),
                (1, ["none", "short"], "grace", 1),
            )
        ),
    ),
    "open tasks": (
        WORK,
        ("pass_around", {"pick": 1, "first": "declined", "second": "declined", "third": "declined"}),
        ("pass_around", {"pick": 1, "first": "missed", "second": "declined", "third": "invalid"}),
    ),
    "bids that nobody waits for": (
        ("place", {"number": 0, "which": 0, "over": 10**17, "life": None, "edge": 0}),
        ("wait", {"seconds": DAY}),
        ("clear", {"which": 0, "edge": 0, "at_end": False}),
    ),
    "deadlines": (
        WORK,
        ("give_back", {"pick": 1, "edge": 0, "at_end": True, "stranger": True}),
        ("claim_with_no_right", {"pick": 0, "seat": 32}),
        ("give_back", {"pick": 1, "edge": 1, "at_end": True, "stranger": False}),
        ("finalize", {"pick": 0, "edge": -1, "which": "window"}),
        ("claim_an_open_task", {"pick": 0, "who": 0, "edge": 0, "at_end": True}),
        ("claim_an_open_task", {"pick": 0, "who": 0, "edge": 1, "at_end": True}),
    ),
    "a rescue": (
        ("one_round", {"which": 0, "count": 4, "over": 10**17, "works": True}),
        ("rescue", {"pick": 1, "how": "declined", "proof": None, "late": True}),
    ),
    "a bounty": (
        ("one_round", {"which": 0, "count": 4, "over": 10**17, "works": True}),
        ("rescue", {"pick": 1, "how": "missed", "proof": None, "late": False}),
    ),
    "a penalty": (
        ("carry_the_penalty", {"which": 1, "who": 1, "wrong": True}),
        ("one_round", {"which": 1, "count": 12, "over": 10**17, "works": True}),
        ("pass_around", {"pick": 1, "first": "declined", "second": "declined", "third": "declined"}),
    ),
    "faults": (
        ("go_free", {"who": 0, "edge": 0, "at_end": False}),
        FAULTS,
        ("go_free", {"who": 1, "edge": 0, "at_end": True}),
        ("go_free", {"who": 0, "edge": 1, "at_end": True}),
        ("lose_a_seat_in_jail", {"who": 2, "one": 3, "next_one": 0}),
        *(("claim_when_a_ban_ends", {"who": 3, "edge": edge}) for edge in (0, 1)),
    ),
    "a long window": (
        *(
            stop
            for edge in (0, 1)
            for stop in (
                ("sealed_round", {"count": 3, "over": 10**17, "edge": 0, "stranger": False, "proves": False}),
                ("give_back", {"pick": 1, "edge": edge, "at_end": True, "stranger": False}),
            )
        ),
    ),
    "tiers": (("fall_below_a_tier", {"who": 0, "count": 4}),),
    "stake": (
        ("stake_more", {"who": 0, "amount": 0}),
        ("stake_more", {"who": 0, "amount": 2 * 10**24}),
        ("request_unstake", {"who": 0, "kind": "below entry"}),
        ("request_unstake", {"who": 0, "kind": "more"}),
        ("finish_unstake", {"who": 0, "edge": 0, "at_end": False}),
        ("live_on_lent_stake", {"who": 4, "amount": zk(32), "works": True}),
        ("live_on_lent_stake", {"who": 4, "amount": zk(32), "works": False}),
        ("back_a_queue", {"which": 1, "backed": True, "stranger": True}),
        ("back_a_queue", {"which": 0, "backed": True, "stranger": False}),
        ("take_a_loan_back_in_flight", {"who": 0, "which": 0}),
        ("live_on_lent_stake", {"who": 4, "amount": zk(32), "works": True}),
        ("gamble_with_lent_stake", {"who": 0, "wrong": True, "count": 2}),
        ("take_a_loan_back", {"who": 1, "edge": 0, "when_idle": True, "stranger": True}),
        ("take_a_loan_back", {"who": 0, "edge": 0, "when_idle": False, "stranger": False}),
        ("stake_for_another", {"who": 4, "amount": zk(8)}),
        ("leave_the_pool", {"who": 0, "edge": -1, "works_on": True}),
        ("leave_the_pool", {"who": 1, "edge": 0, "works_on": True}),
        ("settle", {"who": 2, "twice": True}),
    ),
    "bonds of who left": (
        ("one_round", {"which": 1, "count": 12, "over": 10**17, "works": True}),
        ("leave_the_pool", {"who": 2, "edge": 0, "works_on": False}),
        ("join_queue", {"who": 2, "which": 0, "capacity": 1}),
    ),
    "seats and software": (
        ("register_prover", {"who": 0}),
        ("join_queue", {"who": 0, "which": 0, "capacity": 1}),
        ("join_queue", {"who": 4, "which": 2, "capacity": 1}),
        ("enter", {"who": 4}),
        ("join_queue", {"who": 4, "which": 2, "capacity": 33}),
        ("join_queue", {"who": 4, "which": 2, "capacity": 1}),
        ("take_a_seat_from_the_crowd", {"who": 4, "one": 1}),
        ("set_capacity", {"who": 0, "which": 0, "capacity": 32}),
        ("leave", {"who": 4, "which": 1, "back": False}),
        ("choose_software", {"who": 0, "which": 0, "number": 2, "drains": True}),
        ("one_round", {"which": 0, "count": 14, "over": 10**17, "works": False}),
        ("choose_software", {"who": 0, "which": 0, "number": 1, "drains": False}),
        ("leave", {"who": 0, "which": 0, "back": True}),
        ("choose_software_at_leisure", {"one": 0, "number": 1}),
        ("look_after_software", {"number": 1, "nobody": True, "stranger": False, "retires": False}),
        ("look_after_software", {"number": 2, "nobody": False, "stranger": True, "retires": True}),
        ("look_after_software", {"number": 2, "nobody": False, "stranger": False, "retires": True}),
        ("pay_the_maker", {"at_end": True}),
    ),
    "keys": (
        WORK,
        *(("act_by_a_key", {"pick": i, "edge": 0, "at_end": False, "capacity": 32}) for i in range(3)),
        ("name_a_key", {"who": 0, "key": 0, "scopes": 8, "life": DAY, "consents": True}),
        ("name_a_key", {"who": 0, "key": 0, "scopes": 7, "life": 0, "consents": False}),
        ("name_a_key", {"who": 0, "key": 0, "scopes": 7, "life": 30 * DAY, "consents": True}),
        *(("act_by_a_key", {"pick": 0, "edge": e, "at_end": True, "capacity": 32}) for e in (0, 1)),
        ("end_a_key", {"who": 0, "key": 0, "by": "stranger"}),
        ("end_a_key", {"who": 0, "key": 0, "by": "key"}),
        ("end_a_key", {"who": 0, "key": 0, "by": "prover"}),
        ("beat_by_a_prover", {"who": 0, "seat": 32, "capacity": 3, "of": 9}),
        ("beat_by_a_prover", {"who": 0, "seat": 0, "capacity": 3, "of": 1}),
    ),
    "money and control": (
        ("a_good_day", {"which": 0, "count": 4, "pool_first": False}),
        WORK,
        ("prove_several", {"most": 4}),
        ("restake_earnings", {"who": 1, "edge": 0, "at_end": True}),
        ("claim_credit", {"who": 1}),
        ("ask_for_too_much", {"which": 0, "work": False}),
        *((name, {}) for name in ("pause", "unpause")),
        *(("burn", {"over": over}) for over in (0, 1)),
        ("donate", {"to": "market", "amount": 1}),
        ("claim_pool", {"stranger": True}),
        ("claim_pool", {"stranger": False}),
    ),
    "power": (
        *(("hand_power_over", {"which": which, "accepts": which % 2 == 0}) for which in range(6)),
        *(("hand_power_over", {"which": which, "accepts": True}) for which in (1, 3, 5)),
        ("act_as_the_market", {"by": "prover"}),
        ("change_the_guardian", {"stands": False}),
        ("change_the_guardian", {"stands": True}),
        ("move_the_treasury", {"nobody": True, "back": False}),
        ("move_the_treasury", {"nobody": False, "back": True}),
        ("stake_by_permit", {"who": 0, "amount": 1}),
    ),
    "openings": (
        *(("open_a_queue", {**OPENING, **what}) for what in OPENINGS),
        *(("publish_software", release) for release in RELEASES),
    ),
    "adversaries": (
        ("shill", {"who": 0, "which": 0, "count": 14, "rank": 9, "below": 1}),
        ("shill", {"who": 0, "which": 0, "count": 3, "rank": 14, "below": 10**14}),
        ("self_deal", {"who": 0, "which": 0, "count": 4, "others": 0, "over": 10**17}),
        ("self_deal", {"who": 1, "which": 0, "count": 4, "others": 4, "over": 10**18}),
        ("grief_by_bids", {"which": 0, "count": 64, "others": 6, "cancels": True}),
        *(("grief_by_proofs", {"who": 1, "which": 0, "count": 6, "how": how}) for how in HARM),
        WORK,
        ("copy_what_is_sent", {"pick": 1, "batch": True}),
        ("run_before_the_slash", {"who": 2, "which": 0, "count": 8, "missed": True}),
    ),
    "frozen": tuple(
        ("freeze_a_queue", {"which": which, "chance": 0, "count": 9, "stranger": True}) for which in (0, 1, 3)
    ),
}
"""Rules with what they are given; each chapter is a life of its own."""


def tour(world: World) -> None:
    """Lives every chapter in a world, the laws held against every step, and compares with the chain."""
    chapters = CHAPTERS | WHOLE_CHAPTERS if world.whole else CHAPTERS
    for chapter in chapters.values():
        life = MarketMachine()
        life.begin(world)
        for name, given in chapter:
            getattr(life, name)(**given)
            for law in life.invariants:
                law.function(life)
        life.teardown()
