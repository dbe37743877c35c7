"""Sending: nonces in order, fees that grow when nothing is mined, receipts, and clear errors."""

import json
import threading
from collections.abc import Iterator

import pytest
from eth_account import Account as EthAccount

from tests.support.anvil import anvil, rich_signer
from zkpool_sdk.chain import Account, Connection, Contracts, FeePolicy, Fees, LocalSigner, NodeSigner
from zkpool_sdk.chain.errors import (
    CannotSign,
    EventMissing,
    InsufficientFunds,
    KeyUnusable,
    NonceTaken,
    TransactionsPending,
    TransactionTimeout,
    UnknownRevert,
)
from zkpool_sdk.chain.events import Transfer
from zkpool_sdk.errors import ERC20InsufficientBalance

GWEI = 10**9
SINK = "0x00000000000000000000000000000000000000AA"


@pytest.fixture
def slow() -> Iterator[Connection]:
    """A chain that mines only when told."""
    with anvil("--no-mining") as url:
        yield Connection(url)


def after(seconds: float, act) -> threading.Timer:
    timer = threading.Timer(seconds, act)
    timer.start()
    return timer


def test_send__receipt__has_events_gas_and_fee(contracts: Contracts, outsider: Account) -> None:
    receipt = contracts.token.transfer(outsider.address, 9)
    event = receipt.event(Transfer)
    assert (event.from_, event.to, event.value) == (contracts.deployment.deployer, outsider.address, 9)
    assert receipt.events_of(Transfer) == (event,)
    assert receipt.fee_wei > receipt.gas_used > 21_000
    with pytest.raises(EventMissing, match="Transfer"):
        outsider.transfer_ether(SINK, 1).event(Transfer)


def test_send__many_threads__take_nonces_one_after_the_other(connection: Connection) -> None:
    account = Account(connection, rich_signer(3))
    first = int(connection.request("eth_getTransactionCount", account.address, "latest"), 16)
    threads = [threading.Thread(target=account.transfer_ether, args=(SINK, 1)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert connection.balance(SINK) == 12
    assert int(connection.request("eth_getTransactionCount", account.address, "latest"), 16) == first + 12


def test_send__two_senders_of_one_account__share_their_nonces(slow: Connection) -> None:
    accounts = [Account(slow, rich_signer(3)), Account(slow, rich_signer(3))]
    threads = [threading.Thread(target=account.transfer_ether, args=(SINK, 1)) for account in accounts]
    for thread in threads:
        thread.start()
    timer = after(1.0, lambda: slow.request("evm_mine"))
    for thread in threads:
        thread.join(30)
    timer.join()
    assert slow.balance(SINK) == 2


def test_send__after_the_chain_was_set_back__asks_for_the_nonce_anew(connection: Connection) -> None:
    account = Account(connection, rich_signer(4))
    snapshot = connection.request("evm_snapshot")
    account.transfer_ether(SINK, 1)
    connection.request("evm_revert", snapshot)
    account.transfer_ether(SINK, 3)
    assert connection.balance(SINK) == 3


def test_send__nothing_is_mined__is_replaced_with_higher_fees(slow: Connection) -> None:
    policy = FeePolicy(bump_after_seconds=0.3, timeout_seconds=30)
    account = Account(slow, rich_signer(0), policy)
    sent: list[tuple[str, int]] = []
    first_fees = policy.first(slow)
    timer = after(1.2, lambda: slow.request("evm_mine"))
    receipt = account.send(SINK, b"", 5, on_broadcast=lambda *one: sent.append(one))
    timer.join()
    assert len(sent) >= 3
    assert {nonce for _, nonce in sent} == {0}
    mined = slow.request("eth_getTransactionByHash", receipt.transaction)
    assert int(mined["maxPriorityFeePerGas"], 16) > first_fees.priority_fee_wei
    assert receipt.transaction in {transaction for transaction, _ in sent[1:]}
    assert slow.balance(SINK) == 5


def test_send__never_mined__names_every_transaction(slow: Connection) -> None:
    policy = FeePolicy(bump_after_seconds=0.2, timeout_seconds=0.7)
    with pytest.raises(TransactionTimeout) as caught:
        Account(slow, rich_signer(0), policy).transfer_ether(SINK, 1)
    assert caught.value.nonce == 0
    assert len(caught.value.hashes) >= 2
    assert "fee bumps" in str(caught.value)


def test_send__limit_of_fees_reached__is_not_replaced(slow: Connection) -> None:
    limit = FeePolicy().first(slow).max_fee_wei
    policy = FeePolicy(bump_after_seconds=0.1, timeout_seconds=0.6, max_fee_wei=limit)
    with pytest.raises(TransactionTimeout) as caught:
        Account(slow, rich_signer(0), policy).transfer_ether(SINK, 1)
    assert len(caught.value.hashes) == 1


def test_send__another_program_took_the_nonce__says_so(slow: Connection) -> None:
    account = Account(slow, rich_signer(0), FeePolicy(bump_after_seconds=0.5, timeout_seconds=20))
    stranger = EthAccount.from_key("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")
    raw = stranger.sign_transaction(
        {
            "to": SINK,
            "value": 77,
            "nonce": 0,
            "gas": 21000,
            "chainId": 31337,
            "maxFeePerGas": 100 * GWEI,
            "maxPriorityFeePerGas": 90 * GWEI,
        }
    ).raw_transaction

    def take_over() -> None:
        slow.request("eth_sendRawTransaction", "0x" + raw.hex())
        slow.request("evm_mine")

    timer = after(0.2, take_over)
    with pytest.raises(NonceTaken) as caught:
        account.transfer_ether(SINK, 1)
    timer.join()
    assert caught.value.nonce == 0
    assert slow.balance(SINK) == 77


def test_wait_until_idle__something_on_its_way__is_waited_for(slow: Connection) -> None:
    account = Account(slow, rich_signer(0), FeePolicy(timeout_seconds=0.3))
    account.wait_until_idle()
    with pytest.raises(TransactionTimeout):
        account.transfer_ether(SINK, 1)
    with pytest.raises(TransactionsPending) as caught:
        account.wait_until_idle()
    assert caught.value.count == 1
    timer = after(0.3, lambda: slow.request("evm_mine"))
    Account(slow, rich_signer(0)).wait_until_idle()
    timer.join()
    assert slow.balance(SINK) == 1


def test_send__no_ether__says_who_needs_it(connection: Connection) -> None:
    poor = Account(connection, LocalSigner.generate())
    with pytest.raises(InsufficientFunds) as caught:
        poor.transfer_ether(SINK, 10)
    assert caught.value.account == poor.address


def test_send__reverts_only_when_mined__is_decoded_with_a_note(
    contracts: Contracts, outsider: Account
) -> None:
    theirs = contracts.by(outsider).token
    data = theirs.calldata("transfer", SINK, 5)
    with pytest.raises(ERC20InsufficientBalance) as caught:
        outsider.send(theirs.address, data, gas=100_000)
    assert caught.value.needed == 5
    assert "was mined in block" in caught.value.__notes__[0]


def test_send__too_little_gas__is_told_apart(contracts: Contracts, deployer: Account) -> None:
    data = contracts.token.calldata("transfer", SINK, 5)
    with pytest.raises(UnknownRevert, match="gas"):
        deployer.send(contracts.token.address, data, gas=23_000)


def test_send__confirmations__are_waited_for(slow: Connection) -> None:
    account = Account(slow, rich_signer(0), FeePolicy(confirmations=3, timeout_seconds=20))
    timers = [after(0.3 * number, lambda: slow.request("evm_mine")) for number in range(1, 6)]
    receipt = account.transfer_ether(SINK, 1)
    assert slow.block_number() >= receipt.block_number + 3
    for timer in timers:
        timer.join()


def test_node_signer__unlocked_account__is_signed_for_by_the_node(connection: Connection) -> None:
    signer = NodeSigner(rich_signer(5).address)
    Account(connection, signer).transfer_ether(SINK, 4)
    assert connection.balance(SINK) == 4
    with pytest.raises(CannotSign):
        signer.sign_typed_data({})


def test_contract__without_an_account__reads_only(contracts: Contracts) -> None:
    reader = Contracts(contracts.connection, contracts.deployment)
    assert reader.market.paused() is False
    with pytest.raises(CannotSign):
        reader.market.claim_credit()


@pytest.mark.parametrize(
    ("fees", "ppm", "bumped"),
    [
        (Fees(8, 8), 125_000, Fees(9, 9)),
        (Fees(0, 0), 125_000, Fees(1, 1)),
        (Fees(100 * GWEI, GWEI), 100_000, Fees(110 * GWEI, 11 * GWEI // 10)),
        (Fees(11, 3), 100_000, Fees(13, 4)),
    ],
)
def test_fees__bumped__grow_enough_for_nodes(fees: Fees, ppm: int, bumped: Fees) -> None:
    assert fees.bumped(ppm) == bumped


def test_fee_policy__bump_below_ten_percent__is_refused() -> None:
    with pytest.raises(ValueError, match="100000 ppm"):
        FeePolicy(bump_ppm=99_999)


def test_signer__shown_or_failing__never_shows_the_key(tmp_path) -> None:
    key = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
    assert key not in repr(LocalSigner.from_key(key))
    broken = key[:-1] + "x"
    with pytest.raises(KeyUnusable) as caught:
        LocalSigner.from_key(broken)
    assert broken not in str(caught.value)
    assert caught.value.__cause__ is None


def test_signer__key_file__must_be_closed_to_others(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "key"
    file.write_text("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80\n")
    file.chmod(0o644)
    monkeypatch.setenv("ZKPOOL_KEY_FILE", str(file))
    with pytest.raises(KeyUnusable, match="chmod 600"):
        LocalSigner.from_environment()
    file.chmod(0o600)
    assert LocalSigner.from_environment().address == rich_signer(0).address
    monkeypatch.delenv("ZKPOOL_KEY_FILE")
    with pytest.raises(KeyUnusable, match="not set"):
        LocalSigner.from_environment()
    with pytest.raises(KeyUnusable):
        LocalSigner.from_file(tmp_path / "missing")


def test_signer__keyfile__opens_with_its_passphrase_only(tmp_path) -> None:
    file = tmp_path / "keyfile.json"
    key = b"\x11" * 32
    file.write_text(json.dumps(EthAccount.encrypt(key, "open sesame", kdf="pbkdf2", iterations=1000)))
    assert LocalSigner.from_keyfile(file, "open sesame").address == LocalSigner.from_key(key).address
    with pytest.raises(KeyUnusable, match="passphrase"):
        LocalSigner.from_keyfile(file, "wrong")
    with pytest.raises(KeyUnusable):
        LocalSigner.from_keyfile(tmp_path / "missing", "x")
