//! Groth16, PLONK and FFLONK over BN254 for ZKPool: reads snarkjs's files, proves, verifies, sets up for development.
//!
//! The modules below know no Python; `python` (a feature) is the glue: argument checks, release of the interpreter
//! lock, error mapping. `unsafe` is allowed in two places: `kernel` for the processor's instructions and `storage` for the
//! memory map.
#![deny(unsafe_code)]

pub mod babyjub;
pub mod binfile;
pub mod curve;
pub mod error;
pub mod evm;
pub mod fflonk;
pub mod fft;
pub mod field;
pub mod groth16;
pub mod json;
pub mod kernel;
pub mod msm;
pub mod plonk;
pub mod plonkish;
pub mod poseidon;
pub mod r1cs;
pub mod rows;
pub mod setup;
pub mod storage;
pub mod system;
pub mod vkey;
pub mod wtns;
pub mod zkey;

#[cfg(feature = "python")]
mod python;
