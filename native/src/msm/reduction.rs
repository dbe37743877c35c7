//! From the sums of buckets to the sum of d times bucket d, eight ranges of buckets at a time.
//!
//! Index the buckets from zero. Adding neighbours halves a list and leaves the ones at odd places to be summed apart:
//! the sum of i times S(i) is twice that of the halved list plus the sum over the odd places. Lane l has the l-th
//! eighth of the buckets, so neighbours are in consecutive vectors, and all additions of a pass share an inversion.
//! After pass t, vector 0 mod 2^(t+1) has the sums of 2^(t+1) neighbours, and vector 2^s has what becomes the sum
//! over the odd places of list s.

use super::lanes::{Buckets, LanesOf, Tile, EMPTY};
use super::pool::Pool;
use crate::curve::{to_projective, Group, Point, Sum};
use crate::field::Coordinate;
use crate::kernel::lanes::{Ifma, Vectorized, LANES};
use crate::kernel::points::Coordinates;
use ark_ec::short_weierstrass::Projective;

/// Work: all passes over the buckets; then eight sums of whole eighths, and eight over the odd places of each list.
struct Passes<'a, C> {
    tile: &'a mut Tile<C>,
    buckets: &'a Buckets,
    /// Base-two logarithm of the buckets of a lane.
    log: usize,
    out: &'a mut [u8],
}

/// The additions of a pass over `1 << log` vectors: pairs of vectors `1 << pass` apart.
#[derive(Clone, Copy)]
struct Pass {
    number: usize,
    log: usize,
}

impl Pass {
    fn len(&self) -> usize {
        (self.number + 1) << (self.log - self.number - 1)
    }

    #[inline(always)]
    fn pair(&self, index: usize) -> (usize, usize) {
        let (block, which) = (index / (self.number + 1), index % (self.number + 1));
        let first = (block << (self.number + 1)) + if which == 0 { 0 } else { 1 << (which - 1) };
        (first, first + (1 << self.number))
    }
}

impl<C: Coordinates> Vectorized for Passes<'_, C> {
    type Output = ();

    #[inline(always)]
    fn run(self, ifma: Ifma) {
        let (points, size) = (&mut self.tile.points, 2 * C::BYTES);
        let count = 1usize << self.log;
        let infinity = [0u8; 128];
        points.clear();
        for index in 0..count {
            let rows = std::array::from_fn(|lane| match self.buckets.places.get(lane * count + index) {
                None | Some(&EMPTY) => &infinity[..size],
                Some(place) => &self.buckets.sums[*place as usize * size..][..size],
            });
            let (x, y) = C::gather::<false>(ifma, rows);
            points.x.push(x);
            points.y.push(y);
        }
        for number in 0..self.log {
            let pass = Pass {
                number,
                log: self.log,
            };
            points.begin(ifma);
            for index in (0..pass.len()).rev() {
                let (a, b) = pass.pair(index);
                points.forward::<true>(ifma, a, b, 0);
            }
            points.invert(ifma);
            for index in 0..pass.len() {
                let (a, b) = pass.pair(index);
                points.backward::<true>(ifma, a, b, 0, a);
            }
        }
        for (row, out) in self.out.chunks_exact_mut(LANES * size).enumerate() {
            let at = if row == 0 { 0 } else { 1 << (row - 1) };
            C::scatter(&points.x[at], &points.y[at], out);
        }
    }
}

/// A point in inner form.
fn read<F: Coordinate>(bytes: &[u8], sixteenth: F) -> Point<F> {
    let point = Point::<F>::read(bytes);
    // Coordinates are 16 times too large, and not reduced.
    Point {
        x: (point.x + F::ZERO) * sixteenth,
        y: (point.y + F::ZERO) * sixteenth,
    }
}

/// The sum of d times bucket d; the first bucket is number 1.
pub fn weighted_sum<G: Group>(ifma: Ifma, pool: &Pool<Tile<LanesOf<G>>>, buckets: &Buckets) -> Projective<G> {
    let used = buckets
        .places
        .iter()
        .rposition(|place| *place != EMPTY)
        .map_or(0, |last| last + 1);
    let log = used.div_ceil(LANES).next_power_of_two().ilog2() as usize;
    let mut bytes = vec![0u8; (log + 1) * LANES * G::POINT_BYTES];
    pool.with(|tile| {
        ifma.run(Passes {
            tile,
            buckets,
            log,
            out: &mut bytes,
        })
    });
    let sixteen = G::Coord::ONE.double().double().double().double();
    let sixteenth = sixteen.inverse().unwrap_or(sixteen);
    let row = |row: usize| -> [Point<G::Coord>; LANES] {
        std::array::from_fn(|lane| read(&bytes[(row * LANES + lane) * G::POINT_BYTES..], sixteenth))
    };
    // Bucket number i of lane l counts l * 2^log + i + 1 times.
    let (mut total, mut all) = (Sum::INFINITY, Sum::INFINITY);
    let eighths = row(0);
    for eighth in eighths[1..].iter().rev() {
        all.add_point(eighth);
        total.add(&all);
    }
    all.add_point(&eighths[0]);
    for list in (0..log).rev() {
        total.double();
        row(list + 1).iter().for_each(|odd| total.add_point(odd));
    }
    total.add(&all);
    to_projective::<G>(&total)
}
