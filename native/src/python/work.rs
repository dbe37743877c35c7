//! Runs a long computation away from the interpreter lock, with progress, Ctrl-C and a bound on threads.

use crate::error::{Error, Observer, Result};
use crate::python::errors::{to_python, NativeError};
use pyo3::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{channel, RecvTimeoutError, Sender};
use std::time::Duration;

/// How often a waiting call looks for signals.
const POLL: Duration = Duration::from_millis(50);
/// More threads than this are a mistake.
const MAX_THREADS: usize = 1024;

struct Channel<'a> {
    stages: Sender<&'static str>,
    stop: &'a AtomicBool,
}

impl Observer for Channel<'_> {
    fn finished(&self, stage: &'static str) {
        // The receiver lives as long as the work; without it nobody needs to know.
        let _ = self.stages.send(stage);
    }
    fn cancelled(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// Runs `job` on a pool of `threads` (0: all cores) and reports each of its `total` stages on this thread.
///
/// The pool lives for the call: a process that forks afterwards has no dead workers to wait for.
pub fn run<T: Send>(
    py: Python<'_>,
    threads: usize,
    progress: Option<&Bound<'_, PyAny>>,
    total: usize,
    job: impl FnOnce(&dyn Observer) -> Result<T> + Send,
) -> PyResult<T> {
    if threads > MAX_THREADS {
        return Err(NativeError::new_err(format!(
            "{threads} threads, at most {MAX_THREADS}"
        )));
    }
    let stop = AtomicBool::new(false);
    let mut interrupted: Option<PyErr> = None;
    let outcome = std::thread::scope(|scope| {
        let (sender, mut receiver) = channel();
        let stop_flag = &stop;
        let worker = scope.spawn(move || -> Result<T> {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .map_err(|e| Error::Argument(format!("no threads: {e}")))?;
            pool.install(|| {
                job(&Channel {
                    stages: sender,
                    stop: stop_flag,
                })
            })
        });
        let mut done = 0;
        loop {
            let (event, back) = py.detach(move || (receiver.recv_timeout(POLL), receiver));
            receiver = back;
            let told = match event {
                Ok(stage) => {
                    done += 1;
                    match progress {
                        Some(callback) if interrupted.is_none() => {
                            callback.call1((stage, done as f64 / total as f64)).map(|_| ())
                        }
                        _ => Ok(()),
                    }
                }
                Err(RecvTimeoutError::Timeout) => py.check_signals(),
                Err(RecvTimeoutError::Disconnected) => break,
            };
            if let Err(error) = told {
                stop.store(true, Ordering::Relaxed);
                interrupted.get_or_insert(error);
            }
        }
        py.detach(|| worker.join())
    });
    if let Some(error) = interrupted {
        return Err(error);
    }
    match outcome {
        Ok(result) => result.map_err(|error| to_python(py, error)),
        Err(_) => Err(NativeError::new_err("internal error in the native core")),
    }
}
