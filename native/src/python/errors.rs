//! Python exceptions of the core.

use crate::error::Error;
use crate::python::classes::PyProof;
use pyo3::exceptions::{PyKeyboardInterrupt, PyOSError, PyUserWarning, PyValueError};
use pyo3::prelude::*;
use pyo3::{create_exception, IntoPyObjectExt};

create_exception!(
    zkpool_sdk._native,
    NativeError,
    PyValueError,
    "Root of everything the compiled core refuses."
);
create_exception!(
    zkpool_sdk._native,
    NativeFormatError,
    NativeError,
    "A file, proof or key that is malformed, truncated, oversized or off the curve."
);
create_exception!(
    zkpool_sdk._native,
    WitnessLengthError,
    NativeError,
    "A witness with another number of values than the key has signals."
);
create_exception!(
    zkpool_sdk._native,
    WitnessNotSatisfied,
    NativeError,
    "A witness that does not satisfy the circuit."
);
create_exception!(
    zkpool_sdk._native,
    SignalCountError,
    NativeError,
    "A list of public signals of the wrong length."
);
create_exception!(
    zkpool_sdk._native,
    InsecureSetupWarning,
    PyUserWarning,
    "Emitted by a one-party set-up: whoever ran it can forge proofs."
);

fn with_fields<const N: usize>(
    py: Python<'_>,
    error: PyErr,
    fields: [(&str, PyResult<Py<PyAny>>); N],
) -> PyErr {
    for (name, value) in fields {
        if let Err(failed) = value.and_then(|value| error.value(py).setattr(name, value)) {
            return failed;
        }
    }
    error
}

/// The exception of a core error.
pub fn to_python(py: Python<'_>, error: Error) -> PyErr {
    let text = error.to_string();
    match error {
        Error::Format {
            section,
            offset,
            message,
        }
        | Error::Element {
            section,
            offset,
            message,
        } => with_fields(
            py,
            NativeFormatError::new_err(text),
            [
                ("message", message.into_py_any(py)),
                ("offset", offset.into_py_any(py)),
                ("section", section.into_py_any(py)),
            ],
        ),
        Error::WitnessLength { expected, actual } => with_fields(
            py,
            WitnessLengthError::new_err(text),
            [
                ("expected", expected.into_py_any(py)),
                ("actual", actual.into_py_any(py)),
            ],
        ),
        Error::SignalCount { expected, actual } => with_fields(
            py,
            SignalCountError::new_err(text),
            [
                ("expected", expected.into_py_any(py)),
                ("actual", actual.into_py_any(py)),
            ],
        ),
        Error::NotSatisfied => WitnessNotSatisfied::new_err(text),
        Error::Argument(_) => NativeError::new_err(text),
        Error::Io { path, source } => match source.raw_os_error() {
            // With an errno, Python picks the subclass: FileNotFoundError, PermissionError ...
            Some(code) => PyOSError::new_err((code, source.to_string(), path)),
            None => PyOSError::new_err(text),
        },
        Error::Cancelled => PyKeyboardInterrupt::new_err(text),
    }
}

/// The exception of the first failure among many, with the proofs of the others: nothing that was made is lost.
pub fn with_proofs(py: Python<'_>, error: Error, index: usize, proofs: Vec<Option<PyProof>>) -> PyErr {
    with_fields(
        py,
        to_python(py, error),
        [
            ("index", index.into_py_any(py)),
            ("proofs", proofs.into_py_any(py)),
        ],
    )
}
