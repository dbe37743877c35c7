//! PLONK from circuit to verified proof, and what it refuses.

use crate::common::{chain, plain, scalars, with_each_backend};
use _native::error::{Error, Observer, Silent};
use _native::field::{to_le, Fr};
use _native::kernel::Scalar;
use _native::plonk::{self, prove, verify, verify_batch, Proof, ProvingKey, VerifyingKey};
use _native::plonkish::formula::{tabulate, Element, Formula};
use _native::plonkish::gates::{Gates, ZeroTerms};
use _native::plonkish::ptau::Powers;
use _native::r1cs::R1cs;
use _native::storage::Storage;
use ark_ff::{AdditiveGroup, BigInt, Field, PrimeField};
use rayon::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Mutex;

/// Groups of sections of a key file: number, start, length.
fn sections(data: &[u8]) -> Vec<(u32, usize, usize)> {
    let number = |at: usize, size: usize| {
        data[at..at + size]
            .iter()
            .rev()
            .fold(0u64, |sum, b| sum << 8 | u64::from(*b)) as usize
    };
    let mut out = Vec::new();
    let mut at = 12;
    for _ in 0..number(8, 4) {
        let length = number(at + 4, 8);
        out.push((number(at, 4) as u32, at + 12, length));
        at += 12 + length;
    }
    out
}

fn section(data: &[u8], kind: u32) -> (usize, usize) {
    let found = sections(data).into_iter().find(|s| s.0 == kind).unwrap();
    (found.1, found.2)
}

fn key_file(r1cs: &[u8]) -> Vec<u8> {
    let gates = Gates::new(&R1cs::parse(r1cs).unwrap(), ZeroTerms::Kept).unwrap();
    let powers = Powers::insecure(gates.gates.len().next_power_of_two().max(8) + 6, Some(b"tau")).unwrap();
    let mut out = Vec::new();
    plonk::write_key(&gates, &powers, &mut out, &Silent).unwrap();
    out
}

fn load(data: Vec<u8>) -> Result<ProvingKey, Error> {
    ProvingKey::new(Storage::Owned(data))
}

/// A key, its witness, a proof and its signals.
fn sample(length: usize) -> (ProvingKey, Vec<u8>, Proof, Vec<Fr>) {
    let (r1cs, values) = chain(length);
    let key = load(key_file(&r1cs)).unwrap();
    let (proof, public) = prove(&key, &plain(&values), Some(b"seed"), &Silent).unwrap();
    (key, plain(&values), proof, public)
}

fn refused_at(result: Result<ProvingKey, Error>) -> (&'static str, u64) {
    match result {
        Err(Error::Format { section, offset, .. } | Error::Element { section, offset, .. }) => {
            (section, offset)
        }
        Err(other) => panic!("not a format error: {other}"),
        Ok(_) => panic!("accepted"),
    }
}

#[test]
fn proofs_verify_at_every_size() {
    for length in [1, 5, 6, 7, 13, 14, 15, 40, 300, 2500] {
        let (r1cs, values) = chain(length);
        let key = load(key_file(&r1cs)).unwrap();
        assert_eq!((key.constraint_count, key.public_count()), (length + 2, 2));
        assert_eq!(key.domain_size(), (length + 2).next_power_of_two().max(8));
        let (proof, public) = prove(&key, &plain(&values), None, &Silent).unwrap();
        assert_eq!(public, &values[1..3]);
        assert!(verify(&key.verifying_key, &public, &proof).unwrap());
    }
}

#[test]
fn seeds_decide_and_fresh_randomness_differs() {
    let (key, witness, proof, _) = sample(20);
    let again = |seed: Option<&[u8]>| prove(&key, &witness, seed, &Silent).unwrap().0;
    assert_eq!(again(Some(b"seed")), proof);
    let (one, two, three) = (again(None), again(None), again(Some(b"other")));
    for (a, b) in [(&one, &two), (&two, &three), (&three, &proof)] {
        let (a, b) = (a.points(), b.points());
        assert!(a.iter().zip(&b).all(|(a, b)| a != b));
    }
}

#[test]
fn every_backend_makes_the_same_proof() {
    let (r1cs, values) = chain(300);
    let key = load(key_file(&r1cs)).unwrap();
    let proofs = Mutex::new(Vec::new());
    with_each_backend(|| {
        let (proof, _) = prove(&key, &plain(&values), Some(b"seed"), &Silent).unwrap();
        proofs.lock().unwrap().push(proof);
    });
    let proofs = proofs.into_inner().unwrap();
    assert!(!proofs.is_empty() && proofs.iter().all(|proof| *proof == proofs[0]));
}

#[test]
fn formulas_give_the_same_for_one_row_and_for_eight() {
    /// (2 - 3 x) x + row
    struct Example<'a>(&'a [Scalar]);
    impl Formula for Example<'_> {
        fn constants(&self) -> Vec<Scalar> {
            [2u64, 3].map(|n| Scalar::from_ark(Fr::from(n))).to_vec()
        }
        #[inline(always)]
        fn at<E: Element>(&self, context: E::Context, constants: &[E], row: usize) -> E {
            let x = E::read(context, |i| self.0[row + i]);
            let number = E::read(context, |i| Scalar::from_ark(Fr::from((row + i) as u64)));
            constants[0].minus(constants[1].times(x)).times(x).plus(number)
        }
    }
    for length in [0, 1, 7, 8, 1023, 1025, 3000] {
        let mut values = scalars("rows", length);
        values.iter_mut().step_by(3).for_each(|v| *v = -Fr::ONE);
        let table: Vec<Scalar> = values.iter().map(|v| Scalar::from_ark(*v)).collect();
        let mut out = vec![Scalar::ONE; 5];
        tabulate(&mut out, length, &Example(&table));
        assert_eq!(out.len(), length);
        for (row, (result, x)) in out.iter().zip(&values).enumerate() {
            let want = (Fr::from(2u64) - Fr::from(3u64) * x) * x + Fr::from(row as u64);
            assert_eq!(result.to_ark(), want);
        }
    }
}

#[test]
fn witnesses_that_do_not_fit_are_refused() {
    let (key, witness, _, _) = sample(20);
    for signal in 1..witness.len() / 32 {
        let mut bad = witness.clone();
        bad[32 * signal] ^= 1;
        let result = prove(&key, &bad, None, &Silent);
        assert!(matches!(result, Err(Error::NotSatisfied)), "signal {signal}");
    }
    for length in [0, 32, witness.len() - 32, witness.len() + 32] {
        let mut bad = witness.clone();
        bad.resize(length, 0);
        assert!(matches!(
            prove(&key, &bad, None, &Silent),
            Err(Error::WitnessLength { .. })
        ));
    }
}

#[test]
fn stages_are_as_many_as_told_and_cancelling_stops() {
    struct Counter(AtomicUsize, usize);
    impl Observer for Counter {
        fn finished(&self, _stage: &'static str) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
        fn cancelled(&self) -> bool {
            self.0.load(Ordering::Relaxed) >= self.1
        }
    }
    let (key, witness, _, _) = sample(20);
    let counter = Counter(AtomicUsize::new(0), usize::MAX);
    prove(&key, &witness, None, &counter).unwrap();
    assert_eq!(counter.0.load(Ordering::Relaxed), plonk::STAGES);
    for stop in [0, 1, 5, plonk::STAGES - 1] {
        let result = prove(&key, &witness, None, &Counter(AtomicUsize::new(0), stop));
        assert!(matches!(result, Err(Error::Cancelled)));
    }
}

#[test]
fn every_wrong_bit_of_a_proof_is_refused() {
    let (key, _, proof, public) = sample(20);
    let good = proof.to_calldata();
    assert_eq!(Proof::from_calldata(&good).unwrap(), proof);
    let reached = (0..good.len() * 8)
        .into_par_iter()
        .filter(|bit| {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            match Proof::from_calldata(&bad) {
                Err(Error::Element { offset, .. }) => {
                    let (word, point) = (bit / 256 * 32, bit / 512 * 64);
                    assert!(offset == word as u64 || (*bit < 4608 && offset == point as u64));
                    false
                }
                Err(other) => panic!("{other}"),
                Ok(bad) => {
                    assert!(!verify(&key.verifying_key, &public, &bad).unwrap(), "bit {bit}");
                    true
                }
            }
        })
        .count();
    assert!(reached > 1400, "{reached}");
}

#[test]
fn every_wrong_bit_of_the_signals_is_refused() {
    let (key, _, proof, public) = sample(20);
    (0..512usize).into_par_iter().for_each(|bit| {
        let mut bad = public.clone();
        let mut limbs = bad[bit / 256].into_bigint().0;
        limbs[bit % 256 / 64] ^= 1 << (bit % 64);
        if let Some(value) = Fr::from_bigint(BigInt(limbs)) {
            bad[bit / 256] = value;
            assert!(!verify(&key.verifying_key, &bad, &proof).unwrap(), "bit {bit}");
        }
    });
    for count in [0, 1, 3] {
        let mut bad = public.clone();
        bad.resize(count, Fr::ONE);
        let result = verify(&key.verifying_key, &bad, &proof);
        assert!(matches!(result, Err(Error::SignalCount { expected: 2, .. })));
    }
}

#[test]
fn wrong_keys_refuse_the_proof() {
    let (key, _, proof, public) = sample(20);
    let good = &key.verifying_key;
    let mut others = Vec::new();
    for i in 0..9 {
        let mut bad = good.clone();
        let point = [
            &mut bad.qm,
            &mut bad.ql,
            &mut bad.qr,
            &mut bad.qo,
            &mut bad.qc,
            &mut bad.s1,
            &mut bad.s2,
            &mut bad.s3,
        ]
        .into_iter()
        .nth(i);
        match point {
            Some(point) => *point = -*point,
            None => bad.x_2 = -bad.x_2,
        }
        others.push(bad);
    }
    let change = |f: fn(&mut VerifyingKey)| {
        let mut bad = good.clone();
        f(&mut bad);
        bad
    };
    others.push(change(|k| k.k1 += Fr::ONE + Fr::ONE));
    others.push(change(|k| k.k2 += Fr::ONE));
    others.push(change(|k| k.power += 1));
    others.push(change(|k| std::mem::swap(&mut k.qm, &mut k.ql)));
    for bad in others {
        let bad = bad.check().unwrap();
        assert!(!verify(&bad, &public, &proof).unwrap());
    }
    assert!(verify(good, &public, &proof).unwrap());
}

#[test]
fn keys_under_which_anyone_could_forge_are_refused() {
    let (key, _, _, _) = sample(5);
    let bad: [fn(&mut VerifyingKey); 9] = [
        |k| k.k1 = Fr::ZERO,
        |k| k.k1 = Fr::ONE,
        |k| k.k1 = _native::fft::root(k.power),
        |k| k.k2 = k.k1,
        |k| k.k2 = k.k1 * _native::fft::root(k.power),
        |k| k.s3 = Default::default(),
        |k| k.x_2 = Default::default(),
        |k| k.x_2 = ark_ec::AffineRepr::generator(),
        |k| k.public = 1 << k.power,
    ];
    for change in bad {
        let mut key = key.verifying_key.clone();
        change(&mut key);
        assert!(matches!(key.check(), Err(Error::Format { .. })));
    }
}

#[test]
fn a_batch_holds_if_all_hold() {
    let (key, witness, proof, public) = sample(20);
    let vk = &key.verifying_key;
    let other = prove(&key, &witness, Some(b"other"), &Silent).unwrap().0;
    let good = vec![(public.clone(), proof.clone()), (public.clone(), other)];
    assert!(verify_batch(vk, &good).unwrap());
    assert!(verify_batch(vk, &[]).unwrap());
    for i in 0..2 {
        let mut bad = good.clone();
        bad[i].0[0] += Fr::ONE;
        assert!(!verify_batch(vk, &bad).unwrap());
        let mut bad = good.clone();
        bad[i].1.eval_zw += Fr::ONE;
        assert!(!verify_batch(vk, &bad).unwrap());
        let mut bad = good.clone();
        bad[i].0.pop();
        assert!(matches!(verify_batch(vk, &bad), Err(Error::SignalCount { .. })));
    }
    // Two wrongs that cancel in a plain sum do not in a random one.
    let mut bad = good;
    let twist = bad[0].1.t1;
    bad[0].1.wxi = (bad[0].1.wxi + twist).into();
    bad[1].1.wxi = (bad[1].1.wxi - twist).into();
    assert!(!verify_batch(vk, &bad).unwrap());
}

#[test]
fn json_and_calldata_come_back() {
    let (key, _, proof, _) = sample(20);
    assert_eq!(Proof::from_json(proof.to_json().as_bytes()).unwrap(), proof);
    let text = key.verifying_key.to_json();
    assert_eq!(
        VerifyingKey::from_json(text.as_bytes()).unwrap(),
        key.verifying_key
    );
    let calldata = proof.to_calldata();
    assert_eq!(Proof::from_calldata(&calldata).unwrap(), proof);
    for length in [0, 767, 769] {
        let mut bad = calldata.clone();
        bad.resize(length, 0);
        assert!(matches!(Proof::from_calldata(&bad), Err(Error::Format { .. })));
    }
    let mut bad = calldata;
    bad[64..128].fill(0);
    assert!(matches!(
        Proof::from_calldata(&bad),
        Err(Error::Element { offset: 64, .. })
    ));
    for (from, to) in [
        ("plonk", "groth16"),
        ("bn128", "bls12381"),
        ("\"nPublic\": 2", "\"nPublic\": -2"),
        ("\"power\": 5", "\"power\": 29"),
        ("\"power\": 5", "\"power\": 4"),
        ("\"k1\": \"2\"", "\"k1\": \"02\""),
        ("\"k1\": \"2\"", "\"k1\": \"1\""),
        ("\"Qm\"", "\"Qn\""),
        ("\"X_2\"", "\"X_3\""),
        ("\"w\"", "\"W\""),
    ] {
        assert!(text.contains(from), "{from}");
        assert!(
            VerifyingKey::from_json(text.replace(from, to).as_bytes()).is_err(),
            "{from}"
        );
    }
}

#[test]
fn malformed_keys_are_refused() {
    let good = key_file(&chain(5).0);
    for cut in 0..good.len() {
        assert!(refused_at(load(good[..cut].to_vec())).1 <= good.len() as u64);
    }
    // Counts of the header: wires, public, domain, additions, gates.
    let (header, _) = section(&good, 2);
    for field in 0..5 {
        let at = header + 72 + 4 * field;
        for value in [0u32, 1, 2, 3, 6, 9, 16, 1 << 27, u32::MAX] {
            if good[at..at + 4] != value.to_le_bytes() {
                let mut bad = good.clone();
                bad[at..at + 4].copy_from_slice(&value.to_le_bytes());
                match load(bad) {
                    // Signals that no gate uses are allowed: the key wants a longer witness then.
                    Ok(key) if field == 0 => assert!(key.signal_count > 7),
                    other => drop(refused_at(other)),
                }
            }
        }
    }
    // A value at its modulus in every section of scalars; a wire that does not exist in every map.
    let modulus = to_le(&_native::field::R_LIMBS);
    for (kind, name) in [
        (7, "qm"),
        (8, "ql"),
        (9, "qr"),
        (10, "qo"),
        (11, "qc"),
        (12, "sigma"),
        (13, "lagrange"),
    ] {
        let (start, length) = section(&good, kind);
        for at in [start, start + length / 2, start + length - 32] {
            let mut bad = good.clone();
            bad[at..at + 32].copy_from_slice(&modulus);
            assert_eq!(refused_at(load(bad)), (name, at as u64));
        }
    }
    for (kind, name) in [(4, "map_a"), (5, "map_b"), (6, "map_c")] {
        let (start, length) = section(&good, kind);
        let mut bad = good.clone();
        bad[start + length - 4..start + length].copy_from_slice(&100u32.to_le_bytes());
        assert_eq!(refused_at(load(bad)), (name, (start + length - 4) as u64));
    }
    // Public signals in other gates, powers that are not those of the key's tau, infinity among them.
    let (start, _) = section(&good, 4);
    let mut bad = good.clone();
    bad[start] = 2;
    assert_eq!(refused_at(load(bad)), ("map_a", start as u64));
    let (start, _) = section(&good, 14);
    for (to, from) in [(0, 64), (64, 128)] {
        let mut bad = good.clone();
        bad.copy_within(start + from..start + from + 64, start + to);
        assert_eq!(refused_at(load(bad)), ("powers_of_tau", (start + to) as u64));
    }
    let mut bad = good.clone();
    bad[start + 256] ^= 1;
    assert_eq!(refused_at(load(bad)), ("powers", (start + 256) as u64));
}

#[test]
fn additions_of_unknown_wires_are_refused() {
    let rows: [[&[(u32, u64)]; 3]; 1] = [[&[(1, 1), (2, 2), (3, 3)], &[(2, 1), (3, 1)], &[(4, 1)]]];
    let gates = Gates::new(&crate::plonk::circuit(5, &rows), ZeroTerms::Kept).unwrap();
    assert_eq!(gates.additions.len(), 3);
    let powers = Powers::insecure(14, Some(b"tau")).unwrap();
    let mut good = Vec::new();
    plonk::write_key(&gates, &powers, &mut good, &Silent).unwrap();
    let values = [1u64, 5, 7, 11, (5 + 14 + 33) * 18].map(Fr::from);
    let key = load(good.clone()).unwrap();
    prove(&key, &plain(&values), None, &Silent).unwrap();
    let (start, _) = section(&good, 3);
    for (addition, wire) in [(0, 5u32), (1, 6), (2, 7), (2, u32::MAX)] {
        for side in [0, 4] {
            let at = start + 72 * addition + side;
            let mut bad = good.clone();
            bad[at..at + 4].copy_from_slice(&wire.to_le_bytes());
            assert_eq!(
                refused_at(load(bad)),
                ("additions", (start + 72 * addition) as u64)
            );
        }
    }
}

#[test]
fn one_wrong_bit_of_a_key_never_gives_a_false_proof() {
    let (r1cs, values) = chain(5);
    let good = key_file(&r1cs);
    let witness = plain(&values);
    let trusted = load(good.clone()).unwrap().verifying_key;
    let bits: Vec<usize> = (0..good.len() * 8).step_by(211).collect();
    let outcomes: Vec<u8> = bits
        .par_iter()
        .map(|bit| {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            let key = match load(bad) {
                Ok(key) => key,
                Err(Error::Format { .. } | Error::Element { .. }) => return 0,
                Err(other) => panic!("{other}"),
            };
            match prove(&key, &witness, Some(b"bit"), &Silent) {
                // Only what this proof does not use may differ.
                Ok((proof, public)) => {
                    assert!(verify(&trusted, &public, &proof).unwrap(), "bit {bit}");
                    2
                }
                Err(Error::NotSatisfied | Error::WitnessLength { .. }) => 1,
                Err(other) => panic!("{other}"),
            }
        })
        .collect();
    let count = |outcome: u8| outcomes.iter().filter(|o| **o == outcome).count();
    assert!(
        count(0) > 50 && count(1) > 100,
        "{} {} {}",
        count(0),
        count(1),
        count(2)
    );
}
