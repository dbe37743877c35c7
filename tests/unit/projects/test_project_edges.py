"""Edges of what the registry says of rules and signals."""

from __future__ import annotations

from tests.support.rawmarket import mock_proof
from tests.support.stage import FIELD, Stage, terms
from zkpool_sdk.models import SignalRule


def test_judge_many__no_signals_for_a_version_that_is_none__are_malformed(stage: Stage) -> None:
    """Nobody's task, asked about with nothing, is not a proof that the verifier could refuse."""
    _, windows, verdicts = stage.pool.projects.read(
        "judgeMany", stage.queue, [0, 7], stage.prover, [[], []], [b"", b""]
    )
    assert (list(windows), list(verdicts)) == ([0, 0], [0, 0])


def test_rules__of_one_fixed_signal__are_one_rule(stage: Stage) -> None:
    pool = stage.pool
    signals, key = [7], bytes(31) + b"\x01"
    stage.act(stage.admin, pool.verifier, "setSignalCount", key, 1)
    circuit = (
        1,
        pool.verifier.address,
        key,
        [SignalRule.FIXED],
        terms(),
        (signals, mock_proof(signals, key)),
    )
    stage.act(stage.admin, pool.projects, "createQueue", *circuit)
    one = int(pool.projects.read("queueCount"))
    assert list(pool.projects.read("rulesOf", one)) == [SignalRule.FIXED]
    assert pool.projects.read("judge", one, 1, stage.prover, signals, mock_proof(signals, key))[2]


def test_judge__prover_signal_of_the_greatest_number__is_not_the_prover(stage: Stage) -> None:
    """It is a canonical number of the field, so what is wrong with it is only whose it is."""
    name, fields = stage.refused(
        stage.prover, stage.pool.projects, "judge", stage.queue, 1, stage.prover, [1, 1, FIELD - 1, 1], b""
    )
    assert (name, fields["index"]) == ("ProverMismatch", 2)
