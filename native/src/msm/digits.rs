//! Scalars and how they are cut into signed windows.

use crate::field::{less, limbs, subtract, R_LIMBS};
use crate::kernel::backend;
use rayon::prelude::*;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Bits of a scalar's absolute value, one more than its largest.
const SCALAR_BITS: usize = 254;

/// What summing takes, in multiplications; choosing windows needs the proportion alone.
#[derive(Clone, Copy)]
pub struct Cost {
    point: usize,
    bucket: usize,
}

impl Cost {
    /// With the backend in use. An affine addition has six multiplications; in lanes, moving points weighs as much as
    /// four more. A bucket takes two additions, in lanes affine ones.
    pub fn now() -> Self {
        match backend() {
            "ifma" => Cost {
                point: 10,
                bucket: 13,
            },
            _ => Cost { point: 6, bucket: 26 },
        }
    }
}

/// Scalars with sign and magnitude apart, ready to be cut into windows.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Scalars {
    pub(super) magnitude: Vec<[u64; 4]>,
    pub(super) negative: Vec<bool>,
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
pub struct Cut {
    pub width: usize,
    pub windows: usize,
}

impl Cut {
    /// The cut with the least arithmetic for scalars of which `lengths[b]` have b bits.
    pub fn best(lengths: &[usize; 257], each: Cost) -> Self {
        let cost = |width: usize| {
            let windows = SCALAR_BITS.div_ceil(width);
            let mut total = 0;
            for window in 0..windows {
                // Signed digits carry, so a number reaches one bit further than its length.
                let lowest = (window * width).max(1);
                let points: usize = lengths[lowest..].iter().sum();
                total +=
                    each.point * points + each.bucket * points.min(1 << (width - 1)).max((1 << width) / 8);
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
    pub fn offset(&self) -> [u64; 4] {
        let mut out = [0u64; 4];
        for window in 0..self.windows - 1 {
            let bit = window * self.width + self.width - 1;
            out[bit / 64] |= 1 << (bit % 64);
        }
        out
    }

    /// The digit of `shifted` (magnitude plus offset) at `window`, within ±2^(width-1). The last one is unsigned.
    #[inline(always)]
    pub fn digit(&self, shifted: &[u64; 4], window: usize) -> i64 {
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
pub fn add(a: &[u64; 4], b: &[u64; 4]) -> [u64; 4] {
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
pub fn bit_length(value: &[u64; 4]) -> usize {
    (0..4)
        .rev()
        .find(|i| value[*i] != 0)
        .map_or(0, |i| 64 * i + 64 - value[i].leading_zeros() as usize)
}
