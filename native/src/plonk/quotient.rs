//! Round 3: the quotient t = N / (X^n - 1) of the gates', the permutation's and the first row's equations.
//!
//! snarkjs multiplies values over the domain of 4n and divides coefficients. Here N's values over the three cosets of
//! that domain where `X^n` is i, -1 and -i, each divided by a constant, give t modulo `X^n - i^j`: that is t but for
//! its six coefficients from X^3n on, which are N's from X^4n on and follow from the top coefficients of its factors.
//! So all transforms have size n, five in one direction and one back for each coset, and the blinded polynomials need
//! no handling apart.

use crate::error::{Observer, Result};
use crate::fft::{reverse, root};
use crate::field::Fr;
use crate::kernel::Scalar;
use crate::plonk::prove::all;
use crate::plonk::zkey::{Column, ProvingKey};
use crate::plonkish::formula::{tabulate, Element, Formula, MAX_WIDTH};
use crate::plonkish::permutation::powers;
use crate::plonkish::poly;
use ark_ff::{AdditiveGroup, Field};
use rayon::prelude::*;
use zeroize::Zeroizing;

/// Values that follow from a witness: wiped when dropped.
pub type Secret = Zeroizing<Vec<Scalar>>;

/// Coefficients of t from X^3n on.
const TOP: usize = 6;
const CHUNK: usize = 1 << 10;

/// What the quotient is made of.
pub struct Inputs<'a> {
    pub key: &'a ProvingKey,
    pub public: &'a [Fr],
    /// Blinded wire polynomials.
    pub wires: [&'a Secret; 3],
    /// The blinded running product.
    pub z: &'a Secret,
    pub beta: Fr,
    pub gamma: Fr,
    pub alpha: Fr,
}

/// t in three parts: n, n and n + 6 coefficients.
pub fn quotient(inputs: &Inputs<'_>, observer: &dyn Observer) -> Result<[Secret; 3]> {
    let domain = &inputs.key.domain;
    let size = domain.size();
    let signals = inputs.public_polynomial();
    let nodes = powers(root(domain.log()), size);
    let mut parts = Vec::with_capacity(3);
    for index in 1..=3 {
        observer.checkpoint()?;
        parts.push(inputs.modulo(index, &signals, &nodes));
    }
    let (Some(mut third), Some(mut second), Some(mut first)) = (parts.pop(), parts.pop(), parts.pop()) else {
        unreachable!("three parts were pushed");
    };
    let top = inputs.top().map(Scalar::from_ark);
    let unit = Scalar::from_ark(root(2));
    for (i, value) in top.iter().enumerate() {
        // t's top part is X^3n times these; X^3n is -i, -1, i modulo the three.
        first[i] += unit * *value;
        second[i] += *value;
        third[i] -= unit * *value;
    }
    // With y = X^n and t = t1 + t2 y + t3 y²: solve the three equations at y = i, -1, -i, coefficient by coefficient.
    let half = Fr::from(2u64).inverse().unwrap_or(Fr::ONE);
    let by_unit = Scalar::from_ark(half * root(2).inverse().unwrap_or(Fr::ONE));
    let half = Scalar::from_ark(half);
    first
        .par_iter_mut()
        .zip(second.par_iter_mut())
        .zip(third.par_iter_mut())
        .with_min_len(CHUNK)
        .for_each(|((first, second), third)| {
            let middle = (*first - *third) * by_unit;
            let difference = (*first + *third) * half;
            let sum = *second + middle;
            *first = (sum + difference) * half;
            *third = (sum - difference) * half;
            *second = middle;
        });
    third.extend_from_slice(&top);
    Ok([first, second, third])
}

impl Inputs<'_> {
    /// The polynomial that is minus the public signals on the first rows.
    fn public_polynomial(&self) -> Vec<Scalar> {
        let domain = &self.key.domain;
        let mut values = vec![Scalar::ZERO; domain.size()];
        if self.public.is_empty() {
            return values;
        }
        for (i, signal) in self.public.iter().enumerate() {
            values[reverse(i, domain.log())] = Scalar::from_ark(-*signal);
        }
        domain.interpolate(&mut values);
        poly::scale(&mut values, domain.size_inverse());
        values
    }

    /// t modulo `X^n - i^index`, from its values over the coset of the index-th power of the 4n-th root.
    fn modulo(&self, index: usize, signals: &[Scalar], nodes: &[Scalar]) -> Secret {
        let (key, domain) = (self.key, &self.key.domain);
        let (size, log) = (domain.size(), domain.log());
        let shift = root(log + 2).pow([index as u64]);
        let power = root(2).pow([index as u64]);
        let (fold, shifts) = (Scalar::from_ark(power), powers(shift, size));
        let [a, b, c] = self.wires;
        let [a, b, c, z, signals] = all([a.as_slice(), b, c, self.z, signals], |polynomial| {
            let mut values: Secret = Zeroizing::new(Vec::with_capacity(size));
            let shifted = Shifted {
                polynomial,
                shifts: &shifts,
                fold,
            };
            tabulate(&mut values, size, &shifted);
            domain.evaluate(&mut values);
            values
        });
        let vk = &key.verifying_key;
        let equations = Equations {
            log,
            index,
            columns: COLUMNS.map(|column| key.values(column)),
            nodes,
            values: [&a, &b, &c, &signals],
            z: &z,
            constants: [
                self.gamma,
                self.beta,
                self.beta * shift,
                self.beta * shift * vk.k1,
                self.beta * shift * vk.k2,
                self.alpha,
                self.alpha.square(),
                Fr::ONE,
            ]
            .map(Scalar::from_ark),
        };
        let mut out = Zeroizing::new(Vec::with_capacity(size));
        tabulate(&mut out, size, &equations);
        domain.interpolate(&mut out);
        // Back from the coset, and over X^n - 1, which is constant there.
        let scale = (power - Fr::ONE).inverse().unwrap_or(Fr::ONE);
        let scale = Scalar::from_ark(scale) * domain.size_inverse();
        let back = powers(shift.inverse().unwrap_or(Fr::ONE), size);
        out.par_iter_mut()
            .zip(&back)
            .with_min_len(CHUNK)
            .for_each(|(value, back)| *value *= *back * scale);
        out
    }

    /// t's coefficients from X^3n on. Of N only the permutation's products reach X^4n, and of their factors only the
    /// top coefficients count, which the labels' `beta X + gamma` do not touch.
    fn top(&self) -> [Fr; TOP] {
        let size = self.key.domain.size();
        let step = root(self.key.domain.log());
        let back = step.inverse().unwrap_or(Fr::ONE);
        let sigma = [Column::S1, Column::S2, Column::S3].map(|c| self.key.coefficients(c));
        // Coefficients from the highest one down.
        let leading = |polynomial: &Secret| -> [Fr; TOP] {
            std::array::from_fn(|d| polynomial[polynomial.len() - 1 - d].to_ark())
        };
        let mut identity = leading(self.z);
        let mut copied = identity;
        let mut rotation = step.square();
        for value in copied.iter_mut() {
            *value *= rotation;
            rotation *= back;
        }
        for (wire, sigma) in self.wires.iter().zip(sigma) {
            let factor = leading(wire);
            identity = product(&identity, &factor);
            let permuted = std::array::from_fn(|d| {
                let at = wire.len() - 1 - d;
                if at < size {
                    factor[d] + self.beta * poly::at(sigma, 32 * at).to_ark()
                } else {
                    factor[d]
                }
            });
            copied = product(&copied, &permuted);
        }
        std::array::from_fn(|i| self.alpha * (identity[TOP - 1 - i] - copied[TOP - 1 - i]))
    }
}

/// A polynomial whose values over the domain are those of the given one over a coset.
struct Shifted<'a> {
    polynomial: &'a [Scalar],
    /// Powers of the coset's shift.
    shifts: &'a [Scalar],
    /// The value of X^n on the coset, for the coefficients from X^n on.
    fold: Scalar,
}

impl Formula for Shifted<'_> {
    fn constants(&self) -> Vec<Scalar> {
        vec![]
    }

    #[inline(always)]
    fn at<E: Element>(&self, context: E::Context, _: &[E], row: usize) -> E {
        let size = self.shifts.len();
        let coefficients = E::read(context, |i| match self.polynomial.get(size + row + i) {
            Some(high) => self.polynomial[row + i] + *high * self.fold,
            None => self.polynomial[row + i],
        });
        coefficients.times(E::read(context, |i| self.shifts[row + i]))
    }
}

/// The key's polynomials in the equations.
const COLUMNS: [Column; 9] = [
    Column::Qm,
    Column::Ql,
    Column::Qr,
    Column::Qo,
    Column::Qc,
    Column::S1,
    Column::S2,
    Column::S3,
    Column::L1,
];

/// N over one coset, in bit-reversed order, from the values of its parts: those of the key are in natural order over
/// the domain of four times the size.
struct Equations<'a> {
    log: u32,
    index: usize,
    columns: [&'a [u8]; 9],
    /// The domain, in natural order.
    nodes: &'a [Scalar],
    /// Wires and public signals.
    values: [&'a [Scalar]; 4],
    z: &'a [Scalar],
    /// gamma, beta, the labels' factors of the three columns, alpha, its square, one.
    constants: [Scalar; 8],
}

impl Formula for Equations<'_> {
    fn constants(&self) -> Vec<Scalar> {
        self.constants.to_vec()
    }

    #[inline(always)]
    fn at<E: Element>(&self, context: E::Context, constants: &[E], row: usize) -> E {
        let [gamma, beta, label_a, label_b, label_c, alpha, alpha_square, one] = constants[..] else {
            unreachable!("as many as given");
        };
        let mut rows = [0usize; MAX_WIDTH];
        for (i, natural) in rows.iter_mut().enumerate().take(E::WIDTH) {
            *natural = reverse(row + i, self.log);
        }
        let mask = (1 << self.log) - 1;
        let [qm, ql, qr, qo, qc, s1, s2, s3, l1] = self
            .columns
            .map(|bytes| E::read(context, |i| poly::at(bytes, 32 * (4 * rows[i] + self.index))));
        let [a, b, c, signals] = self.values.map(|values| E::read(context, |i| values[row + i]));
        let z = E::read(context, |i| self.z[row + i]);
        let next = E::read(context, |i| self.z[reverse((rows[i] + 1) & mask, self.log)]);
        let node = E::read(context, |i| self.nodes[rows[i]]);

        let gate = qm.times(b).plus(ql).times(a);
        let gate = gate.plus(qr.times(b)).plus(qo.times(c)).plus(qc).plus(signals);
        let (a, b, c) = (a.plus(gamma), b.plus(gamma), c.plus(gamma));
        let identity = a.plus(label_a.times(node)).times(b.plus(label_b.times(node)));
        let identity = identity.times(c.plus(label_c.times(node)).times(z));
        let copied = a.plus(beta.times(s1)).times(b.plus(beta.times(s2)));
        let copied = copied.times(c.plus(beta.times(s3)).times(next));
        let start = z.minus(one).times(l1);
        gate.plus(alpha.times(identity.minus(copied)))
            .plus(alpha_square.times(start))
    }
}

/// The leading coefficients of a product.
fn product(a: &[Fr; TOP], b: &[Fr; TOP]) -> [Fr; TOP] {
    let mut out = [Fr::ZERO; TOP];
    for i in 0..TOP {
        for j in 0..TOP - i {
            out[i + j] += a[i] * b[j];
        }
    }
    out
}
