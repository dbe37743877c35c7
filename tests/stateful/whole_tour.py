"""Chapters of the life by plan in which the real bid desk, the pool and the push adapter are met."""

from __future__ import annotations

from typing import Any, Final

from zkpool_sdk.units import DAY, UINT96_MAX, zk

Stop = tuple[str, dict[str, Any]]
SIGNED: Final[dict[str, Any]] = {
    "number": 0,
    "which": 0,
    "over": 10**17,
    "by": "requester",
    "cap": 10**20,
    "edge": None,
}
SEALED: Final[dict[str, Any]] = {"number": 0, "over": 10**17, "edge": 0, "waits": True}
BORROW: Final[dict[str, Any]] = {"who": 4, "allowed": False, "registers": True, "works": True}
SAVE: Final[dict[str, Any]] = {"who": 2, "to": 2, "amount": zk(32), "mints": False, "too_much": False}
BACK: Final[dict[str, Any]] = {"who": 0, "part": 2, "by": "owner", "dust": True}
TAKE: Final[dict[str, Any]] = {"pick": 0, "edge": 0, "at_end": True, "how": "redeem", "part": 2}
FUND: Final[dict[str, Any]] = {"amount": zk(50), "stranger": True, "known": True}
MARK: Final[dict[str, Any]] = {"manner": 0, "value": zk(60), "known": True}
REWARD: Final[dict[str, Any]] = {
    "pick": 7,
    "reward": zk(3),
    "penalty": 10**16,
    "life": DAY,
    "of_a_task": True,
}
TTKO: Final = 10**8
BEGIN: Final[Stop] = ("begin_tier1", {"funds": zk(60), "seats": True})
BLOCK: Final[dict[str, Any]] = {
    "reward": TTKO // 10,
    "window": 1_800,
    "whose": "pool",
    "flaw": "",
    "clears": True,
}
BLOCKS: Final[tuple[dict[str, Any], ...]] = (
    {"whose": "other"},
    {"flaw": "proven"},
    {"flaw": "released"},
    {"flaw": "data"},
    {"window": 600},
)
SETTLE: Final[dict[str, Any]] = {
    "pick": 0,
    "edge": 1,
    "at_end": True,
    "slashed": 0,
    "says": 8 * TTKO,
    "manner": 0,
}
WORK: Final[Stop] = ("one_round", {"which": 0, "count": 6, "over": 10**17, "works": True})

WHOLE_CHAPTERS: Final[dict[str, tuple[Stop, ...]]] = {
    "signed bids": (
        ("replay_a_bid", {"pick": 0, "alters": False, "revokes": True}),
        ("replay_a_bid", {"pick": 0, "alters": True, "revokes": False}),
        ("sign_a_bid", SIGNED),
        ("replay_a_bid", {"pick": 2, "alters": False, "revokes": False}),
        ("replay_a_bid", {"pick": 1, "alters": True, "revokes": True}),
        ("sign_a_bid", {**SIGNED, "number": 1, "which": 1}),
        ("sign_a_bid", {**SIGNED, "number": 2, "by": "another"}),
        ("sign_a_bid", {**SIGNED, "by": "wallet"}),
        ("sign_a_bid", {**SIGNED, "by": "thief of a wallet"}),
        ("sign_a_bid", {**SIGNED, "which": 3}),
        ("sign_a_bid", {**SIGNED, "over": -1}),
        *(
            ("raise_at_the_desk", {"pick": pick, "by": by, "how": how})
            for pick in range(3)
            for how in ("none", "one", "anybody")
            for by in (0, 10**16, 10**17)
        ),
        ("sign_a_bid", {**SIGNED, "edge": 0}),
        ("sign_a_bid", {**SIGNED, "edge": 1}),
    ),
    "sealed bids": (
        ("seal_a_bid", SEALED),
        ("open_a_sealed_bid", {"pick": 0, "edge": -1, "when": "first", "what": "reveal"}),
        ("open_a_sealed_bid", {"pick": 0, "edge": 0, "when": "first", "what": "copy"}),
        ("seal_a_bid", {**SEALED, "edge": 1}),
        ("seal_a_bid", {**SEALED, "waits": True, "number": 1}),
        ("open_a_sealed_bid", {"pick": 0, "edge": 0, "when": "last", "what": "twice"}),
        ("seal_a_bid", {**SEALED, "number": 2}),
        ("open_a_sealed_bid", {"pick": 0, "edge": -1, "when": "last", "what": "forfeit"}),
        ("open_a_sealed_bid", {"pick": 0, "edge": 0, "when": "last", "what": "forfeit"}),
        ("open_a_sealed_bid", {"pick": 0, "edge": 1, "when": "last", "what": "reveal"}),
        ("reveal_what_is_refused", {"pauses": False, "short": True, "count": 3}),
        ("reveal_what_is_refused", {"pauses": True, "short": False, "count": 3}),
        ("freeze_a_queue", {"which": 3, "chance": 0, "count": 0, "stranger": False}),
        ("seal_a_bid", SEALED),
    ),
    "copied seals": (("copy_sealed_bids", {"count": 2, "reveals": True}),),
    "who knows": (
        ("withhold", {"who": 0, "which": 0, "count": 12, "offers": 1}),
        ("gamble_for_a_friend", {"who": 0, "count": 8, "how": "invalid"}),
        ("borrow_and_work", BORROW),
        ("run_from_the_pool", {"who": 0, "which": 0, "count": 3}),
    ),
    "delegators": (
        ("save", SAVE),
        ("save", {**SAVE, "amount": 0, "too_much": True}),
        ("save", {**SAVE, "mints": True, "to": 0, "too_much": True}),
        ("ask_back", BACK),
        ("ask_back", {**BACK, "by": "other"}),
        ("ask_back", {**BACK, "by": "allowed"}),
        ("pass_shares_on", {"who": 1, "to": 2, "part": 2}),
        ("pass_shares_on", {"who": 1, "to": 2, "part": 1_000}),
        ("take_back", {**TAKE, "edge": -1, "how": "more"}),
        ("take_back", TAKE),
        ("take_back", {**TAKE, "at_end": False, "how": "withdraw"}),
        ("take_back", {**TAKE, "at_end": False, "how": "other", "pick": 1}),
        ("take_back", {**TAKE, "at_end": False, "how": "allowed", "pick": 1}),
        ("ask_back", BACK),
        ("take_back", {**TAKE, "how": "settle", "pick": 4}),
        ("take_pool_credit", {"who": 1}),
        ("take_pool_credit", {"who": 0}),
        ("take_pool_credit", {"who": 0}),
        ("take_profit_in", {"at_end": True, "works": True}),
        ("take_profit_in", {"at_end": False, "works": False}),
        ("save", SAVE),
    ),
    "an empty pool": (
        ("end_a_loan", {"who": 1, "by": "operator", "idle": False, "edge": 0}),
        *(("ask_back", {**BACK, "who": who, "part": 1, "dust": False}) for who in range(2)),
        ("take_profit_in", {"at_end": True, "works": True}),
        *(("take_back", {**TAKE, "how": "redeem", "part": 1}) for _ in range(2)),
        ("take_profit_in", {"at_end": True, "works": True}),
        ("save", SAVE),
        ("take_profit_in", {"at_end": True, "works": True}),
    ),
    "loans": (
        ("borrow_and_work", {**BORROW, "registers": False, "works": False}),
        ("borrow_and_work", {**BORROW, "works": False}),
        ("end_a_loan", {"who": 1, "by": "prover", "idle": False, "edge": 0}),
        ("borrow_and_work", BORROW),
        ("borrow_and_work", {**BORROW, "allowed": True, "works": False}),
        ("end_a_loan", {"who": 0, "by": "outsider", "idle": False, "edge": 0}),
        ("end_a_loan", {"who": 1, "by": "outsider", "idle": False, "edge": 0}),
        ("end_a_loan", {"who": 1, "by": "prover", "idle": False, "edge": 0}),
        ("misbehave", {"who": 3, "faults": 1, "how": "invalid", "rounds": 1}),
        ("lose_a_loan", {"who": 0, "wrong": True, "count": 2, "again": True}),
        ("end_a_loan", {"who": 1, "by": "outsider", "idle": True, "edge": 0}),
        ("borrow_and_work", BORROW),
        ("lose_a_loan", {"who": 0, "wrong": False, "count": 4, "again": True}),
        ("end_a_loan", {"who": 1, "by": "operator", "idle": False, "edge": 0}),
        ("end_a_loan", {"who": 1, "by": "prover", "idle": True, "edge": 1}),
        ("pool_runs_short", {"count": 3, "edge": 0}),
        ("borrow_and_work", BORROW),
    ),
    "the pool's bounds": (
        *(("ask_back", {**BACK, "who": who, "part": 1, "dust": False}) for who in range(2)),
        ("borrow_and_work", BORROW),
        ("fund_tier1", {**FUND, "amount": zk(10)}),
        ("pool_runs_short", {"count": 3, "edge": 0}),
        ("take_back", {**TAKE, "at_end": False, "how": "settle", "pick": 4}),
        ("borrow_and_work", BORROW),
    ),
    "tier 1": (
        ("fund_tier1", FUND),
        ("fund_tier1", {**FUND, "amount": 0}),
        ("fund_tier1", {**FUND, "amount": zk(201)}),
        ("fund_tier1", {**FUND, "known": False}),
        *(("mark_tier1", {**MARK, "manner": manner}) for manner in range(6)),
        ("mark_tier1", {**MARK, "known": False}),
        ("mark_tier1", {**MARK, "value": zk(10)}),
        ("mark_tier1", {**MARK, "value": UINT96_MAX}),
        ("fund_tier1", {**FUND, "amount": zk(10)}),
        ("run_the_pool", {"what": "cap", "cap": zk(1_000)}),
        ("fund_tier1", {**FUND, "amount": zk(201)}),
        ("tier1_pays_back", {"amount": zk(10), "all_of_it": False}),
        ("tier1_pays_back", {"amount": 0, "all_of_it": False}),
        ("tier1_pays_back", {"amount": zk(60), "all_of_it": False}),
        *(("run_the_pool", {"what": what, "cap": zk(200)}) for what in ("write off", "operator")),
        ("tier1_pays_back", {"amount": 0, "all_of_it": True}),
    ),
    "tier 1's blocks": (
        ("enter_again_or_report", {"pick": 0, "fits": True}),
        ("enter_a_block", BLOCK),
        BEGIN,
        ("enter_a_block", BLOCK),
        ("enter_again_or_report", {"pick": 0, "fits": True}),
        ("enter_again_or_report", {"pick": 0, "fits": False}),
        ("work_on_a_block", {"pick": 0, "how": "proven", "pays": TTKO // 10, "manner": 0}),
        ("settle_a_block", {**SETTLE, "at_end": False}),
        ("enter_again_or_report", {"pick": 0, "fits": True}),
        *(("enter_a_block", {**BLOCK, **what}) for what in BLOCKS),
        ("enter_a_block", {**BLOCK, "reward": 3 * TTKO}),
        ("work_on_a_block", {"pick": 0, "how": "missed", "pays": 0, "manner": 0}),
        ("settle_a_block", {**SETTLE, "pick": 1}),
        ("settle_a_block", {**SETTLE, "pick": 0, "slashed": TTKO // 2, "says": 8 * TTKO - TTKO // 2}),
        ("move_tier1_money", {"what": "mark", "units": 0, "manner": 0, "stranger": False}),
    ),
    "a block anew": (
        BEGIN,
        ("enter_a_block", {**BLOCK, "window": 7_200}),
        ("pass_around", {"pick": 1, "first": "declined", "second": "declined", "third": "declined"}),
        ("enter_again_or_report", {"pick": 0, "fits": True}),
        ("enter_a_block", {**BLOCK, "window": 7_200}),
        ("work_on_a_block", {"pick": 1, "how": "proven", "pays": TTKO, "manner": 5}),
        ("work_on_a_block", {"pick": 0, "how": "none", "pays": TTKO, "manner": 1}),
        ("work_on_a_block", {"pick": 0, "how": "none", "pays": TTKO, "manner": 2}),
        ("settle_a_block", {**SETTLE, "pick": 1, "manner": 0, "edge": 1}),
        ("settle_a_block", {**SETTLE, "pick": 0, "manner": 1, "edge": 1}),
        *(("enter_a_block", {**BLOCK, "clears": False}) for _ in range(13)),
        ("work_on_a_block", {"pick": 0, "how": "none", "pays": 0, "manner": 0}),
        ("work_on_a_block", {"pick": 1, "how": "none", "pays": 0, "manner": 3}),
        ("settle_a_block", {**SETTLE, "pick": 5, "edge": 1, "slashed": TTKO}),
    ),
    "tier 1's money": (
        BEGIN,
        *(
            ("move_tier1_money", {"what": what, "units": units, "manner": manner, "stranger": False})
            for what in ("collect", "repay", "stake", "exit", "withdraw", "buy", "sell", "mark")
            for units, manner in ((0, 0), (TTKO, 0), (10 * TTKO, 1), (10**6 * TTKO, 2), (1, 3))
        ),
        *(
            ("move_tier1_money", {"what": what, "units": TTKO, "manner": 0, "stranger": True})
            for what in ("repay", "stake", "exit", "withdraw", "buy", "sell")
        ),
        ("run_the_adapter", {"price": 10**15 - 1, "capacity": 13, "stranger": True}),
        ("run_the_adapter", {"price": 10**21, "capacity": 13, "stranger": False}),
        ("move_tier1_money", {"what": "buy", "units": 6 * TTKO, "manner": 0, "stranger": False}),
    ),
    "a hostile token": (
        WORK,
        ("request_unstake", {"who": 2, "kind": "one"}),
        *(
            ("call_back", {"who": 0, "outer": outer, "inner": inner, "pick": 0})
            for outer in ("stake", "place", "credit", "claim", "finish", "deposit", "reward")
            for inner in ("clear", "finalize", "expire", "settle", "treasury", "requests", "collect", "work")
        ),
        ("take_profit_in", {"at_end": True, "works": True}),
        *(
            ("call_back", {"who": 1, "outer": outer, "inner": inner, "pick": 1})
            for outer in ("stake", "place", "claim", "deposit")
            for inner in ("requests", "treasury", "expire")
        ),
        ("ask_back", BACK),
        ("take_back", {**TAKE, "how": "settle"}),
        ("settle", {"who": 0, "twice": False}),
        ("call_back", {"who": 0, "outer": "stake", "inner": "settle", "pick": 1}),
    ),
    "rewards": (
        WORK,
        ("promise_a_reward", REWARD),
        ("promise_a_reward", REWARD),
        ("bind_a_work", {"pick": 0, "other": 0, "fits": True}),
        ("bind_a_work", {"pick": 63, "other": 0, "fits": True}),
        ("bind_a_work", {"pick": 0, "other": 5, "fits": False}),
        ("promise_a_reward", {**REWARD, "pick": 1}),
        ("promise_a_reward", {**REWARD, "pick": 2, "of_a_task": False}),
        ("promise_a_reward", {**REWARD, "reward": 0}),
        ("promise_a_reward", {**REWARD, "penalty": zk(3) + 1}),
        ("promise_a_reward", {**REWARD, "life": -1}),
        ("settle_a_work", {"pick": 3, "edge": 0, "when": "now", "claims": True}),
        ("settle_a_work", {"pick": 2, "edge": 1, "when": "late", "claims": True}),
        ("bind_a_work", {"pick": 2, "other": 0, "fits": True}),
        ("settle_a_work", {"pick": 1, "edge": 1, "when": "late", "claims": True}),
        ("settle_a_work", {"pick": 0, "edge": 0, "when": "closed", "claims": True}),
        ("settle_a_work", {"pick": 0, "edge": 1, "when": "closed", "claims": True}),
        ("bind_a_work", {"pick": 63, "other": 0, "fits": False}),
    ),
}
"""As in ``tour``; only of worlds that are whole."""
