//! snarkjs's Groth16 proving key, used in place.

use crate::binfile::{Reader, Sections};
use crate::curve::{check_points, in_subgroup, read_point, Group, G1, G2};
use crate::error::{Error, Result};
use crate::fft::{self, Domain};
use crate::field::{P_LIMBS, R_LIMBS};
use crate::groth16::generator;
use crate::kernel::Scalar;
use crate::msm::weighted_sum;
use crate::rows::Rows;
use crate::storage::Storage;
use crate::vkey::VerifyingKey;
use ark_ec::short_weierstrass::{Affine, Projective};
use ark_ff::AdditiveGroup;
use rand_chacha::rand_core::RngCore;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::ops::{Deref, Range};

pub const MAGIC: &[u8; 4] = b"zkey";
pub const VERSION: u32 = 1;
/// Signals are numbered in 31 bits, since a tag keeps one bit for the sign.
const MAX_SIGNALS: usize = 1 << 31;
/// Rounds of the subgroup check. A point outside passes one with chance 2^-13 at most, since the smallest factor of
/// the cofactor is 10069, and all with 2^-52; a proof's B is checked by itself besides.
const CHECK_ROUNDS: usize = 4;
/// A round's multipliers are the integers of so many bits, sign included.
const CHECK_ROUND_BITS: u32 = 13;
/// Points checked at once: enough that a round's buckets are full.
const CHECK_CHUNK: usize = 1 << 16;
/// Bytes that are hashed, then given back.
const HASH_CHUNK: usize = 1 << 22;

/// A validated proving key.
pub struct ProvingKey {
    storage: Storage,
    pub sha256: [u8; 32],
    pub signal_count: usize,
    pub constraint_count: usize,
    pub domain: Domain,
    pub verifying_key: VerifyingKey,
    pub beta_g1: Affine<G1>,
    pub delta_g1: Affine<G1>,
    rows: Rows,
    points_a: Range<usize>,
    points_b1: Range<usize>,
    points_b2: Range<usize>,
    points_c: Range<usize>,
    points_h: Range<usize>,
}

impl ProvingKey {
    /// Checks a file and builds its tables; everything that proving relies on is checked here.
    pub fn new(storage: Storage) -> Result<Self> {
        let data: &[u8] = &storage;
        let sections = Sections::parse(data, MAGIC, VERSION)?;
        let protocol = sections.range(1, "protocol")?;
        let mut reader = Reader::new(&data[..protocol.end], protocol.start, "protocol");
        let at = reader.offset();
        let found = reader.u32()?;
        if found != 1 {
            return Err(Error::format(
                "protocol",
                at,
                format!("protocol {found} is not Groth16"),
            ));
        }
        reader.finish()?;

        let range = sections.range(2, "key_header")?;
        let mut reader = Reader::new(&data[..range.end], range.start, "key_header");
        reader.modulus(P_LIMBS, "the base field")?;
        reader.modulus(R_LIMBS, "the scalar field")?;
        let at = reader.offset();
        let signal_count = reader.u32()? as usize;
        let public_count = reader.u32()? as usize;
        let domain_size = reader.u32()? as usize;
        if signal_count >= MAX_SIGNALS || public_count >= signal_count {
            let message = format!("{public_count} public signals of {signal_count}");
            return Err(Error::format("key_header", at, message));
        }
        if !domain_size.is_power_of_two() || domain_size > 1 << fft::MAX_LOG || domain_size <= public_count {
            return Err(Error::format(
                "key_header",
                at + 8,
                format!("domain size {domain_size}"),
            ));
        }
        // The sections below are as long as these counts say, so nothing larger than the file is allocated.
        let (g1, g2) = (G1::POINT_BYTES, G2::POINT_BYTES);
        let range_ic = sections.array(3, "ic", public_count + 1, g1)?;
        let points_a = sections.array(5, "points_a", signal_count, g1)?;
        let points_b1 = sections.array(6, "points_b1", signal_count, g1)?;
        let points_b2 = sections.array(7, "points_b2", signal_count, g2)?;
        let points_c = sections.array(8, "points_c", signal_count - public_count - 1, g1)?;
        let points_h = sections.array(9, "points_h", domain_size, g1)?;
        let coefficients = sections.range(4, "coefficients")?;

        let (alpha, beta_g1) = (g1_point(&mut reader)?, g1_point(&mut reader)?);
        let (beta, gamma) = (g2_point(&mut reader)?, g2_point(&mut reader)?);
        let (delta_g1, delta) = (g1_point(&mut reader)?, g2_point(&mut reader)?);
        reader.finish()?;
        let ic = data[range_ic.clone()]
            .chunks_exact(g1)
            .enumerate()
            .map(|(i, p)| read_point::<G1>(p, "ic", (range_ic.start + i * g1) as u64))
            .collect::<Result<Vec<_>>>()?;
        let verifying_key = VerifyingKey {
            alpha,
            beta,
            gamma,
            delta,
            ic,
        }
        .check()?;

        // Every page is used by the hash and by one check; each gives it back at once.
        let (sha256, checks) = rayon::join(
            || hash(&storage),
            || -> Result<_> {
                let rows = Rows::new(&storage, &coefficients, signal_count, domain_size)?;
                for (range, name) in [
                    (&points_a, "points_a"),
                    (&points_b1, "points_b1"),
                    (&points_c, "points_c"),
                    (&points_h, "points_h"),
                ] {
                    check_section::<G1, ()>(&storage, range, name, |_| Ok(()))?;
                }
                let sums = check_section::<G2, _>(&storage, &points_b2, "points_b2", random_sums::<G2>)?;
                check_subgroup::<G2>(&storage, &points_b2, "points_b2", sums)?;
                Ok(rows)
            },
        );
        let rows = checks?;
        // snarkjs appends one row for each public signal and the leading one.
        let constraint_count = rows.used().saturating_sub(public_count + 1);
        let domain = Domain::new(domain_size.trailing_zeros());
        Ok(ProvingKey {
            sha256,
            signal_count,
            constraint_count,
            domain,
            verifying_key,
            beta_g1,
            delta_g1,
            rows,
            points_a,
            points_b1,
            points_b2,
            points_c,
            points_h,
            storage,
        })
    }

    /// Points of the domain.
    pub fn domain_size(&self) -> usize {
        self.domain.size()
    }

    /// Number of public signals.
    pub fn public_count(&self) -> usize {
        self.verifying_key.public_count()
    }

    /// Bytes mapped or held, tables included.
    pub fn memory(&self) -> usize {
        self.storage.len() + self.domain.memory() + self.rows.memory()
    }

    pub fn points_a(&self) -> Section<'_> {
        self.section(&self.points_a)
    }
    pub fn points_b1(&self) -> Section<'_> {
        self.section(&self.points_b1)
    }
    pub fn points_b2(&self) -> Section<'_> {
        self.section(&self.points_b2)
    }
    pub fn points_c(&self) -> Section<'_> {
        self.section(&self.points_c)
    }
    pub fn points_h(&self) -> Section<'_> {
        self.section(&self.points_h)
    }

    fn section(&self, range: &Range<usize>) -> Section<'_> {
        Section {
            storage: &self.storage,
            range: range.clone(),
        }
    }

    /// The values of A, B and C over the domain, in bit-reversed order: the rows' products with the witness.
    pub fn products(&self, witness: &[u8]) -> [Vec<Scalar>; 3] {
        let products = self.rows.products(&self.storage, witness);
        self.storage.release(self.rows.range());
        products
    }
}

/// A section in use; its memory is given back at the end.
pub struct Section<'a> {
    storage: &'a Storage,
    range: Range<usize>,
}

impl Deref for Section<'_> {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.storage[self.range.clone()]
    }
}

impl Drop for Section<'_> {
    fn drop(&mut self) {
        self.storage.release(self.range.clone());
    }
}

fn g1_point(reader: &mut Reader<'_>) -> Result<Affine<G1>> {
    let at = reader.offset();
    read_point::<G1>(reader.take(G1::POINT_BYTES)?, "key_header", at)
}

fn g2_point(reader: &mut Reader<'_>) -> Result<Affine<G2>> {
    let at = reader.offset();
    read_point::<G2>(reader.take(G2::POINT_BYTES)?, "key_header", at)
}

/// SHA-256 of the whole file.
fn hash(storage: &Storage) -> [u8; 32] {
    let mut hash = Sha256::new();
    for (index, chunk) in storage.chunks(HASH_CHUNK).enumerate() {
        hash.update(chunk);
        let start = index * HASH_CHUNK;
        storage.release(start..start + chunk.len());
    }
    hash.finalize().into()
}

/// Checks a section of points in parallel: in range and on the curve; gives what `further` makes of each chunk.
fn check_section<G: Group, T: Send>(
    storage: &Storage,
    range: &Range<usize>,
    name: &'static str,
    further: impl Fn(&[u8]) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let size = CHECK_CHUNK * G::POINT_BYTES;
    let checked: Vec<Result<T>> = storage[range.clone()]
        .par_chunks(size)
        .enumerate()
        .map(|(index, chunk)| {
            let start = range.start + index * size;
            check_points::<G>(chunk, name, start as u64)?;
            let outcome = further(chunk);
            storage.release(start..start + chunk.len());
            outcome
        })
        .collect();
    // The first error in the order of the file.
    checked.into_iter().collect()
}

/// Sums of random multiples of points, one for each round of the subgroup check.
fn random_sums<G: Group>(points: &[u8]) -> Result<[Projective<G>; CHECK_ROUNDS]> {
    let finite: Vec<u32> = points
        .chunks_exact(G::POINT_BYTES)
        .enumerate()
        .filter(|(_, point)| point.iter().any(|b| *b != 0))
        .map(|(i, _)| i as u32)
        .collect();
    let sums = (0..CHECK_ROUNDS)
        .into_par_iter()
        .map(|_| {
            let mut random = vec![0u8; 2 * finite.len()];
            generator(None)?.fill_bytes(&mut random);
            // A digit from -half to half - 1: its size is the bucket, its sign goes into the tag.
            let half = 1i32 << (CHECK_ROUND_BITS - 1);
            let digits: Vec<i16> = random
                .chunks_exact(2)
                .map(|pair| (i32::from(u16::from_le_bytes([pair[0], pair[1]])) % (2 * half) - half) as i16)
                .collect();
            let mut ends = vec![0u32; half as usize + 1];
            for digit in &digits {
                ends[usize::from(digit.unsigned_abs())] += 1;
            }
            let (mut total, mut sorted) = (0, vec![0u32; digits.len()]);
            ends[0] = 0;
            for end in ends.iter_mut() {
                total += std::mem::replace(end, total);
            }
            for (digit, point) in digits.iter().zip(&finite).filter(|(digit, _)| **digit != 0) {
                let end = &mut ends[usize::from(digit.unsigned_abs())];
                sorted[*end as usize] = point << 1 | u32::from(*digit < 0);
                *end += 1;
            }
            Ok(weighted_sum::<G>(points, &sorted[..total as usize], &ends))
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(std::array::from_fn(|round| sums[round]))
}

/// Checks that points on the curve are in the subgroup, by the sums of their random multiples.
fn check_subgroup<G: Group>(
    storage: &Storage,
    range: &Range<usize>,
    section: &'static str,
    sums: Vec<[Projective<G>; CHECK_ROUNDS]>,
) -> Result<()> {
    let mut totals = [Projective::<G>::ZERO; CHECK_ROUNDS];
    for chunk in &sums {
        totals
            .iter_mut()
            .zip(chunk)
            .for_each(|(total, sum)| *total += sum);
    }
    if totals.iter().all(in_subgroup) {
        return Ok(());
    }
    let culprit = storage[range.clone()]
        .par_chunks_exact(G::POINT_BYTES)
        .position_first(|bytes| bytes.iter().any(|b| *b != 0) && read_point::<G>(bytes, section, 0).is_err())
        .unwrap_or(0);
    let offset = (range.start + culprit * G::POINT_BYTES) as u64;
    Err(Error::format(section, offset, "point outside the subgroup"))
}
