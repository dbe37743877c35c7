//! A one-party Groth16 set-up for development. Whoever runs it knows the trapdoor and can forge proofs.

use crate::binfile;
use crate::curve::{from_affine, Group, G1, G2};
use crate::error::{Error, Observer, Result};
use crate::fft::{self, root};
use crate::field::{to_le, Fr, P_LIMBS, R_LIMBS};
use crate::groth16::{generator, random_scalar};
use crate::r1cs::{R1cs, Term};
use crate::rows::COEFFICIENT_BYTES;
use crate::storage::Storage;
use crate::vkey::VerifyingKey;
use crate::zkey::{MAGIC, VERSION};
use ark_ec::scalar_mul::BatchMulPreprocessing;
use ark_ec::short_weierstrass::{Affine, Projective};
use ark_ec::{CurveGroup, PrimeGroup};
use ark_ff::{batch_inversion, AdditiveGroup, Field, PrimeField};
use rand_chacha::ChaCha20Rng;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use zeroize::Zeroize;

/// Writes and hashes at once.
struct Hashed<W: Write> {
    inner: W,
    hash: Sha256,
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.hash.update(&bytes[..count]);
        Ok(count)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}

/// Sets up the circuit in the file `r1cs`: writes `zkey`, and `vkey` if asked, each by rename. Gives the key's SHA-256.
pub fn set_up(
    r1cs: &Path,
    zkey: &Path,
    vkey: Option<&Path>,
    seed: Option<&[u8]>,
    observer: &dyn Observer,
) -> Result<[u8; 32]> {
    let storage = Storage::open(r1cs, true)?;
    let circuit = R1cs::parse(&storage)?;
    drop(storage);
    observer.finished("parse");
    write_files(zkey, vkey, observer, |out| {
        let key = write_key(&circuit, seed, out, observer)?;
        Ok(key.to_json())
    })
}

/// Writes `zkey` by `write`, and `vkey` if asked, the verifying key's JSON that it gives; each appears by rename. Gives the
/// SHA-256 of the first.
pub(crate) fn write_files(
    zkey: &Path,
    vkey: Option<&Path>,
    observer: &dyn Observer,
    write: impl FnOnce(&mut dyn Write) -> Result<String>,
) -> Result<[u8; 32]> {
    let (json, hash) = replace(zkey, |file| {
        let mut out = Hashed {
            inner: BufWriter::new(file),
            hash: Sha256::new(),
        };
        let json = write(&mut out)?;
        Ok((json, out.hash.finalize().into()))
    })?;
    if let Some(path) = vkey {
        replace(path, |mut file| {
            file.write_all(json.as_bytes()).map_err(|e| Error::io(path, e))
        })?;
    }
    observer.finished("write");
    Ok(hash)
}

/// Lets `fill` write a new file beside `path`, then renames it there; nothing is left behind on failure.
fn replace<T>(path: &Path, fill: impl FnOnce(File) -> Result<T>) -> Result<T> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.part", std::process::id()));
    let part = path.with_file_name(name);
    let file = File::create(&part).map_err(|e| Error::io(path, e))?;
    let done = fill(file).and_then(|value| {
        std::fs::rename(&part, path)
            .map(|()| value)
            .map_err(|e| Error::io(path, e))
    });
    if done.is_err() {
        // The first error is the one to report.
        let _ = std::fs::remove_file(&part);
    }
    done
}

/// The secrets of a set-up.
struct Trapdoor {
    tau: Fr,
    alpha: Fr,
    beta: Fr,
    delta: Fr,
}

impl Drop for Trapdoor {
    fn drop(&mut self) {
        for secret in [&mut self.tau, &mut self.alpha, &mut self.beta, &mut self.delta] {
            secret.zeroize();
        }
    }
}

/// A scalar with an inverse that is not one.
pub(crate) fn secret(rng: &mut ChaCha20Rng) -> Fr {
    loop {
        let value = random_scalar(rng);
        if value != Fr::ZERO && value != Fr::ONE {
            return value;
        }
    }
}

/// Writes a `.zkey` for `r1cs` to `out` and gives its verification key.
pub fn write_key(
    r1cs: &R1cs,
    seed: Option<&[u8]>,
    out: &mut dyn Write,
    observer: &dyn Observer,
) -> Result<VerifyingKey> {
    let public = r1cs.public_count();
    let rows = r1cs.constraint_count + public + 1;
    let log = rows.next_power_of_two().trailing_zeros();
    if log > fft::MAX_LOG {
        return Err(Error::format(
            "r1cs_header",
            0,
            format!("{rows} rows are more than 2^{}", fft::MAX_LOG),
        ));
    }
    let size = 1usize << log;
    let mut rng = generator(seed)?;
    let trapdoor = Trapdoor {
        // A τ inside the domain of 2n would make a Lagrange denominator zero.
        tau: loop {
            let tau = secret(&mut rng);
            if tau.pow([2 * size as u64]) != Fr::ONE {
                break tau;
            }
        },
        alpha: secret(&mut rng),
        beta: secret(&mut rng),
        delta: secret(&mut rng),
    };
    let delta_inverse = trapdoor.delta.inverse().unwrap_or(Fr::ONE);

    let lagrange = lagrange_at(&trapdoor.tau, log);
    let h: Vec<Fr> = odd_lagrange_at(&trapdoor.tau, log)
        .into_iter()
        .map(|v| v * delta_inverse)
        .collect();
    let [mut a, b, c] = [0, 1, 2].map(|m| columns(&r1cs.matrices[m], &lagrange, r1cs.signal_count));
    for signal in 0..=public {
        a[signal] += lagrange[r1cs.constraint_count + signal];
    }
    let combined: Vec<Fr> = (0..r1cs.signal_count)
        .into_par_iter()
        .map(|i| {
            let sum = trapdoor.beta * a[i] + trapdoor.alpha * b[i] + c[i];
            if i <= public {
                sum
            } else {
                sum * delta_inverse
            }
        })
        .collect();
    observer.finished("lagrange");

    let g1 = Projective::<G1>::generator();
    let g2 = Projective::<G2>::generator();
    let count = 3 * r1cs.signal_count + size;
    let table = BatchMulPreprocessing::new(g1, count);
    let points_a = table.batch_mul(&a);
    let points_b1 = table.batch_mul(&b);
    let points_c = table.batch_mul(&combined);
    observer.checkpoint()?;
    let points_h = table.batch_mul(&h);
    observer.checkpoint()?;
    let points_b2 = BatchMulPreprocessing::new(g2, r1cs.signal_count).batch_mul(&b);
    observer.finished("points");

    let (ic, points_c) = points_c.split_at(public + 1);
    let key = VerifyingKey {
        alpha: (g1 * trapdoor.alpha).into_affine(),
        beta: (g2 * trapdoor.beta).into_affine(),
        gamma: g2.into_affine(),
        delta: (g2 * trapdoor.delta).into_affine(),
        ic: ic.to_vec(),
    }
    .check()?;
    let mut header = Vec::new();
    for modulus in [P_LIMBS, R_LIMBS] {
        header.extend_from_slice(&32u32.to_le_bytes());
        header.extend_from_slice(&to_le(&modulus));
    }
    for number in [r1cs.signal_count, public, size] {
        header.extend_from_slice(&(number as u32).to_le_bytes());
    }
    header.extend(points::<G1>(&[key.alpha, (g1 * trapdoor.beta).into_affine()]));
    header.extend(points::<G2>(&[key.beta, key.gamma]));
    header.extend(points::<G1>(&[(g1 * trapdoor.delta).into_affine()]));
    header.extend(points::<G2>(&[key.delta]));

    let mut sections: Vec<(u32, Vec<u8>)> = vec![
        (1, 1u32.to_le_bytes().to_vec()),
        (2, header),
        (3, points::<G1>(ic)),
        (4, coefficients(r1cs)),
        (5, points::<G1>(&points_a)),
        (6, points::<G1>(&points_b1)),
        (7, points::<G2>(&points_b2)),
        (8, points::<G1>(points_c)),
        (9, points::<G1>(&points_h)),
        // Hash of the circuit in a ceremony's transcript, and its contributions: there was no ceremony.
        (10, vec![0u8; 64 + 4]),
    ];
    binfile::write(out, MAGIC, VERSION, &mut sections).map_err(|source| Error::Io {
        path: "the proving key".into(),
        source,
    })?;
    Ok(key)
}

/// Montgomery bytes of points.
pub(crate) fn points<G: Group>(list: &[Affine<G>]) -> Vec<u8> {
    let mut out = Vec::with_capacity(list.len() * G::POINT_BYTES);
    for point in list {
        from_affine::<G>(point).write(&mut out);
    }
    out
}

/// The coefficient section: A and B row by row, then the rows that bind the public signals; values times R².
fn coefficients(r1cs: &R1cs) -> Vec<u8> {
    let [a, b, _] = &r1cs.matrices;
    let public = r1cs.public_count();
    let count = a.len() + b.len() + public + 1;
    let mut out = Vec::with_capacity(4 + count * COEFFICIENT_BYTES);
    out.extend_from_slice(&(count as u32).to_le_bytes());
    // The limbs of the Montgomery form of R are R² mod r.
    let radix = Fr::from_le_bytes_mod_order(&[&[0u8; 32][..], &[1]].concat());
    let mut push = |matrix: u32, term: &Term| {
        out.extend_from_slice(&matrix.to_le_bytes());
        out.extend_from_slice(&term.row.to_le_bytes());
        out.extend_from_slice(&term.signal.to_le_bytes());
        out.extend_from_slice(&to_le(&(term.value * radix).0 .0));
    };
    let (mut left, mut right) = (a.iter().peekable(), b.iter().peekable());
    for row in 0..r1cs.constraint_count as u32 {
        while let Some(term) = left.next_if(|t| t.row == row) {
            push(0, term);
        }
        while let Some(term) = right.next_if(|t| t.row == row) {
            push(1, term);
        }
    }
    for signal in 0..=public as u32 {
        push(
            0,
            &Term {
                row: r1cs.constraint_count as u32 + signal,
                signal,
                value: Fr::ONE,
            },
        );
    }
    out
}

/// For each signal, the sum over rows of its coefficient times the row's Lagrange value.
fn columns(terms: &[Term], lagrange: &[Fr], signals: usize) -> Vec<Fr> {
    let mut out = vec![Fr::ZERO; signals];
    for term in terms {
        out[term.signal as usize] += term.value * lagrange[term.row as usize];
    }
    out
}

/// `start * step^i` for i below `count`.
pub(crate) fn powers(start: Fr, step: Fr, count: usize) -> Vec<Fr> {
    let chunk = count.div_ceil(64).max(256);
    let mut out = vec![Fr::ZERO; count];
    out.par_chunks_mut(chunk).enumerate().for_each(|(i, values)| {
        let mut power = start * step.pow([(i * chunk) as u64]);
        for value in values {
            *value = power;
            power *= step;
        }
    });
    out
}

/// `L_i(τ)` for the domain of size 2^log: `w^i (τ^n - 1) / (n (τ - w^i))`.
pub fn lagrange_at(tau: &Fr, log: u32) -> Vec<Fr> {
    let size = 1u64 << log;
    lagrange_points(
        powers(Fr::ONE, root(log), size as usize),
        tau,
        tau.pow([size]) - Fr::ONE,
        size,
    )
}

/// `L_(2i+1)(τ)` for the domain of twice the size: the values that snarkjs's H points carry.
pub fn odd_lagrange_at(tau: &Fr, log: u32) -> Vec<Fr> {
    let size = 1u64 << log;
    let step = root(log + 1);
    lagrange_points(
        powers(step, step.square(), size as usize),
        tau,
        tau.pow([2 * size]) - Fr::ONE,
        2 * size,
    )
}

fn lagrange_points(nodes: Vec<Fr>, tau: &Fr, vanishing: Fr, size: u64) -> Vec<Fr> {
    let mut denominators: Vec<Fr> = nodes.par_iter().map(|w| *tau - w).collect();
    batch_inversion(&mut denominators);
    let factor = vanishing * Fr::from(size).inverse().unwrap_or(Fr::ONE);
    nodes
        .par_iter()
        .zip(&denominators)
        .map(|(w, d)| *w * d * factor)
        .collect()
}
