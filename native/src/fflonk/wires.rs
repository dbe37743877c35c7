//! From a witness to the values of the three wires at every row.

use super::vkey::BLINDING_ROWS;
use super::zkey::ProvingKey;
use super::{Secret, CHUNK};
use crate::error::{Error, Result};
use crate::field::{less, limbs, Fr, R_LIMBS};
use crate::kernel::Scalar;
use ark_ff::Field;
use rayon::prelude::*;

/// The values of the three wires at all rows: those of the gates, zeros, two random ones.
pub(super) fn wires(key: &ProvingKey, witness: &[u8], blinding: &[Scalar]) -> Result<[Secret; 3]> {
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
pub(super) fn check_gates(key: &ProvingKey, [a, b, c]: &[Secret; 3]) -> Result<()> {
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
