//! The rows of A and B in a proving key: its coefficient section, read in place.

use crate::binfile::Reader;
use crate::error::{Error, Result};
use crate::fft::reverse;
use crate::field::{less, limbs, R_LIMBS};
use crate::kernel::Scalar;
use crate::storage::Storage;
use rayon::prelude::*;
use std::ops::Range;

/// Bytes of one coefficient: matrix, row, signal, value.
pub const COEFFICIENT_BYTES: usize = 44;
const SECTION: &str = "coefficients";
/// Coefficients that one task checks.
const CHECK_CHUNK: usize = 1 << 14;
/// Products go out in runs of this many, so that both the rows read and the places written are neighbours.
const RUN_LOG: u32 = 4;

/// Which coefficients belong to which row.
pub struct Rows {
    /// Offset in the file of the first coefficient.
    start: usize,
    count: usize,
    /// The first coefficient of each row, and the number of all.
    starts: Vec<u32>,
    /// Coefficient numbers by row, where the file has them in another order.
    order: Option<Vec<u32>>,
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn row_of(entry: &[u8]) -> usize {
    u32_at(entry, 4) as usize
}

/// Why an entry is refused.
fn fault(entry: &[u8], signals: usize, domain: usize) -> Option<&'static str> {
    if u32_at(entry, 0) > 1 {
        Some("matrix is neither A nor B")
    } else if row_of(entry) >= domain {
        Some("row outside the domain")
    } else if u32_at(entry, 8) as usize >= signals {
        Some("signal out of range")
    } else if !less(&limbs(&entry[12..]), &R_LIMBS) {
        Some("value not below the modulus")
    } else {
        None
    }
}

impl Rows {
    /// Checks every coefficient of the section and finds the rows.
    pub fn new(storage: &Storage, section: &Range<usize>, signals: usize, domain: usize) -> Result<Self> {
        let mut reader = Reader::new(&storage[..section.end], section.start, SECTION);
        let count = reader.u32()? as usize;
        if reader.left() as u128 != count as u128 * COEFFICIENT_BYTES as u128 {
            let message = format!("{count} coefficients claimed, {} bytes are left", reader.left());
            return Err(Error::format(SECTION, section.start as u64, message));
        }
        let start = reader.offset() as usize;
        let bytes = &storage[start..section.end];
        // Rows are counted in the same pass: what is read later may have left memory by then.
        let mut sorted = true;
        let mut starts = vec![0u32; domain + 1];
        let mut last_row = 0;
        for first in (0..count).step_by(16 * CHECK_CHUNK) {
            let end = count.min(first + 16 * CHECK_CHUNK);
            let part = &bytes[first * COEFFICIENT_BYTES..end * COEFFICIENT_BYTES];
            let bad = part
                .par_chunks_exact(COEFFICIENT_BYTES)
                .with_min_len(CHECK_CHUNK)
                .enumerate()
                .find_map_first(|(i, entry)| Some((i, fault(entry, signals, domain)?)));
            if let Some((i, message)) = bad {
                let offset = start + (first + i) * COEFFICIENT_BYTES;
                return Err(Error::format(SECTION, offset as u64, message));
            }
            for entry in part.chunks_exact(COEFFICIENT_BYTES) {
                let row = row_of(entry);
                starts[row + 1] += 1;
                sorted &= row >= last_row;
                last_row = row;
            }
            if sorted {
                storage.release(start + first * COEFFICIENT_BYTES..start + end * COEFFICIENT_BYTES);
            }
        }
        for row in 0..domain {
            starts[row + 1] += starts[row];
        }
        let order = (!sorted).then(|| {
            let mut cursors = starts.clone();
            let mut order = vec![0u32; count];
            for (i, entry) in bytes.chunks_exact(COEFFICIENT_BYTES).enumerate() {
                let cursor = &mut cursors[row_of(entry)];
                order[*cursor as usize] = i as u32;
                *cursor += 1;
            }
            order
        });
        Ok(Rows {
            start,
            count,
            starts,
            order,
        })
    }

    /// One more than the last row that has a coefficient.
    pub fn used(&self) -> usize {
        self.starts.partition_point(|s| (*s as usize) < self.count)
    }

    /// Bytes of the tables.
    pub fn memory(&self) -> usize {
        4 * (self.starts.len() + self.order.as_ref().map_or(0, Vec::len))
    }

    /// The section's coefficients.
    pub fn range(&self) -> Range<usize> {
        self.start..self.start + self.count * COEFFICIENT_BYTES
    }

    /// The products of one row of A and of B with the witness. Coefficients are stored times R², the witness plain,
    /// so one Montgomery multiplication gives the product in Montgomery form.
    #[inline]
    fn product(&self, coefficients: &[u8], row: usize, witness: &[u8]) -> [Scalar; 2] {
        let mut sums = [Scalar::ZERO; 2];
        for place in self.starts[row] as usize..self.starts[row + 1] as usize {
            let number = self.order.as_ref().map_or(place, |order| order[place] as usize);
            let entry = &coefficients[number * COEFFICIENT_BYTES..(number + 1) * COEFFICIENT_BYTES];
            let signal = u32_at(entry, 8) as usize * 32;
            let value = limbs(&witness[signal..signal + 32]);
            if value != [0; 4] {
                sums[u32_at(entry, 0) as usize & 1] += Scalar::raw(limbs(&entry[12..])) * Scalar::raw(value);
            }
        }
        sums
    }

    /// Products of all rows of A, of B, and of both together, each in bit-reversed order.
    pub fn products(&self, storage: &Storage, witness: &[u8]) -> [Vec<Scalar>; 3] {
        let size = self.starts.len() - 1;
        let log = size.trailing_zeros();
        let run_log = RUN_LOG.min(log / 2);
        let (run, middle) = (1usize << run_log, size >> (2 * run_log));
        let coefficients = &storage[self.range()];
        let mut out = [(); 3].map(|()| vec![Scalar::ZERO; size]);
        // Place [high, middle, low] holds row [low, middle, high], each part reversed: `run` rows in a line go to
        // `run` segments, and the `run` lines of one middle fill a line of each segment.
        let mut tiles: Vec<[Vec<&mut [Scalar]>; 3]> = (0..middle)
            .map(|_| [(); 3].map(|()| Vec::with_capacity(run)))
            .collect();
        for (matrix, values) in out.iter_mut().enumerate() {
            for segment in values.chunks_mut(size / run) {
                for (tile, line) in tiles.iter_mut().zip(segment.chunks_mut(run)) {
                    tile[matrix].push(line);
                }
            }
        }
        tiles.par_iter_mut().enumerate().for_each(|(index, [a, b, c])| {
            for low in 0..run {
                for row_low in 0..run {
                    let high = reverse(row_low, run_log);
                    let row =
                        (reverse(low, run_log) * middle + reverse(index, log - 2 * run_log)) * run + row_low;
                    let [left, right] = self.product(coefficients, row, witness);
                    a[high][low] = left;
                    b[high][low] = right;
                    c[high][low] = left * right;
                }
            }
        });
        drop(tiles);
        out
    }
}
