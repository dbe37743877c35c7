"""CodeStore: keys kept as code, at an address nobody else can fill."""

from __future__ import annotations

from eth_utils import keccak, to_checksum_address

from tests.support.groth16_toy import ToyKey
from tests.support.reverts import reverts

CREATOR = bytes.fromhex("67363d3d37363d34f03d5260086018f3")


def salted(verifier, key: bytes) -> str:
    """Where the creator of a key's account goes."""
    return to_checksum_address(
        keccak(b"\xff" + bytes.fromhex(verifier.address[2:]) + key + keccak(CREATOR))[12:]
    )


def test_write__something_stands_where_the_creator_goes__reverts(project, node, deployer, outsider):
    """CREATE2 fails, and the key is not taken for kept."""
    verifier = deployer.deploy(project.Groth16Verifier)
    public = ToyKey.make(2, seed=31).public
    key = bytes(verifier.keyOf(public.abi))
    node.set_code(salted(verifier, key), "0x00")
    with reverts(verifier.CodeStoreFailed):
        verifier.registerKey(public.abi, sender=outsider)
    with reverts(verifier.UnknownKey, key=key):
        node.call(verifier.signalCount, key)


def test_write__account_of_the_key_cannot_be_made__reverts(project, node, deployer, outsider):
    """The creator ends well all the same: what counts is what is kept afterwards."""
    verifier = deployer.deploy(project.Groth16Verifier)
    public = ToyKey.make(2, seed=32).public
    key = bytes(verifier.keyOf(public.abi))
    creator = bytes.fromhex(salted(verifier, key)[2:])
    account = to_checksum_address(keccak(b"\xd6\x94" + creator + b"\x01")[12:])
    node.request("anvil_setNonce", account, "0x1")
    with reverts(verifier.CodeStoreFailed):
        verifier.registerKey(public.abi, sender=outsider)
    with reverts(verifier.UnknownKey, key=key):
        node.call(verifier.signalCount, key)
    node.request("anvil_setNonce", account, "0x0")
    verifier.registerKey(public.abi, sender=outsider)
    assert verifier.keyWords(key) == public.flat
