//! The bytes of a file, mapped or read.

use crate::error::{Error, Result};
use memmap2::Mmap;
use std::fs::File;
use std::ops::{Deref, Range};
use std::path::Path;

/// A file's content.
pub enum Storage {
    Mapped(Mmap),
    Owned(Vec<u8>),
}

impl Storage {
    /// Opens `path` by mapping it, or by reading a private copy.
    pub fn open(path: &Path, mapped: bool) -> Result<Self> {
        if !mapped {
            return std::fs::read(path)
                .map(Storage::Owned)
                .map_err(|e| Error::io(path, e));
        }
        let file = File::open(path).map_err(|e| Error::io(path, e))?;
        let meta = file.metadata().map_err(|e| Error::io(path, e))?;
        if !meta.is_file() || meta.len() == 0 {
            return std::fs::read(path)
                .map(Storage::Owned)
                .map_err(|e| Error::io(path, e));
        }
        // SAFETY: the mapping is read-only and private to this handle. Rust asks that the bytes do not change
        // under a shared reference: the handle's documentation asks the same of the caller, offers a private copy
        // for files that may change, and every value read is range-checked or only used as a field element.
        #[allow(unsafe_code)]
        let map = unsafe { Mmap::map(&file) }.map_err(|e| Error::io(path, e))?;
        Ok(Storage::Mapped(map))
    }

    /// Gives back the memory of mapped bytes that are not needed for a while. They stay in the system's cache of the
    /// file and come back when they are next read; a private copy stays as it is.
    pub fn release(&self, range: Range<usize>) {
        #[cfg(unix)]
        if let Storage::Mapped(map) = self {
            if range.start < range.end && range.end <= map.len() {
                // SAFETY: the range is inside the map, and a page of a read-only file map that is dropped is read
                // again from the same file, so the bytes stay what they are.
                #[allow(unsafe_code)]
                let advised = unsafe {
                    map.unchecked_advise_range(memmap2::UncheckedAdvice::DontNeed, range.start, range.len())
                };
                // Only memory is at stake: a system that refuses keeps the pages.
                let _ = advised;
            }
        }
    }
}

impl Deref for Storage {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        match self {
            Storage::Mapped(map) => map,
            Storage::Owned(bytes) => bytes,
        }
    }
}
