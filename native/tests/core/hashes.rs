//! Poseidon, Baby Jubjub and the precompiles against numbers published elsewhere.

use crate::common::scalars;
use _native::babyjub::{Point, BASE8};
use _native::error::Error;
use _native::evm;
use _native::field::{from_be, to_be, Fq, Fr};
use _native::poseidon::{hash, MAX_INPUTS};
use ark_bn254::{G1Affine, G2Affine};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{AdditiveGroup, Field, MontFp};

#[test]
fn poseidon_matches_circomlib() {
    let one: Fr = MontFp!("18586133768512220936620570745912940619677854269274689475585506675881198879027");
    let two: Fr = MontFp!("7853200120776062878684798364095072458815029376092732009249414926327459813530");
    let four: Fr = MontFp!("18821383157269793795438455681495246036402687001665670618754263018637548127333");
    let numbers: Vec<Fr> = (1..=17u64).map(Fr::from).collect();
    assert_eq!(hash(&numbers[..1]), Some(one));
    assert_eq!(hash(&numbers[..2]), Some(two));
    assert_eq!(hash(&numbers[..4]), Some(four));
    assert_eq!(hash(&[]), None);
    assert_eq!(hash(&numbers), None);
    assert!(hash(&numbers[..MAX_INPUTS]).is_some());
}

#[test]
fn baby_jubjub_keeps_its_laws() {
    let identity = Point {
        x: Fr::ZERO,
        y: Fr::ONE,
    };
    assert!(BASE8.on_curve() && identity.on_curve());
    let mut order = [0u8; 32];
    // 2736030358979909402780800718157159386076813972158567259200215660948447373041
    let digits: Fq = MontFp!("2736030358979909402780800718157159386076813972158567259200215660948447373041");
    order.copy_from_slice(&to_be(&digits));
    assert_eq!(BASE8.mul(&order), identity);
    let word = |n: u64| to_be(&Fr::from(n));
    assert_eq!(BASE8.mul(&word(0)), identity);
    assert_eq!(BASE8.mul(&word(1)), BASE8);
    assert_eq!(BASE8.mul(&word(2)), BASE8.add(&BASE8));
    assert_eq!(BASE8.mul(&word(12)).mul(&word(5)), BASE8.mul(&word(60)));
    assert_eq!(
        BASE8.mul(&word(7)).add(&BASE8.mul(&word(8))),
        BASE8.mul(&word(15))
    );
    assert!(BASE8.mul(&[255; 32]).on_curve());
    assert!(!Point {
        x: BASE8.x,
        y: BASE8.x
    }
    .on_curve());
}

fn words(list: &[Fq]) -> Vec<u8> {
    list.iter().flat_map(to_be).collect()
}

#[test]
fn precompiles_keep_the_group_laws() {
    let g = words(&[Fq::ONE, Fq::from(2u64)]);
    let double = words(&[
        MontFp!("1368015179489954701390400359078579693043519447331113978918064868415326638035"),
        MontFp!("9918110051302171585080402603319702774565515993150576347155970296011118125764"),
    ]);
    assert_eq!(evm::add(&[g.clone(), g.clone()].concat()).unwrap()[..], double);
    let two = [vec![0; 31], vec![2]].concat();
    assert_eq!(evm::mul(&[g.clone(), two].concat()).unwrap()[..], double);
    assert_eq!(evm::add(&[]).unwrap(), [0; 64]);
    assert_eq!(evm::add(&g).unwrap()[..], g);
    assert_eq!(evm::mul(&g).unwrap(), [0; 64]);
    // A scalar above the order is reduced: order + 1 gives the point itself.
    let mut above = to_be(&-Fr::ONE);
    above[31] += 2;
    assert_eq!(evm::mul(&[g.clone(), above.to_vec()].concat()).unwrap()[..], g);
    let off = words(&[Fq::ONE, Fq::ONE]);
    assert!(matches!(evm::add(&off), Err(Error::Element { offset: 0, .. })));
    assert!(evm::mul(&off).is_err());
}

#[test]
fn the_pairing_precompile_checks_products() {
    let (p, q) = (G1Affine::generator(), G2Affine::generator());
    let pair = |p: G1Affine, q: G2Affine| {
        let (x, y) = q.xy().unwrap();
        let (px, py) = p.xy().unwrap();
        words(&[px, py, x.c1, x.c0, y.c1, y.c0])
    };
    assert!(evm::pairing(&[]).unwrap());
    assert!(!evm::pairing(&pair(p, q)).unwrap());
    assert!(evm::pairing(&[pair(p, q), pair(-p, q)].concat()).unwrap());
    let three = (p * Fr::from(3u64)).into_affine();
    let third = (q * Fr::from(3u64)).into_affine();
    assert!(evm::pairing(&[pair(three, q), pair(-p, third)].concat()).unwrap());
    assert!(evm::pairing(&[vec![0; 64], pair(p, q)[64..].to_vec()].concat()).unwrap());
    assert!(evm::pairing(&[pair(p, q)[..64].to_vec(), vec![0; 128]].concat()).unwrap());
    let good = pair(p, q);
    let mut swapped = good.clone();
    swapped[64..96].copy_from_slice(&good[96..128]);
    swapped[96..128].copy_from_slice(&good[64..96]);
    assert!(matches!(
        evm::pairing(&swapped),
        Err(Error::Element { offset: 64, .. })
    ));
    assert!(evm::pairing(&good[..191]).is_err());
    let mut large = good.clone();
    large[0] = 0xff;
    assert!(evm::pairing(&large).is_err());
}

#[test]
fn words_must_be_canonical() {
    assert_eq!(from_be::<Fr>(&to_be(&-Fr::ONE)), Some(-Fr::ONE));
    let mut modulus = to_be(&-Fr::ONE);
    modulus[31] += 1;
    assert_eq!(from_be::<Fr>(&modulus), None);
    assert_eq!(from_be::<Fr>(&[255; 32]), None);
    assert_eq!(scalars("a", 3), scalars("a", 3));
}
