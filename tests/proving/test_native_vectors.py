"""Published numbers: EIP-196 and EIP-197, circomlib's Poseidon and Baby Jubjub."""

from __future__ import annotations

import pytest

from tests.proving.native_material import be
from zkpool_sdk import _native

G = (1, 2)
TWO_G = (
    1368015179489954701390400359078579693043519447331113978918064868415326638035,
    9918110051302171585080402603319702774565515993150576347155970296011118125764,
)
# EIP-197: generator of the second group, imaginary parts first.
G2 = (
    11559732032986387107991004021392285783925812861821192530917403151452391805634,
    10857046999023057135944570762232829481370756359578518086990519993285655852781,
    4082367875863433681332203403145435568316851327593401208105741076214120093531,
    8495653923123431417604973247489272438418190587263600148770280649306958101930,
)
P, R = _native.P, _native.R


def words(*values: int) -> bytes:
    return b"".join(map(be, values))


def test_moduli() -> None:
    assert P == 21888242871839275222246405745257275088696311157297823662689037894645226208583
    assert R == 21888242871839275222246405745257275088548364400416034343698204186575808495617
    assert _native.backend() in {"portable", "adx", "ifma"}
    assert _native.__version__


@pytest.mark.parametrize(
    ("data", "result"),
    [
        (b"", words(0, 0)),
        (words(*G), words(*G)),
        (words(*G, *G), words(*TWO_G)),
        (words(*G, 1, P - 2), words(0, 0)),
        (words(0, 0, *G), words(*G)),
        (words(*G, *G) + b"ignored", words(*TWO_G)),
        (words(*G, *TWO_G)[:-1], None),
        (words(P, 0), None),
        (words(1, 2 + P), None),
        (words(1, 1), None),
        (words(0, 1), None),
    ],
)
def test_ec_add(data: bytes, result: bytes | None) -> None:
    if result is None:
        with pytest.raises(_native.NativeFormatError) as caught:
            _native.ec_add(data)
        assert caught.value.section == "ec_add"
    else:
        assert _native.ec_add(data) == result


@pytest.mark.parametrize(
    ("data", "result"),
    [
        (b"", words(0, 0)),
        (words(*G), words(0, 0)),
        (words(*G, 1), words(*G)),
        (words(*G, 2), words(*TWO_G)),
        (words(*G, R), words(0, 0)),
        (words(*G, R - 1), words(1, P - 2)),
        (words(*G, R + 2), words(*TWO_G)),
        (words(*G, 2**256 - 1), _native.ec_mul(words(*G, (2**256 - 1) % R))),
        (words(0, 0, 5), words(0, 0)),
        (words(*G, 2) + b"ignored", words(*TWO_G)),
        (words(2, 1, 1), None),
        (words(P + 1, 2, 1), None),
    ],
)
def test_ec_mul(data: bytes, result: bytes | None) -> None:
    if result is None:
        with pytest.raises(_native.NativeFormatError) as caught:
            _native.ec_mul(data)
        assert caught.value.section == "ec_mul"
    else:
        assert _native.ec_mul(data) == result


def multiple(scalar: int) -> bytes:
    return _native.ec_mul(words(*G, scalar))


@pytest.mark.parametrize(
    ("data", "result"),
    [
        (b"", True),
        (words(*G, *G2), False),
        (words(*G, *G2, 1, P - 2, *G2), True),
        (words(*G, *G2, *G, *G2), False),
        (words(0, 0, *G2), True),
        (words(*G, 0, 0, 0, 0), True),
        # 2 * 3 * 5 = 30 spread over the first group.
        (multiple(30) + words(*G2) + multiple(R - 25) + words(*G2) + multiple(R - 5) + words(*G2), True),
        (multiple(30) + words(*G2) + multiple(R - 25) + words(*G2) + multiple(R - 4) + words(*G2), False),
        (words(*G, *G2)[:-1], None),
        (words(*G, G2[1], G2[0], G2[3], G2[2]), None),
        (words(*G, G2[0] + P, *G2[1:]), None),
        (words(1, 3, *G2), None),
        (words(*G, 0, 0, 0, 1), None),
    ],
)
def test_ec_pairing(data: bytes, result: bool | None) -> None:
    if result is None:
        with pytest.raises(_native.NativeFormatError) as caught:
            _native.ec_pairing(data)
        assert caught.value.section == "ec_pairing"
    else:
        assert _native.ec_pairing(data) is result


def test_ec_pairing__point_of_the_twist_outside_the_subgroup__refused() -> None:
    # y^2 = x^3 + 3/(9+u) at the first x = (n, 0) that has a root: almost never in the subgroup.
    x, y = twist_point()
    with pytest.raises(_native.NativeFormatError, match="outside the subgroup") as caught:
        _native.ec_pairing(words(*G, x[1], x[0], y[1], y[0]))
    assert caught.value.offset == 64


Fp2 = tuple[int, int]


def times(a: Fp2, b: Fp2) -> Fp2:
    return ((a[0] * b[0] - a[1] * b[1]) % P, (a[0] * b[1] + a[1] * b[0]) % P)


def root(a: Fp2) -> Fp2 | None:
    """A square root in the quadratic extension by the norm, if there is one."""
    norm = (a[0] * a[0] + a[1] * a[1]) % P
    s = pow(norm, (P + 1) // 4, P)
    for sign in (s, P - s):
        half = (a[0] + sign) * pow(2, -1, P) % P
        real = pow(half, (P + 1) // 4, P)
        if real and real * real % P == half:
            found = (real, a[1] * pow(2 * real, -1, P) % P)
            if times(found, found) == a:
                return found
    return None


def twist_point() -> tuple[Fp2, Fp2]:
    inverse = pow(82, -1, P)
    b = (27 * inverse % P, -3 * inverse % P)
    for n in range(1, 100):
        x = (n, 0)
        cube = times(times(x, x), x)
        y = root(((cube[0] + b[0]) % P, (cube[1] + b[1]) % P))
        if y is not None:
            return x, y
    raise AssertionError("no point among a hundred")


def test_poseidon__circomlib() -> None:
    assert _native.poseidon([1]) == (
        18586133768512220936620570745912940619677854269274689475585506675881198879027
    )
    assert _native.poseidon([1, 2]) == (
        7853200120776062878684798364095072458815029376092732009249414926327459813530
    )
    assert _native.poseidon((1, 2, 3, 4)) == (
        18821383157269793795438455681495246036402687001665670618754263018637548127333
    )
    assert len({_native.poseidon([0] * count) for count in range(1, 17)}) == 16
    for bad in ([], [1] * 17, [R], [-1], [2**300]):
        with pytest.raises(_native.NativeError):
            _native.poseidon(bad)
    with pytest.raises(TypeError):
        _native.poseidon(["1"])  # type: ignore[list-item]


def test_babyjub__circomlib() -> None:
    base = _native.babyjub_mul_base(1)
    assert base == (
        5299619240641551281634865583518297030282874472190772894086521144482721001553,
        16950150798460657717958625567821834550301663161624707787222815936182638968203,
    )
    order = 2736030358979909402780800718157159386076813972158567259200215660948447373041
    assert _native.babyjub_mul_base(order) == (0, 1)
    assert _native.babyjub_mul_base(order + 5) == _native.babyjub_mul(*base, 5)
    assert _native.babyjub_add(_native.babyjub_mul_base(3), _native.babyjub_mul_base(4)) == (
        _native.babyjub_mul_base(7)
    )
    x, y = _native.babyjub_mul_base(987654321)
    assert (168700 * x * x + y * y - 1 - 168696 * x * x * y * y) % R == 0
    with pytest.raises(_native.NativeError, match="not on Baby Jubjub"):
        _native.babyjub_mul(1, 1, 1)
    for scalar in (-1, 2**256):
        with pytest.raises(_native.NativeError, match="256"):
            _native.babyjub_mul_base(scalar)
