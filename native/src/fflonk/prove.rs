//! The FFLONK prover, round by round.

use super::cosets::Cosets;
use super::opening::Openings;
use super::proof::Proof;
use super::quotients::{gate_quotient, start_quotient, Permutation};
use super::verify::{denominators, opening_point, permutation_challenges, verify, Points};
use super::wires::{check_gates, wires};
use super::zkey::ProvingKey;
use super::{Secret, CHUNK};
use crate::curve::G1;
use crate::error::{Error, Observer, Result};
use crate::field::Fr;
use crate::groth16::{generator, random_scalar};
use crate::kernel::Scalar;
use crate::plonkish::poly;
use ark_ec::short_weierstrass::Affine;
use ark_ec::CurveGroup;
use ark_ff::{Field, One};
use rayon::prelude::*;
use zeroize::Zeroizing;

/// Stages an observer hears of.
pub const STAGES: usize = 9;

/// Random scalars: two values of each wire, then three coefficients of Z.
const BLINDINGS: usize = 9;
const WIRE_BLINDINGS: usize = 6;

/// A proof for `witness` (32-byte little-endian words below r), verified before it is returned.
pub fn prove(
    key: &ProvingKey,
    witness: &[u8],
    seed: Option<&[u8]>,
    observer: &dyn Observer,
) -> Result<(Proof, Vec<Fr>)> {
    let actual = witness.len() / 32;
    if actual != key.signal_count || !witness.len().is_multiple_of(32) {
        return Err(Error::WitnessLength {
            expected: key.signal_count,
            actual,
        });
    }
    let vk = &key.verifying_key;
    let mut rng = generator(seed)?;
    let mut blinding = Zeroizing::new([Scalar::ZERO; BLINDINGS]);
    for value in blinding.iter_mut() {
        *value = Scalar::from_ark(random_scalar(&mut rng));
    }
    let (blinding_wires, blinding_z) = blinding.split_at(WIRE_BLINDINGS);
    let cosets = Cosets::new(&key.domain);
    let commit = |polynomial: &[Scalar], stage: &'static str| -> Result<Affine<G1>> {
        observer.checkpoint()?;
        let sum = poly::commit(key.powers(), polynomial, observer)?;
        observer.finished(stage);
        Ok(sum.into_affine())
    };

    // Round 1: C1 joins the wires and the gates' quotient.
    let wires = wires(key, witness, blinding_wires)?;
    let public: Vec<Fr> = wires[0][..key.public_count()]
        .iter()
        .map(|value| value.to_ark())
        .collect();
    check_gates(key, &wires)?;
    observer.finished("parse");
    let polynomials = wires
        .each_ref()
        .map(|values| Secret::new(poly::interpolate(&key.domain, values)));
    let shifted = |coset: u64| {
        polynomials
            .each_ref()
            .map(|p| Secret::new(cosets.evaluate(p, coset)))
    };
    let (first, third) = (shifted(1), shifted(3));
    let t0 = gate_quotient(key, &cosets, &first, &third, &public);
    key.release(&key.selectors);
    let [a, b, c] = &polynomials;
    let c1 = interleave(8 * key.domain_size(), [a, b, c, &t0]);
    drop(t0);
    observer.finished("transforms");
    let point_c1 = commit(&c1, "msm_c1")?;

    // Round 2: C2 joins the permutation's product and its quotients.
    let (beta, gamma) = permutation_challenges(vk, &public, &point_c1);
    let permutation = Permutation::new(key, &cosets, beta, gamma);
    let z = permutation.product(&wires, blinding_z)?;
    drop(wires);
    let second = shifted(2);
    drop(polynomials);
    let t2 = permutation.quotient(&z, [&first, &second, &third]);
    drop((first, second, third));
    key.release(&key.sigmas);
    let t1 = start_quotient(&z, key.domain.size_inverse());
    let c2 = interleave(9 * key.domain_size(), [&z, &t1, &t2]);
    drop((z, t1, t2));
    drop(cosets);
    observer.finished("permutation");
    let point_c2 = commit(&c2, "msm_c2")?;

    // Rounds 3 and 4: values at the roots of ξ; W1 says that they are the polynomials' values.
    let points = Points::new(vk, &gamma, &point_c2);
    let openings = Openings::new(key, &c1, &c2, &points);
    let evaluations = openings.evaluations();
    let alpha = points.alpha(&evaluations);
    let quotient = openings.quotient(&alpha);
    observer.finished("opening");
    let point_w1 = commit(&quotient, "msm_w1")?;

    // Round 5: W2 says that W1 is such a quotient, at y.
    let y = opening_point(&alpha, &point_w1);
    let last = openings.last(&alpha, &y, quotient);
    drop((c1, c2));
    let point_w2 = commit(&last, "msm_w2")?;
    drop(last);

    let proof = Proof {
        c1: point_c1,
        c2: point_c2,
        w1: point_w1,
        w2: point_w2,
        evaluations,
        inverse: denominators(vk, &points, &y).inverse().unwrap_or(Fr::one()),
    };
    observer.checkpoint()?;
    if !verify(vk, &public, &proof)? {
        return Err(Error::NotSatisfied);
    }
    observer.finished("check");
    Ok((proof, public))
}

/// The polynomial Σ X^k P_k(X^N).
fn interleave<const N: usize>(length: usize, parts: [&Secret; N]) -> Secret {
    let mut out = Secret::new(vec![Scalar::ZERO; length]);
    out.par_chunks_mut(N)
        .with_min_len(CHUNK / N)
        .enumerate()
        .for_each(|(i, out)| {
            for (out, part) in out.iter_mut().zip(parts) {
                if let Some(value) = part.get(i) {
                    *out = *value;
                }
            }
        });
    out
}
