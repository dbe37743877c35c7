//! Multi-exponentiation: signed windows, a counting sort by bucket, buckets summed as trees of affine additions that
//! share one inversion per pass, then running sums.
//!
//! A scalar above r/2 is replaced by its negative, so small negative numbers stay small. Scalars 0 cost nothing and
//! small ones (most of a hash circuit's witness) touch the lowest window only.

use crate::curve::{to_projective, Group, Point, Sum};
use crate::error::{Observer, Result};
use crate::field::{less, limbs, subtract, Coordinate, R_LIMBS};
use ark_ec::short_weierstrass::Projective;
use ark_ff::AdditiveGroup;
use rayon::prelude::*;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Bits of a scalar's absolute value, one more than its largest.
const SCALAR_BITS: usize = 254;
/// Points gathered before their buckets are summed: a tile and its inversions stay in the second-level cache.
const TILE: usize = 4096;
/// Multiplications that one bucket costs in the running sums, against six for an affine addition.
const BUCKET_COST: usize = 26;

/// Scalars with sign and magnitude apart, ready to be cut into windows.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Scalars {
    magnitude: Vec<[u64; 4]>,
    negative: Vec<bool>,
}

impl Scalars {
    /// Scalars from 32-byte little-endian values below r.
    pub fn from_le(bytes: &[u8]) -> Self {
        Self::new(bytes.par_chunks_exact(32).map(limbs))
    }

    /// Scalars from limbs below r.
    pub fn new(values: impl IndexedParallelIterator<Item = [u64; 4]>) -> Self {
        let mut magnitude = Vec::new();
        let mut negative = Vec::new();
        values
            .map(|value| {
                let other = if value == [0; 4] {
                    value
                } else {
                    subtract(&R_LIMBS, &value)
                };
                if less(&other, &value) {
                    (other, true)
                } else {
                    (value, false)
                }
            })
            .unzip_into_vecs(&mut magnitude, &mut negative);
        Scalars { magnitude, negative }
    }

    /// Number of scalars.
    pub fn len(&self) -> usize {
        self.magnitude.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.magnitude.is_empty()
    }
}

/// Bits `[at, at + count)` of a 256-bit number; bits beyond read as zero.
#[inline(always)]
fn bits(value: &[u64; 4], at: usize, count: usize) -> u64 {
    let (word, shift) = (at / 64, at % 64);
    if word >= 4 {
        return 0;
    }
    let mut out = value[word] >> shift;
    if shift + count > 64 && word + 1 < 4 {
        out |= value[word + 1] << (64 - shift);
    }
    out & ((1u64 << count) - 1)
}

/// How scalars are cut: `windows` digits of `width` bits.
#[derive(Clone, Copy)]
struct Cut {
    width: usize,
    windows: usize,
}

impl Cut {
    /// The cut with the least arithmetic for scalars of which `lengths[b]` have b bits.
    fn best(lengths: &[usize; 257]) -> Self {
        let cost = |width: usize| {
            let windows = SCALAR_BITS.div_ceil(width);
            let mut total = 0;
            for window in 0..windows {
                // Signed digits carry, so a number reaches one bit further than its length.
                let lowest = (window * width).max(1);
                let points: usize = lengths[lowest..].iter().sum();
                total += 6 * points + BUCKET_COST * points.min(1 << (width - 1)).max((1 << width) / 8);
            }
            total
        };
        let width = (4..=16).min_by_key(|w| cost(*w)).unwrap_or(8);
        Cut {
            width,
            windows: SCALAR_BITS.div_ceil(width),
        }
    }

    /// What is added to every magnitude so that each digit is its window's bits less half the base: no carries.
    fn offset(&self) -> [u64; 4] {
        let mut out = [0u64; 4];
        for window in 0..self.windows - 1 {
            let bit = window * self.width + self.width - 1;
            out[bit / 64] |= 1 << (bit % 64);
        }
        out
    }

    /// The digit of `shifted` (magnitude plus offset) at `window`, within ±2^(width-1). The last one is unsigned.
    #[inline(always)]
    fn digit(&self, shifted: &[u64; 4], window: usize) -> i64 {
        let raw = bits(shifted, window * self.width, self.width) as i64;
        if window + 1 == self.windows {
            raw
        } else {
            raw - (1 << (self.width - 1))
        }
    }
}

/// `a + b` without overflow, as the offset guarantees.
#[inline(always)]
fn add(a: &[u64; 4], b: &[u64; 4]) -> [u64; 4] {
    let mut out = [0u64; 4];
    let mut carry = 0u128;
    for i in 0..4 {
        carry += u128::from(a[i]) + u128::from(b[i]);
        out[i] = carry as u64;
        carry >>= 64;
    }
    out
}

/// Number of significant bits.
fn bit_length(value: &[u64; 4]) -> usize {
    (0..4)
        .rev()
        .find(|i| value[*i] != 0)
        .map_or(0, |i| 64 * i + 64 - value[i].leading_zeros() as usize)
}

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
    let sums: Result<Vec<Projective<G>>> = (0..cut.windows)
        .into_par_iter()
        .map(|window| {
            observer.checkpoint()?;
            let visible = if window == 0 { entries.len() } else { large_count };
            Ok(window_sum::<G>(points, &entries[..visible], cut, window))
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

/// Sum of digit times point over one window.
fn window_sum<G: Group>(
    points: &[u8],
    entries: &[([u64; 4], u32)],
    cut: Cut,
    window: usize,
) -> Projective<G> {
    let buckets = 1usize << (cut.width - 1);
    let mut starts = vec![0u32; buckets + 1];
    for (shifted, _) in entries {
        let digit = cut.digit(shifted, window);
        if digit != 0 {
            starts[digit.unsigned_abs() as usize] += 1;
        }
    }
    let mut total = 0;
    for start in starts.iter_mut() {
        let here = *start;
        *start = total;
        total += here;
    }
    if total == 0 {
        return Projective::ZERO;
    }
    // After this pass `starts[d]` is where bucket d ends.
    let mut sorted = vec![0u32; total as usize];
    for (shifted, tag) in entries {
        let digit = cut.digit(shifted, window);
        if digit != 0 {
            let start = &mut starts[digit.unsigned_abs() as usize];
            sorted[*start as usize] = tag ^ u32::from(digit < 0);
            *start += 1;
        }
    }
    let sums = bucket_sums::<G>(points, &sorted, &starts);
    running_sum::<G>(&sums)
}

/// Sum of d times bucket d; `sums[0]` is bucket 1.
pub fn running_sum<G: Group>(sums: &[Point<G::Coord>]) -> Projective<G> {
    let mut running = Sum::INFINITY;
    let mut total = Sum::INFINITY;
    for sum in sums.iter().rev() {
        running.add_point(sum);
        total.add(&running);
    }
    to_projective::<G>(&total)
}

/// The sum of each bucket. `sorted` lists tags (index, sign bit lowest) by bucket; bucket d ends at `ends[d]`.
pub fn bucket_sums<G: Group>(points: &[u8], sorted: &[u32], ends: &[u32]) -> Vec<Point<G::Coord>> {
    let mut sums = vec![Point::INFINITY; ends.len() - 1];
    let mut tile = Tile::<G>::new();
    for (bucket, pair) in ends.windows(2).enumerate() {
        let (mut at, end) = (pair[0] as usize, pair[1] as usize);
        while at < end {
            let room = TILE - tile.points.len();
            let take = room.min(end - at);
            for tag in &sorted[at..at + take] {
                let offset = (*tag >> 1) as usize * G::POINT_BYTES;
                let mut point = Point::<G::Coord>::read(&points[offset..offset + G::POINT_BYTES]);
                if tag & 1 == 1 {
                    point.y = -point.y;
                }
                tile.points.push(point);
            }
            tile.segments.push((bucket as u32, take as u32));
            at += take;
            if tile.points.len() == TILE {
                tile.flush(&mut sums);
            }
        }
    }
    tile.flush(&mut sums);
    sums
}

/// Points of consecutive buckets, summed together.
struct Tile<G: Group> {
    points: Vec<Point<G::Coord>>,
    next: Vec<Point<G::Coord>>,
    /// Bucket and number of points.
    segments: Vec<(u32, u32)>,
    batch: Batch<G>,
}

impl<G: Group> Tile<G> {
    fn new() -> Self {
        Tile {
            points: Vec::with_capacity(TILE),
            next: Vec::with_capacity(TILE),
            segments: Vec::new(),
            batch: Batch {
                pairs: Vec::with_capacity(TILE),
                products: Vec::with_capacity(TILE),
            },
        }
    }

    /// Sums every segment into its bucket and empties the tile.
    fn flush(&mut self, sums: &mut [Point<G::Coord>]) {
        while self.segments.iter().any(|(_, length)| *length > 1) {
            self.next.clear();
            self.batch.pairs.clear();
            let mut at = 0u32;
            for (_, length) in self.segments.iter_mut() {
                for _ in 0..*length / 2 {
                    self.batch.pairs.push((at, self.next.len() as u32));
                    self.next.push(Point::INFINITY);
                    at += 2;
                }
                if *length % 2 == 1 {
                    self.next.push(self.points[at as usize]);
                    at += 1;
                }
                *length = length.div_ceil(2);
            }
            self.batch.add_adjacent(&self.points, &mut self.next);
            std::mem::swap(&mut self.points, &mut self.next);
        }
        // A bucket cut by the edge of a tile already has a sum: add it, again all together.
        self.next.clear();
        self.batch.pairs.clear();
        let mut operands = Vec::new();
        let mut targets = Vec::new();
        for ((bucket, _), point) in self.segments.iter().zip(&self.points) {
            let sum = &mut sums[*bucket as usize];
            if sum.is_infinity() {
                *sum = *point;
            } else {
                self.batch
                    .pairs
                    .push((operands.len() as u32, targets.len() as u32));
                operands.extend([*sum, *point]);
                targets.push(*bucket);
                self.next.push(Point::INFINITY);
            }
        }
        self.batch.add_adjacent(&operands, &mut self.next);
        for (bucket, sum) in targets.iter().zip(&self.next) {
            sums[*bucket as usize] = *sum;
        }
        self.points.clear();
        self.segments.clear();
    }
}

/// Affine additions that share one inversion.
struct Batch<G: Group> {
    /// Index of the left operand (the right one follows it) and of the result.
    pairs: Vec<(u32, u32)>,
    /// Product of the denominators before each pair.
    products: Vec<G::Coord>,
}

impl<G: Group> Batch<G> {
    /// What the slope of the line through `a` and `b` is divided by; one where no slope is needed.
    #[inline(always)]
    fn denominator(a: &Point<G::Coord>, b: &Point<G::Coord>) -> G::Coord {
        let difference = b.x - a.x;
        if !difference.is_zero() && !a.is_infinity() && !b.is_infinity() {
            difference
        } else if !a.is_infinity() && a.x == b.x && a.y == b.y {
            a.y.double()
        } else {
            G::Coord::ONE
        }
    }

    /// For each pair, `output[to] = input[from] + input[from + 1]`.
    fn add_adjacent(&mut self, input: &[Point<G::Coord>], output: &mut [Point<G::Coord>]) {
        if self.pairs.is_empty() {
            return;
        }
        self.products.clear();
        let mut product = G::Coord::ONE;
        for (from, _) in &self.pairs {
            let from = *from as usize;
            self.products.push(product);
            product *= Self::denominator(&input[from], &input[from + 1]);
        }
        // No denominator is zero: x differs, or y does (no point of odd order has y = 0), or it is one.
        let Some(mut inverse) = product.inverse() else {
            return;
        };
        for ((from, to), before) in self.pairs.iter().zip(&self.products).rev() {
            let (a, b) = (&input[*from as usize], &input[*from as usize + 1]);
            let denominator = Self::denominator(a, b);
            let reciprocal = inverse * *before;
            inverse *= denominator;
            output[*to as usize] = if a.is_infinity() {
                *b
            } else if b.is_infinity() {
                *a
            } else if a.x == b.x {
                if a.y == b.y {
                    let square = a.x.square();
                    chord(a, a, (square.double() + square) * reciprocal)
                } else {
                    Point::INFINITY
                }
            } else {
                chord(a, b, (b.y - a.y) * reciprocal)
            };
        }
    }
}

/// The third point of the line of `slope` through `a` and `b`, mirrored.
#[inline(always)]
fn chord<F: Coordinate>(a: &Point<F>, b: &Point<F>, slope: F) -> Point<F> {
    let x = slope.square() - a.x - b.x;
    Point {
        x,
        y: slope * (a.x - x) - a.y,
    }
}
