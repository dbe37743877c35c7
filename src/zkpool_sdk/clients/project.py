"""The project (tier 1): registers its circuits' keys and opens queues for them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from zkpool_sdk.chain.events import ProjectRegistered, QueueCreated, TermsSet
from zkpool_sdk.clients.base import Client
from zkpool_sdk.clients.keys import registration_key, verifier_of
from zkpool_sdk.errors import UnknownKey
from zkpool_sdk.models import ProjectId, QueueId, SignalRule, Terms

if TYPE_CHECKING:
    from zkpool_sdk.proving import Circuit, ProofResult, Ump


class Project(Client):
    """An account that administers projects."""

    def register(self, uri: str) -> ProjectId:
        """Registers a project; returns its id.

        Args:
            uri: where people read about it.
        """
        return self.contracts.projects.register_project(uri).event(ProjectRegistered).project

    def register_key(self, circuit: Circuit | str) -> bytes:
        """Registers a circuit's verifying key at its system's verifier unless it is there; returns its hash.

        Raises:
            BadKeyPoint, ForgeableKey, BadSignalCount, TooManySignals, BadPower, BadCosets, CircuitNotFound,
            UnknownProvingSystem.
        """
        found = _loaded(circuit)
        verifier, given = verifier_of(self.contracts, found), registration_key(found)
        key = verifier.key_of(given)
        try:
            verifier.signal_count(key)
        except UnknownKey:
            verifier.register_key(given)
        return key

    def open_queue(
        self,
        project: int,
        circuit: Circuit | str,
        terms: Terms,
        *,
        sample: ProofResult | None = None,
        ump: Ump | None = None,
        is_sealed: bool = False,
        min_rating_ppm: int = 0,
    ) -> QueueId:
        """Opens a queue for a circuit; returns its id. Registers the verifying key if it is not yet.

        Args:
            project: the project, administered by this account.
            circuit: a circuit, or its name.
            terms: windows and penalty of future tasks.
            sample: a good proof for the contract to try; by default of the circuit's sample input.
            ump: the machine's prover, for the sample.
            is_sealed: whether bids come in by commit and reveal alone.
            min_rating_ppm: least rating of its provers; for a sealed queue only.
        Raises:
            NotProjectAdmin, VerifierNotAllowed, GoodSampleRefused, BadSampleAccepted, ProofWindowOutOfBounds,
            LiabilityWindowOutOfBounds, Tier1PenaltyTooHigh, MinRatingTooHigh, NotMeasured, CircuitNotFound.
        """
        if min_rating_ppm and not is_sealed:
            raise TypeError("a least rating is for a sealed queue")
        found = _loaded(circuit)
        key = self.register_key(found)
        proof = sample or prove_sample(found, ump)
        rules = [SignalRule(int(rule)) for rule in found.signal_rules]
        projects, verifier = self.contracts.projects, verifier_of(self.contracts, found).address
        queue = (project, verifier, key, rules, terms, proof.signals, proof.proof_bytes)
        if is_sealed:
            return projects.create_sealed_queue(*queue, min_rating_ppm).event(QueueCreated).queue
        return projects.create_queue(*queue).event(QueueCreated).queue

    def set_terms(self, queue: int, terms: Terms) -> int:
        """Sets the terms of future tasks; returns the new version.

        Raises:
            NotProjectAdmin, UnknownQueue, TooManyVersions, and those of the bounds.
        """
        return self.contracts.projects.set_terms(queue, terms).event(TermsSet).version

    def close_queue(self, queue: int) -> None:
        """Takes no new bids into a queue; bids in the book and tasks in flight go on.

        Raises:
            NotProjectAdmin, UnknownQueue.
        """
        self.contracts.projects.close_queue(queue)

    def freeze_queue(self, queue: int) -> None:
        """Ends all trust in a queue's verifier or key, for good, when proofs can be forged.

        No proof of it is accepted any more and nobody is slashed; every task of the queue ends in a full
        refund, which anybody can bring about with ``Keeper.finalize``.

        Raises:
            NotProjectAdmin, UnknownQueue, QueueIsFrozen.
        """
        self.contracts.projects.freeze_queue(queue)


def prove_sample(circuit: Circuit, ump: Ump | None = None) -> ProofResult:
    """A proof of a circuit's own sample input.

    Raises:
        NotMeasured: the circuit has no sample input.
    """
    from zkpool_sdk.proving import NotMeasured
    from zkpool_sdk.proving import Ump as NewUmp

    if circuit.sample_input is None:
        raise NotMeasured(circuit.name)
    machine = ump or NewUmp()
    inputs = json.loads(circuit.sample_input.read_text(encoding="utf-8"))
    prover = int(inputs[circuit.prover_names[0]]) if circuit.prover_names else 0
    place = ("sample", circuit.name)
    machine.serve(place, circuit)
    try:
        return machine.prove(place, inputs, prover)
    finally:
        machine.drop(place)


def _loaded(circuit: Circuit | str) -> Circuit:
    from zkpool_sdk.proving import load_circuit

    return load_circuit(circuit) if isinstance(circuit, str) else circuit
