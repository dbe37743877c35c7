//! The precompiles of EIP-196 and EIP-197, as the EVM defines them.

use crate::curve::{G1, G2};
use crate::error::{Error, Result};
use crate::field::{from_be, to_be, Fq, Fq2, Fr};
use ark_bn254::Bn254;
use ark_ec::pairing::Pairing;
use ark_ec::short_weierstrass::Affine;
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{PrimeField, Zero};

/// Bytes of one pair of the pairing precompile.
const PAIR_BYTES: usize = 192;

fn word(bytes: &[u8], at: usize) -> [u8; 32] {
    let mut out = [0u8; 32];
    out.copy_from_slice(&bytes[at..at + 32]);
    out
}

fn coordinate(bytes: &[u8], at: usize, section: &'static str, offset: u64) -> Result<Fq> {
    from_be(&word(bytes, at))
        .ok_or_else(|| Error::element(section, offset + at as u64, "coordinate not below the modulus"))
}

/// A G1 point in 64 bytes: `x y`, zeros for infinity.
pub fn g1(bytes: &[u8], section: &'static str, offset: u64) -> Result<Affine<G1>> {
    let (x, y) = (
        coordinate(bytes, 0, section, offset)?,
        coordinate(bytes, 32, section, offset)?,
    );
    if x.is_zero() && y.is_zero() {
        return Ok(Affine::zero());
    }
    let point = Affine::new_unchecked(x, y);
    if !point.is_on_curve() {
        return Err(Error::element(section, offset, "point off the curve"));
    }
    Ok(point)
}

/// A G2 point in 128 bytes: `x.imag x.real y.imag y.real`, zeros for infinity.
pub fn g2(bytes: &[u8], section: &'static str, offset: u64) -> Result<Affine<G2>> {
    let read = |at: usize| coordinate(bytes, at, section, offset);
    let x = Fq2::new(read(32)?, read(0)?);
    let y = Fq2::new(read(96)?, read(64)?);
    if x.is_zero() && y.is_zero() {
        return Ok(Affine::zero());
    }
    let point = Affine::new_unchecked(x, y);
    if !point.is_on_curve() {
        return Err(Error::element(section, offset, "point off the curve"));
    }
    if !point.is_in_correct_subgroup_assuming_on_curve() {
        return Err(Error::element(section, offset, "point outside the subgroup"));
    }
    Ok(point)
}

/// The first `size` bytes of `data`, padded with zeros.
fn padded(data: &[u8], size: usize) -> Vec<u8> {
    let mut out = data[..data.len().min(size)].to_vec();
    out.resize(size, 0);
    out
}

fn g1_bytes(point: &Affine<G1>) -> [u8; 64] {
    let mut out = [0u8; 64];
    if let Some((x, y)) = point.xy() {
        out[..32].copy_from_slice(&to_be(&x));
        out[32..].copy_from_slice(&to_be(&y));
    }
    out
}

/// Precompile 6.
pub fn add(data: &[u8]) -> Result<[u8; 64]> {
    let data = padded(data, 128);
    let sum = g1(&data[..64], "ec_add", 0)? + g1(&data[64..], "ec_add", 64)?;
    Ok(g1_bytes(&sum.into_affine()))
}

/// Precompile 7.
pub fn mul(data: &[u8]) -> Result<[u8; 64]> {
    let data = padded(data, 96);
    let point = g1(&data[..64], "ec_mul", 0)?;
    let scalar = Fr::from_be_bytes_mod_order(&data[64..]);
    Ok(g1_bytes(&(point * scalar).into_affine()))
}

/// Precompile 8.
pub fn pairing(data: &[u8]) -> Result<bool> {
    if !data.len().is_multiple_of(PAIR_BYTES) {
        let message = format!("{} bytes are no list of {PAIR_BYTES}-byte pairs", data.len());
        return Err(Error::format("ec_pairing", 0, message));
    }
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for (i, pair) in data.chunks_exact(PAIR_BYTES).enumerate() {
        let offset = (i * PAIR_BYTES) as u64;
        left.push(g1(&pair[..64], "ec_pairing", offset)?);
        right.push(g2(&pair[64..], "ec_pairing", offset + 64)?);
    }
    Ok(Bn254::multi_pairing(left, right).is_zero())
}
