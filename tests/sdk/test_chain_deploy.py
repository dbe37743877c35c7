"""Deploying: what is recorded, what is checked, and how an interrupted run goes on, wherever it stopped."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.anvil import anvil, rich_signer
from zkpool_sdk.chain import Account, Connection, Contracts, Deployment, LocalSigner, Parameters
from zkpool_sdk.chain.abi import CONTRACTS
from zkpool_sdk.chain.contracts.governance import ADMIN_ROLE, CANCELLER_ROLE, EXECUTOR_ROLE, PROPOSER_ROLE
from zkpool_sdk.chain.deploy import check_parameters, deploy
from zkpool_sdk.chain.errors import (
    CodeDiffers,
    CodeMissing,
    DeploymentMalformed,
    DeploymentUnfinished,
    InsufficientFunds,
    ParameterDiffers,
    WrongChain,
)
from zkpool_sdk.errors import (
    DeskAlreadyBound,
    MarketAlreadyBound,
    NotGuardian,
    OwnableUnauthorizedAccount,
    SponsorAlreadyBound,
)
from zkpool_sdk.models import ZERO_ADDRESS
from zkpool_sdk.units import DAY, zk

GUARDIAN, TREASURY, PROPOSER, OPERATOR = (rich_signer(number).address for number in (6, 7, 8, 9))
PARAMETERS = Parameters(
    guardian=GUARDIAN,
    operator=OPERATOR,
    treasury=TREASURY,
    proposers=(PROPOSER,),
    timelock_delay_seconds=3 * DAY,
    insurance_cap_wei=zk(2_000_000),
    uses_market_time=True,
)


class Interrupted(Exception):
    """The test stops the deployment here."""


class Stop:
    """Stops a deployment at the n-th step it reports; counts all."""

    def __init__(self, at: int = -1) -> None:
        self.at = at
        self.steps: list[str] = []

    def __call__(self, step: str) -> None:
        self.steps.append(step)
        if len(self.steps) - 1 == self.at:
            raise Interrupted(step)


@pytest.fixture
def fresh() -> Iterator[Connection]:
    """A chain of the test's own."""
    with anvil() as url:
        yield Connection(url)


@pytest.fixture
def run(connection: Connection, creation_code: dict[str, bytes], tmp_path: Path) -> Callable[..., Deployment]:
    def deploying(report: Callable[[str], None] | None = None, signer: int = 0, **named) -> Deployment:
        account = Account(connection, rich_signer(signer))
        named.setdefault("parameters", PARAMETERS)
        return deploy(account, creation_code, path=tmp_path / "local.json", report=report, **named)

    return deploying


def test_deploy__parameters_given__are_found_on_chain(run, connection: Connection) -> None:
    deployment = run()
    contracts = Contracts(connection, deployment)
    assert deployment.complete
    assert set(deployment.contracts) == set(CONTRACTS)
    assert contracts.market.guardian() == GUARDIAN
    assert contracts.splitter.treasury() == TREASURY
    assert contracts.insurance.cap_wei() == zk(2_000_000)
    assert contracts.vault.uses_market_time()
    assert contracts.delegation.operator() == OPERATOR
    assert contracts.token.balance_of(deployment.deployer) == contracts.token.total_supply()
    assert len(check_parameters(contracts)) > 55


def test_deploy__finished__the_timelock_owns_everything_and_the_deployer_nothing(run, connection) -> None:
    deployment = run()
    contracts, timelock = Contracts(connection, deployment), deployment.address_of("Timelock")
    owned_by_it = (contracts.market, contracts.projects, contracts.splitter, contracts.insurance)
    for owned in (*owned_by_it, contracts.delegation):
        assert owned.owner() == timelock
        assert owned.pending_owner() == ZERO_ADDRESS
    assert contracts.timelock.min_delay() == 3 * DAY
    for role in (ADMIN_ROLE, PROPOSER_ROLE, CANCELLER_ROLE, EXECUTOR_ROLE):
        assert not contracts.timelock.has_role(role, deployment.deployer)
    assert contracts.timelock.has_role(ADMIN_ROLE, timelock)
    assert contracts.timelock.has_role(CANCELLER_ROLE, GUARDIAN)
    assert contracts.timelock.has_role(EXECUTOR_ROLE, ZERO_ADDRESS)
    by_deployer = contracts.by(Account(connection, rich_signer(0)))
    with pytest.raises(NotGuardian):
        by_deployer.market.pause()
    with pytest.raises(OwnableUnauthorizedAccount):
        by_deployer.projects.allow_verifier(ZERO_ADDRESS)


def test_deploy__finished__everything_is_bound_once_and_for_all(run, connection: Connection) -> None:
    deployment = run(parameters=Parameters(guardian=GUARDIAN))
    contracts = Contracts(connection, deployment, Account(connection, rich_signer(0)))
    pool, market = contracts.delegation, contracts.market
    assert market.desk() == contracts.desk.address
    assert contracts.vault.sponsor() == contracts.splitter.delegators() == pool.address
    assert pool.operator() == GUARDIAN  # unless somebody else is named
    with pytest.raises(DeskAlreadyBound):
        market.bind_desk(market.address)
    with pytest.raises(SponsorAlreadyBound):
        contracts.vault.bind_sponsor(market.address)
    with pytest.raises(MarketAlreadyBound):
        contracts.splitter.bind_market(market.address)
    by_operator = contracts.by(Account(connection, rich_signer(6)))
    by_operator.delegation.allow_prover(TREASURY)
    assert pool.is_allowed(TREASURY)


class Cut(Connection):
    """A connection that breaks at the n-th transaction: just before it reaches the node, or just after."""

    cut_at: int = -1
    reaches_node: bool = True
    sent: int = 0

    def request(self, method: str, *params):
        if method != "eth_sendRawTransaction":
            return super().request(method, *params)
        self.sent += 1
        breaks = self.sent - 1 == self.cut_at
        if breaks and not self.reaches_node:
            raise Interrupted
        result = super().request(method, *params)
        if breaks:
            raise Interrupted
        return result


class StopAtNews(Stop):
    """Stops a deployment at every step that no run before has reported."""

    def __call__(self, step: str) -> None:
        if step not in self.steps:
            self.steps.append(step)
            raise Interrupted(step)


def nonce_of(connection: Connection) -> int:
    return int(connection.request("eth_getTransactionCount", rich_signer(0).address, "latest"), 16)


def settled_nonce(connection: Connection, expected: int) -> int:
    """The nonce once the node has mined what it was sent: it answers before it has."""
    give_up = time.monotonic() + 10
    while nonce_of(connection) < expected and time.monotonic() < give_up:
        time.sleep(0.01)
    return nonce_of(connection)


@pytest.fixture
def whole(connection: Connection, creation_code: dict[str, bytes]) -> tuple[int, Stop]:
    """Transactions that a deployment needs if nothing happens, and its steps; the chain is put back."""
    start, steps = nonce_of(connection), Stop()
    snapshot = connection.request("evm_snapshot")
    deploy(Account(connection, rich_signer(0)), creation_code, PARAMETERS, report=steps)
    needed = nonce_of(connection) - start
    assert needed > 20
    connection.request("evm_revert", snapshot)
    return needed, steps


def test_deploy__stopped_at_every_step__goes_on_without_a_transaction_more(
    whole: tuple[int, Stop], connection: Connection, creation_code: dict[str, bytes], tmp_path: Path
) -> None:
    needed, undisturbed = whole
    start, path, stop = nonce_of(connection), tmp_path / "local.json", StopAtNews()
    deployment = None
    while deployment is None:
        known = len(stop.steps)
        try:
            deployment = deploy(
                Account(connection, rich_signer(0)), creation_code, PARAMETERS, path=path, report=stop
            )
        except Interrupted:
            assert len(stop.steps) == known + 1
            if path.exists():
                with pytest.raises(DeploymentUnfinished):
                    Deployment.load(path, connection)
    assert set(undisturbed.steps) <= set(stop.steps)
    assert deployment.complete
    assert nonce_of(connection) - start == needed
    assert Deployment.load(path, connection) == deployment


@pytest.mark.parametrize("reaches_node", [True, False])
def test_deploy__connection_lost_at_every_transaction__nothing_is_deployed_twice(
    reaches_node: bool,
    whole: tuple[int, Stop],
    connection: Connection,
    creation_code: dict[str, bytes],
    tmp_path: Path,
) -> None:
    needed, _ = whole
    start, path = nonce_of(connection), tmp_path / "local.json"
    for at in range(needed):
        cut = Cut(connection.rpc_url)
        # The transaction that did not reach the node goes first this time.
        cut.cut_at, cut.reaches_node = 0 if reaches_node else min(at, 1), reaches_node
        with pytest.raises(Interrupted):
            deploy(Account(cut, rich_signer(0)), creation_code, PARAMETERS, path=path)
        expected = start + (at + 1 if reaches_node else at)
        assert settled_nonce(connection, expected) == expected
    deployment = deploy(Account(connection, rich_signer(0)), creation_code, PARAMETERS, path=path)
    assert deployment.complete
    assert deployment.pending is None
    assert nonce_of(connection) - start == needed


def test_deploy__run_again_when_complete__sends_nothing(run, connection: Connection) -> None:
    first, before = run(), nonce_of(connection)
    stop = Stop()
    assert run(stop) == first
    assert run(stop, parameters=None) == first
    assert nonce_of(connection) == before
    assert any("nothing to do" in step for step in stop.steps)


def test_deploy__other_parameters_than_recorded__are_refused(run) -> None:
    run()
    with pytest.raises(DeploymentMalformed, match="other parameters"):
        run(parameters=replace(PARAMETERS, timelock_delay_seconds=1))


def test_deploy__another_deployer_goes_on__is_refused(run) -> None:
    with pytest.raises(Interrupted):
        run(Stop(9))
    with pytest.raises(DeploymentMalformed, match="cannot go on"):
        run(signer=3)


def test_deploy__other_code_at_a_recorded_address__is_refused(
    run, connection: Connection, tmp_path: Path
) -> None:
    with pytest.raises(Interrupted):
        run(Stop(9))
    path = tmp_path / "local.json"
    vault = Deployment.read(path).address_of("StakeVault")
    connection.request("anvil_setCode", vault, "0x6001")
    with pytest.raises(CodeDiffers) as caught:
        run()
    assert (caught.value.contract, caught.value.address) == ("StakeVault", vault)
    connection.request("anvil_setCode", vault, "0x")
    with pytest.raises(CodeMissing, match="delete the record"):
        run()


def test_deploy__sources_changed_since__are_refused(
    run, connection: Connection, creation_code: dict[str, bytes], tmp_path: Path
) -> None:
    with pytest.raises(Interrupted):
        run(Stop(9))
    changed = {**creation_code, "Timelock": creation_code["Timelock"] + b"\x00"}
    account = Account(connection, rich_signer(0))
    with pytest.raises(CodeDiffers, match="source of Timelock"):
        deploy(account, changed, PARAMETERS, path=tmp_path / "local.json")


def test_deploy__local_chain_started_anew__begins_a_new_record(
    run, fresh: Connection, creation_code: dict[str, bytes], tmp_path: Path
) -> None:
    old, path = run(), tmp_path / "local.json"
    new = deploy(Account(fresh, rich_signer(0)), creation_code, PARAMETERS, path=path)
    assert new.genesis != old.genesis
    assert Deployment.load(path, fresh) == new


def test_deploy__record_of_another_chain__is_refused(run, creation_code, tmp_path: Path) -> None:
    run()
    with anvil("--chain-id", "4242") as url, pytest.raises(WrongChain):
        deploy(Account(Connection(url), rich_signer(0)), creation_code, path=tmp_path / "local.json")


def test_deploy__existing_token__is_used(connection, deployment, creation_code, tmp_path: Path) -> None:
    token = deployment.address_of("ZKToken")
    parameters = replace(PARAMETERS, token=token)
    made = deploy(Account(connection, rich_signer(0)), creation_code, parameters, path=tmp_path / "x.json")
    assert made.address_of("ZKToken") == token
    assert Contracts(connection, made).market.try_call("token") == token


def test_check_parameters__something_was_moved__names_it(run, connection: Connection) -> None:
    deployment = run()
    recorded = replace(deployment, parameters=replace(deployment.parameters, treasury=GUARDIAN))
    with pytest.raises(ParameterDiffers) as caught:
        check_parameters(Contracts(connection, recorded))
    assert caught.value.parameter == "RewardSplitter.treasury"
    assert (caught.value.got, caught.value.expected) == (TREASURY, GUARDIAN)


def test_record__read_again__is_the_same_and_says_where_it_is_broken(run, tmp_path: Path) -> None:
    deployment, path = run(), tmp_path / "local.json"
    assert Deployment.read(path) == deployment
    record = json.loads(path.read_text())
    assert record["parameters"]["insurance_cap_wei"] == str(zk(2_000_000))
    for change, said in (
        ({"format": 99}, "format 99"),
        ({"parameters": {"treasure": TREASURY}}, "no such parameter: treasure"),
        ({"deployer": "0x12"}, "is no address"),
        ({"contracts": {"ZKToken": {}}}, "address"),
    ):
        path.write_text(json.dumps({**record, **change}))
        with pytest.raises(DeploymentMalformed, match=said):
            Deployment.read(path)
    path.write_text(path.read_text()[:100])
    with pytest.raises(DeploymentMalformed, match="not JSON"):
        Deployment.read(path)
    with pytest.raises(DeploymentMalformed, match="cannot be read"):
        Deployment.read(tmp_path / "missing.json")


def test_load__chain_lost_the_contracts__says_which(run, fresh: Connection, tmp_path: Path) -> None:
    run()
    with pytest.raises(CodeMissing) as caught:
        Deployment.load(tmp_path / "local.json", fresh)
    assert caught.value.contract == "ZKToken"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"guardian": "me"}, "is no address"),
        ({"timelock_delay_seconds": "soon"}, "must be an integer"),
        ({"insurance_cap_wei": 1e24}, "must be an integer"),
        ({"uses_market_time": "yes"}, "must be true or false"),
        ({"proposers": ["0x1"]}, "is no address"),
    ],
)
def test_parameters__from_text__are_checked(values, said: str) -> None:
    with pytest.raises(DeploymentMalformed, match=said):
        Parameters.from_mapping(values)


def test_deployer__without_ether__is_told(connection: Connection, creation_code) -> None:
    with pytest.raises(InsufficientFunds):
        deploy(Account(connection, LocalSigner.generate()), creation_code)
