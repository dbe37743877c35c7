"""A whole market on a ``Chain``: every contract deployed and bound, with the mock verifier allowed.

The contracts that only add to a market (bid desk, lens, delegation vault) are there if they are compiled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.support.rawchain import Artifacts, Chain, Contract, Receipt
from zkpool_sdk.models import SignalRule, Terms
from zkpool_sdk.units import Seconds, Wei

INSURANCE_CAP_WEI: Final = 10**24
KEY: Final = keccak(text="key of the mock queue")
STANDARD_TERMS: Final = Terms(Seconds(600), Seconds(600), Wei(0), 1)
MAX_UINT256: Final = 2**256 - 1
QUEUE_OF_TASK: Final = 3
"""Where a task's words have its queue."""


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
    accelerators: Contract
    desk: Contract | None = None
    lens: Contract | None = None
    delegation: Contract | None = None
    push: Contract | None = None
    adapter: Contract | None = None
    wallet: Contract | None = None
    taiko: Contract | None = None
    tier1: Contract | None = None
    units: Contract | None = None

    def create_mock_queue(
        self,
        rules: Sequence[SignalRule],
        terms: Terms = STANDARD_TERMS,
        key: bytes = KEY,
        *,
        min_rating_ppm: int | None = None,
    ) -> int:
        """A queue of the mock verifier, in a project of its own; sealed if it has a least rating."""
        self.verifier.send(self.deployer, "setSignalCount", key, len(rules))
        signals = list(range(1, len(rules) + 1))
        proof = mock_proof(signals, key)
        return self.create_queue(
            self.verifier, key, rules, terms, signals, proof, min_rating_ppm=min_rating_ppm
        )

    def create_queue(
        self,
        verifier: Contract,
        key: bytes,
        rules: Sequence[SignalRule],
        terms: Terms,
        signals: Sequence[int],
        proof: bytes,
        *,
        min_rating_ppm: int | None = None,
    ) -> int:
        """A queue in a project of its own, sealed if it has a least rating; the verifier gets allowed."""
        self.projects.send(self.deployer, "registerProject", "https://project.example")
        project = self.projects.read("projectCount")
        self.projects.send(self.deployer, "allowVerifier", verifier.address, True)
        sample = (list(signals), proof)
        queue = (project, verifier.address, key, list(rules), terms, sample)
        if min_rating_ppm is None:
            self.projects.send(self.deployer, "createQueue", *queue)
        else:
            self.projects.send(self.deployer, "createSealedQueue", *queue, min_rating_ppm)
        return int(self.projects.read("queueCount"))

    def fund(self, account: str, amount_wei: int, *spenders: Contract) -> None:
        """Gives an account tokens, approved without limit for the spenders."""
        if amount_wei:
            self.token.send(self.deployer, "transfer", account, amount_wei)
        for spender in spenders:
            self.token.send(account, "approve", spender.address, MAX_UINT256)

    def seat_of(self, queue: int, account: str) -> int:
        """The number of a prover's seat in a queue.

        Raises:
            ValueError: it has none.
        """
        prover = self.provers.read("idOf", account)
        return [seat[0] for seat in self.provers.read("seatsOf", queue)].index(prover)

    def decline(self, task: bytes, prover: str, *, at: int | None = None) -> Receipt:
        """Gives an assigned task back, by the prover or its hot key."""
        return self.market.send(prover, "decline", task, at=at)

    def claim_open(self, task: bytes, rescuer: str, *, at: int | None = None) -> Receipt:
        """Takes an open task onto the rescuer's seat in its queue."""
        queue = self.market.read("taskOf", task)[QUEUE_OF_TASK]
        return self.market.send(rescuer, "claimOpen", task, self.seat_of(queue, rescuer), at=at)

    def submit_proofs(
        self,
        queue: int,
        prover: str,
        items: Sequence[tuple[bytes, Sequence[int], bytes]],
        *,
        sender: str | None = None,
        at: int | None = None,
    ) -> Receipt:
        """Hands in proofs of one prover in one queue, each as (task, signals, proof)."""
        tasks, signals, proofs = ([item[i] for item in items] for i in range(3))
        return self.market.send(
            sender or prover, "submitProofs", queue, prover, tasks, [list(s) for s in signals], proofs, at=at
        )


def deploy(
    chain: Chain,
    artifacts: Artifacts,
    treasury: str,
    *,
    uses_market_time: bool = False,
    token: str = "ZKToken",
) -> RawMarket:
    """Deploys every contract from the chain's first account, around the token contract of this name."""
    deployer = chain.accounts[0]

    def new(name: str, *arguments: Any) -> Contract:
        return chain.deploy(artifacts[name], *arguments)

    money = new(token, deployer)
    verifier = new("MockVerifier")
    projects = new("ProjectRegistry", deployer)
    insurance = new("InsuranceFund", money.address, deployer, INSURANCE_CAP_WEI)
    accelerators = new("AcceleratorRegistry")
    vault = new("StakeVault", money.address, insurance.address, uses_market_time)
    provers = new("ProverRegistry", projects.address, vault.address, accelerators.address)
    splitter = new("RewardSplitter", money.address, deployer, treasury, vault.address, accelerators.address)
    wiring = tuple(part.address for part in (money, projects, provers, vault, splitter, insurance))
    settlement = new("Settlement", wiring)
    market = new("ProverMarket", wiring, settlement.address, deployer, deployer)
    for bound in (provers, vault, splitter):
        bound.send(deployer, "bindMarket", market.address)
    raw = RawMarket(
        chain,
        deployer,
        money,
        verifier,
        projects,
        insurance,
        vault,
        provers,
        splitter,
        market,
        accelerators,
    )
    return _furnish(raw, artifacts)


def _furnish(raw: RawMarket, artifacts: Artifacts) -> RawMarket:
    """Deploys and binds what adds to a market, if it is compiled."""
    chain, deployer = raw.chain, raw.deployer
    desk = lens = delegation = None
    if "BidDesk" in artifacts:
        desk = chain.deploy(artifacts["BidDesk"], raw.market.address)
        raw.market.send(deployer, "bindDesk", desk.address)
    if "MarketLens" in artifacts:
        lens = chain.deploy(artifacts["MarketLens"], raw.market.address)
    if "DelegationVault" in artifacts:
        parts = (raw.token, raw.vault, raw.splitter, raw.provers)
        delegation = chain.deploy(artifacts["DelegationVault"], *(part.address for part in parts), deployer)
        raw.vault.send(deployer, "bindSponsor", delegation.address)
        raw.splitter.send(deployer, "setDelegators", delegation.address)
    return replace(raw, desk=desk, lens=lens, delegation=delegation)
