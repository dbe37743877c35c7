//! Multi-exponentiation: signed windows, a counting sort by bucket, buckets summed as trees of affine additions that
//! share one inversion per pass, then sums weighted by bucket.
//!
//! A scalar above r/2 is replaced by its negative, so small negative numbers stay small. Scalars 0 cost nothing and
//! small ones (most of a hash circuit's witness) touch the lowest window only. Where the processor has lanes, eight
//! buckets are summed at a time; see `lanes` and `reduction`.

mod digits;
#[cfg(target_arch = "x86_64")]
mod lanes;
mod pool;
#[cfg(target_arch = "x86_64")]
mod reduction;
mod trees;

use crate::curve::Group;
use crate::error::{Observer, Result};
#[cfg(target_arch = "x86_64")]
use crate::kernel::vector_lanes;
use ark_ec::short_weierstrass::Projective;
use ark_ff::AdditiveGroup;
pub use digits::Scalars;
use digits::{add, bit_length, Cut};
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
    let cut = Cut::best(&lengths);
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
    let engine = Engine::<G>::new();
    let sums: Result<Vec<Projective<G>>> = (0..cut.windows)
        .into_par_iter()
        .map(|window| {
            observer.checkpoint()?;
            let visible = if window == 0 { entries.len() } else { large_count };
            Ok(engine.window_sum(points, &entries[..visible], cut, window))
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

/// What sums windows: the lanes of this processor, or one point at a time.
struct Engine<G: Group> {
    windows: Pool<Window>,
    #[cfg(target_arch = "x86_64")]
    tiles: Pool<lanes::Tile<lanes::LanesOf<G>>>,
    group: PhantomData<G>,
}

impl<G: Group> Engine<G> {
    fn new() -> Self {
        Engine {
            windows: Pool::new(),
            #[cfg(target_arch = "x86_64")]
            tiles: Pool::new(),
            group: PhantomData,
        }
    }

    /// Sum of digit times point over one window.
    fn window_sum(
        &self,
        points: &[u8],
        entries: &[([u64; 4], u32)],
        cut: Cut,
        window: usize,
    ) -> Projective<G> {
        self.windows.with(|memory| {
            memory.sort(entries, cut, window);
            if memory.sorted.is_empty() {
                return Projective::ZERO;
            }
            self.weighted_sum(points, &memory.sorted, &memory.ends)
        })
    }

    /// The sum of d times bucket d. Tags (index, sign bit lowest) are in the order of buckets; bucket d ends at `ends[d]`.
    fn weighted_sum(&self, points: &[u8], sorted: &[u32], ends: &[u32]) -> Projective<G> {
        #[cfg(target_arch = "x86_64")]
        if let Some(ifma) = vector_lanes() {
            return lanes::weighted_sum::<G>(ifma, &self.tiles, points, sorted, ends);
        }
        running_sum::<G>(&bucket_sums::<G>(points, sorted, ends))
    }
}

/// The sum of d times the points of bucket d. Tags (index, sign bit lowest) are in the order of buckets; bucket d ends
/// at `ends[d]`, and `ends[0]` is zero.
pub fn weighted_sum<G: Group>(points: &[u8], sorted: &[u32], ends: &[u32]) -> Projective<G> {
    Engine::<G>::new().weighted_sum(points, sorted, ends)
}
