"""Deploying by the script: to ape's own chain, and to a second one as if it were Sepolia."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import ape
import pytest

from scripts.deploy import ApeSigner, connect, deploy_zkpool, read_parameters
from tests.support.anvil import anvil, rich_signer
from zkpool_sdk.chain import Account, Connection, Contracts, Deployment, Parameters
from zkpool_sdk.chain.deploy import check_parameters
from zkpool_sdk.chain.errors import CannotSign, DeploymentMalformed, WrongChain
from zkpool_sdk.units import zk

ROOT = Path(__file__).resolve().parents[2]
SEPOLIA = 11155111
KEY = "0x4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356"  # a key every anvil knows


class Interrupted(Exception):
    """The test stops the deployment here."""


def test_deploy_zkpool__on_apes_chain__is_complete(accounts: Any, tmp_path: Path) -> None:
    guardian = str(accounts[1].address)
    path = tmp_path / "local.json"
    deployment = deploy_zkpool(accounts[0], Parameters(guardian=guardian), path=path)
    contracts = Contracts(connect(), deployment)
    assert Deployment.load(path, contracts.connection) == deployment
    assert contracts.market.guardian() == guardian
    assert len(check_parameters(contracts)) > 55
    # ape's own contract objects see the same contracts.
    market = ape.project.ProverMarket.at(deployment.address_of("ProverMarket"))
    assert market.owner() == deployment.address_of("Timelock")
    assert market.guardian() == guardian


def test_deploy_zkpool__second_chain_with_a_keyfile__goes_on_after_an_interruption(tmp_path: Path) -> None:
    with anvil("--chain-id", str(SEPOLIA)) as url:
        sepolia = ape.networks.ethereum.sepolia
        with sepolia.use_provider("node", provider_settings={"uri": url}):
            account = keyfile_account()
            try:
                deployed = interrupted_and_resumed(account, tmp_path / "sepolia.json")
            finally:
                account.keyfile_path.unlink()
        assert deployed.chain_id == SEPOLIA
        assert deployed.network == "sepolia"
        connection = Connection(url, SEPOLIA)
        assert Deployment.load(tmp_path / "sepolia.json", connection) == deployed
        assert len(check_parameters(Contracts(connection, deployed))) > 55
    with pytest.raises(WrongChain):
        Deployment.load(tmp_path / "sepolia.json", connect())


def keyfile_account() -> Any:
    """An encrypted keyfile of ape's, which signs without asking."""
    from ape_accounts import import_account_from_private_key

    account = import_account_from_private_key("zkpool-e2e-deployer", "a passphrase", KEY)
    account.set_autosign(True, "a passphrase")
    return account


def interrupted_and_resumed(account: Any, path: Path) -> Deployment:
    steps: list[str] = []

    def stop(step: str) -> None:
        steps.append(step)
        if step.startswith("ProverMarket is at"):
            raise Interrupted

    with pytest.raises(Interrupted):
        deploy_zkpool(account, network="sepolia", path=path, report=stop)
    assert not Deployment.read(path).complete
    steps.clear()
    deployed = deploy_zkpool(account, network="sepolia", path=path, report=steps.append)
    assert "Groth16Verifier: creating" in steps
    assert "ProverMarket: creating" not in steps
    return deployed


def test_command__run_twice_on_a_second_chain__deploys_once(tmp_path: Path) -> None:
    parameters = tmp_path / "parameters.toml"
    parameters.write_text(
        f'guardian = "{rich_signer(6).address}"\ntimelock_delay_seconds = 3600\n'
        f'insurance_cap_wei = "{zk(3_000_000)}"\n'
    )
    record = tmp_path / "sepolia.json"

    command = [
        str(Path(sys.executable).with_name("ape")),
        "run",
        "deploy",
        "--network",
        "ethereum:sepolia:node",
    ]
    command += ["--account", "TEST::0"]
    command += ["--parameters", str(parameters), "--record", str(record)]
    with anvil("--chain-id", str(SEPOLIA)) as url:
        environment = {**os.environ, "SEPOLIA_RPC_URL": url}
        outputs = [
            subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
            for _ in range(2)
        ]
    assert [output.returncode for output in outputs] == [0, 0], outputs[0].stdout + outputs[0].stderr
    assert "ProverMarket: creating" in outputs[0].stdout
    assert "nothing to do" in outputs[1].stdout
    assert json.loads(record.read_text())["parameters"]["insurance_cap_wei"] == str(zk(3_000_000))


def test_ape_signer__messages__are_refused(accounts: Any) -> None:
    signer = ApeSigner(accounts[2])
    assert signer.address == accounts[2].address
    with pytest.raises(CannotSign):
        signer.sign_typed_data({})


def test_ape_signer__transaction__is_the_accounts(accounts: Any) -> None:
    connection = connect()
    account = Account(connection, ApeSigner(accounts[3]))
    before = connection.balance(accounts[4].address)
    account.transfer_ether(accounts[4].address, 7)
    assert connection.balance(accounts[4].address) == before + 7


def test_read_parameters__example_for_sepolia__names_every_parameter() -> None:
    example = read_parameters(ROOT / "deployments" / "sepolia.example.toml")
    assert example.timelock_delay_seconds == Parameters().timelock_delay_seconds
    assert example.insurance_cap_wei == Parameters().insurance_cap_wei
    named = {example.guardian, example.operator, example.treasury, example.token_holder, *example.proposers}
    assert len(named) == 5


def test_read_parameters__unknown_name__is_refused(tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    file.write_text("tresury = 1\n")
    with pytest.raises(DeploymentMalformed, match="tresury"):
        read_parameters(file)
