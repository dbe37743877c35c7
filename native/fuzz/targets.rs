//! What is done with each fuzzed input: everything that reads bytes from outside. An input is refused with an error, or what is
//! read from it holds up; nothing else may happen. The tests run every file of `corpus/` through the same functions.

use _native::error::Silent;
use _native::plonkish::ptau::PowersFile;
use _native::r1cs::R1cs;
use _native::storage::Storage;
use _native::system::{Proof, ProvingKey, System, VerifyingKey};
use _native::{evm, groth16, wtns};

/// Signals of the largest circuit that is proved; parsing alone goes as far as the file does.
const MAX_SIGNALS: usize = 64;

/// A name, and what is done with an input.
pub type Target = (&'static str, fn(&[u8]));

/// Name and function of each target.
pub const TARGETS: [Target; 8] = [
    ("zkey", zkey),
    ("r1cs", r1cs),
    ("wtns", witness),
    ("ptau", ptau),
    ("verification_key", verification_key),
    ("proof", proof),
    ("calldata", calldata),
    ("precompiles", precompiles),
];

/// A key that passes its checks proves or refuses any witness, and what it proves holds.
pub fn zkey(data: &[u8]) {
    let Ok(key) = ProvingKey::new(Storage::Owned(data.to_vec())) else {
        return;
    };
    if key.signal_count() > MAX_SIGNALS {
        return;
    }
    let mut witness = vec![0u8; 32 * key.signal_count()];
    witness[0] = 1;
    if let Ok((proof, public)) = key.prove(&witness, Some(b"fuzz"), &Silent) {
        assert!(matches!(key.verifying_key().verify(&public, &proof), Ok(true)));
    }
}

/// A circuit that is read is checked against a witness.
pub fn r1cs(data: &[u8]) {
    let Ok(circuit) = R1cs::parse(data) else {
        return;
    };
    if circuit.signal_count <= MAX_SIGNALS {
        let mut witness = vec![0u8; 32 * circuit.signal_count];
        witness[0] = 1;
        assert!(circuit.first_broken(&witness).is_ok());
    }
}

/// The values of a witness make the same values again.
pub fn witness(data: &[u8]) {
    if let Ok(range) = wtns::parse(data) {
        let again = wtns::write(&data[range.clone()]).expect("values that were read");
        let values = wtns::parse(&again).expect("a file that was written");
        assert_eq!(again[values], data[range]);
    }
}

/// Powers of tau that pass their checks can be taken.
pub fn ptau(data: &[u8]) {
    if let Ok(powers) = PowersFile::new(Storage::Owned(data.to_vec())) {
        assert!(powers.power() <= 28);
        // Points are checked when they are taken: refused or given, both are right.
        let _ = powers.take(2, &Silent);
    }
}

/// A verification key says the same when written and read again.
pub fn verification_key(data: &[u8]) {
    if let Ok(key) = VerifyingKey::from_json(data) {
        let again = VerifyingKey::from_json(key.to_json().as_bytes()).expect("a key that was written");
        assert!(again == key);
    }
}

/// A proof says the same when written and read again, as JSON and as calldata.
pub fn proof(data: &[u8]) {
    if let Ok(proof) = Proof::from_json(data) {
        assert_eq!(
            Proof::from_json(proof.to_json().as_bytes()).ok().as_ref(),
            Some(&proof)
        );
        let calldata = proof.to_calldata();
        assert_eq!(Proof::from_calldata(proof.system(), &calldata).ok(), Some(proof));
    }
    // `public.json` takes the same way.
    if let Ok(signals) = groth16::public_from_json(data) {
        let again = groth16::public_from_json(groth16::public_to_json(&signals).as_bytes());
        assert_eq!(again.ok(), Some(signals));
    }
}

/// A proof that is read from calldata is written as the very same bytes: no two calldatas are one proof.
pub fn calldata(data: &[u8]) {
    let Some((system, bytes)) = data.split_first() else {
        return;
    };
    let system = [System::Groth16, System::Plonk, System::Fflonk][usize::from(*system) % 3];
    if let Ok(proof) = Proof::from_calldata(system, bytes) {
        assert_eq!(proof.to_calldata(), bytes);
    }
}

/// Sums and multiples that a precompile gives are points that it takes.
pub fn precompiles(data: &[u8]) {
    for sum in [evm::add(data), evm::mul(data)].into_iter().flatten() {
        assert!(evm::g1(&sum, "sum", 0).is_ok());
    }
    // Refused or answered, both are right; four pairs keep an input quick.
    let _ = evm::pairing(&data[..data.len().min(4 * 192)]);
}
