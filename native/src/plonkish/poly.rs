//! Polynomials as lists of coefficients, lowest first, in Montgomery form.

use crate::curve::G1;
use crate::error::{Observer, Result};
use crate::fft::{reverse, Domain};
use crate::field::{limbs, to_le, Fr};
use crate::kernel::Scalar;
use crate::msm::{msm, Scalars};
use ark_ec::short_weierstrass::Projective;
use ark_ff::Field;
use rayon::prelude::*;

/// Elements that one task takes at least.
const CHUNK: usize = 1 << 11;
/// R² modulo r: a multiplication by it brings plain limbs into Montgomery form.
pub const RADIX_SQUARE: [u64; 4] = <ark_bn254::FrConfig as ark_ff::MontConfig<4>>::R2.0;

/// The element in the 32 Montgomery bytes at `offset`, which were checked to be below the modulus.
#[inline(always)]
pub fn at(bytes: &[u8], offset: usize) -> Scalar {
    Scalar::raw(limbs(&bytes[offset..offset + 32]))
}

/// Elements from Montgomery bytes of a key, which were checked to be below the modulus.
pub fn read(bytes: &[u8]) -> Vec<Scalar> {
    bytes
        .par_chunks_exact(32)
        .map(|chunk| Scalar::raw(limbs(chunk)))
        .collect()
}

/// Montgomery bytes of elements.
pub fn write(values: &[Scalar], out: &mut Vec<u8>) {
    out.reserve(32 * values.len());
    for value in values {
        out.extend_from_slice(&to_le(&value.0));
    }
}

/// Elements as multipliers of points. A multiplication by the plain limbs of one leaves Montgomery form.
pub fn multipliers(values: &[Scalar]) -> Scalars {
    let plain = Scalar::raw([1, 0, 0, 0]);
    Scalars::new(values.par_iter().map(|value| (*value * plain).0))
}

/// The commitment to a polynomial: its value at tau, times the generator. `powers` are Montgomery bytes of points.
pub fn commit(powers: &[u8], polynomial: &[Scalar], observer: &dyn Observer) -> Result<Projective<G1>> {
    msm::<G1>(powers, &multipliers(polynomial), observer)
}

/// The list with its entries in bit-reversed order.
pub fn reversed(values: &[Scalar]) -> Vec<Scalar> {
    let log = values.len().trailing_zeros();
    (0..values.len())
        .into_par_iter()
        .with_min_len(CHUNK)
        .map(|i| values[reverse(i, log)])
        .collect()
}

/// Multiplies every entry.
pub fn scale(values: &mut [Scalar], factor: Scalar) {
    values
        .par_iter_mut()
        .with_min_len(CHUNK)
        .for_each(|value| *value *= factor);
}

/// Coefficients of the polynomial with these values over the domain, in natural order.
pub fn interpolate(domain: &Domain, values: &[Scalar]) -> Vec<Scalar> {
    let mut out = reversed(values);
    domain.interpolate(&mut out);
    scale(&mut out, domain.size_inverse());
    out
}

/// Values over the domain, in natural order, of a polynomial with at most as many coefficients.
pub fn evaluate_all(domain: &Domain, polynomial: &[Scalar]) -> Vec<Scalar> {
    let mut out = polynomial.to_vec();
    out.resize(domain.size(), Scalar::ZERO);
    domain.evaluate(&mut out);
    reversed(&out)
}

/// The value at a point.
pub fn evaluate(polynomial: &[Scalar], point: Fr) -> Fr {
    let x = Scalar::from_ark(point);
    polynomial
        .par_chunks(CHUNK)
        .enumerate()
        .map(|(i, chunk)| {
            let sum = chunk
                .iter()
                .rev()
                .fold(Scalar::ZERO, |sum, coefficient| sum * x + *coefficient);
            sum.to_ark() * point.pow([(i * CHUNK) as u64])
        })
        .sum()
}

/// The value at a point of the polynomial with these Montgomery bytes.
pub fn evaluate_bytes(polynomial: &[u8], point: Fr) -> Fr {
    let x = Scalar::from_ark(point);
    polynomial
        .par_chunks(32 * CHUNK)
        .enumerate()
        .map(|(i, chunk)| {
            let coefficients = chunk.chunks_exact(32).rev();
            let sum = coefficients.fold(Scalar::ZERO, |sum, bytes| sum * x + at(bytes, 0));
            sum.to_ark() * point.pow([(i * CHUNK) as u64])
        })
        .sum()
}

/// Divides by `X - point`, in place, and gives the remainder: the value at the point.
pub fn divide(polynomial: &mut Vec<Scalar>, point: Fr) -> Fr {
    let x = Scalar::from_ark(point);
    let mut carry = Scalar::ZERO;
    for coefficient in polynomial.iter_mut().rev() {
        let next = *coefficient + carry * x;
        *coefficient = carry;
        carry = next;
    }
    polynomial.pop();
    carry.to_ark()
}
