//! An Ethereum chain in the process of ZKPool's tests.
//!
//! [`state`] keeps accounts with an undo log, so that a snapshot costs nothing; [`machine`] runs transactions, calls and
//! whole scenarios on revm, whose slow precompiles remember ([`memo`]); [`probes`] is the BALANCE instruction that tells which places of a rewritten contract were
//! reached and which mutant is switched on. These know no Python; [`python`] is the glue.
#![forbid(unsafe_code)]

pub mod dump;
pub mod expected;
pub mod machine;
pub mod memo;
pub mod probes;
pub mod state;

mod python;
