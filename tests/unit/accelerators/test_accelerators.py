"""The accelerator registry: releases of prover software, and what their makers ask for."""

from __future__ import annotations

import pytest
from eth_utils import keccak

from tests.support.reverts import reverts

HASH = keccak(text="release 1")
KEYS = [keccak(text=f"circuit {i}") for i in range(3)]
NOBODY = "0x" + "00" * 20


@pytest.fixture
def accelerators(project, deployer):
    return deployer.deploy(project.AcceleratorRegistry)


@pytest.fixture
def maker(outsider):
    """Who publishes prover software: anybody may."""
    return outsider


def register(
    accelerators, maker, *, content=HASH, system="groth16", keys=tuple(KEYS), share=1_500, uri="ipfs://1"
):
    return accelerators.register(content, system, list(keys), share, uri, sender=maker)


def test_register__release__is_remembered_and_announced(accelerators, maker):
    receipt = register(accelerators, maker)
    [event] = receipt.decode_logs(accelerators.AcceleratorRegistered)
    assert (event.accelerator, event.owner, bytes(event.contentHash)) == (1, maker.address, HASH)
    assert (event.system, event.shareBps, event.uri) == ("groth16", 1_500, "ipfs://1")
    assert [bytes(key) for key in event["keys"]] == KEYS
    held = accelerators.acceleratorOf(1)
    assert (held.owner, held.payout, held.shareBps, held.retired) == (maker, maker, 1_500, False)
    assert (bytes(held.contentHash), held.system, held.uri) == (HASH, "groth16", "ipfs://1")
    assert [bytes(key) for key in held["keys"]] == KEYS
    assert accelerators.payoutOf(1) == maker
    assert accelerators.acceleratorCount() == 1


def test_register__several__number_themselves_and_stay_apart(accelerators, maker, requester):
    for number, owner in enumerate((maker, requester, maker), start=1):
        content = keccak(text=f"release {number}")
        receipt = register(accelerators, owner, content=content, share=number)
        assert receipt.return_value == number
    assert accelerators.acceleratorCount() == 3
    assert [accelerators.acceleratorOf(i).shareBps for i in (1, 2, 3)] == [1, 2, 3]
    assert [accelerators.acceleratorOf(i).owner for i in (1, 2, 3)] == [maker, requester, maker]


def test_register__same_content_twice__is_two_releases(accelerators, maker, requester):
    """Nobody can take another's release by publishing its hash first."""
    register(accelerators, requester)
    register(accelerators, maker)
    assert [accelerators.payoutOf(i) for i in (1, 2)] == [requester, maker]


@pytest.mark.parametrize("share", [0, 2_000])
def test_register__share_at_its_bounds__is_accepted(accelerators, maker, share):
    register(accelerators, maker, share=share)
    assert accelerators.offerOf(1, KEYS[0]).shareBps == share


@pytest.mark.parametrize("share", [2_001, 10_000, 2**16 - 1])
def test_register__share_above_a_fifth__reverts(accelerators, maker, share):
    with reverts(accelerators.ShareTooHigh, gotBps=share, limitBps=2_000):
        register(accelerators, maker, share=share)


@pytest.mark.parametrize("count", [0, 1, 32])
def test_register__up_to_thirty_two_circuits__fits_each_of_them(accelerators, maker, count):
    keys = [keccak(text=f"circuit {i}") for i in range(count)]
    register(accelerators, maker, keys=keys)
    assert [bytes(key) for key in accelerators.acceleratorOf(1)["keys"]] == keys
    for key in (keys[0], keys[-1]) if keys else ():
        assert accelerators.offerOf(1, key).fits


def test_register__more_circuits__reverts(accelerators, maker):
    with reverts(accelerators.TooManyKeys, got=33, limit=32):
        register(accelerators, maker, keys=[HASH] * 33)


def test_register__without_content__reverts(accelerators, maker):
    with reverts(accelerators.EmptyRelease):
        register(accelerators, maker, content=bytes(32))


def test_register__beyond_the_last_id__reverts(node, accelerators, maker):
    """Accelerator ids have 32 bits; the count is the first variable."""
    node.set_storage(accelerators.address, 0, 2**32 - 1)
    assert accelerators.acceleratorCount() == 2**32 - 1
    with reverts(accelerators.SafeCastOverflowedUintDowncast, bits=32, value=2**32):
        register(accelerators, maker)


def test_offer__circuit_it_proves_and_another__says_which_fits(accelerators, maker):
    register(accelerators, maker)
    for key in KEYS:
        assert list(accelerators.offerOf(1, key)) == [1_500, False, True]
    assert list(accelerators.offerOf(1, keccak(text="another"))) == [1_500, False, False]
    assert list(accelerators.offerOf(1, bytes(32))) == [1_500, False, False]


def test_offer__no_circuit_named__fits_every_circuit(accelerators, maker):
    register(accelerators, maker, keys=())
    for key in (KEYS[0], bytes(32)):
        assert list(accelerators.offerOf(1, key)) == [1_500, False, True]


def test_set_payout__by_the_owner__moves_who_is_credited_and_nothing_else(accelerators, maker, requester):
    register(accelerators, maker)
    receipt = accelerators.setPayout(1, requester, sender=maker)
    [event] = receipt.decode_logs(accelerators.PayoutSet)
    assert (event.accelerator, event.payout) == (1, requester.address)
    held = accelerators.acceleratorOf(1)
    assert (held.owner, held.payout, held.shareBps, held.retired) == (maker, requester, 1_500, False)
    assert accelerators.payoutOf(1) == requester


def test_set_payout__to_nobody__reverts(accelerators, maker):
    register(accelerators, maker)
    with reverts(accelerators.ZeroAddress):
        accelerators.setPayout(1, NOBODY, sender=maker)


def test_retire__by_the_owner__takes_no_new_users(accelerators, maker):
    register(accelerators, maker)
    for _ in range(2):
        receipt = accelerators.retire(1, sender=maker)
        [event] = receipt.decode_logs(accelerators.AcceleratorRetiredBy)
        assert (event.accelerator, event.owner) == (1, maker.address)
        assert list(accelerators.offerOf(1, KEYS[0])) == [1_500, True, True]
    assert accelerators.acceleratorOf(1).retired
    assert accelerators.payoutOf(1) == maker, "who uses it goes on, and it is paid"


def test_payout_and_retiring__by_the_payout_or_a_stranger__revert(
    node, accelerators, maker, requester, keeper
):
    register(accelerators, maker)
    accelerators.setPayout(1, requester, sender=maker)
    for actor in (requester, keeper):
        with reverts(accelerators.NotAcceleratorOwner, accelerator=1, caller=actor):
            node.call(accelerators.setPayout, 1, actor, sender=actor)
        with reverts(accelerators.NotAcceleratorOwner, accelerator=1, caller=actor):
            node.call(accelerators.retire, 1, sender=actor)


@pytest.mark.parametrize("unknown", [0, 2, 2**32 - 1])
def test_everything__unknown_accelerator__reverts(node, accelerators, maker, unknown):
    register(accelerators, maker)
    for method, arguments in (
        (accelerators.acceleratorOf, ()),
        (accelerators.payoutOf, ()),
        (accelerators.offerOf, (KEYS[0],)),
        (accelerators.setPayout, (maker,)),
        (accelerators.retire, ()),
    ):
        with reverts(accelerators.UnknownAccelerator, accelerator=unknown):
            node.call(method, unknown, *arguments, sender=maker)


def test_storage__of_a_release__packs_owner_share_and_retired_in_one_word(node, accelerators, maker):
    register(accelerators, maker)
    accelerators.retire(1, sender=maker)
    word = int.from_bytes(keccak((1).to_bytes(32) + (1).to_bytes(32)))
    assert node.storage(accelerators.address, word) == int(maker.address, 16) | 1_500 << 160 | 1 << 176


def test_constants__are_those_of_the_protocol(accelerators):
    assert (accelerators.MAX_SHARE_BPS(), accelerators.MAX_KEYS()) == (2_000, 32)
