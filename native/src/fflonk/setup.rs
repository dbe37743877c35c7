//! FFLONK keys from a circuit and powers of tau, byte for byte as snarkjs writes them.
//!
//! A key from a ceremony's powers is as good as the ceremony. One from a seed is for development: whoever knows the
//! seed can forge proofs.

use super::vkey::{VerifyingKey, BLINDING_ROWS, MAX_POWER, MIN_POWER};
use super::zkey::{power_count, ADDITION_BYTES, PROTOCOL};
use crate::curve::{from_affine, G1, G2};
use crate::error::{Error, Observer, Result};
use crate::fft::{root, Domain, MAX_LOG};
use crate::field::{to_le, Fr, P_LIMBS, R_LIMBS};
use crate::kernel::Scalar;
use crate::plonkish::gates::{Gate, Gates, ZeroTerms};
use crate::plonkish::permutation::{self, SHIFTS};
use crate::plonkish::poly;
use crate::plonkish::ptau::{Powers, PowersFile};
use crate::r1cs::R1cs;
use crate::setup::write_files;
use crate::storage::Storage;
use crate::zkey::{MAGIC, VERSION};
use ark_ec::CurveGroup;
use ark_ff::{Field, MontFp};
use std::io::Write;
use std::path::Path;

/// A primitive cube root of unity, the one snarkjs takes.
const CUBE_ROOT: Fr =
    MontFp!("21888242871839275217838484774961031246154997185409878258781734729429964517155");
/// A cube root of the generator of the largest domain, the one snarkjs takes.
const ROOT_OF_GENERATOR: Fr =
    MontFp!("467799165886069610036046866799264026481344299079011762026774533774345988080");
/// Logarithm of the largest domain.
const TWO_ADICITY: u32 = 28;
/// Sections of a key.
const SECTION_COUNT: u32 = 17;

/// Sets up the circuit in the file `r1cs` with powers of tau that `seed`, or the system's randomness, gives: writes
/// `zkey`, and `vkey` if asked, each by rename. Gives the key's SHA-256. **For development only.**
pub fn set_up(
    r1cs: &Path,
    zkey: &Path,
    vkey: Option<&Path>,
    seed: Option<&[u8]>,
    observer: &dyn Observer,
) -> Result<[u8; 32]> {
    let circuit = read_circuit(r1cs, observer)?;
    write_files(zkey, vkey, observer, |out| {
        let key = write_key(&circuit, |count| Powers::insecure(count, seed), out, observer)?;
        Ok(key.to_json())
    })
}

/// [`set_up`] with the powers of a ceremony, in a `.ptau` file.
pub fn set_up_from_powers(
    r1cs: &Path,
    ptau: &Path,
    zkey: &Path,
    vkey: Option<&Path>,
    observer: &dyn Observer,
) -> Result<[u8; 32]> {
    let powers = PowersFile::new(Storage::open(ptau, true)?)?;
    let circuit = read_circuit(r1cs, observer)?;
    write_files(zkey, vkey, observer, |out| {
        let key = write_key(&circuit, |count| powers.take(count, observer), out, observer)?;
        Ok(key.to_json())
    })
}

fn read_circuit(r1cs: &Path, observer: &dyn Observer) -> Result<R1cs> {
    let storage = Storage::open(r1cs, true)?;
    let circuit = R1cs::parse(&storage)?;
    observer.finished("parse");
    Ok(circuit)
}

/// Writes a `.zkey` for `r1cs` to `out` and gives its verification key; `powers` gives as many powers as asked for.
pub fn write_key<'a>(
    r1cs: &R1cs,
    powers: impl FnOnce(usize) -> Result<Powers<'a>>,
    out: &mut dyn Write,
    observer: &dyn Observer,
) -> Result<VerifyingKey> {
    let circuit = Gates::new(r1cs, ZeroTerms::Dropped)?;
    let gates = &circuit.gates;
    let power = (gates.len() + BLINDING_ROWS)
        .next_power_of_two()
        .trailing_zeros()
        .max(MIN_POWER);
    // A key holds values over four times the rows, too.
    let most = MAX_POWER.min(MAX_LOG - 2);
    if power > most {
        let message = format!("{} gates are more than 2^{most} rows", gates.len());
        return Err(Error::format("r1cs_header", 0, message));
    }
    let domains = Domains {
        small: Domain::new(power),
        large: Domain::new(power + 2),
    };
    let size = domains.small.size();
    observer.finished("gates");
    let powers = powers(power_count(size))?;
    observer.finished("powers");

    let mut file = Writer { out };
    file.start(SECTION_COUNT)?;
    file.section(1, &PROTOCOL.to_le_bytes())?;
    file.section(3, &additions(&circuit))?;
    for wire in 0..3 {
        let signals: Vec<u8> = gates.iter().flat_map(|g| g.wires[wire].to_le_bytes()).collect();
        file.section(4 + wire as u32, &signals)?;
    }
    let selectors: [fn(&Gate) -> Fr; 5] = [|g| g.ql, |g| g.qr, |g| g.qm, |g| g.qo, |g| g.qc];
    let mut polynomials = Vec::with_capacity(8);
    for (i, selector) in selectors.into_iter().enumerate() {
        observer.checkpoint()?;
        let mut values: Vec<Scalar> = gates.iter().map(|g| Scalar::from_ark(selector(g))).collect();
        values.resize(size, Scalar::ZERO);
        let (polynomial, bytes) = domains.extend(&values);
        file.section(7 + i as u32, &bytes)?;
        polynomials.push(polynomial);
    }
    let labels = permutation::labels_within(size - BLINDING_ROWS, gates, circuit.wire_count(), power);
    for (i, values) in labels.iter().enumerate() {
        observer.checkpoint()?;
        let (polynomial, bytes) = domains.extend(values);
        file.section(12 + i as u32, &bytes)?;
        polynomials.push(polynomial);
    }
    drop(labels);
    let rows = circuit.public_count.max(1);
    file.section_start(15, rows * 5 * size * 32)?;
    for row in 0..rows {
        observer.checkpoint()?;
        let mut values = vec![Scalar::ZERO; size];
        values[row] = Scalar::ONE;
        file.bytes(&domains.extend(&values).1)?;
    }
    file.section(16, &powers.g1)?;
    observer.finished("polynomials");

    // C0 = QL + X·QR + X²·QO + X³·QM + X⁴·QC + X⁵·S1 + X⁶·S2 + X⁷·S3, each at X⁸.
    let order = [0, 1, 3, 2, 4, 5, 6, 7];
    let mut combined = Vec::with_capacity(8 * size);
    combined.extend((0..size).flat_map(|i| order.map(|k: usize| polynomials[k][i])));
    drop(polynomials);
    let mut bytes = Vec::new();
    poly::write(&combined, &mut bytes);
    file.section(17, &bytes)?;
    drop(bytes);
    let c0 = poly::commit(&powers.g1, &combined, observer)?.into_affine();
    observer.finished("commitment");

    let key = VerifyingKey {
        public_count: circuit.public_count,
        power,
        k1: Fr::from(SHIFTS[0]),
        k2: Fr::from(SHIFTS[1]),
        w3: CUBE_ROOT,
        w4: root(2),
        w8: root(3),
        wr: ROOT_OF_GENERATOR.pow([1u64 << (TWO_ADICITY - power)]),
        x_2: powers.tau_g2,
        c0,
    }
    .check()?;
    file.section(2, &header(&circuit, size, &key))?;
    file.finish()?;
    Ok(key)
}

/// Moduli, counts, constants, τ in G2, the commitment.
fn header(circuit: &Gates, size: usize, key: &VerifyingKey) -> Vec<u8> {
    let mut header = Vec::new();
    for modulus in [P_LIMBS, R_LIMBS] {
        header.extend_from_slice(&32u32.to_le_bytes());
        header.extend_from_slice(&to_le(&modulus));
    }
    for number in [
        circuit.wire_count(),
        circuit.public_count,
        size,
        circuit.additions.len(),
        circuit.gates.len(),
    ] {
        header.extend_from_slice(&(number as u32).to_le_bytes());
    }
    for constant in [key.k1, key.k2, key.w3, key.w4, key.w8, key.wr] {
        header.extend_from_slice(&to_le(&constant.0 .0));
    }
    from_affine::<G2>(&key.x_2).write(&mut header);
    from_affine::<G1>(&key.c0).write(&mut header);
    header
}

fn additions(circuit: &Gates) -> Vec<u8> {
    let mut out = Vec::with_capacity(circuit.additions.len() * ADDITION_BYTES);
    for addition in &circuit.additions {
        for wire in addition.wires {
            out.extend_from_slice(&wire.to_le_bytes());
        }
        for factor in addition.factors {
            out.extend_from_slice(&to_le(&factor.0 .0));
        }
    }
    out
}

/// The circuit's rows and four times as many.
struct Domains {
    small: Domain,
    large: Domain,
}

impl Domains {
    /// The polynomial with these values, and its bytes in a key: coefficients, then values over the large domain.
    fn extend(&self, values: &[Scalar]) -> (Vec<Scalar>, Vec<u8>) {
        let polynomial = poly::interpolate(&self.small, values);
        let mut bytes = Vec::with_capacity(5 * 32 * values.len());
        poly::write(&polynomial, &mut bytes);
        poly::write(&poly::evaluate_all(&self.large, &polynomial), &mut bytes);
        (polynomial, bytes)
    }
}

/// Writes a key section by section, so that it is never in memory as a whole.
struct Writer<'a> {
    out: &'a mut dyn Write,
}

impl Writer<'_> {
    fn bytes(&mut self, bytes: &[u8]) -> Result<()> {
        self.out.write_all(bytes).map_err(|source| Error::Io {
            path: "the proving key".into(),
            source,
        })
    }

    fn start(&mut self, sections: u32) -> Result<()> {
        self.bytes(MAGIC)?;
        self.bytes(&VERSION.to_le_bytes())?;
        self.bytes(&sections.to_le_bytes())
    }

    fn section_start(&mut self, kind: u32, length: usize) -> Result<()> {
        self.bytes(&kind.to_le_bytes())?;
        self.bytes(&(length as u64).to_le_bytes())
    }

    fn section(&mut self, kind: u32, content: &[u8]) -> Result<()> {
        self.section_start(kind, content.len())?;
        self.bytes(content)
    }

    fn finish(&mut self) -> Result<()> {
        self.out.flush().map_err(|source| Error::Io {
            path: "the proving key".into(),
            source,
        })
    }
}
