//! circom's witness file.

use crate::binfile::{Reader, Sections};
use crate::error::{Error, Result};
use crate::field::{less, limbs, R_LIMBS};
use std::ops::Range;

const MAGIC: &[u8; 4] = b"wtns";
const VERSION: u32 = 2;

/// Where the values of a `.wtns` lie: 32-byte little-endian words, each checked to be below r, the first one 1.
pub fn parse(data: &[u8]) -> Result<Range<usize>> {
    let sections = Sections::parse(data, MAGIC, VERSION)?;
    let header = sections.range(1, "witness_header")?;
    let mut reader = Reader::new(&data[..header.end], header.start, "witness_header");
    reader.modulus(R_LIMBS, "the field of the witness")?;
    let count = reader.u32()? as usize;
    reader.finish()?;
    let values = sections.array(2, "witness", count, 32)?;
    check(&data[values.clone()], values.start as u64)?;
    Ok(values)
}

/// A `.wtns` file around `values`, 32-byte little-endian words.
pub fn write(values: &[u8]) -> Result<Vec<u8>> {
    if values.is_empty() || !values.len().is_multiple_of(32) || values.len() / 32 > u32::MAX as usize {
        let message = format!("{} bytes are no list of 32-byte values", values.len());
        return Err(Error::format("witness", 0, message));
    }
    check(values, 0)?;
    let mut out = Vec::with_capacity(values.len() + 76);
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&VERSION.to_le_bytes());
    out.extend_from_slice(&2u32.to_le_bytes());
    out.extend_from_slice(&1u32.to_le_bytes());
    out.extend_from_slice(&40u64.to_le_bytes());
    out.extend_from_slice(&32u32.to_le_bytes());
    out.extend_from_slice(&crate::field::to_le(&R_LIMBS));
    out.extend_from_slice(&((values.len() / 32) as u32).to_le_bytes());
    out.extend_from_slice(&2u32.to_le_bytes());
    out.extend_from_slice(&(values.len() as u64).to_le_bytes());
    out.extend_from_slice(values);
    Ok(out)
}

/// Every value below r, and the leading one there. Messages never show a value.
fn check(values: &[u8], start: u64) -> Result<()> {
    for (index, chunk) in values.chunks_exact(32).enumerate() {
        if !less(&limbs(chunk), &R_LIMBS) {
            return Err(Error::format(
                "witness",
                start + 32 * index as u64,
                "value not below the modulus",
            ));
        }
    }
    match values.chunks_exact(32).next() {
        Some(first) if limbs(first) == [1, 0, 0, 0] => Ok(()),
        _ => Err(Error::format("witness", start, "the first value is not one")),
    }
}
