//! Bucket sums one point at a time: trees of affine additions that share one inversion per pass.

use crate::curve::{to_projective, Group, Point, Sum};
use crate::field::Coordinate;
use ark_ec::short_weierstrass::Projective;

/// Points gathered before their buckets are summed: a tile and its inversions stay in the second-level cache.
const TILE: usize = 4096;

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
