//! Which arithmetic runs: chosen once, by what the processor has.

use std::sync::atomic::{AtomicU8, Ordering};

/// The environment variable that names a slower backend to use.
const VARIABLE: &str = "ZKPOOL_BACKEND";

/// The ways to do arithmetic, each faster than the ones before and with all that they need.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Backend {
    /// Plain Rust.
    Portable = 1,
    /// Scalar multiplication with `mulx`, `adcx` and `adox`.
    Adx = 2,
    /// Eight elements at a time with AVX-512 IFMA.
    Ifma = 3,
}

impl Backend {
    /// All, slowest first.
    pub const ALL: [Backend; 3] = [Backend::Portable, Backend::Adx, Backend::Ifma];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Backend::Portable => "portable",
            Backend::Adx => "adx",
            Backend::Ifma => "ifma",
        }
    }

    /// The fastest one of this processor.
    #[cfg(target_arch = "x86_64")]
    fn best() -> Self {
        match (super::adx::available(), super::ifma::available()) {
            (true, true) => Backend::Ifma,
            (true, false) => Backend::Adx,
            _ => Backend::Portable,
        }
    }

    /// The fastest one of this processor.
    #[cfg(not(target_arch = "x86_64"))]
    fn best() -> Self {
        Backend::Portable
    }

    /// Whether this processor can run it.
    pub fn is_available(self) -> bool {
        self <= Self::best()
    }
}

/// The backend in use as a number; zero before the first look at the processor.
static IN_USE: AtomicU8 = AtomicU8::new(0);

/// Whether the backend in use multiplies with `adx`; before the first look no.
#[inline(always)]
#[cfg(target_arch = "x86_64")]
pub fn has_adx() -> bool {
    IN_USE.load(Ordering::Relaxed) >= Backend::Adx as u8
}

/// The backend in use: the processor's best, or a slower one that the environment asks for.
pub fn detect() -> Backend {
    let number = IN_USE.load(Ordering::Relaxed);
    if let Some(backend) = Backend::ALL.into_iter().find(|b| *b as u8 == number) {
        return backend;
    }
    let wanted = std::env::var(VARIABLE).unwrap_or_default();
    let backend = Backend::ALL
        .into_iter()
        .find(|b| b.name() == wanted && b.is_available())
        .unwrap_or_else(Backend::best);
    IN_USE.store(backend as u8, Ordering::Relaxed);
    backend
}

/// The name of the arithmetic in use.
pub fn backend() -> &'static str {
    detect().name()
}

/// Uses `backend` from now on, in the whole process, if this processor can; answers whether it can. For tests and
/// measurements: results are the same with each.
pub fn force_backend(backend: Backend) -> bool {
    let can = backend.is_available();
    if can {
        IN_USE.store(backend as u8, Ordering::Relaxed);
    }
    can
}

/// The lanes, if they are in use.
#[cfg(target_arch = "x86_64")]
pub fn lanes() -> Option<super::lanes::Ifma> {
    (detect() == Backend::Ifma)
        .then(super::lanes::Ifma::detect)
        .flatten()
}
