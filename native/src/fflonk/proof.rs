//! FFLONK proofs as bytes and as snarkjs's JSON.

use super::vkey::element;
use crate::curve::G1;
use crate::error::{Error, Result};
use crate::evm;
use crate::field::{from_be, to_be, Fr};
use crate::json::{self, G1Json};
use ark_ec::short_weierstrass::Affine;
use ark_ec::AffineRepr;
use serde_json::{json, Map, Value};

const SECTION: &str = "proof";
const POINT_BYTES: usize = 64;
/// Names of the points, in the order of the transcript and of calldata.
const POINTS: [&str; 4] = ["C1", "C2", "W1", "W2"];
/// Names of the scalars, in the order of the transcript and of calldata; `inv` is in calldata only.
const SCALARS: [&str; 16] = [
    "ql", "qr", "qm", "qo", "qc", "s1", "s2", "s3", "a", "b", "c", "z", "zw", "t1w", "t2w", "inv",
];

/// Bytes of a proof in calldata: 24 words.
pub const CALLDATA_BYTES: usize = POINTS.len() * POINT_BYTES + SCALARS.len() * 32;

/// Values of the polynomials at ξ, and at ωξ where the name ends in w.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Evaluations {
    pub ql: Fr,
    pub qr: Fr,
    pub qm: Fr,
    pub qo: Fr,
    pub qc: Fr,
    pub s1: Fr,
    pub s2: Fr,
    pub s3: Fr,
    pub a: Fr,
    pub b: Fr,
    pub c: Fr,
    pub z: Fr,
    pub zw: Fr,
    pub t1w: Fr,
    pub t2w: Fr,
}

impl Evaluations {
    /// The values in the order of the transcript.
    pub fn to_array(&self) -> [Fr; 15] {
        [
            self.ql, self.qr, self.qm, self.qo, self.qc, self.s1, self.s2, self.s3, self.a, self.b, self.c,
            self.z, self.zw, self.t1w, self.t2w,
        ]
    }

    /// The inverse of [`Evaluations::to_array`].
    pub fn from_array(values: [Fr; 15]) -> Self {
        let [ql, qr, qm, qo, qc, s1, s2, s3, a, b, c, z, zw, t1w, t2w] = values;
        Evaluations {
            ql,
            qr,
            qm,
            qo,
            qc,
            s1,
            s2,
            s3,
            a,
            b,
            c,
            z,
            zw,
            t1w,
            t2w,
        }
    }
}

/// A proof whose points are on the curve and finite.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proof {
    /// Commitments to the wires and to the permutation.
    pub c1: Affine<G1>,
    pub c2: Affine<G1>,
    /// The openings.
    pub w1: Affine<G1>,
    pub w2: Affine<G1>,
    pub evaluations: Evaluations,
    /// Inverse of the product of all denominators that a verifier meets; spares the contract an inversion.
    pub inverse: Fr,
}

impl Proof {
    fn points(&self) -> [&Affine<G1>; 4] {
        [&self.c1, &self.c2, &self.w1, &self.w2]
    }

    fn from_parts(points: [Affine<G1>; 4], scalars: [Fr; 16]) -> Self {
        let [c1, c2, w1, w2] = points;
        let mut values = [scalars[0]; 15];
        values.copy_from_slice(&scalars[..15]);
        Proof {
            c1,
            c2,
            w1,
            w2,
            evaluations: Evaluations::from_array(values),
            inverse: scalars[15],
        }
    }

    fn scalars(&self) -> [Fr; 16] {
        let mut out = [self.inverse; 16];
        out[..15].copy_from_slice(&self.evaluations.to_array());
        out
    }

    /// C1, C2, W1, W2, the fifteen evaluations, the inverse: 32-byte big-endian words as snarkjs's contract takes them.
    pub fn to_calldata(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(CALLDATA_BYTES);
        for point in self.points() {
            let (x, y) = point.xy().unwrap_or_default();
            out.extend(to_be(&x));
            out.extend(to_be(&y));
        }
        for scalar in self.scalars() {
            out.extend(to_be(&scalar));
        }
        out
    }

    /// The proof in calldata; `Err` names the offset of what a verifier refuses.
    pub fn from_calldata(bytes: &[u8]) -> Result<Self> {
        if bytes.len() != CALLDATA_BYTES {
            let message = format!("{} bytes, a proof has {CALLDATA_BYTES}", bytes.len());
            return Err(Error::format(SECTION, 0, message));
        }
        let (points, scalars) = bytes.split_at(POINTS.len() * POINT_BYTES);
        let point = |i: usize| -> Result<Affine<G1>> {
            let at = i * POINT_BYTES;
            let point = evm::g1(&points[at..at + POINT_BYTES], SECTION, at as u64)?;
            if point.is_zero() {
                return Err(Error::element(SECTION, at as u64, "point at infinity"));
            }
            Ok(point)
        };
        let mut values = [Fr::default(); SCALARS.len()];
        for (i, (value, chunk)) in values.iter_mut().zip(scalars.chunks_exact(32)).enumerate() {
            let mut word = [0u8; 32];
            word.copy_from_slice(chunk);
            *value = from_be(&word).ok_or_else(|| {
                let at = (points.len() + 32 * i) as u64;
                Error::element(SECTION, at, format!("{} is not below the modulus", SCALARS[i]))
            })?;
        }
        Ok(Self::from_parts(
            [point(0)?, point(1)?, point(2)?, point(3)?],
            values,
        ))
    }

    /// snarkjs's `proof.json`.
    pub fn to_json(&self) -> String {
        let points: Map<String, Value> = POINTS
            .iter()
            .zip(self.points())
            .map(|(name, point)| (name.to_string(), G1::to_json(point)))
            .collect();
        let scalars: Map<String, Value> = SCALARS
            .iter()
            .zip(self.scalars())
            .map(|(name, value)| (name.to_string(), Value::from(value.to_string())))
            .collect();
        json::pretty(&json!({
            "polynomials": points,
            "evaluations": scalars,
            "protocol": "fflonk",
            "curve": "bn128",
        }))
    }

    /// The proof in the content of a `proof.json`.
    pub fn from_json(text: &[u8]) -> Result<Self> {
        let value = json::parse(text, SECTION)?;
        json::expect(&value, "protocol", "fflonk", SECTION)?;
        json::expect(&value, "curve", "bn128", SECTION)?;
        let field = |group: &str, name: &str| {
            let found = value.get(group).and_then(|g| g.get(name));
            found.unwrap_or(&Value::Null).clone()
        };
        let point = |i: usize| G1::from_json(&field("polynomials", POINTS[i]), SECTION);
        let mut values = [Fr::default(); SCALARS.len()];
        for (value, name) in values.iter_mut().zip(SCALARS) {
            *value = element(&field("evaluations", name), name, SECTION)?;
        }
        Ok(Self::from_parts(
            [point(0)?, point(1)?, point(2)?, point(3)?],
            values,
        ))
    }
}
