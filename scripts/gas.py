"""Measure the gas of each operation and print it beside the goals; ``--check`` compares with the snapshot.

Every figure is the receipt's ``gasUsed`` of a transaction of its own: intrinsic gas and calldata included,
storage cold. "first" is the first use, with the storage concerned still zero; "steady" is the same act later,
in a running market.

* placeBid: one fixed signal, 32 bytes of data, escrow approved without limit. first: first bid of a queue, by
  an account new to an empty market. steady: into a book of 24 bids at a middle rank; round, book words,
  places and balances have been used before.
* clearPerTask: gas of a clearing that assigns 32 tasks, divided by 32. first: 32 bids of 32 requesters
  without credit, 32 provers with one slot each who never had a task. steady: 40 bids of 40 requesters with
  credit, of which 8 stay in the book; 8 provers with a record and four slots each.
* submitProofMock, submitProofGroth16: two public signals (one fixed, one the prover). first: nobody was paid
  before. steady: the prover, delegators and treasury have earnings of the same day.
* submitProofsPer8Mock, submitProofsPer8Groth16, submitProofsPer8Plonk, submitProofsPer8Fflonk: eight proofs
  of one prover in one transaction, divided by 8. first: the first payment of a day. steady: a later one.
* verifyPlonk, verifyFflonk: the verifier itself, by a transaction; two public signals, 2^15 gates. first and
  steady are the first and the second proof: a verifier stores nothing, and calldata has more zeros or fewer.
* submitProofPlonk, submitProofFflonk: as submitProofGroth16.
* finalizeMiss: a window missed by a working prover: slash, compensation, keeper's part, bounty. first:
  requester and keeper have no credit. steady: they have.
* taskLifeGroth16: one bid, a clearing of one task and its proof, two signals; three transactions. first and
  steady as above.
* stake: first: into an empty vault. steady: 8 ZK more.
* registerProver: first: the first prover of all. steady: one more. A URI of 33 bytes.
* requestUnstake: first: everything. steady: a part, by a working prover who has unstaked before.
* finishUnstake: first: paid to an account without tokens. steady: to a working prover with tokens.
* claim: first: to an account without tokens. steady: to one with tokens, who has newer earnings pending.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

import click

ROOT = Path(__file__).resolve().parent.parent
# Before site-packages, where a foreign package may be called "tests".
sys.path.insert(0, str(ROOT))

from tests.support.fflonk_toy import FflonkKey  # noqa: E402
from tests.support.groth16_toy import ToyKey  # noqa: E402
from tests.support.plonk_toy import PlonkKey  # noqa: E402
from tests.support.rawchain import Artifact, Artifacts, Chain, Contract, Receipt, compiled  # noqa: E402
from tests.support.rawmarket import KEY, STANDARD_TERMS, RawMarket, deploy, mock_proof  # noqa: E402
from zkpool_sdk.models import SignalRule  # noqa: E402
from zkpool_sdk.units import DAY, WEI_PER_ZK  # noqa: E402

SNAPSHOT: Final = ROOT / "snapshots" / "gas.json"
TOLERANCE: Final = 0.02
"""A figure may grow by this part before the check fails."""
TASK_COUNT: Final = 32
BATCH: Final = 8
STAKE_WEI: Final = 200 * WEI_PER_ZK
ROUND_SECONDS: Final = 300
RULES: Final = (SignalRule.FIXED, SignalRule.PROVER)
URI: Final = "https://prover.example/zkpool.json"
DATA: Final = bytes(range(0x40, 0x60))

GOALS: Final[dict[str, int | None]] = {
    "placeBid": 120_000,
    "clearPerTask": 40_000,
    "submitProofMock": 95_000,
    "submitProofGroth16": 300_000,
    "submitProofPlonk": None,
    "verifyPlonk": None,
    "submitProofFflonk": None,
    "verifyFflonk": None,
    "submitProofsPer8Mock": 40_000,
    "submitProofsPer8Groth16": None,
    "submitProofsPer8Plonk": None,
    "submitProofsPer8Fflonk": None,
    "finalizeMiss": 110_000,
    "taskLifeGroth16": 450_000,
    "stake": 95_000,
    "registerProver": 130_000,
    "requestUnstake": 80_000,
    "finishUnstake": 60_000,
    "claim": 40_000,
}

Figures = dict[str, dict[str, int]]


@dataclass
class Scene:
    """A market with queues of the mock verifier and of Groth16, and its people."""

    chain: Chain
    at: RawMarket
    requesters: Sequence[str]
    provers: Sequence[str]
    keeper: str
    queue: int = 0
    groth16_queue: int = 0
    plonk_queue: int = 0
    fflonk_queue: int = 0
    signal: int = 1 << 250
    keys: dict[int, ToyKey | PlonkKey | FflonkKey] = field(default_factory=dict)
    verifiers: dict[int, Contract] = field(default_factory=dict)
    statements: dict[bytes, int] = field(default_factory=dict)

    @classmethod
    def build(cls, chain: Chain, artifacts: Artifacts) -> Self:
        """A market deployed, with a queue of either verifier, and nobody in it."""
        people = chain.accounts
        at = deploy(chain, artifacts, treasury=people[1])
        scene = cls(chain, at, people[3:43], people[43:75], people[2])
        scene.queue = at.create_mock_queue(RULES)
        scene.groth16_queue = scene.open_queue(artifacts["Groth16Verifier"], ToyKey.make(2))
        scene.plonk_queue = scene.open_queue(artifacts["PlonkVerifier"], PlonkKey.make(2, 15))
        scene.fflonk_queue = scene.open_queue(artifacts["FflonkVerifier"], FflonkKey.make(2, 15))
        return scene

    def open_queue(self, verifier_made: Artifact, toy: ToyKey | PlonkKey | FflonkKey) -> int:
        """A queue of a new verifier, for the circuit of a toy key."""
        verifier = self.chain.deploy(verifier_made)
        verifier.send(self.at.deployer, "registerKey", toy.public.abi)
        key, signals = verifier.read("keyOf", toy.public.abi), [self.signal, 1]
        sample = toy.prove(signals).calldata
        queue = self.at.create_queue(verifier, key, RULES, STANDARD_TERMS, signals, sample)
        self.keys[queue], self.verifiers[queue] = toy, verifier
        return queue

    def proof(self, signals: Sequence[int], queue: int) -> bytes:
        """A proof that the queue's verifier accepts."""
        return self.keys[queue].prove(signals).calldata if queue in self.keys else mock_proof(signals, KEY)

    def enter(self, prover: str, capacity: int, queue: int) -> None:
        """Makes an account a prover with a stake of 200 ZK and a seat."""
        self.at.fund(prover, 1_000 * WEI_PER_ZK, self.at.vault)
        self.at.vault.send(prover, "stake", STAKE_WEI)
        self.at.provers.send(prover, "register", URI)
        self.at.provers.send(prover, "join", queue, capacity)

    def place(self, requester: str, fee_wei: int, queue: int) -> tuple[Receipt, bytes]:
        """Places a bid; the receipt and the task's id."""
        self.signal += 1
        market = self.at.market
        receipt = market.send(
            requester, "placeBid", queue, [self.signal], fee_wei, self.chain.now + DAY, DATA
        )
        placed = market.abi.events["BidPlaced"]
        log = next(log for log in receipt.logs if log["topics"][0] == "0x" + placed.selector.hex())
        task = bytes.fromhex(log["topics"][1][2:])
        self.statements[task] = self.signal
        return receipt, task

    def clear(self, queue: int) -> Receipt:
        """Ends the round."""
        at = self.chain.now + ROUND_SECONDS
        return self.at.market.send(self.keeper, "clear", queue, at=at)

    def submit(self, task: bytes, prover: str, queue: int) -> Receipt:
        """Proves an assigned task."""
        signals = [self.statements[task], int(prover, 16)]
        return self.at.market.send(prover, "submitProof", task, signals, self.proof(signals, queue))

    def verify_gas(self, queue: int) -> int:
        """Gas of a transaction that has a queue's verifier judge one proof."""
        self.signal += 1
        signals, verifier = [self.signal, int(self.provers[0], 16)], self.verifiers[queue]
        key, proof = verifier.read("keyOf", self.keys[queue].public.abi), self.proof(signals, queue)
        assert verifier.read("verify", key, signals, proof)
        return verifier.send(self.keeper, "verify", key, signals, proof).gas_used

    def real_gas(self, prover: str, queue: int) -> int:
        """Gas of a real proof by a prover that joins the queue for it; nothing of that is kept."""
        before = self.chain.snapshot()
        self.at.provers.send(prover, "join", queue, 1)
        [proven] = self.work(1, queue)
        self.chain.revert(before)
        return proven.gas_used

    def batch_gas(self, prover: str, queue: int) -> int:
        """Gas a proof of a batch of eight, all of one prover; every proof is accepted."""
        for requester, fee_wei in zip(self.requesters, _spread(BATCH), strict=False):
            self.place(requester, fee_wei, queue)
        tasks = [task for task, _ in self.assigned(self.clear(queue))]
        assert len(tasks) == BATCH, f"{len(tasks)} tasks assigned"
        signals = [[self.statements[task], int(prover, 16)] for task in tasks]
        proofs = [self.proof(one, queue) for one in signals]
        receipt = self.at.market.send(prover, "submitProofs", queue, prover, tasks, signals, proofs)
        accepted = self.at.market.abi.events["ProofAccepted"].selector.hex()
        assert sum(log["topics"][0] == "0x" + accepted for log in receipt.logs) == BATCH, "not all accepted"
        return round(receipt.gas_used / BATCH)

    def miss_gas(self, queue: int) -> int:
        """Gas of `finalize` for one task whose window was missed."""
        self.place(self.requesters[0], WEI_PER_ZK, queue)
        [(task, _)] = self.assigned(self.clear(queue))
        self.chain.now += STANDARD_TERMS.proof_window_seconds * 5 // 4 + 1
        return self.at.market.send(self.keeper, "finalize", task).gas_used

    def life_gas(self, queue: int) -> int:
        """Gas of one bid, its clearing and its proof."""
        placed, task = self.place(self.requesters[0], WEI_PER_ZK, queue)
        cleared = self.clear(queue)
        [(_, prover)] = self.assigned(cleared)
        return placed.gas_used + cleared.gas_used + self.submit(task, prover, queue).gas_used

    def assigned(self, receipt: Receipt) -> list[tuple[bytes, str]]:
        """Tasks and provers of a clearing."""
        event = self.at.market.abi.events["TaskAssigned"]
        return [
            (values[0], values[1])
            for log in receipt.logs
            if log["topics"][0] == "0x" + event.selector.hex()
            for values in [_log_values(self.at.market, "TaskAssigned", log)]
        ]

    def work(self, bid_count: int, queue: int) -> list[Receipt]:
        """One round with ``bid_count`` different bids, everything proven; the receipts of the proofs."""
        for requester, fee_wei in zip(self.requesters[:bid_count], _spread(bid_count), strict=True):
            self.place(requester, fee_wei, queue)
        return [self.submit(task, who, queue) for task, who in self.assigned(self.clear(queue))]


def _log_values(contract: Contract, event: str, log: dict[str, object] | object) -> tuple[object, ...]:
    assert isinstance(log, dict)
    topics = [bytes.fromhex(topic[2:]) for topic in log["topics"]]
    return contract.abi.events[event].decode_log(topics, bytes.fromhex(log["data"][2:]))


def measure(artifacts: Artifacts) -> Figures:
    """All figures, each market on a chain of its own."""
    figures: Figures = {}
    with Chain(account_count=80) as chain:
        for operation, gas in _first(Scene.build(chain, artifacts)).items():
            figures.setdefault(operation, {})["first"] = gas
    with Chain(account_count=80) as chain:
        for operation, gas in _steady(Scene.build(chain, artifacts)).items():
            figures.setdefault(operation, {})["steady"] = gas
    with Chain(account_count=80) as chain:
        for when, gases in zip(("first", "steady"), _batches(Scene.build(chain, artifacts)), strict=True):
            for operation, gas in gases.items():
                figures.setdefault(operation, {})[when] = gas
    return {operation: figures[operation] for operation in GOALS}


def _first(scene: Scene) -> dict[str, int]:
    at, vault, queue = scene.at, scene.at.vault, scene.queue
    figures: dict[str, int] = {}
    newcomer = scene.provers[0]
    at.fund(newcomer, STAKE_WEI, vault)
    figures["stake"] = vault.send(newcomer, "stake", STAKE_WEI).gas_used
    figures["registerProver"] = at.provers.send(newcomer, "register", URI).gas_used
    at.provers.send(newcomer, "join", queue, 1)
    at.provers.send(newcomer, "join", scene.groth16_queue, 1)
    for prover in scene.provers[1:]:
        scene.enter(prover, 1, queue)
    for requester in scene.requesters:
        at.fund(requester, 1_000 * WEI_PER_ZK, at.market)

    before = scene.chain.snapshot()
    [proven] = scene.work(1, scene.groth16_queue)
    figures["submitProofGroth16"] = proven.gas_used
    scene.chain.revert(before)
    before = scene.chain.snapshot()
    figures["taskLifeGroth16"] = scene.life_gas(scene.groth16_queue)
    scene.chain.revert(before)
    before = scene.chain.snapshot()
    figures["finalizeMiss"] = scene.miss_gas(queue)
    scene.chain.revert(before)
    figures["submitProofPlonk"] = scene.real_gas(newcomer, scene.plonk_queue)
    figures["verifyPlonk"] = scene.verify_gas(scene.plonk_queue)
    figures["submitProofFflonk"] = scene.real_gas(newcomer, scene.fflonk_queue)
    figures["verifyFflonk"] = scene.verify_gas(scene.fflonk_queue)

    fees = _spread(TASK_COUNT)
    placed, _ = scene.place(scene.requesters[0], fees[0], queue)
    figures["placeBid"] = placed.gas_used
    for requester, fee_wei in zip(scene.requesters[1:], fees[1:], strict=False):
        scene.place(requester, fee_wei, queue)
    cleared = scene.clear(queue)
    tasks = scene.assigned(cleared)
    assert len(tasks) == TASK_COUNT, f"{len(tasks)} tasks assigned"
    figures["clearPerTask"] = round(cleared.gas_used / TASK_COUNT)
    task = next(task for task, who in tasks if who == newcomer)
    figures["submitProofMock"] = scene.submit(task, newcomer, queue).gas_used

    scene.chain.now += DAY
    figures["claim"] = at.splitter.send(newcomer, "claim").gas_used
    figures["requestUnstake"] = vault.send(newcomer, "requestUnstake", STAKE_WEI).gas_used
    at.token.send(newcomer, "transfer", at.deployer, at.token.read("balanceOf", newcomer))
    scene.chain.now += 7 * DAY
    figures["finishUnstake"] = vault.send(newcomer, "finishUnstake").gas_used
    return figures


def _steady(scene: Scene) -> dict[str, int]:
    at, vault, queue = scene.at, scene.at.vault, scene.queue
    figures: dict[str, int] = {}
    for requester in scene.requesters:
        at.fund(requester, 1_000 * WEI_PER_ZK, at.market)
    workers = scene.provers[:8]
    worker = workers[0]
    for prover in workers:
        scene.enter(prover, 4, queue)
    at.provers.send(worker, "join", scene.groth16_queue, 4)
    while (slot_count := at.market.read("slotCountOf", queue)) < TASK_COUNT:
        scene.work(slot_count, queue)
    # Twice, so that every requester has credit.
    scene.work(TASK_COUNT, queue)
    scene.requesters = scene.requesters[TASK_COUNT:] + scene.requesters[:TASK_COUNT]
    scene.work(TASK_COUNT, queue)

    fees = _spread(40)
    for count, (requester, fee_wei) in enumerate(zip(scene.requesters, fees, strict=True)):
        placed, _ = scene.place(requester, fee_wei, queue)
        if count == 24:
            figures["placeBid"] = placed.gas_used
    cleared = scene.clear(queue)
    tasks = scene.assigned(cleared)
    assert len(tasks) == TASK_COUNT, f"{len(tasks)} tasks assigned"
    figures["clearPerTask"] = round(cleared.gas_used / TASK_COUNT)
    figures["submitProofMock"] = [scene.submit(task, who, queue).gas_used for task, who in tasks][-1]
    [proven] = scene.work(1, scene.groth16_queue)
    figures["submitProofGroth16"] = proven.gas_used
    figures["taskLifeGroth16"] = scene.life_gas(scene.groth16_queue)
    figures["submitProofPlonk"] = scene.real_gas(worker, scene.plonk_queue)
    figures["verifyPlonk"] = scene.verify_gas(scene.plonk_queue)
    figures["submitProofFflonk"] = scene.real_gas(worker, scene.fflonk_queue)
    figures["verifyFflonk"] = scene.verify_gas(scene.fflonk_queue)
    scene.miss_gas(scene.groth16_queue)
    scene.chain.now += DAY

    figures["stake"] = vault.send(worker, "stake", 8 * WEI_PER_ZK).gas_used
    figures["registerProver"] = at.provers.send(scene.provers[9], "register", URI).gas_used
    vault.send(worker, "requestUnstake", WEI_PER_ZK)
    figures["requestUnstake"] = vault.send(worker, "requestUnstake", WEI_PER_ZK).gas_used
    scene.chain.now += 7 * DAY - ROUND_SECONDS
    scene.work(1, scene.groth16_queue)
    scene.chain.now += ROUND_SECONDS
    figures["finishUnstake"] = vault.send(worker, "finishUnstake").gas_used
    figures["claim"] = at.splitter.send(worker, "claim").gas_used
    figures["finalizeMiss"] = scene.miss_gas(scene.groth16_queue)
    return figures


def _batches(scene: Scene) -> tuple[dict[str, int], dict[str, int]]:
    """Batches of eight by a prover with a record: the first of a day, and the next."""
    at, worker = scene.at, scene.provers[0]
    for requester in scene.requesters:
        at.fund(requester, 1_000 * WEI_PER_ZK, at.market)
    scene.enter(worker, BATCH, scene.queue)
    at.provers.send(worker, "join", scene.groth16_queue, BATCH)
    while (slot_count := at.market.read("slotCountOf", scene.queue)) < BATCH:
        scene.work(slot_count, scene.queue)
    for extra in (scene.plonk_queue, scene.fflonk_queue):
        at.provers.send(worker, "join", extra, BATCH)
    names = {
        "submitProofsPer8Mock": scene.queue,
        "submitProofsPer8Groth16": scene.groth16_queue,
        "submitProofsPer8Plonk": scene.plonk_queue,
        "submitProofsPer8Fflonk": scene.fflonk_queue,
    }
    first, steady = {}, {}
    for name, queue in names.items():
        scene.chain.now += DAY - scene.chain.now % DAY
        first[name] = scene.batch_gas(worker, queue)
        steady[name] = scene.batch_gas(worker, queue)
    return first, steady


def _spread(count: int) -> list[int]:
    """Different bids around 1 ZK, in no order of size; the same in every run."""
    return [WEI_PER_ZK + 1_000_000_007 * (17 * rank % count + 1) for rank in range(count)]


def grown(figures: Figures, snapshot: Figures) -> list[str]:
    """What grew beyond the tolerance, or stands on one side only; one line each."""
    lines = []
    for operation in sorted({*figures, *snapshot}):
        for when in ("first", "steady"):
            got, limit = figures.get(operation, {}).get(when), snapshot.get(operation, {}).get(when)
            if got is None or limit is None:
                lines.append(f"{operation}, {when}: {limit} in the snapshot, {got} measured")
            elif got > limit * (1 + TOLERANCE):
                lines.append(
                    f"{operation}, {when}: {got:,} gas, {got / limit - 1:+.1%} over the snapshot's {limit:,}"
                )
    return lines


def table(figures: Figures) -> str:
    """The figures beside the goals. Goals are for steady use."""
    lines = [f"{'gas':<24}{'first':>10}{'steady':>10}{'goal':>10}{'steady - goal':>16}"]
    for operation, goal in GOALS.items():
        first, steady = figures[operation]["first"], figures[operation]["steady"]
        beside = "" if goal is None else f"{goal:>10,}{steady - goal:>+16,}"
        lines.append(f"{operation:<24}{first:>10,}{steady:>10,}{beside}")
    return "\n".join(lines)


@click.command()
@click.option("--check", is_flag=True, help="Compare with the snapshot instead of writing it.")
def cli(check: bool) -> None:
    """Measure the gas of each operation and print it beside the goals."""
    figures = measure(compiled())
    click.echo(table(figures))
    if check:
        lines = grown(figures, json.loads(SNAPSHOT.read_text()))
        if lines:
            raise click.ClickException("gas grew by more than 2 %:\n  " + "\n  ".join(lines))
        return
    SNAPSHOT.parent.mkdir(exist_ok=True)
    SNAPSHOT.write_text(json.dumps(figures, indent=2) + "\n")
    click.echo(f"written to {SNAPSHOT.relative_to(ROOT)}")


if __name__ == "__main__":
    cli()
