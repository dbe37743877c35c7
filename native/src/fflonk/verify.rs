//! FFLONK verification, one proof or many, and what prover and verifier both derive from the transcript.

use super::proof::{Evaluations, Proof};
use super::vkey::VerifyingKey;
use crate::curve::{G1, G2};
use crate::error::{Error, Result};
use crate::field::Fr;
use crate::plonkish::transcript::Transcript;
use ark_bn254::Bn254;
use ark_ec::pairing::Pairing;
use ark_ec::short_weierstrass::{Affine, Projective};
use ark_ec::{AffineRepr, CurveGroup, VariableBaseMSM};
use ark_ff::{batch_inversion, Field, One, Zero};

/// β and γ of the permutation.
pub(super) fn permutation_challenges(key: &VerifyingKey, public: &[Fr], c1: &Affine<G1>) -> (Fr, Fr) {
    let beta = Transcript::new()
        .point(&key.c0)
        .scalars(public)
        .point(c1)
        .challenge();
    (beta, Transcript::new().scalar(&beta).challenge())
}

/// Where the polynomials are opened. All roots come from one seed s: ξ = s^24.
pub(super) struct Points {
    seed: Fr,
    pub xi: Fr,
    /// ω ξ
    pub xi_w: Fr,
    /// Roots of X^8 - ξ, X^4 - ξ and (X^3 - ξ)(X^3 - ωξ).
    s0: [Fr; 8],
    s1: [Fr; 4],
    s2: [Fr; 6],
}

impl Points {
    pub(super) fn new(key: &VerifyingKey, gamma: &Fr, c2: &Affine<G1>) -> Self {
        let seed = Transcript::new().scalar(gamma).point(c2).challenge();
        let cube = seed.square() * seed;
        let sixth = cube.square();
        let eighth = sixth * seed.square();
        let orbit = |start: Fr, step: Fr, index: usize| start * step.pow([index as u64]);
        let xi = eighth.square() * eighth;
        Points {
            seed,
            xi,
            xi_w: xi * key.w(),
            s0: std::array::from_fn(|i| orbit(cube, key.w8, i)),
            s1: std::array::from_fn(|i| orbit(sixth, key.w4, i)),
            s2: std::array::from_fn(|i| {
                let start = if i < 3 { eighth } else { eighth * key.wr };
                orbit(start, key.w3, i % 3)
            }),
        }
    }

    /// α, which joins the openings.
    pub(super) fn alpha(&self, evaluations: &Evaluations) -> Fr {
        Transcript::new()
            .scalar(&self.seed)
            .scalars(&evaluations.to_array())
            .challenge()
    }
}

/// y, where the joined quotient is opened.
pub(super) fn opening_point(alpha: &Fr, w1: &Affine<G1>) -> Fr {
    Transcript::new().scalar(alpha).point(w1).challenge()
}

/// The vanishing polynomials of the three sets of roots at y.
pub(super) struct Vanishing {
    pub h0: Fr,
    pub h1: Fr,
    pub h2: Fr,
}

impl Vanishing {
    pub(super) fn new(points: &Points, y: &Fr) -> Self {
        let cube = y.square() * y;
        Vanishing {
            h0: y.square().square().square() - points.xi,
            h1: y.square().square() - points.xi,
            h2: (cube - points.xi) * (cube - points.xi_w),
        }
    }
}

/// The product of every denominator that the contract inverts: X^n - 1 at ξ, H1 and H2 at y, those of the Lagrange
/// polynomials of the three sets at y, those of the domain's first rows at ξ.
pub(super) fn denominators(key: &VerifyingKey, points: &Points, y: &Fr) -> Fr {
    let vanishing = Vanishing::new(points, y);
    let size = Fr::from(1u64 << key.power);
    let mut product = (points.xi.pow([1u64 << key.power]) - Fr::one()) * vanishing.h1 * vanishing.h2;
    let mut orbit = |roots: &[Fr], factor: Fr| {
        let count = roots.len();
        for (i, root) in roots.iter().enumerate() {
            product *= factor * roots[(count - 1) * i % count] * (*y - root);
        }
    };
    let derivative = |roots: &[Fr]| {
        let count = roots.len() as u64;
        Fr::from(count) * roots[0].pow([count - 2])
    };
    orbit(&points.s0, derivative(&points.s0));
    orbit(&points.s1, derivative(&points.s1));
    let (first, second) = points.s2.split_at(3);
    let apart = points.xi - points.xi_w;
    orbit(first, derivative(first) * apart);
    orbit(second, -(derivative(second) * apart));
    let mut root = Fr::one();
    for _ in 0..key.public_count().max(1) {
        product *= size * (points.xi - root);
        root *= key.w();
    }
    product
}

/// The inverse that a proof must carry, whatever it carries; `None` if a denominator is zero.
pub fn inverse(key: &VerifyingKey, public: &[Fr], proof: &Proof) -> Option<Fr> {
    let challenges = Challenges::new(key, public, proof);
    denominators(key, &challenges.points, &challenges.y).inverse()
}

/// All that a verifier draws.
struct Challenges {
    beta: Fr,
    gamma: Fr,
    points: Points,
    alpha: Fr,
    y: Fr,
}

impl Challenges {
    fn new(key: &VerifyingKey, public: &[Fr], proof: &Proof) -> Self {
        let (beta, gamma) = permutation_challenges(key, public, &proof.c1);
        let points = Points::new(key, &gamma, &proof.c2);
        let alpha = points.alpha(&proof.evaluations);
        let y = opening_point(&alpha, &proof.w1);
        Challenges {
            beta,
            gamma,
            points,
            alpha,
            y,
        }
    }
}

/// Scalars of C0, C1, C2, W1, W2 and G1's generator: a proof holds if their sum, paired with G2's generator, equals W2
/// paired with τ. `None` if the proof is wrong already.
fn claim(key: &VerifyingKey, public: &[Fr], proof: &Proof) -> Option<[Fr; 6]> {
    let e = &proof.evaluations;
    let Challenges {
        beta,
        gamma,
        points,
        alpha,
        y,
    } = Challenges::new(key, public, proof);
    if denominators(key, &points, &y) * proof.inverse != Fr::one() {
        return None;
    }

    let zh = points.xi.pow([1u64 << key.power]) - Fr::one();
    let vanishing = Vanishing::new(&points, &y);
    // No denominator is zero, since their product has an inverse.
    let mut inverses = vec![zh, vanishing.h1, vanishing.h2];
    let size = Fr::from(1u64 << key.power);
    let mut roots = Vec::with_capacity(public.len().max(1));
    let mut root = Fr::one();
    for _ in 0..public.len().max(1) {
        roots.push(root);
        inverses.push(size * (points.xi - root));
        root *= key.w();
    }
    batch_inversion(&mut inverses);
    let (zh_inverse, h1_inverse, h2_inverse) = (inverses[0], inverses[1], inverses[2]);
    let lagrange: Vec<Fr> = roots
        .iter()
        .zip(&inverses[3..])
        .map(|(w, d)| zh * w * d)
        .collect();
    let inputs: Fr = public.iter().zip(&lagrange).map(|(p, l)| *p * l).sum();

    let gate = e.ql * e.a + e.qr * e.b + e.qm * e.a * e.b + e.qo * e.c + e.qc - inputs;
    let t0 = gate * zh_inverse;
    let t1 = (e.z - Fr::one()) * lagrange[0] * zh_inverse;
    let shift = beta * points.xi;
    let identity =
        (e.a + shift + gamma) * (e.b + shift * key.k1 + gamma) * (e.c + shift * key.k2 + gamma) * e.z;
    let permuted =
        (e.a + beta * e.s1 + gamma) * (e.b + beta * e.s2 + gamma) * (e.c + beta * e.s3 + gamma) * e.zw;
    let t2 = (identity - permuted) * zh_inverse;

    // The remainders R0, R1, R2 of the three commitments modulo their vanishing polynomials, at y.
    let r0 = horner(&[e.ql, e.qr, e.qo, e.qm, e.qc, e.s1, e.s2, e.s3], &y);
    let r1 = horner(&[e.a, e.b, e.c, t0], &y);
    let r2 = remainder_at(&points, [e.z, t1, t2], [e.zw, e.t1w, e.t2w], &y)?;
    let q1 = alpha * vanishing.h0 * h1_inverse;
    let q2 = alpha.square() * vanishing.h0 * h2_inverse;
    let constant = -(r0 + q1 * r1 + q2 * r2);
    Some([Fr::one(), q1, q2, -vanishing.h0, y, constant])
}

/// R2 at y: it is `here` modulo X^3 - ξ and `next` modulo X^3 - ωξ.
pub(super) fn remainder_at(points: &Points, here: [Fr; 3], next: [Fr; 3], y: &Fr) -> Option<Fr> {
    let inverse = (points.xi_w - points.xi).inverse()?;
    let slope: [Fr; 3] = std::array::from_fn(|i| (next[i] - here[i]) * inverse);
    Some(horner(&here, y) + (y.square() * y - points.xi) * horner(&slope, y))
}

/// The polynomial of these coefficients at `point`.
pub(super) fn horner(coefficients: &[Fr], point: &Fr) -> Fr {
    let sum = |sum: Fr, c: &Fr| sum * point + c;
    coefficients.iter().rev().fold(Fr::zero(), sum)
}

/// Whether the proof holds.
pub fn verify(key: &VerifyingKey, public: &[Fr], proof: &Proof) -> Result<bool> {
    check_count(key, public)?;
    let Some([_, scalars @ ..]) = claim(key, public, proof) else {
        return Ok(false);
    };
    let bases = [proof.c1, proof.c2, proof.w1, proof.w2, Affine::<G1>::generator()];
    let left = Projective::<G1>::msm_unchecked(&bases, &scalars) + key.c0;
    Ok(pairing_holds(key, left, proof.w2.into_group()))
}

/// Whether all proofs hold: their claims times random numbers, summed into one pairing product. A wrong proof passes
/// with chance 2^-128.
pub fn verify_batch(key: &VerifyingKey, proofs: &[(Vec<Fr>, Proof)]) -> Result<bool> {
    for (public, _) in proofs {
        check_count(key, public)?;
    }
    let mut random = vec![0u8; 16 * proofs.len()];
    getrandom::fill(&mut random).map_err(|e| Error::Argument(format!("no system randomness: {e}")))?;
    let mut bases = vec![key.c0, Affine::<G1>::generator()];
    let mut scalars = vec![Fr::zero(); 2];
    let (mut openings, mut factors) = (Vec::new(), Vec::new());
    for ((public, proof), bytes) in proofs.iter().zip(random.chunks_exact(16)) {
        let Some(scaled) = claim(key, public, proof) else {
            return Ok(false);
        };
        let mut number = [0u8; 16];
        number.copy_from_slice(bytes);
        let factor = Fr::from(u128::from_le_bytes(number));
        let [c0, c1, c2, w1, w2, one] = scaled.map(|s| s * factor);
        scalars[0] += c0;
        scalars[1] += one;
        bases.extend([proof.c1, proof.c2, proof.w1, proof.w2]);
        scalars.extend([c1, c2, w1, w2]);
        openings.push(proof.w2);
        factors.push(factor);
    }
    let left = Projective::<G1>::msm_unchecked(&bases, &scalars);
    let right = Projective::<G1>::msm_unchecked(&openings, &factors);
    Ok(pairing_holds(key, left, right))
}

fn check_count(key: &VerifyingKey, public: &[Fr]) -> Result<()> {
    if public.len() != key.public_count() {
        return Err(Error::SignalCount {
            expected: key.public_count(),
            actual: public.len(),
        });
    }
    Ok(())
}

/// Whether e(left, G2) = e(right, τ·G2).
fn pairing_holds(key: &VerifyingKey, left: Projective<G1>, right: Projective<G1>) -> bool {
    let product = Bn254::multi_pairing(
        [left.into_affine(), -right.into_affine()],
        [Affine::<G2>::generator(), key.x_2],
    );
    product.is_zero()
}
