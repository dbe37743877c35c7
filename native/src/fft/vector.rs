//! The transforms eight elements at a time.
//!
//! A large transform takes several levels of the tree at once, column by column, then each block of what is left by
//! itself; columns and blocks are copied to a buffer of lanes that stays in cache. In a block the last three levels
//! lie within vectors: eight vectors trade rows for columns first, so that every lane has a node of its own.
//!
//! Tables are as [`Lanes::store_inner`] writes them. The values keep the form they have, whichever it is: a transform
//! is linear.

use crate::kernel::lanes::{Ifma, Lanes, Vectorized, LANES};
use crate::kernel::{Scalar, ScalarModulus};
use rayon::prelude::*;
use zeroize::Zeroize;

type Vector = Lanes<ScalarModulus>;

/// Smallest transform: a vector of each row and column.
pub const MIN_LOG: u32 = 6;
/// Largest block, and how many levels a pass over columns takes.
const BLOCK_LOG: u32 = 12;
const PASS_LEVELS: u32 = 8;
/// Vectors of a buffer.
const BUFFER: usize = 1 << (BLOCK_LOG - 3);

/// A buffer that leaves nothing behind.
struct Buffer(Vec<Vector>);

impl Buffer {
    fn new(ifma: Ifma, vectors: usize) -> Self {
        Buffer(vec![Vector::zero(ifma); vectors])
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// Eight elements that lie together.
#[inline(always)]
fn eight(values: &[Scalar]) -> &[Scalar; LANES] {
    values.try_into().expect("a slice of eight")
}

#[inline(always)]
fn eight_mut(values: &mut [Scalar]) -> &mut [Scalar; LANES] {
    values.try_into().expect("a slice of eight")
}

/// `a + b f`, `a - b f`: bounds grow by 2 p.
#[inline(always)]
fn split(a: &mut Vector, b: &mut Vector, factor: &Vector) {
    let product = b.mul(factor);
    *b = a.sub::<2>(&product);
    *a = a.add(&product);
}

/// `a + b`, `(a - b) f`: takes 16 p at most; the sum's bound is twice as large, and 2 p after `reduced`.
#[inline(always)]
fn join(a: &mut Vector, b: &mut Vector, factor: &Vector, reduced: bool) {
    let difference = a.sub::<16>(b);
    let sum = a.add(b);
    *a = if reduced { sum.reduce() } else { sum };
    *b = difference.mul(factor);
}

/// Splits node `index` of the tree and what comes of it, as often as the `rows` of the buffer allow.
#[inline(always)]
fn split_rows(ifma: Ifma, buffer: &mut [Vector], rows: usize, table: &[Scalar], index: usize) {
    let (mut length, mut first) = (buffer.len(), index);
    for _ in 0..rows.trailing_zeros() {
        for (node, pair) in buffer.chunks_exact_mut(length).enumerate() {
            let factor = Vector::splat_inner(ifma, &table[first + node]);
            let (low, high) = pair.split_at_mut(length / 2);
            for (a, b) in low.iter_mut().zip(high) {
                split(a, b, &factor);
            }
        }
        length /= 2;
        first *= 2;
    }
}

/// Undoes [`split_rows`] but for a factor 2 a level. Takes values below `2^(1 + done)` p; gives below 16 p.
#[inline(always)]
fn join_rows(ifma: Ifma, buffer: &mut [Vector], rows: usize, table: &[Scalar], index: usize, done: u32) {
    let mut length = buffer.len() / rows;
    for level in 0..rows.trailing_zeros() {
        length *= 2;
        let first = index * (buffer.len() / length);
        let reduced = (done + level) % 4 == 3;
        for (node, pair) in buffer.chunks_exact_mut(length).enumerate() {
            let factor = Vector::splat_inner(ifma, &table[first + node]);
            let (low, high) = pair.split_at_mut(length / 2);
            for (a, b) in low.iter_mut().zip(high) {
                join(a, b, &factor, reduced);
            }
        }
    }
}

/// The last three levels of eight nodes, one in each lane; `vectors[t]` holds element t of each.
#[inline(always)]
fn split_lanes(ifma: Ifma, vectors: &mut [Vector; LANES], table: &[Scalar], first: usize) {
    for level in 0..3 {
        let (nodes, half) = (1 << level, 4 >> level);
        for node in 0..nodes {
            let factor = Vector::gather_inner(ifma, table, (first << level) + node, nodes);
            let (low, high) = vectors[2 * half * node..2 * half * (node + 1)].split_at_mut(half);
            for (a, b) in low.iter_mut().zip(high) {
                split(a, b, &factor);
            }
        }
    }
}

/// Undoes [`split_lanes`] but for a factor 8. Takes values below 2 p; gives below 16 p.
#[inline(always)]
fn join_lanes(ifma: Ifma, vectors: &mut [Vector; LANES], table: &[Scalar], first: usize) {
    for level in (0..3).rev() {
        let (nodes, half) = (1 << level, 4 >> level);
        for node in 0..nodes {
            let factor = Vector::gather_inner(ifma, table, (first << level) + node, nodes);
            let (low, high) = vectors[2 * half * node..2 * half * (node + 1)].split_at_mut(half);
            for (a, b) in low.iter_mut().zip(high) {
                join(a, b, &factor, false);
            }
        }
    }
}

/// A block in place: node `index` of its level.
struct Block<'a> {
    values: &'a mut [Scalar],
    buffer: &'a mut [Vector],
    table: &'a [Scalar],
    index: usize,
    inverse: bool,
}

impl Vectorized for Block<'_> {
    type Output = ();
    #[inline(always)]
    fn run(self, ifma: Ifma) {
        let vectors = self.values.len() / LANES;
        let buffer = &mut self.buffer[..vectors];
        let first = self.index * vectors;
        if self.inverse {
            for (group, chunk) in self.values.chunks_exact(LANES * LANES).enumerate() {
                let mut square = [Vector::zero(ifma); LANES];
                for (t, vector) in square.iter_mut().enumerate() {
                    *vector = Vector::gather_inner(ifma, chunk, t, LANES);
                }
                join_lanes(ifma, &mut square, self.table, first + LANES * group);
                Vector::transpose(&mut square);
                buffer[LANES * group..LANES * (group + 1)].copy_from_slice(&square);
            }
            join_rows(ifma, buffer, vectors, self.table, self.index, 3);
            for (vector, chunk) in buffer.iter().zip(self.values.chunks_exact_mut(LANES)) {
                vector.reduce().canonical().store_inner(eight_mut(chunk));
            }
        } else {
            for (vector, chunk) in buffer.iter_mut().zip(self.values.chunks_exact(LANES)) {
                *vector = Vector::load_inner(ifma, eight(chunk));
            }
            split_rows(ifma, buffer, vectors, self.table, self.index);
            for (group, chunk) in self.values.chunks_exact_mut(LANES * LANES).enumerate() {
                let mut square = [Vector::zero(ifma); LANES];
                square.copy_from_slice(&buffer[LANES * group..LANES * (group + 1)]);
                Vector::transpose(&mut square);
                split_lanes(ifma, &mut square, self.table, first + LANES * group);
                for (t, vector) in square.iter().enumerate() {
                    vector.reduce().canonical().scatter_inner(chunk, t, LANES);
                }
            }
        }
    }
}

/// Several levels at once of the columns that `rows` have in common.
struct Columns<'a, 'v> {
    rows: &'a mut [&'v mut [Scalar]],
    buffer: &'a mut [Vector],
    table: &'a [Scalar],
    index: usize,
    inverse: bool,
}

impl Vectorized for Columns<'_, '_> {
    type Output = ();
    #[inline(always)]
    fn run(self, ifma: Ifma) {
        let count = self.rows.len();
        let width = self.rows[0].len() / LANES;
        let buffer = &mut self.buffer[..count * width];
        for (line, row) in buffer.chunks_exact_mut(width).zip(self.rows.iter()) {
            for (vector, chunk) in line.iter_mut().zip(row.chunks_exact(LANES)) {
                *vector = Vector::load_inner(ifma, eight(chunk));
            }
        }
        if self.inverse {
            join_rows(ifma, buffer, count, self.table, self.index, 0);
        } else {
            split_rows(ifma, buffer, count, self.table, self.index);
        }
        for (line, row) in buffer.chunks_exact(width).zip(self.rows.iter_mut()) {
            for (vector, chunk) in line.iter().zip(row.chunks_exact_mut(LANES)) {
                vector.reduce().canonical().store_inner(eight_mut(chunk));
            }
        }
    }
}

/// Levels that a pass over columns takes off a transform larger than a block.
fn pass_levels(log: u32) -> u32 {
    log.div_ceil(2).min(PASS_LEVELS)
}

fn columns(ifma: Ifma, values: &mut [Scalar], levels: u32, table: &[Scalar], index: usize, inverse: bool) {
    let rows = 1usize << levels;
    let length = values.len() / rows;
    let width = (BUFFER / rows * LANES).clamp(LANES, length);
    let mut tiles: Vec<Vec<&mut [Scalar]>> = (0..length / width).map(|_| Vec::with_capacity(rows)).collect();
    for row in values.chunks_exact_mut(length) {
        for (tile, part) in tiles.iter_mut().zip(row.chunks_exact_mut(width)) {
            tile.push(part);
        }
    }
    tiles.par_iter_mut().for_each_init(
        || Buffer::new(ifma, rows * width / LANES),
        |buffer, rows| {
            ifma.run(Columns {
                rows,
                buffer: &mut buffer.0,
                table,
                index,
                inverse,
            })
        },
    );
}

fn blocks(ifma: Ifma, values: &mut [Scalar], length: usize, table: &[Scalar], index: usize, inverse: bool) {
    let first = index * (values.len() / length);
    values.par_chunks_exact_mut(length).enumerate().for_each_init(
        || Buffer::new(ifma, length / LANES),
        |buffer, (number, values)| {
            ifma.run(Block {
                values,
                buffer: &mut buffer.0,
                table,
                index: first + number,
                inverse,
            })
        },
    );
}

/// Coefficients to values of node `index`; at least 2^[`MIN_LOG`] of them.
pub fn forward(ifma: Ifma, values: &mut [Scalar], table: &[Scalar], index: usize) {
    let log = values.len().trailing_zeros();
    if log <= BLOCK_LOG {
        return blocks(ifma, values, values.len(), table, index, false);
    }
    let levels = pass_levels(log);
    columns(ifma, values, levels, table, index, false);
    let length = values.len() >> levels;
    if length <= 1 << BLOCK_LOG {
        blocks(ifma, values, length, table, index, false);
    } else {
        for (row, part) in values.chunks_exact_mut(length).enumerate() {
            forward(ifma, part, table, (index << levels) + row);
        }
    }
}

/// Undoes [`forward`] but for the factor of the size.
pub fn backward(ifma: Ifma, values: &mut [Scalar], table: &[Scalar], index: usize) {
    let log = values.len().trailing_zeros();
    if log <= BLOCK_LOG {
        return blocks(ifma, values, values.len(), table, index, true);
    }
    let levels = pass_levels(log);
    let length = values.len() >> levels;
    if length <= 1 << BLOCK_LOG {
        blocks(ifma, values, length, table, index, true);
    } else {
        for (row, part) in values.chunks_exact_mut(length).enumerate() {
            backward(ifma, part, table, (index << levels) + row);
        }
    }
    columns(ifma, values, levels, table, index, true);
}

/// A table: the first eight entries given, entry `j + 2^b` is entry j times `factors[b - 3]`.
pub fn table(ifma: Ifma, start: &[Scalar; LANES], factors: &[Scalar]) -> Vec<Scalar> {
    let mut out = vec![Scalar::ZERO; LANES << factors.len()];
    ifma.run(Start {
        values: start,
        out: eight_mut(&mut out[..LANES]),
    });
    for (level, factor) in factors.iter().enumerate() {
        let (done, rest) = out.split_at_mut(LANES << level);
        let length = (1 << (BLOCK_LOG - 3)).min(done.len());
        rest[..done.len()]
            .par_chunks_exact_mut(length)
            .zip(done.par_chunks_exact(length))
            .for_each(|(out, values)| ifma.run(Scale { values, factor, out }));
    }
    out
}

/// Eight elements in the form of a table.
struct Start<'a> {
    values: &'a [Scalar; LANES],
    out: &'a mut [Scalar; LANES],
}

impl Vectorized for Start<'_> {
    type Output = ();
    #[inline(always)]
    fn run(self, ifma: Ifma) {
        Vector::load(ifma, self.values).reduce().store_inner(self.out);
    }
}

/// Entries of a table times an element.
struct Scale<'a> {
    values: &'a [Scalar],
    factor: &'a Scalar,
    out: &'a mut [Scalar],
}

impl Vectorized for Scale<'_> {
    type Output = ();
    #[inline(always)]
    fn run(self, ifma: Ifma) {
        let factor = Vector::splat(ifma, self.factor);
        for (out, values) in self
            .out
            .chunks_exact_mut(LANES)
            .zip(self.values.chunks_exact(LANES))
        {
            Vector::load_inner(ifma, eight(values))
                .mul(&factor)
                .store_inner(eight_mut(out));
        }
    }
}
