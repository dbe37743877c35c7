//! Set-up of a PLONK key: from a ceremony's powers of tau, or from a seed for development.
//!
//! The file is, byte for byte, what snarkjs writes from the same powers.

use crate::curve::{Group, G1, G2};
use crate::error::{Error, Observer, Result};
use crate::fft::Domain;
use crate::field::{to_le, Fr, P_LIMBS, R_LIMBS};
use crate::kernel::Scalar;
use crate::plonk::vkey::VerifyingKey;
use crate::plonk::zkey::{ADDITION_BYTES, MAGIC, MAX_LOG, MIN_LOG, PROTOCOL, SPARE_POWERS, VERSION};
use crate::plonkish::gates::{Gate, Gates, ZeroTerms};
use crate::plonkish::permutation::{labels, SHIFTS};
use crate::plonkish::poly;
use crate::plonkish::ptau::{Powers, PowersFile};
use crate::r1cs::R1cs;
use crate::setup::{points, write_files};
use crate::storage::Storage;
use ark_ec::short_weierstrass::Affine;
use ark_ec::CurveGroup;
use std::io::Write;
use std::path::Path;

/// Sections of a key.
const SECTIONS: u32 = 14;

/// Sets up the circuit in the file `r1cs` for development, with powers of tau from a seed or from the system's
/// randomness: whoever runs it can forge proofs. Writes `zkey`, and `vkey` if asked, each by rename. Gives the key's
/// SHA-256.
pub fn set_up(
    r1cs: &Path,
    zkey: &Path,
    vkey: Option<&Path>,
    seed: Option<&[u8]>,
    observer: &dyn Observer,
) -> Result<[u8; 32]> {
    let gates = read_gates(r1cs, observer)?;
    let powers = Powers::insecure(power_count(&gates)?, seed)?;
    observer.finished("points");
    write_files(zkey, vkey, observer, |out| {
        Ok(write_key(&gates, &powers, out, observer)?.to_json())
    })
}

/// Sets up the circuit in the file `r1cs` with the powers of tau in the file `ptau`. PLONK needs no ceremony of the
/// circuit's own: the key is as trustworthy as that file.
pub fn set_up_from_powers(
    r1cs: &Path,
    ptau: &Path,
    zkey: &Path,
    vkey: Option<&Path>,
    observer: &dyn Observer,
) -> Result<[u8; 32]> {
    let gates = read_gates(r1cs, observer)?;
    let file = PowersFile::new(Storage::open(ptau, true)?)?;
    let powers = file.take(power_count(&gates)?, observer)?;
    observer.finished("points");
    write_files(zkey, vkey, observer, |out| {
        Ok(write_key(&gates, &powers, out, observer)?.to_json())
    })
}

fn read_gates(r1cs: &Path, observer: &dyn Observer) -> Result<Gates> {
    let storage = Storage::open(r1cs, true)?;
    let gates = Gates::new(&R1cs::parse(&storage)?, ZeroTerms::Kept)?;
    observer.finished("parse");
    Ok(gates)
}

/// Base-two logarithm of the domain's size.
fn domain_log(gates: &Gates) -> Result<u32> {
    let count = gates.gates.len();
    let log = count.next_power_of_two().trailing_zeros().max(MIN_LOG);
    // The tables of the domain of four times the size have to fit, too.
    if log + 2 > crate::fft::MAX_LOG || log > MAX_LOG {
        let message = format!("{count} gates are more than this set-up takes");
        return Err(Error::format("constraints", 0, message));
    }
    Ok(log)
}

fn power_count(gates: &Gates) -> Result<usize> {
    Ok((1 << domain_log(gates)?) + SPARE_POWERS)
}

/// A file in the making.
struct Writer<'a> {
    out: &'a mut dyn Write,
    powers: &'a Powers<'a>,
    domain: Domain,
    extended: Domain,
    observer: &'a dyn Observer,
}

impl Writer<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.out.write_all(bytes).map_err(|source| Error::Io {
            path: "the proving key".into(),
            source,
        })
    }

    fn open(&mut self, kind: u32, length: usize) -> Result<()> {
        self.write(&kind.to_le_bytes())?;
        self.write(&(length as u64).to_le_bytes())
    }

    fn section(&mut self, kind: u32, content: &[u8]) -> Result<()> {
        self.open(kind, content.len())?;
        self.write(content)
    }

    /// Bytes of one polynomial.
    fn polynomial_bytes(&self) -> usize {
        32 * (self.domain.size() + self.extended.size())
    }

    /// Coefficients, then values over the domain of four times the size; gives the coefficients.
    fn polynomial(&mut self, values: &[Scalar]) -> Result<Vec<Scalar>> {
        self.observer.checkpoint()?;
        let coefficients = poly::interpolate(&self.domain, values);
        let mut bytes = Vec::with_capacity(self.polynomial_bytes());
        poly::write(&coefficients, &mut bytes);
        poly::write(&poly::evaluate_all(&self.extended, &coefficients), &mut bytes);
        self.write(&bytes)?;
        Ok(coefficients)
    }

    /// The same, with the commitment.
    fn committed(&mut self, values: &[Scalar]) -> Result<Affine<G1>> {
        let coefficients = self.polynomial(values)?;
        let powers = &self.powers.g1[..coefficients.len() * G1::POINT_BYTES];
        Ok(poly::commit(powers, &coefficients, self.observer)?.into_affine())
    }
}

/// Writes a `.zkey` to `out` and gives its verification key.
pub fn write_key(
    gates: &Gates,
    powers: &Powers<'_>,
    out: &mut dyn Write,
    observer: &dyn Observer,
) -> Result<VerifyingKey> {
    let log = domain_log(gates)?;
    let size = 1usize << log;
    if powers.g1.len() < (size + SPARE_POWERS) * G1::POINT_BYTES {
        return Err(Error::Argument("too few powers of tau for the circuit".into()));
    }
    let mut writer = Writer {
        out,
        powers,
        domain: Domain::new(log),
        extended: Domain::new(log + 2),
        observer,
    };
    writer.write(MAGIC)?;
    writer.write(&VERSION.to_le_bytes())?;
    writer.write(&SECTIONS.to_le_bytes())?;
    writer.section(3, &additions(gates))?;
    for column in 0..3 {
        let map = gates.gates.iter().flat_map(|g| g.wires[column].to_le_bytes());
        writer.section(4 + column as u32, &map.collect::<Vec<u8>>())?;
    }
    let length = writer.polynomial_bytes();
    let selectors: [fn(&Gate) -> Fr; 5] = [|g| g.qm, |g| g.ql, |g| g.qr, |g| g.qo, |g| g.qc];
    let mut commitments = Vec::with_capacity(8);
    for (i, selector) in selectors.into_iter().enumerate() {
        writer.open(7 + i as u32, length)?;
        let mut values: Vec<Scalar> = gates
            .gates
            .iter()
            .map(|g| Scalar::from_ark(selector(g)))
            .collect();
        values.resize(size, Scalar::ZERO);
        commitments.push(writer.committed(&values)?);
    }
    writer.open(12, 3 * length)?;
    for column in labels(&gates.gates, gates.wire_count(), log) {
        commitments.push(writer.committed(&column)?);
    }
    let rows = gates.public_count.max(1);
    writer.open(13, rows * length)?;
    for row in 0..rows {
        let mut values = vec![Scalar::ZERO; size];
        values[row] = Scalar::ONE;
        writer.polynomial(&values)?;
    }
    observer.finished("lagrange");
    writer.section(14, &powers.g1[..(size + SPARE_POWERS) * G1::POINT_BYTES])?;
    writer.section(1, &PROTOCOL.to_le_bytes())?;

    let [k1, k2] = SHIFTS.map(Fr::from);
    let mut header = Vec::new();
    for modulus in [P_LIMBS, R_LIMBS] {
        header.extend_from_slice(&32u32.to_le_bytes());
        header.extend_from_slice(&to_le(&modulus));
    }
    let counts = [
        gates.wire_count(),
        gates.public_count,
        size,
        gates.additions.len(),
        gates.gates.len(),
    ];
    for number in counts {
        header.extend_from_slice(&(number as u32).to_le_bytes());
    }
    poly::write(&[k1, k2].map(Scalar::from_ark), &mut header);
    header.extend(points::<G1>(&commitments));
    header.extend(points::<G2>(&[powers.tau_g2]));
    writer.section(2, &header)?;
    writer.out.flush().map_err(|source| Error::Io {
        path: "the proving key".into(),
        source,
    })?;
    let [qm, ql, qr, qo, qc, s1, s2, s3] = commitments[..] else {
        unreachable!("five selectors and three columns were committed to");
    };
    VerifyingKey {
        public: gates.public_count,
        power: log,
        k1,
        k2,
        qm,
        ql,
        qr,
        qo,
        qc,
        s1,
        s2,
        s3,
        x_2: powers.tau_g2,
    }
    .check()
}

/// The addition section: wires and factors.
fn additions(gates: &Gates) -> Vec<u8> {
    let mut out = Vec::with_capacity(gates.additions.len() * ADDITION_BYTES);
    for addition in &gates.additions {
        for wire in addition.wires {
            out.extend_from_slice(&wire.to_le_bytes());
        }
        poly::write(&addition.factors.map(Scalar::from_ark), &mut out);
    }
    out
}
