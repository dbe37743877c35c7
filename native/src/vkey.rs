//! Verification keys: points, checks and snarkjs's JSON.

use crate::curve::{G1, G2};
use crate::error::{Error, Result};
use crate::json::{self, G1Json, G2Json};
use ark_bn254::{Bn254, Fq12, Fq2, Fq6};
use ark_ec::pairing::Pairing;
use ark_ec::short_weierstrass::Affine;
use ark_ec::AffineRepr;
use serde_json::{json, Value};

/// A checked Groth16 verification key.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct VerifyingKey {
    pub alpha: Affine<G1>,
    pub beta: Affine<G2>,
    pub gamma: Affine<G2>,
    pub delta: Affine<G2>,
    /// One point more than there are public signals.
    pub ic: Vec<Affine<G1>>,
}

impl VerifyingKey {
    /// Number of public signals.
    pub fn public_count(&self) -> usize {
        self.ic.len() - 1
    }

    /// Refuses keys under which anyone can forge: γ = ±δ lets C cancel the public signals.
    pub fn check(self) -> Result<Self> {
        let bad = |message: &str| Err(Error::format("verification_key", 0, message));
        if self.gamma.x == self.delta.x {
            return bad("gamma and delta are equal or opposite: proofs could be forged");
        }
        if self.alpha.is_zero() || self.beta.is_zero() || self.gamma.is_zero() || self.delta.is_zero() {
            return bad("point at infinity");
        }
        if self.ic.is_empty() || self.ic.iter().any(|p| p.is_zero()) {
            return bad("no IC point, or one at infinity: its signal would be free");
        }
        Ok(self)
    }

    /// The key in the content of a `verification_key.json`.
    pub fn from_json(text: &[u8]) -> Result<Self> {
        const SECTION: &str = "verification_key";
        let value = json::parse(text, SECTION)?;
        json::expect(&value, "protocol", "groth16", SECTION)?;
        json::expect(&value, "curve", "bn128", SECTION)?;
        let public = value.get("nPublic").and_then(Value::as_u64);
        let list = value.get("IC").and_then(Value::as_array);
        let (Some(public), Some(list)) = (public, list) else {
            return Err(Error::format(SECTION, 0, "nPublic or IC is missing"));
        };
        if list.len() as u64 != public.saturating_add(1) {
            let message = format!("{} IC points for {public} public signals", list.len());
            return Err(Error::format(SECTION, 0, message));
        }
        let field = |name: &str| value.get(name).unwrap_or(&Value::Null);
        let key = VerifyingKey {
            alpha: G1::from_json(field("vk_alpha_1"), SECTION)?,
            beta: G2::from_json(field("vk_beta_2"), SECTION)?,
            gamma: G2::from_json(field("vk_gamma_2"), SECTION)?,
            delta: G2::from_json(field("vk_delta_2"), SECTION)?,
            ic: list
                .iter()
                .map(|p| G1::from_json(p, SECTION))
                .collect::<Result<_>>()?,
        }
        .check()?;
        // Nobody computes with it, but a file that contradicts itself is not the one that was meant.
        if value
            .get("vk_alphabeta_12")
            .is_some_and(|told| *told != key.alpha_beta())
        {
            let message = "vk_alphabeta_12 is not the pairing of vk_alpha_1 and vk_beta_2";
            return Err(Error::format(SECTION, 0, message));
        }
        Ok(key)
    }

    /// e(alpha, beta) as snarkjs writes it.
    fn alpha_beta(&self) -> Value {
        fq12_json(&Bn254::pairing(self.alpha, self.beta).0)
    }

    /// The key as snarkjs writes it.
    pub fn to_json(&self) -> String {
        let value = json!({
            "protocol": "groth16",
            "curve": "bn128",
            "nPublic": self.public_count(),
            "vk_alpha_1": G1::to_json(&self.alpha),
            "vk_beta_2": G2::to_json(&self.beta),
            "vk_gamma_2": G2::to_json(&self.gamma),
            "vk_delta_2": G2::to_json(&self.delta),
            "vk_alphabeta_12": self.alpha_beta(),
            "IC": self.ic.iter().map(G1::to_json).collect::<Vec<_>>(),
        });
        json::pretty(&value)
    }
}

fn fq12_json(value: &Fq12) -> Value {
    let fq2 = |v: &Fq2| json!([v.c0.to_string(), v.c1.to_string()]);
    let fq6 = |v: &Fq6| json!([fq2(&v.c0), fq2(&v.c1), fq2(&v.c2)]);
    json!([fq6(&value.c0), fq6(&value.c1)])
}
