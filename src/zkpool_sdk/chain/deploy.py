"""Deploying ZKPool, step by step: what was done is recorded at once, so that an interrupted run goes on.

The timelock owns every contract from its construction, so no key ever does. While its delay is still 0 the
deployer schedules and executes one operation through it: allow the verifiers, name delegation vault and
operator, set the delay. Then it gives up its roles. Contract creations are recorded before they are sent;
other steps are read off the chain.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from eth_abi.abi import encode
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from zkpool_sdk.chain.abi import load_abi
from zkpool_sdk.chain.account import Account, Receipt
from zkpool_sdk.chain.checks import check_parameters, deployer_roles
from zkpool_sdk.chain.contracts import Contracts
from zkpool_sdk.chain.contracts.governance import (
    CANCELLER_ROLE,
    Operation,
)
from zkpool_sdk.chain.deployments import DEVELOPMENT_CHAIN, Deployed, Deployment, Parameters, Pending
from zkpool_sdk.chain.errors import (
    CodeDiffers,
    DeploymentMalformed,
    EventMissing,
    UnknownRevert,
    WrongChain,
)
from zkpool_sdk.models import ZERO_ADDRESS, Address

HANDOVER_SALT: Final = keccak(text="zkpool hand-over")

WIRED: Final = (
    "ZKToken",
    "ProjectRegistry",
    "ProverRegistry",
    "StakeVault",
    "RewardSplitter",
    "InsuranceFund",
)
"""What the market works with, in the order of its ``Wiring``."""

Report = Callable[[str], None]
"""Told what is about to be done and what was done, one line each."""


def deploy(
    account: Account,
    creation_code: Mapping[str, bytes],
    parameters: Parameters | None = None,
    *,
    network: str = "local",
    path: Path | None = None,
    report: Report | None = None,
) -> Deployment:
    """Deploys ZKPool, or goes on with a deployment that was interrupted.

    Args:
        account: the deployer; pays the gas.
        creation_code: compiled creation code by contract, without constructor arguments.
        parameters: what to configure; ``None`` takes the defaults, or those of the record.
        network: name of the record.
        path: the record; ``None`` keeps none, so that an interruption starts over.
        report: told each step.
    Returns:
        The deployment, every parameter of it checked on chain.
    Raises:
        WrongChain, CodeMissing, CodeDiffers: record and chain do not agree.
        ParameterDiffers: something on chain is not as configured.
        DeploymentMalformed: the record is not usable, or is another deployer's or of other parameters.
        TransactionError: a transaction did not get through, or an older one is still on its way; run again.
    """
    return _Run(account, creation_code, parameters, network, path, report or _silent).finish()


class _Run:
    """One run of the deployment."""

    def __init__(
        self,
        account: Account,
        creation_code: Mapping[str, bytes],
        parameters: Parameters | None,
        network: str,
        path: Path | None,
        report: Report,
    ) -> None:
        self.account = account
        self.connection = account.connection
        self.creation_code = creation_code
        self.path = path
        self.report = report
        self.deployment = self._start(parameters, network)

    def finish(self) -> Deployment:
        """Makes every step that is missing."""
        if self.deployment.complete:
            self.report("nothing to do: the deployment is complete")
            return self.deployment
        self.account.wait_until_idle()  # an interrupted run may have left a transaction on its way
        self._recover()
        self._contracts()
        contracts = Contracts(self.connection, self.deployment, self.account)
        self._bind(contracts)
        self._hand_over(contracts)
        checks = check_parameters(contracts)
        self.report(f"{len(checks)} parameters are as configured")
        self._record(replace(self.deployment, complete=True))
        return self.deployment

    def _start(self, parameters: Parameters | None, network: str) -> Deployment:
        genesis = str(self.connection.block(0)["hash"])
        recorded = Deployment.read(self.path) if self.path and self.path.exists() else None
        if recorded and recorded.genesis != genesis and recorded.chain_id == self.connection.chain_id:
            if recorded.chain_id != DEVELOPMENT_CHAIN:
                raise DeploymentMalformed(str(self.path), "it belongs to another chain of the same id")
            recorded = None  # a local chain that was started anew
        if recorded is None:
            wanted = (parameters or Parameters()).resolved(self.account.address)
            return Deployment(network, self.connection.chain_id, genesis, self.account.address, wanted)
        if recorded.chain_id != self.connection.chain_id:
            raise WrongChain(self.connection.chain_id, recorded.chain_id)
        if recorded.deployer != self.account.address and not recorded.complete:
            raise DeploymentMalformed(
                str(self.path), f"{recorded.deployer} began it, {self.account.address} cannot go on"
            )
        if parameters is not None and parameters.resolved(recorded.deployer) != recorded.parameters:
            raise DeploymentMalformed(str(self.path), "it was made with other parameters")
        recorded.check(self.connection)
        for name, one in recorded.contracts.items():
            expected = keccak(self.creation_code[name]).hex()
            if one.source_hash and one.source_hash != expected:
                raise CodeDiffers(name, one.address, expected, one.source_hash, "source")
            self.report(f"{name} is at {one.address}")
        return recorded

    def _record(self, deployment: Deployment) -> None:
        self.deployment = deployment
        if self.path is not None:
            deployment.save(self.path)

    def _recover(self) -> None:
        """Finds out what became of a creation that was sent by an interrupted run."""
        pending = self.deployment.pending
        if pending is None:
            return
        for transaction in pending.transactions:
            mined = self.connection.request("eth_getTransactionReceipt", transaction)
            if mined is not None and int(mined["status"], 16) == 1:
                self._adopt(pending.contract, mined["contractAddress"], int(mined["blockNumber"], 16))
                return
        self._record(replace(self.deployment, pending=None))

    def _contracts(self) -> None:
        parameters, own = self.deployment.parameters, self.account.address
        if parameters.token and "ZKToken" not in self.deployment.contracts:
            code = self.connection.code(parameters.token)
            found = Deployed(Address(parameters.token), self.connection.block_number(), keccak(code).hex())
            self._record(self.deployment.with_contract("ZKToken", found))
            self.deployment.check(self.connection)
        self._create("ZKToken", parameters.token_holder)
        open_to_all = ZERO_ADDRESS in parameters.executors
        executors = parameters.executors if open_to_all else {*parameters.executors, own}
        self._create("Timelock", 0, sorted({*parameters.proposers, own}), sorted(executors), own)
        token, timelock = self._at("ZKToken"), self._at("Timelock")
        self._create("InsuranceFund", token, timelock, parameters.insurance_cap_wei)
        insurance = self._at("InsuranceFund")
        self._create("StakeVault", token, insurance, parameters.uses_market_time)
        self._create("ProjectRegistry", timelock)
        vault = self._at("StakeVault")
        self._create("AcceleratorRegistry")
        accelerators = self._at("AcceleratorRegistry")
        self._create("ProverRegistry", self._at("ProjectRegistry"), vault, accelerators)
        self._create("RewardSplitter", token, timelock, parameters.treasury, vault, accelerators)
        wiring = tuple(map(self._at, WIRED))
        self._create("Settlement", wiring)
        self._create("ProverMarket", wiring, self._at("Settlement"), timelock, parameters.guardian)
        market = self._at("ProverMarket")
        self._create("BidDesk", market)
        self._create("MarketLens", market)
        parts = (self._at("RewardSplitter"), self._at("ProverRegistry"))
        self._create("DelegationVault", token, vault, *parts, timelock)
        self._create("Groth16Verifier")
        self._create("PlonkVerifier")
        self._create("FflonkVerifier")

    def _at(self, contract: str) -> Address:
        return self.deployment.address_of(contract)

    def _create(self, name: str, *arguments: Any) -> None:
        if name in self.deployment.contracts:
            return
        self.report(f"{name}: creating")
        code = self.creation_code[name] + encode(load_abi(name).constructor, arguments)
        sent: list[str] = []

        def note(transaction: str, nonce: int) -> None:
            sent.append(transaction)
            self._record(replace(self.deployment, pending=Pending(name, nonce, tuple(sent))))

        receipt = self.account.send(None, code, on_broadcast=note)
        if receipt.contract is None:
            raise EventMissing(f"contract {name}", receipt.transaction)
        self._adopt(name, receipt.contract, receipt.block_number)
        self.report(f"{name} is at {receipt.contract}, {receipt.gas_used:,} gas")

    def _adopt(self, name: str, address: str, block: int) -> None:
        found = self.connection.code(address)
        if not found:
            raise UnknownRevert(b"", f"the creation of {name} left no code")
        deployed = Deployed(
            Address(to_checksum_address(address)),
            block,
            keccak(found).hex(),
            keccak(self.creation_code[name]).hex(),
        )
        self._record(self.deployment.with_contract(name, deployed))

    def _bind(self, contracts: Contracts) -> None:
        """Tells each contract, once, who may act on it."""
        market, desk, delegation = (self._at(n) for n in ("ProverMarket", "BidDesk", "DelegationVault"))
        for bound in (contracts.vault, contracts.provers, contracts.splitter):
            if bound.market() == ZERO_ADDRESS:
                self.report(f"{bound.abi_name}: binding to the market")
                self._did(f"{bound.abi_name} is bound to the market", bound.bind_market(market))
        if contracts.market.desk() == ZERO_ADDRESS:
            self.report("ProverMarket: binding the bid desk")
            self._did("ProverMarket is bound to the bid desk", contracts.market.bind_desk(desk))
        if contracts.vault.sponsor() == ZERO_ADDRESS:
            self.report("StakeVault: binding the sponsor")
            self._did("StakeVault is bound to the delegation vault", contracts.vault.bind_sponsor(delegation))

    def _hand_over(self, contracts: Contracts) -> None:
        timelock, own, parameters = contracts.timelock, self.account.address, self.deployment.parameters
        operation = handover_operation(contracts)
        operation_id = timelock.operation_id(operation)
        if not timelock.is_scheduled(operation_id):
            self.report("Timelock: scheduling the verifiers, the delegation vault and the delay")
            self._did("the operation is scheduled", timelock.schedule(operation, 0))
        if not timelock.is_done(operation_id):
            self.report("Timelock: executing")
            self._did(
                "the verifiers are allowed, the vault named, the delay set", timelock.execute(operation)
            )
        if not timelock.has_role(CANCELLER_ROLE, str(parameters.guardian)):
            self._did(
                "the guardian may cancel", timelock.grant_role(CANCELLER_ROLE, str(parameters.guardian))
            )
        for role, what, kept in deployer_roles(parameters, own):
            if not kept and timelock.has_role(role, own):
                self._did(f"the deployer is no {what} any more", timelock.renounce_role(role, own))

    def _did(self, what: str, receipt: Receipt) -> None:
        self.report(f"{what}, {receipt.gas_used:,} gas")


def handover_operation(contracts: Contracts) -> Operation:
    """What the deployer does through the timelock before it gives up its roles."""
    projects, splitter, timelock = contracts.projects, contracts.splitter, contracts.timelock
    delegation, parameters = contracts.delegation, contracts.deployment.parameters
    calls = (
        *(
            (projects, projects.calldata("allowVerifier", one.address, True))
            for one in contracts.verifiers.values()
        ),
        (splitter, splitter.calldata("setDelegators", delegation.address)),
        (delegation, delegation.calldata("setOperator", parameters.operator)),
        (timelock, timelock.calldata("updateDelay", parameters.timelock_delay_seconds)),
    )
    return Operation(
        targets=tuple(target.address for target, _ in calls),
        calls=tuple(call for _, call in calls),
        salt=HANDOVER_SALT,
    )


def _silent(_line: str) -> None:
    """Nobody wants to know."""
