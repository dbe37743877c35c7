//! The arithmetic of x86-64: Montgomery multiplication with `mulx`, `adcx` and `adox`, for processors that have them,
//! and additions that any has. In registers throughout: rustc keeps carries in bytes and copies through the stack.

use std::arch::asm;

/// What the multiplication needs of a modulus: its limbs, then -1 / modulus modulo 2^64.
pub type Table = [u64; 5];

/// One limb of b: t += a * b[i], then t = (t + k * modulus) / 2^64 with the k that makes the low limb zero.
macro_rules! row {
    ($offset:literal) => {
        concat!(
            "xor {z:e}, {z:e}\n",
            "mov rdx, qword ptr [{b} + ",
            $offset,
            "]\n",
            "mulx {h}, {z}, {a0}\n",
            "adox {t0}, {z}\n",
            "adcx {t1}, {h}\n",
            "mulx {h}, {z}, {a1}\n",
            "adox {t1}, {z}\n",
            "adcx {t2}, {h}\n",
            "mulx {h}, {z}, {a2}\n",
            "adox {t2}, {z}\n",
            "adcx {t3}, {h}\n",
            "mulx {h}, {z}, {a3}\n",
            "adox {t3}, {z}\n",
            "mov {z:e}, 0\n",
            "adcx {h}, {z}\n",
            "adox {h}, {z}\n",
            shift!()
        )
    };
}

/// The second half of a row; h holds the limb above t3.
macro_rules! shift {
    () => {
        "mov rdx, {t0}
         imul rdx, qword ptr [rip + {p} + 32]
         xor {z:e}, {z:e}
         mulx {c}, {z}, qword ptr [rip + {p}]
         adcx {z}, {t0}
         mov {t0}, {c}
         adcx {t0}, {t1}
         mulx {t1}, {z}, qword ptr [rip + {p} + 8]
         adox {t0}, {z}
         adcx {t1}, {t2}
         mulx {t2}, {z}, qword ptr [rip + {p} + 16]
         adox {t1}, {z}
         adcx {t2}, {t3}
         mulx {t3}, {z}, qword ptr [rip + {p} + 24]
         adox {t2}, {z}
         mov {z:e}, 0
         adcx {t3}, {z}
         adox {t3}, {h}
        "
    };
}

/// Whether this processor has the instructions.
pub fn available() -> bool {
    is_x86_feature_detected!("adx") && is_x86_feature_detected!("bmi2")
}

// The address of a table in the code leaves one register more than a pointer would: there is none to spare.
macro_rules! multiplication {
    ($name:ident, $table:path) => {
/// `a * b / 2^256` modulo the table's prime, for factors up to twice the prime.
///
/// The caller has seen [`available`] answer true.
#[inline(always)]
pub fn $name(a: &[u64; 4], b: &[u64; 4]) -> [u64; 4] {
    let (t0, t1, t2, t3): (u64, u64, u64, u64);
    // SAFETY: the block reads 32 bytes behind `b`, borrowed for the call, and the 40 of the table, writes
    // registers only, and uses no stack. The instructions exist: callers check `available` first.
    #[allow(unsafe_code)]
    unsafe {
        asm!(
            // The first row starts from nothing.
            "xor {z:e}, {z:e}",
            "mov rdx, qword ptr [{b}]",
            "mulx {t1}, {t0}, {a0}",
            "mulx {t2}, {z}, {a1}",
            "adox {t1}, {z}",
            "mulx {t3}, {z}, {a2}",
            "adox {t2}, {z}",
            "mulx {h}, {z}, {a3}",
            "adox {t3}, {z}",
            "mov {z:e}, 0",
            "adox {h}, {z}",
            shift!(),
            row!("8"),
            row!("16"),
            row!("24"),
            // The result is below two primes: take one away unless that borrows.
            "mov {h}, {t0}",
            "mov {z}, {t1}",
            "mov {c}, {t2}",
            "mov rdx, {t3}",
            "sub {h}, qword ptr [rip + {p}]",
            "sbb {z}, qword ptr [rip + {p} + 8]",
            "sbb {c}, qword ptr [rip + {p} + 16]",
            "sbb rdx, qword ptr [rip + {p} + 24]",
            "cmovnc {t0}, {h}",
            "cmovnc {t1}, {z}",
            "cmovnc {t2}, {c}",
            "cmovnc {t3}, rdx",
            a0 = in(reg) a[0], a1 = in(reg) a[1], a2 = in(reg) a[2], a3 = in(reg) a[3],
            b = in(reg) b.as_ptr(),
            p = sym $table,
            z = out(reg) _,
            h = out(reg) _,
            c = out(reg) _,
            t0 = out(reg) t0,
            t1 = out(reg) t1,
            t2 = out(reg) t2,
            t3 = out(reg) t3,
            out("rdx") _,
            options(pure, readonly, nostack)
        );
    }
    [t0, t1, t2, t3]
}

    };
}
multiplication!(multiply_base, super::BASE_TABLE);
multiplication!(multiply_scalar, super::SCALAR_TABLE);

/// `a + b` modulo the table's prime, for reduced operands. Any x86-64 processor will do.
#[inline(always)]
pub fn add(a: &[u64; 4], b: &[u64; 4], table: &'static Table) -> [u64; 4] {
    let [mut a0, mut a1, mut a2, mut a3] = *a;
    // SAFETY: the block reads 32 bytes behind `table`, writes registers only, and uses no stack.
    #[allow(unsafe_code)]
    unsafe {
        asm!(
            "add {a0}, {b0}",
            "adc {a1}, {b1}",
            "adc {a2}, {b2}",
            "adc {a3}, {b3}",
            "mov {b0}, {a0}",
            "mov {b1}, {a1}",
            "mov {b2}, {a2}",
            "mov {b3}, {a3}",
            "sub {b0}, qword ptr [{p}]",
            "sbb {b1}, qword ptr [{p} + 8]",
            "sbb {b2}, qword ptr [{p} + 16]",
            "sbb {b3}, qword ptr [{p} + 24]",
            "cmovnc {a0}, {b0}",
            "cmovnc {a1}, {b1}",
            "cmovnc {a2}, {b2}",
            "cmovnc {a3}, {b3}",
            a0 = inout(reg) a0,
            a1 = inout(reg) a1,
            a2 = inout(reg) a2,
            a3 = inout(reg) a3,
            b0 = inout(reg) b[0] => _,
            b1 = inout(reg) b[1] => _,
            b2 = inout(reg) b[2] => _,
            b3 = inout(reg) b[3] => _,
            p = in(reg) table.as_ptr(),
            options(pure, readonly, nostack)
        );
    }
    [a0, a1, a2, a3]
}

/// `a - b` modulo the table's prime, for reduced operands. Any x86-64 processor will do.
#[inline(always)]
pub fn subtract(a: &[u64; 4], b: &[u64; 4], table: &'static Table) -> [u64; 4] {
    let [mut a0, mut a1, mut a2, mut a3] = *a;
    // SAFETY: the block reads 32 bytes behind `table`, writes registers only, and uses no stack.
    #[allow(unsafe_code)]
    unsafe {
        asm!(
            "sub {a0}, {b0}",
            "sbb {a1}, {b1}",
            "sbb {a2}, {b2}",
            "sbb {a3}, {b3}",
            "sbb {m}, {m}",
            "mov {b0}, qword ptr [{p}]",
            "mov {b1}, qword ptr [{p} + 8]",
            "mov {b2}, qword ptr [{p} + 16]",
            "mov {b3}, qword ptr [{p} + 24]",
            "and {b0}, {m}",
            "and {b1}, {m}",
            "and {b2}, {m}",
            "and {b3}, {m}",
            "add {a0}, {b0}",
            "adc {a1}, {b1}",
            "adc {a2}, {b2}",
            "adc {a3}, {b3}",
            a0 = inout(reg) a0,
            a1 = inout(reg) a1,
            a2 = inout(reg) a2,
            a3 = inout(reg) a3,
            b0 = inout(reg) b[0] => _,
            b1 = inout(reg) b[1] => _,
            b2 = inout(reg) b[2] => _,
            b3 = inout(reg) b[3] => _,
            m = out(reg) _,
            p = in(reg) table.as_ptr(),
            options(pure, readonly, nostack)
        );
    }
    [a0, a1, a2, a3]
}
