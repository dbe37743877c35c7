"""CodeStore: keys kept as code, at an address nobody else can fill."""

from __future__ import annotations

from eth_utils import keccak, to_checksum_address

from tests.support.groth16_toy import ToyKey
from tests.support.reverts import reverts

CREATOR = bytes.fromhex("67363d3d37363d34f03d5260086018f3")


def test_write__something_stands_where_the_creator_goes__reverts(project, node, deployer, outsider):
    """CREATE2 fails, and the key is not taken for kept."""
    verifier = deployer.deploy(project.Groth16Verifier)
    public = ToyKey.make(2, seed=31).public
    key = bytes(verifier.keyOf(public.abi))
    salted = b"\xff" + bytes.fromhex(verifier.address[2:]) + key + keccak(CREATOR)
    node.set_code(to_checksum_address(keccak(salted)[12:]), "0x00")
    with reverts(verifier.CodeStoreFailed):
        verifier.registerKey(public.abi, sender=outsider)
    with reverts(verifier.UnknownKey, key=key):
        node.call(verifier.signalCount, key)
