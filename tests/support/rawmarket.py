"""A whole market on a ``Chain``: every contract deployed and bound, with the mock verifier allowed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.support.rawchain import Artifacts, Chain, Contract
from zkpool_sdk.models import SignalRule, Terms
from zkpool_sdk.units import Seconds, Wei

INSURANCE_CAP_WEI: Final = 10**24
KEY: Final = keccak(text="key of the mock queue")
STANDARD_TERMS: Final = Terms(Seconds(600), Seconds(600), Wei(0), 1)
MAX_UINT256: Final = 2**256 - 1


def mock_proof(signals: Sequence[int], key: bytes = KEY) -> bytes:
    """The proof that the mock verifier accepts for these signals."""
    return keccak(encode(("bytes32", "uint256[]"), (key, signals)))


@dataclass(frozen=True, slots=True)
class RawMarket:
    """The contracts of one deployment.

    The deployer is owner and guardian, administers the projects, and holds the supply.
    """

    chain: Chain
    deployer: str
    token: Contract
    verifier: Contract
    projects: Contract
    insurance: Contract
    vault: Contract
    provers: Contract
    splitter: Contract
    market: Contract

    def create_mock_queue(
        self, rules: Sequence[SignalRule], terms: Terms = STANDARD_TERMS, key: bytes = KEY
    ) -> int:
        """A queue of the mock verifier, in a project of its own."""
        self.verifier.send(self.deployer, "setSignalCount", key, len(rules))
        signals = list(range(1, len(rules) + 1))
        return self.create_queue(self.verifier, key, rules, terms, signals, mock_proof(signals, key))

    def create_queue(
        self,
        verifier: Contract,
        key: bytes,
        rules: Sequence[SignalRule],
        terms: Terms,
        signals: Sequence[int],
        proof: bytes,
    ) -> int:
        """A queue in a project of its own; the verifier gets allowed."""
        self.projects.send(self.deployer, "registerProject", "https://project.example")
        project = self.projects.read("projectCount")
        self.projects.send(self.deployer, "allowVerifier", verifier.address, True)
        sample = (list(signals), proof)
        self.projects.send(
            self.deployer, "createQueue", project, verifier.address, key, list(rules), terms, sample
        )
        return int(self.projects.read("queueCount"))

    def fund(self, account: str, amount_wei: int, *spenders: Contract) -> None:
        """Gives an account tokens, approved without limit for the spenders."""
        if amount_wei:
            self.token.send(self.deployer, "transfer", account, amount_wei)
        for spender in spenders:
            self.token.send(account, "approve", spender.address, MAX_UINT256)


def deploy(chain: Chain, artifacts: Artifacts, treasury: str, *, uses_market_time: bool = False) -> RawMarket:
    """Deploys every contract from the chain's first account."""
    deployer = chain.accounts[0]

    def new(name: str, *arguments: Any) -> Contract:
        return chain.deploy(artifacts[name], *arguments)

    token = new("ZKToken", deployer)
    verifier = new("MockVerifier")
    projects = new("ProjectRegistry", deployer)
    insurance = new("InsuranceFund", token.address, deployer, INSURANCE_CAP_WEI)
    vault = new("StakeVault", token.address, insurance.address, uses_market_time)
    provers = new("ProverRegistry", projects.address, vault.address)
    splitter = new("RewardSplitter", token.address, deployer, treasury)
    parts = (token, projects, provers, vault, splitter, insurance)
    market = new("ProverMarket", tuple(part.address for part in parts), deployer, deployer)
    for bound in (provers, vault, splitter):
        bound.send(deployer, "bindMarket", market.address)
    return RawMarket(chain, deployer, token, verifier, projects, insurance, vault, provers, splitter, market)
