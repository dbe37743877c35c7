//! PLONK proofs: nine points, six evaluations, and how they are written.

use crate::curve::G1;
use crate::error::{Error, Result};
use crate::field::{from_be, to_be, Fr};
use crate::json::{self, G1Json};
use crate::plonk::vkey::scalar;
use ark_ec::short_weierstrass::Affine;
use ark_ec::AffineRepr;
use serde_json::{Map, Value};

/// Bytes of a proof in calldata: the 24 words that snarkjs's contract takes.
pub const CALLDATA_BYTES: usize = 768;
const SECTION: &str = "proof";
const POINTS: [&str; 9] = ["A", "B", "C", "Z", "T1", "T2", "T3", "Wxi", "Wxiw"];
const EVALUATIONS: [&str; 6] = ["eval_a", "eval_b", "eval_c", "eval_s1", "eval_s2", "eval_zw"];

/// A proof whose points are on the curve and finite.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proof {
    /// Commitments to the wire columns.
    pub a: Affine<G1>,
    pub b: Affine<G1>,
    pub c: Affine<G1>,
    /// Commitment to the permutation's running product.
    pub z: Affine<G1>,
    /// Commitments to the three parts of the quotient.
    pub t1: Affine<G1>,
    pub t2: Affine<G1>,
    pub t3: Affine<G1>,
    /// Openings at xi and at xi times the root.
    pub wxi: Affine<G1>,
    pub wxiw: Affine<G1>,
    /// Values at xi, the last one at xi times the root.
    pub eval_a: Fr,
    pub eval_b: Fr,
    pub eval_c: Fr,
    pub eval_s1: Fr,
    pub eval_s2: Fr,
    pub eval_zw: Fr,
}

impl Proof {
    /// The points in the order of files and calldata.
    pub fn points(&self) -> [Affine<G1>; 9] {
        [
            self.a, self.b, self.c, self.z, self.t1, self.t2, self.t3, self.wxi, self.wxiw,
        ]
    }

    /// The evaluations in the order of files, calldata and transcript.
    pub fn evaluations(&self) -> [Fr; 6] {
        [
            self.eval_a,
            self.eval_b,
            self.eval_c,
            self.eval_s1,
            self.eval_s2,
            self.eval_zw,
        ]
    }

    fn from_parts(points: [Affine<G1>; 9], evaluations: [Fr; 6]) -> Self {
        let [a, b, c, z, t1, t2, t3, wxi, wxiw] = points;
        let [eval_a, eval_b, eval_c, eval_s1, eval_s2, eval_zw] = evaluations;
        Proof {
            a,
            b,
            c,
            z,
            t1,
            t2,
            t3,
            wxi,
            wxiw,
            eval_a,
            eval_b,
            eval_c,
            eval_s1,
            eval_s2,
            eval_zw,
        }
    }

    /// 32-byte big-endian words: x and y of each point, then the evaluations.
    pub fn to_calldata(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(CALLDATA_BYTES);
        for point in self.points() {
            match point.xy() {
                Some((x, y)) => {
                    out.extend_from_slice(&to_be(&x));
                    out.extend_from_slice(&to_be(&y));
                }
                None => out.extend_from_slice(&[0; 64]),
            }
        }
        for value in self.evaluations() {
            out.extend_from_slice(&to_be(&value));
        }
        out
    }

    /// The proof in calldata; `Err` names the offset of what the contract would refuse.
    pub fn from_calldata(bytes: &[u8]) -> Result<Self> {
        if bytes.len() != CALLDATA_BYTES {
            let message = format!("{} bytes, a proof has {CALLDATA_BYTES}", bytes.len());
            return Err(Error::format(SECTION, 0, message));
        }
        let (points, scalars) = bytes.split_at(64 * POINTS.len());
        let mut found = [Affine::zero(); POINTS.len()];
        for (i, (point, chunk)) in found.iter_mut().zip(points.chunks_exact(64)).enumerate() {
            let at = 64 * i as u64;
            *point = crate::evm::g1(chunk, SECTION, at)?;
            if point.is_zero() {
                return Err(Error::element(SECTION, at, "point at infinity"));
            }
        }
        let mut values = [Fr::default(); EVALUATIONS.len()];
        for (i, (value, chunk)) in values.iter_mut().zip(scalars.chunks_exact(32)).enumerate() {
            let mut word = [0u8; 32];
            word.copy_from_slice(chunk);
            *value = from_be(&word).ok_or_else(|| {
                let at = (64 * POINTS.len() + 32 * i) as u64;
                Error::element(SECTION, at, "evaluation not below the modulus")
            })?;
        }
        Ok(Self::from_parts(found, values))
    }

    /// snarkjs's `proof.json`.
    pub fn to_json(&self) -> String {
        let mut out = Map::new();
        for (name, point) in POINTS.iter().zip(self.points()) {
            out.insert((*name).into(), G1::to_json(&point));
        }
        for (name, value) in EVALUATIONS.iter().zip(self.evaluations()) {
            out.insert((*name).into(), value.to_string().into());
        }
        out.insert("protocol".into(), "plonk".into());
        out.insert("curve".into(), "bn128".into());
        json::pretty(&Value::Object(out))
    }

    /// The proof in the content of a `proof.json`.
    pub fn from_json(text: &[u8]) -> Result<Self> {
        let value = json::parse(text, SECTION)?;
        json::expect(&value, "protocol", "plonk", SECTION)?;
        json::expect(&value, "curve", "bn128", SECTION)?;
        let field = |name: &str| value.get(name).unwrap_or(&Value::Null);
        let mut points = [Affine::zero(); POINTS.len()];
        for (point, name) in points.iter_mut().zip(POINTS) {
            *point = G1::from_json(field(name), SECTION)?;
        }
        let mut values = [Fr::default(); EVALUATIONS.len()];
        for (target, name) in values.iter_mut().zip(EVALUATIONS) {
            *target = scalar(field(name), SECTION)?;
        }
        Ok(Self::from_parts(points, values))
    }
}
