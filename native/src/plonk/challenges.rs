//! The challenges of the five rounds, each hashed from what the prover has said until then.

use crate::curve::G1;
use crate::field::Fr;
use crate::plonk::proof::Proof;
use crate::plonk::vkey::VerifyingKey;
use crate::plonkish::transcript::Transcript;
use ark_ec::short_weierstrass::Affine;

/// Round 2: the whole key, every public signal and the wire commitments.
pub fn beta(key: &VerifyingKey, public: &[Fr], wires: &[Affine<G1>; 3]) -> Fr {
    Transcript::new()
        .points(&key.commitments())
        .scalars(public)
        .points(wires)
        .challenge()
}

/// Round 2, second.
pub fn gamma(beta: &Fr) -> Fr {
    Transcript::new().scalar(beta).challenge()
}

/// Round 3.
pub fn alpha(beta: &Fr, gamma: &Fr, z: &Affine<G1>) -> Fr {
    Transcript::new().scalar(beta).scalar(gamma).point(z).challenge()
}

/// Round 4: where the polynomials are opened.
pub fn xi(alpha: &Fr, quotient: &[Affine<G1>; 3]) -> Fr {
    Transcript::new().scalar(alpha).points(quotient).challenge()
}

/// Round 5: what folds the openings at xi.
pub fn v(xi: &Fr, evaluations: &[Fr; 6]) -> Fr {
    Transcript::new().scalar(xi).scalars(evaluations).challenge()
}

/// The verifier's: what folds the two openings.
pub fn u(wxi: &Affine<G1>, wxiw: &Affine<G1>) -> Fr {
    Transcript::new().point(wxi).point(wxiw).challenge()
}

/// All of them.
pub struct Challenges {
    pub beta: Fr,
    pub gamma: Fr,
    pub alpha: Fr,
    pub xi: Fr,
    pub v: Fr,
    pub u: Fr,
}

impl Challenges {
    /// The challenges that a finished proof had to answer.
    pub fn of(key: &VerifyingKey, public: &[Fr], proof: &Proof) -> Self {
        let beta = beta(key, public, &[proof.a, proof.b, proof.c]);
        let gamma = gamma(&beta);
        let alpha = alpha(&beta, &gamma, &proof.z);
        let xi = xi(&alpha, &[proof.t1, proof.t2, proof.t3]);
        Challenges {
            beta,
            gamma,
            alpha,
            xi,
            v: v(&xi, &proof.evaluations()),
            u: u(&proof.wxi, &proof.wxiw),
        }
    }
}
