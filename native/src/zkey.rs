//! snarkjs's Groth16 proving key, used in place.

use crate::binfile::{Reader, Sections};
use crate::curve::{check_points, in_subgroup, read_point, Group, Point, G1, G2};
use crate::error::{Error, Result};
use crate::fft::{self, Domain};
use crate::field::{less, limbs, P_LIMBS, R_LIMBS};
use crate::kernel::Scalar;
use crate::msm::bucket_sums;
use crate::storage::Storage;
use crate::vkey::VerifyingKey;
use ark_ec::short_weierstrass::Affine;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::ops::Range;

pub const MAGIC: &[u8; 4] = b"zkey";
pub const VERSION: u32 = 1;
/// Bytes of one coefficient: matrix, row, signal, value.
pub const COEFFICIENT_BYTES: usize = 44;
/// Signals are numbered in 31 bits, since a tag keeps one bit for the sign.
const MAX_SIGNALS: usize = 1 << 31;
/// A point outside the subgroup passes the check with chance 2^-104: rounds of at most [`CHECK_ROUND_BITS`] bits, since
/// the smallest factor of the cofactor is 10069.
const CHECK_BITS: u32 = 104;
const CHECK_ROUND_BITS: u32 = 13;

/// Rows of one matrix: entry numbers of the coefficient section, row by row.
pub struct Rows {
    starts: Vec<u32>,
    entries: Vec<u32>,
}

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
    coefficients: Range<usize>,
    pub rows_a: Rows,
    pub rows_b: Rows,
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

        let (sha256, checks) = rayon::join(
            || Sha256::digest(data).into(),
            || -> Result<_> {
                let index = index_rows(data, &coefficients, signal_count, public_count, domain_size)?;
                for (range, name) in [
                    (&points_a, "points_a"),
                    (&points_b1, "points_b1"),
                    (&points_c, "points_c"),
                    (&points_h, "points_h"),
                ] {
                    check_points::<G1>(&data[range.clone()], name, range.start as u64)?;
                }
                check_points::<G2>(&data[points_b2.clone()], "points_b2", points_b2.start as u64)?;
                check_subgroup::<G2>(&data[points_b2.clone()], "points_b2", points_b2.start as u64)?;
                Ok(index)
            },
        );
        let (rows_a, rows_b, constraint_count) = checks?;
        let domain = Domain::new(domain_size.trailing_zeros());
        Ok(ProvingKey {
            sha256,
            signal_count,
            constraint_count,
            domain,
            verifying_key,
            beta_g1,
            delta_g1,
            coefficients,
            rows_a,
            rows_b,
            points_a,
            points_b1,
            points_b2,
            points_c,
            points_h,
            storage,
        })
    }

    /// Number of public signals.
    pub fn public_count(&self) -> usize {
        self.verifying_key.public_count()
    }

    /// Bytes mapped or held, tables included.
    pub fn memory(&self) -> usize {
        let rows = |r: &Rows| 4 * (r.starts.len() + r.entries.len());
        self.storage.len() + self.domain.memory() + rows(&self.rows_a) + rows(&self.rows_b)
    }

    pub fn points_a(&self) -> &[u8] {
        &self.storage[self.points_a.clone()]
    }
    pub fn points_b1(&self) -> &[u8] {
        &self.storage[self.points_b1.clone()]
    }
    pub fn points_b2(&self) -> &[u8] {
        &self.storage[self.points_b2.clone()]
    }
    pub fn points_c(&self) -> &[u8] {
        &self.storage[self.points_c.clone()]
    }
    pub fn points_h(&self) -> &[u8] {
        &self.storage[self.points_h.clone()]
    }

    /// The product of one matrix row with the witness. Coefficients are stored times R², the witness plain, so one
    /// Montgomery multiplication gives the product in Montgomery form.
    #[inline]
    pub fn row(&self, rows: &Rows, row: usize, witness: &[u8]) -> Scalar {
        let mut sum = Scalar::ZERO;
        let range = rows.starts[row] as usize..rows.starts[row + 1] as usize;
        for entry in &rows.entries[range] {
            let at = self.coefficients.start + 4 + *entry as usize * COEFFICIENT_BYTES;
            let bytes = &self.storage[at..at + COEFFICIENT_BYTES];
            let signal = u32_at(bytes, 8) as usize * 32;
            let value = limbs(&witness[signal..signal + 32]);
            if value != [0; 4] {
                sum += Scalar::raw(limbs(&bytes[12..])) * Scalar::raw(value);
            }
        }
        sum
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

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// Checks every coefficient and sorts their numbers by matrix and row; also counts the constraints.
fn index_rows(
    data: &[u8],
    section: &Range<usize>,
    signals: usize,
    public: usize,
    domain: usize,
) -> Result<(Rows, Rows, usize)> {
    const NAME: &str = "coefficients";
    let mut reader = Reader::new(&data[..section.end], section.start, NAME);
    let count = reader.u32()? as usize;
    if reader.left() as u128 != count as u128 * COEFFICIENT_BYTES as u128 {
        let message = format!("{count} coefficients claimed, {} bytes are left", reader.left());
        return Err(Error::format(NAME, section.start as u64, message));
    }
    let start = reader.offset() as usize;
    let bytes = &data[start..section.end];
    let bad = bytes
        .par_chunks_exact(COEFFICIENT_BYTES)
        .enumerate()
        .find_map_first(|(i, entry)| {
            let message = if u32_at(entry, 0) > 1 {
                "matrix is neither A nor B"
            } else if u32_at(entry, 4) as usize >= domain {
                "row outside the domain"
            } else if u32_at(entry, 8) as usize >= signals {
                "signal out of range"
            } else if !less(&limbs(&entry[12..]), &R_LIMBS) {
                "value not below the modulus"
            } else {
                return None;
            };
            Some((i, message))
        });
    if let Some((i, message)) = bad {
        return Err(Error::format(
            NAME,
            (start + i * COEFFICIENT_BYTES) as u64,
            message,
        ));
    }
    let mut starts = [vec![0u32; domain + 1], vec![0u32; domain + 1]];
    let mut last = 0;
    for entry in bytes.chunks_exact(COEFFICIENT_BYTES) {
        let row = u32_at(entry, 4) as usize;
        starts[u32_at(entry, 0) as usize][row + 1] += 1;
        last = last.max(row);
    }
    let mut entries = [Vec::new(), Vec::new()];
    for (starts, entries) in starts.iter_mut().zip(entries.iter_mut()) {
        for row in 0..domain {
            starts[row + 1] += starts[row];
        }
        entries.resize(starts[domain] as usize, 0u32);
    }
    let mut cursors = starts.clone();
    for (i, entry) in bytes.chunks_exact(COEFFICIENT_BYTES).enumerate() {
        let matrix = u32_at(entry, 0) as usize;
        let cursor = &mut cursors[matrix][u32_at(entry, 4) as usize];
        entries[matrix][*cursor as usize] = i as u32;
        *cursor += 1;
    }
    // snarkjs appends one row for each public signal and the leading one.
    let constraints = (last + 1).saturating_sub(public + 1);
    let [starts_a, starts_b] = starts;
    let [entries_a, entries_b] = entries;
    let rows_a = Rows {
        starts: starts_a,
        entries: entries_a,
    };
    let rows_b = Rows {
        starts: starts_b,
        entries: entries_b,
    };
    Ok((rows_a, rows_b, constraints))
}

/// Checks that points on the curve are in the subgroup, all at once: random small multiples of them are summed and
/// the sums are checked.
fn check_subgroup<G: Group>(bytes: &[u8], section: &'static str, start: u64) -> Result<()> {
    let count = bytes.len() / G::POINT_BYTES;
    let finite: Vec<u32> = (0..count)
        .filter(|i| !Point::<G::Coord>::read(&bytes[i * G::POINT_BYTES..]).is_infinity())
        .map(|i| i as u32)
        .collect();
    // About four points a bucket keep the running sums cheap.
    let bits = (finite.len() / 4).max(1).ilog2().clamp(2, CHECK_ROUND_BITS);
    let buckets = 1usize << bits;
    let sound = (0..CHECK_BITS.div_ceil(bits)).into_par_iter().try_fold(
        || true,
        |good, _| -> Result<bool> {
            let mut random = vec![0u8; 2 * finite.len()];
            getrandom::fill(&mut random)
                .map_err(|e| Error::Argument(format!("no system randomness: {e}")))?;
            let digit =
                |i: usize| (u16::from_le_bytes([random[2 * i], random[2 * i + 1]]) as usize) % buckets;
            let mut ends = vec![0u32; buckets + 1];
            (0..finite.len()).for_each(|i| ends[digit(i) + 1] += 1);
            for d in 0..buckets {
                ends[d + 1] += ends[d];
            }
            let mut cursors = ends.clone();
            let mut sorted = vec![0u32; finite.len()];
            for (i, point) in finite.iter().enumerate() {
                let cursor = &mut cursors[digit(i)];
                sorted[*cursor as usize] = point << 1;
                *cursor += 1;
            }
            let sums = bucket_sums::<G>(bytes, &sorted, &ends);
            // Digit zero is left out by starting at bucket 1.
            Ok(good && in_subgroup(&crate::msm::running_sum::<G>(&sums[1..])))
        },
    );
    let good = sound.try_reduce(|| true, |a, b| Ok(a && b))?;
    if good {
        return Ok(());
    }
    let culprit = finite
        .par_iter()
        .find_first(|i| read_point::<G>(&bytes[**i as usize * G::POINT_BYTES..], section, 0).is_err())
        .map_or(0, |i| *i as usize);
    let offset = start + (culprit * G::POINT_BYTES) as u64;
    Err(Error::format(section, offset, "point outside the subgroup"))
}
