//! Memory that tasks hand on to each other, so that each thread touches its own few pages again and again.

use std::sync::{Mutex, PoisonError};

/// What is not in use at the moment.
pub struct Pool<T>(Mutex<Vec<T>>);

impl<T: Default> Pool<T> {
    /// Nothing yet.
    pub fn new() -> Self {
        Pool(Mutex::new(Vec::new()))
    }

    /// Does `work` with a value of the pool, or with a new one.
    pub fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        let idle = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut value = idle().pop().unwrap_or_default();
        let result = work(&mut value);
        idle().push(value);
        result
    }
}
