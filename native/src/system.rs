//! The proving systems behind one face: which one a key, a proof or a JSON text belongs to, and the call that follows.

use crate::binfile::{Reader, Sections};
use crate::error::{Error, Observer, Result};
use crate::field::Fr;
use crate::storage::Storage;
use crate::zkey::{MAGIC, VERSION};
use crate::{fflonk, groth16, json, plonk, setup, vkey, zkey};
use serde_json::Value;
use std::path::Path;

/// A proving system over BN254 with snarkjs's files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum System {
    Groth16,
    Plonk,
    Fflonk,
}

impl System {
    const ALL: [System; 3] = [System::Groth16, System::Plonk, System::Fflonk];

    /// The name in snarkjs's JSON and in the contracts.
    pub fn name(self) -> &'static str {
        match self {
            System::Groth16 => "groth16",
            System::Plonk => "plonk",
            System::Fflonk => "fflonk",
        }
    }

    /// The system of that name.
    pub fn named(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|system| system.name() == name);
        found.ok_or_else(|| {
            let known = Self::ALL.map(System::name).join(", ");
            Error::Argument(format!("no proving system {name:?}; there are {known}"))
        })
    }

    /// Stages that proving reports.
    pub fn stages(self) -> usize {
        match self {
            System::Groth16 => groth16::STAGES,
            System::Plonk => plonk::STAGES,
            System::Fflonk => fflonk::STAGES,
        }
    }

    /// Stages that a set-up reports.
    pub fn setup_stages(self) -> usize {
        match self {
            System::Groth16 | System::Plonk => 4,
            System::Fflonk => 6,
        }
    }

    /// What the protocol section of a `.zkey` says.
    fn of_key(data: &[u8]) -> Result<Self> {
        const SECTION: &str = "protocol";
        let range = Sections::parse(data, MAGIC, VERSION)?.range(1, SECTION)?;
        let mut reader = Reader::new(&data[..range.end], range.start, SECTION);
        let at = reader.offset();
        let protocol = reader.u32()?;
        reader.finish()?;
        match protocol {
            1 => Ok(System::Groth16),
            2 => Ok(System::Plonk),
            10 => Ok(System::Fflonk),
            _ => {
                let message = format!("protocol {protocol} is not Groth16 (1), PLONK (2) or FFLONK (10)");
                Err(Error::format(SECTION, at, message))
            }
        }
    }

    /// What `protocol` of a JSON text says.
    fn of_json(text: &[u8], section: &'static str) -> Result<Self> {
        let value = json::parse(text, section)?;
        let name = value.get("protocol").and_then(Value::as_str).unwrap_or("");
        Self::named(name).map_err(|e| Error::format(section, 0, e.to_string()))
    }
}

/// The call on whichever system's value is inside.
macro_rules! each {
    ($kind:ident, $value:expr, $inner:ident => $call:expr) => {
        match $value {
            $kind::Groth16($inner) => $call,
            $kind::Plonk($inner) => $call,
            $kind::Fflonk($inner) => $call,
        }
    };
}

/// A system's own type inside, and the system's name outside.
macro_rules! kinds {
    ($(#[$doc:meta])* $name:ident, [$($derive:ident),*], $groth16:ty, $plonk:ty, $fflonk:ty) => {
        $(#[$doc])*
        #[derive($($derive),*)]
        // A process has few of these, each for long: a box would save nothing.
        #[allow(clippy::large_enum_variant)]
        pub enum $name {
            Groth16($groth16),
            Plonk($plonk),
            Fflonk($fflonk),
        }

        impl $name {
            /// The system this belongs to.
            pub fn system(&self) -> System {
                match self {
                    $name::Groth16(_) => System::Groth16,
                    $name::Plonk(_) => System::Plonk,
                    $name::Fflonk(_) => System::Fflonk,
                }
            }
        }
    };
}

kinds!(
    /// A validated proving key.
    ProvingKey,
    [],
    zkey::ProvingKey,
    plonk::ProvingKey,
    fflonk::ProvingKey
);
kinds!(
    /// A checked verification key.
    VerifyingKey,
    [Clone, PartialEq, Eq, Hash],
    vkey::VerifyingKey,
    plonk::VerifyingKey,
    fflonk::VerifyingKey
);
kinds!(
    /// A proof whose points are on the curve.
    Proof,
    [Clone, PartialEq, Eq, Debug],
    groth16::Proof,
    plonk::Proof,
    fflonk::Proof
);

impl ProvingKey {
    /// The key in a `.zkey` of any system, checked.
    pub fn new(storage: Storage) -> Result<Self> {
        Ok(match System::of_key(&storage)? {
            System::Groth16 => ProvingKey::Groth16(zkey::ProvingKey::new(storage)?),
            System::Plonk => ProvingKey::Plonk(plonk::ProvingKey::new(storage)?),
            System::Fflonk => ProvingKey::Fflonk(fflonk::ProvingKey::new(storage)?),
        })
    }

    /// Its verification key.
    pub fn verifying_key(&self) -> VerifyingKey {
        match self {
            ProvingKey::Groth16(key) => VerifyingKey::Groth16(key.verifying_key.clone()),
            ProvingKey::Plonk(key) => VerifyingKey::Plonk(key.verifying_key.clone()),
            ProvingKey::Fflonk(key) => VerifyingKey::Fflonk(key.verifying_key.clone()),
        }
    }

    /// Constraints, or gates.
    pub fn constraint_count(&self) -> usize {
        each!(ProvingKey, self, key => key.constraint_count)
    }
    pub fn signal_count(&self) -> usize {
        each!(ProvingKey, self, key => key.signal_count)
    }
    pub fn sha256(&self) -> &[u8; 32] {
        each!(ProvingKey, self, key => &key.sha256)
    }
    pub fn domain_size(&self) -> usize {
        each!(ProvingKey, self, key => key.domain_size())
    }
    pub fn public_count(&self) -> usize {
        each!(ProvingKey, self, key => key.public_count())
    }
    /// Bytes mapped and bytes of tables.
    pub fn memory(&self) -> usize {
        each!(ProvingKey, self, key => key.memory())
    }

    /// A proof for `witness` (32-byte little-endian words below r), verified before it is returned.
    pub fn prove(&self, witness: &[u8], seed: Option<&[u8]>, observer: &dyn Observer) -> Result<Proven> {
        Ok(match self {
            ProvingKey::Groth16(key) => {
                let (proof, public) = groth16::prove(key, witness, seed, observer)?;
                (Proof::Groth16(proof), public)
            }
            ProvingKey::Plonk(key) => {
                let (proof, public) = plonk::prove(key, witness, seed, observer)?;
                (Proof::Plonk(proof), public)
            }
            ProvingKey::Fflonk(key) => {
                let (proof, public) = fflonk::prove(key, witness, seed, observer)?;
                (Proof::Fflonk(proof), public)
            }
        })
    }

    /// A proof for each witness, several side by side. Each reports `proof` when it is done; one that fails does not
    /// keep the others from theirs.
    ///
    /// With a seed, each proof has one of its own: equal witnesses do not give equal proofs.
    pub fn prove_many(
        &self,
        witnesses: &[&[u8]],
        seed: Option<&[u8]>,
        observer: &dyn Observer,
    ) -> Result<Vec<Result<Proven>>> {
        if let ProvingKey::Groth16(key) = self {
            let made = groth16::prove_many(key, witnesses, seed, observer)?;
            let named = |outcome: Result<groth16::Proven>| {
                outcome.map(|(proof, public)| (Proof::Groth16(proof), public))
            };
            return Ok(made.into_iter().map(named).collect());
        }
        // One after the other: a proof of these systems keeps all cores busy, and its memory is many times the witness.
        let quiet = Quiet(observer);
        let mut made = Vec::with_capacity(witnesses.len());
        for (index, witness) in witnesses.iter().enumerate() {
            observer.checkpoint()?;
            let own = seed.map(|seed| [seed, &(index as u64).to_le_bytes()].concat());
            made.push(self.prove(witness, own.as_deref(), &quiet));
            observer.checkpoint()?;
            observer.finished("proof");
        }
        Ok(made)
    }
}

/// Passes on the wish to stop and keeps the stages to itself.
struct Quiet<'a>(&'a dyn Observer);

impl Observer for Quiet<'_> {
    fn finished(&self, _stage: &'static str) {}
    fn cancelled(&self) -> bool {
        self.0.cancelled()
    }
}

impl VerifyingKey {
    /// The key in the content of a `verification_key.json` of any system.
    pub fn from_json(text: &[u8]) -> Result<Self> {
        Ok(match System::of_json(text, "verification_key")? {
            System::Groth16 => VerifyingKey::Groth16(vkey::VerifyingKey::from_json(text)?),
            System::Plonk => VerifyingKey::Plonk(plonk::VerifyingKey::from_json(text)?),
            System::Fflonk => VerifyingKey::Fflonk(fflonk::VerifyingKey::from_json(text)?),
        })
    }
    pub fn to_json(&self) -> String {
        each!(VerifyingKey, self, key => key.to_json())
    }
    pub fn public_count(&self) -> usize {
        each!(VerifyingKey, self, key => key.public_count())
    }

    /// Whether the proof holds for these signals.
    pub fn verify(&self, public: &[Fr], proof: &Proof) -> Result<bool> {
        match (self, proof) {
            (VerifyingKey::Groth16(key), Proof::Groth16(proof)) => groth16::verify(key, public, proof),
            (VerifyingKey::Plonk(key), Proof::Plonk(proof)) => plonk::verify(key, public, proof),
            (VerifyingKey::Fflonk(key), Proof::Fflonk(proof)) => fflonk::verify(key, public, proof),
            _ => Err(self.other_system(proof)),
        }
    }

    /// Whether all proofs hold, each for its signals, by one product of pairings.
    pub fn verify_batch(&self, items: Vec<(Vec<Fr>, Proof)>) -> Result<bool> {
        macro_rules! batch {
            ($kind:ident, $key:expr, $module:ident) => {{
                let own = items.into_iter().map(|(public, proof)| match proof {
                    Proof::$kind(proof) => Ok((public, proof)),
                    other => Err(self.other_system(&other)),
                });
                $module::verify_batch($key, &own.collect::<Result<Vec<_>>>()?)
            }};
        }
        match self {
            VerifyingKey::Groth16(key) => batch!(Groth16, key, groth16),
            VerifyingKey::Plonk(key) => batch!(Plonk, key, plonk),
            VerifyingKey::Fflonk(key) => batch!(Fflonk, key, fflonk),
        }
    }

    fn other_system(&self, proof: &Proof) -> Error {
        let (ours, theirs) = (self.system().name(), proof.system().name());
        Error::Argument(format!("a {theirs} proof under a {ours} key"))
    }
}

impl Proof {
    /// The proof in the calldata of a system's verifier contract.
    pub fn from_calldata(system: System, bytes: &[u8]) -> Result<Self> {
        Ok(match system {
            System::Groth16 => Proof::Groth16(groth16::Proof::from_calldata(bytes)?),
            System::Plonk => Proof::Plonk(plonk::Proof::from_calldata(bytes)?),
            System::Fflonk => Proof::Fflonk(fflonk::Proof::from_calldata(bytes)?),
        })
    }
    /// The proof in the content of a `proof.json` of any system.
    pub fn from_json(text: &[u8]) -> Result<Self> {
        Ok(match System::of_json(text, "proof")? {
            System::Groth16 => Proof::Groth16(groth16::Proof::from_json(text)?),
            System::Plonk => Proof::Plonk(plonk::Proof::from_json(text)?),
            System::Fflonk => Proof::Fflonk(fflonk::Proof::from_json(text)?),
        })
    }
    pub fn to_calldata(&self) -> Vec<u8> {
        each!(Proof, self, proof => proof.to_calldata().to_vec())
    }
    pub fn to_json(&self) -> String {
        each!(Proof, self, proof => proof.to_json())
    }
}

/// A proof and the public signals it is about.
pub type Proven = (Proof, Vec<Fr>);

/// A set-up from the powers of tau of a ceremony, for systems that need no more: as trustworthy as the ceremony.
pub fn set_up_from_powers(
    system: System,
    r1cs: &Path,
    ptau: &Path,
    zkey: &Path,
    vkey: Option<&Path>,
    observer: &dyn Observer,
) -> Result<[u8; 32]> {
    match system {
        System::Groth16 => Err(Error::Argument(
            "a groth16 key needs a second phase of the circuit's own: use snarkjs for a ceremony".into(),
        )),
        System::Plonk => plonk::set_up_from_powers(r1cs, ptau, zkey, vkey, observer),
        System::Fflonk => fflonk::set_up_from_powers(r1cs, ptau, zkey, vkey, observer),
    }
}

/// A one-party set-up for development: see each system's `set_up`.
pub fn set_up(
    system: System,
    r1cs: &Path,
    zkey: &Path,
    vkey: Option<&Path>,
    seed: Option<&[u8]>,
    observer: &dyn Observer,
) -> Result<[u8; 32]> {
    match system {
        System::Groth16 => setup::set_up(r1cs, zkey, vkey, seed, observer),
        System::Plonk => plonk::set_up(r1cs, zkey, vkey, seed, observer),
        System::Fflonk => fflonk::set_up(r1cs, zkey, vkey, seed, observer),
    }
}
