//! Affine additions of eight pairs of points at a time, many of them sharing one inversion.
//!
//! A pass goes over its pairs twice: forward, multiplying up the denominators, and backward in the opposite order with
//! their inverses. Most passes are generic: no two points of a pair are equal, opposite or infinite. Where one is,
//! either a denominator is zero, and so is their product, or the caller knows of infinities; then the pass is done for
//! any points (`ANY`), which costs a few percent more.

use crate::kernel::lanes::Ifma;
use crate::kernel::points::Coordinates;

/// Points in vectors, and the state of a pass over them. Coordinates are up to 16 p; infinity is all zeros.
pub struct Points<C> {
    pub x: Vec<C>,
    pub y: Vec<C>,
    /// Product of the denominators before each addition, in two chains that take turns.
    products: Vec<C>,
    cases: Vec<Cases>,
    chains: Option<Chains<C>>,
}

impl<C> Default for Points<C> {
    fn default() -> Self {
        Points {
            x: Vec::new(),
            y: Vec::new(),
            products: Vec::new(),
            cases: Vec::new(),
            chains: None,
        }
    }
}

/// Two running products, so that one multiplication need not wait for the other.
struct Chains<C> {
    values: [C; 2],
    turn: usize,
}

/// Lanes of one addition that are not generic.
#[derive(Clone, Copy, Default)]
struct Cases {
    /// The sum is the first point: the second is infinite or absent.
    first: u8,
    /// The sum is the second point: the first is infinite.
    second: u8,
    /// The points are equal.
    double: u8,
    /// The points are opposite: the sum is infinite.
    cancel: u8,
}

impl Cases {
    /// Lanes without a slope.
    #[inline(always)]
    fn flat(&self) -> u8 {
        self.first | self.second | self.cancel
    }
}

impl<C: Coordinates> Points<C> {
    /// No points.
    #[inline(always)]
    pub fn clear(&mut self) {
        self.x.clear();
        self.y.clear();
    }

    /// Lanes where the vector is infinite.
    #[inline(always)]
    pub fn infinite(&self, at: usize) -> u8 {
        match self.x[at].zeros() {
            0 => 0,
            mask => mask & self.y[at].zeros(),
        }
    }

    /// Begins a pass.
    #[inline(always)]
    pub fn begin(&mut self, ifma: Ifma) {
        self.products.clear();
        self.cases.clear();
        self.chains = Some(Chains {
            values: [C::one(ifma); 2],
            turn: 0,
        });
    }

    /// What is special about the addition of `b`, absent in some lanes, to `a`.
    #[inline(always)]
    fn cases(&self, a: usize, b: usize, run: &C, absent: u8) -> Cases {
        let first = absent | self.infinite(b);
        let second = self.infinite(a) & !first;
        let meet = run.reduce().vanishing() & !first & !second;
        let mut out = Cases {
            first,
            second,
            ..Cases::default()
        };
        if meet != 0 {
            out.cancel = meet & self.y[a].add(&self.y[b]).reduce().vanishing();
            out.double = meet & !out.cancel;
        }
        out
    }

    /// What the slope is divided by.
    #[inline(always)]
    fn denominator(&self, ifma: Ifma, a: usize, cases: &Cases, run: C) -> C {
        let mut out = run;
        if cases.double != 0 {
            out = out.select(cases.double, &self.y[a].add(&self.y[a]));
        }
        if cases.flat() != 0 {
            out = out.select(cases.flat(), &C::one(ifma));
        }
        out
    }

    /// First visit of the addition of vectors `a` and `b`; the lanes of `absent` have no second point.
    #[inline(always)]
    pub fn forward<const ANY: bool>(&mut self, ifma: Ifma, a: usize, b: usize, absent: u8) {
        let run = self.x[b].sub::<16>(&self.x[a]);
        let cases = if ANY {
            let cases = self.cases(a, b, &run, absent);
            self.cases.push(cases);
            cases
        } else {
            Cases {
                first: absent,
                ..Cases::default()
            }
        };
        let denominator = self.denominator(ifma, a, &cases, run);
        if let Some(chains) = &mut self.chains {
            let chain = &mut chains.values[chains.turn];
            self.products.push(*chain);
            *chain = denominator.mul(chain);
            chains.turn ^= 1;
        }
    }

    /// Between the visits: inverts the products. False if one is zero: then the pass must be done for any points.
    #[inline(always)]
    pub fn invert(&mut self, ifma: Ifma) -> bool {
        let Some(chains) = &mut self.chains else {
            return false;
        };
        let [first, second] = chains.values;
        let Some(inverse) = first.mul(&second).inverse(ifma) else {
            return false;
        };
        chains.values = [inverse.mul(&second), inverse.mul(&first)];
        true
    }

    /// Second visit, in the opposite order: the sum becomes vector `to`.
    #[inline(always)]
    pub fn backward<const ANY: bool>(&mut self, ifma: Ifma, a: usize, b: usize, absent: u8, to: usize) {
        let cases = if ANY {
            self.cases.pop().unwrap_or_default()
        } else {
            Cases {
                first: absent,
                ..Cases::default()
            }
        };
        let (xa, ya, xb, yb) = (&self.x[a], &self.y[a], &self.x[b], &self.y[b]);
        let denominator = self.denominator(ifma, a, &cases, xb.sub::<16>(xa));
        let (Some(chains), Some(before)) = (&mut self.chains, self.products.pop()) else {
            return;
        };
        chains.turn ^= 1;
        let chain = &mut chains.values[chains.turn];
        let reciprocal = chain.mul(&before);
        *chain = denominator.mul(chain);
        let mut rise = yb.sub::<16>(ya);
        if cases.double != 0 {
            let square = xa.reduce().square();
            rise = rise.select(cases.double, &square.add(&square).add(&square));
        }
        let slope = rise.mul(&reciprocal);
        let mut x = slope.square().less_both(xa, xb);
        let mut y = xa.sub::<2>(&x).mul(&slope).less(ya);
        if cases.flat() != 0 {
            x = x.select(cases.first, xa);
            y = y.select(cases.first, ya);
            if ANY {
                let zero = C::zero(ifma);
                x = x.select(cases.second, xb).select(cases.cancel, &zero);
                y = y.select(cases.second, yb).select(cases.cancel, &zero);
            }
        }
        self.x[to] = x;
        self.y[to] = y;
    }
}
