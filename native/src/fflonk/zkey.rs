//! snarkjs's FFLONK proving key, used in place.

use super::vkey::{VerifyingKey, BLINDING_ROWS, MAX_POWER, MIN_POWER};
use crate::binfile::{Reader, Sections};
use crate::curve::{check_points, read_point, Group, G1, G2};
use crate::error::{Error, Result};
use crate::fft::Domain;
use crate::field::{less, limbs, Fr, P_LIMBS, R_LIMBS};
use crate::kernel::Scalar;
use crate::plonkish::ptau::check_start;
use crate::storage::Storage;
use crate::zkey::{MAGIC, VERSION};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::ops::Range;

/// snarkjs's number of the protocol.
pub(super) const PROTOCOL: u32 = 10;
/// Bytes of one addition: two signals, two factors.
pub(super) const ADDITION_BYTES: usize = 72;
const HEADER: &str = "key_header";

/// Points that a key of `size` rows carries: C2's length and the room that snarkjs leaves.
pub(super) const fn power_count(size: usize) -> usize {
    9 * size + 18
}

/// A polynomial of the key: coefficients, then values over four times the domain.
#[derive(Clone)]
pub(super) struct Extended {
    range: Range<usize>,
    size: usize,
}

/// A validated proving key.
pub struct ProvingKey {
    storage: Storage,
    pub sha256: [u8; 32],
    /// Signals of the circuit, the leading one included; additions make the others.
    pub signal_count: usize,
    /// Gates.
    pub constraint_count: usize,
    pub verifying_key: VerifyingKey,
    pub(super) domain: Domain,
    additions: Range<usize>,
    wires: [Range<usize>; 3],
    /// QL, QR, QM, QO, QC.
    pub(super) selectors: [Extended; 5],
    pub(super) sigmas: [Extended; 3],
    powers: Range<usize>,
    combined: Range<usize>,
}

impl ProvingKey {
    /// Checks a file and builds its tables; everything that proving relies on is checked here. The Lagrange
    /// polynomials and the coefficients beside the values are there for snarkjs: proving does not read them.
    pub fn new(storage: Storage) -> Result<Self> {
        let data: &[u8] = &storage;
        let sections = Sections::parse(data, MAGIC, VERSION)?;
        let protocol = sections.range(1, "protocol")?;
        let mut reader = Reader::new(&data[..protocol.end], protocol.start, "protocol");
        let found = reader.u32()?;
        if found != PROTOCOL {
            let message = format!("protocol {found} is not FFLONK");
            return Err(Error::format("protocol", protocol.start as u64, message));
        }
        reader.finish()?;

        let range = sections.range(2, HEADER)?;
        let mut reader = Reader::new(&data[..range.end], range.start, HEADER);
        reader.modulus(P_LIMBS, "the base field")?;
        reader.modulus(R_LIMBS, "the scalar field")?;
        let at = reader.offset();
        let mut count = || -> Result<usize> { Ok(reader.u32()? as usize) };
        let (wire_signals, public_count, size) = (count()?, count()?, count()?);
        let (addition_count, constraint_count) = (count()?, count()?);
        let refuse = |offset: u64, message: String| Err(Error::format(HEADER, at + offset, message));
        if !size.is_power_of_two() || !(1 << MIN_POWER..=1 << MAX_POWER).contains(&size) {
            return refuse(8, format!("domain size {size}"));
        }
        if addition_count >= wire_signals || public_count >= wire_signals - addition_count {
            let message =
                format!("{public_count} public signals and {addition_count} additions of {wire_signals}");
            return refuse(0, message);
        }
        if constraint_count > size - BLINDING_ROWS || public_count > constraint_count {
            let message =
                format!("{constraint_count} gates for {public_count} public signals in {size} rows");
            return refuse(16, message);
        }
        let mut element = || -> Result<Fr> {
            let at = reader.offset();
            let value = limbs(reader.take(32)?);
            if !less(&value, &R_LIMBS) {
                return Err(Error::element(HEADER, at, "value not below the modulus"));
            }
            Ok(Scalar::raw(value).to_ark())
        };
        let [k1, k2, w3, w4, w8, wr] = [
            element()?,
            element()?,
            element()?,
            element()?,
            element()?,
            element()?,
        ];
        let at = reader.offset();
        let x_2 = read_point::<G2>(reader.take(G2::POINT_BYTES)?, HEADER, at)?;
        let at = reader.offset();
        let c0 = read_point::<G1>(reader.take(G1::POINT_BYTES)?, HEADER, at)?;
        reader.finish()?;
        let verifying_key = VerifyingKey {
            public_count,
            power: size.trailing_zeros(),
            k1,
            k2,
            w3,
            w4,
            w8,
            wr,
            x_2,
            c0,
        }
        .check()?;

        // The sections below are as long as these counts say, so nothing larger than the file is allocated.
        let additions = sections.array(3, "additions", addition_count, ADDITION_BYTES)?;
        let wire = |kind: u32, name| sections.array(kind, name, constraint_count, 4);
        let wires = [wire(4, "wires_a")?, wire(5, "wires_b")?, wire(6, "wires_c")?];
        let extended = |kind: u32, name| -> Result<Extended> {
            let range = sections.array(kind, name, 5 * size, 32)?;
            Ok(Extended { range, size })
        };
        let selectors = [
            extended(7, "ql")?,
            extended(8, "qr")?,
            extended(9, "qm")?,
            extended(10, "qo")?,
            extended(11, "qc")?,
        ];
        let sigmas = [
            extended(12, "sigma1")?,
            extended(13, "sigma2")?,
            extended(14, "sigma3")?,
        ];
        sections.array(15, "lagrange", 5 * size * public_count.max(1), 32)?;
        let powers = sections.array(16, "powers", power_count(size), G1::POINT_BYTES)?;
        let combined = sections.array(17, "combined", 8 * size, 32)?;

        let (sha256, checks) = rayon::join(
            || Sha256::digest(data).into(),
            || -> Result<()> {
                for (wire, name) in wires.iter().zip(["wires_a", "wires_b", "wires_c"]) {
                    check_signals(data, wire, name, wire_signals)?;
                }
                check_inputs(data, &wires[0], public_count)?;
                check_additions(data, &additions, wire_signals - addition_count)?;
                for polynomial in selectors.iter().chain(&sigmas) {
                    check_scalars(data, &polynomial.range, "polynomial")?;
                }
                check_scalars(data, &combined, "combined")?;
                check_points::<G1>(&data[powers.clone()], "powers", powers.start as u64)?;
                check_powers(&data[powers.clone()], &verifying_key, powers.start as u64)
            },
        );
        checks?;
        storage.release(0..data.len());
        Ok(ProvingKey {
            sha256,
            signal_count: wire_signals - addition_count,
            constraint_count,
            domain: Domain::new(verifying_key.power),
            verifying_key,
            additions,
            wires,
            selectors,
            sigmas,
            powers,
            combined,
            storage,
        })
    }

    /// Rows of the circuit's polynomials.
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

    /// Gives back the memory of selectors or sigmas that a proof is done with.
    pub(super) fn release(&self, polynomials: &[Extended]) {
        for polynomial in polynomials {
            self.storage.release(polynomial.range.clone());
        }
    }

    /// Montgomery bytes of the powers of τ.
    pub(super) fn powers(&self) -> &[u8] {
        &self.storage[self.powers.clone()]
    }

    /// Coefficient `index` of C0.
    #[inline(always)]
    pub(super) fn combined(&self, index: usize) -> Scalar {
        scalar(&self.storage, self.combined.start, index)
    }

    /// Value `index` of a polynomial over four times the domain.
    #[inline(always)]
    pub(super) fn value(&self, polynomial: &Extended, index: usize) -> Scalar {
        scalar(&self.storage, polynomial.range.start, polynomial.size + index)
    }

    /// Signals of the three wires at a gate.
    #[inline(always)]
    pub(super) fn wires(&self, gate: usize) -> [usize; 3] {
        self.wires
            .each_ref()
            .map(|range| u32_at(&self.storage, range.start + 4 * gate) as usize)
    }

    /// Two signals with their factors, for each signal that an addition makes.
    pub(super) fn additions(&self) -> impl ExactSizeIterator<Item = [(usize, Scalar); 2]> + '_ {
        let bytes = &self.storage[self.additions.clone()];
        bytes.chunks_exact(ADDITION_BYTES).map(|entry| {
            [0, 1].map(|i| {
                let signal = u32_at(entry, 4 * i) as usize;
                (signal, Scalar::raw(limbs(&entry[8 + 32 * i..40 + 32 * i])))
            })
        })
    }
}

#[inline(always)]
fn scalar(data: &[u8], start: usize, index: usize) -> Scalar {
    let at = start + 32 * index;
    Scalar::raw(limbs(&data[at..at + 32]))
}

#[inline(always)]
fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn check_signals(data: &[u8], range: &Range<usize>, name: &'static str, count: usize) -> Result<()> {
    let bad = data[range.clone()]
        .par_chunks_exact(4)
        .position_first(|bytes| u32_at(bytes, 0) as usize >= count);
    match bad {
        Some(i) => Err(Error::format(
            name,
            (range.start + 4 * i) as u64,
            "signal out of range",
        )),
        None => Ok(()),
    }
}

/// The first gates show the public signals, in order.
fn check_inputs(data: &[u8], range: &Range<usize>, public: usize) -> Result<()> {
    match (0..public).find(|i| u32_at(data, range.start + 4 * i) as usize != i + 1) {
        Some(i) => {
            let message = format!("gate {i} does not show public signal {}", i + 1);
            Err(Error::format("wires_a", (range.start + 4 * i) as u64, message))
        }
        None => Ok(()),
    }
}

/// An addition may use the circuit's `signals` and those that earlier additions made.
fn check_additions(data: &[u8], range: &Range<usize>, signals: usize) -> Result<()> {
    for (i, entry) in data[range.clone()].chunks_exact(ADDITION_BYTES).enumerate() {
        let message = if (0..2).any(|k| u32_at(entry, 4 * k) as usize >= signals + i) {
            "signal out of range"
        } else if (0..2).any(|k| !less(&limbs(&entry[8 + 32 * k..40 + 32 * k]), &R_LIMBS)) {
            "value not below the modulus"
        } else {
            continue;
        };
        let offset = range.start + i * ADDITION_BYTES;
        return Err(Error::format("additions", offset as u64, message));
    }
    Ok(())
}

fn check_scalars(data: &[u8], range: &Range<usize>, name: &'static str) -> Result<()> {
    let bad = data[range.clone()]
        .par_chunks_exact(32)
        .position_first(|bytes| !less(&limbs(bytes), &R_LIMBS));
    match bad {
        Some(i) => Err(Error::format(
            name,
            (range.start + 32 * i) as u64,
            "value not below the modulus",
        )),
        None => Ok(()),
    }
}

/// The powers start with one and with the τ of the verification key; none is infinity.
fn check_powers(bytes: &[u8], key: &VerifyingKey, start: u64) -> Result<()> {
    let infinite = bytes
        .par_chunks_exact(G1::POINT_BYTES)
        .position_first(|point| point.iter().all(|b| *b == 0));
    if let Some(index) = infinite {
        let offset = start + (index * G1::POINT_BYTES) as u64;
        return Err(Error::format("powers", offset, "point at infinity"));
    }
    check_start(bytes, &key.x_2, start)
}
