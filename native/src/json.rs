//! snarkjs's JSON: decimal strings for numbers, nested arrays for points.

use crate::curve::{G1, G2};
use crate::error::{Error, Result};
use crate::field::{from_be, Fq, Fq2};
use ark_ec::short_weierstrass::{Affine, SWCurveConfig};
use ark_ec::AffineRepr;
use ark_ff::{BigInt, Field, PrimeField};
use serde_json::{json, Value};

/// Digits a 256-bit number can have.
const MAX_DIGITS: usize = 78;

/// The document in `text`; errors carry the byte offset. Nesting is bounded by the parser.
pub fn parse(text: &[u8], section: &'static str) -> Result<Value> {
    serde_json::from_slice(text).map_err(|e| {
        let line_start: usize = text
            .split_inclusive(|b| *b == b'\n')
            .take(e.line().saturating_sub(1))
            .map(<[u8]>::len)
            .sum();
        let offset = (line_start + e.column().saturating_sub(1)) as u64;
        Error::format(section, offset, format!("not JSON: {e}"))
    })
}

/// An indented document, one space a level, as snarkjs writes it.
pub fn pretty(value: &Value) -> String {
    let mut out = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b" ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, formatter);
    match serde::Serialize::serialize(value, &mut serializer) {
        Ok(()) => String::from_utf8_lossy(&out).into_owned(),
        Err(_) => value.to_string(),
    }
}

/// An error unless `value[key]` is `want`.
pub fn expect(value: &Value, key: &str, want: &str, section: &'static str) -> Result<()> {
    match value.get(key).and_then(Value::as_str) {
        Some(found) if found == want => Ok(()),
        _ => Err(Error::format(section, 0, format!("{key} is not \"{want}\""))),
    }
}

/// The 32 big-endian bytes of a canonical decimal string (no sign, no leading zero); `None` if it is not one.
pub fn decimal(value: &Value) -> Option<[u8; 32]> {
    let text = value.as_str()?.as_bytes();
    let canonical = text.len() == 1 || text.first() != Some(&b'0');
    if text.is_empty() || text.len() > MAX_DIGITS || !canonical {
        return None;
    }
    let mut words = [0u32; 8];
    for byte in text {
        if !byte.is_ascii_digit() {
            return None;
        }
        let mut carry = u64::from(byte - b'0');
        for word in words.iter_mut() {
            carry += u64::from(*word) * 10;
            *word = carry as u32;
            carry >>= 32;
        }
        if carry != 0 {
            return None;
        }
    }
    let mut out = [0u8; 32];
    for (chunk, word) in out.chunks_exact_mut(4).zip(words.iter().rev()) {
        chunk.copy_from_slice(&word.to_be_bytes());
    }
    Some(out)
}

fn element<F: PrimeField<BigInt = BigInt<4>>>(value: &Value, section: &'static str) -> Result<F> {
    let bytes =
        decimal(value).ok_or_else(|| Error::format(section, 0, "not a decimal number in a string"))?;
    from_be(&bytes).ok_or_else(|| Error::element(section, 0, "coordinate not below the modulus"))
}

fn items<'a, const N: usize>(value: &'a Value, section: &'static str) -> Result<&'a [Value; N]> {
    value
        .as_array()
        .and_then(|list| <&[Value; N]>::try_from(list.as_slice()).ok())
        .ok_or_else(|| Error::format(section, 0, format!("expected an array of {N}")))
}

fn checked<G: SWCurveConfig>(x: G::BaseField, y: G::BaseField, section: &'static str) -> Result<Affine<G>> {
    let point = Affine::<G>::new_unchecked(x, y);
    if !point.is_on_curve() {
        return Err(Error::element(section, 0, "point off the curve"));
    }
    if !point.is_in_correct_subgroup_assuming_on_curve() {
        return Err(Error::element(section, 0, "point outside the subgroup"));
    }
    Ok(point)
}

/// G1 points in JSON: `[x, y, "1"]`.
pub trait G1Json: Sized {
    /// A finite, checked point.
    fn from_json(value: &Value, section: &'static str) -> Result<Affine<G1>> {
        let [x, y, z] = items(value, section)?;
        if element::<Fq>(z, section)? != Fq::ONE {
            return Err(Error::element(section, 0, "point at infinity or not affine"));
        }
        checked(element(x, section)?, element(y, section)?, section)
    }

    /// `["0", "1", "0"]` is infinity.
    fn to_json(point: &Affine<G1>) -> Value {
        match point.xy() {
            Some((x, y)) => json!([x.to_string(), y.to_string(), "1"]),
            None => json!(["0", "1", "0"]),
        }
    }
}
impl G1Json for G1 {}

/// G2 points in JSON: `[[x.real, x.imag], [y.real, y.imag], ["1", "0"]]`.
pub trait G2Json: Sized {
    /// A finite, checked point.
    fn from_json(value: &Value, section: &'static str) -> Result<Affine<G2>> {
        let pair = |value: &Value| -> Result<Fq2> {
            let [real, imaginary] = items(value, section)?;
            Ok(Fq2::new(element(real, section)?, element(imaginary, section)?))
        };
        let [x, y, z] = items(value, section)?;
        if pair(z)? != Fq2::ONE {
            return Err(Error::element(section, 0, "point at infinity or not affine"));
        }
        checked(pair(x)?, pair(y)?, section)
    }

    /// `[["0","0"],["1","0"],["0","0"]]` is infinity.
    fn to_json(point: &Affine<G2>) -> Value {
        let pair = |v: &Fq2| json!([v.c0.to_string(), v.c1.to_string()]);
        match point.xy() {
            Some((x, y)) => json!([pair(&x), pair(&y), ["1", "0"]]),
            None => json!([["0", "0"], ["1", "0"], ["0", "0"]]),
        }
    }
}
impl G2Json for G2 {}
