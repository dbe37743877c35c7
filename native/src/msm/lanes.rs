//! Bucket sums eight buckets at a time.
//!
//! Each bucket is cut into pieces of at most [`PIECE`] points, pieces are sorted by length, and eight neighbours make
//! a group whose lanes do the same: the sum of each piece as a tree of affine additions. The groups of a tile, which
//! fits the second-level cache, share one inversion per level of the trees. Sums of pieces are points again, so a
//! bucket of several pieces takes a further round.
//!
//! Additions here are the generic ones. Equal or opposite points make a denominator zero, hence the product of all
//! denominators: then the tile is done again one point at a time.

use super::pool::Pool;
use super::reduction;
use crate::curve::{from_affine, to_projective, Group, Point, Sum};
use crate::field::Coordinate;
use crate::kernel::lanes::{Ifma, Vectorized, LANES};
use crate::kernel::points::{prefetch, Coordinates};
use crate::kernel::Vectorizable;
use ark_ec::short_weierstrass::Projective;
use ark_ec::CurveGroup;
use rayon::prelude::*;
use std::ops::Range;

/// Most points of a piece.
const PIECE: usize = 64;
/// Bytes of the points of a tile.
const TILE_BYTES: usize = 640 << 10;
/// The place of a bucket without points.
pub const EMPTY: u32 = u32::MAX;

/// The coordinates in lanes of a group's points.
pub type LanesOf<G> = <<G as Group>::Coord as Vectorizable>::Lanes;

/// Consecutive tags whose points are summed.
#[derive(Clone, Copy, Default)]
struct Piece {
    start: u32,
    length: u32,
}

/// Eight pieces in the lanes of consecutive vectors, longest first.
struct Lot {
    base: usize,
    lengths: [u32; LANES],
}

impl Lot {
    /// Lanes whose piece has no point number `index`. They come last.
    #[inline(always)]
    fn absent(&self, index: usize) -> u8 {
        if self.lengths[LANES - 1] as usize > index {
            return 0;
        }
        let present = self.lengths.iter().filter(|n| **n as usize > index).count();
        !(((1u32 << present) - 1) as u8)
    }
}

/// Memory of one tile.
pub struct Tile<C> {
    pub x: Vec<C>,
    pub y: Vec<C>,
    /// Product of the denominators before each addition, in two chains that take turns.
    pub products: Vec<C>,
    lots: Vec<Lot>,
}

impl<C> Default for Tile<C> {
    fn default() -> Self {
        Tile {
            x: Vec::new(),
            y: Vec::new(),
            products: Vec::new(),
            lots: Vec::new(),
        }
    }
}

/// Two running products, so that one multiplication need not wait for the other.
pub struct Chains<C> {
    pub values: [C; 2],
    pub turn: usize,
}

impl<C: Coordinates> Chains<C> {
    /// Chains of nothing.
    #[inline(always)]
    pub fn new(ifma: Ifma) -> Self {
        Chains {
            values: [C::one(ifma); 2],
            turn: 0,
        }
    }

    /// The inverses of both; `None` if one is zero.
    #[inline(always)]
    pub fn invert(&mut self, ifma: Ifma) -> Option<()> {
        let [first, second] = self.values;
        let inverse = first.mul(&second).inverse(ifma)?;
        self.values = [inverse.mul(&second), inverse.mul(&first)];
        Some(())
    }
}

impl<C: Coordinates> Tile<C> {
    /// Multiplies the next denominator, the x of `b` less that of `a`, into its chain; one in the lanes of `skip`.
    #[inline(always)]
    pub fn forward(&mut self, ifma: Ifma, chains: &mut Chains<C>, a: usize, b: usize, skip: u8) {
        let mut run = self.x[b].sub::<16>(&self.x[a]);
        if skip != 0 {
            run = run.select(skip, &C::one(ifma));
        }
        let chain = &mut chains.values[chains.turn];
        self.products.push(*chain);
        *chain = run.mul(chain);
        chains.turn ^= 1;
    }

    /// The sum of points `a` and `b`, given the inverted chains after it; of no meaning in the lanes of `skip`.
    #[inline(always)]
    pub fn backward(
        &mut self,
        ifma: Ifma,
        chains: &mut Chains<C>,
        a: usize,
        b: usize,
        skip: u8,
    ) -> Option<(C, C)> {
        chains.turn ^= 1;
        let before = self.products.pop()?;
        let (xa, ya, xb) = (&self.x[a], &self.y[a], &self.x[b]);
        let mut run = xb.sub::<16>(xa);
        if skip != 0 {
            run = run.select(skip, &C::one(ifma));
        }
        let chain = &mut chains.values[chains.turn];
        let reciprocal = chain.mul(&before);
        *chain = run.mul(chain);
        let slope = self.y[b].sub::<16>(ya).mul(&reciprocal);
        let x = slope.square().less_both(xa, xb);
        let y = xa.sub::<2>(&x).mul(&slope).less(ya);
        Some((x, y))
    }
}

/// The sums of a tile's pieces, in inner form, unless an addition is not generic.
struct SumPieces<'a, C, const FILE: bool> {
    tile: &'a mut Tile<C>,
    points: &'a [u8],
    tags: &'a [u32],
    pieces: &'a [Piece],
    sums: &'a mut [u8],
}

impl<C: Coordinates, const FILE: bool> SumPieces<'_, C, FILE> {
    /// Loads the points. False if there is an infinity.
    #[inline(always)]
    fn gather(&mut self, ifma: Ifma) -> bool {
        let (points, tags, tile) = (self.points, self.tags, &mut *self.tile);
        let row = |tag: u32| &points[(tag >> 1) as usize * 2 * C::BYTES..][..2 * C::BYTES];
        tile.x.clear();
        tile.y.clear();
        tile.lots.clear();
        let mut infinite = 0;
        let mut rest = self.pieces;
        while !rest.is_empty() {
            let (these, next) = rest.split_at(LANES.min(rest.len()));
            rest = next;
            // Lanes without a piece read any point.
            let mut lanes = [Piece {
                start: these[0].start,
                length: 0,
            }; LANES];
            lanes[..these.len()].copy_from_slice(these);
            tile.lots.push(Lot {
                base: tile.x.len(),
                lengths: lanes.map(|piece| piece.length),
            });
            for index in 0..these[0].length {
                for piece in &next[..LANES.min(next.len())] {
                    if index < piece.length {
                        prefetch(row(tags[(piece.start + index) as usize]));
                    }
                }
                let chosen = lanes.map(|piece| {
                    let within = index.min(piece.length.saturating_sub(1));
                    tags[(piece.start + within) as usize]
                });
                let signs = (0..LANES).fold(0, |mask, lane| mask | (chosen[lane] as u8 & 1) << lane);
                let (x, y) = C::gather::<FILE>(ifma, chosen.map(row));
                infinite |= x.zeros() & y.zeros();
                tile.x.push(x);
                tile.y.push(y.negate(signs));
            }
        }
        infinite == 0
    }
}

impl<C: Coordinates, const FILE: bool> Vectorized for SumPieces<'_, C, FILE> {
    type Output = Option<()>;

    #[inline(always)]
    fn run(mut self, ifma: Ifma) -> Option<()> {
        if !self.gather(ifma) {
            return None;
        }
        let tile = self.tile;
        let mut lots = std::mem::take(&mut tile.lots);
        loop {
            // Backwards first, so that the second pass may overwrite what it has used.
            let mut chains = Chains::new(ifma);
            tile.products.clear();
            for lot in lots.iter().rev() {
                for pair in (0..lot.lengths[0] as usize / 2).rev() {
                    let at = lot.base + 2 * pair;
                    tile.forward(ifma, &mut chains, at, at + 1, lot.absent(2 * pair + 1));
                }
            }
            if tile.products.is_empty() {
                break;
            }
            chains.invert(ifma)?;
            for lot in lots.iter_mut() {
                let length = lot.lengths[0] as usize;
                for pair in 0..length / 2 {
                    let at = lot.base + 2 * pair;
                    let skip = lot.absent(2 * pair + 1);
                    let (mut x, mut y) = tile.backward(ifma, &mut chains, at, at + 1, skip)?;
                    if skip != 0 {
                        x = x.select(skip, &tile.x[at]);
                        y = y.select(skip, &tile.y[at]);
                    }
                    tile.x[lot.base + pair] = x;
                    tile.y[lot.base + pair] = y;
                }
                if length % 2 == 1 {
                    tile.x[lot.base + length / 2] = tile.x[lot.base + length - 1];
                    tile.y[lot.base + length / 2] = tile.y[lot.base + length - 1];
                }
                lot.lengths = lot.lengths.map(|length| length.div_ceil(2));
            }
        }
        for (lot, sums) in lots.iter().zip(self.sums.chunks_exact_mut(LANES * 2 * C::BYTES)) {
            C::scatter(&tile.x[lot.base].reduce(), &tile.y[lot.base].reduce(), sums);
        }
        tile.lots = lots;
        Some(())
    }
}

/// A point of a file or in inner form.
pub fn read<F: Coordinate, const FILE: bool>(bytes: &[u8], sixteenth: F) -> Point<F> {
    let point = Point::<F>::read(bytes);
    if FILE {
        return point;
    }
    // Coordinates are 16 times too large, and not reduced.
    Point {
        x: (point.x + F::ZERO) * sixteenth,
        y: (point.y + F::ZERO) * sixteenth,
    }
}

/// 1/16.
pub fn sixteenth<F: Coordinate>() -> F {
    let sixteen = F::ONE.double().double().double().double();
    sixteen.inverse().unwrap_or(F::ONE)
}

/// The sums of a tile's pieces one point at a time, for points of any kind.
fn sum_one_by_one<G: Group, const FILE: bool>(
    points: &[u8],
    tags: &[u32],
    pieces: &[Piece],
    sums: &mut [u8],
) {
    let factor = sixteenth::<G::Coord>();
    let mut bytes = Vec::with_capacity(G::POINT_BYTES);
    for (piece, out) in pieces.iter().zip(sums.chunks_exact_mut(G::POINT_BYTES)) {
        let mut sum = Sum::INFINITY;
        for tag in &tags[piece.start as usize..(piece.start + piece.length) as usize] {
            let at = (*tag >> 1) as usize * G::POINT_BYTES;
            let mut point = read::<G::Coord, FILE>(&points[at..at + G::POINT_BYTES], factor);
            if tag & 1 == 1 {
                point.y = -point.y;
            }
            sum.add_point(&point);
        }
        let sum = from_affine::<G>(&to_projective::<G>(&sum).into_affine());
        bytes.clear();
        Point {
            x: sum.x.double().double().double().double(),
            y: sum.y.double().double().double().double(),
        }
        .write(&mut bytes);
        out.copy_from_slice(&bytes);
    }
}

/// Sums of buckets in inner form, and the place of each bucket's sum or [`EMPTY`].
pub struct Buckets {
    pub sums: Vec<u8>,
    pub places: Vec<u32>,
}

/// The pieces of buckets, longest first, and where each of them is then. Also the first piece of each bucket.
fn cut(ends: &[u32]) -> (Vec<Piece>, Vec<u32>, Vec<u32>) {
    let mut pieces = Vec::with_capacity(ends.len() + ends[ends.len() - 1] as usize / PIECE);
    let mut firsts = Vec::with_capacity(ends.len());
    let mut counts = [0u32; PIECE + 1];
    for pair in ends.windows(2) {
        firsts.push(pieces.len() as u32);
        let mut start = pair[0];
        while start < pair[1] {
            let length = (pair[1] - start).min(PIECE as u32);
            counts[PIECE - length as usize] += 1;
            pieces.push(Piece { start, length });
            start += length;
        }
    }
    firsts.push(pieces.len() as u32);
    let mut next = 0;
    for count in counts.iter_mut() {
        let here = *count;
        *count = next;
        next += here;
    }
    let mut sorted = vec![Piece::default(); pieces.len()];
    let mut places = Vec::with_capacity(pieces.len());
    for piece in &pieces {
        let place = &mut counts[PIECE - piece.length as usize];
        sorted[*place as usize] = *piece;
        places.push(*place);
        *place += 1;
    }
    (sorted, places, firsts)
}

/// Pieces by the tile, and the parts of `sums` that they fill.
fn tiles<'a>(
    pieces: &[Piece],
    sums: &'a mut [u8],
    point_bytes: usize,
    slots: usize,
) -> Vec<(Range<usize>, &'a mut [u8])> {
    let mut out = Vec::new();
    let mut rest = sums;
    let (mut start, mut used) = (0, 0);
    for at in (0..pieces.len()).step_by(LANES) {
        used += pieces[at].length as usize;
        let end = (at + LANES).min(pieces.len());
        if used >= slots || end == pieces.len() {
            let bytes = (end - start).next_multiple_of(LANES) * point_bytes;
            let (these, others) = rest.split_at_mut(bytes);
            rest = others;
            out.push((start..end, these));
            start = end;
            used = 0;
        }
    }
    out
}

/// The sum of each bucket: bucket i has the tags `[ends[i], ends[i + 1])`.
pub fn sum_buckets<G: Group, const FILE: bool>(
    ifma: Ifma,
    pool: &Pool<Tile<LanesOf<G>>>,
    points: &[u8],
    tags: &[u32],
    ends: &[u32],
) -> Buckets {
    let (pieces, places, firsts) = cut(ends);
    let mut sums = vec![0u8; pieces.len().next_multiple_of(LANES) * G::POINT_BYTES];
    let slots = TILE_BYTES / (LANES * G::POINT_BYTES);
    tiles(&pieces, &mut sums, G::POINT_BYTES, slots)
        .into_par_iter()
        .for_each(|(range, sums)| {
            let pieces = &pieces[range];
            let done = pool.with(|tile| {
                ifma.run(SumPieces::<_, FILE> {
                    tile,
                    points,
                    tags,
                    pieces,
                    sums,
                })
            });
            if done.is_none() {
                sum_one_by_one::<G, FILE>(points, tags, pieces, sums);
            }
        });
    let mut buckets: Vec<u32> = vec![EMPTY; firsts.len() - 1];
    let (mut further, mut ends, mut owners) = (Vec::new(), vec![0], Vec::new());
    for (bucket, range) in firsts.windows(2).enumerate() {
        let places = &places[range[0] as usize..range[1] as usize];
        if let [place] = places {
            buckets[bucket] = *place;
        } else if !places.is_empty() {
            further.extend(places.iter().map(|place| place << 1));
            ends.push(further.len() as u32);
            owners.push(bucket);
        }
    }
    if !owners.is_empty() {
        let round = sum_buckets::<G, false>(ifma, pool, &sums, &further, &ends);
        let base = (sums.len() / G::POINT_BYTES) as u32;
        sums.extend(round.sums);
        for (owner, place) in owners.into_iter().zip(round.places) {
            buckets[owner] = base + place;
        }
    }
    Buckets {
        sums,
        places: buckets,
    }
}

/// The sum of d times bucket d, where `ends` begins with bucket 1.
pub fn weighted_sum<G: Group>(
    ifma: Ifma,
    pool: &Pool<Tile<LanesOf<G>>>,
    points: &[u8],
    tags: &[u32],
    ends: &[u32],
) -> Projective<G> {
    let buckets = sum_buckets::<G, true>(ifma, pool, points, tags, ends);
    reduction::weighted_sum::<G>(ifma, pool, &buckets)
}
