//! Eight field elements at a time, for processors with AVX-512 IFMA.
//!
//! An [`Ifma`] can only be had on such a processor, and every value here is made from one, so the methods are safe.
//! They are fast where the instructions are enabled, that is inside [`Ifma::run`], in code that is inlined into it:
//! mark helpers `#[inline(always)]`.
//!
//! Inside, R = 2^260. A number may be several times the prime p; each method says which bound it needs and gives.
//! What is loaded is below 16 p (16 turns R = 2^256 into 2^260 without a multiplication), products are below 2 p, and
//! a product's factors may be `a p` and `b p` with `a * b` up to 80.

use super::ifma::{self, Limbs};
use super::{Fp, Modulus};
use std::arch::x86_64::*;
use std::marker::PhantomData;

/// Numbers in a vector.
pub const LANES: usize = 8;

/// The proof that this processor has the instructions.
#[derive(Clone, Copy)]
pub struct Ifma(());

/// Something to do with the instructions enabled.
pub trait Vectorized {
    /// What comes of it.
    type Output;
    /// Does it; implement with `#[inline(always)]`.
    fn run(self, ifma: Ifma) -> Self::Output;
}

impl Ifma {
    /// The proof, where it can be had.
    pub fn detect() -> Option<Self> {
        ifma::available().then_some(Ifma(()))
    }

    /// Runs `work` compiled for the instructions.
    #[inline]
    pub fn run<W: Vectorized>(self, work: W) -> W::Output {
        #[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2,bmi2,adx")]
        fn inside<W: Vectorized>(ifma: Ifma, work: W) -> W::Output {
            work.run(ifma)
        }
        // SAFETY: `self` exists only where `available` saw the instructions.
        #[allow(unsafe_code)]
        unsafe {
            inside(self, work)
        }
    }
}

/// Calls functions of [`ifma`].
macro_rules! with {
    ($body:expr) => {{
        // SAFETY: lanes and `Ifma` exist only where `available` saw the instructions.
        #[allow(unsafe_code)]
        unsafe {
            $body
        }
    }};
}

pub(super) use with;

mod strided;

/// A vector of eight elements of a prime field.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Lanes<M>(pub(super) Limbs, PhantomData<M>);

impl<M: Modulus> Lanes<M> {
    #[inline(always)]
    pub(super) fn of(limbs: Limbs) -> Self {
        Lanes(limbs, PhantomData)
    }

    /// Zeros.
    #[inline(always)]
    pub fn zero(_: Ifma) -> Self {
        with!(Self::of(ifma::splat([0; 5])))
    }

    /// Ones; below p.
    #[inline(always)]
    pub fn one(_: Ifma) -> Self {
        with!(Self::of(ifma::splat(const { one::<M>() })))
    }

    /// The same element in every lane; below 16 p.
    #[inline(always)]
    pub fn splat(_: Ifma, value: &Fp<M>) -> Self {
        with!(Self::of(ifma::unpack_shifted(ifma::words(&value.0))))
    }

    /// Eight elements; below 16 p.
    #[inline(always)]
    pub fn load(_: Ifma, values: &[Fp<M>; LANES]) -> Self {
        let from: *const __m512i = values.as_ptr().cast();
        // SAFETY: the array has the 256 bytes that are read; `Ifma` proves the instructions.
        #[allow(unsafe_code)]
        unsafe {
            let pairs = ifma::load(from);
            Self::of(ifma::unpack_shifted(ifma::to_words(pairs)))
        }
    }

    /// Writes the elements, reduced. One multiplication. Takes up to 64 p.
    #[inline(always)]
    pub fn store(self, values: &mut [Fp<M>; LANES]) {
        let to: *mut __m512i = values.as_mut_ptr().cast();
        // SAFETY: the array has the 256 bytes that are written, any bits are limbs, and lanes prove the instructions.
        #[allow(unsafe_code)]
        unsafe {
            let factor = ifma::splat(const { ifma::split(M::ONE, 1) });
            let product = ifma::subtract_prime::<M>(ifma::multiply::<M>(&self.0, &factor));
            let pairs = ifma::from_words(ifma::pack(product));
            for (i, pair) in pairs.into_iter().enumerate() {
                _mm512_storeu_si512(to.add(i), pair);
            }
        }
    }

    /// Eight elements as [`Lanes::store_inner`] wrote them; below 2 p.
    #[inline(always)]
    pub fn load_inner(_: Ifma, values: &[Fp<M>; LANES]) -> Self {
        let from: *const __m512i = values.as_ptr().cast();
        // SAFETY: the array has the 256 bytes that are read; `Ifma` proves the instructions.
        #[allow(unsafe_code)]
        unsafe {
            let pairs = ifma::load(from);
            Self::of(ifma::unpack(ifma::to_words(pairs)))
        }
    }

    /// Writes eight elements below 2 p as they are here (R = 2^260, not reduced): for [`Lanes::load_inner`] alone.
    #[inline(always)]
    pub fn store_inner(self, values: &mut [Fp<M>; LANES]) {
        let to: *mut __m512i = values.as_mut_ptr().cast();
        // SAFETY: the array has the 256 bytes that are written, any bits are limbs, and lanes prove the instructions.
        #[allow(unsafe_code)]
        unsafe {
            let pairs = ifma::from_words(ifma::pack(self.0));
            for (i, pair) in pairs.into_iter().enumerate() {
                _mm512_storeu_si512(to.add(i), pair);
            }
        }
    }

    /// The product, below 2 p, of factors whose bounds multiply to at most 80 p².
    #[inline(always)]
    pub fn mul(&self, other: &Self) -> Self {
        with!(Self::of(ifma::multiply::<M>(&self.0, &other.0)))
    }

    /// The square, below 2 p, of up to 8 p.
    #[inline(always)]
    pub fn square(&self) -> Self {
        with!(Self::of(ifma::square::<M>(&self.0)))
    }

    /// The sum; bounds add up, to at most 64 p.
    #[inline(always)]
    pub fn add(&self, other: &Self) -> Self {
        with!(Self::of(ifma::settle(ifma::plus(self.0, other.0))))
    }

    /// The difference, plus K p; takes a subtrahend of at most K p. The bound grows by K p.
    #[inline(always)]
    pub fn sub<const K: u64>(&self, other: &Self) -> Self {
        with!({
            let multiple = ifma::splat(const { ifma::multiple::<M>(K) });
            Self::of(ifma::settle(ifma::minus(ifma::plus(self.0, multiple), other.0)))
        })
    }

    /// The negative of at most K p, at most K p.
    #[inline(always)]
    pub fn neg<const K: u64>(&self) -> Self {
        with!({
            let multiple = ifma::splat(const { ifma::multiple::<M>(K) });
            Self::of(ifma::settle(ifma::minus(multiple, self.0)))
        })
    }

    /// The same elements below 2 p, from up to 63 p.
    #[inline(always)]
    pub fn reduce(&self) -> Self {
        with!({
            let prime = ifma::splat(const { ifma::multiple::<M>(1) });
            Self::of(ifma::reduce::<M>(ifma::plus(self.0, prime)))
        })
    }

    /// The elements of `other` in the lanes of `mask`, these in the rest.
    #[inline(always)]
    pub fn select(&self, mask: u8, other: &Self) -> Self {
        with!(Self::of(ifma::select(mask, self.0, other.0)))
    }

    /// Lanes that hold the number zero; a multiple of p does not count.
    #[inline(always)]
    pub fn zeros(&self) -> u8 {
        with!(ifma::zeros(self.0))
    }

    /// The inverses, below 16 p, of up to 64 p; `None` if there is a zero. By one inversion for all.
    pub fn inverse(&self, ifma: Ifma) -> Option<Self> {
        let mut values = [Fp::<M>::ONE; LANES];
        self.store(&mut values);
        let mut before = values;
        let mut product = Fp::ONE;
        for (before, value) in before.iter_mut().zip(&values) {
            *before = product;
            product *= *value;
        }
        let mut inverse = product.inverse()?;
        for (before, value) in before.iter_mut().zip(&values).rev() {
            *before *= inverse;
            inverse *= *value;
        }
        Some(Self::load(ifma, &before))
    }
}

/// One with R = 2^260: R = 2^256 doubled four times.
const fn one<M: Modulus>() -> [u64; 5] {
    let mut value = ifma::split(M::ONE, 1);
    let mut step = 0;
    while step < 4 {
        value = double_reduced::<M>(value);
        step += 1;
    }
    value
}

/// Twice a number below the prime, reduced.
const fn double_reduced<M: Modulus>(value: [u64; 5]) -> [u64; 5] {
    const MASK: i64 = (1 << 52) - 1;
    let prime = ifma::multiple::<M>(1);
    let (mut twice, mut less) = ([0u64; 5], [0u64; 5]);
    let (mut carry, mut borrow) = (0i64, 0i64);
    let mut i = 0;
    while i < 5 {
        carry += 2 * value[i] as i64;
        twice[i] = (carry & MASK) as u64;
        carry >>= 52;
        borrow += twice[i] as i64 - prime[i] as i64;
        less[i] = (borrow & MASK) as u64;
        borrow >>= 52;
        i += 1;
    }
    if borrow < 0 {
        twice
    } else {
        less
    }
}
