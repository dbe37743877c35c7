//! PLONK and what it shares with FFLONK: gates, copies, transcript, powers of tau, polynomials.

use crate::common::{chain, scalars};
use _native::error::{Error, Silent};
use _native::fft::{root, Domain};
use _native::field::{from_be, Fr};
use _native::kernel::Scalar;
use _native::plonkish::gates::{Gates, ZeroTerms};
use _native::plonkish::permutation::{labels, SHIFTS};
use _native::plonkish::poly;
use _native::plonkish::ptau::{write_insecure, Powers, PowersFile};
use _native::plonkish::transcript::Transcript;
use _native::r1cs::{R1cs, Term};
use _native::storage::Storage;
use ark_ff::{AdditiveGroup, Field};
use std::collections::HashMap;

/// A circuit from rows of A, B, C; signal 1 is public.
pub fn circuit(signals: usize, rows: &[[&[(u32, u64)]; 3]]) -> R1cs {
    let matrix = |m: usize| {
        rows.iter()
            .enumerate()
            .flat_map(|(row, terms)| {
                terms[m].iter().map(move |(signal, value)| Term {
                    row: row as u32,
                    signal: *signal,
                    value: Fr::from(*value),
                })
            })
            .collect()
    };
    R1cs {
        signal_count: signals,
        output_count: 1,
        public_input_count: 0,
        private_input_count: 0,
        label_count: signals as u64,
        constraint_count: rows.len(),
        matrices: [matrix(0), matrix(1), matrix(2)],
    }
}

/// Every wire's value, and whether all gates but those of the public signals hold.
fn satisfied(gates: &Gates, witness: &[Fr]) -> bool {
    let mut wires = witness.to_vec();
    wires[0] = Fr::ZERO;
    for addition in &gates.additions {
        let [a, b] = addition.wires.map(|w| wires[w as usize]);
        wires.push(addition.factors[0] * a + addition.factors[1] * b);
    }
    assert_eq!(wires.len(), gates.wire_count());
    gates.gates[gates.public_count..].iter().all(|gate| {
        let [a, b, c] = gate.wires.map(|w| wires[w as usize]);
        gate.qm * a * b + gate.ql * a + gate.qr * b + gate.qo * c + gate.qc == Fr::ZERO
    })
}

#[test]
fn gates_hold_for_the_witness_and_for_no_other() {
    let (r1cs, values) = chain(20);
    for zeros in [ZeroTerms::Kept, ZeroTerms::Dropped] {
        let gates = Gates::new(&R1cs::parse(&r1cs).unwrap(), zeros).unwrap();
        assert_eq!((gates.gates.len(), gates.additions.len()), (22, 0));
        assert!(satisfied(&gates, &values));
        let mut wrong = values.clone();
        wrong[5] += Fr::ONE;
        assert!(!satisfied(&gates, &wrong));
    }
}

#[test]
fn long_sums_fold_first_in_first_out() {
    // (w2 + 2 w3 + 3 w4) * 1 = w1 needs one fold; a product of sums folds each factor to one wire.
    let sum: [&[(u32, u64)]; 3] = [&[(2, 1), (3, 2), (4, 3)], &[(0, 1)], &[(1, 1)]];
    let product: [&[(u32, u64)]; 3] = [&[(0, 7), (2, 1), (3, 1), (4, 1)], &[(2, 5), (0, 1)], &[(5, 1)]];
    let gates = Gates::new(&circuit(6, &[sum, product]), ZeroTerms::Kept).unwrap();
    assert_eq!(gates.signal_count, 6);
    let wires: Vec<_> = gates.additions.iter().map(|a| a.wires).collect();
    assert_eq!(wires, [[1, 2], [2, 3], [4, 7]]);
    let rows: Vec<_> = gates.gates.iter().map(|g| g.wires).collect();
    assert_eq!(
        rows,
        [[1, 0, 0], [1, 2, 6], [3, 4, 6], [2, 3, 7], [4, 7, 8], [8, 2, 5]]
    );
    let values = [1u64, 2 + 2 * 3 + 3 * 4, 2, 3, 4, (7 + 2 + 3 + 4) * (5 * 2 + 1)].map(Fr::from);
    assert!(satisfied(&gates, &values));
}

#[test]
fn zero_terms_stay_or_go() {
    // w2 - w2 cancels: PLONK keeps the term.
    let row: [&[(u32, u64)]; 3] = [&[(0, 1)], &[(1, 1), (2, 4)], &[(2, 4)]];
    let kept = Gates::new(&circuit(3, &[row]), ZeroTerms::Kept).unwrap();
    let dropped = Gates::new(&circuit(3, &[row]), ZeroTerms::Dropped).unwrap();
    assert_eq!(kept.gates[1].wires, [1, 2, 0]);
    assert_eq!(kept.gates[1].qr, Fr::ZERO);
    assert_eq!(dropped.gates[1].wires, [1, 0, 0]);
    let twice: [&[(u32, u64)]; 3] = [&[(1, 1), (1, 2)], &[(1, 1)], &[(2, 4)]];
    assert!(matches!(
        Gates::new(&circuit(3, &[twice]), ZeroTerms::Kept),
        Err(Error::Format {
            section: "constraints",
            ..
        })
    ));
}

#[test]
fn labels_permute_the_places_and_bind_equal_wires() {
    let (r1cs, _) = chain(20);
    let gates = Gates::new(&R1cs::parse(&r1cs).unwrap(), ZeroTerms::Kept).unwrap();
    let (log, size) = (5, 32);
    let columns = labels(&gates.gates, gates.wire_count(), log);
    let shifts = [Fr::ONE, Fr::from(SHIFTS[0]), Fr::from(SHIFTS[1])];
    let mut places = HashMap::new();
    let mut own = Vec::new();
    for shift in shifts {
        let mut label = shift;
        for _ in 0..size {
            places.insert(label, own.len());
            own.push(label);
            label *= root(log);
        }
    }
    let wire = |place: usize| gates.gates.get(place % size).map_or(0, |g| g.wires[place / size]);
    let mut seen = vec![false; 3 * size];
    for (place, label) in columns.iter().flatten().enumerate() {
        let source = places[&label.to_ark()];
        assert!(!std::mem::replace(&mut seen[source], true));
        assert_eq!(wire(source), wire(place));
    }
    // One cycle a wire: following it from a place comes back after as many steps as the wire has places.
    let all: Vec<usize> = columns.iter().flatten().map(|l| places[&l.to_ark()]).collect();
    for start in [0, 21, 31, 40, 90] {
        let (mut at, mut steps) = (all[start], 1);
        while at != start {
            at = all[at];
            steps += 1;
        }
        assert_eq!(steps, (0..3 * size).filter(|p| wire(*p) == wire(start)).count());
    }
}

#[test]
fn transcript_is_keccak() {
    // Keccak-256 of the empty string, and of 32 zero bytes, modulo r.
    let known = |text: &str| {
        let bytes: Vec<u8> = (0..32)
            .map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap())
            .collect();
        ark_ff::PrimeField::from_be_bytes_mod_order(&bytes)
    };
    let empty: Fr = known("c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
    let zero: Fr = known("290decd9548b62a8d60345a988386fc84ba6bc95484008f6362f93160ef3e563");
    assert_eq!(Transcript::new().challenge(), empty);
    assert_eq!(Transcript::new().scalar(&Fr::ZERO).challenge(), zero);
    assert_eq!(
        Transcript::new().scalars(&[Fr::ZERO; 2]).challenge(),
        Transcript::new().point(&Default::default()).challenge()
    );
    assert_ne!(from_be::<Fr>(&[1; 32]).unwrap(), zero);
}

#[test]
fn polynomials_agree_with_the_textbook() {
    for log in [0, 3, 12] {
        let size = 1usize << log;
        let domain = Domain::new(log);
        let values: Vec<Scalar> = scalars("values", size)
            .into_iter()
            .map(Scalar::from_ark)
            .collect();
        let polynomial = poly::interpolate(&domain, &values);
        assert!(poly::evaluate_all(&domain, &polynomial) == values);
        for (i, value) in values.iter().enumerate().step_by(1 + size / 7) {
            assert_eq!(
                poly::evaluate(&polynomial, root(log).pow([i as u64])),
                value.to_ark()
            );
        }
        let point = Fr::from(12345u64);
        let mut quotient = polynomial.clone();
        let remainder = poly::divide(&mut quotient, point);
        assert_eq!(
            (quotient.len(), remainder),
            (size - 1, poly::evaluate(&polynomial, point))
        );
        let other = Fr::from(999u64);
        assert_eq!(
            poly::evaluate(&quotient, other) * (other - point) + remainder,
            poly::evaluate(&polynomial, other)
        );
    }
}

#[test]
fn powers_of_tau_from_a_file_are_those_of_the_seed() {
    let mut file = Vec::new();
    write_insecure(&mut file, 4, Some(b"tau")).unwrap();
    let powers = PowersFile::new(Storage::Owned(file.clone())).unwrap();
    assert_eq!(powers.power(), 4);
    let taken = powers.take(31, &Silent).unwrap();
    let made = Powers::insecure(31, Some(b"tau")).unwrap();
    assert!(taken.g1 == made.g1 && taken.tau_g2 == made.tau_g2);
    assert!(Powers::insecure(31, Some(b"other")).unwrap().g1 != made.g1);
    assert!(matches!(powers.take(32, &Silent), Err(Error::Argument(_))));
    // Powers of another tau, or out of order, are refused; truncation is.
    let start = file.windows(64).position(|w| *w == made.g1[64..128]).unwrap();
    for (to, from) in [(start, start + 64), (start + 64, start), (start + 640, start)] {
        let mut bad = file.clone();
        bad.copy_within(from..from + 64, to);
        let bad = PowersFile::new(Storage::Owned(bad)).unwrap();
        assert!(matches!(bad.take(31, &Silent), Err(Error::Format { .. })));
    }
    for cut in (0..file.len()).step_by(97) {
        assert!(PowersFile::new(Storage::Owned(file[..cut].to_vec())).is_err());
    }
}
