//! Measures multi-exponentiation with each backend of this processor, beside the library's:
//! `cargo run --release --no-default-features --example msm -- [g1 bits, comma-separated] [g2 bits] [threads] [backend]`;
//! with a backend named, that one alone.

use _native::curve::{from_affine, Group, G1, G2};
use _native::error::Silent;
use _native::field::{to_le, Fr};
use _native::groth16::{generator, random_scalar};
use _native::kernel::{force_backend, Backend};
use _native::msm::{msm, Scalars};
use ark_ec::short_weierstrass::{Affine, Projective};
use ark_ec::{CurveGroup, PrimeGroup, VariableBaseMSM};
use ark_ff::{AdditiveGroup, PrimeField};

/// CPU seconds of all threads.
fn cpu_seconds() -> f64 {
    let threads = std::fs::read_dir("/proc/self/task")
        .into_iter()
        .flatten()
        .flatten();
    let nanoseconds = threads.filter_map(|thread| {
        let text = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<f64>().ok()
    });
    nanoseconds.sum::<f64>() / 1e9
}

fn best_of<R>(runs: usize, mut work: impl FnMut() -> R) -> (f64, f64, R) {
    let (mut cpu, mut wall, mut out) = (f64::MAX, f64::MAX, None);
    for _ in 0..runs {
        let (start, clock) = (cpu_seconds(), std::time::Instant::now());
        out = Some(work());
        cpu = cpu.min(cpu_seconds() - start);
        wall = wall.min(clock.elapsed().as_secs_f64());
    }
    (cpu, wall, out.unwrap())
}

fn measure<G: Group>(name: &str, bits: u32, only: Option<&str>) {
    let count = 1usize << bits;
    let step = Projective::<G>::generator() * Fr::from(0x1234_5678_9abc_def1u64);
    let mut at = step * Fr::from(7u64);
    let points: Vec<Projective<G>> = (0..count)
        .map(|_| {
            at = at.double() + step;
            at
        })
        .collect();
    let points = Projective::normalize_batch(&points);
    let mut bytes = Vec::new();
    points
        .iter()
        .for_each(|p: &Affine<G>| from_affine::<G>(p).write(&mut bytes));
    let mut rng = generator(Some(b"msm")).unwrap();
    let scalars: Vec<Fr> = (0..count).map(|_| random_scalar(&mut rng)).collect();
    let plain: Vec<u8> = scalars.iter().flat_map(|s| to_le(&s.into_bigint().0)).collect();
    let mut expected = None;
    for backend in Backend::ALL.into_iter().rev() {
        if only.is_some_and(|only| only != backend.name()) || !force_backend(backend) {
            continue;
        }
        let runs = if backend == Backend::Ifma { 9 } else { 2 };
        let (cpu, wall, sum) = best_of(runs, || {
            msm::<G>(&bytes, &Scalars::from_le(&plain), &Silent).unwrap()
        });
        println!(
            "{name} 2^{bits} {:10} cpu {cpu:.4} s, wall {wall:.4} s",
            backend.name()
        );
        assert!(*expected.get_or_insert(sum) == sum);
    }
    if only.is_some() {
        return;
    }
    let (cpu, wall, sum) = best_of(1, || Projective::<G>::msm_unchecked(&points, &scalars));
    println!("{name} 2^{bits} {:10} cpu {cpu:.4} s, wall {wall:.4} s", "ark-ec");
    assert!(expected == Some(sum));
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let list = |at: usize, default: &str| -> Vec<u32> {
        let text = arguments.get(at).map_or(default, String::as_str);
        text.split(',').filter_map(|bits| bits.parse().ok()).collect()
    };
    let threads = arguments.get(2).and_then(|n| n.parse().ok()).unwrap_or(1);
    let only = arguments.get(3).map(String::as_str);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .unwrap();
    println!("{threads} threads");
    pool.install(|| {
        list(0, "14,16,18")
            .into_iter()
            .for_each(|bits| measure::<G1>("G1", bits, only));
        list(1, "16")
            .into_iter()
            .for_each(|bits| measure::<G2>("G2", bits, only));
    });
}
