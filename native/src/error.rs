//! Everything the core refuses, as one type that knows no Python.

use std::fmt;
use std::io;

/// Why a call did not give a result. Never carries a secret.
#[derive(Debug)]
pub enum Error {
    /// Input that is malformed, truncated, oversized or off the curve.
    Format {
        section: &'static str,
        offset: u64,
        message: String,
    },
    /// A number or point that a verifier refuses: too large, off the curve, outside the subgroup, at infinity.
    Element {
        section: &'static str,
        offset: u64,
        message: String,
    },
    /// The witness belongs to another circuit.
    WitnessLength { expected: usize, actual: usize },
    /// The proof made from the witness failed its check.
    NotSatisfied,
    /// Wrong number of public signals.
    SignalCount { expected: usize, actual: usize },
    /// An argument outside its range.
    Argument(String),
    /// The operating system refused.
    Io { path: String, source: io::Error },
    /// The caller asked to stop.
    Cancelled,
}

/// Shorthand of the whole crate.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A format error seen at `offset` of `section`.
    pub fn format(section: &'static str, offset: u64, message: impl Into<String>) -> Self {
        Error::Format {
            section,
            offset,
            message: message.into(),
        }
    }

    /// A refused number or point at `offset` of `section`.
    pub fn element(section: &'static str, offset: u64, message: impl Into<String>) -> Self {
        Error::Element {
            section,
            offset,
            message: message.into(),
        }
    }

    /// An operating system error about `path`.
    pub fn io(path: &std::path::Path, source: io::Error) -> Self {
        Error::Io {
            path: path.display().to_string(),
            source,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Format {
                section,
                offset,
                message,
            }
            | Error::Element {
                section,
                offset,
                message,
            } => {
                write!(f, "{message} (section {section}, offset {offset})")
            }
            Error::WitnessLength { expected, actual } => {
                write!(
                    f,
                    "the witness has {actual} values, the circuit {expected} signals"
                )
            }
            Error::NotSatisfied => f.write_str("the witness does not satisfy the circuit"),
            Error::SignalCount { expected, actual } => {
                write!(f, "got {actual} public signals, the key has {expected}")
            }
            Error::Argument(message) => f.write_str(message),
            Error::Io { path, source } => write!(f, "{path}: {source}"),
            Error::Cancelled => f.write_str("cancelled"),
        }
    }
}

impl std::error::Error for Error {}

/// How a long computation tells of its progress and hears that it should stop.
pub trait Observer: Sync {
    /// `stage` is finished; called from any worker thread.
    fn finished(&self, stage: &'static str);
    /// Whether the caller asked to stop; polled often.
    fn cancelled(&self) -> bool;

    /// `Err(Cancelled)` once the caller asked to stop.
    fn checkpoint(&self) -> Result<()> {
        if self.cancelled() {
            Err(Error::Cancelled)
        } else {
            Ok(())
        }
    }
}

/// An observer that hears nothing and never stops.
pub struct Silent;

impl Observer for Silent {
    fn finished(&self, _stage: &'static str) {}
    fn cancelled(&self) -> bool {
        false
    }
}
