//! Poseidon as circomlib computes it: x^5, 8 full rounds, partial rounds by width, constants from the Grain LFSR of
//! the Poseidon paper's reference script (field 1, s-box 0, 254 bits).

use crate::field::{less, Fr, R_LIMBS};
use ark_ff::{AdditiveGroup, BigInt, Field, PrimeField};
use std::sync::OnceLock;

/// Most inputs circomlib has constants for.
pub const MAX_INPUTS: usize = 16;
const FIELD_BITS: usize = 254;
const FULL_ROUNDS: usize = 8;
/// Partial rounds for widths 2 to 17.
const PARTIAL_ROUNDS: [usize; MAX_INPUTS] = [56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65, 70, 60, 64, 68];

struct Parameters {
    constants: Vec<Fr>,
    matrix: Vec<Vec<Fr>>,
}

/// The self-shrinking generator that Poseidon's authors draw constants from.
struct Grain {
    state: [bool; 80],
    head: usize,
}

impl Grain {
    fn new(width: usize, partial: usize) -> Self {
        let mut bits = Vec::with_capacity(80);
        let fields = [
            (1, 2),
            (0, 4),
            (FIELD_BITS, 12),
            (width, 12),
            (FULL_ROUNDS, 10),
            (partial, 10),
            ((1 << 30) - 1, 30),
        ];
        for (value, size) in fields {
            bits.extend((0..size).rev().map(|i| value >> i & 1 == 1));
        }
        let mut state = [false; 80];
        state.copy_from_slice(&bits);
        let mut grain = Grain { state, head: 0 };
        for _ in 0..160 {
            grain.step();
        }
        grain
    }

    fn step(&mut self) -> bool {
        let bit = [62, 51, 38, 23, 13, 0]
            .iter()
            .fold(false, |acc, tap| acc ^ self.state[(self.head + tap) % 80]);
        self.state[self.head] = bit;
        self.head = (self.head + 1) % 80;
        bit
    }

    fn bit(&mut self) -> bool {
        while !self.step() {
            self.step();
        }
        self.step()
    }

    fn number(&mut self) -> [u64; 4] {
        let mut out = [0u64; 4];
        for i in (0..FIELD_BITS).rev() {
            out[i / 64] |= u64::from(self.bit()) << (i % 64);
        }
        out
    }

    /// A number below r, drawn again until it is.
    fn element(&mut self) -> Fr {
        loop {
            let number = self.number();
            if less(&number, &R_LIMBS) {
                return Fr::from_bigint(BigInt(number)).unwrap_or(Fr::ZERO);
            }
        }
    }

    /// A number reduced modulo r.
    fn reduced(&mut self) -> Fr {
        let number = self.number();
        Fr::from_le_bytes_mod_order(&crate::field::to_le(&number))
    }
}

impl Parameters {
    fn new(width: usize) -> Self {
        let partial = PARTIAL_ROUNDS[width - 2];
        let mut grain = Grain::new(width, partial);
        let constants = (0..width * (FULL_ROUNDS + partial))
            .map(|_| grain.element())
            .collect();
        // A Cauchy matrix; the script draws again should two of its points meet, which no width here needs.
        let points: Vec<Fr> = (0..2 * width).map(|_| grain.reduced()).collect();
        let (rows, columns) = points.split_at(width);
        let entry = |x: &Fr, y: &Fr| (*x + y).inverse().unwrap_or(Fr::ZERO);
        let matrix = rows
            .iter()
            .map(|x| columns.iter().map(|y| entry(x, y)).collect())
            .collect();
        Parameters { constants, matrix }
    }
}

fn parameters(width: usize) -> &'static Parameters {
    static TABLE: [OnceLock<Parameters>; MAX_INPUTS] = [const { OnceLock::new() }; MAX_INPUTS];
    TABLE[width - 2].get_or_init(|| Parameters::new(width))
}

/// The hash of 1 to 16 inputs; `None` for another number.
pub fn hash(inputs: &[Fr]) -> Option<Fr> {
    if inputs.is_empty() || inputs.len() > MAX_INPUTS {
        return None;
    }
    let width = inputs.len() + 1;
    let parameters = parameters(width);
    let partial = PARTIAL_ROUNDS[width - 2];
    let mut state = vec![Fr::ZERO; width];
    state[1..].copy_from_slice(inputs);
    let power = |x: &mut Fr| *x *= x.square().square();
    for (round, constants) in parameters.constants.chunks_exact(width).enumerate() {
        state.iter_mut().zip(constants).for_each(|(s, c)| *s += c);
        if round < FULL_ROUNDS / 2 || round >= FULL_ROUNDS / 2 + partial {
            state.iter_mut().for_each(power);
        } else {
            power(&mut state[0]);
        }
        state = parameters
            .matrix
            .iter()
            .map(|row| row.iter().zip(&state).map(|(m, s)| *m * s).sum())
            .collect();
    }
    Some(state[0])
}
