//! The Fiat-Shamir transcript of snarkjs: Keccak-256 over points and scalars, each challenge with its own hash.

use crate::curve::G1;
use crate::field::{to_be, Fr};
use ark_ec::short_weierstrass::Affine;
use ark_ec::AffineRepr;
use ark_ff::PrimeField;
use sha3::{Digest, Keccak256};

/// What one challenge is hashed from, in the order in which it was added.
#[derive(Clone, Default)]
pub struct Transcript(Keccak256);

impl Transcript {
    /// An empty transcript.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a commitment: x then y, 32 big-endian bytes each; infinity is 64 zero bytes.
    pub fn point(mut self, point: &Affine<G1>) -> Self {
        match point.xy() {
            Some((x, y)) => {
                self.0.update(to_be(&x));
                self.0.update(to_be(&y));
            }
            None => self.0.update([0u8; 64]),
        }
        self
    }

    /// Adds several commitments.
    pub fn points<'a>(self, points: impl IntoIterator<Item = &'a Affine<G1>>) -> Self {
        points.into_iter().fold(self, Self::point)
    }

    /// Adds a scalar: 32 big-endian bytes.
    pub fn scalar(mut self, value: &Fr) -> Self {
        self.0.update(to_be(value));
        self
    }

    /// Adds several scalars.
    pub fn scalars<'a>(self, values: impl IntoIterator<Item = &'a Fr>) -> Self {
        values.into_iter().fold(self, Self::scalar)
    }

    /// The hash as a big-endian number modulo r.
    pub fn challenge(self) -> Fr {
        Fr::from_be_bytes_mod_order(&self.0.finalize())
    }
}
