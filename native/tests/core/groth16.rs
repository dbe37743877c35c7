//! A circuit's whole way: set-up, proof, verification, and what must be refused.

use crate::common::{chain, key, key_file, plain, scalars};
use _native::curve::{G1, G2};
use _native::error::{Error, Observer, Silent};
use _native::field::Fr;
use _native::groth16::{prove, prove_many, verify, verify_batch, Proof};
use _native::r1cs::R1cs;
use _native::setup::{lagrange_at, odd_lagrange_at};
use _native::storage::Storage;
use _native::vkey::VerifyingKey;
use _native::zkey::ProvingKey;
use ark_ec::short_weierstrass::Affine;
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{AdditiveGroup, Field};
use std::sync::atomic::{AtomicUsize, Ordering};

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

/// A statement and its proof.
type Claim = (Vec<Fr>, Proof);

#[test]
fn infinity_that_satisfies_the_equation_is_refused_as_by_the_contract() {
    let g1 = |k: u64| (Affine::<G1>::generator() * Fr::from(k)).into_affine();
    let g2 = |k: u64| (Affine::<G2>::generator() * Fr::from(k)).into_affine();
    let key = VerifyingKey {
        alpha: g1(2),
        beta: g2(3),
        gamma: g2(5),
        delta: g2(7),
        ic: vec![g1(11)],
    };
    // 61 = 2·3 + 11·5 + 0·7; then A or B at infinity with 0 = 6 + 55 - 61.
    let (nothing, seventh) = (Affine::<G1>::zero(), -Fr::from(61u64) / Fr::from(7u64));
    let c = (Affine::<G1>::generator() * seventh).into_affine();
    let at_infinity = [
        (192, g1(61), g2(1), nothing),
        (0, nothing, g2(1), c),
        (64, g1(1), Affine::<G2>::zero(), c),
    ];
    for (place, a, b, c) in at_infinity {
        let proof = Proof { a, b, c };
        assert!(verify(&key, &[], &proof).unwrap(), "the equation holds");
        match Proof::from_calldata(&proof.to_calldata()) {
            Err(Error::Element { offset, .. }) => assert_eq!(offset, place),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_batch_holds_if_all_its_proofs_do() {
    let (r1cs, values) = chain(12);
    let key = key(&r1cs);
    let vk = &key.verifying_key;
    assert!(verify_batch(vk, &[]).unwrap());
    let claims: Vec<Claim> = (0..5)
        .map(|_| prove(&key, &plain(&values), None, &Silent).unwrap())
        .map(|(proof, public)| (public, proof))
        .collect();
    for count in 1..=claims.len() {
        assert!(verify_batch(vk, &claims[..count]).unwrap());
    }
    let refused = |change: &dyn Fn(&mut [Claim])| {
        let mut bad = claims.clone();
        change(&mut bad);
        assert!(!verify_batch(vk, &bad).unwrap());
    };
    for at in 0..claims.len() {
        refused(&|c| c[at].0[1] += Fr::ONE);
        refused(&|c| c[at].1.a = -c[at].1.a);
        refused(&|c| c[at].1.b = -c[at].1.b);
        refused(&|c| c[at].1.c = Affine::zero());
    }
    // Errors that would cancel in a sum without random powers.
    let error = Affine::<G1>::generator();
    refused(&|c| {
        c[1].1.c = (c[1].1.c + error).into_affine();
        c[3].1.c = (c[3].1.c - error).into_affine();
    });
    refused(&|c| {
        c[0].0[0] += Fr::ONE;
        c[4].0[0] -= Fr::ONE;
    });
    let mut short = claims.clone();
    short[2].0.pop();
    assert!(matches!(
        verify_batch(vk, &short),
        Err(Error::SignalCount {
            expected: 2,
            actual: 1
        })
    ));
}

#[test]
fn many_proofs_are_the_same_as_single_ones() {
    let (r1cs, values) = chain(40);
    let key = key(&r1cs);
    let good = plain(&values);
    let mut broken = good.clone();
    broken[32 * 5] ^= 1;
    let witnesses: [&[u8]; 5] = [&good, &broken, &good, &good[32..], &good];
    let make = |seed: Option<&[u8]>| prove_many(&key, &witnesses, seed, &Silent).unwrap();
    let made = make(None);
    assert!(matches!(made[1], Err(Error::NotSatisfied)));
    assert!(matches!(
        made[3],
        Err(Error::WitnessLength {
            expected: 42,
            actual: 41
        })
    ));
    for at in [0, 2, 4] {
        let (proof, public) = made[at].as_ref().unwrap();
        assert_eq!(*public, values[1..3]);
        assert!(verify(&key.verifying_key, public, proof).unwrap());
    }
    let proof = |made: &[Result<(Proof, Vec<Fr>), Error>], at: usize| made[at].as_ref().unwrap().0.clone();
    let (first, second) = (make(Some(b"one")), make(Some(b"one")));
    for at in [0, 2, 4] {
        assert_eq!(proof(&first, at), proof(&second, at));
        assert_ne!(proof(&first, at), proof(&made, at));
    }
    // Places never share randomness.
    assert_ne!(proof(&first, 0), proof(&first, 2));
    assert_ne!(proof(&made, 0), proof(&made, 2));
    assert!(prove_many(&key, &[], None, &Silent).unwrap().is_empty());
}

#[test]
fn stopping_ends_many_proofs() {
    struct AfterOne(AtomicUsize);
    impl Observer for AfterOne {
        fn finished(&self, stage: &'static str) {
            assert_eq!(stage, "proof");
            self.0.fetch_add(1, Ordering::Relaxed);
        }
        fn cancelled(&self) -> bool {
            self.0.load(Ordering::Relaxed) > 0
        }
    }
    let (r1cs, values) = chain(40);
    let witness = plain(&values);
    let observer = AfterOne(AtomicUsize::new(0));
    let outcome = prove_many(&key(&r1cs), &[&witness[..]; 50], None, &observer);
    assert!(matches!(outcome, Err(Error::Cancelled)));
    assert!(observer.0.load(Ordering::Relaxed) < 10);
}

#[test]
fn coefficients_in_any_order_and_mapped_keys_give_the_same_proof() {
    let (r1cs, values) = chain(300);
    let file = key_file(&r1cs);
    let witness = plain(&values);
    let make = |storage: Storage| {
        let key = ProvingKey::new(storage).unwrap();
        assert_eq!(key.constraint_count, 300);
        let proofs = [(); 2].map(|()| prove(&key, &witness, Some(b"order"), &Silent).unwrap().0);
        assert_eq!(proofs[0], proofs[1]);
        proofs[0].clone()
    };
    let expected = make(Storage::Owned(file.clone()));
    // The coefficients follow header, IC and their own count; the last entry goes first, and so on.
    let mut reversed = file.clone();
    let start = 12 + (12 + 4) + (12 + 660) + (12 + 192) + 12 + 4;
    let count = u32::from_le_bytes(file[start - 4..start].try_into().unwrap()) as usize;
    assert_eq!(count, 4 * 300 + 3);
    for (to, from) in (0..count).zip((0..count).rev()) {
        reversed[start + 44 * to..][..44].copy_from_slice(&file[start + 44 * from..][..44]);
    }
    assert_ne!(reversed, file);
    assert_eq!(make(Storage::Owned(reversed)), expected);
    let path = std::env::temp_dir().join(format!("zkpool-mapped-{}.zkey", std::process::id()));
    std::fs::write(&path, &file).unwrap();
    let mapped = make(Storage::open(&path, true).unwrap());
    std::fs::remove_file(&path).unwrap();
    assert_eq!(mapped, expected);
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
