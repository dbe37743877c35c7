"""Where a circuit's verifying key is, or would be, registered: the verifier of its proving system."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zkpool_sdk.chain import Contracts
from zkpool_sdk.chain.contracts import Verifier

if TYPE_CHECKING:  # the witness runtime takes a third of a second to load
    from zkpool_sdk.proving import Circuit


def key_of(contracts: Contracts, circuit: Circuit) -> bytes:
    """Hash under which a circuit's verifying key is, or would be, registered at its system's verifier.

    Raises:
        UnknownProvingSystem: no verifier of the circuit's system is deployed.
    """
    return verifier_of(contracts, circuit).key_of(registration_key(circuit))


def registration_key(circuit: Circuit) -> tuple[Any, ...]:
    """A circuit's verifying key as ``registerKey`` of its system's verifier takes it."""
    from zkpool_sdk.proving import SYSTEMS

    return SYSTEMS[circuit.system]().registration_key(circuit)


def verifier_of(contracts: Contracts, circuit: Circuit) -> Verifier:
    """The verifier of a circuit's proving system.

    Raises:
        UnknownProvingSystem: none is deployed.
    """
    from zkpool_sdk.proving import UnknownProvingSystem

    if circuit.system not in contracts.verifiers:
        raise UnknownProvingSystem(circuit.system, sorted(contracts.verifiers))
    return contracts.verifiers[circuit.system]
