"""More numbered laws that hold after every step: of the desk, the pool, the push adapter, the registries."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis.stateful import invariant

from tests.stateful.invariants import Laws
from zkpool_sdk.economics import accelerators, book_heap, splitter, token
from zkpool_sdk.economics.delegation import DelegationVault
from zkpool_sdk.economics.desk import SEALED_DEPOSIT_WEI
from zkpool_sdk.economics.protocol import Protocol
from zkpool_sdk.economics.provers import CAPACITY_LIMIT, SEAT_LIMIT
from zkpool_sdk.economics.redemption import UNLOCK_SECONDS
from zkpool_sdk.economics.rescue import DECLINERS
from zkpool_sdk.economics.taiko import MAX_WORKS
from zkpool_sdk.models import CommitStatus, TaskStatus, WorkStatus
from zkpool_sdk.units import DAY

UNDERWAY = (WorkStatus.BOUND, WorkStatus.DELIVERED)
UNSETTLED = (WorkStatus.POSTED, WorkStatus.BOUND)


class ProtocolLaws(Laws):
    """What is true of the protocol at any time; of desk, pool and push adapter in whole worlds."""

    def begin(self, world: Any, apart: int = 0) -> None:
        super().begin(world, apart)
        self.fixed: dict[Any, Any] = {}
        """What never changes, as it was first seen."""
        self.over: dict[Any, Any] = {}
        """What has ended, as it ended."""

    def act(self, *what: Any, **how: Any) -> Any:
        """Around every act: the price of a share falls by a loss alone (32)."""
        if not isinstance(self.market, Protocol):
            return super().act(*what, **how)
        pool = self.market.pool
        (assets, shares), lost, out = pool.price(self.now), self._lost(pool), pool.adapters_wei
        at = self.now
        result = super().act(*what, **how)
        pool = self.market.pool
        unharmed = self._lost(pool) <= lost and pool.adapters_wei >= out
        if self.now == at and unharmed and pool.total_supply:  # what nobody has a share of is nobody's
            now_assets, now_shares = pool.price(at)
            assert now_assets * shares >= assets * now_shares  # 32
        return result

    def _lost(self, pool: DelegationVault) -> int:
        """What open loans have lost so far."""
        out_wei = sum(loan.out_wei for loan in pool.loans.values())
        return out_wei - self.market.vault.lent_wei

    def _stays(self, kind: str, key: Any, value: Any) -> None:
        assert self.fixed.setdefault((kind, key), value) == value

    # --- bid desk

    @invariant()
    def i42_each_open_commitment_has_its_deposit(self) -> None:
        if isinstance(self.market, Protocol):
            bids = self.market.bids
            open_count = sum(c.status == CommitStatus.COMMITTED for c in bids.commitments.values())
            owed_wei = open_count * SEALED_DEPOSIT_WEI + sum(bids.deposits.values())
            assert self.market.token.balance_of(bids.address) == owed_wei + self.donated["desk"]

    @invariant()
    def i43_a_digest_becomes_one_task_and_a_task_has_one_digest(self) -> None:
        if isinstance(self.market, Protocol):
            made = self.market.bids.tasks
            assert len(set(made.values())) == len(made)
            for digest, task in made.items():
                self._stays("digest", digest, task)
                assert not self.market.projects.queue_of(self.market.tasks[task].queue).is_sealed

    @invariant()
    def i44_a_sealed_queue_has_no_bid_that_was_not_committed_to(self) -> None:
        if not isinstance(self.market, Protocol):
            return
        revealed = Counter(
            c.requester for c in self.market.bids.commitments.values() if c.status == CommitStatus.REVEALED
        )
        placed = Counter(t.requester for t in self.market.tasks.values() if t.queue == self.world.sealed)
        assert placed <= revealed

    @invariant()
    def i45_commitments_end_once_and_keep_owner_and_cycle(self) -> None:
        if isinstance(self.market, Protocol):
            for commitment, c in self.market.bids.commitments.items():
                self._stays("commitment", commitment, (c.requester, c.cycle))
                if c.status != CommitStatus.COMMITTED:
                    self._stays("opened", commitment, c.status)

    # --- pool

    @invariant()
    def i47_requests_wait_in_one_row_and_mature_in_its_order(self) -> None:
        if isinstance(self.market, Protocol):
            pool = self.market.pool
            assert sorted(pool.requests) == list(range(pool.first_request, pool.next_request))
            matures = [pool.requests[number].matures_at for number in sorted(pool.requests)]
            assert matures == sorted(matures)
            assert all(request.shares > 0 for request in pool.requests.values())

    @invariant()
    def i48_lent_stake_is_of_a_loan_and_never_above_it(self) -> None:
        if isinstance(self.market, Protocol):
            pool = self.market.pool
            for prover, s in self.market.vault.stakes.items():
                assert s.sponsored_wei <= pool.loan_of(prover).out_wei

    @invariant()
    def i49_the_pool_has_all_it_owes_and_its_money_is_somewhere(self) -> None:
        if isinstance(self.market, Protocol):
            pool = self.market.pool
            held_wei = self.market.token.balance_of(pool.address) - self.donated["delegation"]
            fees_wei = sum(loan.fee_wei for loan in pool.loans.values())
            assert held_wei == pool.idle_wei + pool.credited_wei + fees_wei
            assert (
                pool.total_assets(self.now) <= pool.idle_wei + self.market.vault.lent_wei + pool.adapters_wei
            )

    @invariant()
    def i51_profit_unlocks_within_a_day(self) -> None:
        if isinstance(self.market, Protocol):
            locked_wei, since, until = self.market.pool.lock
            assert since <= until <= since + UNLOCK_SECONDS
            assert 0 <= self.market.pool.locked_profit_wei(self.now) <= locked_wei

    # --- push adapter

    @invariant()
    def i58_promised_rewards_are_there(self) -> None:
        if isinstance(self.market, Protocol):
            push = self.market.push
            open_wei = sum(w.reward_wei for w in push.works.values() if w.status in UNSETTLED)
            balance_wei = self.market.token.balance_of(push.address) - self.donated["push"]
            assert balance_wei == open_wei + sum(push.credits.values())

    @invariant()
    def i59_a_work_ends_once_and_is_paid_for_a_proof_of_its_statement(self) -> None:
        if isinstance(self.market, Protocol):
            for ext, w in self.market.push.works.items():
                self._stays("work", ext, (w.sponsor, w.reward_wei, w.queue, w.statement_hash))
                if w.status not in UNSETTLED:
                    self._stays("settled", ext, w)
                if w.status == WorkStatus.REWARDED:
                    assert self.market.tasks[w.task].status == TaskStatus.PROVEN
                    assert self.statements[w.task] == self.market.push.statements[ext][0]
                assert w.penalty_wei <= w.reward_wei

    # --- the adapter to tier 1

    @invariant()
    def i71_live_works_are_those_on_their_way_and_twelve_at_most(self) -> None:
        taiko = getattr(self.market, "taiko", None)
        if taiko is not None:
            on_their_way = {ext for ext, w in taiko.works.items() if w.status in UNDERWAY}
            assert set(taiko.live) == on_their_way
            assert len(taiko.live) == len(on_their_way) <= MAX_WORKS

    @invariant()
    def i72_a_block_ends_once_and_insurance_is_owed_no_negative_sum(self) -> None:
        taiko = getattr(self.market, "taiko", None)
        if taiko is not None:
            assert taiko.surplus_wei >= 0
            assert taiko.booked_units >= 0
            for ext, w in taiko.works.items():
                if w.status in (WorkStatus.REWARDED, WorkStatus.FORFEITED):
                    self._stays("block", ext, w)

    # --- provers, books, terms

    @invariant()
    def i61_nobody_sits_twice_in_a_queue(self) -> None:
        for seats in self.market.provers.seats.values():
            seated = [seat.prover for seat in seats if seat.prover]
            assert len(set(seated)) == len(seated) <= SEAT_LIMIT
            assert all(seat.capacity <= CAPACITY_LIMIT for seat in seats)

    @invariant()
    def i62_sequence_numbers_rise_and_none_is_used_twice(self) -> None:
        for queue, state in self.market.rounds.items():
            assert state.cleared_sequence <= state.next_sequence
            assert self.over.get(("sequence", queue), 0) <= state.next_sequence
            self.over["sequence", queue] = state.next_sequence
            words = self.market.books.get(queue, [])
            sequences = [book_heap.sequence_of(word) for word in words]
            assert all(sequence < state.next_sequence for sequence in sequences)
            assert len(set(sequences)) == len(sequences)

    @invariant()
    def i63_a_task_is_declined_by_three_different_provers_at_most(self) -> None:
        for task, r in self.market.rescues.items():
            decliners = [prover for prover in (r.first_decliner, r.second_decliner) if prover]
            assert len(set(decliners)) == len(decliners) == min(r.decline_count, 2)
            assert r.decline_count <= DECLINERS
            if r.decline_count == DECLINERS:
                assert self.market.tasks[task].status == TaskStatus.FAILED
                assert self.market.tasks[task].prover not in decliners

    @invariant()
    def i64_open_tasks_have_an_end(self) -> None:
        for task, t in self.market.tasks.items():
            if t.status == TaskStatus.OPEN:
                assert t.prove_by
                assert self.market.rescue_of(task).open_until

    @invariant()
    def i65_rates_cap_and_shares_stay_in_their_bounds(self) -> None:
        r = self.market.splitter.rates
        assert max(r.pool_bps, r.previous_pool_bps) <= splitter.MAX_POOL_BPS
        assert max(r.delegators_bps, r.previous_delegators_bps) <= splitter.MAX_DELEGATORS_BPS
        assert max(r.sponsor_bps, r.previous_sponsor_bps) <= splitter.MAX_SPONSOR_BPS
        assert token.MIN_CAP_WEI <= self.market.insurance.cap_wei <= token.MAX_CAP_WEI
        for released in self.market.accelerators.accelerators.values():
            assert released.share_bps <= accelerators.MAX_SHARE_BPS

    @invariant()
    def i66_terms_only_get_easier_and_old_versions_stay(self) -> None:
        for (queue, version), terms in self.market.projects.terms.items():
            self._stays("terms", (queue, version), terms)
            last = self.market.projects.terms.get((queue, version - 1))
            if last is not None:
                assert terms.proof_window_seconds >= last.proof_window_seconds
                assert terms.tier1_penalty_wei <= last.tier1_penalty_wei
                assert terms.packed_rules == last.packed_rules

    @invariant()
    def i67_a_queues_circuit_and_a_releases_share_never_change(self) -> None:
        for queue, q in self.market.projects.queues.items():
            self._stays("queue", queue, (q.verifier, q.project, q.key, q.is_sealed, q.min_rating_ppm))
            for ended, name in ((q.closed, "closed"), (q.frozen, "frozen")):
                assert ended >= self.over.get((name, queue), False)
                self.over[name, queue] = ended
        for number, a in self.market.accelerators.accelerators.items():
            self._stays("release", number, (a.owner, a.share_bps, a.content_hash, a.keys))
            assert a.retired >= self.over.get(("retired", number), False)
            self.over["retired", number] = a.retired

    @invariant()
    def i68_what_unbonds_has_a_date_and_what_is_owed_is_positive(self) -> None:
        for s in self.market.vault.stakes.values():
            assert s.unbond_at or not s.unbonding_wei
            assert min(s.own_wei, s.unbonding_wei, s.sponsored_wei, s.locked_wei) >= 0
        assert all(wei > 0 for wei in self.market.credits.values())

    @invariant()
    def i69_market_time_never_overtakes_time(self) -> None:
        vault = self.market.vault
        assert (
            self.over.get("clock", 0) <= vault.market_clock <= vault.market_clock_at or not vault.market_clock
        )
        self.over["clock"] = vault.market_clock
        assert vault.market_clock_at <= self.now

    @invariant()
    def i70_nothing_is_earned_in_an_epoch_to_come(self) -> None:
        today = self.now // DAY
        assert all(earned.pending_epoch <= today for earned in self.market.splitter.earnings.values())
        assert self.market.splitter.pool.pending_epoch <= today
