//! The instructions behind [`super::lanes`]: AVX-512 with 52-bit multiplication (IFMA).
//!
//! A number of eight lanes is five vectors of 52-bit limbs. Montgomery arithmetic has R = 2^260, 84 times the primes,
//! so that numbers need not be reduced between additions and multiplications. Every function here needs the
//! processor features it enables; [`available`] looks for all of them.

use super::Modulus;
use std::arch::x86_64::*;

/// Five limbs of eight numbers. "Settled" limbs are within 52 bits; others may be a few bits longer, or negative.
pub type Limbs = [__m512i; 5];
/// A product before its reduction.
pub type Wide = [__m512i; 10];
/// Four 64-bit words of eight numbers.
pub type Words = [__m512i; 4];

const MASK: u64 = (1 << 52) - 1;

/// Whether this processor has the instructions: those used here, and those of the scalar arithmetic beside them, for
/// which the code inside [`super::lanes::Ifma::run`] is compiled too. A hypervisor may hide any of them.
pub fn available() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512ifma")
        && is_x86_feature_detected!("avx512vbmi2")
        && super::adx::available()
}

/// The prime times `factor` in limbs of 52 bits.
pub const fn multiple<M: Modulus>(factor: u64) -> [u64; 5] {
    split(M::PRIME, factor)
}

/// A number times `factor` in limbs of 52 bits.
pub const fn split(number: [u64; 4], factor: u64) -> [u64; 5] {
    let limbs = [
        number[0] & MASK,
        (number[0] >> 52 | number[1] << 12) & MASK,
        (number[1] >> 40 | number[2] << 24) & MASK,
        (number[2] >> 28 | number[3] << 36) & MASK,
        number[3] >> 16,
    ];
    let mut out = [0; 5];
    let mut carry = 0u128;
    let mut i = 0;
    while i < 5 {
        carry += limbs[i] as u128 * factor as u128;
        out[i] = carry as u64 & MASK;
        carry >>= 52;
        i += 1;
    }
    out
}

/// The same word in every lane.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
pub fn word(value: u64) -> __m512i {
    _mm512_set1_epi64(value as i64)
}

/// The same four words in every lane. (A closure would be compiled without the instructions and called.)
#[inline]
#[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
pub fn words(value: &[u64; 4]) -> Words {
    [word(value[0]), word(value[1]), word(value[2]), word(value[3])]
}

/// Four vectors that lie together.
///
/// # Safety
/// The 256 bytes must be there to be read.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
#[allow(unsafe_code)]
pub unsafe fn load(from: *const __m512i) -> Words {
    // SAFETY: the caller has the bytes.
    unsafe {
        [
            _mm512_loadu_si512(from),
            _mm512_loadu_si512(from.add(1)),
            _mm512_loadu_si512(from.add(2)),
            _mm512_loadu_si512(from.add(3)),
        ]
    }
}

/// The same number in every lane.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
pub fn splat(limbs: [u64; 5]) -> Limbs {
    [
        word(limbs[0]),
        word(limbs[1]),
        word(limbs[2]),
        word(limbs[3]),
        word(limbs[4]),
    ]
}

/// Settles the limbs of numbers that are not negative.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
pub fn settle(limbs: Limbs) -> Limbs {
    let mut t = limbs;
    let mask = word(MASK);
    for i in 0..4 {
        t[i + 1] = _mm512_add_epi64(t[i + 1], _mm512_srai_epi64::<52>(t[i]));
        t[i] = _mm512_and_si512(t[i], mask);
    }
    t
}

/// `a + b`, limb by limb.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
pub fn plus(a: Limbs, b: Limbs) -> Limbs {
    let mut t = a;
    for i in 0..5 {
        t[i] = _mm512_add_epi64(a[i], b[i]);
    }
    t
}

/// `a - b`, limb by limb.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
pub fn minus(a: Limbs, b: Limbs) -> Limbs {
    let mut t = a;
    for i in 0..5 {
        t[i] = _mm512_sub_epi64(a[i], b[i]);
    }
    t
}

/// `b` where `mask` says, otherwise `a`.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
pub fn select(mask: u8, a: Limbs, b: Limbs) -> Limbs {
    let mut t = a;
    for i in 0..5 {
        t[i] = _mm512_mask_mov_epi64(a[i], mask, b[i]);
    }
    t
}

/// Which lanes are the number zero itself (not a multiple of the prime); limbs settled.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
pub fn zeros(a: Limbs) -> u8 {
    let low = _mm512_or_si512(_mm512_or_si512(a[0], a[1]), _mm512_or_si512(a[2], a[3]));
    let any = _mm512_or_si512(low, a[4]);
    _mm512_testn_epi64_mask(any, any)
}

/// Adds `a * b` to a product.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
pub fn multiply_into(t: &mut Wide, a: &Limbs, b: &Limbs) {
    for i in 0..5 {
        for j in 0..5 {
            t[i + j] = _mm512_madd52lo_epu64(t[i + j], a[i], b[j]);
            t[i + j + 1] = _mm512_madd52hi_epu64(t[i + j + 1], a[i], b[j]);
        }
    }
}

/// The square: ten products twice and five once.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
pub fn square_wide(a: &Limbs) -> Wide {
    let mut t = [_mm512_setzero_si512(); 10];
    for i in 0..5 {
        for j in i + 1..5 {
            t[i + j] = _mm512_madd52lo_epu64(t[i + j], a[i], a[j]);
            t[i + j + 1] = _mm512_madd52hi_epu64(t[i + j + 1], a[i], a[j]);
        }
    }
    for word in t.iter_mut() {
        *word = _mm512_add_epi64(*word, *word);
    }
    for i in 0..5 {
        t[2 * i] = _mm512_madd52lo_epu64(t[2 * i], a[i], a[i]);
        t[2 * i + 1] = _mm512_madd52hi_epu64(t[2 * i + 1], a[i], a[i]);
    }
    t
}

/// `t / 2^260` modulo the prime, settled: below `t / 2^260` plus one prime.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
pub fn reduce_wide<M: Modulus>(t: Wide) -> Limbs {
    let mut t = t;
    let zero = _mm512_setzero_si512();
    let prime = splat(multiple::<M>(1));
    let inverse = word(M::INVERSE & MASK);
    let mask = word(MASK);
    for i in 0..5 {
        let factor = _mm512_madd52lo_epu64(zero, t[i], inverse);
        // The factor makes the low 52 bits vanish; they leave a carry unless they were zero.
        let carry = _mm512_srli_epi64::<52>(_mm512_add_epi64(t[i], mask));
        t[i + 1] = _mm512_add_epi64(t[i + 1], carry);
        t[i + 1] = _mm512_madd52hi_epu64(t[i + 1], factor, prime[0]);
        for j in 1..5 {
            t[i + j] = _mm512_madd52lo_epu64(t[i + j], factor, prime[j]);
            t[i + j + 1] = _mm512_madd52hi_epu64(t[i + j + 1], factor, prime[j]);
        }
    }
    settle([t[5], t[6], t[7], t[8], t[9]])
}

/// The Montgomery product.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
pub fn multiply<M: Modulus>(a: &Limbs, b: &Limbs) -> Limbs {
    let mut t = [_mm512_setzero_si512(); 10];
    multiply_into(&mut t, a, b);
    reduce_wide::<M>(t)
}

/// The Montgomery square.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
pub fn square<M: Modulus>(a: &Limbs) -> Limbs {
    reduce_wide::<M>(square_wide(a))
}

/// The number modulo the prime, below two primes and settled. It must lie between one prime and 64; its limbs may
/// be unsettled.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
pub fn reduce<M: Modulus>(t: Limbs) -> Limbs {
    let mut t = t;
    let zero = _mm512_setzero_si512();
    // The top limb times 2^260 / prime, rounded down, is at most one too small (and a part of 0.8 % a prime).
    let quotient = _mm512_madd52hi_epu64(zero, t[4], word(reciprocal::<M>()));
    let complement = splat(complement::<M>());
    for i in 0..5 {
        t[i] = _mm512_madd52lo_epu64(t[i], quotient, complement[i]);
    }
    for i in 0..4 {
        t[i + 1] = _mm512_madd52hi_epu64(t[i + 1], quotient, complement[i]);
    }
    let mut t = settle(t);
    t[4] = _mm512_and_si512(t[4], word(MASK));
    t
}

/// The same number, less the prime if that is not negative. Limbs settled.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
pub fn subtract_prime<M: Modulus>(a: Limbs) -> Limbs {
    let less = settle(minus(a, splat(multiple::<M>(1))));
    let negative = _mm512_cmplt_epi64_mask(less[4], _mm512_setzero_si512());
    select(negative, less, a)
}

/// Limbs of 16 times the numbers in words.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
pub fn unpack_shifted(w: Words) -> Limbs {
    let mask = word(MASK);
    [
        _mm512_and_si512(_mm512_slli_epi64::<4>(w[0]), mask),
        _mm512_and_si512(_mm512_shrdi_epi64::<48>(w[0], w[1]), mask),
        _mm512_and_si512(_mm512_shrdi_epi64::<36>(w[1], w[2]), mask),
        _mm512_and_si512(_mm512_shrdi_epi64::<24>(w[2], w[3]), mask),
        _mm512_srli_epi64::<12>(w[3]),
    ]
}

/// Limbs of the numbers in words.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
pub fn unpack(w: Words) -> Limbs {
    let mask = word(MASK);
    [
        _mm512_and_si512(w[0], mask),
        _mm512_and_si512(_mm512_shrdi_epi64::<52>(w[0], w[1]), mask),
        _mm512_and_si512(_mm512_shrdi_epi64::<40>(w[1], w[2]), mask),
        _mm512_and_si512(_mm512_shrdi_epi64::<28>(w[2], w[3]), mask),
        _mm512_srli_epi64::<16>(w[3]),
    ]
}

/// Words of numbers below 2^256. Limbs settled.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
pub fn pack(t: Limbs) -> Words {
    [
        _mm512_or_si512(t[0], _mm512_slli_epi64::<52>(t[1])),
        _mm512_or_si512(_mm512_srli_epi64::<12>(t[1]), _mm512_slli_epi64::<40>(t[2])),
        _mm512_or_si512(_mm512_srli_epi64::<24>(t[2]), _mm512_slli_epi64::<28>(t[3])),
        _mm512_or_si512(_mm512_srli_epi64::<36>(t[3]), _mm512_slli_epi64::<16>(t[4])),
    ]
}

/// Word i of eight numbers from the numbers, two to a vector.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
pub fn to_words(pairs: Words) -> Words {
    let low = _mm512_set_epi64(13, 9, 5, 1, 12, 8, 4, 0);
    let high = _mm512_set_epi64(15, 11, 7, 3, 14, 10, 6, 2);
    // Words 0 and 1, then words 2 and 3, of four numbers.
    let a = _mm512_permutex2var_epi64(pairs[0], low, pairs[1]);
    let b = _mm512_permutex2var_epi64(pairs[2], low, pairs[3]);
    let c = _mm512_permutex2var_epi64(pairs[0], high, pairs[1]);
    let d = _mm512_permutex2var_epi64(pairs[2], high, pairs[3]);
    [
        _mm512_shuffle_i64x2::<0x44>(a, b),
        _mm512_shuffle_i64x2::<0xEE>(a, b),
        _mm512_shuffle_i64x2::<0x44>(c, d),
        _mm512_shuffle_i64x2::<0xEE>(c, d),
    ]
}

/// The inverse of [`to_words`].
#[inline]
#[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
pub fn from_words(w: Words) -> Words {
    let low = _mm512_set_epi64(13, 9, 5, 1, 12, 8, 4, 0);
    let high = _mm512_set_epi64(15, 11, 7, 3, 14, 10, 6, 2);
    // Numbers 0 to 3, then 4 to 7: words 0 and 1, words 2 and 3.
    let a = _mm512_shuffle_i64x2::<0x44>(w[0], w[1]);
    let b = _mm512_shuffle_i64x2::<0x44>(w[2], w[3]);
    let c = _mm512_shuffle_i64x2::<0xEE>(w[0], w[1]);
    let d = _mm512_shuffle_i64x2::<0xEE>(w[2], w[3]);
    [
        _mm512_permutex2var_epi64(a, low, b),
        _mm512_permutex2var_epi64(a, high, b),
        _mm512_permutex2var_epi64(c, low, d),
        _mm512_permutex2var_epi64(c, high, d),
    ]
}

/// Rows to columns and back: an 8 by 8 transposition.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma,avx512vbmi2")]
pub fn transpose(rows: [__m512i; 8]) -> [__m512i; 8] {
    let mut pairs = rows;
    for i in 0..4 {
        pairs[2 * i] = _mm512_unpacklo_epi64(rows[2 * i], rows[2 * i + 1]);
        pairs[2 * i + 1] = _mm512_unpackhi_epi64(rows[2 * i], rows[2 * i + 1]);
    }
    // Columns k and k + 4 of four rows, then of all.
    let low = _mm512_set_epi64(13, 12, 5, 4, 9, 8, 1, 0);
    let high = _mm512_set_epi64(15, 14, 7, 6, 11, 10, 3, 2);
    let mut out = rows;
    for k in 0..2 {
        let a = _mm512_permutex2var_epi64(pairs[k], low, pairs[k + 2]);
        let b = _mm512_permutex2var_epi64(pairs[k], high, pairs[k + 2]);
        let c = _mm512_permutex2var_epi64(pairs[k + 4], low, pairs[k + 6]);
        let d = _mm512_permutex2var_epi64(pairs[k + 4], high, pairs[k + 6]);
        out[k] = _mm512_shuffle_i64x2::<0x44>(a, c);
        out[k + 4] = _mm512_shuffle_i64x2::<0xEE>(a, c);
        out[k + 2] = _mm512_shuffle_i64x2::<0x44>(b, d);
        out[k + 6] = _mm512_shuffle_i64x2::<0xEE>(b, d);
    }
    out
}

/// 2^260 / prime, rounded down: at least 84.
const fn reciprocal<M: Modulus>() -> u64 {
    // 2^260 / p = 2^(260 - 192) / p[3] up to a part of 2^-60.
    ((1u128 << 68) / (M::PRIME[3] as u128 + 1)) as u64
}

/// 2^260 less the prime.
const fn complement<M: Modulus>() -> [u64; 5] {
    let prime = multiple::<M>(1);
    let mut out = [0; 5];
    let mut borrow = 0i64;
    let mut i = 0;
    while i < 5 {
        let limb = -(prime[i] as i64) + borrow;
        out[i] = limb as u64 & MASK;
        borrow = limb >> 52;
        i += 1;
    }
    out
}
