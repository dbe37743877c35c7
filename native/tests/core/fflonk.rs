//! FFLONK: set-up, proofs, verification, and what must be refused.

use crate::common::{chain, plain};
use crate::plonk::circuit;
use crate::plonk_snarkjs::{witness, ROWS};
use _native::error::{Error, Silent};
use _native::fflonk::{
    inverse, prove, verify, verify_batch, write_key, Evaluations, Proof, ProvingKey, VerifyingKey,
    CALLDATA_BYTES,
};
use _native::field::Fr;
use _native::groth16::public_from_json;
use _native::kernel::{force_backend, Backend};
use _native::plonkish::ptau::{write_insecure, Powers, PowersFile};
use _native::r1cs::R1cs;
use _native::storage::Storage;
use ark_bn254::G2Affine;
use ark_ec::AffineRepr;
use ark_ff::{AdditiveGroup, Field};
use sha2::{Digest, Sha256};

/// Made by snarkjs 0.7.6 of the circuit and the powers of tau of `plonk_snarkjs`, by `fflonk setup` and `fflonk prove`.
const THEIR_KEY: &str = include_str!("material/fflonk_verification_key.json");
const THEIR_PROOF: &str = include_str!("material/fflonk_proof.json");
const THEIR_SIGNALS: &str = include_str!("material/fflonk_public.json");
/// SHA-256 of the `.zkey` that snarkjs wrote.
const THEIR_HASH: &str = "9d31603dded529f8691cfc3f7bdd53bb9be540f4fe18cbb078457bd72e5cc467";

fn key_file(r1cs: &[u8]) -> Vec<u8> {
    let circuit = R1cs::parse(r1cs).unwrap();
    let mut out = Vec::new();
    let powers = |count| Powers::insecure(count, Some(b"test"));
    write_key(&circuit, powers, &mut out, &Silent).unwrap();
    out
}

fn load(data: Vec<u8>) -> Result<ProvingKey, Error> {
    ProvingKey::new(Storage::Owned(data))
}

/// A key, its proof, the signals.
fn made(length: usize) -> (ProvingKey, Proof, Vec<Fr>) {
    let (r1cs, values) = chain(length);
    let key = load(key_file(&r1cs)).unwrap();
    let (proof, public) = prove(&key, &plain(&values), Some(b"seed"), &Silent).unwrap();
    (key, proof, public)
}

#[test]
fn what_snarkjs_made_is_accepted_and_written_the_same() {
    let key = VerifyingKey::from_json(THEIR_KEY.as_bytes()).unwrap();
    let proof = Proof::from_json(THEIR_PROOF.as_bytes()).unwrap();
    let public = public_from_json(THEIR_SIGNALS.as_bytes()).unwrap();
    assert_eq!((key.power, key.public_count()), (5, 3));
    assert!(verify(&key, &public, &proof).unwrap());
    assert_eq!(inverse(&key, &public, &proof), Some(proof.inverse));
    assert_eq!(key.to_json(), THEIR_KEY.trim_end());
    assert_eq!(proof.to_json(), THEIR_PROOF.trim_end());
}

#[test]
fn keys_are_the_bytes_of_snarkjs() {
    let mut r1cs = circuit(11, &ROWS);
    r1cs.public_input_count = 2;
    let mut file = Vec::new();
    write_insecure(&mut file, 8, Some(b"tau of the tests")).unwrap();
    let file = PowersFile::new(Storage::Owned(file)).unwrap();
    let mut data = Vec::new();
    write_key(&r1cs, |count| file.take(count, &Silent), &mut data, &Silent).unwrap();
    let hash: String = Sha256::digest(&data).iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(hash, THEIR_HASH);
    let key = load(data).unwrap();
    assert_eq!(key.verifying_key.to_json(), THEIR_KEY.trim_end());
    assert_eq!((key.signal_count, key.constraint_count), (11, 17));
    let (proof, public) = prove(&key, &plain(&witness()), None, &Silent).unwrap();
    assert_eq!(public, public_from_json(THEIR_SIGNALS.as_bytes()).unwrap());
    let theirs = VerifyingKey::from_json(THEIR_KEY.as_bytes()).unwrap();
    assert!(verify(&theirs, &public, &proof).unwrap());
    // A circuit whose powers a file does not have.
    let (r1cs, _) = chain(63);
    let large = R1cs::parse(&r1cs).unwrap();
    let outcome = write_key(
        &large,
        |count| file.take(count, &Silent),
        &mut Vec::new(),
        &Silent,
    );
    assert!(matches!(outcome, Err(Error::Argument(_))));
}

#[test]
fn proofs_of_several_sizes_verify() {
    // Seven gates of eight rows, then just too many, then several pieces and chunks.
    for (length, rows) in [(1, 8), (4, 8), (5, 16), (12, 16), (13, 32), (2100, 4096)] {
        let (r1cs, values) = chain(length);
        let key = load(key_file(&r1cs)).unwrap();
        assert_eq!(key.constraint_count, length + 2);
        assert_eq!(key.domain_size(), rows);
        assert_eq!(key.signal_count, values.len());
        let (proof, public) = prove(&key, &plain(&values), None, &Silent).unwrap();
        assert_eq!(public, values[1..3]);
        assert!(verify(&key.verifying_key, &public, &proof).unwrap());
        assert_eq!(Proof::from_calldata(&proof.to_calldata()).unwrap(), proof);
        assert_eq!(Proof::from_json(proof.to_json().as_bytes()).unwrap(), proof);
    }
}

#[test]
fn a_wrong_witness_is_refused() {
    let (r1cs, values) = chain(5);
    let key = load(key_file(&r1cs)).unwrap();
    for at in 1..values.len() {
        let mut wrong = values.clone();
        wrong[at] += Fr::ONE;
        let outcome = prove(&key, &plain(&wrong), None, &Silent);
        assert!(matches!(outcome, Err(Error::NotSatisfied)), "signal {at}");
    }
    for count in [0, 1, values.len() - 1, values.len() + 1] {
        let mut wrong = values.clone();
        wrong.resize(count, Fr::ONE);
        let outcome = prove(&key, &plain(&wrong), None, &Silent);
        assert!(matches!(outcome, Err(Error::WitnessLength { expected: 7, actual }) if actual == count));
    }
    let mut large = plain(&values);
    large[64..96].fill(255);
    let outcome = prove(&key, &large, None, &Silent);
    assert!(matches!(outcome, Err(Error::Format { offset: 64, .. })));
}

#[test]
fn a_seed_decides_the_proof() {
    let (r1cs, values) = chain(5);
    let key = load(key_file(&r1cs)).unwrap();
    let make = |seed: Option<&[u8]>| prove(&key, &plain(&values), seed, &Silent).unwrap().0;
    assert_eq!(make(Some(b"one")), make(Some(b"one")));
    let (one, two) = (make(Some(b"one")), make(Some(b"two")));
    assert!(one.c1 != two.c1 && one.c2 != two.c2 && one.evaluations.a != two.evaluations.a);
    assert_ne!(make(None), make(None));
}

#[test]
fn every_backend_makes_the_same_proof() {
    let (r1cs, values) = chain(2100);
    let key = load(key_file(&r1cs)).unwrap();
    let best = Backend::ALL.into_iter().rfind(|b| b.is_available()).unwrap();
    let make = |backend: Backend| {
        assert!(force_backend(backend));
        prove(&key, &plain(&values), Some(b"seed"), &Silent).unwrap().0
    };
    let expected = make(Backend::Portable);
    for backend in Backend::ALL.into_iter().filter(|b| b.is_available()) {
        assert_eq!(make(backend), expected, "{}", backend.name());
    }
    assert!(force_backend(best));
}

#[test]
fn every_flipped_bit_of_proof_and_signals_is_refused() {
    let (key, proof, public) = made(3);
    let vk = &key.verifying_key;
    let bytes = proof.to_calldata();
    assert_eq!(bytes.len(), CALLDATA_BYTES);
    for bit in 0..8 * bytes.len() {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        match Proof::from_calldata(&changed) {
            Ok(other) => assert!(!verify(vk, &public, &other).unwrap(), "bit {bit}"),
            Err(error) => assert!(matches!(error, Error::Element { .. })),
        }
    }
    let signals = plain(&public);
    for bit in 0..8 * signals.len() {
        let mut changed = signals.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let Some(other) = changed
            .chunks(32)
            .map(|word| {
                let mut word: [u8; 32] = word.try_into().unwrap();
                word.reverse();
                _native::groth16::signal(&word)
            })
            .collect::<Option<Vec<Fr>>>()
        else {
            continue;
        };
        assert!(!verify(vk, &other, &proof).unwrap(), "bit {bit}");
    }
}

#[test]
fn other_values_with_the_right_inverse_are_refused() {
    // The inverse alone gives most changes away; with it put right, the pairing has to.
    let (key, proof, public) = made(3);
    let vk = &key.verifying_key;
    let refused = |signals: &[Fr], mut other: Proof| {
        other.inverse = inverse(vk, signals, &other).unwrap();
        assert!(!verify(vk, signals, &other).unwrap());
    };
    for i in 0..15 {
        for change in [Fr::ONE, -Fr::ONE, Fr::from(1u64 << 40)] {
            let mut values = proof.evaluations.to_array();
            values[i] += change;
            let evaluations = Evaluations::from_array(values);
            refused(
                &public,
                Proof {
                    evaluations,
                    ..proof.clone()
                },
            );
        }
    }
    for i in 0..public.len() {
        let mut signals = public.clone();
        signals[i] += Fr::ONE;
        refused(&signals, proof.clone());
    }
    let points = [proof.c1, proof.c2, proof.w1, proof.w2];
    for i in 0..4 {
        for with in 0..4 {
            let mut changed = points;
            changed[i] = if with == i { -points[i] } else { points[with] };
            let [c1, c2, w1, w2] = changed;
            refused(
                &public,
                Proof {
                    c1,
                    c2,
                    w1,
                    w2,
                    ..proof.clone()
                },
            );
        }
    }
    assert_eq!(inverse(vk, &public, &proof), Some(proof.inverse));
}

#[test]
fn batches_hold_when_every_proof_does() {
    let (key, proof, public) = made(5);
    let vk = &key.verifying_key;
    let (_, values) = chain(5);
    let mut batch: Vec<(Vec<Fr>, Proof)> = (0..4)
        .map(|_| prove(&key, &plain(&values), None, &Silent).unwrap())
        .map(|(proof, public)| (public, proof))
        .collect();
    assert!(verify_batch(vk, &[]).unwrap());
    assert!(verify_batch(vk, &batch).unwrap());
    let mut wrong = proof.clone();
    wrong.w2 = -wrong.w2;
    batch[2] = (public.clone(), wrong);
    assert!(!verify_batch(vk, &batch).unwrap());
    batch[2] = (vec![public[1], public[0]], proof.clone());
    assert!(!verify_batch(vk, &batch).unwrap());
    batch[2] = (vec![Fr::ONE], proof.clone());
    for outcome in [verify_batch(vk, &batch), verify(vk, &[], &proof).map(|_| true)] {
        assert!(matches!(outcome, Err(Error::SignalCount { expected: 2, .. })));
    }
    // Errors that cancel out in a plain sum.
    let (left, right) = (&batch[0].1, &batch[1].1);
    let (mut first, mut second) = (left.clone(), right.clone());
    let shift = left.w2 + right.w2;
    first.w2 = shift.into();
    second.w2 = (left.w2 - left.w2 - left.w2).into();
    let pair = [(public.clone(), first), (public, second)];
    assert!(!verify_batch(vk, &pair).unwrap());
}

#[test]
fn proofs_with_infinity_or_large_numbers_are_refused() {
    let (_, proof, _) = made(1);
    let bytes = proof.to_calldata();
    for i in 0..4 {
        let mut changed = bytes.clone();
        changed[64 * i..64 * (i + 1)].fill(0);
        let outcome = Proof::from_calldata(&changed);
        assert!(matches!(outcome, Err(Error::Element { offset, .. }) if offset == 64 * i as u64));
    }
    for word in 0..24 {
        let mut changed = bytes.clone();
        changed[32 * word..32 * (word + 1)].fill(255);
        assert!(matches!(
            Proof::from_calldata(&changed),
            Err(Error::Element { .. })
        ));
    }
    for length in [0, 31, CALLDATA_BYTES - 1, CALLDATA_BYTES + 1] {
        let mut changed = bytes.clone();
        changed.resize(length, 0);
        assert!(matches!(
            Proof::from_calldata(&changed),
            Err(Error::Format { .. })
        ));
    }
    let text = proof.to_json();
    for (from, to) in [
        ("fflonk", "plonk"),
        ("bn128", "bn129"),
        ("\"W1\"", "\"W3\""),
        ("t2w", "t3w"),
        ("\"inv\": \"", "\"inv\": \"0"),
        ("\"1\"", "\"0\""),
        ("polynomials", "points"),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text);
        assert!(Proof::from_json(changed.as_bytes()).is_err(), "{from}");
    }
}

#[test]
fn verification_keys_that_prove_nothing_are_refused() {
    let key = VerifyingKey::from_json(THEIR_KEY.as_bytes()).unwrap();
    let refused = |change: &dyn Fn(&mut VerifyingKey)| {
        let mut bad = key.clone();
        change(&mut bad);
        assert!(matches!(bad.check(), Err(Error::Format { .. })));
    };
    let root = key.w();
    refused(&|k| k.power = 4);
    refused(&|k| k.power = 2);
    refused(&|k| k.power = 27);
    refused(&|k| k.power = u32::MAX);
    refused(&|k| k.k1 = Fr::ONE);
    refused(&|k| k.k1 = root);
    refused(&|k| k.k2 = Fr::ZERO);
    refused(&|k| k.k2 = k.k1 * root);
    refused(&|k| k.w3 = Fr::ONE);
    refused(&|k| k.w4 = -Fr::ONE);
    refused(&|k| k.w8 = k.w4);
    refused(&|k| k.wr = Fr::ONE);
    refused(&|k| k.x_2 = G2Affine::generator());
    refused(&|k| k.x_2 = -G2Affine::generator());
    refused(&|k| k.x_2 = G2Affine::zero());
    refused(&|k| k.c0 = AffineRepr::zero());
    assert_eq!(key.clone().check().unwrap(), key);
    for (from, to) in [
        ("fflonk", "plonk"),
        ("\"nPublic\": 3", "\"nPublic\": 31"),
        ("\"nPublic\": 3", "\"nPublic\": -3"),
        ("\"power\": 5", "\"power\": 4294967301"),
        ("\"w\": \"4", "\"w\": \"5"),
        ("\"C0\"", "\"C1\""),
        ("\"1\"", "\"2\""),
    ] {
        let changed = THEIR_KEY.replacen(from, to, 1);
        assert_ne!(changed, THEIR_KEY);
        assert!(
            VerifyingKey::from_json(changed.as_bytes()).is_err(),
            "{from} {to}"
        );
    }
}

#[test]
fn cut_and_rewired_keys_are_refused() {
    let (r1cs, _) = chain(1);
    let data = key_file(&r1cs);
    assert!(load(data.clone()).is_ok());
    for cut in (0..data.len()).step_by(53).chain(data.len() - 100..data.len()) {
        let outcome = load(data[..cut].to_vec());
        assert!(matches!(outcome, Err(Error::Format { .. })), "{cut}");
    }
    let mut longer = data.clone();
    longer.push(0);
    assert!(load(longer).is_err());
    // The first gate of the first wire shows another signal than the first public one.
    let wires = data
        .windows(8)
        .position(|w| w == [1, 0, 0, 0, 2, 0, 0, 0])
        .unwrap();
    let mut changed = data.clone();
    changed[wires] = 2;
    let outcome = load(changed);
    assert!(
        matches!(outcome, Err(Error::Format { section: "wires_a", offset, .. }) if offset == wires as u64)
    );
    // Every section under another's number: lengths or contents do not fit, or the section is missing.
    let mut at = 12;
    while at < data.len() {
        for kind in [0u32, 2, 4, 12, 17, 18] {
            if data[at..at + 4] == kind.to_le_bytes() {
                continue;
            }
            let mut changed = data.clone();
            changed[at..at + 4].copy_from_slice(&kind.to_le_bytes());
            assert!(load(changed).is_err());
        }
        let length = u64::from_le_bytes(data[at + 4..at + 12].try_into().unwrap()) as usize;
        for wrong in [0, length as u64 - 1, length as u64 + 1, u64::MAX] {
            let mut changed = data.clone();
            changed[at + 4..at + 12].copy_from_slice(&wrong.to_le_bytes());
            if length > 0 {
                assert!(load(changed).is_err());
            }
        }
        at += 12 + length;
    }
}

#[test]
fn a_flipped_bit_of_a_key_never_makes_another_proof() {
    let (r1cs, values) = chain(1);
    let data = key_file(&r1cs);
    let witness = plain(&values);
    let make = |key: &ProvingKey| prove(key, &witness, Some(b"seed"), &Silent);
    let good = load(data.clone()).unwrap();
    let (proof, public) = make(&good).unwrap();
    let (mut refused, mut unsatisfied, mut unread) = (0, 0, 0);
    let header = data.len() - 500;
    for at in (0..header).step_by(131).chain(header..data.len()) {
        let mut changed = data.clone();
        changed[at] ^= 1 << (at % 8);
        let Ok(key) = load(changed) else {
            refused += 1;
            continue;
        };
        assert_ne!(key.sha256, good.sha256);
        match make(&key) {
            Err(Error::NotSatisfied | Error::WitnessLength { .. }) => unsatisfied += 1,
            Ok((other, _)) => {
                assert_eq!(other, proof, "byte {at}");
                assert!(verify(&good.verifying_key, &public, &other).unwrap());
                unread += 1;
            }
            Err(other) => panic!("byte {at}: {other}"),
        }
    }
    assert!(refused > 0 && unsatisfied > 0 && unread > 0);
}
