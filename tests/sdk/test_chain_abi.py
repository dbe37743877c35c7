"""The committed ABI is the compiled one, and every error and event of it has its Python class."""

from dataclasses import fields

import pytest
from eth_abi.abi import encode

from scripts.export_abi import export, exported
from zkpool_sdk.chain import Contracts
from zkpool_sdk.chain.abi import EXPORTED, all_errors, all_events, load_abi, parse_abi, to_model
from zkpool_sdk.chain.connection import Log
from zkpool_sdk.chain.contracts import (
    Accelerators,
    Contract,
    Delegation,
    Desk,
    Insurance,
    Market,
    Projects,
    Provers,
    PushAdapter,
    Splitter,
    TaikoAdapter,
    Token,
    Vault,
)
from zkpool_sdk.chain.events import Event, decode_log
from zkpool_sdk.errors import ContractError
from zkpool_sdk.models import (
    ZERO_ADDRESS,
    Adapter,
    HotKey,
    Loan,
    Request,
    Rescue,
    Scope,
    SlashParts,
    TaskStatus,
)

WORDS_OF_PYTHON = {"from": "from_", "pass": "pass_"}
# What only other contracts of the protocol may call: no client has a use for it.
CONTRACTS_ONLY = {
    "lockBonds",
    "releaseBond",
    "slash",
    "advanceClock",
    "award",
    "takeOpen",
    "recordProven",
    "recordLate",
    "recordMissed",
    "recordInvalid",
    "recordDeclined",
    "recordVoid",
    "credit",
    "claimDelegators",
    "placeBidFor",
    "raiseBidFor",
    "lend",
    "repay",
}
# What the owner changes through the timelock, by calldata.
OWNER_ONLY = {
    "setCap",
    "setRates",
    "setTreasury",
    "setDelegators",
    "setCarrier",
    "setOperator",
    "setUnitPrice",
    "allowAdapter",
    "writeOff",
    "renounceOwnership",
}
# What a token can besides, and no client needs.
UNNEEDED = {"burn", "burnFrom", "permit", "transferFrom"}
TYPED = [Token, Market, Desk, Vault, Delegation, Projects, Provers, Accelerators, Splitter, Insurance]
TYPED += [PushAdapter, TaikoAdapter]


def snake(name: str) -> str:
    letters = [f"_{letter.lower()}" if letter.isupper() else letter for letter in name]
    return WORDS_OF_PYTHON.get(name, "".join(letters).lstrip("_"))


def test_export_abi__committed_files__are_what_is_compiled() -> None:
    assert export(check=True) == []


def test_export_abi__a_changed_abi__is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def other(contract: str) -> str:
        return "[]\n" if contract == "StakeVault" else exported(contract)

    monkeypatch.setattr("scripts.export_abi.exported", other)
    assert export(check=True) == ["StakeVault"]


@pytest.mark.parametrize("item", all_errors().values(), ids=lambda item: item.name)
def test_error__its_class__has_its_fields_in_order(item) -> None:
    error = ContractError.by_name[item.name]
    assert error.fields == tuple(snake(name) for name in item.names)


@pytest.mark.parametrize(
    "item", [i for i in all_events().values() if i.name != "EIP712DomainChanged"], ids=lambda item: item.name
)
def test_event__its_class__has_its_fields_in_order(item) -> None:
    own = tuple(part.name for part in fields(Event.by_name[item.name]))
    assert own == ("at", *map(snake, item.names))


def test_event__every_class__is_an_event_of_some_contract() -> None:
    emitted = {item.name for item in all_events().values()}
    assert set(Event.by_name) <= emitted
    assert len(emitted) > 40


@pytest.mark.parametrize("kind", TYPED, ids=lambda kind: kind.abi_name)
def test_typed_contract__every_function_that_writes__has_a_method(kind: type[Contract]) -> None:
    writes = {item.name for item in load_abi(kind.abi_name).functions.values() if not item.reads_only}
    unneeded = CONTRACTS_ONLY | OWNER_ONLY | (UNNEEDED if kind in (Token, Delegation) else set())
    unneeded |= {"recall", "setBacked"} if kind is Vault else set()  # the delegation vault's
    assert {name for name in writes - unneeded if not hasattr(kind, snake(name))} == set()


def test_typed_contracts__their_reads__answer_on_a_fresh_deployment(contracts: Contracts) -> None:
    market, provers, projects = contracts.market, contracts.provers, contracts.projects
    assert market.book_of(1) == ()
    assert market.task_of(bytes(32)).status is TaskStatus.NONE
    assert market.round_of(1).bid_count == 0
    assert provers.seats_of(1) == provers.candidates(1) == ()
    assert provers.id_of(contracts.deployment.deployer) == 0
    assert projects.queue_count() == projects.project_count() == provers.prover_count() == 0
    assert contracts.vault.stake_of(market.address).own_wei == 0
    assert contracts.vault.free_cover_of(1, [market.address]) == (0,)
    assert not contracts.vault.is_idle(market.address)
    assert contracts.vault.lent_wei() == 0
    assert market.rescue_of(bytes(32)) == Rescue()
    assert provers.key_of(1, market.address) == HotKey()
    assert not provers.may_act(1, market.address, Scope.SUBMIT)
    assert contracts.accelerators.accelerator_count() == 0
    pool = contracts.delegation
    assert pool.total_assets() == pool.total_supply() == pool.idle_wei() == pool.waiting_shares() == 0
    assert pool.request_range() == (1, 1)
    assert pool.request_of(1) == Request(ZERO_ADDRESS, 0, 0)
    assert pool.loan_of(market.address) == Loan(0, 0)
    assert pool.adapter_of(market.address) == Adapter(0, 0, False)
    assert not pool.is_allowed(market.address)
    assert contracts.splitter.rates().pool_bps == 2000
    assert contracts.token.total_supply() == 21_000_000_000 * 10**18


def test_abi__every_contract__is_listed_with_functions() -> None:
    assert all(load_abi(name).functions for name in EXPORTED)


def test_abi__nested_tuples__encode_and_decode_to_themselves() -> None:
    parts = [{"name": "a", "type": "uint256"}, {"name": "b", "type": "address[]"}]
    inner = {"name": "pair", "type": "tuple[]", "components": [{"name": "x", "type": "bytes"}]}
    struct = {"name": "s", "type": "tuple", "components": [*parts, inner]}
    item = parse_abi("X", [{"type": "error", "name": "Odd", "inputs": [struct]}]).errors["Odd"]
    value = (7, ("0x5FbDB2315678afecb367f032d93F642f64180aa3",), ((b"yes",), (b"",)))
    assert item.types == ("(uint256,address[],(bytes)[])",)
    assert item.decode_inputs(item.encode([value])[4:]) == (value,)


def test_to_model__struct_of_amounts__becomes_its_dataclass() -> None:
    assert to_model(SlashParts, (6, 0, 2, 1, 1, 2)) == SlashParts(6, 0, 2, 1, 1, 2)
    with pytest.raises(ValueError, match="shorter"):
        to_model(SlashParts, (5, 0))


def test_decode_log__text_that_is_no_utf8__is_an_event_all_the_same() -> None:
    """Found by fuzzing: whoever registered with such a URI stopped every reader of the events."""
    item = load_abi("ProverRegistry").events["ProverRegistered"]
    data = encode(["bytes"], [b"https://\xff\xfe"])
    topics = (item.selector, (7).to_bytes(32, "big"), bytes(32))
    event = decode_log(Log(ZERO_ADDRESS, topics, data, 1, 0, "0x"))
    assert event is not None
    assert getattr(event, "uri", None) == "https://\\xff\\xfe"


def test_decode_outputs__text_that_is_no_utf8__is_read() -> None:
    item = load_abi("ProjectRegistry").functions["uriOf"]
    assert item.decode_outputs(encode(["bytes"], [b"\xc3"])) == ("\\xc3",)
    assert item.decode_outputs(encode(["string"], ["zk\u00e9"])) == ("zk\u00e9",)
