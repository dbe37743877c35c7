//! What PLONK and FFLONK have in common: gates, the copy permutation, powers of tau, polynomials, the transcript.

pub mod formula;
pub mod gates;
pub mod permutation;
pub mod poly;
pub mod ptau;
pub mod transcript;
