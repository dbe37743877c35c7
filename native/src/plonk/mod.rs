//! PLONK as snarkjs has it over BN254: its keys, its transcript, its proofs.
//!
//! Gates of three wires, a copy permutation, commitments to polynomials by powers of tau. After
//! <https://eprint.iacr.org/2019/953>; what snarkjs does otherwise is said where it is done.

mod challenges;
mod proof;
mod prove;
mod quotient;
mod setup;
mod verify;
mod vkey;
mod zkey;

pub use proof::{Proof, CALLDATA_BYTES};
pub use prove::{prove, STAGES};
pub use setup::{set_up, set_up_from_powers, write_key};
pub use verify::{verify, verify_batch};
pub use vkey::VerifyingKey;
pub use zkey::ProvingKey;
