//! Openings of C0, C1 and C2: division of long polynomials by X^m - β, in pieces that threads share.
//!
//! From the top, V[j] = c[j] + β·V[j+m]: V[0..m] is the remainder, V[m..] the quotient. Pieces are computed apart and
//! joined by what flows over their borders, so that remainders are known before the quotient is needed. And since
//! C0 = Σ X^k P_k(X^8), its remainder modulo X^8 - ξ has the values P_k(ξ) as coefficients: the evaluations of a proof.

use super::number::{fill, run, Formula, Number, Task};
use super::proof::Evaluations;
use super::verify::{horner, remainder_at, Points, Vanishing};
use super::zkey::ProvingKey;
use super::Secret;
use crate::field::Fr;
use crate::kernel::Scalar;
use ark_ff::{Field, One};
use rayon::prelude::*;

/// Length of a piece, a multiple of 3, 4 and 8.
const PIECE: usize = 24 << 5;
/// Pieces that one task takes, side by side in lanes.
const PIECES: usize = 8;
const GROUP: usize = PIECES * PIECE;

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

    /// Coefficients of C0, C1 and C2.
    #[inline(always)]
    fn coefficients(&self, index: usize) -> [Scalar; 3] {
        // C0 and C1 are as long as each other; pieces reach beyond the end.
        let (c0, c1) = match self.c1.get(index) {
            Some(value) => (self.key.combined(index), *value),
            None => (Scalar::ZERO, Scalar::ZERO),
        };
        [c0, c1, self.c2.get(index).copied().unwrap_or(Scalar::ZERO)]
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
        out.par_chunks_mut(GROUP).enumerate().for_each(|(group, out)| {
            run(Join {
                openings: self,
                factors: [first, second],
                group,
                out,
            })
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
        let factors = [q1, q2, vanishing.h0].map(Scalar::from_ark);
        fill(
            &mut quotient,
            &Remains {
                openings: self,
                factors,
            },
        );
        quotient[0] -= Scalar::from_ark(constant);
        let borders = Borders::<1>::new(quotient.len(), Scalar::from_ark(*y), |i| quotient[i]);
        quotient
            .par_chunks_mut(GROUP)
            .enumerate()
            .for_each(|(group, rows)| {
                run(Divide {
                    borders: &borders,
                    group,
                    rows,
                })
            });
        quotient
    }
}

/// C0 + q1·C1 + q2·C2 less a constant times what stands there.
struct Remains<'a> {
    openings: &'a Openings<'a>,
    factors: [Scalar; 3],
}

impl Formula<4, 3> for Remains<'_> {
    fn constants(&self) -> [Scalar; 3] {
        self.factors
    }

    #[inline(always)]
    fn inputs(&self, row: usize, here: Scalar) -> [Scalar; 4] {
        let [c0, c1, c2] = self.openings.coefficients(row);
        [c0, c1, c2, here]
    }

    #[inline(always)]
    fn value<N: Number>([q1, q2, divisor]: &[N; 3], [c0, c1, c2, here]: [N; 4]) -> N {
        let sum = c0.plus(q1.times(c1)).plus(q2.times(c2));
        sum.minus(divisor.times(here))
    }
}

/// The joined quotient in a group of pieces.
struct Join<'a> {
    openings: &'a Openings<'a>,
    factors: [Scalar; 2],
    group: usize,
    out: &'a mut [Scalar],
}

impl Task for Join<'_> {
    type Output = ();

    #[inline(always)]
    fn run<N: Number>(self, proof: N::Proof) {
        let o = self.openings;
        let [first, second] = self.factors.map(|f| N::same(proof, f));
        for set in (0..PIECES).step_by(N::WIDTH) {
            let piece = self.group * PIECES + set;
            let mut circuit = o.circuit.descend::<N>(proof, piece);
            let mut wires = o.wires.descend::<N>(proof, piece);
            let mut here = o.here.descend::<N>(proof, piece);
            let mut next = o.next.descend::<N>(proof, piece);
            for offset in (0..PIECE).rev() {
                let mut rows = [[Scalar::ZERO; 3]; 8];
                for (lane, row) in rows.iter_mut().enumerate().take(N::WIDTH) {
                    *row = o.coefficients((piece + lane) * PIECE + offset);
                }
                let [c0, c1, c2] = std::array::from_fn(|k| N::gather(proof, |lane| rows[lane][k]));
                let joined = here.step(offset, c2).minus(next.step(offset, c2));
                let sum = circuit
                    .step(offset, c0)
                    .plus(first.times(wires.step(offset, c1)))
                    .plus(second.times(joined));
                sum.scatter(|lane, value| {
                    if let Some(row) = self.out.get_mut((set + lane) * PIECE + offset) {
                        *row = value;
                    }
                });
            }
        }
    }
}

/// The division of a group of pieces by X - y, in place.
struct Divide<'a> {
    borders: &'a Borders<1>,
    group: usize,
    rows: &'a mut [Scalar],
}

impl Task for Divide<'_> {
    type Output = ();

    #[inline(always)]
    fn run<N: Number>(self, proof: N::Proof) {
        for set in (0..PIECES).step_by(N::WIDTH) {
            let mut descent = self.borders.descend::<N>(proof, self.group * PIECES + set);
            for offset in (0..PIECE).rev() {
                let at = |lane: usize| (set + lane) * PIECE + offset;
                let read = |lane| self.rows.get(at(lane)).copied().unwrap_or(Scalar::ZERO);
                let value = N::gather(proof, read);
                descent.step(0, value).scatter(|lane, value| {
                    if let Some(row) = self.rows.get_mut(at(lane)) {
                        *row = value;
                    }
                });
            }
        }
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
        let read = |index: usize| {
            if index < length {
                coefficient(index)
            } else {
                Scalar::ZERO
            }
        };
        let groups = length.div_ceil(GROUP);
        let mut states = vec![[Scalar::ZERO; M]; groups * PIECES];
        states
            .par_chunks_mut(PIECES)
            .enumerate()
            .for_each(|(group, states)| {
                run(Remainders {
                    root,
                    start: group * GROUP,
                    read: &read,
                    states,
                })
            });
        let mut jump = Scalar::ONE;
        for _ in 0..PIECE / M {
            jump *= root;
        }
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

    /// Walks down as many pieces as there are lanes, from `piece` on.
    #[inline(always)]
    fn descend<N: Number>(&self, proof: N::Proof, piece: usize) -> Descent<N, M> {
        let state = |k: usize| {
            N::gather(proof, |lane| {
                self.states
                    .get(piece + lane + 1)
                    .map_or(Scalar::ZERO, |state| state[k])
            })
        };
        Descent {
            root: N::same(proof, self.root),
            state: std::array::from_fn(state),
        }
    }
}

/// A walk from the last coefficient of a piece to its first.
struct Descent<N, const M: usize> {
    root: N,
    state: [N; M],
}

impl<N: Number, const M: usize> Descent<N, M> {
    /// The quotient's coefficient `index`, given that of the dividend.
    #[inline(always)]
    fn step(&mut self, index: usize, coefficient: N) -> N {
        let value = &mut self.state[index % M];
        let quotient = *value;
        *value = coefficient.plus(self.root.times(quotient));
        quotient
    }
}

/// V at the start of each piece of a group, from the coefficients of that piece alone.
struct Remainders<'a, F, const M: usize> {
    root: Scalar,
    start: usize,
    read: &'a F,
    states: &'a mut [[Scalar; M]],
}

impl<const M: usize, F: Fn(usize) -> Scalar> Task for Remainders<'_, F, M> {
    type Output = ();

    #[inline(always)]
    fn run<N: Number>(self, proof: N::Proof) {
        for (set, states) in self.states.chunks_mut(N::WIDTH).enumerate() {
            let start = self.start + set * N::WIDTH * PIECE;
            let mut descent = Descent {
                root: N::same(proof, self.root),
                state: [N::same(proof, Scalar::ZERO); M],
            };
            for offset in (0..PIECE).rev() {
                let value = N::gather(proof, |lane| (self.read)(start + lane * PIECE + offset));
                descent.step(offset, value);
            }
            for (k, value) in descent.state.into_iter().enumerate() {
                value.scatter(|lane, value| states[lane][k] = value);
            }
        }
    }
}
