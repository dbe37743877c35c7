//! Eight elements at a time against the library, at the edges of the fields and at the edges of the bounds.
#![cfg(target_arch = "x86_64")]

use _native::field::{Fq, Fr};
use _native::groth16::generator;
use _native::kernel::lanes::{Ifma, Lanes, Vectorized, LANES};
use _native::kernel::{BaseModulus, Fp, Modulus, ScalarModulus};
use ark_ff::{AdditiveGroup, Field, PrimeField, Zero};
use rand_chacha::rand_core::RngCore;

/// Elements at the edges, with few bits, with runs of ones, and random ones.
fn samples<F: PrimeField>() -> Vec<F> {
    let mut rng = generator(Some(b"lanes")).unwrap();
    let half = F::from_bigint(F::MODULUS_MINUS_ONE_DIV_TWO).unwrap();
    let mut out = vec![F::ZERO, F::ONE, -F::ONE, half, half + F::ONE, -F::from(2u64)];
    // Small multiples of 1/R: few bits in Montgomery form.
    let inverse = F::from(2u64).pow([256]).inverse().unwrap();
    out.extend((0..20u64).map(|i| inverse * F::from(i)));
    out.extend((0..20u64).map(|i| -inverse * F::from(i)));
    out.extend((0..254).map(|i| inverse * F::from(2u64).pow([i])));
    out.extend((0..254).map(|i| inverse * (F::from(2u64).pow([i]) - F::ONE)));
    let mut wide = [0u8; 48];
    out.extend((0..1000).map(|_| {
        rng.fill_bytes(&mut wide);
        F::from_le_bytes_mod_order(&wide)
    }));
    out.resize(out.len() / LANES * LANES, F::ZERO);
    out
}

fn eight<M: Modulus>(values: &[M::Ark]) -> [Fp<M>; LANES] {
    std::array::from_fn(|i| Fp::from_ark(values[i]))
}

struct Check<M: Modulus>(Vec<M::Ark>);

impl<M: Modulus> Vectorized for Check<M> {
    type Output = ();

    fn run(self, ifma: Ifma) {
        let expect = |name: &str, lanes: Lanes<M>, wanted: &dyn Fn(usize) -> M::Ark| {
            let mut out = [Fp::<M>::ZERO; LANES];
            lanes.store(&mut out);
            for (i, found) in out.iter().enumerate() {
                assert!(*found == Fp::from_ark(wanted(i)), "{name}, lane {i}");
            }
        };
        let one = Lanes::<M>::one(ifma);
        expect("one", one, &|_| M::Ark::ONE);
        expect("zero", Lanes::zero(ifma), &|_| M::Ark::ZERO);
        let chunks: Vec<&[M::Ark]> = self.0.chunks_exact(LANES).collect();
        for (number, a) in chunks.iter().enumerate() {
            let x = Lanes::load(ifma, &eight::<M>(a));
            expect("load", x, &|i| a[i]);
            expect("splat", Lanes::splat(ifma, &Fp::from_ark(a[3])), &|_| a[3]);
            let small = x.reduce();
            expect("reduce", small, &|i| a[i]);
            expect("square", small.square(), &|i| a[i].square());
            expect(
                "square of 8 p",
                x.reduce().add(&small).add(&small).add(&small).square(),
                &|i| a[i].square() * M::Ark::from(16u64),
            );
            expect("negative", x.neg::<16>(), &|i| -a[i]);
            // A square of a difference that vanishes is p or zero, never an unreduced multiple that shows.
            expect("difference of equals", x.sub::<16>(&x), &|_| M::Ark::ZERO);
            expect("reduced multiple", x.sub::<16>(&x).reduce(), &|_| M::Ark::ZERO);
            let zeros = (0..LANES).fold(0, |mask, i| mask | u8::from(a[i].is_zero()) << i);
            assert_eq!(x.zeros(), zeros);
            let mut kept = [Fp::<M>::ZERO; LANES];
            small.store_inner(&mut kept);
            expect("inner form", Lanes::load_inner(ifma, &kept), &|i| a[i]);
            match x.inverse(ifma) {
                Some(inverse) => expect("inverse", inverse, &|i| a[i].inverse().unwrap()),
                None => assert!(zeros != 0),
            }
            let near = [1, 2, 7, 31].map(|step| chunks[(number * 5 + step) % chunks.len()]);
            for b in near {
                let y = Lanes::load(ifma, &eight::<M>(b));
                let both = y.reduce();
                expect("sum", x.add(&y), &|i| a[i] + b[i]);
                expect("difference", x.sub::<16>(&y), &|i| a[i] - b[i]);
                expect("product", x.mul(&both), &|i| a[i] * b[i]);
                // 40 p times 2 p; then 63 p reduced.
                let large = x.add(&y).add(&both).add(&both).add(&both).add(&both);
                let factor = M::Ark::from(5u64);
                expect("large product", large.mul(&both), &|i| {
                    (a[i] + b[i] * factor) * b[i]
                });
                let larger = x.sub::<16>(&y).add(&x).add(&small).sub::<13>(&both);
                expect("large reduction", larger.reduce(), &|i| {
                    a[i].double() + a[i] - b[i].double()
                });
                let chosen = x.select(0b0110_1001, &y);
                expect("choice", chosen, &|i| {
                    if 0b0110_1001 >> i & 1 == 1 {
                        b[i]
                    } else {
                        a[i]
                    }
                });
            }
        }
    }
}

#[test]
fn lanes_match_the_library() {
    let Some(ifma) = Ifma::detect() else {
        eprintln!("this processor has no lanes");
        return;
    };
    ifma.run(Check::<BaseModulus>(samples::<Fq>()));
    ifma.run(Check::<ScalarModulus>(samples::<Fr>()));
}
