//! Number-theoretic transforms between coefficients in natural order and values in bit-reversed order.
//!
//! A transform of size n walks the tree of X^n - c² = (X^(n/2) - c)(X^(n/2) + c): every node has one constant, the
//! constants in bit-reversed order serve all levels, and no pass permutes. The tree of size 2n holds two transforms
//! of size n: its left child evaluates over the domain, its right child over the odd coset, where snarkjs's H points
//! live. So a coset costs nothing extra.

#[cfg(target_arch = "x86_64")]
mod vector;

use crate::field::Fr;
use crate::kernel::Scalar;
#[cfg(target_arch = "x86_64")]
use crate::kernel::{lanes::Ifma, vector_lanes};
use ark_ff::{FftField, Field};
use rayon::prelude::*;

/// Below this many elements a transform runs on one thread.
const SERIAL: usize = 1 << 11;

/// Largest domain of the scalar field that leaves room for its odd coset.
pub const MAX_LOG: u32 = 27;

/// Tables for transforms of one size, in the form of the arithmetic that was in use when they were made.
pub struct Domain {
    log: u32,
    #[cfg(target_arch = "x86_64")]
    lanes: Option<Ifma>,
    /// `w^rev(j)` for the 2n-th root w: n entries.
    forward: Vec<Scalar>,
    /// Inverses of the first n/2 entries.
    inverse: Vec<Scalar>,
    size_inverse: Scalar,
}

/// The low `bits` bits of `index` in reverse order.
#[inline(always)]
pub fn reverse(index: usize, bits: u32) -> usize {
    if bits == 0 {
        0
    } else {
        index.reverse_bits() >> (usize::BITS - bits)
    }
}

/// A root of unity of order 2^log, the one snarkjs uses.
pub fn root(log: u32) -> Fr {
    let mut root = Fr::TWO_ADIC_ROOT_OF_UNITY;
    for _ in log..Fr::TWO_ADICITY {
        root.square_in_place();
    }
    root
}

impl Domain {
    /// Tables for size 2^log; `log` is at most [`MAX_LOG`].
    pub fn new(log: u32) -> Self {
        assert!(log <= MAX_LOG, "domain checked by the caller");
        let size = 1usize << log;
        #[cfg(target_arch = "x86_64")]
        let lanes = vector_lanes().filter(|_| log >= vector::MIN_LOG);
        let table = |step: Fr, length: usize| {
            let mut powers = Vec::with_capacity(log as usize + 1);
            let mut power = step;
            for _ in 0..log {
                powers.push(Scalar::from_ark(power));
                power.square_in_place();
            }
            // Entry j is the product of the powers at the set bits of rev(j): bit b of j has weight log-1-b.
            powers.reverse();
            #[cfg(target_arch = "x86_64")]
            if let Some(ifma) = lanes {
                let mut start = [Scalar::ONE; 8];
                fill(&mut start, &powers);
                return vector::table(ifma, &start, &powers[3..length.trailing_zeros() as usize]);
            }
            let mut out = vec![Scalar::ONE; length];
            fill(&mut out, &powers);
            out
        };
        let step = root(log + 1);
        let back = step.inverse().unwrap_or(Fr::ONE);
        let size_inverse = Scalar::from_ark(Fr::from(size as u64).inverse().unwrap_or(Fr::ONE));
        Domain {
            log,
            #[cfg(target_arch = "x86_64")]
            lanes,
            forward: table(step, size),
            inverse: table(back, (size / 2).max(1)),
            size_inverse,
        }
    }

    /// Number of points.
    pub fn size(&self) -> usize {
        1 << self.log
    }

    /// Base-two logarithm of the size.
    pub fn log(&self) -> u32 {
        self.log
    }

    /// Bytes of the tables.
    pub fn memory(&self) -> usize {
        (self.forward.len() + self.inverse.len()) * std::mem::size_of::<Scalar>()
    }

    /// 1/n, the factor [`Domain::interpolate`] leaves out.
    pub fn size_inverse(&self) -> Scalar {
        self.size_inverse
    }

    /// Values over the domain, bit-reversed, to n times the coefficients, in place.
    pub fn interpolate(&self, values: &mut [Scalar]) {
        #[cfg(target_arch = "x86_64")]
        if let Some(ifma) = self.lanes {
            return vector::backward(ifma, values, &self.inverse, 0);
        }
        backward(values, &self.inverse, 0);
    }

    /// Coefficients to values over the odd coset, bit-reversed: entry k is at `w^(2 rev(k) + 1)`, in place.
    pub fn evaluate_coset(&self, coefficients: &mut [Scalar]) {
        #[cfg(target_arch = "x86_64")]
        if let Some(ifma) = self.lanes {
            return vector::forward(ifma, coefficients, &self.forward, 1);
        }
        forward(coefficients, &self.forward, 1);
    }

    /// Coefficients to values over the domain, bit-reversed, in place.
    pub fn evaluate(&self, coefficients: &mut [Scalar]) {
        #[cfg(target_arch = "x86_64")]
        if let Some(ifma) = self.lanes {
            return vector::forward(ifma, coefficients, &self.forward, 0);
        }
        forward(coefficients, &self.forward, 0);
    }
}

/// Fills a table whose first entry is there: entry `j + 2^b` is entry j times `factors[b]`.
fn fill(out: &mut [Scalar], factors: &[Scalar]) {
    let mut filled = 1;
    for factor in factors {
        if filled >= out.len() {
            return;
        }
        let (done, rest) = out.split_at_mut(filled);
        rest[..filled]
            .par_iter_mut()
            .zip(done.par_iter())
            .for_each(|(o, d)| *o = *d * *factor);
        filled *= 2;
    }
}

/// Splits the node `index` of its level, then its children.
fn forward(values: &mut [Scalar], table: &[Scalar], index: usize) {
    let half = values.len() / 2;
    if half == 0 {
        return;
    }
    let factor = table[index];
    let (low, high) = values.split_at_mut(half);
    let butterfly = |(a, b): (&mut Scalar, &mut Scalar)| {
        let product = *b * factor;
        *b = *a - product;
        *a += product;
    };
    if half * 2 > SERIAL {
        low.par_iter_mut()
            .zip(high.par_iter_mut())
            .with_min_len(SERIAL / 2)
            .for_each(butterfly);
        rayon::join(
            || forward(low, table, 2 * index),
            || forward(high, table, 2 * index + 1),
        );
    } else {
        low.iter_mut().zip(high.iter_mut()).for_each(butterfly);
        forward(low, table, 2 * index);
        forward(high, table, 2 * index + 1);
    }
}

/// Joins the children of node `index`, then the node; the inverse of [`forward`] but for a factor 2 a level.
fn backward(values: &mut [Scalar], table: &[Scalar], index: usize) {
    let half = values.len() / 2;
    if half == 0 {
        return;
    }
    let factor = table[index];
    let (low, high) = values.split_at_mut(half);
    let butterfly = |(a, b): (&mut Scalar, &mut Scalar)| {
        let difference = *a - *b;
        *a += *b;
        *b = difference * factor;
    };
    if half * 2 > SERIAL {
        rayon::join(
            || backward(low, table, 2 * index),
            || backward(high, table, 2 * index + 1),
        );
        low.par_iter_mut()
            .zip(high.par_iter_mut())
            .with_min_len(SERIAL / 2)
            .for_each(butterfly);
    } else {
        backward(low, table, 2 * index);
        backward(high, table, 2 * index + 1);
        low.iter_mut().zip(high.iter_mut()).for_each(butterfly);
    }
}
