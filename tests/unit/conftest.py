"""One market for all unit tests; each test gets it as it was deployed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.chain import Chain
from tests.support.deployment import ZKPool, deploy
from tests.support.rawchain import Chain as RawChain
from tests.support.scene import DAY, KEY, RULES, ZK, Scene
from tests.support.stage import ACCOUNT_COUNT, Stage, build, fresh


@pytest.fixture(scope="session")
def node(chain: Any) -> Iterator[Chain]:
    """The node, with blocks a second apart, an hour into a day."""
    node = Chain(chain.provider)
    node.warp_to((node.now // DAY + 2) * DAY + 3600)
    yield node
    node.close()


@pytest.fixture(scope="session")
def deployer(accounts: Any) -> Any:
    return accounts[0]


@pytest.fixture(scope="session")
def owner(zkpool: ZKPool) -> Any:
    """The timelock."""
    return zkpool.owner


@pytest.fixture(scope="session")
def guardian(accounts: Any) -> Any:
    return accounts[2]


@pytest.fixture(scope="session")
def treasury(accounts: Any) -> Any:
    return accounts[3]


@pytest.fixture(scope="session")
def requester(accounts: Any) -> Any:
    return accounts[4]


@pytest.fixture(scope="session")
def rival(accounts: Any) -> Any:
    """A second requester."""
    return accounts[5]


@pytest.fixture(scope="session")
def prover(accounts: Any) -> Any:
    return accounts[6]


@pytest.fixture(scope="session")
def second_prover(accounts: Any) -> Any:
    return accounts[7]


@pytest.fixture(scope="session")
def keeper(accounts: Any) -> Any:
    return accounts[8]


@pytest.fixture(scope="session")
def outsider(accounts: Any) -> Any:
    """Nobody: no role, no stake, no tokens."""
    return accounts[9]


def furnish(pool: ZKPool, node: Chain, actors: tuple[Any, ...]) -> ZKPool:
    """A project with one queue, and funded actors."""
    node.send(pool.verifier.setSignalCount, KEY, len(RULES), sender=pool.deployer)
    node.send(pool.projects.registerProject, "ipfs://project", sender=pool.deployer)
    pool = pool.with_queue(Scene(pool, node).open_queue())
    scene = Scene(pool, node)
    for actor in actors:
        scene.fund(actor)
    return pool


@pytest.fixture(scope="session")
def actors(requester: Any, rival: Any, prover: Any, second_prover: Any) -> tuple[Any, ...]:
    """Who has tokens."""
    return (requester, rival, prover, second_prover)


@pytest.fixture(scope="session")
def zkpool(
    project: Any,
    accounts: Any,
    node: Chain,
    guardian: Any,
    treasury: Any,
    actors: tuple[Any, ...],
) -> ZKPool:
    """A deployed market with one queue; requesters and provers have tokens, nobody has acted yet."""
    pool = deploy(project, accounts, node, guardian=guardian, treasury=treasury)
    return furnish(pool, node, actors)


@pytest.fixture
def scene(zkpool: ZKPool, node: Chain) -> Scene:
    """Ways to bring the market into a state."""
    return Scene(zkpool, node)


@pytest.fixture
def market(zkpool: ZKPool) -> Any:
    return zkpool.market


@pytest.fixture
def vault(zkpool: ZKPool) -> Any:
    return zkpool.vault


@pytest.fixture
def provers(zkpool: ZKPool) -> Any:
    return zkpool.provers


@pytest.fixture
def projects(zkpool: ZKPool) -> Any:
    return zkpool.projects


@pytest.fixture
def splitter(zkpool: ZKPool) -> Any:
    return zkpool.splitter


@pytest.fixture
def insurance(zkpool: ZKPool) -> Any:
    return zkpool.insurance


@pytest.fixture
def accelerators(zkpool: ZKPool) -> Any:
    return zkpool.accelerators


@pytest.fixture
def desk(zkpool: ZKPool) -> Any:
    return zkpool.desk


@pytest.fixture
def delegation(zkpool: ZKPool) -> Any:
    return zkpool.delegation


@pytest.fixture
def token(zkpool: ZKPool) -> Any:
    return zkpool.token


@pytest.fixture
def queue(zkpool: ZKPool) -> int:
    return zkpool.queue


@pytest.fixture(scope="session")
def fee_pool(
    project: Any,
    accounts: Any,
    node: Chain,
    deployer: Any,
    guardian: Any,
    treasury: Any,
    requester: Any,
    prover: Any,
) -> ZKPool:
    """A deployment around a token that burns 1 % of every transfer."""
    token = deployer.deploy(project.FeeToken, deployer, 100)
    pool = deploy(project, accounts, node, guardian=guardian, treasury=treasury, token=token)
    pool = furnish(pool, node, ())
    for actor in (requester, prover):
        Scene(pool, node).fund(actor, 10_000 * ZK)
    return pool


@pytest.fixture
def market_account(accounts: Any, node: Chain, zkpool: ZKPool) -> Any:
    """The market as a sender, for what only it may call."""
    node.request("anvil_setBalance", zkpool.market.address, hex(10**24))
    return accounts[zkpool.market.address]


@pytest.fixture(scope="session")
def raw_chain() -> Iterator[RawChain]:
    """An anvil for tests that do without ape."""
    with RawChain(account_count=ACCOUNT_COUNT) as chain:
        yield chain


@pytest.fixture(scope="session")
def built(raw_chain: RawChain) -> Stage:
    return build(raw_chain)


@pytest.fixture
def stage(built: Stage) -> Iterator[Stage]:
    """A market on the raw chain, as it was built."""
    yield from fresh(built)
