//! What a call of a scenario must do, and in what it differs.

use revm::primitives::{Bytes, Log};

use crate::machine::Outcome;

/// What a call must do; `None` where it may do anything.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    pub ok: Option<bool>,
    /// Returned data, or that of the error.
    pub data: Option<Bytes>,
    /// The logs as `log_bytes` writes them.
    pub logs: Option<Bytes>,
}

/// What differs first: whether the call succeeds, its data, its logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    Status,
    Data,
    Logs,
}

impl Expected {
    /// In what an outcome differs.
    pub fn difference(&self, outcome: &Outcome) -> Option<Difference> {
        if self.ok.is_some_and(|ok| ok != outcome.ok) {
            return Some(Difference::Status);
        }
        if self.data.as_ref().is_some_and(|data| *data != outcome.data) {
            return Some(Difference::Data);
        }
        if self
            .logs
            .as_ref()
            .is_some_and(|logs| *logs != log_bytes(&outcome.logs))
        {
            return Some(Difference::Logs);
        }
        None
    }
}

/// Logs one after the other: address, number of topics (one byte), topics, length of the data (four bytes), data.
pub fn log_bytes(logs: &[Log]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for log in logs {
        bytes.extend_from_slice(log.address.as_slice());
        bytes.push(log.topics().len() as u8);
        for topic in log.topics() {
            bytes.extend_from_slice(topic.as_slice());
        }
        bytes.extend_from_slice(&(log.data.data.len() as u32).to_be_bytes());
        bytes.extend_from_slice(&log.data.data);
    }
    bytes
}
