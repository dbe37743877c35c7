//! Multi-exponentiation: signed windows, a counting sort by bucket, buckets summed as trees of affine additions that
//! share one inversion per pass, then sums weighted by bucket.
//!
//! A scalar above r/2 is replaced by its negative, so small negative numbers stay small. Scalars 0 cost nothing and
//! small ones (most of a hash circuit's witness) touch the lowest window only. Where the processor has lanes, eight
//! buckets are summed at a time; see `lanes` and `reduction`.

#[cfg(target_arch = "x86_64")]
mod additions;
mod digits;
#[cfg(target_arch = "x86_64")]
mod lanes;
mod pool;
#[cfg(target_arch = "x86_64")]
mod reduction;
mod trees;

use crate::curve::{Group, G1, G2};
use crate::error::{Observer, Result};
#[cfg(target_arch = "x86_64")]
use crate::kernel::vector_lanes;
use ark_ec::short_weierstrass::{Projective, SWCurveConfig};
use ark_ff::AdditiveGroup;
pub use digits::Scalars;
use digits::{add, bit_length, Cost, Cut};
use pool::Pool;
use rayon::prelude::*;
use std::marker::PhantomData;
pub use trees::{bucket_sums, running_sum};
use zeroize::Zeroize;

/// Sum of `scalars[i] * points[i]`; `points` are the Montgomery bytes of a `.zkey`, as many as there are scalars.
pub fn msm<G: Group>(points: &[u8], scalars: &Scalars, observer: &dyn Observer) -> Result<Projective<G>> {
    let count = scalars.len().min(points.len() / G::POINT_BYTES);
    let infinite = |i: usize| {
        let at = i * G::POINT_BYTES;
        points[at..at + G::POINT_BYTES].iter().all(|b| *b == 0)
    };
    let mut lengths = [0usize; 257];
    let mut active = Vec::new();
    for i in 0..count {
        let length = bit_length(&scalars.magnitude[i]);
        if length > 0 && !infinite(i) {
            lengths[length] += 1;
            active.push(i as u32);
        }
    }
    if active.is_empty() {
        return Ok(Projective::ZERO);
    }
    let cut = Cut::best(&lengths, Cost::now());
    let offset = cut.offset();
    // Numbers that only reach the lowest window come last, so that the others skip them.
    let (mut order, small): (Vec<u32>, Vec<u32>) = active
        .into_iter()
        .partition(|i| bit_length(&scalars.magnitude[*i as usize]) >= cut.width);
    let large_count = order.len();
    order.extend(small);
    let mut entries: Vec<([u64; 4], u32)> = order
        .par_iter()
        .map(|i| {
            let at = *i as usize;
            (
                add(&scalars.magnitude[at], &offset),
                i << 1 | u32::from(scalars.negative[at]),
            )
        })
        .collect();
    let memory = Memory::<G>::new();
    let sums: Result<Vec<Projective<G>>> = (0..cut.windows)
        .into_par_iter()
        .map(|window| {
            observer.checkpoint()?;
            let visible = if window == 0 { entries.len() } else { large_count };
            Ok(window_sum(&memory, points, &entries[..visible], cut, window))
        })
        .collect();
    entries.iter_mut().for_each(|entry| entry.0.zeroize());
    let mut total = Projective::ZERO;
    for sum in sums?.into_iter().rev() {
        for _ in 0..cut.width {
            total.double_in_place();
        }
        total += sum;
    }
    Ok(total)
}

/// Memory of one window.
#[derive(Default)]
struct Window {
    digits: Vec<i16>,
    sorted: Vec<u32>,
    ends: Vec<u32>,
}

impl Window {
    /// Sorts the tags of the points by the size of their digit at `window`: digit d has those from `ends[d - 1]` up to
    /// `ends[d]`. Turns the sign bit of a tag where the digit is negative.
    fn sort(&mut self, entries: &[([u64; 4], u32)], cut: Cut, window: usize) {
        let Window { digits, sorted, ends } = self;
        ends.clear();
        ends.resize((1 << (cut.width - 1)) + 1, 0);
        digits.clear();
        digits.extend(entries.iter().map(|(shifted, _)| {
            let digit = cut.digit(shifted, window);
            ends[digit.unsigned_abs() as usize] += 1;
            digit as i16
        }));
        ends[0] = 0;
        let mut total = 0;
        for end in ends.iter_mut() {
            let here = *end;
            *end = total;
            total += here;
        }
        sorted.clear();
        sorted.resize(total as usize, 0);
        for (digit, (_, tag)) in digits.iter().zip(entries) {
            if *digit != 0 {
                let end = &mut ends[usize::from(digit.unsigned_abs())];
                sorted[*end as usize] = tag ^ u32::from(*digit < 0);
                *end += 1;
            }
        }
        digits.zeroize();
    }
}

/// Memory that windows hand on to each other.
pub struct Memory<G: Group> {
    windows: Pool<Window>,
    #[cfg(target_arch = "x86_64")]
    tiles: Pool<lanes::Tile<lanes::LanesOf<G>>>,
    group: PhantomData<G>,
}

impl<G: Group> Memory<G> {
    fn new() -> Self {
        Memory {
            windows: Pool::new(),
            #[cfg(target_arch = "x86_64")]
            tiles: Pool::new(),
            group: PhantomData,
        }
    }
}

/// Sum of digit times point over one window.
fn window_sum<G: Group>(
    memory: &Memory<G>,
    points: &[u8],
    entries: &[([u64; 4], u32)],
    cut: Cut,
    window: usize,
) -> Projective<G> {
    memory.windows.with(|own| {
        own.sort(entries, cut, window);
        if own.sorted.is_empty() {
            return Projective::ZERO;
        }
        G::weighted_sum_with(memory, points, &own.sorted, &own.ends)
    })
}

/// Sums weighted by bucket, compiled here once for each group: the code is long.
pub trait WeightedSum: SWCurveConfig {
    /// As [`weighted_sum`]: by the lanes of this processor, or one point at a time.
    fn weighted_sum_with(
        memory: &Memory<Self>,
        points: &[u8],
        sorted: &[u32],
        ends: &[u32],
    ) -> Projective<Self>
    where
        Self: Group;
}

macro_rules! weighted_sum {
    ($($group:ty),*) => {$(
        impl WeightedSum for $group {
            #[inline(never)]
            fn weighted_sum_with(
                memory: &Memory<Self>,
                points: &[u8],
                sorted: &[u32],
                ends: &[u32],
            ) -> Projective<Self> {
                #[cfg(target_arch = "x86_64")]
                if let Some(ifma) = vector_lanes() {
                    return lanes::weighted_sum::<Self>(ifma, &memory.tiles, points, sorted, ends);
                }
                running_sum::<Self>(&bucket_sums::<Self>(points, sorted, ends))
            }
        }
    )*};
}
weighted_sum!(G1, G2);

/// The sum of d times the points of bucket d. Tags (index, sign bit lowest) are in the order of buckets; bucket d ends
/// at `ends[d]`, and `ends[0]` is zero.
pub fn weighted_sum<G: Group>(points: &[u8], sorted: &[u32], ends: &[u32]) -> Projective<G> {
    G::weighted_sum_with(&Memory::new(), points, sorted, ends)
}
