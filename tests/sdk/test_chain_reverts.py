"""Revert data becomes the error class of its name, in whatever form a node sends it."""

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from zkpool_sdk.chain import Account, Contracts
from zkpool_sdk.chain.abi import load_abi
from zkpool_sdk.chain.errors import ResultMalformed, UnknownRevert
from zkpool_sdk.chain.reverts import decode_revert, revert_data
from zkpool_sdk.errors import (
    BidBelowBaseFee,
    EnforcedPause,
    ERC20InsufficientBalance,
    NothingToClaim,
    NotProjectAdmin,
    OwnableUnauthorizedAccount,
    Panic,
    UnknownProject,
    UnknownQueue,
)
from zkpool_sdk.models import Terms

ADDRESS = "0x5FbDB2315678afecb367f032d93F642f64180aa3"


def data_of(contract: str, error: str, *values: object) -> bytes:
    return load_abi(contract).errors[error].encode(values)


def test_decode_revert__custom_error__has_its_fields() -> None:
    error = decode_revert(data_of("ProverMarket", "BidBelowBaseFee", 1, 2))
    assert error == BidBelowBaseFee(got_wei=1, base_fee_wei=2)


def test_decode_revert__address_field__is_checksummed() -> None:
    error = decode_revert(data_of("ProjectRegistry", "NotProjectAdmin", 3, ADDRESS.lower()))
    assert error == NotProjectAdmin(project=3, caller=ADDRESS)


def test_decode_revert__panic_and_text__are_told_apart() -> None:
    assert decode_revert(keccak(text="Panic(uint256)")[:4] + encode(["uint256"], [0x11])) == Panic(0x11)
    told = decode_revert(keccak(text="Error(string)")[:4] + encode(["string"], ["no"]))
    assert isinstance(told, UnknownRevert)
    assert told.message == "no"


@pytest.mark.parametrize("data", [b"", b"\x01", b"\xde\xad\xbe\xef", b"\xde\xad\xbe\xef" + bytes(31)])
def test_decode_revert__unknown_data__is_kept(data: bytes) -> None:
    error = decode_revert(data, "execution reverted")
    assert isinstance(error, UnknownRevert)
    assert error.data == data
    assert "execution reverted" in str(error)


def test_decode_revert__text_that_is_no_utf8__is_told_all_the_same() -> None:
    """Found by fuzzing: a contract that reverts with such a text made its caller fail with another error."""
    told = decode_revert(keccak(text="Error(string)")[:4] + encode(["bytes"], [b"no \xff"]))
    assert isinstance(told, UnknownRevert)
    assert told.message == "no \\xff"


def test_decode_revert__length_beyond_any_memory__is_no_crash() -> None:
    """Found by fuzzing: a contract could make its caller's client fail with another error."""
    words = (32, 9 << 128, 2)
    data = keccak(text="Error(string)")[:4] + b"".join(word.to_bytes(32, "big") for word in words)
    assert isinstance(decode_revert(data), UnknownRevert)


def test_decode_revert__truncated_fields__are_no_crash() -> None:
    data = data_of("ProverMarket", "BidBelowBaseFee", 1, 2)[:-1]
    assert isinstance(decode_revert(data), UnknownRevert)


@pytest.mark.parametrize(
    ("message", "data", "expected"),
    [
        ("execution reverted", "0xabcd", b"\xab\xcd"),
        ("execution reverted", {"data": "0xabcd"}, b"\xab\xcd"),
        ("VM Exception", {"0x12": {"error": "revert", "return": "0xabcd"}}, b"\xab\xcd"),
        ("VM execution error.", "Reverted 0xabcd", b"\xab\xcd"),
        ("execution reverted", None, b""),
        ("nonce too low", None, None),
        ("method not found", "0xzz", None),
    ],
)
def test_revert_data__in_every_form__is_found(message: str, data: object, expected: bytes | None) -> None:
    assert revert_data(message, data) == expected


def test_call__refused_on_chain__raises_its_class(contracts: Contracts) -> None:
    with pytest.raises(UnknownQueue) as caught:
        contracts.projects.queue_of(7)
    assert caught.value == UnknownQueue(queue=7)
    with pytest.raises(UnknownProject):
        contracts.projects.admin_of(1)


def test_send__refused_in_simulation__costs_nothing(contracts: Contracts, outsider: Account) -> None:
    before = outsider.balance_wei
    theirs = contracts.by(outsider)
    with pytest.raises(NothingToClaim) as caught:
        theirs.market.claim_credit()
    assert caught.value.account == outsider.address
    with pytest.raises(ERC20InsufficientBalance):
        theirs.token.transfer(ADDRESS, 1)
    with pytest.raises(OwnableUnauthorizedAccount):
        theirs.projects.allow_verifier(ADDRESS)
    contracts.projects.register_project("https://example.org")
    with pytest.raises(NotProjectAdmin):
        theirs.projects.create_queue(1, ADDRESS, bytes(32), [], Terms(60, 60, 0, 1), [], b"")
    assert outsider.balance_wei == before


def test_send__paused_market__says_so(contracts: Contracts) -> None:
    contracts.market.pause()
    assert contracts.market.paused()
    with pytest.raises(EnforcedPause):
        contracts.market.clear(1)


def test_call__no_contract_at_the_address__says_so(contracts: Contracts) -> None:
    stray = type(contracts.market)(contracts.connection, contracts.deployment.deployer)
    with pytest.raises(ResultMalformed, match="Is the contract deployed"):
        stray.guardian()
