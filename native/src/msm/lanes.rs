//! Bucket sums eight buckets at a time.
//!
//! Each bucket is cut into pieces of at most [`PIECE`] points, pieces are sorted by length, and eight neighbours make
//! a group whose lanes do the same: the sum of each piece as a tree of affine additions. The groups of a tile, which
//! fits the second-level cache, share one inversion per level of the trees. Sums of pieces are points again, so a
//! bucket of several pieces takes a further round.
//!
//! Pieces shorter than the longest of their group are padded with nothing.

use super::additions::Points;
use super::pool::Pool;
use super::reduction;
use crate::curve::Group;
use crate::kernel::lanes::{Ifma, Vectorized, LANES};
use crate::kernel::points::{prefetch, Coordinates};
use crate::kernel::Vectorizable;
use ark_ec::short_weierstrass::Projective;
use rayon::prelude::*;
use std::ops::Range;

/// Most points of a piece.
const PIECE: usize = 64;
/// Bytes of the points of a tile.
const TILE_BYTES: usize = 960 << 10;
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
    pub points: Points<C>,
    lots: Vec<Lot>,
}

impl<C> Default for Tile<C> {
    fn default() -> Self {
        Tile {
            points: Points::default(),
            lots: Vec::new(),
        }
    }
}

/// Work: the sums of a tile's pieces, in inner form.
struct SumPieces<'a, C, const FILE: bool> {
    tile: &'a mut Tile<C>,
    points: &'a [u8],
    tags: &'a [u32],
    pieces: &'a [Piece],
    sums: &'a mut [u8],
}

/// Where the tags of a group's lanes are.
#[derive(Clone, Copy)]
struct Span {
    starts: [u32; LANES],
    /// Length less one; zero also for lanes without a piece, which read any point.
    last: [u32; LANES],
}

impl Span {
    #[inline(always)]
    fn of(pieces: &[Piece]) -> Self {
        let piece = |lane: usize| *pieces.get(lane).unwrap_or(&pieces[0]);
        Span {
            starts: std::array::from_fn(|lane| piece(lane).start),
            last: std::array::from_fn(|lane| match pieces.get(lane) {
                Some(piece) => piece.length - 1,
                None => 0,
            }),
        }
    }

    /// The tags of the points number `index`, or of the last one of a shorter lane.
    #[inline(always)]
    fn tags(&self, tags: &[u32], index: u32) -> [u32; LANES] {
        let mut out = [0; LANES];
        for lane in 0..LANES {
            out[lane] = tags[(self.starts[lane] + index.min(self.last[lane])) as usize];
        }
        out
    }
}

impl<C: Coordinates, const FILE: bool> SumPieces<'_, C, FILE> {
    /// Loads the points. False if there is an infinity.
    #[inline(always)]
    fn gather(&mut self, ifma: Ifma) -> bool {
        let (points, tags, tile) = (self.points, self.tags, &mut *self.tile);
        let row = |tag: u32| &points[(tag >> 1) as usize * 2 * C::BYTES..][..2 * C::BYTES];
        tile.points.clear();
        tile.lots.clear();
        let mut infinite = 0;
        // The tags of this group, while those of the next are looked up and their points asked for.
        let mut current = [[0u32; LANES]; PIECE];
        let mut next = current;
        let groups = || self.pieces.chunks(LANES);
        let Some(first) = groups().next() else {
            return true;
        };
        let span = Span::of(first);
        (0..first[0].length).for_each(|index| current[index as usize] = span.tags(tags, index));
        for (group, after) in groups().zip(groups().skip(1).map(Some).chain([None])) {
            let length = group[0].length;
            tile.lots.push(Lot {
                base: tile.points.x.len(),
                lengths: std::array::from_fn(|lane| group.get(lane).map_or(0, |piece| piece.length)),
            });
            let span = Span::of(after.unwrap_or(group));
            let ahead = after.map_or(0, |after| after[0].length);
            for index in 0..length {
                if index < ahead {
                    let chosen = span.tags(tags, index);
                    chosen.iter().for_each(|tag| prefetch(row(*tag)));
                    next[index as usize] = chosen;
                }
                let chosen = &current[index as usize];
                let (x, y) = C::gather::<FILE>(ifma, std::array::from_fn(|lane| row(chosen[lane])));
                infinite |= x.zeros() & y.zeros();
                let signs = (0..LANES).fold(0, |mask, lane| mask | (chosen[lane] as u8 & 1) << lane);
                tile.points.x.push(x);
                tile.points.y.push(y.negate(signs));
            }
            std::mem::swap(&mut current, &mut next);
        }
        infinite == 0
    }
}

impl<C: Coordinates> Tile<C> {
    /// Adds neighbours in every lot. `None` if the points turn out to be not generic (nothing has happened then); else
    /// whether there was anything to add.
    #[inline(always)]
    fn add_neighbours<const ANY: bool>(&mut self, ifma: Ifma) -> Option<bool> {
        let points = &mut self.points;
        let mut any = false;
        points.begin(ifma);
        // Backwards first, so that the second visits, in order, may overwrite what they have used.
        for lot in self.lots.iter().rev() {
            for pair in (0..lot.lengths[0] as usize / 2).rev() {
                let at = lot.base + 2 * pair;
                points.forward::<ANY>(ifma, at, at + 1, lot.absent(2 * pair + 1));
                any = true;
            }
        }
        if !any {
            return Some(false);
        }
        if !points.invert(ifma) {
            return None;
        }
        for lot in self.lots.iter_mut() {
            let length = lot.lengths[0] as usize;
            for pair in 0..length / 2 {
                let at = lot.base + 2 * pair;
                points.backward::<ANY>(ifma, at, at + 1, lot.absent(2 * pair + 1), lot.base + pair);
            }
            if length % 2 == 1 {
                points.x[lot.base + length / 2] = points.x[lot.base + length - 1];
                points.y[lot.base + length / 2] = points.y[lot.base + length - 1];
            }
            lot.lengths = lot.lengths.map(|length| length.div_ceil(2));
        }
        Some(true)
    }
}

impl<C: Coordinates, const FILE: bool> Vectorized for SumPieces<'_, C, FILE> {
    type Output = ();

    #[inline(always)]
    fn run(mut self, ifma: Ifma) {
        let mut generic = self.gather(ifma);
        let tile = self.tile;
        loop {
            // No denominator of the second attempt is zero: no point of odd order has y = 0.
            let added = match generic {
                true => tile.add_neighbours::<false>(ifma),
                false => Some(tile.add_neighbours::<true>(ifma).unwrap_or(false)),
            };
            match added {
                Some(true) => {}
                Some(false) => break,
                None => generic = false,
            }
        }
        let zero = C::zero(ifma);
        for (lot, sums) in tile
            .lots
            .iter()
            .zip(self.sums.chunks_exact_mut(LANES * 2 * C::BYTES))
        {
            let infinite = tile.points.infinite(lot.base);
            let x = tile.points.x[lot.base].reduce().select(infinite, &zero);
            let y = tile.points.y[lot.base].reduce().select(infinite, &zero);
            C::scatter(&x, &y, sums);
        }
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
            pool.with(|tile| {
                ifma.run(SumPieces::<_, FILE> {
                    tile,
                    points,
                    tags,
                    pieces,
                    sums,
                })
            });
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
