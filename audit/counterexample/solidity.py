"""A counterexample as a Foundry-style test: it fails where the contracts do otherwise than the model says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from audit.counterexample.naming import Names, contracts_of
from audit.counterexample.script import Facts
from tests.stateful.world import World
from tests.support.rawchain import Contract
from zkpool_sdk.chain.abi import AbiItem

ROOT: Final = Path(__file__).resolve().parents[2]
FOUNDRY_TOML: Final = """# python -m audit.counterexample.forge <this folder>, or forge test in it
[profile.default]
solc = "{solc}"
src = "."
test = "."
out = "out"
cache_path = "cache"
libs = []
evm_version = "prague"
offline = true
gas_limit = "18446744073709551615"
fs_permissions = [{{ access = "read", path = "." }}]
"""
LISTS: Final = 4
"""Lists of up to so many numbers are written out; longer ones are raw calldata."""
HEAD: Final = """// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

interface Vm {
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    function warp(uint256 timestamp) external;
    function prank(address sender) external;
    function deal(address account, uint256 weiAmount) external;
    function setNonceUnsafe(address account, uint64 nonce) external;
    function recordLogs() external;
    function getRecordedLogs() external returns (Log[] memory logs);
    function readLine(string calldata path) external view returns (string memory line);
    function split(string calldata text, string calldata by) external pure returns (string[] memory parts);
    function parseUint(string calldata text) external pure returns (uint256);
    function parseAddress(string calldata text) external pure returns (address);
    function parseBytes(string calldata text) external pure returns (bytes memory);
    function toString(bytes calldata value) external pure returns (string memory);
    function toString(uint256 value) external pure returns (string memory);
}

"""
BODY: Final = """
    function setUp() public {
        // The stage: every transaction before the first act, one a line.
        while (true) {
            string memory line = vm.readLine("stage.txt");
            if (bytes(line).length == 0) return;
            string[] memory words = vm.split(line, " ");
            if (same(words[0], "balance")) {
                vm.deal(vm.parseAddress(words[1]), vm.parseUint(words[2]));
                continue;
            }
            vm.warp(vm.parseUint(words[1]));
            address from = vm.parseAddress(words[2]);
            bytes memory data = vm.parseBytes(words[4]);
            string[] memory to = vm.split(words[3], ":");
            if (to.length == 2) {
                vm.setNonceUnsafe(from, uint64(vm.parseUint(to[1])));
                vm.prank(from);
                address made;
                assembly ("memory-safe") {
                    made := create(0, add(data, 32), mload(data))
                }
                require(made != address(0), "the stage could not be set up: a contract");
            } else {
                vm.prank(from);
                (bool ok, ) = vm.parseAddress(words[3]).call(data);
                require(ok, "the stage could not be set up: a call");
            }
        }
    }

    function act(uint256 time, address from, address to, bytes memory data)
        private
        returns (bool, bytes memory)
    {
        vm.warp(time);
        vm.recordLogs();
        vm.prank(from);
        return to.call(data);
    }

    function done(uint256 time, address from, address to, bytes memory data) private returns (bytes memory) {
        (bool ok, bytes memory answer) = act(time, from, to, data);
        require(ok, string.concat("the contract refuses: ", vm.toString(answer)));
        return answer;
    }

    function returns_(uint256 time, address from, address to, bytes memory data, bytes memory wanted)
        private
    {
        equal(done(time, from, to, data), wanted, "returned");
    }

    function refused(uint256 time, address from, address to, bytes memory data, bytes memory failure)
        private
    {
        (bool ok, bytes memory answer) = act(time, from, to, data);
        require(!ok, "the contract does what the model refuses");
        if (failure.length != 0) equal(answer, failure, "the error");
    }

    function holds(address target, bytes memory data, bytes memory wanted, string memory what) private view {
        (bool ok, bytes memory answer) = target.staticcall(data);
        require(ok, string.concat(what, " refuses"));
        equal(answer, wanted, what);
    }

    function said(address emitter, bytes memory topics, bytes memory data, uint256 count)
        private
        view
    {
        Vm.Log[] memory logs = lastLogs;
        uint256 found = 0;
        for (uint256 i = 0; i < logs.length; ++i) {
            bool isIt = logs[i].emitter == emitter &&
                keccak256(abi.encodePacked(logs[i].topics)) == keccak256(topics) &&
                keccak256(logs[i].data) == keccak256(data);
            if (isIt) ++found;
        }
        string memory how = string.concat(vm.toString(found), " times instead of ", vm.toString(count));
        require(found == count, string.concat("an event was written ", how));
    }

    function equal(bytes memory found, bytes memory wanted, string memory what) private pure {
        if (keccak256(found) == keccak256(wanted)) return;
        string memory values = string.concat(vm.toString(found), ", the model says ", vm.toString(wanted));
        revert(string.concat(what, ": the contract says ", values));
    }

    function same(string memory a, string memory b) private pure returns (bool) {
        return keccak256(bytes(a)) == keccak256(bytes(b));
    }

    function list() private pure returns (uint256[] memory) {
        return new uint256[](0);
    }

    function list(uint256 a) private pure returns (uint256[] memory l) {
        l = new uint256[](1);
        l[0] = a;
    }

    function list(uint256 a, uint256 b) private pure returns (uint256[] memory l) {
        l = new uint256[](2);
        (l[0], l[1]) = (a, b);
    }

    function list(uint256 a, uint256 b, uint256 c) private pure returns (uint256[] memory l) {
        l = new uint256[](3);
        (l[0], l[1], l[2]) = (a, b, c);
    }

    function list(uint256 a, uint256 b, uint256 c, uint256 d) private pure returns (uint256[] memory l) {
        l = new uint256[](4);
        (l[0], l[1], l[2], l[3]) = (a, b, c, d);
    }
"""


def foundry_toml() -> str:
    """Forge's settings: the project's own compiler, nothing from anywhere else."""
    version = re.search(r"version: (\S+)", (ROOT / "ape-config.yaml").read_text(encoding="utf-8"))
    assert version is not None
    return FOUNDRY_TOML.format(solc=ROOT / "build" / "solc" / f"solc-v{version[1]}")


def forge_test(described: Sequence[str], facts: Facts, world: World) -> str:
    """The test, to be run by ``forge test`` in its own folder."""
    addresses = _addresses(facts, world)
    told = [f"/// @notice {described[0]}", *(f"/// @dev {line}" for line in described[1:])]
    lines = [*told, "contract CounterexampleTest {"]
    lines.append('    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));')
    for address, name in addresses.items():
        lines.append(f"    address private constant {name} = {address};")
    lines += ["    Vm.Log[] private lastLogs;", "", "    function test_counterexample() public {"]
    for number, done in enumerate(facts.done, 1):
        act = done.act
        parts = str(act.at), addresses[act.sender], addresses[act.contract.address]
        given = ", ".join((*parts, _calldata(act.contract, act.function, act.arguments)))
        lines.append(f"        // {number}. {done.sentence}")
        if act.refusal is not None:
            lines.append(f'        refused({given}, hex"{done.error.hex()}");')
        elif done.returned is not None:
            lines.append(f'        returns_({given}, hex"{done.returned.hex()}");')
        else:
            lines.append(f"        done({given});")
    for held in facts.held:
        asked = _calldata(held.contract, held.function, held.arguments)
        target = addresses[held.contract.address]
        lines.append(f'        holds({target}, {asked}, hex"{held.data.hex()}", "{held.what}");')
    if facts.logs:
        lines += ["        Vm.Log[] memory logs = vm.getRecordedLogs();"]
        lines += ["        for (uint256 i = 0; i < logs.length; ++i) lastLogs.push(logs[i]);"]
    for (at, topics, data), count, what in facts.logs:
        emitter = addresses[_known(addresses, at)]
        lines.append(f"        // {what}")
        joined = b"".join(topics).hex()
        lines.append(f'        said({emitter}, hex"{joined}", hex"{data.hex()}", {count});')
    lines.append("    }")
    return HEAD + "\n".join(lines) + "\n" + BODY + "}\n"


def _addresses(facts: Facts, world: World) -> dict[str, str]:
    """Everybody who takes part, by the name of a constant."""
    names = Names(world)
    used = [address for done in facts.done for address in (done.act.contract.address, done.act.sender)]
    used += [held.contract.address for held in facts.held]
    used += [
        contract.address
        for (emitter, _, _), _, _ in facts.logs
        for contract in contracts_of(world).values()
        if bytes.fromhex(contract.address[2:]) == emitter
    ]
    found = {}
    for address in dict.fromkeys(used):
        name = names.account(address).removeprefix("the ")
        found[address] = ("A_" + name[2:] if name.startswith("0x") else name).replace(" ", "_").upper()
    return found


def _known(addresses: dict[str, str], emitter: bytes) -> str:
    return next(address for address in addresses if bytes.fromhex(address[2:]) == emitter)


def _calldata(contract: Contract, function: str, arguments: Sequence[Any]) -> str:
    """A call as Solidity writes it; raw where the arguments are not plain."""
    item = contract.abi.functions[function]
    given = [_literal(kind, value) for kind, value in zip(item.types, arguments, strict=True)]
    if None in given:
        return f'hex"{item.encode(arguments).hex()}"'
    return "abi.encodeWithSignature(" + ", ".join((f'"{_signature(item)}"', *map(str, given))) + ")"


def _signature(item: AbiItem) -> str:
    return f"{item.name}({','.join(item.types)})"


def _literal(kind: str, value: Any) -> str | None:
    """An argument as Solidity writes it, if it can be in one expression."""
    if kind.startswith("uint") and not kind.endswith("]"):
        return f"uint256({int(value)})"
    if kind == "bool":
        return "true" if value else "false"
    if kind == "address":
        return f"address({value})" if isinstance(value, str) else None
    if kind == "bytes32":
        return f"bytes32(0x{value.hex()})"
    if kind == "bytes":
        return f'bytes(hex"{value.hex()}")' if len(value) <= 256 else None
    if kind == "string":
        return f'"{value}"' if value.isascii() and '"' not in value else None
    if kind == "uint256[]" and len(value) <= LISTS:
        return "list(" + ", ".join(str(int(number)) for number in value) + ")"
    return None
