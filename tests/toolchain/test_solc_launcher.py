"""npm's solc behind solc's command line: what py-solc-x and ape ask of it."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOLC = ROOT / "toolchain" / "solc.js"

GREETER = """// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;
contract Greeter {
    address public immutable owner = msg.sender;
    function self() external view returns (address) { return address(this); }
}
"""


def solc(*arguments: str, text: str = "", cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run the launcher to its end."""
    command = ["node", str(SOLC), *arguments]
    return subprocess.run(
        command, input=text, capture_output=True, text=True, timeout=120, cwd=cwd, check=False
    )


def standard_input(sources: dict[str, str], **settings: Any) -> str:
    """Standard JSON that asks for bytecode and syntax trees."""
    selection = {"*": {"*": ["abi", "evm.bytecode.object"], "": ["ast"]}}
    return json.dumps(
        {
            "language": "Solidity",
            "sources": {name: {"content": content} for name, content in sources.items()},
            "settings": {"outputSelection": selection, **settings},
        }
    )


def errors_in(output: dict[str, Any]) -> str:
    """The errors of a compilation, warnings left out."""
    return "\n".join(error["message"] for error in output["errors"] if error["severity"] == "error")


def numbers_in(node: Any) -> list[int]:
    """Every number of a syntax tree."""
    if isinstance(node, dict):
        return [number for child in node.values() for number in numbers_in(child)]
    if isinstance(node, list):
        return [number for child in node for number in numbers_in(child)]
    return [node] if isinstance(node, int) and not isinstance(node, bool) else []


def test_version__agrees_with_the_pinned_one() -> None:
    config = (ROOT / "ape-config.yaml").read_text()
    version = solc("--version").stdout.split("Version: ")[1].split("+")[0]
    assert f"version: {version}\n" in config


def test_standard_json__ids_of_builtins_are_negative() -> None:
    output = json.loads(solc("--standard-json", text=standard_input({"Greeter.sol": GREETER})).stdout)
    assert output["contracts"]["Greeter.sol"]["Greeter"]["evm"]["bytecode"]["object"]
    numbers = numbers_in(output["sources"]["Greeter.sol"]["ast"])
    assert min(numbers) < 0
    assert max(numbers) < 2**31


def test_standard_json__inputs_beyond_the_stack_and_outputs_beyond_a_pipe_pass() -> None:
    padding = "// " + "x" * 97 + "\n"
    functions = "".join(
        f"function f{i}(uint256 a) external pure returns (uint256) {{ return a + {i}; }}\n"
        for i in range(400)
    )
    source = f"pragma solidity ^0.8.20;\n{padding * 60_000}contract Large {{\n{functions}}}\n"
    assert len(source) > 6_000_000
    result = solc("--standard-json", text=standard_input({"Large.sol": source}))
    assert len(result.stdout) > 1 << 20
    assert len(json.loads(result.stdout)["contracts"]["Large.sol"]["Large"]["abi"]) == 400


def test_imports__are_found_below_base_and_include_paths(tmp_path: Path) -> None:
    user = 'pragma solidity ^0.8.20; import {Math} from "@oz/utils/math/Math.sol"; contract User {}'
    text = standard_input({"User.sol": user}, remappings=["@oz=node_modules/@openzeppelin/contracts"])
    base = ["--base-path", str(tmp_path)]
    missing = json.loads(solc("--standard-json", *base, text=text, cwd=tmp_path).stdout)
    assert "File not found" in errors_in(missing)
    found = json.loads(
        solc("--standard-json", *base, "--include-path", str(ROOT), text=text, cwd=tmp_path).stdout
    )
    assert "User" in found["contracts"]["User.sol"]


def test_imports__outside_of_the_allowed_folders_are_refused(tmp_path: Path) -> None:
    secret = tmp_path / "Secret.sol"
    secret.write_text("contract Secret {}")
    inside = tmp_path / "project"
    inside.mkdir()
    text = standard_input({"User.sol": f'pragma solidity ^0.8.20; import "{secret}"; contract User {{}}'})
    base = ["--base-path", str(inside)]
    refused = json.loads(solc("--standard-json", *base, text=text, cwd=inside).stdout)
    assert "outside of allowed directories" in errors_in(refused)
    allowed = solc("--standard-json", *base, "--allow-paths", str(tmp_path), text=text, cwd=inside)
    assert "User" in json.loads(allowed.stdout)["contracts"]["User.sol"]


def test_combined_json__gives_the_fields_asked_for(tmp_path: Path) -> None:
    (tmp_path / "Greeter.sol").write_text(GREETER)
    result = solc("--combined-json", "abi,bin,ast", "--optimize", "Greeter.sol", cwd=tmp_path)
    combined = json.loads(result.stdout)
    assert set(combined["contracts"]["Greeter.sol:Greeter"]) == {"abi", "bin"}
    assert combined["sources"]["Greeter.sol"]["AST"]["nodeType"] == "SourceUnit"


@pytest.mark.parametrize("arguments", [["--no-such-option"], ["--combined-json", "abi"], []])
def test_wrong_usage__is_an_error_in_words(arguments: list[str]) -> None:
    result = solc(*arguments)
    assert result.returncode == 1
    assert result.stdout == ""
    assert "at main" not in result.stderr
    assert result.stderr.strip()
