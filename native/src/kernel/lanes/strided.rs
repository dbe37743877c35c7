//! Lanes whose elements lie apart in memory, or trade places.

use super::{ifma, Fp, Ifma, Lanes, Modulus, LANES};
use std::arch::x86_64::*;
use zeroize::Zeroize;

impl<M: Modulus> Lanes<M> {
    /// One element as [`Lanes::store_inner`] wrote it, in every lane; below 2 p.
    #[inline(always)]
    pub fn splat_inner(_: Ifma, value: &Fp<M>) -> Self {
        with!({
            let words = [0, 1, 2, 3].map(|i| ifma::word(value.0[i]));
            Self::of(ifma::unpack(words))
        })
    }

    /// Lane i from `values[start + i * step]` as [`Lanes::store_inner`] wrote it; below 2 p.
    #[inline(always)]
    pub fn gather_inner(_: Ifma, values: &[Fp<M>], start: usize, step: usize) -> Self {
        let values = &values[start..start + (LANES - 1) * step + 1];
        let from: *const __m256i = values.as_ptr().cast();
        // SAFETY: the slice ends with the last element that is read; `Ifma` proves the instructions.
        #[allow(unsafe_code)]
        unsafe {
            let pairs = [0, 1, 2, 3].map(|i| {
                let low = _mm256_loadu_si256(from.add(2 * i * step));
                let high = _mm256_loadu_si256(from.add((2 * i + 1) * step));
                _mm512_inserti64x4::<1>(_mm512_castsi256_si512(low), high)
            });
            Self::of(ifma::unpack(ifma::to_words(pairs)))
        }
    }

    /// Writes lane i to `values[start + i * step]` as [`Lanes::store_inner`] does; takes less than 2 p.
    #[inline(always)]
    pub fn scatter_inner(self, values: &mut [Fp<M>], start: usize, step: usize) {
        let values = &mut values[start..start + (LANES - 1) * step + 1];
        let to: *mut __m256i = values.as_mut_ptr().cast();
        // SAFETY: the slice ends with the last element that is written, any bits are limbs, and lanes prove the
        // instructions.
        #[allow(unsafe_code)]
        unsafe {
            let pairs = ifma::from_words(ifma::pack(self.0));
            for (i, pair) in pairs.into_iter().enumerate() {
                let (low, high) = (_mm512_castsi512_si256(pair), _mm512_extracti64x4_epi64::<1>(pair));
                _mm256_storeu_si256(to.add(2 * i * step), low);
                _mm256_storeu_si256(to.add((2 * i + 1) * step), high);
            }
        }
    }

    /// The same numbers less p where that is possible: from below 2 p to below p.
    #[inline(always)]
    pub fn canonical(self) -> Self {
        with!(Self::of(ifma::subtract_prime::<M>(self.0)))
    }

    /// Lane j of vector i becomes lane i of vector j.
    #[inline(always)]
    pub fn transpose(vectors: &mut [Self; LANES]) {
        for limb in 0..5 {
            let rows = std::array::from_fn(|i| vectors[i].0[limb]);
            let columns = with!(ifma::transpose(rows));
            for (vector, column) in vectors.iter_mut().zip(columns) {
                vector.0[limb] = column;
            }
        }
    }
}

impl<M: Modulus> Zeroize for Lanes<M> {
    fn zeroize(&mut self) {
        for limb in self.0.iter_mut() {
            // SAFETY: the reference is valid for writing, and zero is a vector.
            #[allow(unsafe_code)]
            unsafe {
                std::ptr::write_volatile(limb, std::mem::zeroed());
            }
        }
        std::sync::atomic::compiler_fence(std::sync::atomic::Ordering::SeqCst);
    }
}
