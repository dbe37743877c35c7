//! Transforms against evaluation by the definition, and multi-exponentiation against the library's multiplication.

use crate::common::{plain, scalars, with_each_backend};
use _native::curve::{from_affine, Group, G1, G2};
use _native::error::{Observer, Silent};
use _native::fft::{reverse, root, Domain};
use _native::field::{Coordinate, Fq, Fq2, Fr};
use _native::groth16::generator;
use _native::kernel::{backend, Base, Base2, Scalar};
use _native::msm::{msm, Scalars};
use ark_ec::short_weierstrass::{Affine, Projective};
use ark_ec::{AffineRepr, CurveGroup, PrimeGroup};
use ark_ff::{AdditiveGroup, Field, PrimeField, Zero};
use rand_chacha::rand_core::RngCore;

fn own(values: &[Fr]) -> Vec<Scalar> {
    values.iter().map(|v| Scalar::from_ark(*v)).collect()
}

fn evaluate(coefficients: &[Fr], at: Fr) -> Fr {
    coefficients.iter().rev().fold(Fr::ZERO, |sum, c| sum * at + c)
}

/// Elements at the edges of the field and between.
fn samples() -> Vec<Fq> {
    let half = Fq::from_bigint(Fq::MODULUS_MINUS_ONE_DIV_TWO).unwrap();
    let mut out = vec![Fq::ZERO, Fq::ONE, -Fq::ONE, half, half + Fq::ONE, -Fq::from(2u64)];
    out.extend((0..254).step_by(9).map(|i| Fq::from(2u64).pow([i])));
    out.extend((0..40u64).map(|i| (Fq::from(i + 3)).inverse().unwrap()));
    out
}

#[test]
fn field_operations_match_the_library() {
    with_each_backend(field_operations);
}

fn field_operations() {
    let samples = samples();
    for a in &samples {
        let x = Base::from_ark(*a);
        assert_eq!((-x).to_ark(), -*a);
        assert_eq!(x.square().to_ark(), a.square());
        assert_eq!(x.inverse().map(Base::to_ark), a.inverse());
        assert_eq!(x.is_zero(), a.is_zero());
        for b in &samples {
            let y = Base::from_ark(*b);
            assert_eq!((x + y).to_ark(), *a + b);
            assert_eq!((x - y).to_ark(), *a - b);
            assert_eq!((x * y).to_ark(), *a * b);
            assert_eq!(x.multiply_portable(y).to_ark(), *a * b);
            let (c, z) = (Fq2::new(*a, *b), Base2 { c0: x, c1: y });
            assert_eq!(z.square().to_ark(), c.square());
            assert_eq!(z.inverse().map(Base2::to_ark), c.inverse());
            let (d, w) = (
                Fq2::new(*b, samples[7]),
                Base2 {
                    c0: y,
                    c1: Base::from_ark(samples[7]),
                },
            );
            assert_eq!((z * w).to_ark(), c * d);
            assert_eq!((z + w).to_ark(), c + d);
            assert_eq!((z - w).to_ark(), c - d);
            assert_eq!(z.double().to_ark(), c.double());
        }
    }
}

#[test]
fn evaluation_matches_the_definition() {
    with_each_backend(evaluation);
}

fn evaluation() {
    for log in [0, 1, 2, 3, 5, 6, 7, 9, 10] {
        let domain = Domain::new(log);
        let size = 1usize << log;
        let coefficients = scalars("fft", size);
        let (mut over_domain, mut over_coset) = (own(&coefficients), own(&coefficients));
        domain.evaluate(&mut over_domain);
        domain.evaluate_coset(&mut over_coset);
        let (step, half_step) = (root(log), root(log + 1));
        for k in 0..size {
            let point = step.pow([reverse(k, log) as u64]);
            assert_eq!(
                over_domain[k].to_ark(),
                evaluate(&coefficients, point),
                "domain {log} {k}"
            );
            assert_eq!(
                over_coset[k].to_ark(),
                evaluate(&coefficients, point * half_step),
                "coset {log} {k}"
            );
        }
    }
}

#[test]
fn interpolation_undoes_evaluation() {
    with_each_backend(interpolation);
}

fn interpolation() {
    for log in [0, 1, 4, 6, 7, 10, 12, 13, 16, 17] {
        let domain = Domain::new(log);
        let coefficients = scalars("inverse", 1 << log);
        let mut values = own(&coefficients);
        domain.evaluate(&mut values);
        domain.interpolate(&mut values);
        values.iter_mut().for_each(|v| *v *= domain.size_inverse());
        assert!(values == own(&coefficients));
    }
}

/// Points that repeat, cancel and vanish, so that every branch of an addition runs.
fn awkward_points<G: Group>(count: usize, rng: &mut impl RngCore) -> Vec<Affine<G>> {
    let generator = Projective::<G>::generator();
    let few: Vec<Affine<G>> = (1..6u64)
        .map(|i| (generator * Fr::from(i * i)).into_affine())
        .collect();
    (0..count)
        .map(|_| match rng.next_u32() % 8 {
            0 => Affine::zero(),
            1 => -few[rng.next_u32() as usize % 5],
            2..5 => few[rng.next_u32() as usize % 5],
            _ => (generator * Fr::from(rng.next_u64())).into_affine(),
        })
        .collect()
}

fn awkward_scalars(count: usize, rng: &mut impl RngCore) -> Vec<Fr> {
    let random = scalars("msm", count);
    random
        .into_iter()
        .map(|value| match rng.next_u32() % 8 {
            0 => Fr::ZERO,
            1 => Fr::ONE,
            2 => -Fr::ONE,
            3 => Fr::from(rng.next_u32() % 300),
            4 => -Fr::from(rng.next_u32() % 300),
            5 => Fr::from(2u64).pow([u64::from(rng.next_u32() % 254)]),
            _ => value,
        })
        .collect()
}

fn check<G: Group>(points: &[Affine<G>], values: &[Fr]) {
    let mut bytes = Vec::new();
    points.iter().for_each(|p| from_affine::<G>(p).write(&mut bytes));
    let expected: Projective<G> = points.iter().zip(values).map(|(p, s)| *p * *s).sum();
    expect::<G>(&bytes, values, expected);
}

/// Every backend's sum of `values` times the points in `bytes`.
fn expect<G: Group>(bytes: &[u8], values: &[Fr], expected: Projective<G>) {
    with_each_backend(|| {
        let found = msm::<G>(bytes, &Scalars::from_le(&plain(values)), &Silent).unwrap();
        assert_eq!(found, expected, "{} points, {}", values.len(), backend());
    });
}

/// Points whose logarithms are `first`, `first + step`, ...: so many sums of few of them are equal.
fn progression<G: Group>(count: usize, first: i64, step: i64) -> (Vec<u8>, Vec<Fr>) {
    let generator = Projective::<G>::generator();
    let (mut at, by) = (generator * Fr::from(first), generator * Fr::from(step));
    let points: Vec<Projective<G>> = (0..count)
        .map(|_| {
            at += by;
            at - by
        })
        .collect();
    let mut bytes = Vec::new();
    for point in Projective::normalize_batch(&points) {
        from_affine::<G>(&point).write(&mut bytes);
    }
    let logarithms = (0..count as i64).map(|i| Fr::from(first + i * step)).collect();
    (bytes, logarithms)
}

fn check_progression<G: Group>(count: usize, first: i64, step: i64, values: &[Fr]) {
    let (bytes, logarithms) = progression::<G>(count, first, step);
    let sum: Fr = logarithms.iter().zip(values).map(|(l, v)| *l * v).sum();
    expect::<G>(&bytes, values, Projective::<G>::generator() * sum);
}

#[test]
fn sums_that_meet_inside_trees() {
    let mut rng = generator(Some(b"meet")).unwrap();
    let random = scalars("meet", 30_000);
    check_progression::<G1>(30_000, 7, 3, &random);
    // Around zero: one infinity, and every point's opposite.
    check_progression::<G1>(3_001, -1_500, 1, &random[..3_001]);
    check_progression::<G2>(3_001, -1_500, 1, &random[..3_001]);
    // One or two buckets that take several rounds.
    check_progression::<G1>(20_000, 1, 1, &vec![Fr::ONE; 20_000]);
    check_progression::<G2>(5_000, -2_000, 1, &vec![-Fr::ONE; 5_000]);
    let signs: Vec<Fr> = (0..20_000)
        .map(|_| {
            if rng.next_u32().is_multiple_of(2) {
                Fr::ONE
            } else {
                -Fr::ONE
            }
        })
        .collect();
    check_progression::<G1>(20_000, 1, 1, &signs);
    // Buckets of every size up to a few hundred.
    let sizes: Vec<Fr> = (0..400u64)
        .flat_map(|i| vec![Fr::from(i); i as usize % 90])
        .collect();
    check_progression::<G1>(sizes.len(), 5, 11, &sizes);
}

#[test]
fn multi_exponentiation_matches_single_ones() {
    let mut rng = generator(Some(b"points")).unwrap();
    for count in [0, 1, 2, 3, 10, 100, 1000, 9000] {
        let values = awkward_scalars(count, &mut rng);
        check::<G1>(&awkward_points(count, &mut rng), &values);
    }
    for count in [1, 2, 3, 7, 8, 9, 17, 600] {
        let values = awkward_scalars(count, &mut rng);
        check::<G2>(&awkward_points(count, &mut rng), &values);
    }
}

#[test]
fn extreme_scalars_of_one_point() {
    let point = Affine::<G1>::generator();
    let half = Fr::from_bigint(Fr::MODULUS_MINUS_ONE_DIV_TWO).unwrap();
    let mut values = vec![Fr::ZERO, Fr::ONE, -Fr::ONE, half, half + Fr::ONE, -Fr::from(2u64)];
    values.extend((0..254).map(|i| Fr::from(2u64).pow([i])));
    values.extend((0..254).map(|i| Fr::from(2u64).pow([i]) - Fr::ONE));
    for value in &values {
        check::<G1>(&[point], &[*value]);
    }
    check::<G1>(&vec![point; values.len()], &values);
}

#[test]
fn all_points_equal_or_all_scalars_small() {
    let point = Affine::<G1>::generator();
    check::<G1>(&vec![point; 10_000], &vec![Fr::ONE; 10_000]);
    check::<G1>(&vec![point; 10_000], &scalars("equal", 10_000));
    let mut rng = generator(Some(b"small")).unwrap();
    let bits: Vec<Fr> = (0..10_000).map(|_| Fr::from(rng.next_u32() % 2)).collect();
    check::<G1>(&awkward_points(10_000, &mut rng), &bits);
    let opposite: Vec<Affine<G1>> = (0..9_000)
        .map(|i| if i % 2 == 0 { point } else { -point })
        .collect();
    let same = vec![scalars("cancel", 1)[0]; 9_000];
    let mut bytes = Vec::new();
    opposite
        .iter()
        .for_each(|p| from_affine::<G1>(p).write(&mut bytes));
    expect::<G1>(&bytes, &same, Projective::zero());
}

#[test]
fn a_stopped_computation_ends() {
    struct Stopped;
    impl Observer for Stopped {
        fn finished(&self, _stage: &'static str) {}
        fn cancelled(&self) -> bool {
            true
        }
    }
    let mut bytes = Vec::new();
    from_affine::<G1>(&Affine::generator()).write(&mut bytes);
    let outcome = msm::<G1>(&bytes, &Scalars::from_le(&plain(&[Fr::ONE])), &Stopped);
    assert!(matches!(outcome, Err(_native::error::Error::Cancelled)));
}
