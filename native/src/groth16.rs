//! Groth16: proving with a snarkjs key, and verification.

use crate::curve::{from_affine, Group, G1, G2};
use crate::error::{Error, Observer, Result, Silent};
use crate::fft::reverse;
use crate::field::{from_be, limbs, to_be, Fq, Fr};
use crate::json::{self, G1Json, G2Json};
use crate::kernel::Scalar;
use crate::msm::{msm, Scalars};
use crate::vkey::VerifyingKey;
use crate::zkey::{ProvingKey, Section};
use ark_bn254::{Bn254, Fq12};
use ark_ec::pairing::{MillerLoopOutput, Pairing};
use ark_ec::short_weierstrass::{Affine, Projective};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{BigInt, One, PrimeField, Zero};
use rand_chacha::rand_core::{RngCore, SeedableRng};
use rand_chacha::ChaCha20Rng;
use rayon::prelude::*;
use serde_json::{json, Value};
use sha2::{Digest, Sha256};
use std::sync::atomic::{AtomicUsize, Ordering};
use zeroize::Zeroize;

/// Stages that [`prove`] reports.
pub const STAGES: usize = 8;
/// Bytes of a proof in calldata.
pub const CALLDATA_BYTES: usize = 256;
/// Pairs whose Miller loops share their squarings.
const PAIRS_TOGETHER: usize = 2;

/// A proof whose points are on the curve and in the subgroup.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proof {
    pub a: Affine<G1>,
    pub b: Affine<G2>,
    pub c: Affine<G1>,
}

/// A proof and the public signals it is about.
pub type Proven = (Proof, Vec<Fr>);

/// A generator from a seed of any length, or from the system's randomness.
pub fn generator(seed: Option<&[u8]>) -> Result<ChaCha20Rng> {
    let mut key = [0u8; 32];
    match seed {
        Some(bytes) => key.copy_from_slice(
            &Sha256::new()
                .chain_update(b"zkpool native seed")
                .chain_update(bytes)
                .finalize(),
        ),
        None => getrandom::fill(&mut key)
            .map_err(|e| Error::Argument(format!("the system gives no randomness: {e}")))?,
    }
    let rng = ChaCha20Rng::from_seed(key);
    key.zeroize();
    Ok(rng)
}

/// A uniform scalar: 512 random bits reduced, so the bias is below 2^-250.
pub fn random_scalar(rng: &mut ChaCha20Rng) -> Fr {
    let mut wide = [0u8; 64];
    rng.fill_bytes(&mut wide);
    let scalar = Fr::from_le_bytes_mod_order(&wide);
    wide.zeroize();
    scalar
}

/// A proof for `witness` (32-byte little-endian words below r), verified before it is returned.
pub fn prove(
    key: &ProvingKey,
    witness: &[u8],
    seed: Option<&[u8]>,
    observer: &dyn Observer,
) -> Result<Proven> {
    let (proof, public) = prove_unchecked(key, witness, generator(seed)?, observer)?;
    observer.checkpoint()?;
    if !verify(&key.verifying_key, &public, &proof)? {
        return Err(Error::NotSatisfied);
    }
    observer.finished("check");
    Ok((proof, public))
}

/// A proof for `witness` that holds if the witness satisfies the circuit; its points are in their groups.
fn prove_unchecked(
    key: &ProvingKey,
    witness: &[u8],
    mut rng: ChaCha20Rng,
    observer: &dyn Observer,
) -> Result<Proven> {
    let actual = witness.len() / 32;
    if actual != key.signal_count {
        return Err(Error::WitnessLength {
            expected: key.signal_count,
            actual,
        });
    }
    let public = public_signals(witness, key.public_count())?;
    let scalars = Scalars::from_le(witness);
    let private = Scalars::from_le(&witness[32 * (key.public_count() + 1)..]);
    observer.finished("parse");

    let g1 = |points: Section<'_>, scalars: &Scalars, stage: &'static str| -> Result<Projective<G1>> {
        let sum = msm::<G1>(&points, scalars, observer)?;
        observer.finished(stage);
        Ok(sum)
    };
    let ((sum_h, sum_b2), (sum_a, (sum_b1, sum_c))) = rayon::join(
        || {
            rayon::join(
                || -> Result<_> {
                    let quotient = quotient(key, witness, observer)?;
                    observer.finished("transforms");
                    g1(key.points_h(), &quotient, "msm_h")
                },
                || -> Result<_> {
                    let sum = msm::<G2>(&key.points_b2(), &scalars, observer)?;
                    observer.finished("msm_b2");
                    Ok(sum)
                },
            )
        },
        || {
            rayon::join(
                || g1(key.points_a(), &scalars, "msm_a"),
                || {
                    rayon::join(
                        || g1(key.points_b1(), &scalars, "msm_b1"),
                        || g1(key.points_c(), &private, "msm_c"),
                    )
                },
            )
        },
    );

    let (mut r, mut s) = (random_scalar(&mut rng), random_scalar(&mut rng));
    let vk = &key.verifying_key;
    let a = sum_a? + vk.alpha + key.delta_g1 * r;
    let b1 = sum_b1? + key.beta_g1 + key.delta_g1 * s;
    let b = sum_b2? + vk.beta + vk.delta * s;
    let c = sum_c? + sum_h? + a * s + b1 * r - key.delta_g1 * (r * s);
    r.zeroize();
    s.zeroize();
    let proof = Proof {
        a: a.into_affine(),
        b: b.into_affine(),
        c: c.into_affine(),
    };
    // Exact, where the check of the whole key is a matter of chance.
    if !proof.b.is_in_correct_subgroup_assuming_on_curve() {
        return Err(Error::format("points_b2", 0, "point outside the subgroup"));
    }
    Ok((proof, public))
}

/// Proofs of one circuit for several witnesses, two at a time so that no core waits, each verified before it is
/// returned. A witness that fails does not keep the others from their proofs. With a seed, the proof at each place
/// is deterministic.
///
/// Reports the stage `proof` for each.
pub fn prove_many(
    key: &ProvingKey,
    witnesses: &[&[u8]],
    seed: Option<&[u8]>,
    observer: &dyn Observer,
) -> Result<Vec<Result<Proven>>> {
    let next = AtomicUsize::new(0);
    let quiet = Quiet(observer);
    let worker = || {
        let mut made = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(witness) = witnesses.get(index) else {
                return made;
            };
            // Two proofs must never share r and s: each place has a seed of its own.
            let place = seed.map(|seed| [seed, &(index as u64).to_le_bytes()].concat());
            let outcome =
                generator(place.as_deref()).and_then(|rng| prove_unchecked(key, witness, rng, &quiet));
            let stop = matches!(outcome, Err(Error::Cancelled));
            made.push((index, outcome));
            if stop {
                return made;
            }
            observer.finished("proof");
        }
    };
    let (mut made, more) = rayon::join(worker, worker);
    made.extend(more);
    observer.checkpoint()?;
    made.sort_by_key(|(index, _)| *index);
    let proofs: Vec<&Proven> = made
        .iter()
        .filter_map(|(_, outcome)| outcome.as_ref().ok())
        .collect();
    let claims: Vec<(&[Fr], &Proof)> = proofs
        .iter()
        .map(|(proof, public)| (&public[..], proof))
        .collect();
    let all_hold = holds_together(&key.verifying_key, &claims)?;
    made.into_par_iter()
        .map(|(_, outcome)| {
            Ok(match outcome {
                Ok((proof, public)) if !all_hold && !verify(&key.verifying_key, &public, &proof)? => {
                    Err(Error::NotSatisfied)
                }
                other => other,
            })
        })
        .collect()
}

/// Passes the wish to stop, and keeps the stages of single proofs to itself.
struct Quiet<'a>(&'a dyn Observer);

impl Observer for Quiet<'_> {
    fn finished(&self, _stage: &'static str) {}
    fn cancelled(&self) -> bool {
        self.0.cancelled()
    }
}

/// Values of A·B - C over the odd coset, in the order of the key's H points.
fn quotient(key: &ProvingKey, witness: &[u8], observer: &dyn Observer) -> Result<Scalars> {
    let domain = &key.domain;
    let (size, log) = (domain.size(), domain.log());
    let [mut a, mut b, mut c] = key.products(witness);
    observer.checkpoint()?;
    let shift = |values: &mut [Scalar]| {
        domain.interpolate(values);
        domain.evaluate_coset(values);
    };
    rayon::join(
        || shift(&mut a),
        || rayon::join(|| shift(&mut b), || shift(&mut c)),
    );
    observer.checkpoint()?;
    // Each of a, b, c carries a factor n. A multiplication by the plain limbs of 1/n leaves Montgomery form, too.
    let scale = domain.size_inverse();
    let plain = Scalar::raw(scale.to_ark().into_bigint().0);
    c.par_iter_mut()
        .zip(&a)
        .zip(&b)
        .for_each(|((c, a), b)| *c = (*a * *b * scale - *c) * plain);
    let quotient = Scalars::new((0..size).into_par_iter().map(|i| c[reverse(i, log)].0));
    for values in [&mut a, &mut b, &mut c] {
        values.zeroize();
    }
    Ok(quotient)
}

/// The public signals of a witness.
pub(crate) fn public_signals(witness: &[u8], count: usize) -> Result<Vec<Fr>> {
    witness[32..32 * (count + 1)]
        .chunks_exact(32)
        .map(|bytes| {
            Fr::from_bigint(ark_ff::BigInt(limbs(bytes)))
                .ok_or_else(|| Error::format("witness", 0, "value not below the modulus"))
        })
        .collect()
}

/// Whether the proof holds: e(A, B) = e(α, β) e(Σ signals·IC, γ) e(C, δ).
pub fn verify(key: &VerifyingKey, public: &[Fr], proof: &Proof) -> Result<bool> {
    check_count(key, public)?;
    let mut inputs = key.ic[0].into_group();
    for (signal, point) in public.iter().zip(&key.ic[1..]) {
        inputs += *point * *signal;
    }
    Ok(pairs_cancel(&[
        (-proof.a, proof.b),
        (key.alpha, key.beta),
        (inputs.into_affine(), key.gamma),
        (proof.c, key.delta),
    ]))
}

/// Whether every proof holds, with one product of pairings for all: each equation is taken to a random power of 128
/// bits, so a proof that does not hold passes with chance 2^-127 at most. True for none.
pub fn verify_batch(key: &VerifyingKey, claims: &[(Vec<Fr>, Proof)]) -> Result<bool> {
    let claims: Vec<(&[Fr], &Proof)> = claims
        .iter()
        .map(|(public, proof)| (&public[..], proof))
        .collect();
    holds_together(key, &claims)
}

/// Π e(ρA, B) = e(Σρ α, β) e(Σ ρ·signals·IC, γ) e(Σ ρC, δ).
fn holds_together(key: &VerifyingKey, claims: &[(&[Fr], &Proof)]) -> Result<bool> {
    for (public, _) in claims {
        check_count(key, public)?;
    }
    let mut rng = generator(None)?;
    let powers: Vec<BigInt<4>> = claims
        .iter()
        .map(|_| BigInt([rng.next_u64() | 1, rng.next_u64(), 0, 0]))
        .collect();
    let mut pairs: Vec<(Affine<G1>, Affine<G2>)> = claims
        .par_iter()
        .zip(&powers)
        .map(|((_, proof), power)| (-proof.a.mul_bigint(power).into_affine(), proof.b))
        .collect();
    let mut signals = vec![Fr::zero(); key.ic.len()];
    for ((public, _), power) in claims.iter().zip(&powers) {
        let power = Fr::new(*power);
        signals[0] += power;
        for (sum, signal) in signals[1..].iter_mut().zip(*public) {
            *sum += *signal * power;
        }
    }
    let plain = signals.iter().map(|s| s.into_bigint()).collect::<Vec<_>>();
    let inputs = combine(key.ic.iter(), &plain)?;
    let sum_c = combine(claims.iter().map(|(_, proof)| &proof.c), &powers)?;
    pairs.push(((key.alpha * signals[0]).into_affine(), key.beta));
    pairs.push((inputs.into_affine(), key.gamma));
    pairs.push((sum_c.into_affine(), key.delta));
    Ok(pairs_cancel(&pairs))
}

/// Sum of multiples of points.
fn combine<'a>(
    points: impl Iterator<Item = &'a Affine<G1>>,
    multipliers: &[BigInt<4>],
) -> Result<Projective<G1>> {
    let mut bytes = Vec::with_capacity(multipliers.len() * G1::POINT_BYTES);
    points.for_each(|point| from_affine::<G1>(point).write(&mut bytes));
    msm::<G1>(
        &bytes,
        &Scalars::new(multipliers.par_iter().map(|m| m.0)),
        &Silent,
    )
}

/// Whether the product of the pairs' pairings is one. Miller loops of a few pairs share their squarings; groups run
/// in parallel. Outside of a pool all runs on this thread: the pool of the process would leave its forks without.
fn pairs_cancel(pairs: &[(Affine<G1>, Affine<G2>)]) -> bool {
    let miller = |pairs: &[(Affine<G1>, Affine<G2>)]| {
        let (left, right): (Vec<_>, Vec<_>) = pairs.iter().copied().unzip();
        Bn254::multi_miller_loop(left, right).0
    };
    let product = match rayon::current_thread_index() {
        Some(_) => pairs
            .par_chunks(PAIRS_TOGETHER)
            .map(miller)
            .reduce(Fq12::one, |a, b| a * b),
        None => miller(pairs),
    };
    Bn254::final_exponentiation(MillerLoopOutput(product)).is_some_and(|output| output.is_zero())
}

fn check_count(key: &VerifyingKey, public: &[Fr]) -> Result<()> {
    if public.len() == key.public_count() {
        return Ok(());
    }
    Err(Error::SignalCount {
        expected: key.public_count(),
        actual: public.len(),
    })
}

/// A signal from its big-endian bytes; `None` if it is not below r.
pub fn signal(bytes: &[u8; 32]) -> Option<Fr> {
    from_be(bytes)
}

impl Proof {
    /// A.x A.y, B.x.imag B.x.real B.y.imag B.y.real, C.x C.y: 32-byte big-endian words; infinity is zeros.
    pub fn to_calldata(&self) -> [u8; CALLDATA_BYTES] {
        let mut words: Vec<Fq> = Vec::with_capacity(8);
        let g1 = |p: &Affine<G1>| p.xy().map_or([Fq::zero(); 2], |(x, y)| [x, y]);
        words.extend(g1(&self.a));
        words.extend(
            self.b
                .xy()
                .map_or([Fq::zero(); 4], |(x, y)| [x.c1, x.c0, y.c1, y.c0]),
        );
        words.extend(g1(&self.c));
        let mut out = [0u8; CALLDATA_BYTES];
        for (chunk, word) in out.chunks_exact_mut(32).zip(&words) {
            chunk.copy_from_slice(&to_be(word));
        }
        out
    }

    /// The proof in calldata; `Err` names the offset of what the contract would refuse.
    pub fn from_calldata(bytes: &[u8]) -> Result<Self> {
        if bytes.len() != CALLDATA_BYTES {
            let message = format!("{} bytes, a proof has {CALLDATA_BYTES}", bytes.len());
            return Err(Error::format("proof", 0, message));
        }
        let proof = Proof {
            a: crate::evm::g1(&bytes[..64], "proof", 0)?,
            b: crate::evm::g2(&bytes[64..192], "proof", 64)?,
            c: crate::evm::g1(&bytes[192..], "proof", 192)?,
        };
        let infinite = [proof.a.is_zero(), proof.b.is_zero(), proof.c.is_zero()];
        match infinite.iter().zip([0, 64, 192]).find(|(infinite, _)| **infinite) {
            Some((_, at)) => Err(Error::element("proof", at, "point at infinity")),
            None => Ok(proof),
        }
    }

    /// snarkjs's `proof.json`.
    pub fn to_json(&self) -> String {
        json::pretty(&json!({
            "pi_a": G1::to_json(&self.a),
            "pi_b": G2::to_json(&self.b),
            "pi_c": G1::to_json(&self.c),
            "protocol": "groth16",
            "curve": "bn128",
        }))
    }

    /// The proof in the content of a `proof.json`; rapidsnark's does not name the curve.
    pub fn from_json(text: &[u8]) -> Result<Self> {
        let value = json::parse(text, "proof")?;
        json::expect(&value, "protocol", "groth16", "proof")?;
        if value.get("curve").is_some() {
            json::expect(&value, "curve", "bn128", "proof")?;
        }
        let field = |name: &str| value.get(name).unwrap_or(&Value::Null);
        Ok(Proof {
            a: G1::from_json(field("pi_a"), "proof")?,
            b: G2::from_json(field("pi_b"), "proof")?,
            c: G1::from_json(field("pi_c"), "proof")?,
        })
    }
}

/// snarkjs's `public.json`.
pub fn public_to_json(signals: &[Fr]) -> String {
    json::pretty(&Value::from(
        signals.iter().map(|s| s.to_string()).collect::<Vec<_>>(),
    ))
}

/// The signals in the content of a `public.json`.
pub fn public_from_json(text: &[u8]) -> Result<Vec<Fr>> {
    let value = json::parse(text, "public")?;
    let list = value
        .as_array()
        .ok_or_else(|| Error::format("public", 0, "not an array"))?;
    list.iter()
        .map(|v| {
            let bytes = json::decimal(v)
                .ok_or_else(|| Error::format("public", 0, "not a decimal number in a string"))?;
            signal(&bytes).ok_or_else(|| Error::format("public", 0, "signal not below the modulus"))
        })
        .collect()
}
