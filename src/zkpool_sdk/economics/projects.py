"""Tier 1 in memory: projects, their queues, and the terms of each queue, version by version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from zkpool_sdk.errors import (
    BadSampleAccepted,
    GoodSampleRefused,
    LiabilityWindowOutOfBounds,
    MinRatingTooHigh,
    NotProjectAdmin,
    ProofWindowOutOfBounds,
    ProverMismatch,
    QueueIsClosed,
    QueueIsFrozen,
    RuleMissing,
    SignalCountOutOfBounds,
    SignalNotCanonical,
    Tier1PenaltyTooHigh,
    TooManyVersions,
    UnknownProject,
    UnknownQueue,
    VerifierFailed,
    VerifierNotAllowed,
    WrongRuleCount,
    WrongSignalCount,
    WrongStatementLength,
)
from zkpool_sdk.models import (
    ZERO_ADDRESS,
    Address,
    ProjectId,
    Queue,
    QueueId,
    SignalRule,
    Terms,
    Verdict,
    pack_rules,
)
from zkpool_sdk.units import DAY, PPM, SCALAR_FIELD, WEI_PER_ZK, Ppm

MAX_SIGNALS: Final = 32
MIN_WINDOW_SECONDS: Final = 60
MAX_WINDOW_SECONDS: Final = 2 * DAY
MAX_TIER1_PENALTY_WEI: Final = 100_000 * WEI_PER_ZK
MAX_VERSION: Final = 2**16 - 1


class ProjectRegistry:
    """Projects and queues. What a verifier says of a proof is an argument; nothing is verified here."""

    def __init__(self, owner: Address = ZERO_ADDRESS) -> None:
        self.owner = owner
        self.admins: dict[ProjectId, Address] = {}
        self.queues: dict[QueueId, Queue] = {}
        self.terms: dict[tuple[QueueId, int], Terms] = {}
        self.allowed_verifiers: set[Address] = set()
        self.carriers: dict[QueueId, Address] = {}

    def register_project(self, caller: Address) -> ProjectId:
        """Registers a project that the caller administers."""
        project = ProjectId(len(self.admins) + 1)
        self.admins[project] = caller
        return project

    def allow_verifier(self, verifier: Address, allowed: bool) -> None:
        """Allows or disallows a verifier for new queues; the owner's power."""
        (self.allowed_verifiers.add if allowed else self.allowed_verifiers.discard)(verifier)

    def create_queue(
        self,
        caller: Address,
        project: ProjectId,
        verifier: Address,
        key: bytes,
        rules: Sequence[SignalRule],
        terms: Terms,
        *,
        is_sealed: bool = False,
        min_rating_ppm: int = 0,
        signal_count: int | None = None,
        good_sample_accepted: bool = True,
        bad_sample_accepted: bool = False,
    ) -> QueueId:
        """Opens a queue for one circuit.

        Args:
            rules: one for each public signal. terms: ``packed_rules`` is ignored and set from ``rules``.
            is_sealed: bids come by commit and reveal alone. min_rating_ppm: of its provers; only if sealed.
            signal_count: of the verifying key; as many as rules unless told.
            good_sample_accepted, bad_sample_accepted: the verifier's word on the project's samples.
        Raises:
            UnknownProject, NotProjectAdmin, VerifierNotAllowed, WrongRuleCount, SignalCountOutOfBounds,
            RuleMissing, GoodSampleRefused, BadSampleAccepted, MinRatingTooHigh, and what ``set_terms``
            raises.
        """
        if min_rating_ppm > PPM:
            raise MinRatingTooHigh(min_rating_ppm, PPM)
        self._only_admin(project, caller)
        if verifier not in self.allowed_verifiers:
            raise VerifierNotAllowed(verifier)
        expected = len(rules) if signal_count is None else signal_count
        if len(rules) != expected:
            raise WrongRuleCount(len(rules), expected)
        if not 1 <= expected <= MAX_SIGNALS:
            raise SignalCountOutOfBounds(expected, MAX_SIGNALS)
        for index, rule in enumerate(rules):
            if rule == SignalRule.NONE:
                raise RuleMissing(index)
        if not good_sample_accepted:
            raise GoodSampleRefused()
        if bad_sample_accepted:
            raise BadSampleAccepted()
        _check_terms(terms)
        queue = QueueId(len(self.queues) + 1)
        self.queues[queue] = Queue(
            verifier, project, 1, False, is_sealed, False, Ppm(min_rating_ppm if is_sealed else 0), key
        )
        self.terms[queue, 1] = replace(terms, packed_rules=pack_rules(tuple(rules)))
        return queue

    def set_terms(self, caller: Address, queue: QueueId, terms: Terms) -> int:
        """Sets the terms of future tasks; returns their version.

        The proof window may only grow and the penalty only fall: provers took their seats under what was
        promised before.

        Raises:
            UnknownQueue, NotProjectAdmin, ProofWindowOutOfBounds, LiabilityWindowOutOfBounds,
            Tier1PenaltyTooHigh, TooManyVersions.
        """
        q, current = self.current(queue)
        self._only_admin(q.project, caller)
        _check_terms(terms, current.proof_window_seconds, current.tier1_penalty_wei)
        if q.terms_version == MAX_VERSION:
            raise TooManyVersions(queue)
        version = q.terms_version + 1
        self.queues[queue] = replace(q, terms_version=version)
        self.terms[queue, version] = replace(terms, packed_rules=current.packed_rules)
        return version

    def close_queue(self, caller: Address, queue: QueueId) -> None:
        """Takes no new bids into a queue; bids in the book and tasks in flight go on.

        Raises:
            UnknownQueue, NotProjectAdmin.
        """
        q = self.queue_of(queue)
        self._only_admin(q.project, caller)
        self.queues[queue] = replace(q, closed=True)

    def freeze_queue(self, caller: Address, queue: QueueId) -> None:
        """Ends all trust in a queue's verifier or key, for good; the project's admin or the owner.

        Raises:
            UnknownQueue, NotProjectAdmin, QueueIsFrozen.
        """
        q = self.queue_of(queue)
        if caller != self.owner:
            self._only_admin(q.project, caller)
        if q.frozen:
            raise QueueIsFrozen(queue)
        self.queues[queue] = replace(q, frozen=True)

    def set_carrier(self, queue: QueueId, carrier: Address) -> None:
        """Names who carries tier 1's penalty in a queue; the owner's power.

        Raises:
            UnknownQueue: there is none of this id.
        """
        self.queue_of(queue)
        self.carriers[queue] = carrier

    def check_statement(self, queue: QueueId, statement: Sequence[int]) -> bool:
        """Refuses a statement that no bid may be placed for; returns whether the queue is sealed.

        Raises:
            UnknownQueue, QueueIsFrozen, QueueIsClosed, WrongStatementLength, SignalNotCanonical.
        """
        q, terms = self.current(queue)
        if q.frozen:
            raise QueueIsFrozen(queue)
        if q.closed:
            raise QueueIsClosed(queue)
        expected = terms.rules.count(SignalRule.FIXED)
        if len(statement) != expected:
            raise WrongStatementLength(len(statement), expected)
        for index, signal in enumerate(statement):
            if signal >= SCALAR_FIELD:
                raise SignalNotCanonical(index, signal)
        return q.is_sealed

    def judge(
        self, queue: QueueId, version: int, prover: Address, signals: Sequence[int], verdict: Verdict
    ) -> list[int]:
        """Checks a proof's signals against the queue's rules; returns the statement in them.

        Args:
            verdict: what the verifier says of the proof.
        Raises:
            UnknownQueue, QueueIsFrozen, SignalNotCanonical, ProverMismatch, WrongSignalCount, VerifierFailed.
        """
        terms = self.terms_of(queue, version)
        if self.queue_of(queue).frozen:
            raise QueueIsFrozen(queue)
        statement = statement_in(terms, prover, signals)
        if verdict == Verdict.BROKEN:
            raise VerifierFailed(queue)
        return statement

    def carrier_of(self, queue: QueueId) -> Address:
        """Who carries tier 1's penalty in a queue; the zero address for nobody."""
        return self.carriers.get(queue, ZERO_ADDRESS)

    def admin_of(self, project: ProjectId) -> Address:
        """Who administers a project.

        Raises:
            UnknownProject: there is none of this id.
        """
        if project not in self.admins:
            raise UnknownProject(project)
        return self.admins[project]

    def queue_of(self, queue: QueueId) -> Queue:
        """A queue.

        Raises:
            UnknownQueue: there is none of this id.
        """
        if queue not in self.queues:
            raise UnknownQueue(queue)
        return self.queues[queue]

    def terms_of(self, queue: QueueId, version: int) -> Terms:
        """The terms of a version.

        Raises:
            UnknownQueue: there is no such version.
        """
        if (queue, version) not in self.terms:
            raise UnknownQueue(queue)
        return self.terms[queue, version]

    def current(self, queue: QueueId) -> tuple[Queue, Terms]:
        """A queue and its current terms.

        Raises:
            UnknownQueue: there is none of this id.
        """
        q = self.queue_of(queue)
        return q, self.terms[queue, q.terms_version]

    def _only_admin(self, project: ProjectId, caller: Address) -> None:
        if self.admin_of(project) != caller:
            raise NotProjectAdmin(project, caller)


def _check_terms(
    terms: Terms, least_seconds: int = MIN_WINDOW_SECONDS, limit_wei: int = MAX_TIER1_PENALTY_WEI
) -> None:
    bounds = MIN_WINDOW_SECONDS, MAX_WINDOW_SECONDS
    if not least_seconds <= terms.proof_window_seconds <= bounds[1]:
        raise ProofWindowOutOfBounds(terms.proof_window_seconds, least_seconds, bounds[1])
    if not bounds[0] <= terms.liability_window_seconds <= bounds[1]:
        raise LiabilityWindowOutOfBounds(terms.liability_window_seconds, *bounds)
    if terms.tier1_penalty_wei > limit_wei:
        raise Tier1PenaltyTooHigh(terms.tier1_penalty_wei, limit_wei)


def statement_in(terms: Terms, prover: Address, signals: Sequence[int]) -> list[int]:
    """The signals that a statement fixes, of a proof's signals that keep the rules.

    Raises:
        SignalNotCanonical, ProverMismatch, WrongSignalCount.
    """
    rules = terms.rules
    for index, signal in enumerate(signals):
        if signal >= SCALAR_FIELD:
            raise SignalNotCanonical(index, signal)
        if rules[index : index + 1] == (SignalRule.PROVER,) and signal != int(prover, 16):
            raise ProverMismatch(index, signal, prover)
    if len(signals) != len(rules):
        raise WrongSignalCount(len(signals), len(rules))
    return [s for s, rule in zip(signals, rules, strict=True) if rule == SignalRule.FIXED]
