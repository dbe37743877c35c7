"""Where ZKPool is deployed and how it was configured: the records in ``deployments/<network>.json``."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, cast

from eth_utils.address import is_address, to_checksum_address
from eth_utils.crypto import keccak

from zkpool_sdk.chain.abi import CONTRACTS
from zkpool_sdk.chain.connection import Connection
from zkpool_sdk.chain.errors import (
    CodeDiffers,
    CodeMissing,
    DeploymentMalformed,
    DeploymentUnfinished,
    WrongChain,
)
from zkpool_sdk.chain.records import parse_record
from zkpool_sdk.models import ZERO_ADDRESS, Address
from zkpool_sdk.units import DAY, WEI_PER_ZK

FORMAT: Final = 2
"""Version of the record's form; another one is of other contracts."""
DEVELOPMENT_CHAIN: Final = 31337
"""Chain id of a local chain that is thrown away."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a deployment is configured with; ``None`` means the deployer.

    Attributes:
        token_holder: account that gets the whole supply of a new token.
        token: an existing token to use instead of a new one.
        treasury: receives the treasury's part of prices.
        guardian: may pause, and drop what the timelock has scheduled.
        operator: runs the delegation vault: allow-list, recalls, tier-1 stake; ``None`` means the guardian.
        proposers: accounts that schedule changes.
        executors: accounts that execute them; the zero address lets anyone.
        timelock_delay_seconds: least time between scheduling and executing.
        insurance_cap_wei: what the fund keeps before it burns.
        uses_market_time: decay counts seconds in which the market had work, not wall time.
    """

    token_holder: str | None = None
    token: str | None = None
    treasury: str | None = None
    guardian: str | None = None
    operator: str | None = None
    proposers: tuple[str, ...] = ()
    executors: tuple[str, ...] = (ZERO_ADDRESS,)
    timelock_delay_seconds: int = 2 * DAY
    insurance_cap_wei: int = 10**6 * WEI_PER_ZK
    uses_market_time: bool = False

    def resolved(self, deployer: str) -> Parameters:
        """The parameters with every address written out and checksummed."""
        own = to_checksum_address(deployer)

        def given(address: str | None) -> str:
            return to_checksum_address(address) if address else own

        return replace(
            self,
            token_holder=given(self.token_holder),
            token=to_checksum_address(self.token) if self.token else None,
            treasury=given(self.treasury),
            guardian=given(self.guardian),
            operator=given(self.operator or self.guardian),
            proposers=tuple(to_checksum_address(one) for one in self.proposers) or (own,),
            executors=tuple(to_checksum_address(one) for one in self.executors),
        )

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any], source: str = "the parameters") -> Parameters:
        """Parameters from text that was read, every value checked.

        Raises:
            DeploymentMalformed: a name is unknown, or a value is not of its kind.
        """
        known = {part.name for part in fields(cls)}
        unknown = set(values) - known
        if unknown:
            raise DeploymentMalformed(source, f"no such parameter: {', '.join(sorted(unknown))}")
        checked = {name: _checked(name, value, source) for name, value in values.items()}
        return cls(**checked)


@dataclass(frozen=True, slots=True)
class Deployed:
    """One contract of a deployment.

    Attributes:
        address: where it is.
        block: block in which it was created.
        code_hash: keccak256 of the code at the address, 64 hex digits.
        source_hash: keccak256 of the compiled creation code, constructor arguments excluded; empty for a
            contract that was there before.
    """

    address: Address
    block: int
    code_hash: str
    source_hash: str = ""


@dataclass(frozen=True, slots=True)
class Pending:
    """A creation that was sent and not recorded yet: any of these transactions may be mined."""

    contract: str
    nonce: int
    transactions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Deployment:
    """ZKPool on one chain.

    Attributes:
        network: the record's name.
        chain_id: the chain.
        genesis: hash of the chain's first block, which tells a restarted local chain apart.
        deployer: account that deployed.
        parameters: what was configured.
        contracts: by Solidity name.
        pending: a creation that was interrupted.
        complete: whether every step was made and every parameter was found as configured.
    """

    network: str
    chain_id: int
    genesis: str
    deployer: Address
    parameters: Parameters
    contracts: Mapping[str, Deployed] = field(default_factory=dict)
    pending: Pending | None = None
    complete: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "contracts", MappingProxyType(dict(self.contracts)))

    @property
    def block(self) -> int:
        """First block to look for events in."""
        return min((one.block for one in self.contracts.values()), default=0)

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Addresses of all contracts."""
        return tuple(one.address for one in self.contracts.values())

    def address_of(self, contract: str) -> Address:
        """Where a contract is.

        Raises:
            DeploymentUnfinished: it is not deployed yet.
        """
        found = self.contracts.get(contract)
        if found is None:
            raise DeploymentUnfinished(self.network, (contract,))
        return found.address

    def with_contract(self, name: str, deployed: Deployed) -> Deployment:
        """The deployment with one more contract, and nothing pending."""
        return replace(self, contracts={**self.contracts, name: deployed}, pending=None)

    def check(self, connection: Connection) -> None:
        """Checks chain and code of every recorded contract.

        Raises:
            WrongChain: the node serves another chain.
            CodeMissing, CodeDiffers: a contract is not there, or is another.
        """
        if connection.chain_id != self.chain_id:
            raise WrongChain(connection.chain_id, self.chain_id)
        for name, one in self.contracts.items():
            code = connection.code(one.address)
            if not code:
                raise CodeMissing(name, one.address)
            if keccak(code).hex() != one.code_hash:
                raise CodeDiffers(name, one.address, keccak(code).hex(), one.code_hash)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the record; it is never seen half written."""
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        record = {"format": FORMAT, **_plain(self)}
        partial = target.with_name(f".{target.name}.{os.getpid()}")
        partial.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        os.replace(partial, target)

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Deployment:
        """The record in a file, finished or not, as it stands there.

        Raises:
            DeploymentMalformed: the file cannot be read, or is no record.
        """
        try:
            record = parse_record(Path(path).read_text(encoding="utf-8"))
        except OSError as error:
            raise DeploymentMalformed(str(path), f"it cannot be read ({error.strerror})") from None
        except ValueError as error:
            raise DeploymentMalformed(str(path), f"it is not JSON ({error})") from None
        try:
            return _from_record(record, str(path))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DeploymentMalformed(str(path), f"it lacks or misstates {error}") from None

    @classmethod
    def load(cls, path: str | os.PathLike[str], connection: Connection) -> Deployment:
        """A finished deployment, checked against the chain.

        Raises:
            DeploymentMalformed: the file is no record.
            DeploymentUnfinished: the deployment was interrupted.
            WrongChain, CodeMissing, CodeDiffers: the chain is not as recorded.
        """
        deployment = cls.read(path)
        deployment.check(connection)
        if not deployment.complete:
            missing = tuple(name for name in CONTRACTS if name not in deployment.contracts)
            raise DeploymentUnfinished(str(path), missing)
        return deployment


def _plain(deployment: Deployment) -> dict[str, Any]:
    return {
        "network": deployment.network,
        "chain_id": deployment.chain_id,
        "genesis": deployment.genesis,
        "deployer": deployment.deployer,
        "complete": deployment.complete,
        # JSON's numbers lose digits elsewhere: money is text.
        "parameters": {
            **asdict(deployment.parameters),
            "insurance_cap_wei": str(deployment.parameters.insurance_cap_wei),
        },
        "contracts": {name: asdict(one) for name, one in deployment.contracts.items()},
        "pending": asdict(deployment.pending) if deployment.pending else None,
    }


def _from_record(record: Any, path: str) -> Deployment:
    if record["format"] != FORMAT:
        raise DeploymentMalformed(
            path, f"format {record['format']} is not {FORMAT}; deploy these contracts to a new record"
        )
    pending = record["pending"]
    return Deployment(
        network=str(record["network"]),
        chain_id=int(record["chain_id"]),
        genesis=str(record["genesis"]),
        deployer=_address(record["deployer"], path),
        parameters=Parameters.from_mapping(record["parameters"], path),
        contracts={
            str(name): Deployed(
                _address(one["address"], path),
                int(one["block"]),
                str(one["code_hash"]),
                str(one["source_hash"]),
            )
            for name, one in record["contracts"].items()
        },
        pending=Pending(str(pending["contract"]), int(pending["nonce"]), tuple(pending["transactions"]))
        if pending
        else None,
        complete=bool(record["complete"]),
    )


def _checked(name: str, value: Any, source: str) -> Any:
    if name in ("proposers", "executors"):
        return tuple(_address(one, source) for one in value)
    if name == "uses_market_time":
        if not isinstance(value, bool):
            raise DeploymentMalformed(source, f"{name} must be true or false")
        return value
    if name in ("timelock_delay_seconds", "insurance_cap_wei"):
        if isinstance(value, float):  # 1e24 is not 10^24
            raise DeploymentMalformed(source, f"{name} must be an integer, or its digits as text")
        try:
            return int(value)
        except (TypeError, ValueError):
            raise DeploymentMalformed(source, f"{name} must be an integer") from None
    return None if value is None else _address(value, source)


def _address(value: Any, source: str) -> Address:
    if not isinstance(value, str) or not is_address(value):
        raise DeploymentMalformed(source, f"{value!r} is no address")
    return cast(Address, to_checksum_address(value))
