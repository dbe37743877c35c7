//! Tests of the core through its public modules; one program, so that it is linked once.

mod arithmetic;
mod common;
mod corpus;
mod fflonk;
mod groth16;
mod hashes;
mod lanes;
mod parsers;
mod plonk;
mod plonk_prove;
mod plonk_snarkjs;
