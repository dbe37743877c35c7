"""Imports of the SDK point one way, and the heavy ones stay where they belong."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "zkpool_sdk"
# Each layer may import itself and those named.
BASE = {"errors", "units"}
ALLOWED = {
    "errors": set(),
    "units": {"errors"},
    "models": BASE,
    "economics": {*BASE, "models"},
    "proving": {*BASE, "models", "_native"},
    "simulation": {*BASE, "models", "economics"},
    "chain": {*BASE, "models", "economics"},
    "clients": {*BASE, "models", "economics", "chain", "proving"},
    "replay": {*BASE, "models", "economics", "chain"},
}
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE or path.stem != "__init__")


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            assert node.level == 0, f"{path}: relative import"
            names.update(f"{base}.{alias.name}" for alias in node.names)
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_module__its_imports__point_down_the_layers(path: Path) -> None:
    layer = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    names = imported(path)
    used = {name.split(".")[1] for name in names if name.startswith("zkpool_sdk.")} - {layer, "__version__"}
    assert used <= ALLOWED.get(layer, set(ALLOWED)), f"{layer} imports {used}"
    roots = {name.split(".")[0] for name in names}
    assert "ape" not in roots
    if layer in ("errors", "units", "models", "economics", "simulation", "proving"):
        assert not roots & {"web3", "eth_abi", "eth_account"}


def test_import__market_and_bidding__load_no_web_stack() -> None:
    code = (
        "import sys, zkpool_sdk.economics.market, zkpool_sdk.economics.bidding;"
        "print(sorted({m.split('.')[0] for m in sys.modules} & {'web3', 'eth_abi', 'ape', 'eth_hash'}))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
