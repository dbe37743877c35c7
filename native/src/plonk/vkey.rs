//! PLONK verification keys: points, checks and snarkjs's JSON.

use crate::curve::{G1, G2};
use crate::error::{Error, Result};
use crate::fft::root;
use crate::field::{from_be, Fr};
use crate::json::{self, G1Json, G2Json};
use ark_ec::short_weierstrass::{Affine, Projective};
use ark_ec::{AffineRepr, PrimeGroup};
use ark_ff::{AdditiveGroup, FftField, Field};
use serde_json::{json, Value};

const SECTION: &str = "verification_key";

/// A checked PLONK verification key.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct VerifyingKey {
    /// Number of public signals.
    pub public: usize,
    /// Base-two logarithm of the domain's size.
    pub power: u32,
    /// Shifts of the cosets that label the second and third wire column.
    pub k1: Fr,
    pub k2: Fr,
    /// Commitments to the selectors; infinity where a selector is zero everywhere.
    pub qm: Affine<G1>,
    pub ql: Affine<G1>,
    pub qr: Affine<G1>,
    pub qo: Affine<G1>,
    pub qc: Affine<G1>,
    /// Commitments to the permutation's columns.
    pub s1: Affine<G1>,
    pub s2: Affine<G1>,
    pub s3: Affine<G1>,
    /// tau times the generator.
    pub x_2: Affine<G2>,
}

impl VerifyingKey {
    /// Number of public signals.
    pub fn public_count(&self) -> usize {
        self.public
    }

    /// The commitments in the order of the transcript.
    pub fn commitments(&self) -> [Affine<G1>; 8] {
        [
            self.qm, self.ql, self.qr, self.qo, self.qc, self.s1, self.s2, self.s3,
        ]
    }

    /// Refuses keys under which anyone can forge: a tau that is known, wire columns whose labels meet.
    pub fn check(self) -> Result<Self> {
        let bad = |message: String| Err(Error::format(SECTION, 0, message));
        if !(1..=Fr::TWO_ADICITY).contains(&self.power) {
            return bad(format!("power {}, expected 1 to {}", self.power, Fr::TWO_ADICITY));
        }
        let size = 1usize << self.power;
        if self.public >= size {
            return bad(format!("{} public signals in a domain of {size}", self.public));
        }
        let [h1, h2] = [self.k1, self.k2].map(|k| k.pow([size as u64]));
        if h1 == Fr::ZERO || h2 == Fr::ZERO || h1 == Fr::ONE || h2 == Fr::ONE || h1 == h2 {
            return bad("the cosets of k1 and k2 meet: proofs could be forged".into());
        }
        if [self.s1, self.s2, self.s3].iter().any(|p| p.is_zero()) {
            return bad("a column of the permutation is at infinity".into());
        }
        let generator = Affine::<G2>::from(Projective::generator());
        if self.x_2.is_zero() || self.x_2.x == generator.x {
            return bad("tau is 0, 1 or -1: proofs could be forged".into());
        }
        Ok(self)
    }

    /// The key in the content of a `verification_key.json`.
    pub fn from_json(text: &[u8]) -> Result<Self> {
        let value = json::parse(text, SECTION)?;
        json::expect(&value, "protocol", "plonk", SECTION)?;
        json::expect(&value, "curve", "bn128", SECTION)?;
        let field = |name: &str| value.get(name).unwrap_or(&Value::Null);
        let number = |name: &str| {
            field(name)
                .as_u64()
                .and_then(|n| u32::try_from(n).ok())
                .ok_or_else(|| Error::format(SECTION, 0, format!("{name} is missing or no 32-bit number")))
        };
        let point = |name: &str| point_or_infinity(field(name));
        let key = VerifyingKey {
            public: number("nPublic")? as usize,
            power: number("power")?,
            k1: scalar(field("k1"), SECTION)?,
            k2: scalar(field("k2"), SECTION)?,
            qm: point("Qm")?,
            ql: point("Ql")?,
            qr: point("Qr")?,
            qo: point("Qo")?,
            qc: point("Qc")?,
            s1: point("S1")?,
            s2: point("S2")?,
            s3: point("S3")?,
            x_2: G2::from_json(field("X_2"), SECTION)?,
        }
        .check()?;
        if scalar(field("w"), SECTION)? != root(key.power) {
            return Err(Error::format(SECTION, 0, "w is not the root of the domain"));
        }
        Ok(key)
    }

    /// The key as snarkjs writes it.
    pub fn to_json(&self) -> String {
        json::pretty(&json!({
            "protocol": "plonk",
            "curve": "bn128",
            "nPublic": self.public,
            "power": self.power,
            "k1": self.k1.to_string(),
            "k2": self.k2.to_string(),
            "Qm": G1::to_json(&self.qm),
            "Ql": G1::to_json(&self.ql),
            "Qr": G1::to_json(&self.qr),
            "Qo": G1::to_json(&self.qo),
            "Qc": G1::to_json(&self.qc),
            "S1": G1::to_json(&self.s1),
            "S2": G1::to_json(&self.s2),
            "S3": G1::to_json(&self.s3),
            "X_2": G2::to_json(&self.x_2),
            "w": root(self.power).to_string(),
        }))
    }
}

/// A scalar from a decimal string.
pub fn scalar(value: &Value, section: &'static str) -> Result<Fr> {
    let bytes =
        json::decimal(value).ok_or_else(|| Error::format(section, 0, "not a decimal number in a string"))?;
    from_be(&bytes).ok_or_else(|| Error::element(section, 0, "scalar not below the modulus"))
}

/// A checked point, or snarkjs's `["0", "1", "0"]`.
fn point_or_infinity(value: &Value) -> Result<Affine<G1>> {
    if *value == json!(["0", "1", "0"]) {
        return Ok(Affine::zero());
    }
    G1::from_json(value, SECTION)
}
