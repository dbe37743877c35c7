//! Precompiles that take long remember what they were asked: a proof that is verified in every mutant and every
//! replayed life is computed once.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use revm::precompile::{Crypto, DefaultCrypto, PrecompileHalt};
use revm::primitives::{keccak256, B256};

/// Entries after which everything is forgotten.
const CAPACITY: usize = 1 << 16;

/// Answers by the hash of what was asked.
#[derive(Debug)]
struct Answers<T>(Mutex<HashMap<B256, Result<T, PrecompileHalt>>>);

impl<T: Clone> Answers<T> {
    fn new() -> Self {
        Self(Mutex::new(HashMap::new()))
    }

    fn of(
        &self,
        parts: &[&[u8]],
        compute: impl FnOnce() -> Result<T, PrecompileHalt>,
    ) -> Result<T, PrecompileHalt> {
        let key = keccak256(parts.concat());
        // Nothing panics while the lock is held; what it guards is whole in any case.
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(&key) {
            return known.clone();
        }
        let answer = compute();
        let mut known = lock();
        if known.len() >= CAPACITY {
            known.clear();
        }
        known.insert(key, answer.clone());
        answer
    }
}

/// revm's own precompiles, with a memory for pairings, multiplications on the curve, and signatures.
#[derive(Debug)]
pub struct Remembering {
    pairings: Answers<bool>,
    products: Answers<[u8; 64]>,
    signers: Answers<[u8; 32]>,
}

impl Remembering {
    /// A memory of nothing.
    pub fn new() -> Self {
        Self {
            pairings: Answers::new(),
            products: Answers::new(),
            signers: Answers::new(),
        }
    }
}

impl Default for Remembering {
    fn default() -> Self {
        Self::new()
    }
}

impl Crypto for Remembering {
    fn bn254_pairing_check(&self, pairs: &[(&[u8], &[u8])]) -> Result<bool, PrecompileHalt> {
        let parts: Vec<&[u8]> = pairs.iter().flat_map(|(left, right)| [*left, *right]).collect();
        self.pairings
            .of(&parts, || DefaultCrypto.bn254_pairing_check(pairs))
    }

    fn bn254_g1_mul(&self, point: &[u8], scalar: &[u8]) -> Result<[u8; 64], PrecompileHalt> {
        self.products
            .of(&[point, scalar], || DefaultCrypto.bn254_g1_mul(point, scalar))
    }

    fn secp256k1_ecrecover(
        &self,
        sig: &[u8; 64],
        recid: u8,
        msg: &[u8; 32],
    ) -> Result<[u8; 32], PrecompileHalt> {
        self.signers.of(&[sig, &[recid], msg], || {
            DefaultCrypto.secp256k1_ecrecover(sig, recid, msg)
        })
    }
}
