//! One formula for every row of a table, computed for eight rows at a time where the processor has lanes.

use crate::kernel::Scalar;
#[cfg(target_arch = "x86_64")]
use crate::kernel::{
    lanes::{Ifma, Lanes, Vectorized, LANES},
    vector_lanes, ScalarModulus,
};
use rayon::prelude::*;

/// Rows that one task takes.
const CHUNK: usize = 1 << 10;
/// Rows that are computed at once, at most.
pub const MAX_WIDTH: usize = 8;

/// The elements of one row, or of eight.
///
/// In lanes, a number may be a few times the modulus p. What is read, constants and products are *small*, below 2 p;
/// bounds of sums add up. A subtrahend is small. Factors are below 8 p, what is stored is below 64 p.
pub trait Element: Copy {
    /// Rows.
    const WIDTH: usize;
    /// What proves that the processor has the instructions.
    type Context: Copy;
    /// The same element in every row.
    fn constant(context: Self::Context, value: &Scalar) -> Self;
    /// The elements `read(0)`, `read(1)` and so on.
    fn read(context: Self::Context, read: impl Fn(usize) -> Scalar) -> Self;
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
    fn times(self, other: Self) -> Self;
    /// Writes the elements of [`Element::WIDTH`] rows.
    fn store(self, out: &mut [Scalar]);
}

impl Element for Scalar {
    const WIDTH: usize = 1;
    type Context = ();
    #[inline(always)]
    fn constant(_: (), value: &Scalar) -> Self {
        *value
    }
    #[inline(always)]
    fn read(_: (), read: impl Fn(usize) -> Scalar) -> Self {
        read(0)
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
    #[inline(always)]
    fn store(self, out: &mut [Scalar]) {
        out[0] = self;
    }
}

#[cfg(target_arch = "x86_64")]
impl Element for Lanes<ScalarModulus> {
    const WIDTH: usize = LANES;
    type Context = Ifma;
    #[inline(always)]
    fn constant(ifma: Ifma, value: &Scalar) -> Self {
        Lanes::splat(ifma, value).reduce()
    }
    #[inline(always)]
    fn read(ifma: Ifma, read: impl Fn(usize) -> Scalar) -> Self {
        Lanes::load(ifma, &std::array::from_fn(read)).reduce()
    }
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        self.add(&other)
    }
    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        self.sub::<2>(&other)
    }
    #[inline(always)]
    fn times(self, other: Self) -> Self {
        self.mul(&other)
    }
    #[inline(always)]
    fn store(self, out: &mut [Scalar]) {
        let mut values = [Scalar::ZERO; LANES];
        Lanes::store(self, &mut values);
        out.copy_from_slice(&values);
    }
}

/// What is computed for every row.
pub trait Formula: Sync {
    /// The constants that [`Formula::at`] gets, in the same order.
    fn constants(&self) -> Vec<Scalar>;
    /// The results of `E::WIDTH` rows from `row` on. Implement with `#[inline(always)]`, so that it is compiled for
    /// the instructions of the lanes.
    fn at<E: Element>(&self, context: E::Context, constants: &[E], row: usize) -> E;
}

/// The results of the rows `0..length` replace what is in `out`; its memory is used if it is large enough.
pub fn tabulate(out: &mut Vec<Scalar>, length: usize, formula: &impl Formula) {
    out.resize(length, Scalar::ZERO);
    out.par_chunks_mut(CHUNK)
        .enumerate()
        .for_each(|(i, rows)| chunk(rows, i * CHUNK, formula));
}

/// The rows from `start` on.
fn chunk(rows: &mut [Scalar], start: usize, formula: &impl Formula) {
    #[allow(unused_mut)]
    let mut done = 0;
    #[cfg(target_arch = "x86_64")]
    if let Some(ifma) = vector_lanes() {
        done = rows.len() - rows.len() % LANES;
        let rows = &mut rows[..done];
        ifma.run(InLanes { rows, start, formula });
    }
    run::<Scalar>((), &mut rows[done..], start + done, formula);
}

#[cfg(target_arch = "x86_64")]
struct InLanes<'a, F> {
    rows: &'a mut [Scalar],
    start: usize,
    formula: &'a F,
}

#[cfg(target_arch = "x86_64")]
impl<F: Formula> Vectorized for InLanes<'_, F> {
    type Output = ();
    #[inline(always)]
    fn run(self, ifma: Ifma) {
        run::<Lanes<ScalarModulus>>(ifma, self.rows, self.start, self.formula);
    }
}

#[inline(always)]
fn run<E: Element>(context: E::Context, rows: &mut [Scalar], start: usize, formula: &impl Formula) {
    let constants: Vec<E> = formula
        .constants()
        .iter()
        .map(|value| E::constant(context, value))
        .collect();
    for (i, out) in rows.chunks_exact_mut(E::WIDTH).enumerate() {
        formula
            .at::<E>(context, &constants, start + i * E::WIDTH)
            .store(out);
    }
}
