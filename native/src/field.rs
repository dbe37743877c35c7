//! The two prime fields of BN254 and how their elements lie in files.
//!
//! Arithmetic comes from `ark-ff`, without its `asm` feature: that one is a compile-time choice of CPU, and rustc's
//! portable code was as fast (15.5 ns a multiplication; `halo2curves` with its portable path took 19.7 ns). Elements
//! are four little-endian 64-bit limbs in Montgomery form with R = 2^256, as in snarkjs's files.

pub use ark_bn254::{Fq, Fq2, Fr};
use ark_ff::{BigInt, BigInteger, Field, PrimeField};

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

/// A field whose elements lie in Montgomery form in a `.zkey`.
pub trait Coordinate: Field {
    /// Bytes an element takes.
    const BYTES: usize;
    /// The element in `bytes`, not checked against the modulus.
    fn read(bytes: &[u8]) -> Self;
    /// Whether `bytes` are below the modulus, component by component.
    fn in_range(bytes: &[u8]) -> bool;
    /// Appends the element's bytes.
    fn write(&self, out: &mut Vec<u8>);
}

impl Coordinate for Fq {
    const BYTES: usize = 32;
    #[inline(always)]
    fn read(bytes: &[u8]) -> Self {
        Fq::new_unchecked(BigInt(limbs(bytes)))
    }
    fn in_range(bytes: &[u8]) -> bool {
        less(&limbs(bytes), &P_LIMBS)
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&to_le(&self.0 .0));
    }
}

impl Coordinate for Fq2 {
    const BYTES: usize = 64;
    #[inline(always)]
    fn read(bytes: &[u8]) -> Self {
        Fq2::new(Fq::read(&bytes[..32]), Fq::read(&bytes[32..]))
    }
    fn in_range(bytes: &[u8]) -> bool {
        Fq::in_range(&bytes[..32]) && Fq::in_range(&bytes[32..])
    }
    fn write(&self, out: &mut Vec<u8>) {
        self.c0.write(out);
        self.c1.write(out);
    }
}

/// The scalar field element whose Montgomery limbs are `limbs`; the caller has checked the range.
#[inline(always)]
pub fn fr_raw(limbs: [u64; 4]) -> Fr {
    Fr::new_unchecked(BigInt(limbs))
}
