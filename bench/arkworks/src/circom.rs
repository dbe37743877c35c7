//! circom's files: constraints and witness.

use crate::Result;
use ark_bn254::Fr;
use ark_ff::{BigInt, PrimeField};
use ark_relations::gr1cs::{
    ConstraintSynthesizer, ConstraintSystemRef, LinearCombination, SynthesisError, Variable,
};
use ark_relations::utils::matrix::Matrix;

/// The constraints of a circuit, row by row.
pub struct Circuit {
    /// Public signals, without the leading one.
    pub public: usize,
    wires: usize,
    /// A, B and C.
    pub matrices: Vec<Matrix<Fr>>,
}

impl Circuit {
    /// Reads an `.r1cs`.
    pub fn read(path: &str) -> Result<Self> {
        let file = std::fs::read(path)?;
        let mut header = section(&file, b"r1cs", 1)?;
        take(&mut header, 4 + 32)?;
        let (wires, outputs, inputs) = (u32(&mut header)?, u32(&mut header)?, u32(&mut header)?);
        take(&mut header, 4 + 8)?;
        let rows = u32(&mut header)?;
        let mut body = section(&file, b"r1cs", 2)?;
        let mut matrices: Vec<Matrix<Fr>> = (0..3).map(|_| Vec::with_capacity(rows)).collect();
        for _ in 0..rows {
            for matrix in &mut matrices {
                let terms = u32(&mut body)?;
                let mut row = Vec::with_capacity(terms);
                for _ in 0..terms {
                    let wire = u32(&mut body)?;
                    row.push((value(take(&mut body, 32)?)?, wire));
                }
                matrix.push(row);
            }
        }
        Ok(Self {
            public: outputs + inputs,
            wires,
            matrices,
        })
    }

    fn variable(&self, wire: usize) -> Variable {
        match wire {
            0 => Variable::one(),
            _ if wire <= self.public => Variable::instance(wire),
            _ => Variable::witness(wire - self.public - 1),
        }
    }
}

impl ConstraintSynthesizer<Fr> for Circuit {
    fn generate_constraints(
        self,
        system: ConstraintSystemRef<Fr>,
    ) -> std::result::Result<(), SynthesisError> {
        for wire in 1..self.wires {
            let missing = || Err(SynthesisError::AssignmentMissing);
            let _variable = if wire <= self.public {
                system.new_input_variable(missing)?
            } else {
                system.new_witness_variable(missing)?
            };
        }
        let [a, b, c] = &self.matrices[..] else {
            return Err(SynthesisError::Unsatisfiable);
        };
        for ((a, b), c) in a.iter().zip(b).zip(c) {
            let sum = |row: &[(Fr, usize)]| {
                LinearCombination(
                    row.iter()
                        .map(|(value, wire)| (*value, self.variable(*wire)))
                        .collect(),
                )
            };
            system.enforce_r1cs_constraint(|| sum(a), || sum(b), || sum(c))?;
        }
        Ok(())
    }
}

/// The values of a `.wtns`, the leading one included.
pub fn read_witness(path: &str) -> Result<Vec<Fr>> {
    let file = std::fs::read(path)?;
    section(&file, b"wtns", 2)?.chunks_exact(32).map(value).collect()
}

/// A section of circom's binary container.
fn section<'a>(file: &'a [u8], magic: &[u8], wanted: usize) -> Result<&'a [u8]> {
    let mut rest = file;
    if take(&mut rest, 4)? != magic {
        return Err("another kind of file".into());
    }
    take(&mut rest, 8)?;
    while !rest.is_empty() {
        let kind = u32(&mut rest)?;
        let size = u64::from_le_bytes(take(&mut rest, 8)?.try_into()?) as usize;
        let content = take(&mut rest, size)?;
        if kind == wanted {
            return Ok(content);
        }
    }
    Err(format!("section {wanted} is missing").into())
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> Result<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(count).ok_or("the file is cut short")?;
    *rest = left;
    Ok(taken)
}

fn u32(rest: &mut &[u8]) -> Result<usize> {
    Ok(u32::from_le_bytes(take(rest, 4)?.try_into()?) as usize)
}

fn value(bytes: &[u8]) -> Result<Fr> {
    let mut limbs = [0u64; 4];
    for (limb, word) in limbs.iter_mut().zip(bytes.chunks_exact(8)) {
        *limb = u64::from_le_bytes(word.try_into()?);
    }
    Fr::from_bigint(BigInt(limbs)).ok_or_else(|| "a value that is not below the modulus".into())
}
