//! Proves circom's circuits with arkworks: a peer that ZKPool's prover is measured against.
//!
//! ```text
//! bench-arkworks setup CIRCUIT KEY          make a key for an .r1cs, with a trapdoor nobody kept
//! bench-arkworks prove CIRCUIT KEY WITNESS  load both, then answer each line of standard input
//! ```
//!
//! After loading and after each line, `prove` or `verify`, one line of JSON is printed.

mod circom;

use ark_bn254::{Bn254, Fr};
use ark_ff::UniformRand;
use ark_groth16::{prepare_verifying_key, Groth16, Proof, ProvingKey};
use ark_relations::utils::matrix::Matrix;
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};
use ark_std::rand::rngs::OsRng;
use circom::{read_witness, Circuit};
use cpu_time::ProcessTime;
use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["setup", circuit, key] => set_up(circuit, key),
        ["prove", circuit, key, witness] => serve(circuit, key, witness),
        _ => Err("setup CIRCUIT KEY or prove CIRCUIT KEY WITNESS".into()),
    }
}

fn set_up(circuit: &str, path: &str) -> Result<()> {
    let circuit = Circuit::read(circuit)?;
    let key = Groth16::<Bn254>::generate_random_parameters_with_reduction(circuit, &mut OsRng)?;
    let mut out = BufWriter::new(File::create(path)?);
    key.serialize_uncompressed(&mut out)?;
    Ok(out.flush()?)
}

fn serve(circuit: &str, path: &str, witness: &str) -> Result<()> {
    let circuit = Circuit::read(circuit)?;
    // The fastest way arkworks has: points as they are, not checked.
    let key = ProvingKey::<Bn254>::deserialize_uncompressed_unchecked(BufReader::new(File::open(path)?))?;
    let mut kept = None;
    report()?;
    for line in std::io::stdin().lock().lines() {
        match line?.as_str() {
            "prove" => kept = Some(prove(&circuit, &key, witness)?),
            "verify" => {
                let (public, proof) = kept.as_ref().ok_or("nothing was proved yet")?;
                let verifying = prepare_verifying_key(&key.vk);
                if !Groth16::<Bn254>::verify_proof(&verifying, proof, public)? {
                    return Err("the proof does not hold".into());
                }
            }
            other => return Err(format!("no command {other}").into()),
        }
        report()?;
    }
    Ok(())
}

fn prove(circuit: &Circuit, key: &ProvingKey<Bn254>, witness: &str) -> Result<(Vec<Fr>, Proof<Bn254>)> {
    let values = read_witness(witness)?;
    let (r, s) = (Fr::rand(&mut OsRng), Fr::rand(&mut OsRng));
    let matrices: &[Matrix<Fr>] = &circuit.matrices;
    let inputs = 1 + circuit.public;
    let rows = matrices[0].len();
    let proof = Groth16::<Bn254>::create_proof_with_reduction_and_matrices(
        key, r, s, matrices, inputs, rows, &values,
    )?;
    Ok((values[1..inputs].to_vec(), proof))
}

/// Prints the CPU seconds of this process so far.
fn report() -> Result<()> {
    let spent = ProcessTime::try_now()?.as_duration();
    println!("{{\"cpu_s\": {:.6}}}", spent.as_secs_f64());
    Ok(())
}
