//! Points of G1 and G2: their compact affine form, their bytes in files, and the checks they must pass.

use crate::error::{Error, Result};
use crate::field::{Coordinate, Fr};
#[cfg(target_arch = "x86_64")]
use crate::kernel::{
    lanes::{Ifma, Vectorized, LANES},
    points::Coordinates,
    vector_lanes,
};
use crate::kernel::{Base, Base2, Vectorizable};
use crate::msm::WeightedSum;
use ark_bn254::{g1, g2};
use ark_ec::short_weierstrass::{Affine, Projective, SWCurveConfig};
use ark_ff::Zero;
use rayon::prelude::*;
#[cfg(target_arch = "x86_64")]
use std::marker::PhantomData;

/// Points that one task checks.
const CHECKED_TOGETHER: usize = 1 << 11;

/// The two groups, as the exponentiation code sees them.
pub trait Group:
    SWCurveConfig<ScalarField = Fr, BaseField = <Self::Coord as Coordinate>::Ark> + WeightedSum
{
    /// Coordinates of a point.
    type Coord: Coordinate + Vectorizable;
    /// Bytes a point takes in a `.zkey`.
    const POINT_BYTES: usize = 2 * <Self::Coord as Coordinate>::BYTES;
}

/// The group of A and C.
pub type G1 = g1::Config;
/// The group of B.
pub type G2 = g2::Config;

impl Group for G1 {
    type Coord = Base;
}
impl Group for G2 {
    type Coord = Base2;
}

/// An affine point; infinity is `(0, 0)`, which is on neither curve.
#[derive(Clone, Copy)]
pub struct Point<F> {
    pub x: F,
    pub y: F,
}

impl<F: Coordinate> Point<F> {
    /// Infinity.
    pub const INFINITY: Self = Point {
        x: F::ZERO,
        y: F::ZERO,
    };

    /// The point in the Montgomery bytes of a `.zkey`, unchecked.
    #[inline(always)]
    pub fn read(bytes: &[u8]) -> Self {
        Point {
            x: F::read(&bytes[..F::BYTES]),
            y: F::read(&bytes[F::BYTES..2 * F::BYTES]),
        }
    }

    /// Whether this is infinity.
    #[inline(always)]
    pub fn is_infinity(&self) -> bool {
        self.x.is_zero() && self.y.is_zero()
    }

    /// Appends the bytes a `.zkey` has for the point.
    pub fn write(&self, out: &mut Vec<u8>) {
        self.x.write(out);
        self.y.write(out);
    }
}

/// A sum of points in coordinates that need no inversion: x = X/ZZ, y = Y/ZZZ, ZZ³ = ZZZ²; infinity has ZZ = 0.
#[derive(Clone, Copy)]
pub struct Sum<F> {
    x: F,
    y: F,
    zz: F,
    zzz: F,
}

impl<F: Coordinate> Sum<F> {
    /// Infinity.
    pub const INFINITY: Self = Sum {
        x: F::ZERO,
        y: F::ZERO,
        zz: F::ZERO,
        zzz: F::ZERO,
    };

    /// Whether this is infinity.
    #[inline(always)]
    pub fn is_infinity(&self) -> bool {
        self.zz.is_zero()
    }

    /// Adds an affine point.
    pub fn add_point(&mut self, point: &Point<F>) {
        if point.is_infinity() {
            return;
        }
        if self.is_infinity() {
            *self = Sum {
                x: point.x,
                y: point.y,
                zz: F::ONE,
                zzz: F::ONE,
            };
            return;
        }
        let run = point.x * self.zz - self.x;
        let rise = point.y * self.zzz - self.y;
        if run.is_zero() {
            self.meet(rise.is_zero());
            return;
        }
        let (square, cube) = (run.square(), run.square() * run);
        self.move_by(rise, square, cube);
        self.zz *= square;
        self.zzz *= cube;
    }

    /// Adds another sum.
    pub fn add(&mut self, other: &Self) {
        if other.is_infinity() {
            return;
        }
        if self.is_infinity() {
            *self = *other;
            return;
        }
        let (x, y) = (self.x * other.zz, self.y * other.zzz);
        let run = other.x * self.zz - x;
        let rise = other.y * self.zzz - y;
        if run.is_zero() {
            self.meet(rise.is_zero());
            return;
        }
        let square = run.square();
        let cube = square * run;
        (self.x, self.y) = (x, y);
        self.move_by(rise, square, cube);
        self.zz *= other.zz * square;
        self.zzz *= other.zzz * cube;
    }

    /// New x and y of a chord, given the old ones over the common denominator.
    #[inline(always)]
    fn move_by(&mut self, rise: F, square: F, cube: F) {
        let shift = self.x * square;
        let x = rise.square() - cube - shift.double();
        self.y = rise * (shift - x) - self.y * cube;
        self.x = x;
    }

    /// The sum with a point of the same x: twice it, or infinity.
    fn meet(&mut self, same: bool) {
        if same {
            self.double();
        } else {
            *self = Self::INFINITY;
        }
    }

    /// Doubles.
    pub fn double(&mut self) {
        let twice = self.y.double();
        let square = twice.square();
        let cube = square * twice;
        let shift = self.x * square;
        let slope = self.x.square();
        let slope = slope.double() + slope;
        let x = slope.square() - shift.double();
        self.y = slope * (shift - x) - self.y * cube;
        self.x = x;
        self.zz *= square;
        self.zzz *= cube;
    }
}

/// The library's form of a sum, without an inversion: its Z is ZZ.
pub fn to_projective<G: Group>(sum: &Sum<G::Coord>) -> Projective<G> {
    if sum.is_infinity() {
        return Projective::zero();
    }
    Projective::new_unchecked(
        (sum.x * sum.zz).to_ark(),
        (sum.y * sum.zzz).to_ark(),
        sum.zz.to_ark(),
    )
}

/// The library's form of a compact point.
pub fn to_affine<G: Group>(point: &Point<G::Coord>) -> Affine<G> {
    if point.is_infinity() {
        Affine::identity()
    } else {
        Affine::new_unchecked(point.x.to_ark(), point.y.to_ark())
    }
}

/// The compact form of a library point.
pub fn from_affine<G: Group>(point: &Affine<G>) -> Point<G::Coord> {
    if point.infinity {
        Point::INFINITY
    } else {
        Point {
            x: Coordinate::from_ark(point.x),
            y: Coordinate::from_ark(point.y),
        }
    }
}

/// Whether a point is infinity or satisfies the curve's equation.
pub fn on_curve<G: Group>(point: &Point<G::Coord>) -> bool {
    point.is_infinity() || point.y.square() == point.x.square() * point.x + G::Coord::from_ark(G::COEFF_B)
}

/// One checked point from Montgomery bytes: in range, on the curve, in the subgroup, not infinity.
pub fn read_point<G: Group>(bytes: &[u8], section: &'static str, offset: u64) -> Result<Affine<G>> {
    let half = <G::Coord as Coordinate>::BYTES;
    if !G::Coord::in_range(&bytes[..half]) || !G::Coord::in_range(&bytes[half..2 * half]) {
        return Err(Error::element(
            section,
            offset,
            "coordinate not below the modulus",
        ));
    }
    let point = Point::read(bytes);
    if point.is_infinity() {
        return Err(Error::element(section, offset, "point at infinity"));
    }
    if !on_curve::<G>(&point) {
        return Err(Error::element(section, offset, "point off the curve"));
    }
    let affine = to_affine::<G>(&point);
    if !affine.is_in_correct_subgroup_assuming_on_curve() {
        return Err(Error::element(section, offset, "point outside the subgroup"));
    }
    Ok(affine)
}

/// Checks an array of points in parallel: coordinates in range, points on the curve. Infinity is allowed.
pub fn check_points<G: Group>(bytes: &[u8], section: &'static str, start: u64) -> Result<()> {
    let size = G::POINT_BYTES;
    let half = size / 2;
    let bad = bytes
        .par_chunks(CHECKED_TOGETHER * size)
        .enumerate()
        .find_map_first(|(number, part)| {
            // What the lanes find good needs no second look; for what they do not, the first bad point is named.
            let whole = part.len() / (8 * size) * (8 * size);
            let known = if all_good::<G>(&part[..whole]) { whole } else { 0 };
            part[known..]
                .chunks_exact(size)
                .enumerate()
                .find_map(|(index, chunk)| {
                    let in_range = G::Coord::in_range(&chunk[..half]) && G::Coord::in_range(&chunk[half..]);
                    let fault = if !in_range {
                        "coordinate not below the modulus"
                    } else if !on_curve::<G>(&Point::read(chunk)) {
                        "point off the curve"
                    } else {
                        return None;
                    };
                    Some((number * CHECKED_TOGETHER + known / size + index, fault))
                })
        });
    match bad {
        Some((index, message)) => Err(Error::format(section, start + (index * size) as u64, message)),
        None => Ok(()),
    }
}

/// Whether the lanes say that all of a multiple of eight points are good; without lanes none are.
#[cfg(target_arch = "x86_64")]
fn all_good<G: Group>(points: &[u8]) -> bool {
    let half = G::POINT_BYTES / 2;
    let Some(ifma) = vector_lanes() else {
        return false;
    };
    let constant = Point {
        x: G::Coord::from_ark(G::COEFF_B),
        y: G::Coord::ZERO,
    };
    let mut bytes = Vec::with_capacity(G::POINT_BYTES);
    constant.write(&mut bytes);
    points.chunks_exact(half).all(G::Coord::in_range)
        && ifma.run(OnCurve::<<G::Coord as Vectorizable>::Lanes> {
            points,
            constant: &bytes,
            lanes: PhantomData,
        })
}

#[cfg(not(target_arch = "x86_64"))]
fn all_good<G: Group>(_points: &[u8]) -> bool {
    false
}

/// Whether all points, eight by eight, are infinity or satisfy the curve's equation.
#[cfg(target_arch = "x86_64")]
struct OnCurve<'a, C> {
    points: &'a [u8],
    /// The equation's constant as the x of a point.
    constant: &'a [u8],
    lanes: PhantomData<C>,
}

#[cfg(target_arch = "x86_64")]
impl<C: Coordinates> Vectorized for OnCurve<'_, C> {
    type Output = bool;
    #[inline(always)]
    fn run(self, ifma: Ifma) -> bool {
        let size = 2 * C::BYTES;
        let (b, _) = C::gather::<true>(ifma, [self.constant; LANES]);
        self.points.chunks_exact(LANES * size).all(|eight| {
            let (x, y) = C::gather::<true>(ifma, std::array::from_fn(|i| &eight[i * size..(i + 1) * size]));
            let infinite = x.zeros() & y.zeros();
            let (x, y) = (x.reduce(), y.reduce());
            let rest = y.square().less_both(&x.mul(&x.square()), &b);
            rest.vanishing() | infinite == u8::MAX
        })
    }
}

/// Whether a projective point is in the subgroup of order r.
pub fn in_subgroup<G: Group>(point: &Projective<G>) -> bool {
    Affine::<G>::from(*point).is_in_correct_subgroup_assuming_on_curve()
}
