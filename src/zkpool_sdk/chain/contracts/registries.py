"""The registries of projects and of provers, and the verifier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zkpool_sdk.chain.abi import to_model
from zkpool_sdk.chain.account import Receipt
from zkpool_sdk.chain.contracts.base import Bound, Contract, Owned
from zkpool_sdk.models import Address, Candidate, Prover, ProverId, Queue, Seat, SignalRule, Terms


class Projects(Owned):
    """``ProjectRegistry``, typed."""

    abi_name = "ProjectRegistry"

    def register_project(self, uri: str) -> Receipt:
        """Registers a project administered by the account; emits ``ProjectRegistered``."""
        return self._send("registerProject", uri)

    def create_queue(
        self,
        project: int,
        verifier: str,
        key: bytes,
        rules: Sequence[SignalRule],
        terms: Terms,
        sample_signals: Sequence[int],
        sample_proof: bytes,
    ) -> Receipt:
        """Opens a queue for one circuit; the sample must verify. Emits ``QueueCreated`` and ``TermsSet``.

        Raises:
            NotProjectAdmin, VerifierNotAllowed, UnknownKey, WrongRuleCount, RuleMissing, GoodSampleRefused,
            BadSampleAccepted, ProofWindowOutOfBounds, LiabilityWindowOutOfBounds, Tier1PenaltyTooHigh.
        """
        sample = (list(sample_signals), sample_proof)
        return self._send("createQueue", project, verifier, key, list(map(int, rules)), terms, sample)

    def set_terms(self, queue: int, terms: Terms) -> Receipt:
        """Sets the terms of future tasks; emits ``TermsSet``.

        Raises:
            NotProjectAdmin, UnknownQueue, ProofWindowOutOfBounds, LiabilityWindowOutOfBounds,
            Tier1PenaltyTooHigh, TooManyVersions.
        """
        return self._send("setTerms", queue, terms)

    def close_queue(self, queue: int) -> Receipt:
        """Takes no new bids into a queue; emits ``QueueClosed``."""
        return self._send("closeQueue", queue)

    def allow_verifier(self, verifier: str, allowed: bool = True) -> Receipt:
        """Allows or disallows a verifier for new queues; owner only."""
        return self._send("allowVerifier", verifier, allowed)

    def admin_of(self, project: int) -> Address:
        """Who administers a project."""
        return Address(self.try_call("adminOf", project))

    def uri_of(self, project: int) -> str:
        """Where people read about a project."""
        return str(self.try_call("uriOf", project))

    def project_count(self) -> int:
        """Number of projects; ids run from 1."""
        return int(self.try_call("projectCount"))

    def queue_count(self) -> int:
        """Number of queues; ids run from 1."""
        return int(self.try_call("queueCount"))

    def is_verifier_allowed(self, verifier: str) -> bool:
        """Whether new queues may use a verifier."""
        return bool(self.try_call("isVerifierAllowed", verifier))

    def queue_of(self, queue: int) -> Queue:
        """A queue.

        Raises:
            UnknownQueue.
        """
        found: Queue = to_model(Queue, self.try_call("queueOf", queue))
        return found

    def terms_of(self, queue: int, version: int) -> Terms:
        """The terms of a version.

        Raises:
            UnknownQueue.
        """
        found: Terms = to_model(Terms, self.try_call("termsOf", queue, version))
        return found

    def current(self, queue: int) -> tuple[Queue, Terms]:
        """A queue and its current terms."""
        found, terms = self.try_call("current", queue)
        return to_model(Queue, found), to_model(Terms, terms)

    def rules_of(self, queue: int) -> tuple[SignalRule, ...]:
        """The rules of a queue's signals, in order."""
        return tuple(map(SignalRule, self.try_call("rulesOf", queue)))


class Provers(Bound):
    """``ProverRegistry``, typed."""

    abi_name = "ProverRegistry"

    def register(self, uri: str = "") -> Receipt:
        """Registers the account as a prover; emits ``ProverRegistered``.

        Raises:
            AlreadyRegistered.
        """
        return self._send("register", uri)

    def join(self, queue: int, capacity: int) -> Receipt:
        """Takes a seat in a queue; emits ``SeatTaken``.

        Raises:
            NotRegistered, NotActive, UnknownQueue, AlreadySeated, QueueFull, CapacityTooHigh.
        """
        return self._send("join", queue, capacity)

    def set_capacity(self, queue: int, capacity: int) -> Receipt:
        """Sets how many jobs at once the account offers; 0 drains. Emits ``CapacitySet``."""
        return self._send("setCapacity", queue, capacity)

    def leave(self, queue: int) -> Receipt:
        """Gives the seat up; emits ``SeatLeft``.

        Raises:
            NotSeated, TasksInFlight.
        """
        return self._send("leave", queue)

    def account_of(self, prover: int) -> Address:
        """Account of a prover."""
        return Address(self.try_call("accountOf", prover))

    def id_of(self, account: str) -> ProverId:
        """Id of an account's prover; 0 when it is none."""
        return ProverId(self.try_call("idOf", account))

    def prover_of(self, prover: int) -> Prover:
        """A prover.

        Raises:
            UnknownProver.
        """
        found: Prover = to_model(Prover, self.try_call("proverOf", prover))
        return found

    def prover_count(self) -> int:
        """Number of provers; ids run from 1."""
        return int(self.try_call("proverCount"))

    def seats_of(self, queue: int) -> tuple[Seat, ...]:
        """All seats of a queue, free ones included."""
        return tuple(to_model(Seat, seat) for seat in self.try_call("seatsOf", queue))

    def candidates(self, queue: int) -> tuple[Candidate, ...]:
        """Seated provers with free capacity, by seat."""
        return tuple(to_model(Candidate, found) for found in self.try_call("candidates", queue))

    def projects(self) -> Address:
        """The project registry it knows."""
        return Address(self.try_call("projects"))

    def vault(self) -> Address:
        """The stake vault it knows."""
        return Address(self.try_call("vault"))


class Verifier(Contract):
    """``Groth16Verifier``, typed."""

    abi_name = "Groth16Verifier"

    def register_key(self, key: Any) -> Receipt:
        """Checks and stores a verifying key ``(alpha, beta, gamma, delta, ic)``; emits ``KeyRegistered``.

        Raises:
            KeyExists, BadKeyPoint, ForgeableKey, BadSignalCount.
        """
        return self._send("registerKey", tuple(key))

    def key_of(self, key: Any) -> bytes:
        """Hash under which a key is, or would be, registered."""
        return bytes(self.try_call("keyOf", tuple(key)))

    def signal_count(self, key: bytes) -> int:
        """How many public signals a key's circuit has.

        Raises:
            UnknownKey.
        """
        return int(self.try_call("signalCount", key))

    def verify(self, key: bytes, signals: Sequence[int], proof: bytes) -> bool:
        """Whether a proof holds."""
        return bool(self.try_call("verify", key, list(signals), proof))

    def system(self) -> str:
        """Name of the proving system."""
        return str(self.try_call("system"))
