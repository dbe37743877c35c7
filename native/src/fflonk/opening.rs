//! Division of long polynomials by X^m - β, in pieces that threads share.
//!
//! From the top, V[j] = c[j] + β·V[j+m]: V[0..m] is the remainder, V[m..] the quotient. Pieces are computed apart and
//! joined by what flows over their borders, so that remainders are known before the quotient is needed.

use crate::kernel::Scalar;
use rayon::prelude::*;

/// Length of a piece, a multiple of 3, 4 and 8.
pub(super) const PIECE: usize = 24 << 7;

/// V at the start of each piece, and zeros after the last one.
pub(super) struct Borders<const M: usize> {
    root: Scalar,
    states: Vec<[Scalar; M]>,
}

impl<const M: usize> Borders<M> {
    /// Divides the polynomial of `length` coefficients by X^M - `root`.
    pub(super) fn new(length: usize, root: Scalar, coefficient: impl Fn(usize) -> Scalar + Sync) -> Self {
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
    pub(super) fn remainder(&self) -> [Scalar; M] {
        self.states[0]
    }

    /// Walks down a piece.
    pub(super) fn descend(&self, piece: usize) -> Descent<M> {
        Descent {
            root: self.root,
            state: self.states.get(piece + 1).copied().unwrap_or([Scalar::ZERO; M]),
        }
    }
}

/// A walk from the last coefficient of a piece to its first.
pub(super) struct Descent<const M: usize> {
    root: Scalar,
    state: [Scalar; M],
}

impl<const M: usize> Descent<M> {
    /// Coefficient `index` of the quotient, given that of the dividend.
    #[inline(always)]
    pub(super) fn step(&mut self, index: usize, coefficient: Scalar) -> Scalar {
        let value = &mut self.state[index % M];
        let quotient = *value;
        *value = coefficient + self.root * quotient;
        quotient
    }
}
