//! The prover's five rounds.

use crate::curve::G1;
use crate::error::{Error, Observer, Result};
use crate::fft::{reverse, root};
use crate::field::Fr;
use crate::groth16::{generator, public_signals, random_scalar};
use crate::kernel::Scalar;
use crate::plonk::challenges;
use crate::plonk::proof::Proof;
use crate::plonk::quotient::{self, Secret};
use crate::plonk::verify::{lagrange, verify};
use crate::plonk::zkey::{Column, ProvingKey};
use crate::plonkish::formula::{tabulate, Element, Formula};
use crate::plonkish::permutation::powers;
use crate::plonkish::poly;
use ark_ec::short_weierstrass::Affine;
use ark_ec::CurveGroup;
use ark_ff::{AdditiveGroup, Field};
use rand_chacha::ChaCha20Rng;
use rayon::prelude::*;
use zeroize::{Zeroize, Zeroizing};

/// Stages that [`prove`] reports: parse, msm_a, msm_b, msm_c, permutation, msm_z, transforms, msm_t1, msm_t2, msm_t3,
/// openings, msm_wxi, msm_wxiw, check.
pub const STAGES: usize = 14;
/// Rows that one task takes.
const CHUNK: usize = 1 << 10;

/// A proof for `witness` (32-byte little-endian words below r), verified before it is returned.
pub fn prove(
    key: &ProvingKey,
    witness: &[u8],
    seed: Option<&[u8]>,
    observer: &dyn Observer,
) -> Result<(Proof, Vec<Fr>)> {
    let actual = witness.len() / 32;
    if actual != key.signal_count {
        return Err(Error::WitnessLength {
            expected: key.signal_count,
            actual,
        });
    }
    let public = public_signals(witness, key.public_count())?;
    let mut prover = Prover {
        key,
        observer,
        rng: generator(seed)?,
    };
    let wires = Zeroizing::new(key.wires(witness));
    let proof = prover.rounds(&wires, &public)?;
    observer.checkpoint()?;
    if !verify(&key.verifying_key, &public, &proof)? {
        return Err(Error::NotSatisfied);
    }
    observer.finished("check");
    Ok((proof, public))
}

struct Prover<'a> {
    key: &'a ProvingKey,
    observer: &'a dyn Observer,
    rng: ChaCha20Rng,
}

impl Prover<'_> {
    fn rounds(&mut self, wires: &[Scalar], public: &[Fr]) -> Result<Proof> {
        let key = self.key;
        let vk = &key.verifying_key;
        if !satisfied(key, wires, public) {
            return Err(Error::NotSatisfied);
        }
        self.observer.finished("parse");

        // Round 1: the wire columns.
        let [mut a, mut b, mut c] = all([0, 1, 2], |column| wire_polynomial(key, wires, *column));
        for polynomial in [&mut a, &mut b, &mut c] {
            self.blind::<2>(polynomial);
        }
        let [commit_a, commit_b, commit_c] =
            self.commit_all([(&a, "msm_a"), (&b, "msm_b"), (&c, "msm_c")])?;

        // Round 2: the permutation's running product.
        let beta = challenges::beta(vk, public, &[commit_a, commit_b, commit_c]);
        let gamma = challenges::gamma(&beta);
        let mut z = running_product(key, wires, beta, gamma)?;
        self.blind::<3>(&mut z);
        self.observer.finished("permutation");
        let [commit_z] = self.commit_all([(&z, "msm_z")])?;

        // Round 3: the quotient, in three parts with blinding that cancels.
        let alpha = challenges::alpha(&beta, &gamma, &commit_z);
        let inputs = quotient::Inputs {
            key,
            public,
            wires: [&a, &b, &c],
            z: &z,
            beta,
            gamma,
            alpha,
        };
        let [mut t1, mut t2, mut t3] = quotient::quotient(&inputs, self.observer)?;
        let mut blinders = [0; 2].map(|_| Scalar::from_ark(random_scalar(&mut self.rng)));
        t1.push(blinders[0]);
        t2[0] -= blinders[0];
        t2.push(blinders[1]);
        t3[0] -= blinders[1];
        blinders.zeroize();
        key.release_values();
        self.observer.finished("transforms");
        let [commit_t1, commit_t2, commit_t3] =
            self.commit_all([(&t1, "msm_t1"), (&t2, "msm_t2"), (&t3, "msm_t3")])?;

        // Round 4: evaluations.
        let xi = challenges::xi(&alpha, &[commit_t1, commit_t2, commit_t3]);
        let xi_next = xi * root(vk.power);
        let evaluations = [
            poly::evaluate(&a, xi),
            poly::evaluate(&b, xi),
            poly::evaluate(&c, xi),
            poly::evaluate_bytes(key.coefficients(Column::S1), xi),
            poly::evaluate_bytes(key.coefficients(Column::S2), xi),
            poly::evaluate(&z, xi_next),
        ];

        // Round 5: openings.
        let folding = Folding::new(key, [beta, gamma, alpha, xi], &evaluations)?;
        let mut wxi = folding.fold(key, [&a, &b, &c, &z, &t1, &t2, &t3]);
        let mut wxiw = z.clone();
        rayon::join(|| poly::divide(&mut wxi, xi), || poly::divide(&mut wxiw, xi_next));
        self.observer.finished("openings");
        let [commit_wxi, commit_wxiw] = self.commit_all([(&wxi, "msm_wxi"), (&wxiw, "msm_wxiw")])?;
        let [eval_a, eval_b, eval_c, eval_s1, eval_s2, eval_zw] = evaluations;
        Ok(Proof {
            a: commit_a,
            b: commit_b,
            c: commit_c,
            z: commit_z,
            t1: commit_t1,
            t2: commit_t2,
            t3: commit_t3,
            wxi: commit_wxi,
            wxiw: commit_wxiw,
            eval_a,
            eval_b,
            eval_c,
            eval_s1,
            eval_s2,
            eval_zw,
        })
    }

    /// Adds a random polynomial of `N` coefficients times `X^n - 1`: values over the domain stay.
    fn blind<const N: usize>(&mut self, polynomial: &mut Secret) {
        for i in 0..N {
            let blinder = Scalar::from_ark(random_scalar(&mut self.rng));
            polynomial[i] -= blinder;
            polynomial.push(blinder);
        }
    }

    /// Commitments, all at once.
    fn commit_all<const N: usize>(&self, list: [(&Secret, &'static str); N]) -> Result<[Affine<G1>; N]> {
        let sums: Vec<_> = list
            .par_iter()
            .map(|(polynomial, stage)| {
                let sum = poly::commit(self.key.powers(polynomial.len()), polynomial, self.observer)?;
                self.observer.finished(stage);
                Ok(sum.into_affine())
            })
            .collect::<Result<_>>()?;
        let mut out = [Affine::identity(); N];
        out.copy_from_slice(&sums);
        Ok(out)
    }
}

/// The function of each item, all at once.
pub fn all<T: Sync, U: Send, const N: usize>(items: [T; N], run: impl Fn(&T) -> U + Sync) -> [U; N] {
    let mut results: [Option<U>; N] = std::array::from_fn(|_| None);
    rayon::scope(|scope| {
        for (slot, item) in results.iter_mut().zip(&items) {
            let run = &run;
            scope.spawn(move |_| *slot = Some(run(item)));
        }
    });
    // The scope returns when every slot is filled.
    results.map(|slot| slot.unwrap_or_else(|| unreachable!()))
}

/// Whether every gate holds, so that a wrong witness costs no proof.
fn satisfied(key: &ProvingKey, wires: &[Scalar], public: &[Fr]) -> bool {
    let values = [Column::Qm, Column::Ql, Column::Qr, Column::Qo, Column::Qc].map(|c| key.values(c));
    (0..key.constraint_count)
        .into_par_iter()
        .with_min_len(CHUNK)
        .all(|row| {
            let [qm, ql, qr, qo, qc] = values.map(|bytes| poly::at(bytes, 4 * 32 * row));
            let [a, b, c] = [0, 1, 2].map(|column| wires[key.wire(column, row)]);
            let sum = qm * a * b + ql * a + qr * b + qo * c + qc;
            sum.to_ark() == public.get(row).copied().unwrap_or(Fr::ZERO)
        })
}

/// The polynomial with a wire column's values over the domain.
fn wire_polynomial(key: &ProvingKey, wires: &[Scalar], column: usize) -> Secret {
    let (size, log) = (key.domain.size(), key.domain.log());
    // Room for the blinding, so that no copy of the secret stays behind.
    let mut values = Zeroizing::new(Vec::with_capacity(size + 2));
    (0..size)
        .into_par_iter()
        .with_min_len(CHUNK)
        .map(|i| wires[key.wire(column, reverse(i, log))])
        .collect_into_vec(&mut values);
    key.domain.interpolate(&mut values);
    poly::scale(&mut values, key.domain.size_inverse());
    values
}

/// The polynomial whose value at a row is the product over the rows before of
/// `(a + beta·w + gamma)(b + beta·k1·w + gamma)(c + beta·k2·w + gamma)` over the same with the permuted labels.
fn running_product(key: &ProvingKey, wires: &[Scalar], beta: Fr, gamma: Fr) -> Result<Secret> {
    let (size, log) = (key.domain.size(), key.domain.log());
    let vk = &key.verifying_key;
    let shifts = [beta, beta * vk.k1, beta * vk.k2].map(Scalar::from_ark);
    let (beta, gamma) = (Scalar::from_ark(beta), Scalar::from_ark(gamma));
    let sigma = [Column::S1, Column::S2, Column::S3].map(|c| key.values(c));
    let nodes = powers(root(log), size);
    let mut values = Zeroizing::new(vec![Scalar::ONE; size]);
    // Each row's quotient, and each chunk's product.
    let products: Option<Vec<Scalar>> = values
        .par_chunks_mut(CHUNK)
        .enumerate()
        .map(|(chunk, quotients)| {
            let mut denominators = Vec::with_capacity(quotients.len());
            let mut before = Vec::with_capacity(quotients.len());
            let mut product = Scalar::ONE;
            for (i, quotient) in quotients.iter_mut().enumerate() {
                let row = chunk * CHUNK + i;
                let mut denominator = Scalar::ONE;
                for column in 0..3 {
                    let wire = wires[key.wire(column, row)] + gamma;
                    *quotient *= wire + shifts[column] * nodes[row];
                    denominator *= wire + beta * poly::at(sigma[column], 4 * 32 * row);
                }
                denominators.push(denominator);
                before.push(product);
                product *= denominator;
            }
            let mut inverse = product.inverse()?;
            let mut total = Scalar::ONE;
            for i in (0..quotients.len()).rev() {
                quotients[i] *= inverse * before[i];
                inverse *= denominators[i];
                total *= quotients[i];
            }
            Some(total)
        })
        .collect();
    // A denominator is zero with chance 2^-230: no proof of this seed and witness.
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
    let mut polynomial = Zeroizing::new(Vec::with_capacity(size + 3));
    values
        .par_chunks_mut(CHUNK)
        .zip(&starts)
        .for_each(|(chunk, start)| {
            let mut running = *start;
            for value in chunk {
                running *= std::mem::replace(value, running);
            }
        });
    (0..size)
        .into_par_iter()
        .with_min_len(CHUNK)
        .map(|i| values[reverse(i, log)])
        .collect_into_vec(&mut polynomial);
    key.domain.interpolate(&mut polynomial);
    poly::scale(&mut polynomial, key.domain.size_inverse());
    Ok(polynomial)
}

/// Factors by which polynomials fold into the one that is opened at xi: the linearisation plus powers of v times the
/// wire columns and the first two columns of the permutation. Its constant part is left out: it only changes the
/// remainder of the division.
struct Folding {
    /// Of qm, ql, qr, qo, qc, s1, s2, s3.
    key: [Scalar; 8],
    /// Of a, b, c, z, t1, t2, t3.
    secret: [Scalar; 7],
}

impl Folding {
    fn new(key: &ProvingKey, [beta, gamma, alpha, xi]: [Fr; 4], evaluations: &[Fr; 6]) -> Result<Self> {
        let vk = &key.verifying_key;
        let [a, b, c, s1, s2, zw] = *evaluations;
        let v = challenges::v(&xi, evaluations);
        let xi_n = xi.pow([key.domain.size() as u64]);
        let vanishing = xi_n - Fr::ONE;
        // A xi inside the domain has chance 2^-226.
        let first = lagrange(&xi, &vanishing, vk.power, 1).ok_or(Error::NotSatisfied)?[0];
        let beta_xi = beta * xi;
        let identity =
            (a + beta_xi + gamma) * (b + beta_xi * vk.k1 + gamma) * (c + beta_xi * vk.k2 + gamma) * alpha;
        let copied = (a + beta * s1 + gamma) * (b + beta * s2 + gamma) * zw * alpha;
        let (v2, v3) = (v.square(), v.square() * v);
        Ok(Folding {
            key: [a * b, a, b, c, Fr::ONE, v2.square(), v2 * v3, -(copied * beta)].map(Scalar::from_ark),
            secret: [
                v,
                v2,
                v3,
                identity + alpha.square() * first,
                -vanishing,
                -vanishing * xi_n,
                -vanishing * xi_n.square(),
            ]
            .map(Scalar::from_ark),
        })
    }

    fn fold(&self, key: &ProvingKey, secret: [&Secret; 7]) -> Secret {
        let size = key.domain.size();
        let columns = [
            Column::Qm,
            Column::Ql,
            Column::Qr,
            Column::Qo,
            Column::Qc,
            Column::S1,
            Column::S2,
            Column::S3,
        ]
        .map(|column| key.coefficients(column));
        let length = secret.iter().map(|p| p.len()).max().unwrap_or(0);
        let mut out = Zeroizing::new(Vec::with_capacity(length));
        let folded = Folded {
            factors: self,
            size,
            columns,
            secret: secret.map(|p| p.as_slice()),
        };
        tabulate(&mut out, length, &folded);
        out
    }
}

/// The fold, coefficient by coefficient.
struct Folded<'a> {
    factors: &'a Folding,
    size: usize,
    columns: [&'a [u8]; 8],
    secret: [&'a [Scalar]; 7],
}

impl Formula for Folded<'_> {
    fn constants(&self) -> Vec<Scalar> {
        [&self.factors.key[..], &self.factors.secret[..]].concat()
    }

    #[inline(always)]
    fn at<E: Element>(&self, context: E::Context, constants: &[E], row: usize) -> E {
        let (of_key, of_secret) = constants.split_at(self.columns.len());
        // Fifteen products are below 30 times the modulus.
        let mut sum = E::constant(context, &Scalar::ZERO);
        for (bytes, factor) in self.columns.iter().zip(of_key) {
            let read = |i: usize| {
                if row + i < self.size {
                    poly::at(bytes, 32 * (row + i))
                } else {
                    Scalar::ZERO
                }
            };
            sum = sum.plus(factor.times(E::read(context, read)));
        }
        for (polynomial, factor) in self.secret.iter().zip(of_secret) {
            let read = |i: usize| polynomial.get(row + i).copied().unwrap_or(Scalar::ZERO);
            sum = sum.plus(factor.times(E::read(context, read)));
        }
        sum
    }
}
