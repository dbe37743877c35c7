//! Python integers, points and paths to and from the core's types.

use crate::curve::{G1, G2};
use crate::field::{from_be, to_be, Fq, Fr};
use crate::python::errors::NativeError;
use ark_ec::short_weierstrass::Affine;
use ark_ec::AffineRepr;
use ark_ff::{AdditiveGroup, BigInt, PrimeField};
use pyo3::exceptions::{PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt, PyString};
use std::path::PathBuf;

/// The 32 big-endian bytes of a Python integer; `None` if it is negative or does not fit.
pub fn word(value: &Bound<'_, PyAny>) -> PyResult<Option<[u8; 32]>> {
    let value = value
        .cast::<PyInt>()
        .map_err(|_| PyTypeError::new_err("an int is needed"))?;
    match value.call_method1("to_bytes", (32, "big")) {
        // A subclass of int may answer with anything.
        Ok(bytes) => match bytes.cast::<PyBytes>()?.as_bytes().try_into() {
            Ok(word) => Ok(Some(word)),
            Err(_) => Err(PyTypeError::new_err("an int of 32 bytes is needed")),
        },
        Err(error) if error.is_instance_of::<PyOverflowError>(value.py()) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The Python integer of 32 big-endian bytes.
pub fn integer<'py>(py: Python<'py>, bytes: &[u8; 32]) -> PyResult<Bound<'py, PyAny>> {
    py.get_type::<PyInt>()
        .call_method1("from_bytes", (PyBytes::new(py, bytes), "big"))
}

/// The Python integer of a field element.
pub fn element<'py, F: PrimeField<BigInt = BigInt<4>>>(
    py: Python<'py>,
    value: &F,
) -> PyResult<Bound<'py, PyAny>> {
    integer(py, &to_be(value))
}

/// A scalar from a Python integer; `None` if it is not in the field.
pub fn scalar(value: &Bound<'_, PyAny>) -> PyResult<Option<Fr>> {
    Ok(word(value)?.and_then(|bytes| from_be(&bytes)))
}

/// A scalar from a Python integer that must be in the field.
pub fn checked_scalar(value: &Bound<'_, PyAny>) -> PyResult<Fr> {
    scalar(value)?.ok_or_else(|| NativeError::new_err("number not below the order of the group"))
}

/// `(x, y)`, zeros for infinity.
pub fn g1<'py>(py: Python<'py>, point: &Affine<G1>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let (x, y) = point.xy().unwrap_or((Fq::ZERO, Fq::ZERO));
    Ok((element(py, &x)?, element(py, &y)?))
}

/// `(x.imag, x.real, y.imag, y.real)`, zeros for infinity.
pub type Point2<'py> = (
    Bound<'py, PyAny>,
    Bound<'py, PyAny>,
    Bound<'py, PyAny>,
    Bound<'py, PyAny>,
);

/// See [`Point2`].
pub fn g2<'py>(py: Python<'py>, point: &Affine<G2>) -> PyResult<Point2<'py>> {
    let [a, b, c, d] = match point.xy() {
        Some((x, y)) => [x.c1, x.c0, y.c1, y.c0],
        None => [Fq::ZERO; 4],
    };
    Ok((
        element(py, &a)?,
        element(py, &b)?,
        element(py, &c)?,
        element(py, &d)?,
    ))
}

/// A file-system path: `str` or `os.PathLike[str]`.
pub fn path(value: &Bound<'_, PyAny>) -> PyResult<PathBuf> {
    value.extract()
}

/// The bytes of `str` or `bytes`; the value itself is kept alive by the caller.
pub fn text<'a>(value: &'a Bound<'_, PyAny>) -> PyResult<&'a [u8]> {
    if let Ok(bytes) = value.cast::<PyBytes>() {
        Ok(bytes.as_bytes())
    } else if let Ok(text) = value.cast::<PyString>() {
        Ok(text.to_str()?.as_bytes())
    } else {
        Err(PyTypeError::new_err("str or bytes are needed"))
    }
}
