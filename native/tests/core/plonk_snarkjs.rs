//! PLONK against what snarkjs 0.7.6 made of the same circuit and powers of tau (`material/plonk_*.json`).
//!
//! To make it again: `write_insecure(8, b"tau of the tests")`, the circuit below as an `.r1cs`, then `plonk setup`,
//! `zkey export verificationkey`, `plonk prove`.

use crate::common::plain;
use crate::plonk::circuit;
use _native::error::Silent;
use _native::field::Fr;
use _native::groth16::public_from_json;
use _native::plonk::{prove, verify, write_key, Proof, ProvingKey, VerifyingKey};
use _native::plonkish::gates::{Gates, ZeroTerms};
use _native::plonkish::ptau::{write_insecure, PowersFile};
use _native::storage::Storage;
use ark_ff::Field;
use sha2::{Digest, Sha256};

const PROOF: &str = include_str!("material/plonk_proof.json");
const PUBLIC: &str = include_str!("material/plonk_public.json");
const KEY: &str = include_str!("material/plonk_verification_key.json");
/// SHA-256 of the `.zkey` that snarkjs wrote.
const KEY_SHA256: &str = "8afd900d258ac5bf34e5a6ea92468630e5d1d6afc3a4998a0d5bbc9ddd205219";

pub type Row = [&'static [(u32, u64)]; 3];

/// Long sums, constants, zero coefficients, terms that cancel, empty factors.
pub const ROWS: [Row; 9] = [
    [&[(2, 1), (3, 2), (4, 3), (5, 4)], &[(0, 1)], &[(1, 1)]],
    [&[(0, 5)], &[(0, 2), (2, 5)], &[(6, 1)]],
    [
        &[(0, 7), (2, 1), (3, 1), (4, 1)],
        &[(0, 1), (5, 2), (6, 1)],
        &[(7, 1)],
    ],
    [&[(2, 1)], &[(3, 1)], &[(8, 1)]],
    [&[(2, 0), (3, 1)], &[(4, 1)], &[(9, 1)]],
    [&[], &[(4, 1)], &[(0, 0), (2, 1), (3, 1), (5, 2)]],
    [&[(0, 1)], &[(2, 4), (3, 3)], &[(2, 4), (10, 1)]],
    [&[(0, 0)], &[(2, 1)], &[(4, 0)]],
    [&[(4, 0)], &[(2, 1)], &[(0, 0)]],
];

fn key_file() -> Vec<u8> {
    let mut r1cs = circuit(11, &ROWS);
    r1cs.public_input_count = 2;
    let gates = Gates::new(&r1cs, ZeroTerms::Kept).unwrap();
    let mut file = Vec::new();
    write_insecure(&mut file, 8, Some(b"tau of the tests")).unwrap();
    let file = PowersFile::new(Storage::Owned(file)).unwrap();
    let powers = file.take(32 + 6, &Silent).unwrap();
    let mut out = Vec::new();
    write_key(&gates, &powers, &mut out, &Silent).unwrap();
    out
}

pub fn witness() -> Vec<Fr> {
    let mut w = vec![Fr::ONE; 11];
    let half = Fr::from(2u64).inverse().unwrap();
    (w[2], w[3], w[4]) = (Fr::from(11u64), Fr::from(13u64), Fr::from(17u64));
    w[5] = -(w[2] + w[3]) * half;
    w[1] = w[2] + Fr::from(2u64) * w[3] + Fr::from(3u64) * w[4] + Fr::from(4u64) * w[5];
    w[6] = Fr::from(5u64) * (Fr::from(5u64) * w[2] + Fr::from(2u64));
    w[7] = (w[2] + w[3] + w[4] + Fr::from(7u64)) * (w[5] + w[5] + w[6] + Fr::ONE);
    w[8] = w[2] * w[3];
    w[9] = w[3] * w[4];
    w[10] = Fr::from(3u64) * w[3];
    w
}

#[test]
fn set_up_writes_the_bytes_of_snarkjs() {
    let hash = Sha256::digest(key_file());
    let text: String = hash.iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(text, KEY_SHA256);
}

#[test]
fn verification_key_is_the_text_of_snarkjs() {
    let key = ProvingKey::new(Storage::Owned(key_file())).unwrap();
    assert_eq!(key.verifying_key.to_json(), KEY.trim_end());
    assert_eq!(
        VerifyingKey::from_json(KEY.as_bytes()).unwrap(),
        key.verifying_key
    );
}

#[test]
fn proof_of_snarkjs_verifies_and_is_written_the_same() {
    let key = VerifyingKey::from_json(KEY.as_bytes()).unwrap();
    let proof = Proof::from_json(PROOF.as_bytes()).unwrap();
    let public = public_from_json(PUBLIC.as_bytes()).unwrap();
    assert!(verify(&key, &public, &proof).unwrap());
    assert_eq!(proof.to_json(), PROOF.trim_end());
    // The first and the last two words of snarkjs's calldata.
    let words: Vec<String> = proof
        .to_calldata()
        .chunks(32)
        .map(|word| word.iter().map(|b| format!("{b:02x}")).collect())
        .collect();
    assert_eq!(words.len(), 24);
    assert_eq!(
        words[0],
        "19886b986474b4085ef0c49345539ab230cce1ab64039624a67b3e4d02dc416e"
    );
    assert_eq!(
        words[22],
        "107c569adaf4a2703d9fdd3bea562acb79b268fbdb74917d299448f373fda952"
    );
    assert_eq!(
        words[23],
        "2b1c719cc990a8202234eb411db7adb3e9724bf6e73ee6880db98d4dbc4d03e3"
    );
}

#[test]
fn proof_with_its_key_verifies_under_its_verification_key() {
    let key = ProvingKey::new(Storage::Owned(key_file())).unwrap();
    let (proof, public) = prove(&key, &plain(&witness()), None, &Silent).unwrap();
    assert_eq!(public, public_from_json(PUBLIC.as_bytes()).unwrap());
    let theirs = VerifyingKey::from_json(KEY.as_bytes()).unwrap();
    assert!(verify(&theirs, &public, &proof).unwrap());
}
