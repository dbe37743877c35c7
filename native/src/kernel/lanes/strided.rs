//! Lanes whose elements lie apart in memory, or trade places.

use super::{ifma, Fp, Ifma, Lanes, Modulus, LANES};
use std::arch::x86_64::*;
use zeroize::Zeroize;

impl<M: Modulus> Lanes<M> {
    /// One element as [`Lanes::store_inner`] wrote it, in every lane; below 2 p.
    #[inline(always)]
    pub fn splat_inner(_: Ifma, value: &Fp<M>) -> Self {
        with!(Self::of(ifma::unpack(ifma::words(&value.0))))
    }

    /// Lane i from `values[start + i * step]` as [`Lanes::store_inner`] wrote it; below 2 p.
    #[inline(always)]
    pub fn gather_inner(_: Ifma, values: &[Fp<M>], start: usize, step: usize) -> Self {
        let values = &values[start..start + (LANES - 1) * step + 1];
        let from: *const u8 = values.as_ptr().cast();
        // SAFETY: the slice ends with the last element that is read.
        #[allow(unsafe_code)]
        let at = |lane: usize| unsafe { from.add(32 * lane * step) };
        // SAFETY: as above.
        #[allow(unsafe_code)]
        unsafe {
            let places = [at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7)];
            Self::of(ifma::unpack(words_at(places)))
        }
    }

    /// Lane i from the first 32 bytes of slice i, a number below p: with R = 2^256 as in a file (`FILE`; below 16 p),
    /// or as it is.
    #[inline(always)]
    pub fn gather_bytes<const FILE: bool>(_: Ifma, bytes: [&[u8]; LANES]) -> Self {
        let at = |lane: usize| bytes[lane][..32].as_ptr();
        let places = [at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7)];
        // SAFETY: each slice has the bytes that are read.
        #[allow(unsafe_code)]
        unsafe {
            let words = words_at(places);
            Self::of(if FILE {
                ifma::unpack_shifted(words)
            } else {
                ifma::unpack(words)
            })
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

/// Word i of the 32 bytes at eight places.
///
/// # Safety
/// The bytes must be there to be read.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
#[allow(unsafe_code)]
unsafe fn words_at(at: [*const u8; LANES]) -> ifma::Words {
    // SAFETY: the caller has the bytes.
    unsafe {
        ifma::to_words([
            pair(at[0], at[1]),
            pair(at[2], at[3]),
            pair(at[4], at[5]),
            pair(at[6], at[7]),
        ])
    }
}

/// 32 bytes from each of two places.
///
/// # Safety
/// The bytes must be there to be read.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
#[allow(unsafe_code)]
unsafe fn pair(low: *const u8, high: *const u8) -> __m512i {
    // SAFETY: the caller has the bytes.
    let (low, high) = unsafe { (_mm256_loadu_si256(low.cast()), _mm256_loadu_si256(high.cast())) };
    _mm512_inserti64x4::<1>(_mm512_castsi256_si512(low), high)
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
