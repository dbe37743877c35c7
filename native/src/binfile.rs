//! The container shared by `.zkey`, `.wtns` and `.r1cs`: a magic word, then sections of known length.

use crate::error::{Error, Result};
use std::io::Write;
use std::ops::Range;

/// Bytes before the first section: magic, version, section count.
const HEADER_BYTES: usize = 12;
/// Bytes before a section's content: type, length.
const SECTION_HEADER_BYTES: usize = 12;
/// Most sections of a file; the formats have at most 17. Each is compared with all before it.
const MAX_SECTIONS: usize = 64;

/// Where each section of a file lies; bounds are checked against the file before anything is read.
pub struct Sections {
    entries: Vec<(u32, Range<usize>)>,
}

impl Sections {
    /// Reads the table of a file that must start with `magic` and have `version`.
    pub fn parse(data: &[u8], magic: &[u8; 4], version: u32) -> Result<Self> {
        let mut reader = Reader::new(data, 0, "header");
        let found = reader.take(4)?;
        if found != magic {
            let want = String::from_utf8_lossy(magic);
            return Err(Error::format("header", 0, format!("not a {want} file")));
        }
        let found = reader.u32()?;
        if found != version {
            return Err(Error::format(
                "header",
                4,
                format!("version {found}, expected {version}"),
            ));
        }
        let count = reader.u32()? as usize;
        if count > MAX_SECTIONS.min((data.len() - HEADER_BYTES) / SECTION_HEADER_BYTES) {
            return Err(Error::format(
                "header",
                8,
                format!("{count} sections, more than fit in the file or belong there"),
            ));
        }
        let mut entries: Vec<(u32, Range<usize>)> = Vec::with_capacity(count);
        for _ in 0..count {
            let at = reader.offset();
            let kind = reader.u32()?;
            let length = reader.u64()?;
            let start = reader.offset() as usize;
            let left = data.len() - start;
            if length > left as u64 {
                return Err(Error::format(
                    "header",
                    at + 4,
                    format!("section {kind} claims {length} bytes, {left} are left"),
                ));
            }
            if entries.iter().any(|(k, _)| *k == kind) {
                return Err(Error::format(
                    "header",
                    at,
                    format!("section {kind} appears twice"),
                ));
            }
            reader.take(length as usize)?;
            entries.push((kind, start..start + length as usize));
        }
        if reader.left() != 0 {
            return Err(Error::format(
                "header",
                reader.offset(),
                format!("{} bytes after the last section", reader.left()),
            ));
        }
        Ok(Sections { entries })
    }

    /// The byte range of section `kind`.
    pub fn range(&self, kind: u32, name: &'static str) -> Result<Range<usize>> {
        self.entries
            .iter()
            .find(|(k, _)| *k == kind)
            .map(|(_, range)| range.clone())
            .ok_or_else(|| Error::format(name, 0, format!("section {kind} is missing")))
    }

    /// The byte range of section `kind`, which must hold exactly `count` items of `size` bytes.
    pub fn array(&self, kind: u32, name: &'static str, count: usize, size: usize) -> Result<Range<usize>> {
        let range = self.range(kind, name)?;
        let want = count as u128 * size as u128;
        if range.len() as u128 != want {
            return Err(Error::format(
                name,
                range.start as u64,
                format!("the section has {} bytes, {count} items need {want}", range.len()),
            ));
        }
        Ok(range)
    }
}

/// Writes a file; each section's content is dropped once it is written.
pub fn write(
    out: &mut dyn Write,
    magic: &[u8; 4],
    version: u32,
    sections: &mut [(u32, Vec<u8>)],
) -> std::io::Result<()> {
    out.write_all(magic)?;
    out.write_all(&version.to_le_bytes())?;
    out.write_all(&(sections.len() as u32).to_le_bytes())?;
    for (kind, content) in sections {
        out.write_all(&kind.to_le_bytes())?;
        out.write_all(&(content.len() as u64).to_le_bytes())?;
        out.write_all(&std::mem::take(content))?;
    }
    out.flush()
}

/// A cursor over one section; every read is bounds-checked and errors name the offset in the file.
pub struct Reader<'a> {
    data: &'a [u8],
    position: usize,
    section: &'static str,
}

impl<'a> Reader<'a> {
    /// A cursor at `position` of `data`, which is the whole file up to the end of the section.
    pub fn new(data: &'a [u8], position: usize, section: &'static str) -> Self {
        Reader {
            data,
            position,
            section,
        }
    }

    /// Offset in the file of the next byte.
    pub fn offset(&self) -> u64 {
        self.position as u64
    }

    /// Bytes not read yet.
    pub fn left(&self) -> usize {
        self.data.len() - self.position
    }

    /// The next `count` bytes.
    pub fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        if count > self.left() {
            return Err(Error::format(
                self.section,
                self.offset(),
                format!("{count} bytes wanted, {} left", self.left()),
            ));
        }
        let bytes = &self.data[self.position..self.position + count];
        self.position += count;
        Ok(bytes)
    }

    /// A little-endian 32-bit number.
    pub fn u32(&mut self) -> Result<u32> {
        let bytes = self.take(4)?;
        Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    /// A little-endian 64-bit number.
    pub fn u64(&mut self) -> Result<u64> {
        let low = self.u32()?;
        let high = self.u32()?;
        Ok(u64::from(low) | u64::from(high) << 32)
    }

    /// A modulus field: its byte length, which must be 32, and its value, which must be `want`.
    pub fn modulus(&mut self, want: [u64; 4], name: &str) -> Result<()> {
        let at = self.offset();
        let size = self.u32()?;
        if size != 32 {
            return Err(Error::format(
                self.section,
                at,
                format!("{name} takes {size} bytes, expected 32"),
            ));
        }
        let at = self.offset();
        if crate::field::limbs(self.take(32)?) != want {
            return Err(Error::format(
                self.section,
                at,
                format!("{name} is not the modulus of BN254"),
            ));
        }
        Ok(())
    }

    /// An error at the current offset unless everything was read.
    pub fn finish(&self) -> Result<()> {
        if self.left() != 0 {
            return Err(Error::format(
                self.section,
                self.offset(),
                format!("{} bytes too many in the section", self.left()),
            ));
        }
        Ok(())
    }
}
