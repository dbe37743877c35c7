//! Openings of C0, C1 and C2: division of long polynomials by X^m - β, in pieces that threads share.
//!
//! From the top, V[j] = c[j] + β·V[j+m]: V[0..m] is the remainder, V[m..] the quotient. Pieces are computed apart and
//! joined by what flows over their borders, so that remainders are known before the quotient is needed. And since
//! C0 = Σ X^k P_k(X^8), its remainder modulo X^8 - ξ has the values P_k(ξ) as coefficients: the evaluations of a proof.

use super::proof::Evaluations;
use super::verify::{horner, remainder_at, Points, Vanishing};
use super::zkey::ProvingKey;
use super::{Secret, CHUNK};
use crate::field::Fr;
use crate::kernel::Scalar;
use ark_ff::{Field, One};
use rayon::prelude::*;

/// Length of a piece, a multiple of 3, 4 and 8.
const PIECE: usize = 24 << 7;

/// The three commitments' polynomials, divided by the vanishing polynomials of their roots.
pub(super) struct Openings<'a> {
    key: &'a ProvingKey,
    c1: &'a [Scalar],
    c2: &'a [Scalar],
    points: &'a Points,
    circuit: Borders<8>,
    wires: Borders<4>,
    /// C2 modulo X^3 - ξ and X^3 - ωξ.
    here: Borders<3>,
    next: Borders<3>,
}

impl<'a> Openings<'a> {
    pub(super) fn new(key: &'a ProvingKey, c1: &'a [Scalar], c2: &'a [Scalar], points: &'a Points) -> Self {
        let (xi, xi_w) = (Scalar::from_ark(points.xi), Scalar::from_ark(points.xi_w));
        let ((circuit, wires), (here, next)) = rayon::join(
            || {
                rayon::join(
                    || Borders::new(8 * key.domain_size(), xi, |i| key.combined(i)),
                    || Borders::new(c1.len(), xi, |i| c1[i]),
                )
            },
            || {
                rayon::join(
                    || Borders::new(c2.len(), xi, |i| c2[i]),
                    || Borders::new(c2.len(), xi_w, |i| c2[i]),
                )
            },
        );
        Openings {
            key,
            c1,
            c2,
            points,
            circuit,
            wires,
            here,
            next,
        }
    }

    /// What a proof says of the polynomials.
    pub(super) fn evaluations(&self) -> Evaluations {
        let [ql, qr, qo, qm, qc, s1, s2, s3] = self.circuit.remainder();
        let [a, b, c, _] = self.wires.remainder();
        let [z, _, _] = self.here.remainder();
        let [zw, t1w, t2w] = self.next.remainder();
        Evaluations {
            ql,
            qr,
            qm,
            qo,
            qc,
            s1,
            s2,
            s3,
            a,
            b,
            c,
            z,
            zw,
            t1w,
            t2w,
        }
    }

    /// The quotients of C0, C1 and C2, joined by α.
    pub(super) fn quotient(&self, alpha: &Fr) -> Secret {
        // 1 / ((X^3 - ξ)(X^3 - ωξ)) = (1 / (X^3 - ξ) - 1 / (X^3 - ωξ)) / (ξ - ωξ)
        let apart = self.points.xi - self.points.xi_w;
        let second = alpha.square() * apart.inverse().unwrap_or(Fr::one());
        let (first, second) = (Scalar::from_ark(*alpha), Scalar::from_ark(second));
        let mut out = Secret::new(vec![Scalar::ZERO; self.c2.len()]);
        out.par_chunks_mut(PIECE).enumerate().for_each(|(piece, out)| {
            let (mut circuit, mut wires) = (self.circuit.descend(piece), self.wires.descend(piece));
            let (mut here, mut next) = (self.here.descend(piece), self.next.descend(piece));
            for (offset, out) in out.iter_mut().enumerate().rev() {
                let i = piece * PIECE + offset;
                let last = self.c2[i];
                *out = second * (here.step(i, last) - next.step(i, last));
                if i < self.c1.len() {
                    *out += circuit.step(i, self.key.combined(i)) + first * wires.step(i, self.c1[i]);
                }
            }
        });
        out
    }

    /// The joined polynomials less their remainders and less the quotient times its divisor, all at y, over X - y:
    /// the division leaves nothing if and only if the quotient is one.
    pub(super) fn last(&self, alpha: &Fr, y: &Fr, mut quotient: Secret) -> Secret {
        let vanishing = Vanishing::new(self.points, y);
        let over = |h: Fr| vanishing.h0 * h.inverse().unwrap_or(Fr::one());
        let q1 = *alpha * over(vanishing.h1);
        let q2 = alpha.square() * over(vanishing.h2);
        let (here, next) = (self.here.remainder(), self.next.remainder());
        let constant = horner(&self.circuit.remainder(), y)
            + q1 * horner(&self.wires.remainder(), y)
            + q2 * remainder_at(self.points, here, next, y).unwrap_or(Fr::one());
        let (q1, q2) = (Scalar::from_ark(q1), Scalar::from_ark(q2));
        let divisor = Scalar::from_ark(vanishing.h0);
        quotient
            .par_iter_mut()
            .enumerate()
            .with_min_len(CHUNK)
            .for_each(|(i, value)| {
                *value = q2 * self.c2[i] - divisor * *value;
                if i < self.c1.len() {
                    *value += self.key.combined(i) + q1 * self.c1[i];
                }
            });
        quotient[0] -= Scalar::from_ark(constant);
        let borders = Borders::<1>::new(quotient.len(), Scalar::from_ark(*y), |i| quotient[i]);
        quotient
            .par_chunks_mut(PIECE)
            .enumerate()
            .for_each(|(piece, values)| {
                let mut descent = borders.descend(piece);
                for value in values.iter_mut().rev() {
                    *value = descent.step(0, *value);
                }
            });
        quotient
    }
}

/// V at the start of each piece, and zeros after the last one.
struct Borders<const M: usize> {
    root: Scalar,
    states: Vec<[Scalar; M]>,
}

impl<const M: usize> Borders<M> {
    /// Divides the polynomial of `length` coefficients by X^M - `root`.
    fn new(length: usize, root: Scalar, coefficient: impl Fn(usize) -> Scalar + Sync) -> Self {
        let mut states: Vec<[Scalar; M]> = (0..length.div_ceil(PIECE))
            .into_par_iter()
            .map(|piece| {
                let mut state = [Scalar::ZERO; M];
                for index in (piece * PIECE..length.min((piece + 1) * PIECE)).rev() {
                    let value = &mut state[index % M];
                    *value = coefficient(index) + root * *value;
                }
                state
            })
            .collect();
        let mut jump = Scalar::ONE;
        for _ in 0..PIECE / M {
            jump *= root;
        }
        states.push([Scalar::ZERO; M]);
        for piece in (0..states.len() - 1).rev() {
            let next = states[piece + 1];
            for (value, next) in states[piece].iter_mut().zip(next) {
                *value += jump * next;
            }
        }
        Borders { root, states }
    }

    /// The remainder.
    fn remainder(&self) -> [Fr; M] {
        self.states[0].map(Scalar::to_ark)
    }

    /// Walks down a piece.
    fn descend(&self, piece: usize) -> Descent<M> {
        Descent {
            root: self.root,
            state: self.states.get(piece + 1).copied().unwrap_or([Scalar::ZERO; M]),
        }
    }
}

/// A walk from the last coefficient of a piece to its first.
struct Descent<const M: usize> {
    root: Scalar,
    state: [Scalar; M],
}

impl<const M: usize> Descent<M> {
    /// Coefficient `index` of the quotient, given that of the dividend.
    #[inline(always)]
    fn step(&mut self, index: usize, coefficient: Scalar) -> Scalar {
        let value = &mut self.state[index % M];
        let quotient = *value;
        *value = coefficient + self.root * quotient;
        quotient
    }
}
