"""The native core's Python face: proofs, refusals, progress, threads."""

from __future__ import annotations

import gc
import hashlib
import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.proving.native_material import Circuit, be, chain_circuit, le
from zkpool_sdk import _native

LENGTH = 300
STAGES = {"parse", "transforms", "msm_a", "msm_b1", "msm_b2", "msm_c", "msm_h", "check"}


@pytest.fixture(scope="module")
def circuit() -> Circuit:
    return chain_circuit(LENGTH)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, circuit: Circuit) -> Path:
    place = tmp_path_factory.mktemp("prove")
    (place / "c.r1cs").write_bytes(circuit.r1cs)
    with pytest.warns(_native.InsecureSetupWarning):
        _native.insecure_dev_setup(place / "c.r1cs", place / "c.zkey", seed=b"test")
    return place


@pytest.fixture(scope="module")
def key(folder: Path) -> _native.ProvingKey:
    return _native.load_key(folder / "c.zkey")


@pytest.fixture(scope="module")
def proof(key: _native.ProvingKey, circuit: Circuit) -> _native.Proof:
    return _native.prove(key, circuit.witness, seed=b"fixed")


def test_load_key__tells_what_it_holds(key: _native.ProvingKey, folder: Path) -> None:
    assert (key.constraint_count, key.domain_size, key.signal_count, key.public_count) == (300, 512, 302, 2)
    assert key.sha256 == hashlib.sha256((folder / "c.zkey").read_bytes()).hexdigest()
    assert key.path == str(folder / "c.zkey")
    assert _native.load_key(str(folder / "c.zkey"), mapped=False).sha256 == key.sha256


def test_verifying_key__ints_are_in_precompile_order(key: _native.ProvingKey) -> None:
    vk = _native.verifying_key(key)
    assert vk.public_count == 2
    assert len(vk.ic) == 3
    for point in (vk.alpha_g1, *vk.ic):
        assert _native.ec_add(b"".join(map(be, point))) == b"".join(map(be, point))
    # e(alpha, beta) e(-alpha, beta) = 1 only if the precompile reads the same point from these integers.
    x, y = vk.alpha_g1
    for g2 in (vk.beta_g2, vk.gamma_g2, vk.delta_g2):
        words = [x, y, *g2, x, _native.P - y, *g2]
        assert _native.ec_pairing(b"".join(map(be, words)))
    # snarkjs's gamma is the generator; EIP-197 gives its coordinates.
    assert vk.gamma_g2 == (
        11559732032986387107991004021392285783925812861821192530917403151452391805634,
        10857046999023057135944570762232829481370756359578518086990519993285655852781,
        4082367875863433681332203403145435568316851327593401208105741076214120093531,
        8495653923123431417604973247489272438418190587263600148770280649306958101930,
    )


def test_prove__calldata_passes_the_precompile_equation(
    key: _native.ProvingKey, proof: _native.Proof
) -> None:
    vk = key.verifying_key
    inputs = b"".join(map(be, vk.ic[0]))
    for signal, point in zip(proof.public_signals, vk.ic[1:], strict=True):
        inputs = _native.ec_add(inputs + _native.ec_mul(b"".join(map(be, (*point, signal)))))
    data = proof.calldata
    y = int.from_bytes(data[32:64], "big")
    minus_a = data[:32] + be(_native.P - y)
    pairs = minus_a + data[64:192]
    pairs += b"".join(map(be, (*vk.alpha_g1, *vk.beta_g2)))
    pairs += inputs + b"".join(map(be, vk.gamma_g2))
    pairs += data[192:] + b"".join(map(be, vk.delta_g2))
    assert _native.ec_pairing(pairs)


def test_prove__seed_decides_and_threads_do_not(
    key: _native.ProvingKey, circuit: Circuit, proof: _native.Proof
) -> None:
    for threads in (1, 2, 3):
        assert _native.prove(key, circuit.witness, seed=b"fixed", threads=threads).calldata == proof.calldata
    assert _native.prove(key, circuit.witness, seed=b"other").calldata != proof.calldata
    unseeded = {_native.prove(key, circuit.witness).calldata for _ in range(3)}
    assert len(unseeded) == 3
    with pytest.raises(_native.NativeError, match="threads"):
        _native.prove(key, circuit.witness, threads=100_000)


def test_prove__witness_from_path_equals_bytes(
    key: _native.ProvingKey, circuit: Circuit, proof: _native.Proof, tmp_path: Path
) -> None:
    (tmp_path / "c.wtns").write_bytes(circuit.witness)
    assert _native.prove(key, tmp_path / "c.wtns", seed=b"fixed").calldata == proof.calldata
    with pytest.raises(FileNotFoundError):
        _native.prove(key, tmp_path / "none.wtns")


def test_prove__witness_that_breaks_a_constraint__refused(
    key: _native.ProvingKey, circuit: Circuit, folder: Path
) -> None:
    wrong = list(circuit.values)
    wrong[100] = (wrong[100] + 1) % _native.R
    data = _native.witness_file(b"".join(map(le, wrong)))
    with pytest.raises(_native.WitnessNotSatisfied) as caught:
        _native.prove(key, data)
    assert str(wrong[100]) not in str(caught.value)
    # Signal 100 is the 98th step: it is left of constraint 98 and right of constraint 97.
    assert _native.check_witness(folder / "c.r1cs", data) == 97
    assert _native.check_witness(folder / "c.r1cs", circuit.witness) is None


def test_prove__witness_of_another_circuit__refused(key: _native.ProvingKey) -> None:
    with pytest.raises(_native.WitnessLengthError) as caught:
        _native.prove(key, chain_circuit(LENGTH + 1).witness)
    assert (caught.value.expected, caught.value.actual) == (LENGTH + 2, LENGTH + 3)


def test_prove__value_not_in_the_field__refused_with_its_offset_and_without_the_value() -> None:
    values = b"".join(map(le, (1, 5, _native.R + 77)))
    with pytest.raises(_native.NativeFormatError) as caught:
        _native.witness_file(values)
    assert (caught.value.section, caught.value.offset) == ("witness", 64)
    assert str(_native.R + 77) not in str(caught.value)


def test_verify__every_flipped_bit_of_the_proof__refused(
    key: _native.ProvingKey, proof: _native.Proof
) -> None:
    vk, signals = key.verifying_key, proof.public_signals
    assert _native.verify(vk, signals, proof.calldata)
    # Every bit of one coordinate of each point, and a sample of the others.
    bits = [*range(256), *range(512, 768), *range(1536, 1792), *range(0, 2048, 11)]
    for bit in bits:
        data = bytearray(proof.calldata)
        data[bit // 8] ^= 1 << (bit % 8)
        assert not _native.verify(vk, signals, bytes(data)), bit


def test_verify__changed_and_aliased_signals__refused(key: _native.ProvingKey, proof: _native.Proof) -> None:
    signals = proof.public_signals
    for position in range(2):
        for bit in range(256):
            changed = list(signals)
            changed[position] ^= 1 << bit
            assert not _native.verify(key, changed, proof)
        for alias in (signals[position] + _native.R, signals[position] - _native.R, 1 << 256, -1, _native.R):
            changed = list(signals)
            changed[position] = alias
            assert not _native.verify(key, changed, proof)


def test_verify__wrong_shapes__raise(key: _native.ProvingKey, proof: _native.Proof) -> None:
    for count in (0, 1, 3, 50):
        with pytest.raises(_native.SignalCountError) as caught:
            _native.verify(key, [1] * count, proof)
        assert (caught.value.expected, caught.value.actual) == (2, count)
    for length in (0, 255, 257):
        with pytest.raises(_native.NativeFormatError, match="256"):
            _native.verify(key, proof.public_signals, bytes(length))
    with pytest.raises(TypeError):
        _native.verify(key, ["1", "2"], proof)  # type: ignore[list-item]
    with pytest.raises(_native.NativeFormatError):
        _native.verify("{}", proof.public_signals, proof)
    assert not _native.verify(key, proof.public_signals, bytes(256))


FORKING = """
import json, os, signal, sys
from zkpool_sdk import _native
key, signals, proof = json.load(sys.stdin)
assert _native.verify(key, signals, proof)
forked = os.fork()
if forked == 0:
    signal.alarm(20)  # ends one that waits for threads it does not have
    os._exit(0 if _native.verify(key, signals, proof) else 1)
sys.exit(abs(os.waitstatus_to_exitcode(os.waitpid(forked, 0)[1])))
"""


def test_verify__in_a_fork_of_one_that_verified__answers(
    key: _native.ProvingKey, proof: _native.Proof
) -> None:
    asked = json.dumps([key.verifying_key.to_json(), proof.public_signals, proof.proof_json()])
    done = subprocess.run([sys.executable, "-c", FORKING], input=asked, text=True, timeout=60, check=False)
    assert done.returncode == 0


def test_verify__signal_that_lies_about_its_bytes__refused(
    key: _native.ProvingKey, proof: _native.Proof
) -> None:
    class Short(int):
        def to_bytes(self, *_: object, **__: object) -> bytes:
            return b"x"

    with pytest.raises(TypeError, match="32 bytes"):
        _native.verify(key, [Short(1)] * len(proof.public_signals), proof)


def test_proof__from_calldata__keeps_or_refuses(proof: _native.Proof) -> None:
    again = _native.Proof.from_calldata(proof.calldata, proof.public_signals)
    assert (again.calldata, again.public_signals) == (proof.calldata, proof.public_signals)
    large = be(_native.P) + proof.calldata[32:]
    with pytest.raises(_native.NativeFormatError, match="modulus"):
        _native.Proof.from_calldata(large, proof.public_signals)
    with pytest.raises(_native.NativeFormatError, match="off the curve") as caught:
        _native.Proof.from_calldata(proof.calldata[:192] + be(1) + be(1), proof.public_signals)
    assert (caught.value.section, caught.value.offset) == ("proof", 192)


def test_progress__every_stage_once_and_the_last_is_one(key: _native.ProvingKey, circuit: Circuit) -> None:
    seen: list[tuple[str, float]] = []
    caller = threading.get_ident()

    def progress(stage: str, fraction: float) -> None:
        assert threading.get_ident() == caller
        seen.append((stage, fraction))

    _native.prove(key, circuit.witness, progress=progress)
    assert {stage for stage, _ in seen} == STAGES
    assert [fraction for _, fraction in seen] == [(i + 1) / 8 for i in range(8)]
    assert (seen[0][0], seen[-1][0]) == ("parse", "check")


def test_progress__its_exception_stops_the_work(key: _native.ProvingKey, circuit: Circuit) -> None:
    class Enough(Exception):
        pass

    def progress(stage: str, fraction: float) -> None:
        raise Enough(stage)

    with pytest.raises(Enough, match="parse"):
        _native.prove(key, circuit.witness, progress=progress)
    assert _native.verify(key, circuit.values[1:3], _native.prove(key, circuit.witness))


def test_prove__releases_the_interpreter_lock(key: _native.ProvingKey, circuit: Circuit) -> None:
    ticks = 0
    done = threading.Event()

    def count() -> None:
        nonlocal ticks
        while not done.is_set():
            ticks += 1
            time.sleep(0.0005)

    watcher = threading.Thread(target=count)
    watcher.start()
    before = ticks
    for _ in range(3):
        _native.prove(key, circuit.witness, threads=1)
    during = ticks - before
    done.set()
    watcher.join()
    assert during >= 3


def test_prove__from_several_threads_at_once(key: _native.ProvingKey, circuit: Circuit) -> None:
    results: list[bool] = []

    def work() -> None:
        made = _native.prove(key, circuit.witness, threads=1)
        results.append(_native.verify(key, made.public_signals, made))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 4


def test_representations_show_no_secret(
    key: _native.ProvingKey, proof: _native.Proof, circuit: Circuit
) -> None:
    text = repr(key) + repr(proof) + repr(key.verifying_key)
    assert "ProvingKey" in text
    assert not any(str(value) in text for value in circuit.values[3:] if value > 1000)


def test_key__outlives_its_name(folder: Path, circuit: Circuit) -> None:
    made = _native.prove(_native.load_key(folder / "c.zkey"), circuit.witness, seed=b"fixed")
    gc.collect()
    assert len(made.calldata) == 256
