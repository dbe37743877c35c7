//! Circuits and random values shared by the tests.
#![allow(dead_code)]

use _native::error::Silent;
use _native::field::{to_le, Fr, R_LIMBS};
use _native::groth16::{generator, random_scalar};
use _native::kernel::{backend, force_backend, Backend};
use _native::r1cs::R1cs;
use _native::storage::Storage;
use _native::zkey::ProvingKey;
use _native::{binfile, setup, wtns};
use ark_ff::{Field, PrimeField};
use std::sync::{Mutex, PoisonError};

/// `count` scalars from a seed.
pub fn scalars(seed: &str, count: usize) -> Vec<Fr> {
    let mut rng = generator(Some(seed.as_bytes())).unwrap();
    (0..count).map(|_| random_scalar(&mut rng)).collect()
}

/// Plain little-endian bytes of scalars.
pub fn plain(values: &[Fr]) -> Vec<u8> {
    values.iter().flat_map(|v| to_le(&v.into_bigint().0)).collect()
}

/// Runs `work` with every backend that this processor has, and leaves the one that was in use before.
pub fn with_each_backend(work: impl Fn()) {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let before = Backend::ALL.into_iter().find(|b| b.name() == backend()).unwrap();
    for each in Backend::ALL {
        if force_backend(each) {
            work();
        }
    }
    force_backend(before);
}

/// A circuit of `length` constraints `w' = (w + 3)(2w + 5)`: its `.r1cs` and a witness.
pub fn chain(length: usize) -> (Vec<u8>, Vec<Fr>) {
    let mut steps = vec![Fr::from(7u64)];
    for i in 0..length {
        let w = steps[i];
        steps.push((w + Fr::from(3u64)) * (w.double_() + Fr::from(5u64)));
    }
    let mut values = vec![Fr::ONE, steps[length]];
    values.extend(&steps[..length]);
    let index = |i: usize| if i == length { 1u32 } else { i as u32 + 2 };
    let mut body = Vec::new();
    let mut terms = |list: &[(u32, u64)]| {
        body.extend((list.len() as u32).to_le_bytes());
        for (signal, value) in list {
            body.extend(signal.to_le_bytes());
            body.extend(to_le(&[*value, 0, 0, 0]));
        }
    };
    for i in 0..length {
        terms(&[(0, 3), (index(i), 1)]);
        terms(&[(0, 5), (index(i), 2)]);
        terms(&[(index(i + 1), 1)]);
    }
    let signals = values.len();
    let mut header = 32u32.to_le_bytes().to_vec();
    header.extend(to_le(&R_LIMBS));
    for count in [signals as u32, 1, 1, 0] {
        header.extend(count.to_le_bytes());
    }
    header.extend((signals as u64).to_le_bytes());
    header.extend((length as u32).to_le_bytes());
    let labels = (0..signals as u64).flat_map(u64::to_le_bytes).collect();
    let mut out = Vec::new();
    binfile::write(&mut out, b"r1cs", 1, &mut [(2, body), (1, header), (3, labels)]).unwrap();
    (out, values)
}

trait DoubleExt {
    fn double_(&self) -> Self;
}
impl DoubleExt for Fr {
    fn double_(&self) -> Self {
        *self + *self
    }
}

/// The key file of a circuit, always the same one.
pub fn key_file(r1cs: &[u8]) -> Vec<u8> {
    let circuit = R1cs::parse(r1cs).unwrap();
    let mut out = Vec::new();
    setup::write_key(&circuit, Some(b"test"), &mut out, &Silent).unwrap();
    out
}

/// A loaded key of a circuit.
pub fn key(r1cs: &[u8]) -> ProvingKey {
    ProvingKey::new(Storage::Owned(key_file(r1cs))).unwrap()
}

/// A witness file.
pub fn witness_file(values: &[Fr]) -> Vec<u8> {
    wtns::write(&plain(values)).unwrap()
}
