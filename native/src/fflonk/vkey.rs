//! FFLONK verification keys: constants, points, checks and snarkjs's JSON.

use crate::curve::{G1, G2};
use crate::error::{Error, Result};
use crate::fft::root;
use crate::field::{from_be, Fr};
use crate::json::{self, G1Json, G2Json};
use ark_ec::short_weierstrass::Affine;
use ark_ec::AffineRepr;
use ark_ff::{Field, One, Zero};
use serde_json::{json, Value};

const SECTION: &str = "verification_key";

/// Smallest domain that snarkjs makes.
pub(super) const MIN_POWER: u32 = 3;
/// Largest domain: four times its size are the roots of unity that its evaluations need.
pub(super) const MAX_POWER: u32 = 26;
/// Rows of a domain that no gate may take: they blind the wires.
pub(super) const BLINDING_ROWS: usize = 2;

/// A checked FFLONK verification key.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct VerifyingKey {
    pub(super) public_count: usize,
    /// Logarithm of the number of rows.
    pub power: u32,
    /// Shifts of the second and third wire's cells in the permutation.
    pub k1: Fr,
    pub k2: Fr,
    /// Primitive roots of unity of orders 3, 4 and 8.
    pub w3: Fr,
    pub w4: Fr,
    pub w8: Fr,
    /// A cube root of the domain's generator.
    pub wr: Fr,
    /// τ in G2.
    pub x_2: Affine<G2>,
    /// Commitment to the circuit.
    pub c0: Affine<G1>,
}

impl VerifyingKey {
    /// Number of public signals.
    pub fn public_count(&self) -> usize {
        self.public_count
    }

    /// The domain's generator.
    pub fn w(&self) -> Fr {
        root(self.power)
    }

    /// Refuses constants under which the openings or the permutation prove nothing.
    pub fn check(self) -> Result<Self> {
        let bad = |message: &str| Err(Error::format(SECTION, 0, message));
        if !(MIN_POWER..=MAX_POWER).contains(&self.power) {
            return bad("power outside the range of domains");
        }
        if self.public_count > (1usize << self.power) - BLINDING_ROWS {
            return bad("more public signals than rows");
        }
        let minus_one = -Fr::one();
        if self.w4.square() != minus_one || self.w8.square().square() != minus_one {
            return bad("w4 or w8 is not a primitive root of unity");
        }
        if self.w3.square() + self.w3 != minus_one {
            return bad("w3 is not a primitive root of unity");
        }
        if self.wr * self.wr * self.wr != self.w() {
            return bad("wr is not a cube root of the domain's generator");
        }
        // Cells k1·H, k2·H and H must not meet, or wires could be swapped.
        let size = [1u64 << self.power];
        let (first, second) = (self.k1.pow(size), self.k2.pow(size));
        if first.is_zero() || second.is_zero() || first.is_one() || second.is_one() || first == second {
            return bad("k1 and k2 do not keep the wires' cells apart");
        }
        if self.x_2.is_zero() || self.c0.is_zero() {
            return bad("point at infinity");
        }
        if self.x_2.x == Affine::<G2>::generator().x {
            return bad("the power of tau is one or minus one: proofs could be forged");
        }
        Ok(self)
    }

    /// The key in the content of a `verification_key.json`.
    pub fn from_json(text: &[u8]) -> Result<Self> {
        let value = json::parse(text, SECTION)?;
        json::expect(&value, "protocol", "fflonk", SECTION)?;
        json::expect(&value, "curve", "bn128", SECTION)?;
        let number = |name: &str| {
            value
                .get(name)
                .and_then(Value::as_u64)
                .and_then(|n| u32::try_from(n).ok())
                .ok_or_else(|| Error::format(SECTION, 0, format!("{name} is no small number")))
        };
        let field = |name: &str| value.get(name).unwrap_or(&Value::Null);
        let element = |name: &str| element(field(name), name, SECTION);
        let key = VerifyingKey {
            public_count: number("nPublic")? as usize,
            power: number("power")?,
            k1: element("k1")?,
            k2: element("k2")?,
            w3: element("w3")?,
            w4: element("w4")?,
            w8: element("w8")?,
            wr: element("wr")?,
            x_2: G2::from_json(field("X_2"), SECTION)?,
            c0: G1::from_json(field("C0"), SECTION)?,
        }
        .check()?;
        if element("w")? != key.w() {
            return Err(Error::format(SECTION, 0, "w is not the domain's generator"));
        }
        Ok(key)
    }

    /// The key as snarkjs writes it.
    pub fn to_json(&self) -> String {
        let text = |value: &Fr| value.to_string();
        json::pretty(&json!({
            "protocol": "fflonk",
            "curve": "bn128",
            "nPublic": self.public_count,
            "power": self.power,
            "k1": text(&self.k1),
            "k2": text(&self.k2),
            "w": text(&self.w()),
            "w3": text(&self.w3),
            "w4": text(&self.w4),
            "w8": text(&self.w8),
            "wr": text(&self.wr),
            "X_2": G2::to_json(&self.x_2),
            "C0": G1::to_json(&self.c0),
        }))
    }
}

/// A scalar in a decimal string.
pub(super) fn element(value: &Value, name: &str, section: &'static str) -> Result<Fr> {
    let bytes = json::decimal(value)
        .ok_or_else(|| Error::format(section, 0, format!("{name} is no decimal number in a string")))?;
    from_be(&bytes).ok_or_else(|| Error::element(section, 0, format!("{name} is not below the modulus")))
}
