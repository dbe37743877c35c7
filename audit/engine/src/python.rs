//! The Python face: arguments, release of the interpreter lock, errors.

use pyo3::create_exception;
use pyo3::exceptions::{PyException, PyKeyError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};
use revm::bytecode::Bytecode;
use revm::install_crypto;
use revm::primitives::{hex, Address, Bytes, B256, U256};

use crate::dump::{dump, load};
use crate::expected::{log_bytes, Expected, Scenario as Checked};
use crate::machine::{Call, Machine, Outcome, Refused, BLOCK_GAS};
use crate::memo::Remembering;
use crate::probes::MAGIC;

create_exception!(_evm, Refusal, PyException, "A transaction that cannot be run.");

impl From<Refused> for PyErr {
    fn from(refused: Refused) -> Self {
        Refusal::new_err(refused.0)
    }
}

/// An address given as 20 bytes or as hexadecimal text.
struct Place(Address);

impl<'py> FromPyObject<'_, 'py> for Place {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let parsed = if let Ok(bytes) = given.cast::<PyBytes>() {
            Address::try_from(bytes.as_bytes()).ok()
        } else {
            let mut raw = [0; 20];
            hex::decode_to_slice(given.extract::<&str>()?, &mut raw)
                .ok()
                .map(|()| Address::from(raw))
        };
        parsed
            .map(Place)
            .ok_or_else(|| PyValueError::new_err("an address is 20 bytes or their hexadecimal text"))
    }
}

/// A call as Python writes it: (sender, to, data, at) or (sender, to, data, at, value).
struct Given(Call);

impl<'py> FromPyObject<'_, 'py> for Given {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let parts = given.cast::<PyTuple>()?;
        let value = if parts.len() > 4 {
            parts.get_item(4)?.extract::<u128>()?
        } else {
            0
        };
        Ok(Given(Call {
            sender: parts.get_borrowed_item(0)?.extract::<Place>()?.0,
            to: parts
                .get_borrowed_item(1)?
                .extract::<Option<Place>>()?
                .map(|place| place.0),
            data: Bytes::copy_from_slice(parts.get_borrowed_item(2)?.cast::<PyBytes>()?.as_bytes()),
            value: U256::from(value),
            at: parts.get_borrowed_item(3)?.extract()?,
        }))
    }
}

/// What a call must do as Python writes it: nothing, its data if it must succeed, or (ok, data, logs, mute).
struct Wanted(Expected);

impl<'py> FromPyObject<'_, 'py> for Wanted {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let bytes = |part: Borrowed<'_, '_, PyAny>| -> PyResult<Option<Bytes>> {
            Ok(part.extract::<Option<&[u8]>>()?.map(Bytes::copy_from_slice))
        };
        if let Ok(parts) = given.cast::<PyTuple>() {
            let ok = parts.get_borrowed_item(0)?.extract()?;
            let data = bytes(parts.get_borrowed_item(1)?)?;
            let logs = bytes(parts.get_borrowed_item(2)?)?;
            let mute = if parts.len() > 3 {
                parts.get_item(3)?.extract()?
            } else {
                false
            };
            return Ok(Wanted(Expected { ok, data, logs, mute }));
        }
        let data = bytes(given)?;
        Ok(Wanted(Expected {
            ok: data.is_some().then_some(true),
            data,
            ..Expected::default()
        }))
    }
}

/// What a transaction did.
#[pyclass(frozen, module = "audit._evm")]
pub struct Result(Outcome);

type Emitted<'py> = (Bound<'py, PyBytes>, Vec<Bound<'py, PyBytes>>, Bound<'py, PyBytes>);

#[pymethods]
impl Result {
    #[getter]
    fn ok(&self) -> bool {
        self.0.ok
    }

    #[getter]
    fn data<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.data)
    }

    #[getter]
    fn gas_used(&self) -> u64 {
        self.0.gas_used
    }

    #[getter]
    fn contract<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        self.0
            .contract
            .map(|address| PyBytes::new(py, address.as_slice()))
    }

    #[getter]
    fn logs<'py>(&self, py: Python<'py>) -> Vec<Emitted<'py>> {
        let word = |bytes: &[u8]| PyBytes::new(py, bytes);
        let logs = self.0.logs.iter();
        logs.map(|log| {
            let topics = log.topics().iter().map(|topic| word(topic.as_slice())).collect();
            (word(log.address.as_slice()), topics, word(&log.data.data))
        })
        .collect()
    }

    #[getter]
    fn log_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &log_bytes(&self.0.logs, None))
    }

    #[getter]
    fn halt(&self) -> Option<String> {
        self.0.halt.as_ref().map(ToString::to_string)
    }
}

/// Calls with what each must do, read once and run many times.
#[pyclass(frozen, module = "audit._evm")]
pub struct Scenario(Checked);

#[pymethods]
impl Scenario {
    #[new]
    #[pyo3(signature = (calls, expected, watched = None))]
    fn new(calls: Vec<Given>, expected: Vec<Wanted>, watched: Option<Vec<Place>>) -> PyResult<Self> {
        if calls.len() != expected.len() {
            return Err(PyValueError::new_err(format!(
                "{} calls, {} expected",
                calls.len(),
                expected.len()
            )));
        }
        Ok(Self(Checked {
            calls: calls.into_iter().map(|given| given.0).collect(),
            expected: expected.into_iter().map(|wanted| wanted.0).collect(),
            watched: watched.map(|places| places.into_iter().map(|place| place.0).collect()),
        }))
    }

    fn __len__(&self) -> usize {
        self.0.calls.len()
    }
}

/// A chain in this process.
#[pyclass(module = "audit._evm")]
pub struct Evm(Machine);

type Found = (usize, &'static str, Result);
type Logged<'py> = (
    u64,
    Bound<'py, PyBytes>,
    Vec<Bound<'py, PyBytes>>,
    Bound<'py, PyBytes>,
);

// Python names these arguments when it calls.
#[allow(clippy::too_many_arguments)]
#[pymethods]
impl Evm {
    #[new]
    #[pyo3(signature = (chain_id = 31_337, genesis_at = 1_800_000_000))]
    fn new(chain_id: u64, genesis_at: u64) -> Self {
        Self(Machine::new(chain_id, genesis_at))
    }

    #[getter]
    fn number(&self) -> u64 {
        self.0.number()
    }

    #[getter]
    fn now(&self) -> u64 {
        self.0.now()
    }

    #[getter]
    fn get_chain_id(&self) -> u64 {
        self.0.chain_id
    }

    #[setter]
    fn set_chain_id(&mut self, chain_id: u64) {
        self.0.chain_id = chain_id;
    }

    #[getter]
    fn get_unlimited_code(&self) -> bool {
        self.0.unlimited_code
    }

    #[setter]
    fn set_unlimited_code(&mut self, unlimited: bool) {
        self.0.unlimited_code = unlimited;
    }

    #[getter]
    fn get_active(&self) -> u64 {
        self.0.probes.active
    }

    #[setter]
    fn set_active(&mut self, id: u64) {
        self.0.probes.active = id;
    }

    #[classattr]
    #[pyo3(name = "MAGIC")]
    fn magic() -> u128 {
        u128::from(MAGIC)
    }

    #[pyo3(signature = (sender, to, data, value = U256::ZERO, gas = BLOCK_GAS, at = None))]
    fn transact(
        &mut self,
        py: Python<'_>,
        sender: Place,
        to: Option<Place>,
        data: &[u8],
        #[pyo3(from_py_with = number)] value: U256,
        gas: u64,
        at: Option<u64>,
    ) -> PyResult<Result> {
        let call = given(sender, to, data, value, at);
        Ok(Result(py.detach(|| self.0.transact(&call, gas))?))
    }

    #[pyo3(signature = (sender, to, data, value = U256::ZERO, gas = BLOCK_GAS, at = None))]
    fn call(
        &mut self,
        py: Python<'_>,
        sender: Place,
        to: Option<Place>,
        data: &[u8],
        #[pyo3(from_py_with = number)] value: U256,
        gas: u64,
        at: Option<u64>,
    ) -> PyResult<Result> {
        let call = given(sender, to, data, value, at);
        Ok(Result(py.detach(|| self.0.call(&call, gas))?))
    }

    #[pyo3(signature = (at = None))]
    fn mine(&mut self, at: Option<u64>) -> PyResult<()> {
        Ok(self.0.mine(at)?)
    }

    #[pyo3(signature = (calls, gas = BLOCK_GAS))]
    fn simulate(&mut self, py: Python<'_>, calls: Vec<Given>, gas: u64) -> PyResult<Vec<Result>> {
        let calls: Vec<Call> = calls.into_iter().map(|given| given.0).collect();
        Ok(py
            .detach(|| self.0.simulate(&calls, gas))?
            .into_iter()
            .map(Result)
            .collect())
    }

    #[pyo3(signature = (scenario, gas = BLOCK_GAS))]
    fn replay(&mut self, py: Python<'_>, scenario: &Scenario, gas: u64) -> PyResult<Option<Found>> {
        let found = py.detach(|| self.0.replay(&scenario.0, gas))?;
        Ok(found.map(|(place, difference, outcome)| (place, difference.name(), Result(outcome))))
    }

    fn snapshot(&mut self) -> u64 {
        self.0.snapshot()
    }

    fn revert(&mut self, snapshot: u64) -> PyResult<()> {
        if self.0.revert(snapshot) {
            return Ok(());
        }
        Err(PyKeyError::new_err(format!("no snapshot {snapshot}")))
    }

    fn copy(&self) -> Self {
        Self(self.0.clone())
    }

    fn dump<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &dump(&self.0))
    }

    #[staticmethod]
    #[pyo3(name = "load")]
    fn load_chain(data: &[u8]) -> PyResult<Self> {
        load(data)
            .map(Self)
            .ok_or_else(|| PyValueError::new_err("these bytes are no dump of a chain"))
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyBytes>,))> {
        Ok((py.get_type::<Self>().getattr("load")?, (self.dump(py),)))
    }

    fn balance<'py>(&self, py: Python<'py>, address: Place) -> PyResult<Bound<'py, PyAny>> {
        integer(py, self.0.state.info(address.0).balance)
    }

    fn set_balance(&mut self, address: Place, #[pyo3(from_py_with = number)] wei: U256) {
        let mut info = self.0.state.info(address.0);
        info.balance = wei;
        self.0.state.set_info(address.0, info);
    }

    fn nonce(&self, address: Place) -> u64 {
        self.0.state.info(address.0).nonce
    }

    fn set_nonce(&mut self, address: Place, nonce: u64) {
        let mut info = self.0.state.info(address.0);
        info.nonce = nonce;
        self.0.state.set_info(address.0, info);
    }

    fn code<'py>(&self, py: Python<'py>, address: Place) -> Bound<'py, PyBytes> {
        let code = self.0.state.info(address.0).code.unwrap_or_default();
        PyBytes::new(py, code.original_byte_slice())
    }

    fn set_code(&mut self, address: Place, code: &[u8]) -> PyResult<()> {
        let parsed = Bytecode::new_raw_checked(Bytes::copy_from_slice(code));
        self.0.state.set_code(
            address.0,
            parsed.map_err(|why| PyValueError::new_err(why.to_string()))?,
        );
        Ok(())
    }

    fn storage<'py>(
        &self,
        py: Python<'py>,
        address: Place,
        #[pyo3(from_py_with = number)] key: U256,
    ) -> PyResult<Bound<'py, PyAny>> {
        integer(py, self.0.state.word(address.0, key))
    }

    fn set_storage(
        &mut self,
        address: Place,
        #[pyo3(from_py_with = number)] key: U256,
        #[pyo3(from_py_with = number)] value: U256,
    ) {
        self.0.state.set_word(address.0, key, value);
    }

    fn block_hash<'py>(&self, py: Python<'py>, number: usize) -> PyResult<Bound<'py, PyBytes>> {
        let hash = self.0.state.hashes.get(number);
        let hash = hash.ok_or_else(|| PyKeyError::new_err(format!("no block {number}")))?;
        Ok(PyBytes::new(py, B256::as_slice(hash)))
    }

    fn block_time(&self, number: usize) -> PyResult<u64> {
        let block = self.0.blocks.get(number);
        Ok(block
            .ok_or_else(|| PyKeyError::new_err(format!("no block {number}")))?
            .at)
    }

    #[pyo3(signature = (first = 0, last = None, addresses = None))]
    fn logs<'py>(
        &self,
        py: Python<'py>,
        first: usize,
        last: Option<usize>,
        addresses: Option<Vec<Place>>,
    ) -> Vec<Logged<'py>> {
        let word = |bytes: &[u8]| PyBytes::new(py, bytes);
        let end = last.map_or(self.0.blocks.len(), |last| self.0.blocks.len().min(last + 1));
        let blocks = self.0.blocks.iter().enumerate().take(end).skip(first);
        let entries = blocks.flat_map(|(number, block)| block.logs.iter().map(move |log| (number, log)));
        entries
            .filter(|(_, log)| {
                addresses
                    .as_ref()
                    .is_none_or(|some| some.iter().any(|place| place.0 == log.address))
            })
            .map(|(number, log)| {
                let topics = log.topics().iter().map(|topic| word(topic.as_slice())).collect();
                (
                    number as u64,
                    word(log.address.as_slice()),
                    topics,
                    word(&log.data.data),
                )
            })
            .collect()
    }

    fn hits(&self) -> Vec<u64> {
        self.0.probes.counts().map(|(id, _)| id).collect()
    }

    fn counts(&self) -> Vec<(u64, u64)> {
        self.0.probes.counts().collect()
    }

    fn clear_hits(&mut self) {
        self.0.probes.clear();
    }
}

fn given(sender: Place, to: Option<Place>, data: &[u8], value: U256, at: Option<u64>) -> Call {
    Call {
        sender: sender.0,
        to: to.map(|place| place.0),
        data: Bytes::copy_from_slice(data),
        value,
        at,
    }
}

/// An unsigned integer of Python below 2^256.
fn number(given: &Bound<'_, PyAny>) -> PyResult<U256> {
    if let Ok(small) = given.extract::<u64>() {
        return Ok(U256::from(small));
    }
    let bytes = given.call_method1("to_bytes", (32, "big"))?;
    Ok(U256::from_be_slice(bytes.cast::<PyBytes>()?.as_bytes()))
}

/// The Python integer of a word.
fn integer(py: Python<'_>, word: U256) -> PyResult<Bound<'_, PyAny>> {
    let bytes = PyBytes::new(py, &word.to_be_bytes::<32>());
    py.get_type::<pyo3::types::PyInt>()
        .call_method1("from_bytes", (bytes, "big"))
}

/// The module `audit._evm`.
#[pymodule]
fn _evm(module: &Bound<'_, PyModule>) -> PyResult<()> {
    // The first to load the module installs it; another one in the process would do the same.
    let _ = install_crypto(Remembering::new());
    module.add("Refusal", module.py().get_type::<Refusal>())?;
    module.add_class::<Evm>()?;
    module.add_class::<Result>()?;
    module.add_class::<Scenario>()
}
