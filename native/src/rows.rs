//! The rows of A and B in a proving key: its coefficient section, read in place.

use crate::binfile::Reader;
use crate::error::{Error, Result};
use crate::fft::reverse;
use crate::field::{less, limbs, R_LIMBS};
use crate::kernel::Scalar;
#[cfg(target_arch = "x86_64")]
use crate::kernel::{
    lanes::{Ifma, Lanes, Vectorized, LANES},
    vector_lanes, ScalarModulus,
};
use crate::storage::Storage;
use rayon::prelude::*;
use std::ops::Range;
use zeroize::{Zeroize, Zeroizing};

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

    /// Lists the coefficients of a row that count. `place` is where the product with A goes.
    fn list<'a>(&self, source: Source<'a>, row: usize, place: usize, entries: &mut Vec<Entry<'a>>) {
        for at in self.starts[row] as usize..self.starts[row + 1] as usize {
            let number = self.order.as_ref().map_or(at, |order| order[at] as usize);
            let entry = &source.coefficients[number * COEFFICIENT_BYTES..(number + 1) * COEFFICIENT_BYTES];
            let signal = u32_at(entry, 8) as usize * 32;
            let signal = &source.witness[signal..signal + 32];
            if limbs(signal) != [0; 4] {
                entries.push(Entry {
                    place: place + (u32_at(entry, 0) as usize & 1) * source.places,
                    value: &entry[12..],
                    signal,
                });
            }
        }
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
        let source = Source {
            coefficients,
            witness,
            places: run * run,
        };
        tiles.par_iter_mut().enumerate().for_each_init(
            || (Zeroizing::new(vec![Scalar::ZERO; 2 * run * run]), Vec::new()),
            |(sums, entries), (index, lines)| {
                entries.clear();
                for low in 0..run {
                    for row_low in 0..run {
                        let row = (reverse(low, run_log) * middle + reverse(index, log - 2 * run_log)) * run
                            + row_low;
                        self.list(source, row, reverse(row_low, run_log) * run + low, entries);
                    }
                }
                Tile { entries, sums, lines }.write();
            },
        );
        drop(tiles);
        out
    }
}

/// What rows are multiplied with, and how many products of one matrix a tile has.
#[derive(Clone, Copy)]
struct Source<'a> {
    coefficients: &'a [u8],
    witness: &'a [u8],
    places: usize,
}

/// A coefficient, the witness's value for its signal, and the place of their row's product.
struct Entry<'a> {
    place: usize,
    value: &'a [u8],
    signal: &'a [u8],
}

/// Lines of products.
struct Tile<'a, 'v> {
    entries: &'a [Entry<'a>],
    /// Room for the products with A, then with B.
    sums: &'a mut [Scalar],
    lines: &'a mut [Vec<&'v mut [Scalar]>; 3],
}

impl Tile<'_, '_> {
    /// Adds the entries up and writes the lines.
    fn write(mut self) {
        self.sums.fill(Scalar::ZERO);
        #[cfg(target_arch = "x86_64")]
        if let Some(ifma) = vector_lanes() {
            return ifma.run(self);
        }
        add_up(self.entries, self.sums);
        self.copy();
        let [a, b, c] = self.lines;
        for ((a, b), c) in a.iter().zip(b.iter()).zip(c) {
            multiply(a, b, c);
        }
    }

    /// Copies the sums to the lines of A and B.
    fn copy(&mut self) {
        let [a, b, _] = &mut *self.lines;
        let width = self.sums.len() / (a.len() + b.len());
        for (line, sums) in a.iter_mut().chain(b).zip(self.sums.chunks_exact(width)) {
            line.copy_from_slice(sums);
        }
    }
}

/// Adds each entry's product to its place. Coefficients are stored times R², the witness plain, so one Montgomery
/// multiplication gives Montgomery form.
fn add_up(entries: &[Entry<'_>], sums: &mut [Scalar]) {
    for entry in entries {
        sums[entry.place] += Scalar::raw(limbs(entry.value)) * Scalar::raw(limbs(entry.signal));
    }
}

fn multiply(a: &[Scalar], b: &[Scalar], out: &mut [Scalar]) {
    for ((a, b), out) in a.iter().zip(b).zip(out) {
        *out = *a * *b;
    }
}

#[cfg(target_arch = "x86_64")]
impl Vectorized for Tile<'_, '_> {
    type Output = ();
    #[inline(always)]
    fn run(mut self, ifma: Ifma) {
        let eights = self.entries.chunks_exact(LANES);
        let rest = eights.remainder();
        let mut products = [Scalar::ZERO; LANES];
        for eight in eights {
            // One factor is loaded as R = 2^256 wants it, so the product is in that form.
            let values =
                Lanes::<ScalarModulus>::gather_bytes::<true>(ifma, std::array::from_fn(|i| eight[i].value));
            let signals = Lanes::gather_bytes::<false>(ifma, std::array::from_fn(|i| eight[i].signal));
            values.mul(&signals).canonical().store_inner(&mut products);
            for (entry, product) in eight.iter().zip(&products) {
                self.sums[entry.place] += *product;
            }
        }
        products.zeroize();
        add_up(rest, self.sums);
        self.copy();
        let [a, b, c] = self.lines;
        for ((a, b), c) in a.iter().zip(b.iter()).zip(c) {
            for ((a, b), c) in a.chunks(LANES).zip(b.chunks(LANES)).zip(c.chunks_mut(LANES)) {
                if let (Ok(a), Ok(b), Ok(c)) = (
                    a.try_into(),
                    b.try_into(),
                    <&mut [Scalar; LANES]>::try_from(&mut *c),
                ) {
                    let product = Lanes::load(ifma, a).mul(&Lanes::load_inner(ifma, b));
                    product.canonical().store_inner(c);
                } else {
                    // A line shorter than a vector.
                    multiply(a, b, c);
                }
            }
        }
    }
}
