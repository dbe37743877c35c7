//! Eight points at a time: coordinates in lanes, and points gathered from files and tables.
//!
//! Products of coordinates are below 5 p, of one factor up to 32 p and one up to 5 p. Points in a file are those of a
//! `.zkey` (R = 2^256). Points in "inner" form have R = 2^260 and coordinates below 2 p, in as many bytes.

use super::ifma::{self, Limbs};
use super::lanes::{with, Ifma, Lanes, LANES};
use super::{Base, Base2, BaseModulus};
use std::arch::x86_64::*;

/// Coordinates of eight points.
pub trait Coordinates: Copy + Send + Sync {
    /// One coordinate, with R = 2^256.
    type Element;
    /// Bytes of one coordinate.
    const BYTES: usize;
    /// Zeros.
    fn zero(ifma: Ifma) -> Self;
    /// Ones.
    fn one(ifma: Ifma) -> Self;
    /// The product, below 5 p: of up to 32 p and `other` up to 5 p.
    fn mul(&self, other: &Self) -> Self;
    /// The square, below 5 p, of up to 5 p.
    fn square(&self) -> Self;
    /// The sum; bounds add up.
    fn add(&self, other: &Self) -> Self;
    /// The difference plus K p, of a subtrahend up to K p.
    fn sub<const K: u64>(&self, other: &Self) -> Self;
    /// The same elements below 2 p, from up to 63 p.
    fn reduce(&self) -> Self;
    /// This, up to 5 p, less `a`, up to 16 p; below 2 p.
    fn less(&self, a: &Self) -> Self;
    /// This, up to 5 p, less `a` and `b`, up to 16 p each; below 2 p.
    fn less_both(&self, a: &Self, b: &Self) -> Self;
    /// The negatives (of up to 16 p, up to 16 p) in the lanes of `mask`.
    fn negate(&self, mask: u8) -> Self;
    /// The elements of `other` in the lanes of `mask`.
    fn select(&self, mask: u8, other: &Self) -> Self;
    /// Lanes that hold the number zero; a multiple of p does not count.
    fn zeros(&self) -> u8;
    /// Lanes that are zero modulo p, from below 2 p.
    fn vanishing(&self) -> u8;
    /// Inverses below 16 p of up to 5 p; `None` if one is zero modulo p.
    fn inverse(&self, ifma: Ifma) -> Option<Self>;
    /// The x and y of eight points of a file (`FILE`; below 16 p) or in inner form. Each slice holds one point.
    fn gather<const FILE: bool>(ifma: Ifma, points: [&[u8]; LANES]) -> (Self, Self);
    /// Eight points in inner form, one after the other; coordinates below 2 p.
    fn scatter(x: &Self, y: &Self, points: &mut [u8]);
}

/// Asks for the memory of a point that is gathered soon.
#[inline(always)]
pub fn prefetch(point: &[u8]) {
    let at = point.as_ptr().cast::<i8>();
    // SAFETY: a prefetch reads nothing and faults nowhere.
    #[allow(unsafe_code)]
    unsafe {
        for line in (0..point.len()).step_by(64) {
            _mm_prefetch::<_MM_HINT_T0>(at.wrapping_add(line));
        }
        _mm_prefetch::<_MM_HINT_T0>(at.wrapping_add(point.len()).wrapping_sub(1));
    }
}

/// Word i of 64 bytes at `offset` of eight slices.
#[inline(always)]
fn columns(_: Ifma, rows: &[&[u8]; LANES], offset: usize) -> [__m512i; LANES] {
    rows.iter().for_each(|row| assert!(row.len() >= offset + 64));
    // SAFETY: the slices have the 64 bytes that are read; `Ifma` proves the instructions.
    #[allow(unsafe_code)]
    unsafe {
        let load = |row: &[u8]| _mm512_loadu_si512(row.as_ptr().add(offset).cast());
        ifma::transpose([
            load(rows[0]),
            load(rows[1]),
            load(rows[2]),
            load(rows[3]),
            load(rows[4]),
            load(rows[5]),
            load(rows[6]),
            load(rows[7]),
        ])
    }
}

/// Writes 64 bytes at `offset` of every `stride` bytes: two numbers of each lane.
#[inline(always)]
fn write_columns(first: &Limbs, second: &Limbs, bytes: &mut [u8], offset: usize, stride: usize) {
    assert!(bytes.len() >= LANES * stride && offset + 64 <= stride);
    // SAFETY: the slice has the bytes that are written, as asserted; limbs come from lanes, which prove the
    // instructions.
    #[allow(unsafe_code)]
    unsafe {
        let ([a, b, c, d], [e, f, g, h]) = (ifma::pack(*first), ifma::pack(*second));
        let rows = ifma::transpose([a, b, c, d, e, f, g, h]);
        for (lane, row) in rows.into_iter().enumerate() {
            _mm512_storeu_si512(bytes.as_mut_ptr().add(lane * stride + offset).cast(), row);
        }
    }
}

/// Two numbers from eight columns.
#[inline(always)]
fn unpack<const FILE: bool>(columns: [__m512i; LANES]) -> (Lanes<BaseModulus>, Lanes<BaseModulus>) {
    let [a, b, c, d, e, f, g, h] = columns;
    with!(if FILE {
        (
            Lanes::of(ifma::unpack_shifted([a, b, c, d])),
            Lanes::of(ifma::unpack_shifted([e, f, g, h])),
        )
    } else {
        (
            Lanes::of(ifma::unpack([a, b, c, d])),
            Lanes::of(ifma::unpack([e, f, g, h])),
        )
    })
}

impl Coordinates for Lanes<BaseModulus> {
    type Element = Base;
    const BYTES: usize = 32;

    #[inline(always)]
    fn zero(ifma: Ifma) -> Self {
        Lanes::zero(ifma)
    }
    #[inline(always)]
    fn one(ifma: Ifma) -> Self {
        Lanes::one(ifma)
    }
    #[inline(always)]
    fn mul(&self, other: &Self) -> Self {
        Lanes::mul(self, other)
    }
    #[inline(always)]
    fn square(&self) -> Self {
        Lanes::square(self)
    }
    #[inline(always)]
    fn add(&self, other: &Self) -> Self {
        Lanes::add(self, other)
    }
    #[inline(always)]
    fn sub<const K: u64>(&self, other: &Self) -> Self {
        Lanes::sub::<K>(self, other)
    }
    #[inline(always)]
    fn reduce(&self) -> Self {
        Lanes::reduce(self)
    }
    #[inline(always)]
    fn less(&self, a: &Self) -> Self {
        with!({
            let multiple = ifma::splat(const { ifma::multiple::<BaseModulus>(17) });
            let difference = ifma::minus(ifma::plus(self.0, multiple), a.0);
            Lanes::of(ifma::reduce::<BaseModulus>(difference))
        })
    }
    #[inline(always)]
    fn less_both(&self, a: &Self, b: &Self) -> Self {
        with!({
            let multiple = ifma::splat(const { ifma::multiple::<BaseModulus>(33) });
            let difference = ifma::minus(ifma::minus(ifma::plus(self.0, multiple), a.0), b.0);
            Lanes::of(ifma::reduce::<BaseModulus>(difference))
        })
    }
    #[inline(always)]
    fn negate(&self, mask: u8) -> Self {
        self.select(mask, &self.neg::<16>())
    }
    #[inline(always)]
    fn select(&self, mask: u8, other: &Self) -> Self {
        Lanes::select(self, mask, other)
    }
    #[inline(always)]
    fn zeros(&self) -> u8 {
        Lanes::zeros(self)
    }
    #[inline(always)]
    fn vanishing(&self) -> u8 {
        self.canonical().zeros()
    }
    fn inverse(&self, ifma: Ifma) -> Option<Self> {
        Lanes::inverse(self, ifma)
    }
    #[inline(always)]
    fn gather<const FILE: bool>(ifma: Ifma, points: [&[u8]; LANES]) -> (Self, Self) {
        unpack::<FILE>(columns(ifma, &points, 0))
    }
    #[inline(always)]
    fn scatter(x: &Self, y: &Self, points: &mut [u8]) {
        write_columns(&x.0, &y.0, points, 0, 64);
    }
}

/// Eight elements `c0 + c1 u` of the quadratic extension.
#[derive(Clone, Copy)]
pub struct Lanes2 {
    c0: Lanes<BaseModulus>,
    c1: Lanes<BaseModulus>,
}

impl Coordinates for Lanes2 {
    type Element = Base2;
    const BYTES: usize = 64;

    #[inline(always)]
    fn zero(ifma: Ifma) -> Self {
        let zero = Lanes::zero(ifma);
        Lanes2 { c0: zero, c1: zero }
    }
    #[inline(always)]
    fn one(ifma: Ifma) -> Self {
        Lanes2 {
            c0: Lanes::one(ifma),
            c1: Lanes::zero(ifma),
        }
    }
    /// Four products and two reductions; Karatsuba's three and three cost as much and more additions.
    #[inline(always)]
    fn mul(&self, other: &Self) -> Self {
        with!({
            let multiple = ifma::splat(const { ifma::multiple::<BaseModulus>(5) });
            let negative = ifma::settle(ifma::minus(multiple, other.c1.0));
            let mut real = [ifma::word(0); 10];
            ifma::multiply_into(&mut real, &self.c0.0, &other.c0.0);
            ifma::multiply_into(&mut real, &self.c1.0, &negative);
            let c0 = Lanes::of(ifma::reduce_wide::<BaseModulus>(real));
            let mut mixed = [ifma::word(0); 10];
            ifma::multiply_into(&mut mixed, &self.c0.0, &other.c1.0);
            ifma::multiply_into(&mut mixed, &self.c1.0, &other.c0.0);
            let c1 = Lanes::of(ifma::reduce_wide::<BaseModulus>(mixed));
            Lanes2 { c0, c1 }
        })
    }
    #[inline(always)]
    fn square(&self) -> Self {
        let (sum, difference) = (self.c0.add(&self.c1), self.c0.sub::<5>(&self.c1));
        Lanes2 {
            c0: sum.mul(&difference),
            c1: self.c0.add(&self.c0).mul(&self.c1),
        }
    }
    #[inline(always)]
    fn add(&self, other: &Self) -> Self {
        Lanes2 {
            c0: self.c0.add(&other.c0),
            c1: self.c1.add(&other.c1),
        }
    }
    #[inline(always)]
    fn sub<const K: u64>(&self, other: &Self) -> Self {
        Lanes2 {
            c0: self.c0.sub::<K>(&other.c0),
            c1: self.c1.sub::<K>(&other.c1),
        }
    }
    #[inline(always)]
    fn reduce(&self) -> Self {
        Lanes2 {
            c0: self.c0.reduce(),
            c1: self.c1.reduce(),
        }
    }
    #[inline(always)]
    fn less(&self, a: &Self) -> Self {
        Lanes2 {
            c0: self.c0.less(&a.c0),
            c1: self.c1.less(&a.c1),
        }
    }
    #[inline(always)]
    fn less_both(&self, a: &Self, b: &Self) -> Self {
        Lanes2 {
            c0: self.c0.less_both(&a.c0, &b.c0),
            c1: self.c1.less_both(&a.c1, &b.c1),
        }
    }
    #[inline(always)]
    fn negate(&self, mask: u8) -> Self {
        Lanes2 {
            c0: self.c0.negate(mask),
            c1: self.c1.negate(mask),
        }
    }
    #[inline(always)]
    fn select(&self, mask: u8, other: &Self) -> Self {
        Lanes2 {
            c0: self.c0.select(mask, &other.c0),
            c1: self.c1.select(mask, &other.c1),
        }
    }
    #[inline(always)]
    fn zeros(&self) -> u8 {
        self.c0.zeros() & self.c1.zeros()
    }
    #[inline(always)]
    fn vanishing(&self) -> u8 {
        self.c0.vanishing() & self.c1.vanishing()
    }
    /// The conjugate over the norm.
    fn inverse(&self, ifma: Ifma) -> Option<Self> {
        let norm = self.c0.square().add(&self.c1.square()).inverse(ifma)?;
        Some(Lanes2 {
            c0: self.c0.mul(&norm),
            c1: self.c1.neg::<5>().mul(&norm),
        })
    }
    #[inline(always)]
    fn gather<const FILE: bool>(ifma: Ifma, points: [&[u8]; LANES]) -> (Self, Self) {
        let (x0, x1) = unpack::<FILE>(columns(ifma, &points, 0));
        let (y0, y1) = unpack::<FILE>(columns(ifma, &points, 64));
        (Lanes2 { c0: x0, c1: x1 }, Lanes2 { c0: y0, c1: y1 })
    }
    #[inline(always)]
    fn scatter(x: &Self, y: &Self, points: &mut [u8]) {
        write_columns(&x.c0.0, &x.c1.0, points, 0, 128);
        write_columns(&y.c0.0, &y.c1.0, points, 64, 128);
    }
}
