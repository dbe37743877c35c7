"""A counterexample is short, told in protocol words, and written down as programs that show it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from audit.counterexample.on_ape import Broken, Play
from audit.counterexample.stage import Stage, watched
from audit.counterexample.story import explain, publish
from tests.stateful.lockstep import Divergence
from tests.stateful.machine import MarketMachine
from tests.stateful.world import World
from tests.support.evm_chain import EvmChain
from tests.support.rawchain import compiled
from zkpool_sdk.economics import market
from zkpool_sdk.models import TaskStatus


@pytest.fixture
def staged() -> Iterator[tuple[World, Stage]]:
    with EvmChain(account_count=60) as chain:
        stage = watched(chain)
        yield World(chain, compiled(), uses_market_time=False), stage


@pytest.fixture
def life(staged: tuple[World, Stage], monkeypatch: pytest.MonkeyPatch) -> Divergence:
    """A life with much in it that has nothing to do with what goes wrong: the fee for cancelling."""
    monkeypatch.setattr(market, "CANCEL_FEE_DIVISOR", 50)
    machine = MarketMachine()
    machine.begin(staged[0])
    machine.stake(machine.roles.provers[0], 40 * 10**18)
    machine.round(machine.queues[0], 4, 10**17)
    machine.settle(0, True)
    for task in [task for task, t in machine.market.tasks.items() if t.status == TaskStatus.QUEUED][-1:]:
        machine.cancel_by(machine.market.tasks[task].requester, task)
    machine.wait(60)
    with pytest.raises(Divergence) as shown:
        machine.teardown()
    return shown.value


def test_explain__wrong_cancel_fee__three_acts_with_what_differs(
    staged: tuple[World, Stage], life: Divergence
) -> None:
    assert life.step is not None
    example = explain(staged[0], life.step.acts, "7")
    assert [act.verb for act in example.acts] == ["place", "clear", "cancel"]
    assert [law.number for law in example.laws] == ["41"]
    text = example.text()
    assert "bids 0.1" in text
    assert "cancels the bid of task 1" in text
    assert "seed 7" in text
    assert "only on chain: BidCancelled(task = task 1" in text
    assert any("balance of the insurance" in str(difference) for difference in example.differences)


def test_publish__wrong_cancel_fee__the_script_on_anvil_shows_it(
    staged: tuple[World, Stage], life: Divergence, tmp_path: Path
) -> None:
    world, stage = staged
    assert life.step is not None
    folder = publish(explain(world, life.step.acts, "7"), stage, tmp_path)
    assert {path.name for path in folder.iterdir()} == {
        "Counterexample.t.sol", "foundry.toml", "on_ape.py", "stage.txt", "story.txt",
    }  # fmt: skip
    assert "cancelBid" in (folder / "Counterexample.t.sol").read_text()
    script = {"__name__": "script", "__file__": str(folder / "on_ape.py")}
    exec(compile((folder / "on_ape.py").read_text(), "on_ape.py", "exec"), script)
    with pytest.raises(Broken, match="the model says"):
        script["main"]()  # type: ignore[operator]


def test_play__what_the_model_says_of_an_untouched_stage__holds(
    staged: tuple[World, Stage], tmp_path: Path
) -> None:
    world, stage = staged
    stage.write(tmp_path / "stage.txt")
    with Play(tmp_path / "stage.txt") as play:
        token = play.contract("ZKToken", world.at.token.address)
        supply = world.at.token.read("totalSupply")
        play.holds(token.totalSupply, [], returns=f"0x{supply:064x}")
        with pytest.raises(Broken):
            play.holds(token.totalSupply, [], returns=f"0x{supply + 1:064x}")
