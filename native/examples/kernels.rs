//! Measures field multiplication and inversion: `cargo run --release --no-default-features --example kernels`.

use _native::kernel::{backend, Base};
use std::hint::black_box;

/// Nanoseconds that this thread has run; zero where the system does not say.
fn cpu_nanoseconds() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0.0)
}

fn report(name: &str, count: usize, work: impl FnOnce()) {
    let start = cpu_nanoseconds();
    work();
    let nanoseconds = (cpu_nanoseconds() - start) / count as f64;
    println!("{name:24} {nanoseconds:8.2} ns");
}

fn main() {
    println!("{}", backend());
    let seed = Base::raw([1, 2, 3, 4]);
    report("scalar product", 3_000_000, || {
        let mut x = [seed; 4];
        for _ in 0..750_000 {
            x = x.map(|v| v * seed);
        }
        black_box(x);
    });
    report("scalar inverse", 20_000, || {
        let mut x = seed;
        for _ in 0..20_000 {
            x = x.inverse().unwrap_or(seed);
        }
        black_box(x);
    });
    #[cfg(target_arch = "x86_64")]
    vectors::report_all(seed);
}

#[cfg(target_arch = "x86_64")]
mod vectors {
    use super::{black_box, report, Base};
    use _native::kernel::lanes::{Ifma, Lanes, Vectorized, LANES};
    use _native::kernel::BaseModulus;

    type Vector = Lanes<BaseModulus>;

    /// A loop over four independent vectors.
    struct Repeat<F>(Base, F);

    impl<F: Fn(&Vector, &Vector) -> Vector> Vectorized for Repeat<F> {
        type Output = ();
        #[inline(always)]
        fn run(self, ifma: Ifma) {
            let factor = Lanes::splat(ifma, &self.0);
            let mut x = [factor.reduce(); 4];
            for _ in 0..100_000 {
                for v in &mut x {
                    *v = self.1(v, &factor);
                }
            }
            let mut out = [self.0; LANES];
            x.iter().for_each(|v| v.store(&mut out));
            black_box(out);
        }
    }

    pub fn report_all(seed: Base) {
        let Some(ifma) = Ifma::detect() else { return };
        let count = 4 * 100_000 * LANES;
        report("lane product", count, || {
            ifma.run(Repeat(seed, |a: &Vector, b: &Vector| a.mul(b)))
        });
        report("lane square", count, || {
            ifma.run(Repeat(seed, |a: &Vector, _: &Vector| a.square()))
        });
    }
}
