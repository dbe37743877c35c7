"""The registries of projects and of provers, and the verifier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zkpool_sdk.chain.abi import to_model
from zkpool_sdk.chain.account import Receipt
from zkpool_sdk.chain.contracts.base import Bound, Contract, Owned
from zkpool_sdk.models import (
    Accelerator,
    Address,
    Candidate,
    HotKey,
    Prover,
    ProverId,
    Queue,
    Seat,
    SignalRule,
    Terms,
)
from zkpool_sdk.units import Bps


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

    def create_sealed_queue(
        self,
        project: int,
        verifier: str,
        key: bytes,
        rules: Sequence[SignalRule],
        terms: Terms,
        sample_signals: Sequence[int],
        sample_proof: bytes,
        min_rating_ppm: int = 0,
    ) -> Receipt:
        """``create_queue`` for a queue whose bids come in sealed; there alone may provers need a rating.

        Raises:
            MinRatingTooHigh, and what ``create_queue`` does.
        """
        sample = (list(sample_signals), sample_proof)
        rest = (terms, sample, min_rating_ppm)
        return self._send("createSealedQueue", project, verifier, key, list(map(int, rules)), *rest)

    def freeze_queue(self, queue: int) -> Receipt:
        """Ends all trust in a queue's verifier or key, for good; admin or owner. Emits ``QueueFrozen``.

        Raises:
            NotProjectAdmin, UnknownQueue, QueueIsFrozen.
        """
        return self._send("freezeQueue", queue)

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

    def carrier_of(self, queue: int) -> Address:
        """Who carries tier 1's penalty in a queue; the zero address for nobody."""
        return Address(self.try_call("carrierOf", queue))

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

    def set_accelerator(self, queue: int, accelerator: int) -> Receipt:
        """Chooses whose software proves in a queue, 0 for none; emits ``AcceleratorChosen``.

        Raises:
            NotSeated, TasksInFlight, UnknownAccelerator, AcceleratorRetired, AcceleratorUnfit.
        """
        return self._send("setAccelerator", queue, accelerator)

    def propose_key(self, key: str, scopes: int, expires_at: int) -> Receipt:
        """Lets ``key`` act for the account once it has agreed; emits ``KeyProposed``.

        Raises:
            NotRegistered, ScopesInvalid, KeyExpiryOutOfBounds, ZeroAddress.
        """
        return self._send("proposeKey", key, int(scopes), expires_at)

    def accept_key(self, prover: int) -> Receipt:
        """The account, a proposed key, agrees to act for ``prover``; emits ``KeyAccepted``.

        Raises:
            KeyNotProposed.
        """
        return self._send("acceptKey", prover)

    def revoke_key(self, prover: int, key: str) -> Receipt:
        """Ends a key's permission; the prover or the key itself. Emits ``KeyRevoked``.

        Raises:
            KeyNotAllowed, KeyNotProposed.
        """
        return self._send("revokeKey", prover, key)

    def heartbeat(self, prover: int, queue: int, seat: int, capacity: int) -> Receipt:
        """Says how many jobs at once the prover's machine takes now; emits ``Heartbeat``.

        Raises:
            KeyNotAllowed, WrongSeat, CapacityTooHigh.
        """
        return self._send("heartbeat", prover, queue, seat, capacity)

    def leave_jail(self) -> Receipt:
        """Starts the way out of jail: 1 ZK to insurance, 7 days; emits ``JailLeft``. Needs the allowance.

        Raises:
            NotRegistered, NotJailed, ERC20InsufficientAllowance, ERC20InsufficientBalance.
        """
        return self._send("leaveJail")

    def key_of(self, prover: int, key: str) -> HotKey:
        """What a prover lets a key do for it."""
        found: HotKey = to_model(HotKey, self.try_call("keyOf", prover, key))
        return found

    def may_act(self, prover: int, key: str, scope: int) -> bool:
        """Whether a key may act for a prover now in any of the scopes."""
        return bool(self.try_call("mayAct", prover, key, int(scope)))

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

    def candidates(self, queue: int, min_rating_ppm: int = 0) -> tuple[Candidate, ...]:
        """Seated provers with free capacity, not banned and rated high enough, by seat."""
        found = self.try_call("candidates", queue, min_rating_ppm)
        return tuple(to_model(Candidate, one) for one in found)

    def accelerators(self) -> Address:
        """The accelerator registry it knows."""
        return Address(self.try_call("accelerators"))

    def projects(self) -> Address:
        """The project registry it knows."""
        return Address(self.try_call("projects"))

    def vault(self) -> Address:
        """The stake vault it knows."""
        return Address(self.try_call("vault"))


class Accelerators(Contract):
    """``AcceleratorRegistry``, typed."""

    abi_name = "AcceleratorRegistry"

    def register(
        self, content_hash: bytes, system: str, keys: Sequence[bytes], share_bps: int, uri: str
    ) -> Receipt:
        """Publishes a release owned by and paid to the account; emits ``AcceleratorRegistered``.

        Args:
            content_hash: 32 bytes, of what users download. system: proving system, such as "groth16".
            keys: verifying keys of the circuits it proves; none for every circuit of the system.
            share_bps: of its users' side of each price. uri: where to get it.
        Raises:
            EmptyRelease, ShareTooHigh, TooManyKeys.
        """
        return self._send("register", content_hash, system, list(keys), share_bps, uri)

    def set_payout(self, accelerator: int, payout: str) -> Receipt:
        """Moves who is credited from now on; emits ``PayoutSet``.

        Raises:
            UnknownAccelerator, NotAcceleratorOwner, ZeroAddress.
        """
        return self._send("setPayout", accelerator, payout)

    def retire(self, accelerator: int) -> Receipt:
        """Takes no new users; who uses it goes on. Emits ``AcceleratorRetiredBy``.

        Raises:
            UnknownAccelerator, NotAcceleratorOwner.
        """
        return self._send("retire", accelerator)

    def accelerator_of(self, accelerator: int) -> Accelerator:
        """A release.

        Raises:
            UnknownAccelerator.
        """
        found: Accelerator = to_model(Accelerator, self.try_call("acceleratorOf", accelerator))
        return found

    def payout_of(self, accelerator: int) -> Address:
        """Who is credited.

        Raises:
            UnknownAccelerator.
        """
        return Address(self.try_call("payoutOf", accelerator))

    def offer_of(self, accelerator: int, key: bytes) -> tuple[Bps, bool, bool]:
        """Its share, whether it is retired, and whether it proves circuits of ``key``.

        Raises:
            UnknownAccelerator.
        """
        share_bps, retired, fits = self.try_call("offerOf", accelerator, key)
        return Bps(share_bps), bool(retired), bool(fits)

    def accelerator_count(self) -> int:
        """Number of releases; ids run from 1."""
        return int(self.try_call("acceleratorCount"))


class Verifier(Contract):
    """``Groth16Verifier``, typed."""

    abi_name = "Groth16Verifier"
    system_name = "groth16"

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


class PlonkVerifier(Verifier):
    """``PlonkVerifier``, typed."""

    abi_name = "PlonkVerifier"
    system_name = "plonk"

    def register_key(self, key: Any) -> Receipt:
        """Checks and stores a key ``(power, signalCount, k1, k2, x2, qm, …, s3)``; emits ``KeyRegistered``.

        Raises:
            KeyExists, BadPower, TooManySignals, BadCosets, BadKeyPoint, ForgeableKey.
        """
        return super().register_key(key)


class FflonkVerifier(Verifier):
    """``FflonkVerifier``, typed."""

    abi_name = "FflonkVerifier"
    system_name = "fflonk"

    def register_key(self, key: Any) -> Receipt:
        """Checks and stores a key ``(power, signalCount, k1, k2, x2, c0)``; emits ``KeyRegistered``.

        Raises:
            KeyExists, BadPower, TooManySignals, BadCosets, BadKeyPoint, ForgeableKey.
        """
        return super().register_key(key)
