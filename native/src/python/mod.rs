//! The Python module `zkpool_sdk._native`; `_native.pyi` documents every symbol.

mod classes;
mod convert;
mod errors;
mod work;

use crate::babyjub;
use crate::error::Error;
use crate::field::{to_le, Fr, P_LIMBS, R_LIMBS};
use crate::groth16::signal;
use crate::r1cs::R1cs;
use crate::storage::Storage;
use crate::system::{self, Proof, ProvingKey, System, VerifyingKey};
use crate::{evm, poseidon as hash, wtns};
use classes::{hex, words, PyProof, PyProvingKey, PyVerifyingKey};
use convert::{checked_scalar, element, integer, path, word};
use errors::{to_python, NativeError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use std::ffi::CString;
use std::sync::Arc;
use zeroize::Zeroizing;

type Pair<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>);

/// The content of a witness argument: bytes as they are, or a file that is read and wiped afterwards.
enum Witness<'a> {
    Borrowed(&'a [u8]),
    Read(Zeroizing<Vec<u8>>),
}

impl<'a> Witness<'a> {
    fn new(value: &'a Bound<'_, PyAny>) -> PyResult<Self> {
        if let Ok(bytes) = value.cast::<PyBytes>() {
            return Ok(Witness::Borrowed(bytes.as_bytes()));
        }
        let path = path(value)?;
        let content = std::fs::read(&path).map_err(|e| to_python(value.py(), Error::io(&path, e)))?;
        Ok(Witness::Read(Zeroizing::new(content)))
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Witness::Borrowed(bytes) => bytes,
            Witness::Read(bytes) => bytes,
        }
    }
}

/// A warm handle on a `.zkey`: sections, indices and every point are checked here, once.
#[pyfunction]
#[pyo3(signature = (path, mapped = true, threads = 0))]
fn load_key(py: Python<'_>, path: &Bound<'_, PyAny>, mapped: bool, threads: usize) -> PyResult<PyProvingKey> {
    let path = convert::path(path)?;
    let key = work::run(py, threads, None, 1, |_| {
        ProvingKey::new(Storage::open(&path, mapped)?)
    })?;
    Ok(PyProvingKey {
        key: Arc::new(key),
        path,
    })
}

/// A proof of a witness, checked by the verifier before it is returned. A seed is for tests only.
#[pyfunction]
#[pyo3(signature = (key, witness, seed = None, threads = 0, progress = None))]
fn prove(
    py: Python<'_>,
    key: &Bound<'_, PyProvingKey>,
    witness: &Bound<'_, PyAny>,
    seed: Option<&[u8]>,
    threads: usize,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<PyProof> {
    let key = Arc::clone(&key.get().key);
    let witness = Witness::new(witness)?;
    let (proof, public) = work::run(py, threads, progress, key.system().stages(), |observer| {
        let bytes = witness.bytes();
        let values = wtns::parse(bytes)?;
        key.prove(&bytes[values], seed, observer)
    })?;
    Ok(PyProof { proof, public })
}

/// A proof of each witness, several at a time, each checked by the verifier. A seed is for tests only.
#[pyfunction]
#[pyo3(signature = (key, witnesses, seed = None, threads = 0, progress = None))]
fn prove_many(
    py: Python<'_>,
    key: &Bound<'_, PyProvingKey>,
    witnesses: Vec<Bound<'_, PyAny>>,
    seed: Option<&[u8]>,
    threads: usize,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Vec<PyProof>> {
    let key = Arc::clone(&key.get().key);
    let witnesses = witnesses.iter().map(Witness::new).collect::<PyResult<Vec<_>>>()?;
    let outcomes = work::run(py, threads, progress, witnesses.len(), |observer| {
        let values = witnesses
            .iter()
            .map(|witness| Ok(&witness.bytes()[wtns::parse(witness.bytes())?]))
            .collect::<Result<Vec<_>, Error>>()?;
        key.prove_many(&values, seed, observer)
    })?;
    let mut proofs = Vec::with_capacity(outcomes.len());
    let mut failed = None;
    for (index, outcome) in outcomes.into_iter().enumerate() {
        match outcome {
            Ok((proof, public)) => proofs.push(Some(PyProof { proof, public })),
            Err(error) => {
                failed.get_or_insert((index, error));
                proofs.push(None);
            }
        }
    }
    match failed {
        None => Ok(proofs.into_iter().flatten().collect()),
        Some((index, error)) => Err(errors::with_proofs(py, error, index, proofs)),
    }
}

/// What a verifier is asked: the signals and the proof, or `None` where it refuses one of them for its form.
fn statement(
    key: &VerifyingKey,
    public_signals: &Bound<'_, PyAny>,
    proof: &Bound<'_, PyAny>,
) -> PyResult<Option<(Vec<Fr>, Proof)>> {
    let signals = words(public_signals)?;
    if signals.len() != key.public_count() {
        let error = Error::SignalCount {
            expected: key.public_count(),
            actual: signals.len(),
        };
        return Err(to_python(proof.py(), error));
    }
    let proof = classes::proof(proof, key.system())?;
    let signals: Option<Vec<Fr>> = signals.into_iter().map(|w| w.and_then(|w| signal(&w))).collect();
    Ok(signals.zip(proof))
}

/// Whether a proof holds for public signals; the twin of the contract's verifier.
#[pyfunction]
fn verify(
    py: Python<'_>,
    key: &Bound<'_, PyAny>,
    public_signals: &Bound<'_, PyAny>,
    proof: &Bound<'_, PyAny>,
) -> PyResult<bool> {
    let key = classes::verifying_key(key)?;
    let Some((signals, proof)) = statement(&key, public_signals, proof)? else {
        return Ok(false);
    };
    py.detach(|| key.verify(&signals, &proof))
        .map_err(|e| to_python(py, e))
}

/// Whether all proofs of one key hold, each for its signals, by one product of pairings.
#[pyfunction]
#[pyo3(signature = (key, items, threads = 0))]
fn verify_batch(
    py: Python<'_>,
    key: &Bound<'_, PyAny>,
    items: Vec<(Bound<'_, PyAny>, Bound<'_, PyAny>)>,
    threads: usize,
) -> PyResult<bool> {
    let key = classes::verifying_key(key)?;
    let statements = items
        .iter()
        .map(|(signals, proof)| statement(&key, signals, proof))
        .collect::<PyResult<Option<Vec<_>>>>()?;
    match statements {
        Some(statements) => work::run(py, threads, None, 1, |_| key.verify_batch(statements)),
        None => Ok(false),
    }
}

/// The checked verification key of a proving key or of a `verification_key.json`'s content.
#[pyfunction]
fn verifying_key(source: &Bound<'_, PyAny>) -> PyResult<PyVerifyingKey> {
    classes::verifying_key(source).map(PyVerifyingKey)
}

/// A one-party set-up for development. INSECURE: this process knows the trapdoor and could forge proofs.
#[pyfunction]
#[pyo3(signature = (
    r1cs, zkey, verification_key = None, seed = None, threads = 0, progress = None, system = "groth16"
))]
#[allow(clippy::too_many_arguments)] // keywords in Python
fn insecure_dev_setup(
    py: Python<'_>,
    r1cs: &Bound<'_, PyAny>,
    zkey: &Bound<'_, PyAny>,
    verification_key: Option<&Bound<'_, PyAny>>,
    seed: Option<&[u8]>,
    threads: usize,
    progress: Option<&Bound<'_, PyAny>>,
    system: &str,
) -> PyResult<String> {
    let system = System::named(system).map_err(|e| to_python(py, e))?;
    let text = CString::new(
        "one-party set-up: this process knows the trapdoor and could forge any proof; for development only",
    )?;
    PyErr::warn(py, &py.get_type::<errors::InsecureSetupWarning>(), &text, 1)?;
    let (r1cs, zkey) = (path(r1cs)?, path(zkey)?);
    let vkey = verification_key.map(path).transpose()?;
    let hash = work::run(py, threads, progress, system.setup_stages(), |observer| {
        system::set_up(system, &r1cs, &zkey, vkey.as_deref(), seed, observer)
    })?;
    Ok(hex(&hash))
}

/// A set-up of a PLONK or FFLONK circuit from the powers of tau of a ceremony.
#[pyfunction]
#[pyo3(signature = (
    r1cs, powers_of_tau, zkey, verification_key = None, system = "plonk", threads = 0, progress = None
))]
#[allow(clippy::too_many_arguments)] // keywords in Python
fn universal_setup(
    py: Python<'_>,
    r1cs: &Bound<'_, PyAny>,
    powers_of_tau: &Bound<'_, PyAny>,
    zkey: &Bound<'_, PyAny>,
    verification_key: Option<&Bound<'_, PyAny>>,
    system: &str,
    threads: usize,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<String> {
    let system = System::named(system).map_err(|e| to_python(py, e))?;
    let (r1cs, powers, zkey) = (path(r1cs)?, path(powers_of_tau)?, path(zkey)?);
    let vkey = verification_key.map(path).transpose()?;
    let hash = work::run(py, threads, progress, system.setup_stages(), |observer| {
        system::set_up_from_powers(system, &r1cs, &powers, &zkey, vkey.as_deref(), observer)
    })?;
    Ok(hex(&hash))
}

/// Counts of a circuit.
#[pyfunction]
#[pyo3(signature = (path))]
fn r1cs_info<'py>(py: Python<'py>, path: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyDict>> {
    let path = convert::path(path)?;
    let circuit = work::run(py, 1, None, 1, |_| R1cs::parse(&Storage::open(&path, true)?))?;
    let info = PyDict::new(py);
    info.set_item("constraints", circuit.constraint_count)?;
    info.set_item("signals", circuit.signal_count)?;
    info.set_item("outputs", circuit.output_count)?;
    info.set_item("public_inputs", circuit.public_input_count)?;
    info.set_item("private_inputs", circuit.private_input_count)?;
    info.set_item("labels", circuit.label_count)?;
    info.set_item(
        "coefficients",
        circuit.matrices.iter().map(Vec::len).sum::<usize>(),
    )?;
    Ok(info)
}

/// Index of the first constraint the witness breaks; `None` if it satisfies all.
#[pyfunction]
fn check_witness(
    py: Python<'_>,
    r1cs: &Bound<'_, PyAny>,
    witness: &Bound<'_, PyAny>,
) -> PyResult<Option<usize>> {
    let path = path(r1cs)?;
    let witness = Witness::new(witness)?;
    work::run(py, 0, None, 1, |_| {
        let circuit = R1cs::parse(&Storage::open(&path, true)?)?;
        let bytes = witness.bytes();
        let values = wtns::parse(bytes)?;
        circuit.first_broken(&bytes[values])
    })
}

/// A `.wtns` file made of 32-byte little-endian values in memory, the leading one first.
#[pyfunction]
fn witness_file<'py>(py: Python<'py>, values: &Bound<'py, PyBytes>) -> PyResult<Bound<'py, PyBytes>> {
    let file = Zeroizing::new(wtns::write(values.as_bytes()).map_err(|e| to_python(py, e))?);
    Ok(PyBytes::new(py, &file))
}

/// circomlib's Poseidon hash of 1 to 16 field elements.
#[pyfunction]
fn poseidon<'py>(py: Python<'py>, inputs: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let inputs = inputs
        .try_iter()?
        .map(|v| checked_scalar(&v?))
        .collect::<PyResult<Vec<_>>>()?;
    let hash = hash::hash(&inputs).ok_or_else(|| {
        NativeError::new_err(format!(
            "{} inputs, Poseidon takes 1 to {}",
            inputs.len(),
            hash::MAX_INPUTS
        ))
    })?;
    element(py, &hash)
}

fn jubjub(x: &Bound<'_, PyAny>, y: &Bound<'_, PyAny>) -> PyResult<babyjub::Point> {
    let point = babyjub::Point {
        x: checked_scalar(x)?,
        y: checked_scalar(y)?,
    };
    if point.on_curve() {
        Ok(point)
    } else {
        Err(NativeError::new_err("the point is not on Baby Jubjub"))
    }
}

fn pair<'py>(py: Python<'py>, point: &babyjub::Point) -> PyResult<Pair<'py>> {
    Ok((element(py, &point.x)?, element(py, &point.y)?))
}

fn multiplier(scalar: &Bound<'_, PyAny>) -> PyResult<Zeroizing<[u8; 32]>> {
    let bytes = word(scalar)?.ok_or_else(|| NativeError::new_err("scalar negative or above 256 bits"))?;
    Ok(Zeroizing::new(bytes))
}

/// A multiple of circomlib's `Base8` on Baby Jubjub.
#[pyfunction]
fn babyjub_mul_base<'py>(py: Python<'py>, scalar: &Bound<'py, PyAny>) -> PyResult<Pair<'py>> {
    pair(py, &babyjub::BASE8.mul(&*multiplier(scalar)?))
}

/// A multiple of a point of Baby Jubjub.
#[pyfunction]
fn babyjub_mul<'py>(
    py: Python<'py>,
    x: &Bound<'py, PyAny>,
    y: &Bound<'py, PyAny>,
    scalar: &Bound<'py, PyAny>,
) -> PyResult<Pair<'py>> {
    pair(py, &jubjub(x, y)?.mul(&*multiplier(scalar)?))
}

/// Sum of two points of Baby Jubjub.
#[pyfunction]
fn babyjub_add<'py>(py: Python<'py>, a: Pair<'py>, b: Pair<'py>) -> PyResult<Pair<'py>> {
    pair(py, &jubjub(&a.0, &a.1)?.add(&jubjub(&b.0, &b.1)?))
}

/// Precompile 6 (EIP-196): sum of two G1 points.
#[pyfunction]
fn ec_add<'py>(py: Python<'py>, data: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    evm::add(data)
        .map(|out| PyBytes::new(py, &out))
        .map_err(|e| to_python(py, e))
}

/// Precompile 7 (EIP-196): a G1 point times a scalar.
#[pyfunction]
fn ec_mul<'py>(py: Python<'py>, data: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    evm::mul(data)
        .map(|out| PyBytes::new(py, &out))
        .map_err(|e| to_python(py, e))
}

/// Precompile 8 (EIP-197): whether the product of pairings is one.
#[pyfunction]
fn ec_pairing(py: Python<'_>, data: &[u8]) -> PyResult<bool> {
    py.detach(|| evm::pairing(data)).map_err(|e| to_python(py, e))
}

/// Which arithmetic this machine runs.
#[pyfunction]
fn backend() -> &'static str {
    crate::kernel::backend()
}

/// Groth16 over BN254, compiled.
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    for (name, limbs) in [("R", R_LIMBS), ("P", P_LIMBS)] {
        let mut bytes = to_le(&limbs);
        bytes.reverse();
        module.add(name, integer(py, &bytes)?)?;
    }
    let int = py.get_type::<PyInt>();
    let tuple = py.get_type::<PyTuple>();
    module.add("Point1", tuple.get_item((&int, &int))?)?;
    module.add("Point2", tuple.get_item((&int, &int, &int, &int))?)?;
    let arguments = PyList::new(
        py,
        [
            py.get_type::<PyString>().as_any(),
            py.get_type::<PyFloat>().as_any(),
        ],
    )?;
    let callable = py.import("collections.abc")?.getattr("Callable")?;
    module.add("Progress", callable.get_item((arguments, py.None()))?)?;
    module.add("NativeError", py.get_type::<errors::NativeError>())?;
    module.add("NativeFormatError", py.get_type::<errors::NativeFormatError>())?;
    module.add("WitnessLengthError", py.get_type::<errors::WitnessLengthError>())?;
    module.add(
        "WitnessNotSatisfied",
        py.get_type::<errors::WitnessNotSatisfied>(),
    )?;
    module.add("SignalCountError", py.get_type::<errors::SignalCountError>())?;
    module.add(
        "InsecureSetupWarning",
        py.get_type::<errors::InsecureSetupWarning>(),
    )?;
    module.add_class::<PyVerifyingKey>()?;
    module.add_class::<PyProvingKey>()?;
    module.add_class::<PyProof>()?;
    for function in [
        wrap_pyfunction!(load_key, module)?,
        wrap_pyfunction!(prove, module)?,
        wrap_pyfunction!(prove_many, module)?,
        wrap_pyfunction!(verify, module)?,
        wrap_pyfunction!(verify_batch, module)?,
        wrap_pyfunction!(verifying_key, module)?,
        wrap_pyfunction!(insecure_dev_setup, module)?,
        wrap_pyfunction!(universal_setup, module)?,
        wrap_pyfunction!(r1cs_info, module)?,
        wrap_pyfunction!(check_witness, module)?,
        wrap_pyfunction!(witness_file, module)?,
        wrap_pyfunction!(poseidon, module)?,
        wrap_pyfunction!(babyjub_mul_base, module)?,
        wrap_pyfunction!(babyjub_mul, module)?,
        wrap_pyfunction!(babyjub_add, module)?,
        wrap_pyfunction!(ec_add, module)?,
        wrap_pyfunction!(ec_mul, module)?,
        wrap_pyfunction!(ec_pairing, module)?,
        wrap_pyfunction!(backend, module)?,
    ] {
        module.add_function(function)?;
    }
    Ok(())
}
