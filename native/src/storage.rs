//! The bytes of a file, mapped or read.

use crate::error::{Error, Result};
use memmap2::Mmap;
use std::fs::File;
use std::ops::Deref;
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
