//! circom's constraint file: rows of A, B, C with A·w × B·w = C·w.

use crate::binfile::{Reader, Sections};
use crate::error::{Error, Result};
use crate::field::{less, limbs, Fr, R_LIMBS};
use ark_ff::{BigInt, PrimeField};
use rayon::prelude::*;

const MAGIC: &[u8; 4] = b"r1cs";
const VERSION: u32 = 1;
/// Bytes of a term: signal, value.
const TERM_BYTES: usize = 36;

/// One matrix entry.
#[derive(Clone, Copy)]
pub struct Term {
    pub row: u32,
    pub signal: u32,
    pub value: Fr,
}

/// A circuit's constraints.
pub struct R1cs {
    pub signal_count: usize,
    pub output_count: usize,
    pub public_input_count: usize,
    pub private_input_count: usize,
    pub label_count: u64,
    pub constraint_count: usize,
    /// Terms of A, B, C, each by row.
    pub matrices: [Vec<Term>; 3],
}

impl R1cs {
    /// Reads and checks a file; allocates in proportion to it.
    pub fn parse(data: &[u8]) -> Result<Self> {
        const HEADER: &str = "r1cs_header";
        let sections = Sections::parse(data, MAGIC, VERSION)?;
        for kind in [4, 5] {
            if sections
                .range(kind, "custom_gates")
                .is_ok_and(|r| data[r].iter().any(|b| *b != 0))
            {
                return Err(Error::format("custom_gates", 0, "custom gates are not supported"));
            }
        }
        let range = sections.range(1, HEADER)?;
        let mut reader = Reader::new(&data[..range.end], range.start, HEADER);
        reader.modulus(R_LIMBS, "the field of the circuit")?;
        let at = reader.offset();
        let signal_count = reader.u32()? as usize;
        let output_count = reader.u32()? as usize;
        let public_input_count = reader.u32()? as usize;
        let private_input_count = reader.u32()? as usize;
        let label_count = reader.u64()?;
        let constraint_count = reader.u32()? as usize;
        reader.finish()?;
        if signal_count == 0 || 1 + output_count + public_input_count + private_input_count > signal_count {
            return Err(Error::format(HEADER, at, "more outputs and inputs than signals"));
        }
        if signal_count > 1 << 31 {
            return Err(Error::format(HEADER, at, "more than 2^31 signals"));
        }

        const BODY: &str = "constraints";
        let range = sections.range(2, BODY)?;
        let mut reader = Reader::new(&data[..range.end], range.start, BODY);
        let mut matrices = [Vec::new(), Vec::new(), Vec::new()];
        for row in 0..constraint_count {
            for matrix in matrices.iter_mut() {
                let at = reader.offset();
                let count = reader.u32()? as usize;
                if count as u128 * TERM_BYTES as u128 > reader.left() as u128 {
                    let message = format!("{count} terms claimed, {} bytes are left", reader.left());
                    return Err(Error::format(BODY, at, message));
                }
                for _ in 0..count {
                    let at = reader.offset();
                    let signal = reader.u32()?;
                    if signal as usize >= signal_count {
                        return Err(Error::format(BODY, at, format!("signal {signal} out of range")));
                    }
                    let value = Fr::from_bigint(BigInt(limbs(reader.take(32)?)))
                        .ok_or_else(|| Error::format(BODY, at + 4, "value not below the modulus"))?;
                    matrix.push(Term {
                        row: row as u32,
                        signal,
                        value,
                    });
                }
            }
        }
        reader.finish()?;
        // A label for each signal is what circom writes; a file that claims more signals than it can justify stops here.
        sections.array(3, "labels", signal_count, 8)?;
        Ok(R1cs {
            signal_count,
            output_count,
            public_input_count,
            private_input_count,
            label_count,
            constraint_count,
            matrices,
        })
    }

    /// Public signals: outputs first, then public inputs.
    pub fn public_count(&self) -> usize {
        self.output_count + self.public_input_count
    }

    /// Index of the first constraint that `witness` (32-byte little-endian words below r) breaks.
    pub fn first_broken(&self, witness: &[u8]) -> Result<Option<usize>> {
        if witness.len() / 32 != self.signal_count {
            return Err(Error::WitnessLength {
                expected: self.signal_count,
                actual: witness.len() / 32,
            });
        }
        let values: Vec<Fr> = witness
            .par_chunks_exact(32)
            .map(|bytes| {
                let value = limbs(bytes);
                if less(&value, &R_LIMBS) {
                    Fr::from_bigint(BigInt(value))
                } else {
                    None
                }
            })
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| Error::format("witness", 0, "value not below the modulus"))?;
        let products = |terms: &[Term]| {
            let mut sums = vec![Fr::from(0u64); self.constraint_count];
            for term in terms {
                sums[term.row as usize] += term.value * values[term.signal as usize];
            }
            sums
        };
        let [a, b, c] = &self.matrices;
        let (a, (b, c)) = rayon::join(|| products(a), || rayon::join(|| products(b), || products(c)));
        Ok((0..self.constraint_count).find(|i| a[*i] * b[*i] != c[*i]))
    }
}
