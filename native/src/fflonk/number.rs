//! Loops over field elements that take one at a time, or eight where the processor can.

use super::CHUNK;
use crate::field::Fr;
use crate::kernel::Scalar;
use ark_ff::Field;
use rayon::prelude::*;

/// One element, or several in lanes.
///
/// In lanes an element may be a few times the modulus p. What is gathered, the same everywhere, or a product counts 2,
/// sums add up, and a difference adds 4 to its left side, while its right side may count 4. The counts of two factors
/// may multiply to 80.
pub trait Number: Copy {
    /// What proves that the processor can.
    type Proof: Copy;
    /// Number of lanes.
    const WIDTH: usize;
    /// The same element in every lane.
    fn same(proof: Self::Proof, value: Scalar) -> Self;
    /// The elements that `read` gives for the lanes.
    fn gather(proof: Self::Proof, read: impl FnMut(usize) -> Scalar) -> Self;
    /// Hands the element of each lane to `write`; takes a count of 64.
    fn scatter(self, write: impl FnMut(usize, Scalar));
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
    fn times(self, other: Self) -> Self;
    /// The inverses, `None` if there is a zero.
    fn inverse(self, proof: Self::Proof) -> Option<Self>;
}

impl Number for Scalar {
    type Proof = ();
    const WIDTH: usize = 1;
    #[inline(always)]
    fn same(_: (), value: Scalar) -> Self {
        value
    }
    #[inline(always)]
    fn gather(_: (), mut read: impl FnMut(usize) -> Scalar) -> Self {
        read(0)
    }
    #[inline(always)]
    fn scatter(self, mut write: impl FnMut(usize, Scalar)) {
        write(0, self);
    }
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        self + other
    }
    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        self - other
    }
    #[inline(always)]
    fn times(self, other: Self) -> Self {
        self * other
    }
    fn inverse(self, _: ()) -> Option<Self> {
        Scalar::inverse(&self)
    }
}

/// Work that is written for any [`Number`]; implement `run` with `#[inline(always)]`.
pub trait Task {
    type Output;
    fn run<N: Number>(self, proof: N::Proof) -> Self::Output;
}

#[cfg(target_arch = "x86_64")]
mod eight {
    use super::{Number, Task};
    use crate::kernel::lanes::{Ifma, Lanes, Vectorized, LANES};
    use crate::kernel::{Scalar, ScalarModulus};

    /// Eight elements.
    #[derive(Clone, Copy)]
    pub struct Eight(Lanes<ScalarModulus>);

    impl Number for Eight {
        type Proof = Ifma;
        const WIDTH: usize = LANES;
        #[inline(always)]
        fn same(proof: Ifma, value: Scalar) -> Self {
            Eight(Lanes::splat(proof, &value).reduce())
        }
        #[inline(always)]
        fn gather(proof: Ifma, read: impl FnMut(usize) -> Scalar) -> Self {
            Eight(Lanes::load(proof, &std::array::from_fn(read)).reduce())
        }
        #[inline(always)]
        fn scatter(self, mut write: impl FnMut(usize, Scalar)) {
            let mut values = [Scalar::ZERO; LANES];
            self.0.store(&mut values);
            for (lane, value) in values.into_iter().enumerate() {
                write(lane, value);
            }
        }
        #[inline(always)]
        fn plus(self, other: Self) -> Self {
            Eight(self.0.add(&other.0))
        }
        #[inline(always)]
        fn minus(self, other: Self) -> Self {
            Eight(self.0.sub::<4>(&other.0))
        }
        #[inline(always)]
        fn times(self, other: Self) -> Self {
            Eight(self.0.mul(&other.0))
        }
        #[inline(always)]
        fn inverse(self, proof: Ifma) -> Option<Self> {
            self.0.inverse(proof).map(|lanes| Eight(lanes.reduce()))
        }
    }

    /// A task in lanes.
    pub struct InLanes<T>(pub T);

    impl<T: Task> Vectorized for InLanes<T> {
        type Output = T::Output;
        #[inline(always)]
        fn run(self, ifma: Ifma) -> T::Output {
            self.0.run::<Eight>(ifma)
        }
    }
}

/// Runs a task the fastest way that this processor has.
pub(super) fn run<T: Task>(task: T) -> T::Output {
    #[cfg(target_arch = "x86_64")]
    if let Some(ifma) = crate::kernel::vector_lanes() {
        return ifma.run(eight::InLanes(task));
    }
    task.run::<Scalar>(())
}

/// A formula for each row: `I` elements and `C` constants give one.
pub trait Formula<const I: usize, const C: usize>: Sync {
    fn constants(&self) -> [Scalar; C];
    /// What the formula takes at a row, given what stands there.
    fn inputs(&self, row: usize, here: Scalar) -> [Scalar; I];
    fn value<N: Number>(constants: &[N; C], inputs: [N; I]) -> N;
}

/// Puts the formula's value into every row.
pub(super) fn fill<const I: usize, const C: usize, F: Formula<I, C>>(rows: &mut [Scalar], formula: &F) {
    let task = |(chunk, rows): (usize, &mut [Scalar])| {
        run(Fill {
            start: chunk * CHUNK,
            rows,
            formula,
        })
    };
    rows.par_chunks_mut(CHUNK).enumerate().for_each(task);
}

struct Fill<'a, F, const I: usize, const C: usize> {
    start: usize,
    rows: &'a mut [Scalar],
    formula: &'a F,
}

impl<const I: usize, const C: usize, F: Formula<I, C>> Task for Fill<'_, F, I, C> {
    type Output = ();
    #[inline(always)]
    fn run<N: Number>(self, proof: N::Proof) {
        let constants = self.formula.constants().map(|c| N::same(proof, c));
        for (step, rows) in self.rows.chunks_mut(N::WIDTH).enumerate() {
            let first = self.start + step * N::WIDTH;
            let mut inputs = [[Scalar::ZERO; I]; 8];
            for (lane, (inputs, here)) in inputs.iter_mut().zip(rows.iter()).enumerate() {
                *inputs = self.formula.inputs(first + lane, *here);
            }
            let inputs = std::array::from_fn(|i| N::gather(proof, |lane| inputs[lane][i]));
            F::value(&constants, inputs).scatter(|lane, value| {
                if let Some(row) = rows.get_mut(lane) {
                    *row = value;
                }
            });
        }
    }
}

/// Multiplies row j by `start * step^j`.
pub(super) fn scale_by_powers(rows: &mut [Scalar], start: Fr, step: Fr) {
    let task = |(chunk, rows): (usize, &mut [Scalar])| {
        run(Scale {
            start: Scalar::from_ark(start * step.pow([(chunk * CHUNK) as u64])),
            step: Scalar::from_ark(step),
            rows,
        })
    };
    rows.par_chunks_mut(CHUNK).enumerate().for_each(task);
}

struct Scale<'a> {
    start: Scalar,
    step: Scalar,
    rows: &'a mut [Scalar],
}

impl Task for Scale<'_> {
    type Output = ();
    #[inline(always)]
    fn run<N: Number>(self, proof: N::Proof) {
        let (mut power, mut jump) = (self.start, Scalar::ONE);
        let mut powers = N::gather(proof, |_| {
            let here = power;
            power *= self.step;
            jump *= self.step;
            here
        });
        let jump = N::same(proof, jump);
        for rows in self.rows.chunks_mut(N::WIDTH) {
            let read = |lane: usize| rows.get(lane).copied().unwrap_or(Scalar::ZERO);
            let product = N::gather(proof, read).times(powers);
            product.scatter(|lane, value| {
                if let Some(row) = rows.get_mut(lane) {
                    *row = value;
                }
            });
            powers = powers.times(jump);
        }
    }
}
