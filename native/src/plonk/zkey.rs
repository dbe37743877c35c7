//! snarkjs's PLONK proving key, used in place.

use crate::binfile::{Reader, Sections};
use crate::curve::{check_points, read_point, Group, G1, G2};
use crate::error::{Error, Result};
use crate::fft::Domain;
use crate::field::{less, limbs, Fr, P_LIMBS, R_LIMBS};
use crate::kernel::Scalar;
use crate::plonk::vkey::VerifyingKey;
use crate::plonkish::{poly, ptau};
use crate::storage::Storage;
use ark_ec::short_weierstrass::Affine;
use ark_ec::AffineRepr;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::ops::Range;

pub const MAGIC: &[u8; 4] = b"zkey";
pub const VERSION: u32 = 1;
/// The protocol's number in the file.
pub const PROTOCOL: u32 = 2;
/// Bytes of an addition: two wires, two factors.
pub const ADDITION_BYTES: usize = 72;
/// Powers of tau beyond the domain's size, for the blinded polynomials.
pub const SPARE_POWERS: usize = 6;
/// Smallest domain: the top coefficients of the blinded polynomials must not reach the lowest ones.
pub const MIN_LOG: u32 = 3;
/// Largest domain: the values lie on one of four times the size.
pub const MAX_LOG: u32 = 26;
/// Values that a polynomial has in the file: its coefficients, then its values over the domain of four times the size.
const VALUES: usize = 5;

/// One polynomial of the key.
#[derive(Clone, Copy)]
pub enum Column {
    Qm,
    Ql,
    Qr,
    Qo,
    Qc,
    S1,
    S2,
    S3,
    /// The Lagrange polynomial of the first row.
    L1,
}

/// A validated proving key.
pub struct ProvingKey {
    storage: Storage,
    pub sha256: [u8; 32],
    /// Values of a witness, the leading one included.
    pub signal_count: usize,
    /// Gates.
    pub constraint_count: usize,
    pub domain: Domain,
    pub verifying_key: VerifyingKey,
    additions: Range<usize>,
    maps: [Range<usize>; 3],
    /// Where each [`Column`] starts.
    columns: [usize; 9],
    powers: Range<usize>,
}

/// The counts of the header.
struct Counts {
    wires: usize,
    public: usize,
    size: usize,
    additions: usize,
    gates: usize,
}

impl Counts {
    fn read(reader: &mut Reader<'_>) -> Result<Self> {
        let at = reader.offset();
        let mut next = || reader.u32().map(|n| n as usize);
        let counts = Counts {
            wires: next()?,
            public: next()?,
            size: next()?,
            additions: next()?,
            gates: next()?,
        };
        let Counts {
            wires,
            public,
            size,
            additions,
            gates,
        } = counts;
        let bad = |message: String| Err(Error::format("key_header", at, message));
        if !size.is_power_of_two() || !(1 << MIN_LOG..=1 << MAX_LOG).contains(&size) {
            return bad(format!("domain size {size}"));
        }
        if additions >= wires || public >= wires - additions {
            return bad(format!(
                "{public} public signals, {additions} additions, {wires} wires"
            ));
        }
        if gates > size || public > gates {
            return bad(format!(
                "{gates} gates for {public} public signals in a domain of {size}"
            ));
        }
        Ok(counts)
    }
}

impl ProvingKey {
    /// Checks a file; everything that proving relies on is checked here.
    pub fn new(storage: Storage) -> Result<Self> {
        let data: &[u8] = &storage;
        let sections = Sections::parse(data, MAGIC, VERSION)?;
        let protocol = sections.range(1, "protocol")?;
        let mut reader = Reader::new(&data[..protocol.end], protocol.start, "protocol");
        let at = reader.offset();
        let found = reader.u32()?;
        if found != PROTOCOL {
            return Err(Error::format(
                "protocol",
                at,
                format!("protocol {found} is not PLONK"),
            ));
        }
        reader.finish()?;

        let range = sections.range(2, "key_header")?;
        let mut reader = Reader::new(&data[..range.end], range.start, "key_header");
        reader.modulus(P_LIMBS, "the base field")?;
        reader.modulus(R_LIMBS, "the scalar field")?;
        let counts = Counts::read(&mut reader)?;
        let size = counts.size;
        // The sections below are as long as these counts say, so nothing larger than the file is allocated.
        let additions = sections.array(3, "additions", counts.additions, ADDITION_BYTES)?;
        let maps = [
            sections.array(4, "map_a", counts.gates, 4)?,
            sections.array(5, "map_b", counts.gates, 4)?,
            sections.array(6, "map_c", counts.gates, 4)?,
        ];
        let names = ["qm", "ql", "qr", "qo", "qc"];
        let mut values = Vec::new();
        for (i, name) in names.into_iter().enumerate() {
            values.push((name, sections.array(7 + i as u32, name, VALUES * size, 32)?));
        }
        let sigma = sections.array(12, "sigma", 3 * VALUES * size, 32)?;
        let lagrange = sections.array(13, "lagrange", VALUES * size * counts.public.max(1), 32)?;
        let powers = sections.array(14, "powers", size + SPARE_POWERS, G1::POINT_BYTES)?;
        let column = VALUES * size * 32;
        let mut columns = [0; 9];
        for (start, (_, range)) in columns.iter_mut().zip(&values) {
            *start = range.start;
        }
        for i in 0..3 {
            columns[Column::S1 as usize + i] = sigma.start + i * column;
        }
        columns[Column::L1 as usize] = lagrange.start;
        values.extend([("sigma", sigma), ("lagrange", lagrange)]);

        let verifying_key = read_verifying_key(&mut reader, &counts)?;
        reader.finish()?;

        let (sha256, checks) = rayon::join(
            || Sha256::digest(data).into(),
            || -> Result<_> {
                check_wires(data, &additions, &maps, &counts)?;
                for (name, range) in &values {
                    check_scalars(&data[range.clone()], name, range.start as u64)?;
                }
                let bytes = &data[powers.clone()];
                check_points::<G1>(bytes, "powers", powers.start as u64)?;
                ptau::check_start(bytes, &verifying_key.x_2, powers.start as u64)
            },
        );
        checks?;
        // A key that waits for work needs no memory: proving reads what it needs once more.
        for (_, range) in &values {
            storage.release(range.clone());
        }
        Ok(ProvingKey {
            sha256,
            signal_count: counts.wires - counts.additions,
            constraint_count: counts.gates,
            domain: Domain::new(size.trailing_zeros()),
            verifying_key,
            additions,
            maps,
            columns,
            powers,
            storage,
        })
    }

    /// Number of rows.
    pub fn domain_size(&self) -> usize {
        self.domain.size()
    }

    /// Number of public signals.
    pub fn public_count(&self) -> usize {
        self.verifying_key.public_count()
    }

    /// Bytes mapped or held, tables included.
    pub fn memory(&self) -> usize {
        self.storage.len() + self.domain.memory()
    }

    /// The first `count` powers of tau.
    pub fn powers(&self, count: usize) -> &[u8] {
        &self.storage[self.powers.start..self.powers.start + count * G1::POINT_BYTES]
    }

    /// Montgomery bytes of a polynomial's coefficients.
    pub fn coefficients(&self, column: Column) -> &[u8] {
        let start = self.columns[column as usize];
        &self.storage[start..start + 32 * self.domain.size()]
    }

    /// Montgomery bytes of a polynomial's values over the domain of four times the size, in natural order.
    pub fn values(&self, column: Column) -> &[u8] {
        let start = self.columns[column as usize] + 32 * self.domain.size();
        &self.storage[start..start + 4 * 32 * self.domain.size()]
    }

    /// Gives back the memory of the values, which the rounds after the third do not read.
    pub fn release_values(&self) {
        for start in self.columns {
            let size = 32 * self.domain.size();
            self.storage.release(start + size..start + VALUES * size);
        }
    }

    /// The wire at a gate's place `column` (a, b, c); wire 0 beyond the gates.
    #[inline(always)]
    pub fn wire(&self, column: usize, row: usize) -> usize {
        if row < self.constraint_count {
            u32_at(&self.storage, self.maps[column].start + 4 * row) as usize
        } else {
            0
        }
    }

    /// Every wire's value, from 32-byte little-endian signals. Wire 0 pads gates and is zero, as in snarkjs.
    pub fn wires(&self, witness: &[u8]) -> Vec<Scalar> {
        let additions = &self.storage[self.additions.clone()];
        let count = additions.len() / ADDITION_BYTES;
        let mut wires = Vec::with_capacity(self.signal_count + count);
        // Plain limbs times R², Montgomery's way, are Montgomery limbs.
        let square = Scalar::raw(poly::RADIX_SQUARE);
        witness
            .par_chunks_exact(32)
            .map(|bytes| Scalar::raw(limbs(bytes)) * square)
            .collect_into_vec(&mut wires);
        wires.reserve_exact(count);
        wires[0] = Scalar::ZERO;
        for addition in additions.chunks_exact(ADDITION_BYTES) {
            let value = |at: usize| wires[u32_at(addition, at) as usize];
            let factor = |at: usize| poly::at(addition, at);
            let sum = value(0) * factor(8) + value(4) * factor(40);
            wires.push(sum);
        }
        wires
    }
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// The rest of the header: shifts, commitments, tau in G2.
fn read_verifying_key(reader: &mut Reader<'_>, counts: &Counts) -> Result<VerifyingKey> {
    let scalar = |reader: &mut Reader<'_>| -> Result<Fr> {
        let at = reader.offset();
        let value = limbs(reader.take(32)?);
        if !less(&value, &R_LIMBS) {
            return Err(Error::format("key_header", at, "shift not below the modulus"));
        }
        Ok(Scalar::raw(value).to_ark())
    };
    let (k1, k2) = (scalar(reader)?, scalar(reader)?);
    let mut points = [Affine::<G1>::zero(); 8];
    for point in points.iter_mut() {
        let at = reader.offset();
        let bytes = reader.take(G1::POINT_BYTES)?;
        if bytes.iter().any(|b| *b != 0) {
            *point = read_point::<G1>(bytes, "key_header", at)?;
        }
    }
    let at = reader.offset();
    let x_2 = read_point::<G2>(reader.take(G2::POINT_BYTES)?, "key_header", at)?;
    let [qm, ql, qr, qo, qc, s1, s2, s3] = points;
    VerifyingKey {
        public: counts.public,
        power: counts.size.trailing_zeros(),
        k1,
        k2,
        qm,
        ql,
        qr,
        qo,
        qc,
        s1,
        s2,
        s3,
        x_2,
    }
    .check()
}

/// Wires in range, additions of earlier wires only, public signals in the first gates.
fn check_wires(
    data: &[u8],
    additions: &Range<usize>,
    maps: &[Range<usize>; 3],
    counts: &Counts,
) -> Result<()> {
    let signals = counts.wires - counts.additions;
    for (i, addition) in data[additions.clone()].chunks_exact(ADDITION_BYTES).enumerate() {
        let limit = signals + i;
        let message = if [0, 4]
            .into_iter()
            .any(|at| u32_at(addition, at) as usize >= limit)
        {
            "addition of a wire that is not known yet"
        } else if [8, 40]
            .into_iter()
            .any(|at| !less(&limbs(&addition[at..at + 32]), &R_LIMBS))
        {
            "factor not below the modulus"
        } else {
            continue;
        };
        let at = additions.start + i * ADDITION_BYTES;
        return Err(Error::format("additions", at as u64, message));
    }
    for (map, name) in maps.iter().zip(["map_a", "map_b", "map_c"]) {
        for (row, wire) in data[map.clone()].chunks_exact(4).enumerate() {
            let wire = u32_at(wire, 0) as usize;
            let misplaced = name == "map_a" && row < counts.public && wire != row + 1;
            if wire >= counts.wires || misplaced {
                let message = format!("wire {wire} in gate {row}");
                return Err(Error::format(name, (map.start + 4 * row) as u64, message));
            }
        }
    }
    Ok(())
}

/// Scalars below the modulus.
fn check_scalars(bytes: &[u8], section: &'static str, start: u64) -> Result<()> {
    let bad = bytes
        .par_chunks_exact(32)
        .position_first(|chunk| !less(&limbs(chunk), &R_LIMBS));
    match bad {
        Some(i) => Err(Error::format(
            section,
            start + 32 * i as u64,
            "value not below the modulus",
        )),
        None => Ok(()),
    }
}
