//! Transforms over the cosets of a domain inside the domain of four times its size.
//!
//! For its generator g and i = g^n, coset k has the points g^k·ω^j, where X^n = i^k. Coset 0 is the domain, on which
//! X^n - 1 vanishes; on the others it is a constant, so quotients are computed there, point by point.

use super::number::scale_by_powers;
use crate::fft::{reverse, root, Domain};
use crate::field::Fr;
use crate::kernel::Scalar;
use crate::plonkish::permutation::powers;
use ark_ff::Field;
use rayon::prelude::*;

/// The cosets of a domain.
pub(super) struct Cosets<'a> {
    pub domain: &'a Domain,
    /// g
    generator: Fr,
    /// ω^j in natural order.
    pub roots: Vec<Scalar>,
}

impl<'a> Cosets<'a> {
    pub(super) fn new(domain: &'a Domain) -> Self {
        Cosets {
            domain,
            generator: root(domain.log() + 2),
            roots: powers(root(domain.log()), domain.size()),
        }
    }

    /// g^k
    pub(super) fn shift(&self, coset: u64) -> Fr {
        self.generator.pow([coset])
    }

    /// i^k, the value of X^n on a coset.
    pub(super) fn level(coset: u64) -> Fr {
        root(2).pow([coset])
    }

    /// The place in natural order of entry `index` in bit-reversed order.
    #[inline(always)]
    pub(super) fn natural(&self, index: usize) -> usize {
        reverse(index, self.domain.log())
    }

    /// Where the key holds the values of entry `index` of a coset.
    #[inline(always)]
    pub(super) fn place(&self, coset: u64, index: usize) -> usize {
        4 * self.natural(index) + coset as usize
    }

    /// Values on a coset, in bit-reversed order, of a polynomial with at most 2n coefficients.
    pub(super) fn evaluate(&self, polynomial: &[Scalar], coset: u64) -> Vec<Scalar> {
        let size = self.domain.size();
        let level = Scalar::from_ark(Self::level(coset));
        let (low, high) = polynomial.split_at(size.min(polynomial.len()));
        let mut out = low.to_vec();
        out.resize(size, Scalar::ZERO);
        for (low, high) in out.iter_mut().zip(high) {
            *low += level * *high;
        }
        scale_by_powers(&mut out, Fr::ONE, self.shift(coset));
        self.domain.evaluate(&mut out);
        out
    }

    /// From values on a coset, in bit-reversed order, to the polynomial of degree below n that has them, in place.
    pub(super) fn interpolate(&self, values: &mut [Scalar], coset: u64) {
        self.domain.interpolate(values);
        let step = self.shift(coset).inverse().unwrap_or(Fr::ONE);
        scale_by_powers(values, self.domain.size_inverse().to_ark(), step);
    }
}

/// The 2n coefficients of the polynomial that is `first` on coset 1 and `third` on coset 3, each given as its
/// remainder there: low + i·high and low - i·high.
pub(super) fn join_two(first: &[Scalar], third: &[Scalar]) -> Vec<Scalar> {
    let half = Fr::from(2u64).inverse().unwrap_or(Fr::ONE);
    let low = Scalar::from_ark(half);
    let high = Scalar::from_ark(half * Cosets::level(3));
    let pairs = || first.par_iter().zip(third);
    let mut out = Vec::with_capacity(2 * first.len());
    out.par_extend(pairs().map(|(p, q)| (*p + *q) * low));
    out.par_extend(pairs().map(|(p, q)| (*p - *q) * high));
    out
}

/// The 3n coefficients of the polynomial with these remainders on cosets 1, 2 and 3.
pub(super) fn join_three(first: &[Scalar], second: &[Scalar], third: &[Scalar]) -> Vec<Scalar> {
    let half = Fr::from(2u64).inverse().unwrap_or(Fr::ONE);
    let (real, imaginary) = (Scalar::from_ark(half), Scalar::from_ark(half * Cosets::level(3)));
    let size = first.len();
    let mut out = vec![Scalar::ZERO; 3 * size];
    let (low, rest) = out.split_at_mut(size);
    let (middle, high) = rest.split_at_mut(size);
    let targets = low.par_iter_mut().zip(middle).zip(high);
    let sources = first.par_iter().zip(second).zip(third);
    targets
        .zip(sources)
        .for_each(|(((low, middle), high), ((p, q), r))| {
            // p = low + i·middle - high, q = low - middle + high, r = low - i·middle - high.
            *middle = (*p - *r) * imaginary;
            let difference = (*p + *r) * real;
            let sum = *q + *middle;
            *low = (sum + difference) * real;
            *high = (sum - difference) * real;
        });
    out
}
