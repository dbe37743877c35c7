"""The verifier contract that snarkjs generates for a key: made when a test asks, kept nowhere (it is GPL)."""

from __future__ import annotations

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any, Final

import ape
import yaml
from eth_abi import encode
from eth_utils import keccak

ROOT: Final = Path(__file__).resolve().parents[2]
SNARKJS: Final = ROOT / "node_modules" / "snarkjs"
SOLC: Final = ROOT / "toolchain" / "solc.js"
EXPORT: Final = """
const fs = require("node:fs"), path = require("node:path");
const [folder, protocol] = process.argv.slice(1);
const { fflonk } = require(folder), ejs = require(require.resolve("ejs", { paths: [folder] }));
const template = fs.readFileSync(path.join(folder, "templates", `verifier_${protocol}.sol.ejs`), "utf8");
const key = JSON.parse(fs.readFileSync(0, "utf8"));
const rendered =
  protocol === "fflonk"
    ? fflonk.exportSolidityVerifier(key, { fflonk: template })
    : Promise.resolve(ejs.render(template, key));
rendered.then((code) => process.stdout.write(code, () => process.exit(0)));
"""


@cache
def source(key: str) -> str:
    """Solidity of the contract for a ``verification_key.json``."""
    return _node(key, "-e", EXPORT, str(SNARKJS), json.loads(key)["protocol"])


def _node(text: str, *arguments: str) -> str:
    """What a Node program answers to a text."""
    node = shutil.which("node")
    assert node is not None, "node is a prerequisite of the project"
    done = subprocess.run(
        [node, *arguments], input=text, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def deployed(key: dict[str, Any], account: Any) -> str:
    """Address of the contract, compiled as the project's own are."""
    pinned = yaml.safe_load((ROOT / "ape-config.yaml").read_text())["solidity"]
    settings = {
        "viaIR": pinned["via_ir"],
        "evmVersion": pinned["evm_version"],
        "optimizer": {"enabled": pinned["optimize"], "runs": pinned["optimization_runs"]},
        "outputSelection": {"*": {"*": ["evm.bytecode.object"]}},
    }
    sources = {"snarkjs.sol": {"content": source(json.dumps(key))}}
    asked = json.dumps({"language": "Solidity", "sources": sources, "settings": settings})
    [made] = json.loads(_node(asked, str(SOLC), "--standard-json"))["contracts"]["snarkjs.sol"].values()
    provider = ape.networks.active_provider
    creation = {"from": account.address, "data": "0x" + made["evm"]["bytecode"]["object"], "gas": 9_000_000}
    sent = provider.web3.eth.send_transaction(creation)
    return str(provider.web3.eth.wait_for_transaction_receipt(sent)["contractAddress"])


def calldata(proof: bytes, signals: list[int], word: str = "bytes32") -> bytes:
    """Calldata of ``verifyProof`` of a system whose proof is words in a row; PLONK's are of type uint256."""
    types = [f"{word}[{len(proof) // 32}]", f"uint256[{len(signals)}]"]
    selector = keccak(f"verifyProof({','.join(types)})".encode())[:4]
    return selector + proof + encode(types[1:], [signals])
