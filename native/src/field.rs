//! The two prime fields of BN254 and how their elements lie in files.
//!
//! Curves and pairing come from `ark-bn254`, without `ark-ff`'s `asm` feature: that one is a compile-time choice of
//! CPU, and rustc's portable code was as fast (15.5 ns a multiplication; `halo2curves`, portable, took 19.7 ns). The
//! loops that decide speed use [`crate::kernel`]. Elements are four little-endian 64-bit limbs in Montgomery form
//! with R = 2^256, as in snarkjs's files.

use crate::kernel::{Base, Base2};
pub use ark_bn254::{Fq, Fq2, Fr};
use ark_ff::{BigInt, BigInteger, Field, PrimeField};
use std::ops::{Add, AddAssign, Mul, MulAssign, Neg, Sub, SubAssign};

/// Limbs of the base field's modulus.
pub const P_LIMBS: [u64; 4] = <Fq as PrimeField>::MODULUS.0;
/// Limbs of the scalar field's modulus.
pub const R_LIMBS: [u64; 4] = <Fr as PrimeField>::MODULUS.0;

/// The four limbs in 32 little-endian bytes; missing bytes read as zero.
#[inline(always)]
pub fn limbs(bytes: &[u8]) -> [u64; 4] {
    let mut out = [0u64; 4];
    for (limb, chunk) in out.iter_mut().zip(bytes.chunks_exact(8)) {
        let mut word = [0u8; 8];
        word.copy_from_slice(chunk);
        *limb = u64::from_le_bytes(word);
    }
    out
}

/// Whether `a < b` as 256-bit numbers.
#[inline(always)]
pub fn less(a: &[u64; 4], b: &[u64; 4]) -> bool {
    for i in (0..4).rev() {
        if a[i] != b[i] {
            return a[i] < b[i];
        }
    }
    false
}

/// `a - b` as 256-bit numbers; `a` must not be below `b`.
#[inline(always)]
pub fn subtract(a: &[u64; 4], b: &[u64; 4]) -> [u64; 4] {
    let mut out = BigInt(*a);
    out.sub_with_borrow(&BigInt(*b));
    out.0
}

/// Little-endian bytes of four limbs.
pub fn to_le(limbs: &[u64; 4]) -> [u8; 32] {
    let mut out = [0u8; 32];
    for (chunk, limb) in out.chunks_exact_mut(8).zip(limbs) {
        chunk.copy_from_slice(&limb.to_le_bytes());
    }
    out
}

/// 32 big-endian bytes of an element's value.
pub fn to_be<F: PrimeField<BigInt = BigInt<4>>>(value: &F) -> [u8; 32] {
    let mut out = to_le(&value.into_bigint().0);
    out.reverse();
    out
}

/// The element of 32 big-endian bytes, unless the number is not below the modulus.
pub fn from_be<F: PrimeField<BigInt = BigInt<4>>>(bytes: &[u8; 32]) -> Option<F> {
    let mut little = *bytes;
    little.reverse();
    F::from_bigint(BigInt(limbs(&little)))
}

/// A field of coordinates, whose elements lie in Montgomery form in a `.zkey`.
pub trait Coordinate:
    Copy
    + Eq
    + Send
    + Sync
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + 'static
{
    /// The same field in the library.
    type Ark: Field;
    const ZERO: Self;
    const ONE: Self;
    /// Bytes an element takes.
    const BYTES: usize;
    fn is_zero(&self) -> bool;
    fn square(self) -> Self;
    /// `None` for zero.
    fn inverse(&self) -> Option<Self>;
    fn from_ark(value: Self::Ark) -> Self;
    fn to_ark(self) -> Self::Ark;
    /// The element in `bytes`, not checked against the modulus.
    fn read(bytes: &[u8]) -> Self;
    /// Whether `bytes` are below the modulus, component by component.
    fn in_range(bytes: &[u8]) -> bool;
    /// Appends the element's bytes.
    fn write(&self, out: &mut Vec<u8>);

    /// Twice the element.
    #[inline(always)]
    fn double(self) -> Self {
        self + self
    }
}

macro_rules! coordinate {
    ($type:ty, $ark:ty, $bytes:expr, $read:expr, $in_range:expr, $write:expr) => {
        impl Coordinate for $type {
            type Ark = $ark;
            const ZERO: Self = <$type>::ZERO;
            const ONE: Self = <$type>::ONE;
            const BYTES: usize = $bytes;
            #[inline(always)]
            fn is_zero(&self) -> bool {
                <$type>::is_zero(self)
            }
            #[inline(always)]
            fn square(self) -> Self {
                <$type>::square(self)
            }
            fn inverse(&self) -> Option<Self> {
                <$type>::inverse(self)
            }
            #[inline(always)]
            fn from_ark(value: $ark) -> Self {
                <$type>::from_ark(value)
            }
            #[inline(always)]
            fn to_ark(self) -> $ark {
                <$type>::to_ark(self)
            }
            #[inline(always)]
            fn read(bytes: &[u8]) -> Self {
                $read(bytes)
            }
            fn in_range(bytes: &[u8]) -> bool {
                $in_range(bytes)
            }
            fn write(&self, out: &mut Vec<u8>) {
                $write(self, out)
            }
        }
    };
}

coordinate!(
    Base,
    Fq,
    32,
    |bytes: &[u8]| Base::raw(limbs(bytes)),
    |bytes: &[u8]| less(&limbs(bytes), &P_LIMBS),
    |value: &Base, out: &mut Vec<u8>| out.extend_from_slice(&to_le(&value.0))
);
coordinate!(
    Base2,
    Fq2,
    64,
    |bytes: &[u8]| Base2 {
        c0: Base::read(&bytes[..32]),
        c1: Base::read(&bytes[32..])
    },
    |bytes: &[u8]| Base::in_range(&bytes[..32]) && Base::in_range(&bytes[32..]),
    |value: &Base2, out: &mut Vec<u8>| {
        value.c0.write(out);
        value.c1.write(out);
    }
);
