"""Groth16, PLONK and FFLONK over BN254, compiled: the typed face of the Rust core in ``native/``.

Every call releases the interpreter lock while it computes. Integers are non-negative Python ``int``; bytes
are 32-byte big-endian words unless a name says otherwise. No call prints or keeps a witness.

A *path* is any ``str`` or ``os.PathLike[str]``. A *witness* is the content of a circom ``.wtns`` file as
bytes, or the path of one.
"""

import os
from collections.abc import Callable, Sequence
from typing import final

Point1 = tuple[int, int]
"""A G1 point ``(x, y)``; infinity is ``(0, 0)``."""

Point2 = tuple[int, int, int, int]
"""A G2 point ``(x_imag, x_real, y_imag, y_real)``: the order of the pairing precompile."""

Progress = Callable[[str, float], None]
"""Called on the calling thread as ``progress(stage, fraction)`` when a stage is finished.

``fraction`` grows from 0.0 to 1.0. Proving reports ``parse``, ``transforms``, one ``msm_…`` for each
multi-exponentiation or round of them (they may overlap, so their order varies), and ``check``, PLONK also
``permutation`` and ``openings``, FFLONK ``permutation`` and ``opening``; proving many reports ``proof`` for
each. Set-up reports ``parse`` first and ``write`` last. An exception raised by the callback stops the work
and is re-raised.
"""

__version__: str
"""Version of the compiled core."""

R: int
"""Order of the groups, modulus of every signal."""

P: int
"""Modulus of point coordinates."""

class NativeError(ValueError):
    """Root of everything the compiled core refuses."""

class NativeFormatError(NativeError):
    """A file, proof or key that is malformed, truncated, oversized or off the curve.

    Attributes:
        message: what is wrong.
        offset: byte offset in the input where it was seen.
        section: name of the part being read (``"header"``, ``"points_a"``, ``"proof"`` ...).
    """

    message: str
    offset: int
    section: str

class WitnessLengthError(NativeError):
    """A witness with another number of values than the key has signals.

    Attributes:
        expected: signals in the key.
        actual: values in the witness.
    """

    expected: int
    actual: int

class WitnessNotSatisfied(NativeError):
    """A witness that does not satisfy the circuit: the proof it gave failed its check and was discarded."""

class SignalCountError(NativeError):
    """A list of public signals of the wrong length.

    Attributes:
        expected: public signals of the key.
        actual: signals given.
    """

    expected: int
    actual: int

class InsecureSetupWarning(UserWarning):
    """Emitted by :func:`insecure_dev_setup`: whoever ran it can forge proofs."""

@final
class VerifyingKey:
    """A verifying key whose points are checked: on the curve and in the subgroup."""

    @staticmethod
    def from_json(text: str | bytes) -> VerifyingKey:
        """The key in a snarkjs ``verification_key.json`` (its content, not its path).

        Raises:
            NativeFormatError: not JSON, another protocol or curve, bad points, wrong number of IC points.
        """
    @property
    def system(self) -> str:
        """``"groth16"``, ``"plonk"`` or ``"fflonk"``."""
    @property
    def public_count(self) -> int:
        """Number of public signals."""
    @property
    def alpha_g1(self) -> Point1:
        """A point of a Groth16 key, as the four below; keys of other systems have none: AttributeError."""
    @property
    def beta_g2(self) -> Point2: ...
    @property
    def gamma_g2(self) -> Point2: ...
    @property
    def delta_g2(self) -> Point2: ...
    @property
    def ic(self) -> list[Point1]:
        """``public_count + 1`` points."""
    def to_json(self) -> str:
        """The same key as snarkjs writes it."""
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class ProvingKey:
    """A snarkjs ``.zkey`` of any of the three systems, memory-mapped, validated once and kept warm.

    The file must not change while the handle lives. Safe to share between threads.
    """

    @property
    def system(self) -> str:
        """``"groth16"``, ``"plonk"`` or ``"fflonk"``."""
    @property
    def path(self) -> str: ...
    @property
    def constraint_count(self) -> int:
        """Constraints of a Groth16 circuit (rows that bind the public signals are not counted), or gates."""
    @property
    def domain_size(self) -> int:
        """Power of two over which polynomials are evaluated."""
    @property
    def signal_count(self) -> int:
        """Length of the witness, the leading one included."""
    @property
    def public_count(self) -> int: ...
    @property
    def memory_bytes(self) -> int:
        """Bytes mapped from the file plus bytes held for tables."""
    @property
    def sha256(self) -> str:
        """Hash of the file's content, 64 hex digits."""
    @property
    def verifying_key(self) -> VerifyingKey: ...

@final
class Proof:
    """A proof with its public signals."""

    @staticmethod
    def from_calldata(calldata: bytes, public_signals: Sequence[int], system: str = "groth16") -> Proof:
        """The proof in contract calldata: 256 bytes for Groth16, 768 for PLONK and FFLONK.

        Raises:
            NativeFormatError: other length, coordinate or evaluation not in its field, point off the curve,
                outside the subgroup or at infinity.
        """
    @staticmethod
    def from_json(proof_json: str | bytes, public_json: str | bytes) -> Proof:
        """The proof in snarkjs's ``proof.json`` and ``public.json`` (their contents).

        Raises:
            NativeFormatError: as :meth:`from_calldata`, or not the expected JSON.
        """
    @property
    def system(self) -> str:
        """``"groth16"``, ``"plonk"`` or ``"fflonk"``."""
    @property
    def calldata(self) -> bytes:
        """What the system's verifier contract takes, 32-byte big-endian words.

        Groth16: A.x A.y, B.x.imag B.x.real B.y.imag B.y.real, C.x C.y. PLONK and FFLONK: the 24 words of
        snarkjs's calldata, commitments first, then evaluations.
        """
    @property
    def public_signals(self) -> list[int]: ...
    def proof_json(self) -> str:
        """``proof.json`` as snarkjs reads it."""
    def public_json(self) -> str:
        """``public.json`` as snarkjs reads it."""

def load_key(path: str | os.PathLike[str], mapped: bool = True, threads: int = 0) -> ProvingKey:
    """A warm handle on a ``.zkey``: sections, indices and every point are checked here, once.

    Args:
        path: the file.
        mapped: map the file (default) or read a private copy into memory, for a file that may change.
        threads: 0 means all cores.

    Raises:
        OSError: the file cannot be read.
        NativeFormatError: the file is not a valid ``.zkey`` of Groth16, PLONK or FFLONK over BN254.
    """

def prove(
    key: ProvingKey,
    witness: bytes | str | os.PathLike[str],
    seed: bytes | None = None,
    threads: int = 0,
    progress: Progress | None = None,
) -> Proof:
    """A proof of ``witness`` by the key's system, checked by the verifier before it is returned.

    Args:
        key: from :func:`load_key`.
        witness: content of a ``.wtns`` (bytes) or its path.
        seed: makes the proof deterministic. For tests only: a proof whose randomness is known hides nothing.
        threads: 0 means all cores.
        progress: see :data:`Progress`.

    Raises:
        NativeFormatError: the witness is malformed or has a value not below :data:`R`.
        WitnessLengthError: the witness belongs to another circuit.
        WitnessNotSatisfied: the witness does not satisfy the circuit.
        OSError: the witness path cannot be read.
    """

def prove_many(
    key: ProvingKey,
    witnesses: Sequence[bytes | str | os.PathLike[str]],
    seed: bytes | None = None,
    threads: int = 0,
    progress: Progress | None = None,
) -> list[Proof]:
    """A proof of each witness, in order, each checked; faster than one by one where cores would wait.

    Args:
        key, threads, progress: as for :func:`prove`.
        witnesses: contents of ``.wtns`` files, or their paths.
        seed: makes the proofs deterministic, each with randomness of its own. For tests only.

    Raises:
        NativeFormatError: a witness is malformed; nothing was proved.
        NativeError: what :func:`prove` raises, for the first witness that has no proof. The exception has two
            more attributes: ``index``, which witness it was, and ``proofs``, a list with the proofs of the
            others and ``None`` where there is none.
        OSError: a witness path cannot be read.
    """

def verify(
    key: VerifyingKey | ProvingKey | str | bytes,
    public_signals: Sequence[int],
    proof: Proof | bytes | str,
) -> bool:
    """Whether ``proof`` holds for ``public_signals``; the twin of the contract's verifier.

    Args:
        key: a key, or the content of ``verification_key.json``.
        public_signals: integers; one that is not below :data:`R` makes the answer ``False``.
        proof: a proof, calldata of the key's system, or the content of ``proof.json`` as ``str``. A point off
            the curve, outside the subgroup or with a coordinate not below :data:`P` makes the answer
            ``False``, and so do an evaluation that is not below :data:`R` and, in calldata, a point at
            infinity.

    Raises:
        NativeFormatError: the key is bad, the calldata has another length, or ``proof.json`` is not one.
        NativeError: the proof is of another system than the key.
        SignalCountError: wrong number of signals.
    """

def verify_batch(
    key: VerifyingKey | ProvingKey | str | bytes,
    items: Sequence[tuple[Sequence[int], Proof | bytes | str]],
    threads: int = 0,
) -> bool:
    """Whether all proofs of one key hold, each for its public signals, by one product of pairings.

    The proofs are joined with random factors of this process: a batch with a false proof passes with a chance
    below 2^-120. An empty batch holds.

    Args:
        key: as for :func:`verify`.
        items: public signals and proof of each, in the forms that :func:`verify` takes.
        threads: 0 means all cores.

    Raises:
        NativeError: as :func:`verify`, for the first item at fault.
    """

def verifying_key(source: ProvingKey | VerifyingKey | str | bytes) -> VerifyingKey:
    """The checked verifying key of a proving key or of a ``verification_key.json``'s content."""

def insecure_dev_setup(
    r1cs: str | os.PathLike[str],
    zkey: str | os.PathLike[str],
    verification_key: str | os.PathLike[str] | None = None,
    seed: bytes | None = None,
    threads: int = 0,
    progress: Progress | None = None,
    system: str = "groth16",
) -> str:
    """A one-party set-up for development. INSECURE: this process knows the trapdoor and could forge proofs.

    Writes a snarkjs-compatible ``.zkey`` and, when asked, ``verification_key.json``; both appear by rename,
    never half written. Always emits :class:`InsecureSetupWarning`.

    Args:
        r1cs: circom's constraint file.
        zkey: where to write the proving key.
        verification_key: where to write the verifying key, if anywhere.
        seed: makes the key reproducible; without it the trapdoor comes from the system's randomness.
        threads: 0 means all cores.
        progress: see :data:`Progress`.
        system: ``"groth16"``, ``"plonk"`` or ``"fflonk"``.

    Returns:
        SHA-256 of the ``.zkey``, 64 hex digits.

    Raises:
        NativeFormatError: the ``.r1cs`` is malformed or over another field, or the circuit is too large.
        OSError: a file cannot be read or written.
    """

def universal_setup(
    r1cs: str | os.PathLike[str],
    powers_of_tau: str | os.PathLike[str],
    zkey: str | os.PathLike[str],
    verification_key: str | os.PathLike[str] | None = None,
    system: str = "plonk",
    threads: int = 0,
    progress: Progress | None = None,
) -> str:
    """A set-up of a PLONK or FFLONK circuit from a ceremony's powers of tau: as trustworthy as the ceremony.

    Writes the same bytes as snarkjs. That the powers belong to one tau is checked; whether somebody knows
    that tau is for the caller to know.

    Args:
        r1cs, zkey, verification_key, threads, progress: as for :func:`insecure_dev_setup`.
        powers_of_tau: a ``.ptau``, prepared for a second phase or not.
        system: ``"plonk"`` or ``"fflonk"``.

    Returns:
        SHA-256 of the ``.zkey``, 64 hex digits.

    Raises:
        NativeFormatError: a file is malformed, or its powers do not belong together.
        NativeError: another system, or the ceremony is too small for the circuit.
        OSError: a file cannot be read or written.
    """

def r1cs_info(path: str | os.PathLike[str]) -> dict[str, int]:
    """Counts of a circuit.

    Returns:
        ``constraints, signals, outputs, public_inputs, private_inputs, labels, coefficients`` by name.
    """

def check_witness(r1cs: str | os.PathLike[str], witness: bytes | str | os.PathLike[str]) -> int | None:
    """Index of the first constraint the witness breaks; ``None`` if it satisfies all.

    Raises:
        NativeFormatError: a file is malformed.
        WitnessLengthError: the witness belongs to another circuit.
    """

def witness_file(values: bytes) -> bytes:
    """A ``.wtns`` file made of values in memory: 32-byte *little-endian* words, the leading one first.

    Raises:
        NativeFormatError: the length is no multiple of 32, is zero, or a value is not below :data:`R`.
    """

def poseidon(inputs: Sequence[int]) -> int:
    """circomlib's Poseidon hash of 1 to 16 field elements.

    Raises:
        NativeError: no input, more than 16, or one not below :data:`R`.
    """

def babyjub_mul_base(scalar: int) -> tuple[int, int]:
    """``scalar`` times circomlib's ``Base8`` on Baby Jubjub; ``scalar`` below 2^256."""

def babyjub_mul(x: int, y: int, scalar: int) -> tuple[int, int]:
    """``scalar`` times the point ``(x, y)`` of Baby Jubjub.

    Raises:
        NativeError: the point is not on the curve.
    """

def babyjub_add(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    """Sum of two points of Baby Jubjub.

    Raises:
        NativeError: a point is not on the curve.
    """

def ec_add(data: bytes) -> bytes:
    """Precompile 6 (EIP-196): sum of two G1 points; short input is padded with zeros, 64 bytes out.

    Raises:
        NativeFormatError: what the precompile refuses.
    """

def ec_mul(data: bytes) -> bytes:
    """Precompile 7 (EIP-196): a G1 point times a scalar; short input is padded with zeros, 64 bytes out.

    Raises:
        NativeFormatError: what the precompile refuses.
    """

def ec_pairing(data: bytes) -> bool:
    """Precompile 8 (EIP-197): whether the product of pairings is one.

    Raises:
        NativeFormatError: what the precompile refuses.
    """

def backend() -> str:
    """Which arithmetic this process runs, chosen at run time: ``"ifma"``, ``"adx"`` or ``"portable"``.

    It is the processor's best, or a slower one that the environment variable ``ZKPOOL_BACKEND`` names.
    """
