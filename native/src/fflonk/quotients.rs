//! The quotients that say that gates hold (T0), that Z starts with one (T1) and that wires are copied (T2).

use super::cosets::{join_three, join_two, Cosets};
use super::zkey::ProvingKey;
use super::{Secret, CHUNK};
use crate::error::{Error, Result};
use crate::field::Fr;
use crate::kernel::Scalar;
use crate::plonkish::poly;
use ark_ff::{Field, One};
use rayon::prelude::*;

/// T0: the gates' polynomial over X^n - 1. Its degree is below 2n, so two cosets decide it.
pub(super) fn gate_quotient(
    key: &ProvingKey,
    cosets: &Cosets<'_>,
    first: &[Secret; 3],
    third: &[Secret; 3],
    public: &[Fr],
) -> Secret {
    let mut inputs = vec![Scalar::ZERO; key.domain_size()];
    for (input, signal) in inputs.iter_mut().zip(public) {
        *input = Scalar::from_ark(*signal);
    }
    let inputs = poly::interpolate(&key.domain, &inputs);
    let quotient = |[a, b, c]: &[Secret; 3], coset: u64| -> Secret {
        let mut out = Secret::new(cosets.evaluate(&inputs, coset));
        let vanishing = Cosets::level(coset) - Fr::one();
        let inverse = Scalar::from_ark(vanishing.inverse().unwrap_or(Fr::one()));
        out.par_iter_mut()
            .enumerate()
            .with_min_len(CHUNK)
            .for_each(|(i, value)| {
                let place = cosets.place(coset, i);
                let [ql, qr, qm, qo, qc] = key.selectors.each_ref().map(|q| key.value(q, place));
                let gate = a[i] * (ql + qm * b[i]) + qr * b[i] + qo * c[i] + qc;
                *value = (gate - *value) * inverse;
            });
        cosets.interpolate(&mut out, coset);
        out
    };
    let (first, third) = rayon::join(|| quotient(first, 1), || quotient(third, 3));
    Secret::new(join_two(&first, &third))
}

/// T1 = (Z - 1) L1 / (X^n - 1) = (Z - 1) / (n (X - 1)), a sum from the top.
pub(super) fn start_quotient(z: &[Scalar], size_inverse: Scalar) -> Secret {
    let mut out = Secret::new(vec![Scalar::ZERO; z.len() - 1]);
    let mut sum = Scalar::ZERO;
    for (out, z) in out.iter_mut().zip(&z[1..]).rev() {
        sum += *z;
        *out = sum * size_inverse;
    }
    out
}

/// The copy constraints under the challenges β and γ.
pub(super) struct Permutation<'a> {
    key: &'a ProvingKey,
    cosets: &'a Cosets<'a>,
    beta: Scalar,
    gamma: Scalar,
    /// β times the shifts of the three wires' cells.
    shifts: [Scalar; 3],
}

impl<'a> Permutation<'a> {
    pub(super) fn new(key: &'a ProvingKey, cosets: &'a Cosets<'a>, beta: Fr, gamma: Fr) -> Self {
        let vk = &key.verifying_key;
        Permutation {
            key,
            cosets,
            beta: Scalar::from_ark(beta),
            gamma: Scalar::from_ark(gamma),
            shifts: [Fr::one(), vk.k1, vk.k2].map(|k| Scalar::from_ark(k * beta)),
        }
    }

    /// The product of wires with their own cells' labels.
    #[inline(always)]
    fn identity(&self, [a, b, c]: [Scalar; 3], x: Scalar) -> Scalar {
        let [k0, k1, k2] = self.shifts;
        (a + k0 * x + self.gamma) * (b + k1 * x + self.gamma) * (c + k2 * x + self.gamma)
    }

    /// The product of wires with the labels of the cells they are copied from; `place` is in the key.
    #[inline(always)]
    fn permuted(&self, [a, b, c]: [Scalar; 3], place: usize) -> Scalar {
        let [s1, s2, s3] = self.key.sigmas.each_ref().map(|s| self.key.value(s, place));
        (a + self.beta * s1 + self.gamma)
            * (b + self.beta * s2 + self.gamma)
            * (c + self.beta * s3 + self.gamma)
    }

    /// Z, blinded: its n + 3 coefficients.
    pub(super) fn product(&self, [a, b, c]: &[Secret; 3], blinding: &[Scalar]) -> Result<Secret> {
        let mut ratios = Secret::new(vec![Scalar::ZERO; self.key.domain_size()]);
        let products: Option<Vec<Scalar>> = ratios
            .par_chunks_mut(CHUNK)
            .enumerate()
            .map(|(chunk, ratios)| {
                let wires = |i: usize| [a[i], b[i], c[i]];
                let start = chunk * CHUNK;
                let mut product = Scalar::ONE;
                for (i, ratio) in ratios.iter_mut().enumerate() {
                    *ratio = product;
                    product *= self.permuted(wires(start + i), 4 * (start + i));
                }
                let mut inverse = product.inverse()?;
                let mut whole = Scalar::ONE;
                for (i, ratio) in ratios.iter_mut().enumerate().rev() {
                    let at = start + i;
                    let numerator = self.identity(wires(at), self.cosets.roots[at]);
                    let before = *ratio * inverse;
                    inverse *= self.permuted(wires(at), 4 * at);
                    *ratio = before * numerator;
                    whole *= *ratio;
                }
                Some(whole)
            })
            .collect();
        // A zero among the denominators would need one chosen challenge of 2^254.
        let products = products.ok_or(Error::NotSatisfied)?;
        let mut starts = Vec::with_capacity(products.len());
        let mut total = Scalar::ONE;
        for product in products {
            starts.push(total);
            total *= product;
        }
        if total != Scalar::ONE {
            return Err(Error::NotSatisfied);
        }
        ratios
            .par_chunks_mut(CHUNK)
            .zip(starts)
            .for_each(|(ratios, start)| {
                let mut product = start;
                for ratio in ratios {
                    let next = product * *ratio;
                    *ratio = product;
                    product = next;
                }
            });
        let mut z = poly::interpolate(&self.key.domain, &ratios);
        z.reserve_exact(blinding.len());
        // Plus (X^n - 1) times a random polynomial, whose coefficients snarkjs takes in this order.
        for (i, random) in blinding.iter().rev().enumerate() {
            z[i] -= *random;
            z.push(*random);
        }
        Ok(Secret::new(z))
    }

    /// T2: the permutation's polynomial over X^n - 1. Its degree is below 3n, so three cosets decide it.
    pub(super) fn quotient(&self, z: &[Scalar], wires: [&[Secret; 3]; 3]) -> Secret {
        let size = self.key.domain_size();
        let parts: Vec<Secret> = wires
            .into_par_iter()
            .zip([1, 2, 3])
            .map(|([a, b, c], coset)| {
                let z = Secret::new(self.cosets.evaluate(z, coset));
                let shift = Scalar::from_ark(self.cosets.shift(coset));
                let vanishing = Cosets::level(coset) - Fr::one();
                let inverse = Scalar::from_ark(vanishing.inverse().unwrap_or(Fr::one()));
                let mut out: Secret = Secret::new(
                    (0..size)
                        .into_par_iter()
                        .with_min_len(CHUNK)
                        .map(|i| {
                            let place = self.cosets.natural(i);
                            let next = self.cosets.natural((place + 1) % size);
                            let wires = [a[i], b[i], c[i]];
                            let x = shift * self.cosets.roots[place];
                            let identity = self.identity(wires, x) * z[i];
                            let permuted = self.permuted(wires, 4 * place + coset as usize) * z[next];
                            (identity - permuted) * inverse
                        })
                        .collect(),
                );
                self.cosets.interpolate(&mut out, coset);
                out
            })
            .collect();
        Secret::new(join_three(&parts[0], &parts[1], &parts[2]))
    }
}
