//! The quotients that say that gates hold (T0), that Z starts with one (T1) and that wires are copied (T2).

use super::cosets::{join_three, join_two, Cosets};
use super::number::{fill, run, Formula, Number, Task};
use super::zkey::ProvingKey;
use super::{Secret, CHUNK};
use crate::error::{Error, Result};
use crate::field::Fr;
use crate::kernel::Scalar;
use crate::plonkish::poly;
use ark_ff::{Field, One};
use rayon::prelude::*;

/// 1 / (X^n - 1) on a coset.
fn vanishing_inverse(coset: u64) -> Scalar {
    let vanishing = Cosets::level(coset) - Fr::one();
    Scalar::from_ark(vanishing.inverse().unwrap_or(Fr::one()))
}

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
    let quotient = |wires, coset: u64| -> Secret {
        let mut out = Secret::new(cosets.evaluate(&inputs, coset));
        let gates = Gates {
            key,
            cosets,
            coset,
            wires,
        };
        fill(&mut out, &gates);
        cosets.interpolate(&mut out, coset);
        out
    };
    let (first, third) = rayon::join(|| quotient(first, 1), || quotient(third, 3));
    Secret::new(join_two(&first, &third))
}

/// The gates on a coset, less the public signals' polynomial that stands there, over X^n - 1.
struct Gates<'a> {
    key: &'a ProvingKey,
    cosets: &'a Cosets<'a>,
    coset: u64,
    wires: &'a [Secret; 3],
}

impl Formula<9, 1> for Gates<'_> {
    fn constants(&self) -> [Scalar; 1] {
        [vanishing_inverse(self.coset)]
    }

    #[inline(always)]
    fn inputs(&self, row: usize, here: Scalar) -> [Scalar; 9] {
        let place = self.cosets.place(self.coset, row);
        let [a, b, c] = self.wires;
        let [ql, qr, qm, qo, qc] = self.key.selectors.each_ref().map(|q| self.key.value(q, place));
        [a[row], b[row], c[row], here, ql, qr, qm, qo, qc]
    }

    #[inline(always)]
    fn value<N: Number>([inverse]: &[N; 1], [a, b, c, input, ql, qr, qm, qo, qc]: [N; 9]) -> N {
        let left = a.times(ql.plus(qm.times(b)));
        let gate = left.plus(qr.times(b)).plus(qo.times(c)).plus(qc);
        gate.minus(input).times(*inverse)
    }
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

/// Wires, their cell's x, labels of the cells they are copied from.
type Cells<N> = [N; 7];

/// The products of the three wires with their own cells' labels, and with those of the cells they are copied from, for
/// the constants β times shifts, β and γ.
#[inline(always)]
fn products<N: Number>([k0, k1, k2, beta, gamma]: [N; 5], [a, b, c, x, s1, s2, s3]: Cells<N>) -> (N, N) {
    let cell = |wire: N, factor: N, label: N| wire.plus(factor.times(label)).plus(gamma);
    let own = cell(a, k0, x).times(cell(b, k1, x)).times(cell(c, k2, x));
    let source = cell(a, beta, s1)
        .times(cell(b, beta, s2))
        .times(cell(c, beta, s3));
    (own, source)
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

    /// What [`products`] takes, for x times `shift`.
    fn constants(&self, shift: Scalar) -> [Scalar; 5] {
        let [k0, k1, k2] = self.shifts.map(|k| k * shift);
        [k0, k1, k2, self.beta, self.gamma]
    }

    /// What [`products`] takes at an entry of the wires; `place` is in natural order.
    #[inline(always)]
    fn cells(&self, [a, b, c]: &[Secret; 3], entry: usize, place: usize, coset: u64) -> Cells<Scalar> {
        let label = |s| self.key.value(s, 4 * place + coset as usize);
        let [s1, s2, s3] = self.key.sigmas.each_ref().map(label);
        let x = self.cosets.roots[place];
        [a[entry], b[entry], c[entry], x, s1, s2, s3]
    }

    /// Z, blinded: its n + 3 coefficients.
    pub(super) fn product(&self, wires: &[Secret; 3], blinding: &[Scalar]) -> Result<Secret> {
        let mut z = Secret::new(vec![Scalar::ZERO; self.key.domain_size()]);
        let totals: Option<Vec<Vec<Scalar>>> = z
            .par_chunks_mut(CHUNK)
            .enumerate()
            .map(|(chunk, rows)| {
                run(Ratios {
                    permutation: self,
                    wires,
                    start: chunk * CHUNK,
                    rows,
                })
            })
            .collect();
        // A zero among the denominators would need one chosen challenge of 2^254.
        let mut starts = totals.ok_or(Error::NotSatisfied)?;
        let mut product = Scalar::ONE;
        for start in starts.iter_mut().flatten() {
            let total = *start;
            *start = product;
            product *= total;
        }
        if product != Scalar::ONE {
            return Err(Error::NotSatisfied);
        }
        z.par_chunks_mut(CHUNK).zip(starts).for_each(|(rows, starts)| {
            let length = rows.len().div_ceil(starts.len());
            for (rows, start) in rows.chunks_mut(length).zip(starts) {
                rows.iter_mut().for_each(|value| *value *= start);
            }
        });
        let mut z = poly::interpolate(&self.key.domain, &z);
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
        let parts: Vec<Secret> = wires
            .into_par_iter()
            .zip([1, 2, 3])
            .map(|(wires, coset)| {
                let z = Secret::new(self.cosets.evaluate(z, coset));
                let mut out = Secret::new(vec![Scalar::ZERO; z.len()]);
                let copies = Copies {
                    permutation: self,
                    coset,
                    wires,
                    z: &z,
                };
                fill(&mut out, &copies);
                self.cosets.interpolate(&mut out, coset);
                out
            })
            .collect();
        Secret::new(join_three(&parts[0], &parts[1], &parts[2]))
    }
}

/// The running product of the ratios of a chunk's rows, from one, in as many chains as there are lanes.
struct Ratios<'a> {
    permutation: &'a Permutation<'a>,
    wires: &'a [Secret; 3],
    start: usize,
    rows: &'a mut [Scalar],
}

impl Task for Ratios<'_> {
    /// The whole product of each chain; `None` if a denominator is zero.
    type Output = Option<Vec<Scalar>>;

    #[inline(always)]
    fn run<N: Number>(self, proof: N::Proof) -> Self::Output {
        let constants = self.permutation.constants(Scalar::ONE).map(|c| N::same(proof, c));
        let length = self.rows.len() / N::WIDTH;
        let one = N::same(proof, Scalar::ONE);
        // Product of the denominators before each row, denominator, numerator.
        let mut steps: Vec<[N; 3]> = Vec::with_capacity(length);
        let mut product = one;
        for i in 0..length {
            let mut cells = [[Scalar::ZERO; 7]; 8];
            for (lane, cells) in cells.iter_mut().enumerate().take(N::WIDTH) {
                let row = self.start + lane * length + i;
                *cells = self.permutation.cells(self.wires, row, row, 0);
            }
            let cells = std::array::from_fn(|k| N::gather(proof, |lane| cells[lane][k]));
            let (own, source) = products(constants, cells);
            steps.push([product, source, own]);
            product = product.times(source);
        }
        let mut inverse = product.inverse(proof)?;
        for [ratio, source, own] in steps.iter_mut().rev() {
            *ratio = inverse.times(*ratio).times(*own);
            inverse = inverse.times(*source);
        }
        let mut running = one;
        for (i, [ratio, _, _]) in steps.iter().enumerate() {
            running.scatter(|lane, value| self.rows[lane * length + i] = value);
            running = running.times(*ratio);
        }
        let mut totals = vec![Scalar::ONE; N::WIDTH];
        running.scatter(|lane, value| totals[lane] = value);
        Some(totals)
    }
}

/// The permutation's polynomial on a coset, over X^n - 1.
struct Copies<'a> {
    permutation: &'a Permutation<'a>,
    coset: u64,
    wires: &'a [Secret; 3],
    z: &'a [Scalar],
}

impl Formula<9, 6> for Copies<'_> {
    fn constants(&self) -> [Scalar; 6] {
        let shift = Scalar::from_ark(self.permutation.cosets.shift(self.coset));
        let [k0, k1, k2, beta, gamma] = self.permutation.constants(shift);
        [k0, k1, k2, beta, gamma, vanishing_inverse(self.coset)]
    }

    #[inline(always)]
    fn inputs(&self, row: usize, _: Scalar) -> [Scalar; 9] {
        let cosets = self.permutation.cosets;
        let place = cosets.natural(row);
        let next = cosets.natural((place + 1) % self.z.len());
        let [a, b, c, x, s1, s2, s3] = self.permutation.cells(self.wires, row, place, self.coset);
        [a, b, c, x, s1, s2, s3, self.z[row], self.z[next]]
    }

    #[inline(always)]
    fn value<N: Number>(
        [k0, k1, k2, beta, gamma, inverse]: &[N; 6],
        [a, b, c, x, s1, s2, s3, z, next]: [N; 9],
    ) -> N {
        let (own, source) = products([*k0, *k1, *k2, *beta, *gamma], [a, b, c, x, s1, s2, s3]);
        own.times(z).minus(source.times(next)).times(*inverse)
    }
}
