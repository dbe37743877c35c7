//! Keys and proofs as Python objects.

use crate::error::Error;
use crate::field::Fr;
use crate::groth16::{public_from_json, public_to_json, signal};
use crate::python::convert::{element, g1, g2, text, word, Point2};
use crate::python::errors::to_python;
use crate::system::{Proof, ProvingKey, System, VerifyingKey};
use crate::vkey;
use pyo3::exceptions::{PyAttributeError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::sync::Arc;

/// A checked verification key.
#[pyclass(frozen, name = "VerifyingKey", module = "zkpool_sdk._native")]
pub struct PyVerifyingKey(pub VerifyingKey);

impl PyVerifyingKey {
    /// The points that only a Groth16 key has.
    fn groth16(&self) -> PyResult<&vkey::VerifyingKey> {
        match &self.0 {
            VerifyingKey::Groth16(key) => Ok(key),
            other => Err(PyAttributeError::new_err(format!(
                "a {} key has no such point; see to_json",
                other.system().name()
            ))),
        }
    }
}

#[pymethods]
impl PyVerifyingKey {
    #[staticmethod]
    #[pyo3(name = "from_json", signature = (text))]
    fn parse(py: Python<'_>, #[pyo3(from_py_with = owned_text)] text: Vec<u8>) -> PyResult<Self> {
        VerifyingKey::from_json(&text)
            .map(Self)
            .map_err(|e| to_python(py, e))
    }
    #[getter]
    fn system(&self) -> &'static str {
        self.0.system().name()
    }
    #[getter]
    fn public_count(&self) -> usize {
        self.0.public_count()
    }
    #[getter]
    fn alpha_g1<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
        g1(py, &self.groth16()?.alpha)
    }
    #[getter]
    fn beta_g2<'py>(&self, py: Python<'py>) -> PyResult<Point2<'py>> {
        g2(py, &self.groth16()?.beta)
    }
    #[getter]
    fn gamma_g2<'py>(&self, py: Python<'py>) -> PyResult<Point2<'py>> {
        g2(py, &self.groth16()?.gamma)
    }
    #[getter]
    fn delta_g2<'py>(&self, py: Python<'py>) -> PyResult<Point2<'py>> {
        g2(py, &self.groth16()?.delta)
    }
    #[getter]
    fn ic<'py>(&self, py: Python<'py>) -> PyResult<Vec<(Bound<'py, PyAny>, Bound<'py, PyAny>)>> {
        self.groth16()?.ic.iter().map(|point| g1(py, point)).collect()
    }
    fn to_json(&self, py: Python<'_>) -> String {
        py.detach(|| self.0.to_json())
    }
    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other
            .cast::<PyVerifyingKey>()
            .is_ok_and(|other| other.get().0 == self.0)
    }
    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.0.hash(&mut hasher);
        hasher.finish()
    }
    fn __repr__(&self) -> String {
        format!(
            "<VerifyingKey: {}, {} public signals>",
            self.0.system().name(),
            self.0.public_count()
        )
    }
}

/// A warm proving key.
#[pyclass(frozen, name = "ProvingKey", module = "zkpool_sdk._native")]
pub struct PyProvingKey {
    pub key: Arc<ProvingKey>,
    pub path: PathBuf,
}

#[pymethods]
impl PyProvingKey {
    #[getter]
    fn system(&self) -> &'static str {
        self.key.system().name()
    }
    #[getter]
    fn path(&self) -> String {
        self.path.display().to_string()
    }
    #[getter]
    fn constraint_count(&self) -> usize {
        self.key.constraint_count()
    }
    #[getter]
    fn domain_size(&self) -> usize {
        self.key.domain_size()
    }
    #[getter]
    fn signal_count(&self) -> usize {
        self.key.signal_count()
    }
    #[getter]
    fn public_count(&self) -> usize {
        self.key.public_count()
    }
    #[getter]
    fn memory_bytes(&self) -> usize {
        self.key.memory()
    }
    #[getter]
    fn sha256(&self) -> String {
        hex(self.key.sha256())
    }
    #[getter]
    fn verifying_key(&self) -> PyVerifyingKey {
        PyVerifyingKey(self.key.verifying_key())
    }
    fn __repr__(&self) -> String {
        format!(
            "<ProvingKey: {}, {} constraints, {} signals>",
            self.key.system().name(),
            self.key.constraint_count(),
            self.key.signal_count()
        )
    }
}

/// A proof with its public signals.
#[pyclass(frozen, name = "Proof", module = "zkpool_sdk._native")]
pub struct PyProof {
    pub proof: Proof,
    pub public: Vec<Fr>,
}

#[pymethods]
impl PyProof {
    #[staticmethod]
    #[pyo3(signature = (calldata, public_signals, system = "groth16"))]
    fn from_calldata(
        py: Python<'_>,
        calldata: &Bound<'_, PyBytes>,
        public_signals: &Bound<'_, PyAny>,
        system: &str,
    ) -> PyResult<Self> {
        let proof = System::named(system)
            .and_then(|system| Proof::from_calldata(system, calldata.as_bytes()))
            .map_err(|e| to_python(py, e))?;
        let mut public = Vec::new();
        for (index, value) in words(public_signals)?.into_iter().enumerate() {
            public.push(value.and_then(|w| signal(&w)).ok_or_else(|| {
                let message = "signal not below the modulus";
                to_python(py, Error::element("public", index as u64, message))
            })?);
        }
        Ok(PyProof { proof, public })
    }
    #[staticmethod]
    #[pyo3(name = "from_json", signature = (proof_json, public_json))]
    fn parse(
        py: Python<'_>,
        #[pyo3(from_py_with = owned_text)] proof_json: Vec<u8>,
        #[pyo3(from_py_with = owned_text)] public_json: Vec<u8>,
    ) -> PyResult<Self> {
        let proof = Proof::from_json(&proof_json).map_err(|e| to_python(py, e))?;
        let public = public_from_json(&public_json).map_err(|e| to_python(py, e))?;
        Ok(PyProof { proof, public })
    }
    #[getter]
    fn system(&self) -> &'static str {
        self.proof.system().name()
    }
    #[getter]
    fn calldata<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.proof.to_calldata())
    }
    #[getter]
    fn public_signals<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        self.public.iter().map(|value| element(py, value)).collect()
    }
    fn proof_json(&self) -> String {
        self.proof.to_json()
    }
    fn public_json(&self) -> String {
        public_to_json(&self.public)
    }
    fn __repr__(&self) -> String {
        format!(
            "<Proof: {}, {} public signals>",
            self.proof.system().name(),
            self.public.len()
        )
    }
}

/// The words of a sequence of integers; `None` where one is negative or above 256 bits.
pub fn words(values: &Bound<'_, PyAny>) -> PyResult<Vec<Option<[u8; 32]>>> {
    values.try_iter()?.map(|value| word(&value?)).collect()
}

/// The verification key in any form the API takes.
pub fn verifying_key(source: &Bound<'_, PyAny>) -> PyResult<VerifyingKey> {
    if let Ok(key) = source.cast::<PyProvingKey>() {
        return Ok(key.get().key.verifying_key());
    }
    if let Ok(key) = source.cast::<PyVerifyingKey>() {
        return Ok(key.get().0.clone());
    }
    VerifyingKey::from_json(text(source)?).map_err(|e| to_python(source.py(), e))
}

/// The proof in any form the API takes, bytes being those of `system`; `None` if a verifier refuses one of its points.
pub fn proof(source: &Bound<'_, PyAny>, system: System) -> PyResult<Option<Proof>> {
    if let Ok(proof) = source.cast::<PyProof>() {
        return Ok(Some(proof.get().proof.clone()));
    }
    let parsed = if let Ok(bytes) = source.cast::<PyBytes>() {
        Proof::from_calldata(system, bytes.as_bytes())
    } else if source.is_instance_of::<PyString>() {
        Proof::from_json(text(source)?)
    } else {
        return Err(PyTypeError::new_err(
            "a Proof, calldata bytes or proof.json text is needed",
        ));
    };
    match parsed {
        Ok(proof) => Ok(Some(proof)),
        Err(Error::Element { .. }) => Ok(None),
        Err(error) => Err(to_python(source.py(), error)),
    }
}

fn owned_text(value: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    Ok(text(value)?.to_vec())
}

/// Lower-case hex digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
