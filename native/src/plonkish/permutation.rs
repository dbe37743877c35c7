//! The copy permutation: which places of the three wire columns carry the same wire.

use crate::fft::root;
use crate::field::Fr;
use crate::kernel::Scalar;
use crate::plonkish::gates::Gate;
use ark_ff::Field;
use rayon::prelude::*;

/// Powers that are computed side by side.
const STRIDE: usize = 4;
/// No place yet.
const NOWHERE: u32 = u32::MAX;

/// Shifts of the second and third column: with 1 they name three disjoint cosets of every domain of BN254.
pub const SHIFTS: [u64; 2] = [2, 3];

/// The label `shift · w^i` of the place that each place of the columns a, b, c is copied from, for a domain of size
/// 2^log. Places of one wire form a cycle in the order in which they appear; rows beyond the gates carry wire 0.
pub fn labels(gates: &[Gate], wire_count: usize, log: u32) -> [Vec<Scalar>; 3] {
    labels_within(1 << log, gates, wire_count, log)
}

/// [`labels`] where only the first `rows` rows carry wires; each place beyond them is copied from itself.
pub fn labels_within(rows: usize, gates: &[Gate], wire_count: usize, log: u32) -> [Vec<Scalar>; 3] {
    let size = 1usize << log;
    let mut first = vec![NOWHERE; wire_count];
    let mut last = vec![NOWHERE; wire_count];
    let mut source: Vec<u32> = (0..3 * size as u32).collect();
    for row in 0..rows {
        let wires = gates.get(row).map_or([0; 3], |gate| gate.wires);
        for (column, wire) in wires.into_iter().enumerate() {
            let place = (column * size + row) as u32;
            let wire = wire as usize;
            if last[wire] == NOWHERE {
                first[wire] = place;
            } else {
                source[place as usize] = last[wire];
            }
            last[wire] = place;
        }
    }
    for (first, last) in first.iter().zip(&last) {
        if *first != NOWHERE {
            source[*first as usize] = *last;
        }
    }
    let powers = powers(root(log), size);
    let shifts = [
        Scalar::ONE,
        Scalar::from_ark(Fr::from(SHIFTS[0])),
        Scalar::from_ark(Fr::from(SHIFTS[1])),
    ];
    [0, 1, 2].map(|column| {
        source[column * size..(column + 1) * size]
            .par_iter()
            .map(|place| powers[*place as usize % size] * shifts[*place as usize / size])
            .collect()
    })
}

/// `step^i` for i below `count`.
pub fn powers(step: Fr, count: usize) -> Vec<Scalar> {
    let chunk = count.div_ceil(64).max(256);
    let mut out = vec![Scalar::ONE; count];
    let stride = Scalar::from_ark(step.pow([STRIDE as u64]));
    out.par_chunks_mut(chunk).enumerate().for_each(|(i, values)| {
        let mut power = step.pow([(i * chunk) as u64]);
        for value in values.iter_mut().take(STRIDE) {
            *value = Scalar::from_ark(power);
            power *= step;
        }
        // Several independent chains: a multiplication does not wait for the one before.
        for at in STRIDE..values.len() {
            values[at] = values[at - STRIDE] * stride;
        }
    });
    out
}
