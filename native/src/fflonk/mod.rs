//! FFLONK over BN254 as snarkjs has it: its `.zkey` (protocol 10), transcript, proofs and verification keys.
//!
//! The names of polynomials, rounds and challenges are those of the paper (Gabizon, Williamson: fflonk) and of
//! snarkjs's files: C0 joins the circuit's eight polynomials, C1 the wires with the gate quotient T0, C2 the
//! permutation product Z with its quotients T1 and T2. Each is opened at the roots of one challenge ξ, so that a proof
//! has four points and sixteen scalars.

mod cosets;
mod number;
mod opening;
mod proof;
mod prove;
mod quotients;
mod setup;
mod verify;
mod vkey;
mod wires;
mod zkey;

use crate::kernel::Scalar;
use zeroize::Zeroizing;

pub use proof::{Evaluations, Proof, CALLDATA_BYTES};
pub use prove::{prove, STAGES};
pub use setup::{set_up, set_up_from_powers, write_key};
pub use verify::{inverse, verify, verify_batch};
pub use vkey::VerifyingKey;
pub use zkey::ProvingKey;

/// Elements that one task takes at least.
const CHUNK: usize = 1 << 11;

/// Values that the witness can be learned from; wiped when dropped.
type Secret = Zeroizing<Vec<Scalar>>;
