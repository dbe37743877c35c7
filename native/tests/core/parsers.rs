//! Files that are cut, stretched, rewired or wrong by one bit: always an error, never a panic, never much memory.

use crate::common::{chain, key, key_file, plain, witness_file};
use _native::error::{Error, Silent};
use _native::field::{to_le, P_LIMBS, R_LIMBS};
use _native::groth16::prove;
use _native::r1cs::R1cs;
use _native::storage::Storage;
use _native::wtns;
use _native::zkey::ProvingKey;

fn load(data: Vec<u8>) -> Result<ProvingKey, Error> {
    ProvingKey::new(Storage::Owned(data))
}

/// Kind, offset of the length field, start and length of each section.
fn sections(data: &[u8]) -> Vec<(u32, usize, usize, usize)> {
    let number = |at: usize, size: usize| {
        data[at..at + size]
            .iter()
            .rev()
            .fold(0u64, |sum, b| sum << 8 | u64::from(*b)) as usize
    };
    let mut out = Vec::new();
    let mut at = 12;
    for _ in 0..number(8, 4) {
        let length = number(at + 4, 8);
        out.push((number(at, 4) as u32, at + 4, at + 12, length));
        at += 12 + length;
    }
    out
}

fn position(error: Error) -> (&'static str, u64) {
    match error {
        Error::Format { section, offset, .. } | Error::Element { section, offset, .. } => (section, offset),
        other => panic!("not a format error: {other}"),
    }
}

type Parser = fn(&[u8]) -> Result<(), Error>;

fn files() -> Vec<(Vec<u8>, Parser)> {
    let (r1cs, values) = chain(5);
    let key = key_file(&r1cs);
    vec![
        (key, |d| load(d.to_vec()).map(|_| ())),
        (witness_file(&values), |d| wtns::parse(d).map(|_| ())),
        (r1cs, |d| R1cs::parse(d).map(|_| ())),
    ]
}

#[test]
fn every_truncation_is_refused() {
    for (data, parse) in files() {
        assert!(parse(&data).is_ok());
        for cut in 0..data.len() {
            let (_, offset) = position(parse(&data[..cut]).unwrap_err());
            assert!(offset <= data.len() as u64);
        }
        let mut longer = data.clone();
        longer.push(0);
        assert_eq!(
            position(parse(&longer).unwrap_err()),
            ("header", data.len() as u64)
        );
    }
}

#[test]
fn every_length_field_is_checked_against_the_file() {
    for (data, parse) in files() {
        for (_, field, start, length) in sections(&data) {
            let left = (data.len() - start) as u64;
            for claim in [
                0,
                1,
                length as u64 - 1,
                length as u64 + 1,
                left + 1,
                u32::MAX.into(),
                1 << 63,
                u64::MAX,
            ] {
                if claim == length as u64 {
                    continue;
                }
                let mut bad = data.clone();
                bad[field..field + 8].copy_from_slice(&claim.to_le_bytes());
                position(parse(&bad).unwrap_err());
            }
        }
        for count in [0u32, 1, 100, u32::MAX] {
            let mut bad = data.clone();
            bad[8..12].copy_from_slice(&count.to_le_bytes());
            position(parse(&bad).unwrap_err());
        }
    }
}

#[test]
fn missing_and_duplicate_sections_are_refused() {
    for (data, parse) in files() {
        let all = sections(&data);
        for (index, (kind, field, _, _)) in all.iter().enumerate() {
            if (*kind, all.len()) == (10, 10) {
                continue; // A key's contributions are not needed to prove.
            }
            let mut missing = data.clone();
            missing[field - 4..*field].copy_from_slice(&99u32.to_le_bytes());
            assert!(parse(&missing).is_err(), "section {kind}");
            let other = all[(index + 1) % all.len()].0;
            let mut twice = data.clone();
            twice[field - 4..*field].copy_from_slice(&other.to_le_bytes());
            assert!(parse(&twice).is_err(), "section {kind}");
        }
    }
}

#[test]
fn a_file_of_nothing_but_sections_is_refused_at_once() {
    for (data, parse) in files() {
        let count = 1u32 << 20;
        let mut bad = data[..8].to_vec();
        bad.extend(count.to_le_bytes());
        for kind in 0..count {
            bad.extend((1000 + kind).to_le_bytes());
            bad.extend(0u64.to_le_bytes());
        }
        let (_, offset) = position(parse(&bad).unwrap_err());
        assert_eq!(offset, 8);
    }
}

#[test]
fn count_fields_are_checked() {
    let (r1cs, values) = chain(5);
    let key = key_file(&r1cs);
    let header = sections(&key)[1].2;
    let coefficients = sections(&key)[3].2;
    let extreme = [0, 1, 2, 3, 9, 1 << 16, 1 << 28, 1 << 31, u32::MAX];
    // Signals, public signals, domain; then the number of coefficients.
    for field in [header + 72, header + 76, header + 80, coefficients] {
        let original = key[field..field + 4].to_vec();
        for value in extreme {
            let mut bad = key.clone();
            bad[field..field + 4].copy_from_slice(&u32::to_le_bytes(value));
            if bad[field..field + 4] != original[..] {
                position(load(bad).err().unwrap());
            }
        }
    }
    let header = sections(&r1cs)[1].2;
    for field in [header + 36, header + 40, header + 44, header + 48, header + 60] {
        for value in [1 << 28, 1 << 31, u32::MAX] {
            let mut bad = r1cs.clone();
            bad[field..field + 4].copy_from_slice(&u32::to_le_bytes(value));
            position(R1cs::parse(&bad).err().unwrap());
        }
    }
    let mut witness = witness_file(&values);
    let count = sections(&witness)[0].2 + 36;
    for value in extreme {
        witness[count..count + 4].copy_from_slice(&u32::to_le_bytes(value));
        position(wtns::parse(&witness).unwrap_err());
    }
}

#[test]
fn numbers_not_below_the_modulus_are_refused() {
    let (r1cs, values) = chain(5);
    let key = key_file(&r1cs);
    let table = sections(&key);
    for (kind, name, at) in [
        (2, "key_header", 84),
        (3, "ic", 64),
        (5, "points_a", 64),
        (6, "points_b1", 32),
        (7, "points_b2", 96),
        (8, "points_c", 0),
        (9, "points_h", 64 * 7 + 32),
    ] {
        let start = table.iter().find(|s| s.0 == kind).unwrap().2;
        let mut bad = key.clone();
        bad[start + at..start + at + 32].copy_from_slice(&to_le(&P_LIMBS));
        let (section, offset) = position(load(bad).err().unwrap());
        assert_eq!(section, name);
        assert!(offset <= (start + at) as u64 && offset + 128 > (start + at) as u64);
    }
    let start = table[3].2;
    let mut bad = key.clone();
    bad[start + 4 + 12..start + 4 + 44].copy_from_slice(&to_le(&R_LIMBS));
    assert_eq!(
        position(load(bad).err().unwrap()),
        ("coefficients", start as u64 + 4)
    );

    let good = witness_file(&values);
    let start = sections(&good)[1].2;
    for index in 0..values.len() {
        let mut bad = good.clone();
        bad[start + 32 * index..start + 32 * index + 32].copy_from_slice(&to_le(&R_LIMBS));
        assert_eq!(
            position(wtns::parse(&bad).unwrap_err()),
            ("witness", (start + 32 * index) as u64)
        );
    }
    let mut bad = good.clone();
    bad[start] = 2;
    assert_eq!(
        position(wtns::parse(&bad).unwrap_err()),
        ("witness", start as u64)
    );
}

#[test]
fn coefficients_out_of_range_are_refused() {
    let (r1cs, _) = chain(5);
    let key = key_file(&r1cs);
    let start = sections(&key)[3].2 + 4;
    for (field, value) in [(0, 2u32), (4, 8), (4, u32::MAX), (8, 7), (8, u32::MAX)] {
        let mut bad = key.clone();
        bad[start + 44 + field..start + 48 + field].copy_from_slice(&value.to_le_bytes());
        assert_eq!(
            position(load(bad).err().unwrap()),
            ("coefficients", start as u64 + 44)
        );
    }
}

#[test]
fn one_wrong_bit_never_gives_a_false_proof() {
    let (r1cs, values) = chain(5);
    let good = key_file(&r1cs);
    let witness = plain(&values);
    let trusted = key(&r1cs).verifying_key;
    let (mut refused, mut failed, mut harmless) = (0, 0, 0);
    for bit in (0..good.len() * 8).step_by(23) {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        match load(bad) {
            Err(error) => {
                position(error);
                refused += 1;
            }
            Ok(key) => match prove(&key, &witness, Some(b"bit"), &Silent) {
                Ok((proof, public)) => {
                    // Only what proving does not use may differ: the ceremony's record.
                    assert!(_native::groth16::verify(&trusted, &public, &proof).unwrap());
                    harmless += 1;
                }
                Err(Error::NotSatisfied | Error::WitnessLength { .. }) => failed += 1,
                Err(other) => panic!("{other}"),
            },
        }
    }
    assert!(refused > 100 && failed > 10, "{refused} {failed} {harmless}");
}

#[test]
fn points_outside_the_subgroup_are_refused() {
    use _native::curve::{on_curve, Point, G2};
    use _native::field::{Coordinate, Fq, Fq2};
    use _native::kernel::Base2;
    use ark_ff::{AdditiveGroup, Field};
    // The twist has many more points than its subgroup: the first point found by x is outside it.
    let b = <G2 as ark_ec::short_weierstrass::SWCurveConfig>::COEFF_B;
    let point = (1u64..)
        .find_map(|i| {
            let x = Fq2::new(Fq::from(i), Fq::ZERO);
            (x.square() * x + b).sqrt().map(|y| Point {
                x: Base2::from_ark(x),
                y: Base2::from_ark(y),
            })
        })
        .unwrap();
    assert!(on_curve::<G2>(&point));
    let mut bytes = Vec::new();
    point.write(&mut bytes);
    assert_eq!(bytes.len(), 2 * Base2::BYTES);
    let (r1cs, values) = chain(40);
    let good = key_file(&r1cs);
    let start = sections(&good)[6].2;
    for index in [0, 3, values.len() - 1] {
        let at = start + index * 128;
        let mut bad = good.clone();
        bad[at..at + 128].copy_from_slice(&bytes);
        assert_eq!(position(load(bad).err().unwrap()), ("points_b2", at as u64));
    }
}

#[test]
fn wrong_magic_version_protocol_and_field_are_refused() {
    for (data, parse) in files() {
        for at in [0, 3, 4, 7] {
            let mut bad = data.clone();
            bad[at] ^= 0x40;
            assert_eq!(position(parse(&bad).unwrap_err()).0, "header");
        }
    }
    let (r1cs, _) = chain(5);
    let key = key_file(&r1cs);
    let table = sections(&key);
    for (at, section) in [
        (table[0].2, "protocol"),
        (table[1].2, "key_header"),
        (table[1].2 + 4, "key_header"),
        (table[1].2 + 40, "key_header"),
    ] {
        let mut bad = key.clone();
        bad[at] ^= 2;
        assert_eq!(position(load(bad).err().unwrap()), (section, at as u64));
    }
}

#[test]
fn noise_is_refused() {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut byte = || {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (state >> 56) as u8
    };
    for (data, parse) in files() {
        for length in [0, 4, 11, 12, 13, 24, 100, 1000] {
            for _ in 0..50 {
                let mut noise: Vec<u8> = (0..length).map(|_| byte()).collect();
                assert!(parse(&noise).is_err());
                let keep = noise.len().min(12);
                noise[..keep].copy_from_slice(&data[..keep]);
                assert!(parse(&noise).is_err());
            }
        }
    }
}
