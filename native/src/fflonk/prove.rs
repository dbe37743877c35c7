//! The FFLONK prover, round by round.

use super::cosets::{join_three, join_two, Cosets};
use super::opening::{Borders, PIECE};
use super::proof::{Evaluations, Proof};
use super::verify::{
    denominators, horner, opening_point, permutation_challenges, remainder_at, verify, Points, Vanishing,
};
use super::vkey::BLINDING_ROWS;
use super::zkey::ProvingKey;
use crate::curve::G1;
use crate::error::{Error, Observer, Result};
use crate::field::{less, limbs, Fr, R_LIMBS};
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

/// Elements that one task takes at least.
const CHUNK: usize = 1 << 11;
/// Random scalars: two values of each wire, three coefficients of Z.
const BLINDINGS: usize = 9;

/// Values that the witness can be learned from; wiped when dropped.
type Secret = Zeroizing<Vec<Scalar>>;

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
    let mut rng = generator(seed)?;
    let mut blinding = Zeroizing::new([Scalar::ZERO; BLINDINGS]);
    for value in blinding.iter_mut() {
        *value = Scalar::from_ark(random_scalar(&mut rng));
    }
    let cosets = Cosets::new(&key.domain);

    // Round 1: the wires and the gate quotient.
    let wires = wires(key, witness, &blinding)?;
    let public: Vec<Fr> = wires[0][..key.public_count()]
        .iter()
        .map(|value| value.to_ark())
        .collect();
    observer.finished("parse");
    check_gates(key, &wires)?;
    let polynomials = wires
        .each_ref()
        .map(|values| Secret::new(poly::interpolate(&key.domain, values)));
    let shifted = |coset: u64| {
        let [a, b, c] = &polynomials;
        [a, b, c].map(|p| Secret::new(cosets.evaluate(p, coset)))
    };
    let [first, third] = [1, 3].map(shifted);
    let t0 = gate_quotient(key, &cosets, &first, &third, &public);
    let [a, b, c] = &polynomials;
    let c1 = interleave(8 * key.domain_size(), [a, b, c, &t0]);
    drop(t0);
    observer.finished("transforms");
    let commit = |polynomial: &[Scalar], stage: &'static str| -> Result<Affine<G1>> {
        observer.checkpoint()?;
        let sum = poly::commit(key.powers(), polynomial, observer)?;
        observer.finished(stage);
        Ok(sum.into_affine())
    };
    let point_c1 = commit(&c1, "msm_c1")?;

    // Round 2: the permutation.
    let vk = &key.verifying_key;
    let (beta, gamma) = permutation_challenges(vk, &public, &point_c1);
    let permutation = Permutation {
        key,
        cosets: &cosets,
        beta: Scalar::from_ark(beta),
        gamma: Scalar::from_ark(gamma),
        shifts: [Fr::one(), vk.k1, vk.k2].map(|k| Scalar::from_ark(k * beta)),
    };
    let z = permutation.product(&wires, &blinding[6..])?;
    drop(wires);
    let second = shifted(2);
    drop(polynomials);
    let t2 = permutation.quotient(&z, [&first, &second, &third]);
    drop((first, second, third));
    let t1 = start_quotient(&z, key.domain.size_inverse());
    let c2 = interleave(9 * key.domain_size(), [&z, &t1, &t2]);
    drop((z, t1, t2));
    observer.finished("permutation");
    let point_c2 = commit(&c2, "msm_c2")?;

    // Round 3: remainders are evaluations.
    let points = Points::new(vk, &gamma, &point_c2);
    let (xi, xi_w) = (Scalar::from_ark(points.xi), Scalar::from_ark(points.xi_w));
    let circuit = |index: usize| key.combined(index);
    let ((r0, r1), (here, next)) = rayon::join(
        || {
            rayon::join(
                || Borders::<8>::new(8 * key.domain_size(), xi, circuit),
                || Borders::<4>::new(c1.len(), xi, |i| c1[i]),
            )
        },
        || {
            rayon::join(
                || Borders::<3>::new(c2.len(), xi, |i| c2[i]),
                || Borders::<3>::new(c2.len(), xi_w, |i| c2[i]),
            )
        },
    );
    let [ql, qr, qo, qm, qc, s1, s2, s3] = r0.remainder().map(Scalar::to_ark);
    let [a, b, c, t0] = r1.remainder().map(Scalar::to_ark);
    let [z, t1, t2] = here.remainder().map(Scalar::to_ark);
    let [zw, t1w, t2w] = next.remainder().map(Scalar::to_ark);
    let evaluations = Evaluations {
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
    };

    // Round 4: the openings of C0, C1 and C2, joined by α.
    let alpha = points.alpha(&evaluations);
    // 1 / ((X^3 - ξ)(X^3 - ωξ)) = (1 / (X^3 - ξ) - 1 / (X^3 - ωξ)) / (ξ - ωξ)
    let apart = (points.xi - points.xi_w).inverse().unwrap_or(Fr::one());
    let (join1, join2) = (Scalar::from_ark(alpha), Scalar::from_ark(alpha.square() * apart));
    let mut f = Secret::new(vec![Scalar::ZERO; c2.len()]);
    f.par_chunks_mut(PIECE).enumerate().for_each(|(piece, out)| {
        let (mut d0, mut d1) = (r0.descend(piece), r1.descend(piece));
        let (mut here, mut next) = (here.descend(piece), next.descend(piece));
        for (offset, out) in out.iter_mut().enumerate().rev() {
            let i = piece * PIECE + offset;
            let last = c2[i];
            *out = join2 * (here.step(i, last) - next.step(i, last));
            if i < c1.len() {
                *out += d0.step(i, circuit(i)) + join1 * d1.step(i, c1[i]);
            }
        }
    });
    observer.finished("opening");
    let point_w1 = commit(&f, "msm_w1")?;

    // Round 5: everything at y.
    let y = opening_point(&alpha, &point_w1);
    let vanishing = Vanishing::new(&points, &y);
    let quotient = |h: Fr| h.inverse().unwrap_or(Fr::one()) * vanishing.h0;
    let q1 = alpha * quotient(vanishing.h1);
    let q2 = alpha.square() * quotient(vanishing.h2);
    let at_y = horner(&[ql, qr, qo, qm, qc, s1, s2, s3], &y)
        + q1 * horner(&[a, b, c, t0], &y)
        + q2 * remainder_at(&points, [z, t1, t2], [zw, t1w, t2w], &y).unwrap_or(Fr::one());
    let (q1, q2) = (Scalar::from_ark(q1), Scalar::from_ark(q2));
    let h0 = Scalar::from_ark(vanishing.h0);
    f.par_iter_mut()
        .enumerate()
        .with_min_len(CHUNK)
        .for_each(|(i, f)| {
            let mut sum = q2 * c2[i] - h0 * *f;
            if i < c1.len() {
                sum += circuit(i) + q1 * c1[i];
            }
            *f = sum;
        });
    drop((c1, c2));
    f[0] -= Scalar::from_ark(at_y);
    let l = Borders::<1>::new(f.len(), Scalar::from_ark(y), |i| f[i]);
    f.par_chunks_mut(PIECE).enumerate().for_each(|(piece, values)| {
        let mut descent = l.descend(piece);
        for value in values.iter_mut().rev() {
            *value = descent.step(0, *value);
        }
    });
    let point_w2 = commit(&f, "msm_w2")?;
    drop(f);

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

/// The values of the three wires at all rows: those of the gates, zeros, two random ones.
fn wires(key: &ProvingKey, witness: &[u8], blinding: &[Scalar; BLINDINGS]) -> Result<[Secret; 3]> {
    // R² modulo r: a multiplication by it takes plain limbs to Montgomery form.
    let radix = Scalar::from_ark(Fr::from(2u64).pow([256]));
    let mut values = Secret::new(Vec::with_capacity(key.signal_count + key.additions().len()));
    for (i, bytes) in witness.chunks_exact(32).enumerate() {
        let plain = limbs(bytes);
        if !less(&plain, &R_LIMBS) {
            let offset = 32 * i as u64;
            return Err(Error::format("witness", offset, "value not below the modulus"));
        }
        values.push(Scalar::raw(plain) * radix);
    }
    // Signal 0 fills cells that no gate uses; zero is what snarkjs has there.
    values[0] = Scalar::ZERO;
    for [(left, x), (right, y)] in key.additions() {
        let sum = x * values[left] + y * values[right];
        values.push(sum);
    }
    let size = key.domain_size();
    let mut out = [0, 1, 2].map(|_| Secret::new(vec![Scalar::ZERO; size]));
    let [a, b, c] = &mut out;
    a.par_iter_mut()
        .zip(b.par_iter_mut())
        .zip(c.par_iter_mut())
        .take(key.constraint_count)
        .with_min_len(CHUNK)
        .enumerate()
        .for_each(|(gate, ((a, b), c))| [*a, *b, *c] = key.wires(gate).map(|signal| values[signal]));
    for (values, random) in out.iter_mut().zip(blinding.chunks_exact(BLINDING_ROWS)) {
        values[size - BLINDING_ROWS..].copy_from_slice(random);
    }
    Ok(out)
}

/// That the witness satisfies every gate, so that a wrong one costs little.
fn check_gates(key: &ProvingKey, [a, b, c]: &[Secret; 3]) -> Result<()> {
    let satisfied = (0..key.constraint_count)
        .into_par_iter()
        .with_min_len(CHUNK)
        .all(|i| {
            let [ql, qr, qm, qo, qc] = key.selectors.each_ref().map(|q| key.value(q, 4 * i));
            let input = if i < key.public_count() {
                a[i]
            } else {
                Scalar::ZERO
            };
            ql * a[i] + qr * b[i] + qm * a[i] * b[i] + qo * c[i] + qc == input
        });
    if satisfied {
        Ok(())
    } else {
        Err(Error::NotSatisfied)
    }
}

/// T0: the gates' polynomial over X^n - 1. Its degree is below 2n, so two cosets decide it.
fn gate_quotient(
    key: &ProvingKey,
    cosets: &Cosets<'_>,
    first: &[Secret; 3],
    third: &[Secret; 3],
    public: &[Fr],
) -> Secret {
    let mut inputs = vec![Scalar::ZERO; key.domain_size()];
    for (input, signal) in inputs.iter_mut().zip(public) {
        *input = Scalar::from_ark(*signal);
    }
    let inputs = poly::interpolate(&key.domain, &inputs);
    let quotient = |[a, b, c]: &[Secret; 3], coset: u64| -> Secret {
        let mut out = Secret::new(cosets.evaluate(&inputs, coset));
        let vanishing = Cosets::level(coset) - Fr::one();
        let inverse = Scalar::from_ark(vanishing.inverse().unwrap_or(Fr::one()));
        out.par_iter_mut()
            .enumerate()
            .with_min_len(CHUNK)
            .for_each(|(i, value)| {
                let place = cosets.place(coset, i);
                let [ql, qr, qm, qo, qc] = key.selectors.each_ref().map(|q| key.value(q, place));
                let gate = a[i] * (ql + qm * b[i]) + qr * b[i] + qo * c[i] + qc;
                *value = (gate - *value) * inverse;
            });
        cosets.interpolate(&mut out, coset);
        out
    };
    let (first, third) = rayon::join(|| quotient(first, 1), || quotient(third, 3));
    Secret::new(join_two(&first, &third))
}

/// T1 = (Z - 1) L1 / (X^n - 1) = (Z - 1) / (n (X - 1)), a sum from the top.
fn start_quotient(z: &[Scalar], size_inverse: Scalar) -> Secret {
    let mut out = Secret::new(vec![Scalar::ZERO; z.len() - 1]);
    let mut sum = Scalar::ZERO;
    for (out, z) in out.iter_mut().zip(&z[1..]).rev() {
        sum += *z;
        *out = sum * size_inverse;
    }
    out
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

/// The copy constraints under the challenges β and γ.
struct Permutation<'a> {
    key: &'a ProvingKey,
    cosets: &'a Cosets<'a>,
    beta: Scalar,
    gamma: Scalar,
    /// β times the shifts of the three wires' cells.
    shifts: [Scalar; 3],
}

impl Permutation<'_> {
    /// The product of wires with their own cells' labels.
    #[inline(always)]
    fn identity(&self, [a, b, c]: [Scalar; 3], x: Scalar) -> Scalar {
        let [k0, k1, k2] = self.shifts;
        (a + k0 * x + self.gamma) * (b + k1 * x + self.gamma) * (c + k2 * x + self.gamma)
    }

    /// The product of wires with the labels of the cells they are copied from; `place` is in the key.
    #[inline(always)]
    fn permuted(&self, [a, b, c]: [Scalar; 3], place: usize) -> Scalar {
        let [s1, s2, s3] = self.key.sigmas.each_ref().map(|s| self.key.value(s, place));
        (a + self.beta * s1 + self.gamma)
            * (b + self.beta * s2 + self.gamma)
            * (c + self.beta * s3 + self.gamma)
    }

    /// Z, blinded: its n + 3 coefficients.
    fn product(&self, [a, b, c]: &[Secret; 3], blinding: &[Scalar]) -> Result<Secret> {
        let mut ratios = Secret::new(vec![Scalar::ZERO; self.key.domain_size()]);
        let products: Option<Vec<Scalar>> = ratios
            .par_chunks_mut(CHUNK)
            .enumerate()
            .map(|(chunk, ratios)| {
                let wires = |i: usize| [a[i], b[i], c[i]];
                let start = chunk * CHUNK;
                let mut product = Scalar::ONE;
                for (i, ratio) in ratios.iter_mut().enumerate() {
                    *ratio = product;
                    product *= self.permuted(wires(start + i), 4 * (start + i));
                }
                let mut inverse = product.inverse()?;
                let mut whole = Scalar::ONE;
                for (i, ratio) in ratios.iter_mut().enumerate().rev() {
                    let at = start + i;
                    let numerator = self.identity(wires(at), self.cosets.roots[at]);
                    let before = *ratio * inverse;
                    inverse *= self.permuted(wires(at), 4 * at);
                    *ratio = before * numerator;
                    whole *= *ratio;
                }
                Some(whole)
            })
            .collect();
        // A zero among the denominators would need one chosen challenge of 2^254.
        let products = products.ok_or(Error::NotSatisfied)?;
        let mut starts = Vec::with_capacity(products.len());
        let mut total = Scalar::ONE;
        for product in products {
            starts.push(total);
            total *= product;
        }
        if total != Scalar::ONE {
            return Err(Error::NotSatisfied);
        }
        ratios
            .par_chunks_mut(CHUNK)
            .zip(starts)
            .for_each(|(ratios, start)| {
                let mut product = start;
                for ratio in ratios {
                    let next = product * *ratio;
                    *ratio = product;
                    product = next;
                }
            });
        let mut z = poly::interpolate(&self.key.domain, &ratios);
        z.reserve_exact(blinding.len());
        // Plus (X^n - 1) times a random polynomial, whose coefficients snarkjs takes in this order.
        for (i, random) in blinding.iter().rev().enumerate() {
            z[i] -= *random;
            z.push(*random);
        }
        Ok(Secret::new(z))
    }

    /// T2: the permutation's polynomial over X^n - 1. Its degree is below 3n, so three cosets decide it.
    fn quotient(&self, z: &[Scalar], wires: [&[Secret; 3]; 3]) -> Secret {
        let size = self.key.domain_size();
        let parts: Vec<Secret> = wires
            .into_par_iter()
            .zip([1, 2, 3])
            .map(|([a, b, c], coset)| {
                let z = Secret::new(self.cosets.evaluate(z, coset));
                let shift = Scalar::from_ark(self.cosets.shift(coset));
                let vanishing = Cosets::level(coset) - Fr::one();
                let inverse = Scalar::from_ark(vanishing.inverse().unwrap_or(Fr::one()));
                let mut out: Secret = Secret::new(
                    (0..size)
                        .into_par_iter()
                        .with_min_len(CHUNK)
                        .map(|i| {
                            let place = self.cosets.natural(i);
                            let next = self.cosets.natural((place + 1) % size);
                            let wires = [a[i], b[i], c[i]];
                            let x = shift * self.cosets.roots[place];
                            let identity = self.identity(wires, x) * z[i];
                            let permuted = self.permuted(wires, 4 * place + coset as usize) * z[next];
                            (identity - permuted) * inverse
                        })
                        .collect(),
                );
                self.cosets.interpolate(&mut out, coset);
                out
            })
            .collect();
        Secret::new(join_three(&parts[0], &parts[1], &parts[2]))
    }
}
