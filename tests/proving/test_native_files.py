"""Files the native core must refuse, seen through Python: typed errors with offsets, no partial output."""

from __future__ import annotations

import resource
import struct
from pathlib import Path

import pytest

from tests.proving.native_material import chain_circuit, container, le, sections_of
from zkpool_sdk import _native


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    place = tmp_path_factory.mktemp("files")
    circuit = chain_circuit(5)
    (place / "c.r1cs").write_bytes(circuit.r1cs)
    with pytest.warns(_native.InsecureSetupWarning):
        _native.insecure_dev_setup(place / "c.r1cs", place / "c.zkey", seed=b"files")
    return {"zkey": (place / "c.zkey").read_bytes(), "r1cs": circuit.r1cs, "wtns": circuit.witness}


def read(kind: str, data: bytes, place: Path, good_key: _native.ProvingKey | None = None) -> None:
    path = place / f"x.{kind}"
    path.write_bytes(data)
    if kind == "zkey":
        _native.load_key(path)
    elif kind == "r1cs":
        _native.r1cs_info(path)
    else:
        assert good_key is not None
        _native.prove(good_key, path)


@pytest.fixture
def good_key(files: dict[str, bytes], tmp_path: Path) -> _native.ProvingKey:
    (tmp_path / "good.zkey").write_bytes(files["zkey"])
    return _native.load_key(tmp_path / "good.zkey")


@pytest.mark.parametrize("kind", ["zkey", "r1cs", "wtns"])
def test_truncated_around_every_section__refused(
    kind: str, files: dict[str, bytes], tmp_path: Path, good_key: _native.ProvingKey
) -> None:
    data = files[kind]
    read(kind, data, tmp_path, good_key)
    cuts = {0, 1, 4, 11, len(data) - 1}
    for _, start, length in sections_of(data):
        cuts |= {start - 12, start - 1, start, start + 1, start + length - 1}
    for cut in sorted(cuts):
        with pytest.raises(_native.NativeFormatError) as caught:
            read(kind, data[:cut], tmp_path, good_key)
        error = caught.value
        assert isinstance(error, ValueError)
        assert 0 <= error.offset <= len(data)
        assert error.section
        assert error.message in str(error)


@pytest.mark.parametrize("kind", ["zkey", "r1cs", "wtns"])
def test_hostile_lengths__refused_without_memory(
    kind: str, files: dict[str, bytes], tmp_path: Path, good_key: _native.ProvingKey
) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    data = files[kind]
    for _, start, length in sections_of(data):
        left = len(data) - start
        for claim in {0, 2**32 - 1, 2**63, 2**64 - 1, left + 1} - {length}:
            bad = data[: start - 8] + struct.pack("<Q", claim) + data[start:]
            with pytest.raises(_native.NativeFormatError):
                read(kind, bad, tmp_path, good_key)
    # Every 32-bit field of headers, counts and first entries; a circuit may have any number of labels.
    fields = {
        ("zkey", 2): range(0, 84, 4),
        ("zkey", 4): range(0, 16, 4),
        ("r1cs", 1): [*range(0, 52, 4), 60],
        ("r1cs", 2): range(0, 8, 4),
        ("wtns", 1): range(0, 40, 4),
    }
    for number, start, _ in sections_of(data):
        for at in fields.get((kind, number), ()):
            bad = data[: start + at] + b"\xff\xff\xff\xff" + data[start + at + 4 :]
            with pytest.raises(_native.NativeFormatError):
                read(kind, bad, tmp_path, good_key)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert after - before < 64 * 1024, "kibibytes"


def test_a_witness_that_claims_gigabytes__refused(good_key: _native.ProvingKey) -> None:
    header = struct.pack("<I", 32) + le(_native.R) + struct.pack("<I", 2**31)
    with pytest.raises(_native.NativeFormatError, match="68719476736") as caught:
        _native.prove(good_key, container(b"wtns", 2, [(1, header), (2, le(1))]))
    assert caught.value.section == "witness"
    with pytest.raises(_native.NativeFormatError, match="missing"):
        _native.prove(good_key, container(b"wtns", 2, [(1, header)]))
    with pytest.raises(_native.NativeFormatError, match="twice"):
        _native.prove(good_key, container(b"wtns", 2, [(1, header), (1, header)]))


def test_another_field__refused(tmp_path: Path, files: dict[str, bytes]) -> None:
    bls = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
    data = files["r1cs"].replace(le(_native.R), le(bls), 1)
    with pytest.raises(_native.NativeFormatError, match="not the modulus of BN254"):
        read("r1cs", data, tmp_path)


def test_another_protocol__refused(tmp_path: Path, files: dict[str, bytes]) -> None:
    _, start, _ = sections_of(files["zkey"])[0]
    data = files["zkey"][:start] + struct.pack("<I", 3) + files["zkey"][start + 4 :]
    with pytest.raises(_native.NativeFormatError, match="protocol 3 is not Groth16") as caught:
        read("zkey", data, tmp_path)
    assert (caught.value.section, caught.value.offset) == ("protocol", start)


def test_gamma_equal_to_delta__refused(tmp_path: Path, files: dict[str, bytes]) -> None:
    _, start, _ = sections_of(files["zkey"])[1]
    gamma = start + 84 + 64 + 64 + 128
    delta = gamma + 128 + 64
    data = bytearray(files["zkey"])
    data[delta : delta + 128] = data[gamma : gamma + 128]
    with pytest.raises(_native.NativeFormatError, match="forged"):
        read("zkey", bytes(data), tmp_path)


@pytest.mark.parametrize("mapped", [True, False])
def test_paths_that_are_no_file__raise_os_errors(tmp_path: Path, mapped: bool) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        _native.load_key(tmp_path / "none.zkey", mapped=mapped)
    assert caught.value.filename == str(tmp_path / "none.zkey")
    with pytest.raises(IsADirectoryError):
        _native.load_key(tmp_path, mapped=mapped)
    (tmp_path / "empty").write_bytes(b"")
    with pytest.raises(_native.NativeFormatError):
        _native.load_key(tmp_path / "empty", mapped=mapped)
    with pytest.raises(TypeError):
        _native.load_key(3)  # type: ignore[arg-type]


def test_setup__bad_circuit__leaves_nothing_behind(tmp_path: Path, files: dict[str, bytes]) -> None:
    (tmp_path / "bad.r1cs").write_bytes(files["r1cs"][:-1])
    (tmp_path / "old.zkey").write_bytes(b"old")
    with pytest.warns(_native.InsecureSetupWarning), pytest.raises(_native.NativeFormatError):
        _native.insecure_dev_setup(tmp_path / "bad.r1cs", tmp_path / "old.zkey")
    assert (tmp_path / "old.zkey").read_bytes() == b"old"
    (tmp_path / "good.r1cs").write_bytes(files["r1cs"])
    with pytest.warns(_native.InsecureSetupWarning), pytest.raises(FileNotFoundError):
        _native.insecure_dev_setup(tmp_path / "good.r1cs", tmp_path / "none" / "new.zkey")
    stages: list[str] = []

    def stop(stage: str, fraction: float) -> None:
        stages.append(stage)
        if stage == "points":
            raise InterruptedError

    with pytest.warns(_native.InsecureSetupWarning), pytest.raises(InterruptedError):
        _native.insecure_dev_setup(tmp_path / "good.r1cs", tmp_path / "old.zkey", progress=stop)
    assert stages == ["parse", "lagrange", "points"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.r1cs", "good.r1cs", "old.zkey"]


def test_setup__seed_decides_the_key(tmp_path: Path, files: dict[str, bytes]) -> None:
    (tmp_path / "c.r1cs").write_bytes(files["r1cs"])
    hashes = []
    for seed in (b"files", b"other", None, None):
        with pytest.warns(_native.InsecureSetupWarning):
            hashes.append(_native.insecure_dev_setup(tmp_path / "c.r1cs", tmp_path / "c.zkey", seed=seed))
        assert _native.load_key(tmp_path / "c.zkey", mapped=False).sha256 == hashes[-1]
    assert len(set(hashes)) == 4


def test_r1cs_info__counts(tmp_path: Path, files: dict[str, bytes]) -> None:
    (tmp_path / "c.r1cs").write_bytes(files["r1cs"])
    assert _native.r1cs_info(tmp_path / "c.r1cs") == {
        "constraints": 5,
        "signals": 7,
        "outputs": 1,
        "public_inputs": 1,
        "private_inputs": 0,
        "labels": 7,
        "coefficients": 25,
    }


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "1e999", '{"protocol": "groth16"}', "[" * 200_000])
def test_json_that_is_no_key__refused(text: str) -> None:
    with pytest.raises(_native.NativeFormatError) as caught:
        _native.VerifyingKey.from_json(text)
    assert caught.value.section == "verification_key"


def test_json_numbers_must_be_canonical_decimals(tmp_path: Path, files: dict[str, bytes]) -> None:
    (tmp_path / "c.zkey").write_bytes(files["zkey"])
    key = _native.load_key(tmp_path / "c.zkey").verifying_key
    text, x = key.to_json(), str(key.alpha_g1[0])
    for bad in ("0" + x, "+" + x, x + " ", "0x1", "", "-1", "9" * 5000, str(_native.P), str(2**256)):
        with pytest.raises(_native.NativeFormatError):
            _native.VerifyingKey.from_json(text.replace(x, bad, 1))
    assert _native.VerifyingKey.from_json(text) == key
