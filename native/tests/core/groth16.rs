//! A circuit's whole way: set-up, proof, verification, and what must be refused.

use crate::common::{chain, key, key_file, plain, scalars};
use _native::curve::G1;
use _native::error::{Error, Silent};
use _native::field::Fr;
use _native::groth16::{prove, verify, Proof};
use _native::r1cs::R1cs;
use _native::setup::{lagrange_at, odd_lagrange_at};
use _native::storage::Storage;
use _native::vkey::VerifyingKey;
use _native::zkey::ProvingKey;
use ark_ec::short_weierstrass::Affine;
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{AdditiveGroup, Field};

#[test]
fn proofs_of_several_sizes_verify() {
    for length in [1, 2, 5, 61, 62, 700] {
        let (r1cs, values) = chain(length);
        let key = key(&r1cs);
        assert_eq!(key.constraint_count, length);
        assert_eq!(key.signal_count, values.len());
        assert_eq!(
            R1cs::parse(&r1cs).unwrap().first_broken(&plain(&values)).unwrap(),
            None
        );
        let (proof, public) = prove(&key, &plain(&values), None, &Silent).unwrap();
        assert_eq!(public, values[1..3]);
        assert!(verify(&key.verifying_key, &public, &proof).unwrap());
        let again = Proof::from_calldata(&proof.to_calldata()).unwrap();
        assert_eq!(again, proof);
        assert_eq!(Proof::from_json(proof.to_json().as_bytes()).unwrap(), proof);
    }
}

#[test]
fn a_wrong_witness_is_refused() {
    let (r1cs, values) = chain(20);
    let key = key(&r1cs);
    let circuit = R1cs::parse(&r1cs).unwrap();
    for at in 1..values.len() {
        let mut wrong = values.clone();
        wrong[at] += Fr::ONE;
        let broken = circuit.first_broken(&plain(&wrong)).unwrap();
        assert!(broken.is_some());
        assert!(
            matches!(
                prove(&key, &plain(&wrong), None, &Silent),
                Err(Error::NotSatisfied)
            ),
            "signal {at}"
        );
    }
    for count in [0, 1, values.len() - 1, values.len() + 1] {
        let mut wrong = values.clone();
        wrong.resize(count, Fr::ONE);
        let outcome = prove(&key, &plain(&wrong), None, &Silent);
        assert!(matches!(outcome, Err(Error::WitnessLength { expected: 22, actual }) if actual == count));
    }
}

#[test]
fn a_seed_decides_the_proof() {
    let (r1cs, values) = chain(30);
    let key = key(&r1cs);
    let make = |seed: Option<&[u8]>| prove(&key, &plain(&values), seed, &Silent).unwrap().0;
    assert_eq!(make(Some(b"one")), make(Some(b"one")));
    assert_ne!(make(Some(b"one")), make(Some(b"two")));
    assert_ne!(make(None), make(None));
}

#[test]
fn other_proofs_and_signals_are_refused() {
    let (r1cs, values) = chain(12);
    let key = key(&r1cs);
    let (proof, public) = prove(&key, &plain(&values), Some(b"x"), &Silent).unwrap();
    let vk = &key.verifying_key;
    let swapped = Proof {
        a: proof.c,
        b: proof.b,
        c: proof.a,
    };
    assert!(!verify(vk, &public, &swapped).unwrap());
    let negated = Proof {
        a: -proof.a,
        b: proof.b,
        c: proof.c,
    };
    assert!(!verify(vk, &public, &negated).unwrap());
    let empty = Proof {
        a: Affine::zero(),
        b: Affine::zero(),
        c: Affine::zero(),
    };
    assert!(!verify(vk, &public, &empty).unwrap());
    assert!(!verify(vk, &[public[1], public[0]], &proof).unwrap());
    // A re-randomised proof holds, as for every Groth16 verifier: nothing may be keyed on a proof's bytes.
    let s = Fr::from(5u64);
    let other = Proof {
        a: (proof.a * s).into_affine(),
        b: (proof.b * s.inverse().unwrap()).into_affine(),
        c: proof.c,
    };
    assert!(verify(vk, &public, &other).unwrap());
    for count in [0, 1, 3] {
        let signals = vec![Fr::ONE; count];
        assert!(matches!(
            verify(vk, &signals, &proof),
            Err(Error::SignalCount { expected: 2, .. })
        ));
    }
}

#[test]
fn a_key_under_which_proofs_can_be_forged_is_refused() {
    let (r1cs, _) = chain(3);
    let good = key(&r1cs).verifying_key;
    assert!(good.clone().check().is_ok());
    let refused = |change: &dyn Fn(&mut VerifyingKey)| {
        let mut bad = good.clone();
        change(&mut bad);
        assert!(matches!(bad.check(), Err(Error::Format { .. })));
    };
    refused(&|k| k.delta = k.gamma);
    refused(&|k| k.delta = -k.gamma);
    refused(&|k| k.alpha = Affine::zero());
    refused(&|k| k.beta = Affine::zero());
    refused(&|k| k.gamma = Affine::zero());
    refused(&|k| k.delta = Affine::zero());
    refused(&|k| k.ic[1] = Affine::<G1>::zero());
    refused(&|k| k.ic.clear());
}

#[test]
fn verification_keys_survive_json() {
    let (r1cs, _) = chain(3);
    let good = key(&r1cs).verifying_key;
    let text = good.to_json();
    assert_eq!(VerifyingKey::from_json(text.as_bytes()).unwrap(), good);
    for (from, to) in [
        ("groth16", "plonk"),
        ("bn128", "bls12381"),
        ("\"nPublic\": 2", "\"nPublic\": 3"),
        ("\"nPublic\": 2", "\"nPublic\": 18446744073709551615"),
        ("\"IC\"", "\"ID\""),
        ("\"1\"", "\"2\""),
        ("\"1\"", "1"),
        ("vk_beta_2", "vk_beta_3"),
    ] {
        let bad = text.replacen(from, to, 1);
        assert_ne!(bad, text);
        assert!(VerifyingKey::from_json(bad.as_bytes()).is_err(), "{from} {to}");
    }
    for cut in (0..text.len() - 1).step_by(7) {
        assert!(VerifyingKey::from_json(&text.as_bytes()[..cut]).is_err());
    }
    let deep = "[".repeat(100_000);
    assert!(matches!(
        VerifyingKey::from_json(deep.as_bytes()),
        Err(Error::Format { offset: 1.., .. })
    ));
}

#[test]
fn lagrange_values_interpolate() {
    // The sum of values times Lagrange values is the polynomial at tau; take x^3 over eight points and sixteen.
    let tau = scalars("tau", 1)[0];
    let cube = tau * tau * tau;
    let at = |step: Fr, list: &[Fr]| -> Fr {
        list.iter()
            .enumerate()
            .map(|(i, l)| step.pow([3 * i as u64]) * l)
            .sum()
    };
    let even = lagrange_at(&tau, 3);
    assert_eq!(at(_native::fft::root(3), &even), cube);
    let all = lagrange_at(&tau, 4);
    let odd: Vec<Fr> = all.iter().skip(1).step_by(2).copied().collect();
    assert_eq!(odd_lagrange_at(&tau, 3), odd);
    assert_eq!(even.iter().sum::<Fr>(), Fr::ONE);
    assert_ne!(odd.iter().sum::<Fr>(), Fr::ZERO);
}

#[test]
fn a_seeded_set_up_is_reproducible() {
    let (r1cs, _) = chain(9);
    assert_eq!(key_file(&r1cs), key_file(&r1cs));
    let loaded = ProvingKey::new(Storage::Owned(key_file(&r1cs))).unwrap();
    assert_eq!(loaded.domain.size(), 16);
}
