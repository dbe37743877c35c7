//! Powers of tau in snarkjs's `.ptau` format: read from a ceremony's file, or made from a seed for development.
//!
//! Whoever knows the seed knows tau and can forge proofs; a ceremony's file has no such owner.

use crate::binfile::{self, Reader, Sections};
use crate::curve::{check_points, read_point, to_affine, Group, Point, G1, G2};
use crate::error::{Error, Observer, Result};
use crate::fft::root;
use crate::field::{to_le, Fr, P_LIMBS};
use crate::groth16::generator;
use crate::msm::{msm, Scalars};
use crate::setup::{lagrange_at, points, powers, secret};
use crate::storage::Storage;
use ark_bn254::Bn254;
use ark_ec::pairing::Pairing;
use ark_ec::scalar_mul::BatchMulPreprocessing;
use ark_ec::short_weierstrass::{Affine, Projective};
use ark_ec::{CurveGroup, PrimeGroup};
use ark_ff::{FftField, Field, Zero};
use rayon::prelude::*;
use std::borrow::Cow;
use std::io::Write;
use zeroize::Zeroize;

pub const MAGIC: &[u8; 4] = b"ptau";
pub const VERSION: u32 = 1;
/// Largest ceremony that the scalar field's roots of unity allow.
const MAX_POWER: u32 = 28;
/// Largest development file: beyond, a ceremony's file is there to be used.
const MAX_INSECURE_POWER: u32 = 20;
const NAME: &str = "powers_of_tau";

/// A `.ptau` file.
pub struct PowersFile {
    storage: Storage,
    power: u32,
    g1: std::ops::Range<usize>,
    g2: std::ops::Range<usize>,
}

/// Some powers of tau, checked.
pub struct Powers<'a> {
    /// Montgomery bytes of tau^i · G1, from i = 0.
    pub g1: Cow<'a, [u8]>,
    /// tau · G2.
    pub tau_g2: Affine<G2>,
}

impl PowersFile {
    /// Checks the file's structure; points are checked as they are taken.
    pub fn new(storage: Storage) -> Result<Self> {
        let data: &[u8] = &storage;
        let sections = Sections::parse(data, MAGIC, VERSION)?;
        let range = sections.range(1, "ptau_header")?;
        let mut reader = Reader::new(&data[..range.end], range.start, "ptau_header");
        reader.modulus(P_LIMBS, "the base field")?;
        let at = reader.offset();
        let power = reader.u32()?;
        let ceremony = reader.u32()?;
        reader.finish()?;
        if power > MAX_POWER || ceremony > MAX_POWER || power > ceremony {
            let message = format!("power {power} of a ceremony of power {ceremony}");
            return Err(Error::format("ptau_header", at, message));
        }
        let g1 = sections.array(2, NAME, (2 << power) - 1, G1::POINT_BYTES)?;
        let g2 = sections.array(3, NAME, 1 << power, G2::POINT_BYTES)?;
        if g2.len() < 2 * G2::POINT_BYTES {
            return Err(Error::format(NAME, g2.start as u64, "no second power in G2"));
        }
        Ok(PowersFile {
            storage,
            power,
            g1,
            g2,
        })
    }

    /// Base-two logarithm of the largest circuit that the ceremony was made for.
    pub fn power(&self) -> u32 {
        self.power
    }

    /// The first `count` powers, checked: they are the powers of one tau, the same in both groups.
    pub fn take(&self, count: usize, observer: &dyn Observer) -> Result<Powers<'_>> {
        let available = self.g1.len() / G1::POINT_BYTES;
        if count > available {
            let message = format!("{count} powers of tau wanted, the file has {available}");
            return Err(Error::Argument(message));
        }
        let g1 = &self.storage[self.g1.start..self.g1.start + count * G1::POINT_BYTES];
        let at = self.g2.start + G2::POINT_BYTES;
        let tau_g2 = read_point::<G2>(&self.storage[at..at + G2::POINT_BYTES], NAME, at as u64)?;
        check_points::<G1>(g1, NAME, self.g1.start as u64)?;
        check_chain(g1, &tau_g2, self.g1.start as u64, observer)?;
        Ok(Powers {
            g1: Cow::Borrowed(g1),
            tau_g2,
        })
    }
}

impl Powers<'static> {
    /// `count` powers of the tau that a seed, or the system's randomness, gives.
    pub fn insecure(count: usize, seed: Option<&[u8]>) -> Result<Self> {
        let mut tau = insecure_tau(seed)?;
        let table = BatchMulPreprocessing::new(Projective::<G1>::generator(), count);
        let g1 = points::<G1>(&table.batch_mul(&powers(Fr::ONE, tau, count)));
        let tau_g2 = (Projective::<G2>::generator() * tau).into_affine();
        tau.zeroize();
        Ok(Powers {
            g1: Cow::Owned(g1),
            tau_g2,
        })
    }
}

/// The tau of a development set-up: outside every domain.
fn insecure_tau(seed: Option<&[u8]>) -> Result<Fr> {
    let mut rng = generator(seed)?;
    loop {
        let tau = secret(&mut rng);
        if tau.pow([1u64 << Fr::TWO_ADICITY]) != Fr::ONE {
            return Ok(tau);
        }
    }
}

/// That the first point is the generator, the second belongs to `tau_g2`, and none is infinity.
pub fn check_start(g1: &[u8], tau_g2: &Affine<G2>, start: u64) -> Result<()> {
    let point = |i: usize| to_affine::<G1>(&Point::read(&g1[i * G1::POINT_BYTES..]));
    let generator = Projective::<G1>::generator().into_affine();
    if g1.len() < 2 * G1::POINT_BYTES || point(0) != generator {
        return Err(Error::format(NAME, start, "the first power is not the generator"));
    }
    let product = Bn254::multi_pairing(
        [point(1), -generator],
        [Projective::<G2>::generator().into_affine(), *tau_g2],
    );
    if !product.is_zero() {
        return Err(Error::format(
            NAME,
            start + G1::POINT_BYTES as u64,
            "tau in G1 is not tau in G2",
        ));
    }
    Ok(())
}

/// That every point is tau times the one before, by one random linear combination.
fn check_chain(g1: &[u8], tau_g2: &Affine<G2>, start: u64, observer: &dyn Observer) -> Result<()> {
    check_start(g1, tau_g2, start)?;
    let count = g1.len() / G1::POINT_BYTES - 1;
    let mut random = vec![0u8; 16 * count];
    getrandom::fill(&mut random).map_err(|e| Error::Argument(format!("no system randomness: {e}")))?;
    let word = |bytes: &[u8]| {
        bytes
            .iter()
            .rev()
            .fold(0u64, |sum, byte| sum << 8 | u64::from(*byte))
    };
    let scalars = Scalars::new(
        random
            .par_chunks_exact(16)
            .map(|bytes| [word(&bytes[..8]), word(&bytes[8..]), 0, 0]),
    );
    let low = msm::<G1>(&g1[..count * G1::POINT_BYTES], &scalars, observer)?;
    let high = msm::<G1>(&g1[G1::POINT_BYTES..], &scalars, observer)?;
    let product = Bn254::multi_pairing(
        [high.into_affine(), -low.into_affine()],
        [Projective::<G2>::generator().into_affine(), *tau_g2],
    );
    if !product.is_zero() {
        return Err(Error::format(NAME, start, "not the powers of one tau"));
    }
    Ok(())
}

/// Writes a `.ptau` file for circuits up to 2^power, with what snarkjs needs of one for PLONK and FFLONK: the powers
/// in both groups and the Lagrange points in G1. **Whoever knows the seed can forge proofs.**
pub fn write_insecure(out: &mut dyn Write, power: u32, seed: Option<&[u8]>) -> Result<()> {
    if power == 0 || power > MAX_INSECURE_POWER {
        let message = format!("power {power}, expected 1 to {MAX_INSECURE_POWER}");
        return Err(Error::Argument(message));
    }
    let mut tau = insecure_tau(seed)?;
    let count = (2usize << power) - 1;
    let table = BatchMulPreprocessing::new(Projective::<G1>::generator(), 3 * count);
    let in_g1 = |scalars: &[Fr]| points::<G1>(&table.batch_mul(scalars));
    let all = powers(Fr::ONE, tau, count);
    let in_g2 =
        BatchMulPreprocessing::new(Projective::<G2>::generator(), 1 << power).batch_mul(&all[..1 << power]);
    let mut lagrange = Vec::new();
    for log in 0..=power {
        lagrange.extend(in_g1(&lagrange_at(&tau, log)));
    }
    // snarkjs ends with the domain of twice the size, for which the last power is missing: it counts as infinity.
    let size = count as u64 + 1;
    let missing = tau.pow([count as u64]) / Fr::from(size);
    let nodes = powers(Fr::ONE, root(power + 1), count + 1);
    let last: Vec<Fr> = lagrange_at(&tau, power + 1)
        .par_iter()
        .zip(&nodes)
        .map(|(value, node)| *value - missing * node)
        .collect();
    lagrange.extend(in_g1(&last));
    tau.zeroize();

    let mut header = 32u32.to_le_bytes().to_vec();
    header.extend_from_slice(&to_le(&P_LIMBS));
    header.extend_from_slice(&power.to_le_bytes());
    header.extend_from_slice(&power.to_le_bytes());
    let mut sections = vec![
        (1, header),
        (2, in_g1(&all)),
        (3, points::<G2>(&in_g2)),
        (12, lagrange),
    ];
    binfile::write(out, MAGIC, VERSION, &mut sections).map_err(|source| Error::Io {
        path: "the powers of tau".into(),
        source,
    })
}
