"""One node: what it answers, how it fails, and how logs are cut into parts it accepts."""

from collections.abc import Sequence

import pytest

from tests.support.anvil import anvil
from zkpool_sdk.chain import Account, Connection, Contracts
from zkpool_sdk.chain.connection import MAX_LOG_RANGE, Log, collect_logs
from zkpool_sdk.chain.errors import ClockBehind, RpcRefused, RpcUnreachable, WrongChain
from zkpool_sdk.chain.events import Transfer
from zkpool_sdk.chain.history import Watch, read_history, topic_of_address
from zkpool_sdk.models import Address
from zkpool_sdk.units import DAY

ADDRESS = Address("0x5FbDB2315678afecb367f032d93F642f64180aa3")


class LimitedNode:
    """A node that gives at most ``limit`` blocks of logs at once, one log a block."""

    def __init__(self, limit: int, message: str = "query exceeds max block range") -> None:
        self.limit = limit
        self.message = message
        self.asked: list[tuple[int, int]] = []

    def logs(
        self, addresses: Sequence[str], start: int, end: int, topics: Sequence[Sequence[bytes] | None]
    ) -> list[Log]:
        self.asked.append((start, end))
        if end - start + 1 > self.limit:
            raise RpcRefused("eth_getLogs", -32005, self.message)
        return [Log(ADDRESS, (), b"", block, 0, "0x") for block in range(start, end + 1)]


class Range:
    def __init__(self, size: int = MAX_LOG_RANGE) -> None:
        self.size = size

    def __call__(self, worked: int | None = None) -> int:
        self.size = worked if worked is not None else self.size
        return self.size


@pytest.mark.parametrize("limit", [1, 2, 7, 100, 999, 1000])
def test_collect_logs__node_takes_less__ranges_are_halved(limit: int) -> None:
    node, size = LimitedNode(limit), Range(1000)
    found = collect_logs(node.logs, [ADDRESS], 3, 2500, (), size)
    assert [log.block_number for log in found] == list(range(3, 2501))
    assert size.size <= limit
    # What was learnt is kept: after the first halvings no query is refused.
    refused = [end - start + 1 > limit for start, end in node.asked]
    assert True not in refused[refused.index(False) :]


def test_collect_logs__another_error__is_not_retried() -> None:
    node = LimitedNode(1, "unauthorized")
    with pytest.raises(RpcRefused, match="unauthorized"):
        collect_logs(node.logs, [ADDRESS], 0, 10, (), Range())
    assert len(node.asked) == 1


def test_collect_logs__a_single_block_is_too_much__gives_up() -> None:
    node = LimitedNode(0)
    with pytest.raises(RpcRefused, match="range"):
        collect_logs(node.logs, [ADDRESS], 0, 4, (), Range())
    assert node.asked[-1] == (0, 0)


def test_connection__wrong_chain__is_refused(session_connection: Connection) -> None:
    with pytest.raises(WrongChain) as caught:
        Connection(session_connection.rpc_url, chain_id=1)
    assert (caught.value.got, caught.value.expected) == (31337, 1)


def test_connection__nobody_listens__says_where_and_hides_the_key() -> None:
    with pytest.raises(RpcUnreachable) as caught:
        Connection("http://127.0.0.1:9/v3/5ecre7key")
    assert "127.0.0.1:9" in str(caught.value)
    assert "5ecre7key" not in str(caught.value)


def test_connection__unknown_method__is_refused(connection: Connection) -> None:
    with pytest.raises(RpcRefused) as caught:
        connection.request("zkpool_nothing")
    assert caught.value.method == "zkpool_nothing"


def test_connection__shown__names_no_key(connection: Connection) -> None:
    assert "127.0.0.1" in repr(connection)
    assert connection.is_development


def test_wait_until__live_chain__waits_as_long_as_it_takes(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A redemption takes a week: patience that ended after a day gave up on it."""
    at = connection.timestamp() + 7 * DAY
    waited = 0.0

    def sleep(seconds: float) -> None:
        nonlocal waited
        waited += seconds
        connection.request("evm_increaseTime", int(seconds))
        connection.request("evm_mine")

    monkeypatch.setattr(Connection, "is_development", False)
    monkeypatch.setattr("zkpool_sdk.chain.connection.time.sleep", sleep)
    monkeypatch.setattr("zkpool_sdk.chain.connection.time.monotonic", lambda: waited)
    monkeypatch.setattr("zkpool_sdk.chain.connection.LONGEST_NAP_SECONDS", float(DAY))
    assert connection.wait_until(at) >= at
    assert waited >= 6 * DAY


def test_wait_until__live_chain_that_stands__gives_up(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    naps: list[float] = []
    monkeypatch.setattr(Connection, "is_development", False)
    monkeypatch.setattr("zkpool_sdk.chain.connection.time.sleep", naps.append)
    monkeypatch.setattr("zkpool_sdk.chain.connection.time.monotonic", lambda: sum(naps))
    with pytest.raises(ClockBehind):
        connection.wait_until(connection.timestamp() + 60)
    assert 60 + 3_600 <= sum(naps) <= 60 + 3_700


def test_wait_until__development_chain__moves_its_clock(connection: Connection) -> None:
    at = connection.timestamp() + 1234
    assert connection.wait_until(at) == at
    assert connection.timestamp() == at
    assert connection.wait_until(at - 5) == at
    connection.request("evm_mine")
    assert at <= connection.timestamp() < at + 60  # its clock goes on from there


def test_history__token_transfers__are_all_there(contracts: Contracts, outsider: Account) -> None:
    for amount in (5, 6, 7):
        contracts.token.transfer(outsider.address, amount)
    events = read_history(contracts.connection, contracts.deployment)
    moved = [event for event in events if isinstance(event, Transfer)]
    assert [event.value for event in moved[-3:]] == [5, 6, 7]
    assert {event.to for event in moved[-3:]} == {outsider.address}
    assert [event.at.order for event in events] == sorted(event.at.order for event in events)


def test_watch__each_event__comes_once_even_after_a_set_back(contracts: Contracts, outsider: Account) -> None:
    connection, token = contracts.connection, contracts.token
    to_them = [None, [topic_of_address(outsider.address)]]
    watch = Watch(connection, token.address, [Transfer], contracts.deployment.block, to_them)
    token.transfer(outsider.address, 5)
    token.transfer(token.address, 1)
    assert [event.value for event in watch.new()] == [5]
    assert watch.new() == []
    snapshot = connection.request("evm_snapshot")
    token.transfer(outsider.address, 6)
    assert [event.value for event in watch.new()] == [6]
    connection.request("evm_revert", snapshot)
    token.transfer(outsider.address, 7)
    assert [event.value for event in watch.new()] == [7]


def test_connection__ipc_socket__serves_as_well(tmp_path) -> None:
    socket = tmp_path / "anvil.ipc"
    with anvil("--ipc", str(socket)):
        assert Connection(str(socket), 31337).block_number() == 0
