//! Constraints of a circuit turned into gates `qm·a·b + ql·a + qr·b + qo·c + qc = 0`, one for one as snarkjs does,
//! so that keys set up by either are the same bytes.
//!
//! A gate has three wires, so long sums are folded two terms at a time into new wires, first in first out; each fold
//! is a gate and an *addition*, from which the prover computes the new wire. Wire 0, the constant one of the circuit,
//! never stands in a gate but as padding: constants go to `qc`, and the prover takes wire 0 as zero.

use crate::error::{Error, Result};
use crate::field::Fr;
use crate::r1cs::{R1cs, Term};
use ark_ff::{AdditiveGroup, Field};
use std::collections::VecDeque;

/// Wires are numbered in 32 bits.
const MAX_WIRES: usize = u32::MAX as usize;

/// One row: `qm·a·b + ql·a + qr·b + qo·c + qc = 0` for the wires a, b, c.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    pub wires: [u32; 3],
    pub qm: Fr,
    pub ql: Fr,
    pub qr: Fr,
    pub qo: Fr,
    pub qc: Fr,
}

/// A wire that no signal of the circuit carries: the sum of two others times their factors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addition {
    pub wires: [u32; 2],
    pub factors: [Fr; 2],
}

/// What becomes of terms with a zero coefficient. Circom writes none, but sums of two rows may cancel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ZeroTerms {
    /// They take part as any other, as in snarkjs's PLONK.
    Kept,
    /// They are left out, as in snarkjs's FFLONK.
    Dropped,
}

/// A circuit as gates.
pub struct Gates {
    /// Signals of the circuit, the leading one included.
    pub signal_count: usize,
    /// Outputs and public inputs; signals 1 to this number.
    pub public_count: usize,
    /// One gate for each public signal first, then those of the constraints.
    pub gates: Vec<Gate>,
    /// How the wires from `signal_count` on are computed.
    pub additions: Vec<Addition>,
}

/// A linear combination: terms by ascending signal, and the constant if there is one.
#[derive(Clone, Default)]
struct Sum {
    terms: Vec<(u32, Fr)>,
    constant: Option<Fr>,
}

/// A sum with few enough terms for a gate; missing ones are wire 0 times zero.
struct Reduced<const N: usize> {
    wires: [u32; N],
    factors: [Fr; N],
    constant: Fr,
}

impl Sum {
    fn read(terms: &[Term], zeros: ZeroTerms) -> Result<Self> {
        let mut sum = Sum::default();
        let mut list: Vec<(u32, Fr)> = terms.iter().map(|t| (t.signal, t.value)).collect();
        list.sort_by_key(|(signal, _)| *signal);
        if let Some(pair) = list.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            let message = format!("signal {} stands twice in a row", pair[0].0);
            return Err(Error::format("constraints", 0, message));
        }
        for (signal, value) in list {
            sum.push(signal, value, zeros);
        }
        Ok(sum)
    }

    fn push(&mut self, signal: u32, value: Fr, zeros: ZeroTerms) {
        if zeros == ZeroTerms::Dropped && value == Fr::ZERO {
            return;
        }
        if signal == 0 {
            self.constant = Some(value);
        } else {
            self.terms.push((signal, value));
        }
    }

    /// `factor * self - other`.
    fn scaled_less(&self, factor: Fr, other: &Self, zeros: ZeroTerms) -> Self {
        let mut out = Sum::default();
        if self.constant.is_some() || other.constant.is_some() {
            let constant = factor * self.constant.unwrap_or(Fr::ZERO) - other.constant.unwrap_or(Fr::ZERO);
            out.push(0, constant, zeros);
        }
        let (mut left, mut right) = (self.terms.iter().peekable(), other.terms.iter().peekable());
        loop {
            let (signal, value) = match (left.peek(), right.peek()) {
                (Some((a, x)), Some((b, y))) if a == b => (*a, factor * x - y),
                (Some((a, x)), Some((b, _))) if a < b => (*a, factor * x),
                (Some((a, x)), None) => (*a, factor * x),
                (_, Some((b, y))) => (*b, -*y),
                (None, None) => return out,
            };
            left.next_if(|(a, _)| *a == signal);
            right.next_if(|(b, _)| *b == signal);
            out.push(signal, value, zeros);
        }
    }
}

impl Gates {
    /// The gates of a circuit.
    pub fn new(circuit: &R1cs, zeros: ZeroTerms) -> Result<Self> {
        let public_count = circuit.public_count();
        let mut out = Gates {
            signal_count: circuit.signal_count,
            public_count,
            gates: Vec::with_capacity(public_count + circuit.constraint_count),
            additions: Vec::new(),
        };
        for signal in 1..=public_count as u32 {
            out.push([signal, 0, 0], [Fr::ZERO, Fr::ONE, Fr::ZERO, Fr::ZERO, Fr::ZERO]);
        }
        let mut rest = [0, 1, 2].map(|m| circuit.matrices[m].as_slice());
        for row in 0..circuit.constraint_count as u32 {
            let mut sums = [Sum::default(), Sum::default(), Sum::default()];
            for (sum, terms) in sums.iter_mut().zip(rest.iter_mut()) {
                let (here, later) = terms.split_at(terms.iter().take_while(|t| t.row == row).count());
                *sum = Sum::read(here, zeros)?;
                *terms = later;
            }
            let [a, b, c] = &sums;
            out.constraint(a, b, c, zeros)?;
        }
        Ok(out)
    }

    /// Wires in all: signals and additions.
    pub fn wire_count(&self) -> usize {
        self.signal_count + self.additions.len()
    }

    /// The gates of `a · b = c`.
    fn constraint(&mut self, a: &Sum, b: &Sum, c: &Sum, zeros: ZeroTerms) -> Result<()> {
        let empty = |sum: &Sum| sum.terms.is_empty() && sum.constant.is_none();
        if empty(a) || empty(b) {
            return self.sum(c);
        }
        match (a.constant, b.constant) {
            (Some(factor), _) if a.terms.is_empty() => self.sum(&b.scaled_less(factor, c, zeros)),
            (_, Some(factor)) if b.terms.is_empty() => self.sum(&a.scaled_less(factor, c, zeros)),
            _ => self.product(a, b, c),
        }
    }

    /// A gate that says that the sum is zero.
    fn sum(&mut self, sum: &Sum) -> Result<()> {
        let Reduced {
            wires,
            factors: [ql, qr, qo],
            constant,
        } = self.reduce::<3>(sum)?;
        self.push(wires, [Fr::ZERO, ql, qr, qo, constant]);
        Ok(())
    }

    /// A gate that says that `a · b = c`.
    fn product(&mut self, a: &Sum, b: &Sum, c: &Sum) -> Result<()> {
        let a = self.reduce::<1>(a)?;
        let b = self.reduce::<1>(b)?;
        let c = self.reduce::<1>(c)?;
        let ([x], [y], [z]) = (a.factors, b.factors, c.factors);
        self.push(
            [a.wires[0], b.wires[0], c.wires[0]],
            [
                x * y,
                x * b.constant,
                a.constant * y,
                -z,
                a.constant * b.constant - c.constant,
            ],
        );
        Ok(())
    }

    fn push(&mut self, wires: [u32; 3], [qm, ql, qr, qo, qc]: [Fr; 5]) {
        self.gates.push(Gate {
            wires,
            qm,
            ql,
            qr,
            qo,
            qc,
        });
    }

    /// Folds the first two terms into a new wire, which goes last, until `N` terms are left.
    fn reduce<const N: usize>(&mut self, sum: &Sum) -> Result<Reduced<N>> {
        let mut terms: VecDeque<(u32, Fr)> = sum.terms.iter().copied().collect();
        while terms.len() > N {
            let (Some((left, x)), Some((right, y))) = (terms.pop_front(), terms.pop_front()) else {
                break;
            };
            let wire = self.wire_count();
            if wire >= MAX_WIRES {
                return Err(Error::format("constraints", 0, "more than 2^32 wires"));
            }
            let wire = wire as u32;
            self.push([left, right, wire], [Fr::ZERO, -x, -y, Fr::ONE, Fr::ZERO]);
            self.additions.push(Addition {
                wires: [left, right],
                factors: [x, y],
            });
            terms.push_back((wire, Fr::ONE));
        }
        let term = |i: usize| terms.get(i).copied().unwrap_or((0, Fr::ZERO));
        Ok(Reduced {
            wires: std::array::from_fn(|i| term(i).0),
            factors: std::array::from_fn(|i| term(i).1),
            constant: sum.constant.unwrap_or(Fr::ZERO),
        })
    }
}
