//! Verification: one pairing equation `e(L, tau·G2) = e(R, G2)`, linear in the points of key and proof.

use crate::curve::{G1, G2};
use crate::error::{Error, Result};
use crate::fft::root;
use crate::field::Fr;
use crate::groth16::generator;
use crate::plonk::challenges::Challenges;
use crate::plonk::proof::Proof;
use crate::plonk::vkey::VerifyingKey;
use ark_bn254::Bn254;
use ark_ec::pairing::Pairing;
use ark_ec::short_weierstrass::{Affine, Projective};
use ark_ec::{CurveGroup, PrimeGroup, VariableBaseMSM};
use ark_ff::{batch_inversion, AdditiveGroup, Field, Zero};
use rand_chacha::rand_core::RngCore;

/// The factors of the points in one proof's equation.
struct Equation {
    /// L: of Wxi and Wxiw.
    left: [Fr; 2],
    /// R: of the key's commitments, in the order of the transcript.
    key: [Fr; 8],
    /// R: of the proof's points, in their order.
    proof: [Fr; 9],
    /// R: of the generator.
    generator: Fr,
}

/// Whether the proof holds.
pub fn verify(key: &VerifyingKey, public: &[Fr], proof: &Proof) -> Result<bool> {
    check_count(key, public)?;
    let Some(equation) = Equation::new(key, public, proof) else {
        return Ok(false);
    };
    Ok(holds(key, [(Fr::ONE, &equation, proof)]))
}

/// Whether all proofs hold, by one pairing product over a random linear combination. A batch with a false proof
/// passes with chance 2^-128; an empty one holds.
pub fn verify_batch(key: &VerifyingKey, batch: &[(Vec<Fr>, Proof)]) -> Result<bool> {
    let mut rng = generator(None)?;
    let mut equations = Vec::with_capacity(batch.len());
    for (public, proof) in batch {
        check_count(key, public)?;
        let Some(equation) = Equation::new(key, public, proof) else {
            return Ok(false);
        };
        let factor = Fr::from(u128::from(rng.next_u64()) << 64 | u128::from(rng.next_u64()));
        equations.push((factor, equation, proof));
    }
    Ok(holds(key, equations.iter().map(|(f, e, p)| (*f, e, *p))))
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

/// Whether the sum of the equations, each times its factor, holds.
fn holds<'a>(key: &VerifyingKey, list: impl IntoIterator<Item = (Fr, &'a Equation, &'a Proof)>) -> bool {
    let (mut left_points, mut left_factors) = (Vec::new(), Vec::new());
    let mut points = key.commitments().to_vec();
    points.push(Projective::<G1>::generator().into_affine());
    let mut factors = vec![Fr::ZERO; points.len()];
    for (factor, equation, proof) in list {
        left_points.extend([proof.wxi, proof.wxiw]);
        left_factors.extend(equation.left.map(|f| f * factor));
        for (sum, term) in factors
            .iter_mut()
            .zip(equation.key.iter().chain([&equation.generator]))
        {
            *sum += factor * term;
        }
        points.extend(proof.points());
        factors.extend(equation.proof.map(|f| f * factor));
    }
    let sum = |points: &[Affine<G1>], factors: &[Fr]| {
        <Projective<G1> as VariableBaseMSM>::msm_unchecked(points, factors).into_affine()
    };
    let product = Bn254::multi_pairing(
        [sum(&left_points, &left_factors), -sum(&points, &factors)],
        [key.x_2, Projective::<G2>::generator().into_affine()],
    );
    product.is_zero()
}

/// The first Lagrange polynomials at `xi`, one at least; `None` if `xi` lies in the domain, where they are not defined
/// by the quotient. `vanishing` is `xi^n - 1`.
pub fn lagrange(xi: &Fr, vanishing: &Fr, power: u32, count: usize) -> Option<Vec<Fr>> {
    if *vanishing == Fr::ZERO {
        return None;
    }
    let step = root(power);
    let mut nodes = vec![Fr::ONE; count.max(1)];
    for i in 1..nodes.len() {
        nodes[i] = nodes[i - 1] * step;
    }
    let size = Fr::from(1u64 << power);
    let mut values: Vec<Fr> = nodes.iter().map(|w| size * (*xi - w)).collect();
    batch_inversion(&mut values);
    for (value, node) in values.iter_mut().zip(&nodes) {
        *value *= *node * vanishing;
    }
    Some(values)
}

impl Equation {
    /// `None` if the proof's own points lead to a challenge inside the domain.
    fn new(key: &VerifyingKey, public: &[Fr], proof: &Proof) -> Option<Self> {
        let Challenges {
            beta,
            gamma,
            alpha,
            xi,
            v,
            u,
        } = Challenges::of(key, public, proof);
        let [a, b, c, s1, s2, zw] = proof.evaluations();
        let xi_n = xi.pow([1u64 << key.power]);
        let vanishing = xi_n - Fr::ONE;
        let lagrange = lagrange(&xi, &vanishing, key.power, public.len())?;
        let inputs: Fr = public.iter().zip(&lagrange).map(|(s, l)| *s * l).sum();

        // The permutation's two products without their last factors, times alpha.
        let beta_xi = beta * xi;
        let identity =
            (a + beta_xi + gamma) * (b + beta_xi * key.k1 + gamma) * (c + beta_xi * key.k2 + gamma) * alpha;
        let copied = (a + beta * s1 + gamma) * (b + beta * s2 + gamma) * alpha * zw;
        let start = lagrange[0] * alpha.square();
        // The constant part of the linearisation, negative, is what its commitment lacks.
        let constant = -inputs - start - copied * (c + gamma);

        let mut powers = [v; 5];
        for i in 1..5 {
            powers[i] = powers[i - 1] * v;
        }
        let [v1, v2, v3, v4, v5] = powers;
        let opened = v1 * a + v2 * b + v3 * c + v4 * s1 + v5 * s2 + u * zw - constant;
        Some(Equation {
            left: [Fr::ONE, u],
            key: [a * b, a, b, c, Fr::ONE, v4, v5, -(copied * beta)],
            proof: [
                v1,
                v2,
                v3,
                identity + start + u,
                -vanishing,
                -vanishing * xi_n,
                -vanishing * xi_n.square(),
                xi,
                u * xi * root(key.power),
            ],
            generator: -opened,
        })
    }
}
