"""The locks: everything pinned and hashed, no registry host, one version of solc."""

import json
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("folder", [".", "bench", "audit"])
def test_python_lock__pins_and_hashes_every_package(folder: str) -> None:
    text = (ROOT / folder / "requirements.txt").read_text()
    requirements = re.split(r"\n(?=[a-z])", text.strip())
    assert len(requirements) > 10
    for requirement in requirements:
        assert re.match(r"[\w.-]+==\S+", requirement, re.ASCII)
        assert "--hash=sha256:" in requirement
    assert "://" not in text


def test_npm_lock__has_hashes_and_no_hosts() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    unhashed = {name for name, entry in packages.items() if "integrity" not in entry}
    assert all("resolved" not in entry for entry in packages.values())
    # The builds of anvil for other platforms: optional, and not in every registry.
    assert all(re.fullmatch(r"node_modules/@foundry-rs/anvil-\w+-\w+", name) for name in unhashed)
    assert all(packages[name]["optional"] for name in unhashed)


def test_npm_lock__names_anvil_for_every_platform_of_the_launcher() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    platforms = {name.split("/anvil-")[1] for name in packages if "@foundry-rs/anvil-" in name}
    assert {"linux-amd64", "linux-arm64", "darwin-amd64", "darwin-arm64"} <= platforms


def test_npm_packages__are_pinned_to_one_version() -> None:
    package = json.loads((ROOT / "package.json").read_text())
    versions = [
        version for kind in ("dependencies", "devDependencies") for version in package.get(kind, {}).values()
    ]
    assert versions
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions)


def test_solc__has_the_same_version_in_npm_and_ape() -> None:
    version = json.loads((ROOT / "package.json").read_text())["dependencies"]["solc"]
    assert f"\n  version: {version}\n" in (ROOT / "ape-config.yaml").read_text()


def test_sdk__installs_without_ape() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert not [
        requirement for requirement in project["dependencies"] if re.match(r"eth-ape|ape-", requirement)
    ]
    assert any(
        requirement.startswith("eth-ape") for requirement in project["optional-dependencies"]["contracts"]
    )


def test_cargo_lock__knows_one_registry() -> None:
    sources = set(
        re.findall(r'^source = "(.*)"$', (ROOT / "native" / "Cargo.lock").read_text(), re.MULTILINE)
    )
    assert len(sources) == 1
    assert sources.pop().startswith("registry+")  # Cargo's own standard line; no git, no other registry
