//! What a call of a scenario must do, and in what it differs.

use revm::primitives::{AddressSet, Bytes, Log};

use crate::machine::{Call, Outcome};

/// Calls with what each must do.
#[derive(Clone, Debug, Default)]
pub struct Scenario {
    pub calls: Vec<Call>,
    pub expected: Vec<Expected>,
    /// Contracts whose logs are compared; all, if not given.
    pub watched: Option<AddressSet>,
}

/// What a call must do; `None` where it may do anything.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    pub ok: Option<bool>,
    /// Returned data, or that of the error.
    pub data: Option<Bytes>,
    /// The logs as `log_bytes` writes them.
    pub logs: Option<Bytes>,
    /// Whether it may fail without saying why, whatever its error should be.
    pub mute: bool,
}

/// What differs first: whether the call succeeds, its data, its logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    Status,
    Data,
    Logs,
}

impl Difference {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Data => "data",
            Self::Logs => "logs",
        }
    }
}

impl Expected {
    /// In what an outcome differs.
    pub fn difference(&self, outcome: &Outcome, watched: Option<&AddressSet>) -> Option<Difference> {
        if self.ok.is_some_and(|ok| ok != outcome.ok) {
            return Some(Difference::Status);
        }
        let is_mute = self.mute && !outcome.ok && outcome.data.is_empty();
        if !is_mute && self.data.as_ref().is_some_and(|data| *data != outcome.data) {
            return Some(Difference::Data);
        }
        if self
            .logs
            .as_ref()
            .is_some_and(|logs| *logs != log_bytes(&outcome.logs, watched))
        {
            return Some(Difference::Logs);
        }
        None
    }
}

/// Logs in the order of their bytes, whatever their order was: address, number of topics (one byte), topics, length of
/// the data (four bytes), data.
pub fn log_bytes(logs: &[Log], watched: Option<&AddressSet>) -> Vec<u8> {
    let heard = logs
        .iter()
        .filter(|log| watched.is_none_or(|some| some.contains(&log.address)));
    let mut entries: Vec<Vec<u8>> = heard.map(entry).collect();
    entries.sort_unstable();
    entries.concat()
}

fn entry(log: &Log) -> Vec<u8> {
    let (topics, data) = (log.topics(), &log.data.data);
    let mut bytes = Vec::with_capacity(25 + 32 * topics.len() + data.len());
    bytes.extend_from_slice(log.address.as_slice());
    bytes.push(topics.len() as u8);
    for topic in topics {
        bytes.extend_from_slice(topic.as_slice());
    }
    bytes.extend_from_slice(&(data.len() as u32).to_be_bytes());
    bytes.extend_from_slice(data);
    bytes
}
