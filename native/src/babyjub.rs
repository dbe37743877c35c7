//! Baby Jubjub, the twisted Edwards curve a·x² + y² = 1 + d·x²·y² over the scalar field, with circomlib's numbers.
//!
//! Not constant-time: for building inputs of circuits, not for keys that matter beyond a test network.

use crate::field::Fr;
use ark_ff::{AdditiveGroup, Field, MontFp};

const A: Fr = MontFp!("168700");
const D: Fr = MontFp!("168696");

/// Generator of the subgroup of prime order, eight times the curve's.
pub const BASE8: Point = Point {
    x: MontFp!("5299619240641551281634865583518297030282874472190772894086521144482721001553"),
    y: MontFp!("16950150798460657717958625567821834550301663161624707787222815936182638968203"),
};

/// An affine point.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Point {
    pub x: Fr,
    pub y: Fr,
}

/// A point in projective coordinates (x/z, y/z).
#[derive(Clone, Copy)]
struct Projective {
    x: Fr,
    y: Fr,
    z: Fr,
}

impl Projective {
    const IDENTITY: Self = Projective {
        x: Fr::ZERO,
        y: Fr::ONE,
        z: Fr::ONE,
    };

    /// The complete addition law (a is a square, d is not), so doubling is no special case.
    fn add(&self, other: &Self) -> Self {
        let a = self.z * other.z;
        let b = a.square();
        let c = self.x * other.x;
        let d = self.y * other.y;
        let e = D * c * d;
        let (f, g) = (b - e, b + e);
        let cross = (self.x + self.y) * (other.x + other.y) - c - d;
        Projective {
            x: a * f * cross,
            y: a * g * (d - A * c),
            z: f * g,
        }
    }
}

impl Point {
    /// Whether the curve's equation holds.
    pub fn on_curve(&self) -> bool {
        let (x, y) = (self.x.square(), self.y.square());
        A * x + y == Fr::ONE + D * x * y
    }

    fn projective(&self) -> Projective {
        Projective {
            x: self.x,
            y: self.y,
            z: Fr::ONE,
        }
    }

    /// Sum of two points of the curve.
    pub fn add(&self, other: &Self) -> Self {
        affine(&self.projective().add(&other.projective()))
    }

    /// The multiple by a scalar of 32 big-endian bytes.
    pub fn mul(&self, scalar: &[u8; 32]) -> Self {
        let point = self.projective();
        let mut sum = Projective::IDENTITY;
        for byte in scalar {
            for bit in (0..8).rev() {
                sum = sum.add(&sum);
                if byte >> bit & 1 == 1 {
                    sum = sum.add(&point);
                }
            }
        }
        affine(&sum)
    }
}

fn affine(point: &Projective) -> Point {
    // z is never zero on the curve: the addition law is complete.
    let inverse = point.z.inverse().unwrap_or(Fr::ZERO);
    Point {
        x: point.x * inverse,
        y: point.y * inverse,
    }
}
