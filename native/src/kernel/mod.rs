//! Montgomery arithmetic of the two prime fields and of the quadratic extension, for the loops that decide speed.
//!
//! Four 64-bit limbs, R = 2^256, the same form as `ark-ff`'s and as in snarkjs's files, so conversion is free. Every
//! operation is branch-free and inlined. Measured on a proof of 65,000 constraints, CPU seconds: `ark-ff`'s types 2.6,
//! the plain Rust below 2.0, with `adx`'s additions 1.7, with its multiplication 1.6. Both moduli are below 2^254, so
//! a sum of two elements may go into a multiplication unreduced. `lanes` has eight elements at a time.

#[cfg(target_arch = "x86_64")]
mod adx;
mod backend;
#[cfg(target_arch = "x86_64")]
mod ifma;
#[cfg(target_arch = "x86_64")]
pub mod lanes;
#[cfg(target_arch = "x86_64")]
pub mod points;

use crate::field::{Fq, Fq2, Fr};
use ark_ff::{BigInt, Field, PrimeField};
#[cfg(target_arch = "x86_64")]
pub use backend::lanes as vector_lanes;
pub use backend::{backend, force_backend, Backend};
use std::marker::PhantomData;
use std::ops::{Add, AddAssign, Mul, MulAssign, Neg, Sub, SubAssign};
use zeroize::Zeroize;

/// A prime below 2^254 and what Montgomery arithmetic derives from it.
pub trait Modulus: Copy + Eq + Send + Sync + 'static {
    /// The prime field of the library with this modulus.
    type Ark: PrimeField<BigInt = BigInt<4>>;
    /// Limbs of the prime.
    const PRIME: [u64; 4];
    /// R modulo the prime: one in Montgomery form.
    const ONE: [u64; 4];
    /// -1 / prime modulo 2^64.
    const INVERSE: u64 = negative_inverse(Self::PRIME[0]);
    /// The prime and [`Modulus::INVERSE`] in memory.
    #[cfg(target_arch = "x86_64")]
    fn table() -> &'static [u64; 5];
    /// The product by `adx`.
    #[cfg(target_arch = "x86_64")]
    fn multiply_adx(a: &[u64; 4], b: &[u64; 4]) -> [u64; 4];
    /// The library's element with these Montgomery limbs.
    fn to_ark(limbs: [u64; 4]) -> Self::Ark;
    /// The Montgomery limbs of the library's element.
    fn from_ark(value: Self::Ark) -> [u64; 4];
}

/// Newton's iteration doubles the number of right bits: 1, 2, 4 ... 64.
const fn negative_inverse(odd: u64) -> u64 {
    let mut inverse = 1u64;
    let mut step = 0;
    while step < 6 {
        inverse = inverse.wrapping_mul(2u64.wrapping_sub(odd.wrapping_mul(inverse)));
        step += 1;
    }
    inverse.wrapping_neg()
}

#[cfg(target_arch = "x86_64")]
/// A prime's limbs, then -1 / prime modulo 2^64.
const fn table_of(prime: [u64; 4]) -> [u64; 5] {
    [prime[0], prime[1], prime[2], prime[3], negative_inverse(prime[0])]
}

macro_rules! modulus {
    ($(#[$doc:meta])* $name:ident, $ark:ty, $table:path, $multiply:path) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub struct $name;

        impl Modulus for $name {
            type Ark = $ark;
            const PRIME: [u64; 4] = <$ark as PrimeField>::MODULUS.0;
            const ONE: [u64; 4] = <$ark as Field>::ONE.0 .0;
            #[cfg(target_arch = "x86_64")]
            #[inline(always)]
            fn table() -> &'static [u64; 5] {
                &$table
            }
            #[cfg(target_arch = "x86_64")]
            #[inline(always)]
            fn multiply_adx(a: &[u64; 4], b: &[u64; 4]) -> [u64; 4] {
                $multiply(a, b)
            }
            #[inline(always)]
            fn to_ark(limbs: [u64; 4]) -> $ark {
                <$ark>::new_unchecked(BigInt(limbs))
            }
            #[inline(always)]
            fn from_ark(value: $ark) -> [u64; 4] {
                value.0 .0
            }
        }
    };
}

modulus!(
    /// The modulus of coordinates.
    BaseModulus,
    Fq,
    BASE_TABLE,
    adx::multiply_base
);
modulus!(
    /// The modulus of scalars.
    ScalarModulus,
    Fr,
    SCALAR_TABLE,
    adx::multiply_scalar
);

#[cfg(target_arch = "x86_64")]
static BASE_TABLE: [u64; 5] = table_of(BaseModulus::PRIME);
#[cfg(target_arch = "x86_64")]
static SCALAR_TABLE: [u64; 5] = table_of(ScalarModulus::PRIME);

/// A coordinate of G1.
pub type Base = Fp<BaseModulus>;
/// A signal.
pub type Scalar = Fp<ScalarModulus>;

/// An element of a prime field: Montgomery limbs below the modulus.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct Fp<M>(pub [u64; 4], PhantomData<M>);

/// `a + b * c + carry`, low word; the high word becomes the carry.
#[inline(always)]
fn multiply_add(a: u64, b: u64, c: u64, carry: &mut u64) -> u64 {
    let wide = u128::from(a) + u128::from(b) * u128::from(c) + u128::from(*carry);
    *carry = (wide >> 64) as u64;
    wide as u64
}

/// Sum of 256-bit numbers that does not overflow.
#[inline(always)]
fn add_limbs(a: &[u64; 4], b: &[u64; 4]) -> [u64; 4] {
    let mut out = [0u64; 4];
    let mut carry = false;
    for i in 0..4 {
        let (sum, first) = a[i].overflowing_add(b[i]);
        let (sum, second) = sum.overflowing_add(u64::from(carry));
        out[i] = sum;
        carry = first | second;
    }
    out
}

/// Difference of 256-bit numbers, and whether it wrapped.
#[inline(always)]
fn sub_limbs(a: &[u64; 4], b: &[u64; 4]) -> ([u64; 4], bool) {
    let mut out = [0u64; 4];
    let mut borrow = false;
    for i in 0..4 {
        let (difference, first) = a[i].overflowing_sub(b[i]);
        let (difference, second) = difference.overflowing_sub(u64::from(borrow));
        out[i] = difference;
        borrow = first | second;
    }
    (out, borrow)
}

impl<M: Modulus> Fp<M> {
    /// Zero.
    pub const ZERO: Self = Fp([0; 4], PhantomData);
    /// One.
    pub const ONE: Self = Fp(M::ONE, PhantomData);

    /// The element with these Montgomery limbs, which the caller knows to be below the modulus.
    #[inline(always)]
    pub const fn raw(limbs: [u64; 4]) -> Self {
        Fp(limbs, PhantomData)
    }

    /// From the library's form.
    #[inline(always)]
    pub fn from_ark(value: M::Ark) -> Self {
        Self::raw(M::from_ark(value))
    }

    /// To the library's form.
    #[inline(always)]
    pub fn to_ark(self) -> M::Ark {
        M::to_ark(self.0)
    }

    /// Whether this is zero.
    #[inline(always)]
    pub fn is_zero(&self) -> bool {
        self.0[0] | self.0[1] | self.0[2] | self.0[3] == 0
    }

    /// The multiplicative inverse, by the library's extended Euclid; `None` for zero.
    pub fn inverse(&self) -> Option<Self> {
        self.to_ark().inverse().map(Self::from_ark)
    }

    /// `limbs`, below twice the prime, less the prime if that is possible.
    #[inline(always)]
    fn reduce(limbs: [u64; 4]) -> Self {
        let (less, borrow) = sub_limbs(&limbs, &M::PRIME);
        Self::raw(std::array::from_fn(|i| if borrow { limbs[i] } else { less[i] }))
    }

    /// The sum without reduction: good as one factor of a multiplication only.
    #[inline(always)]
    fn add_lazy(self, other: Self) -> Self {
        Self::raw(add_limbs(&self.0, &other.0))
    }

    /// The square.
    #[inline(always)]
    pub fn square(self) -> Self {
        self * self
    }
}

impl<M: Modulus> Add for Fp<M> {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        #[cfg(target_arch = "x86_64")]
        let sum = Self::raw(adx::add(&self.0, &other.0, M::table()));
        #[cfg(not(target_arch = "x86_64"))]
        let sum = Self::reduce(add_limbs(&self.0, &other.0));
        sum
    }
}

impl<M: Modulus> Sub for Fp<M> {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        #[cfg(target_arch = "x86_64")]
        let difference = Self::raw(adx::subtract(&self.0, &other.0, M::table()));
        #[cfg(not(target_arch = "x86_64"))]
        let difference = {
            let (difference, borrow) = sub_limbs(&self.0, &other.0);
            let mask = u64::from(borrow).wrapping_neg();
            Self::raw(add_limbs(&difference, &M::PRIME.map(|limb| limb & mask)))
        };
        difference
    }
}

impl<M: Modulus> Neg for Fp<M> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Self::ZERO - self
    }
}

impl<M: Modulus> Fp<M> {
    /// Interleaved Montgomery multiplication in plain Rust. Factors may be up to twice the prime: the intermediate
    /// stays below three primes, hence below 2^256, and the result below two.
    #[inline(always)]
    pub fn multiply_portable(self, other: Self) -> Self {
        let (a, b, prime) = (self.0, other.0, M::PRIME);
        let mut t = [0u64; 4];
        for limb in a {
            let (mut high, mut carry) = (0, 0);
            t[0] = multiply_add(t[0], limb, b[0], &mut high);
            let quotient = t[0].wrapping_mul(M::INVERSE);
            multiply_add(t[0], quotient, prime[0], &mut carry);
            for j in 1..4 {
                t[j] = multiply_add(t[j], limb, b[j], &mut high);
                t[j - 1] = multiply_add(t[j], quotient, prime[j], &mut carry);
            }
            t[3] = high + carry;
        }
        Self::reduce(t)
    }
}

/// The path of machines without `adx`, and of the first multiplication everywhere, which looks at the processor.
#[cfg(target_arch = "x86_64")]
#[cold]
#[inline(never)]
fn multiply_otherwise<M: Modulus>(a: Fp<M>, b: Fp<M>) -> Fp<M> {
    backend::detect();
    a.multiply_portable(b)
}

impl<M: Modulus> Mul for Fp<M> {
    type Output = Self;
    #[inline(always)]
    #[cfg(target_arch = "x86_64")]
    fn mul(self, other: Self) -> Self {
        if backend::has_adx() {
            Self::raw(M::multiply_adx(&self.0, &other.0))
        } else {
            multiply_otherwise(self, other)
        }
    }

    #[inline(always)]
    #[cfg(not(target_arch = "x86_64"))]
    fn mul(self, other: Self) -> Self {
        self.multiply_portable(other)
    }
}

/// A field of coordinates that has lanes, where the processor family has them.
#[cfg(target_arch = "x86_64")]
pub trait Vectorizable {
    /// Eight elements.
    type Lanes: points::Coordinates;
}
#[cfg(target_arch = "x86_64")]
impl Vectorizable for Base {
    type Lanes = lanes::Lanes<BaseModulus>;
}
#[cfg(target_arch = "x86_64")]
impl Vectorizable for Base2 {
    type Lanes = points::Lanes2;
}

/// A field of coordinates; this processor family has no lanes.
#[cfg(not(target_arch = "x86_64"))]
pub trait Vectorizable {}
#[cfg(not(target_arch = "x86_64"))]
impl<T> Vectorizable for T {}

impl<M: Modulus> Zeroize for Fp<M> {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

/// An element `c0 + c1 u` of the quadratic extension, u² = -1: a coordinate of G2.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Base2 {
    pub c0: Base,
    pub c1: Base,
}

impl Base2 {
    /// Zero.
    pub const ZERO: Self = Base2 {
        c0: Base::ZERO,
        c1: Base::ZERO,
    };
    /// One.
    pub const ONE: Self = Base2 {
        c0: Base::ONE,
        c1: Base::ZERO,
    };

    /// From the library's form.
    pub fn from_ark(value: Fq2) -> Self {
        Base2 {
            c0: Base::from_ark(value.c0),
            c1: Base::from_ark(value.c1),
        }
    }

    /// To the library's form.
    pub fn to_ark(self) -> Fq2 {
        Fq2::new(self.c0.to_ark(), self.c1.to_ark())
    }

    /// Whether this is zero.
    #[inline(always)]
    pub fn is_zero(&self) -> bool {
        self.c0.is_zero() && self.c1.is_zero()
    }

    /// The multiplicative inverse: the conjugate over the norm.
    pub fn inverse(&self) -> Option<Self> {
        let norm = (self.c0.square() + self.c1.square()).inverse()?;
        Some(Base2 {
            c0: self.c0 * norm,
            c1: -(self.c1 * norm),
        })
    }

    /// The square, with two multiplications.
    #[inline]
    pub fn square(self) -> Self {
        let product = self.c0 * self.c1;
        Base2 {
            c0: self.c0.add_lazy(self.c1) * (self.c0 - self.c1),
            c1: product + product,
        }
    }
}

impl Add for Base2 {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Base2 {
            c0: self.c0 + other.c0,
            c1: self.c1 + other.c1,
        }
    }
}

impl Sub for Base2 {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Base2 {
            c0: self.c0 - other.c0,
            c1: self.c1 - other.c1,
        }
    }
}

impl Neg for Base2 {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Base2 {
            c0: -self.c0,
            c1: -self.c1,
        }
    }
}

impl Mul for Base2 {
    type Output = Self;
    /// Karatsuba's three multiplications.
    #[inline]
    fn mul(self, other: Self) -> Self {
        let real = self.c0 * other.c0;
        let imaginary = self.c1 * other.c1;
        let mixed = self.c0.add_lazy(self.c1) * other.c0.add_lazy(other.c1);
        Base2 {
            c0: real - imaginary,
            c1: mixed - real - imaginary,
        }
    }
}

macro_rules! assign {
    ($([$($generics:tt)*] $type:ty),*) => {$(
        impl<$($generics)*> AddAssign for $type {
            #[inline(always)]
            fn add_assign(&mut self, other: Self) {
                *self = *self + other;
            }
        }
        impl<$($generics)*> SubAssign for $type {
            #[inline(always)]
            fn sub_assign(&mut self, other: Self) {
                *self = *self - other;
            }
        }
        impl<$($generics)*> MulAssign for $type {
            #[inline(always)]
            fn mul_assign(&mut self, other: Self) {
                *self = *self * other;
            }
        }
    )*};
}
assign!([M: Modulus] Fp<M>, [] Base2);
