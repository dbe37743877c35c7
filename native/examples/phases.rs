//! CPU seconds, wall seconds and peak memory of a proof, stage by stage: `phases KEY.zkey WITNESS.wtns [PROOFS]`.

use _native::error::Observer;
use _native::groth16::prove;
use _native::storage::Storage;
use _native::wtns;
use _native::zkey::ProvingKey;
use std::path::Path;
use std::sync::Mutex;
use std::time::Instant;

/// CPU seconds of all living threads.
fn cpu() -> f64 {
    let mut nanoseconds = 0.0;
    for task in std::fs::read_dir("/proc/self/task")
        .into_iter()
        .flatten()
        .flatten()
    {
        let text = std::fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
        nanoseconds += text
            .split(' ')
            .next()
            .and_then(|t| t.parse::<f64>().ok())
            .unwrap_or(0.0);
    }
    nanoseconds / 1e9
}

/// Peak and present resident megabytes, and those that are not of files.
fn memory() -> [f64; 3] {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    ["VmHWM:", "VmRSS:", "RssAnon:"].map(|name| {
        text.lines()
            .find_map(|line| line.strip_prefix(name))
            .and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok())
            .unwrap_or(0.0)
            / 1024.0
    })
}

/// Prints what passed since the start at every stage.
struct Report(Mutex<(Instant, f64)>);

impl Report {
    fn new() -> Self {
        Report(Mutex::new((Instant::now(), cpu())))
    }
    fn line(&self, stage: &str) {
        let (wall, start) = *self.0.lock().unwrap_or_else(|e| e.into_inner());
        let [peak, now, own] = memory();
        println!(
            "{stage:>12}  wall {:7.3}  cpu {:7.3}  peak {peak:6.0} MB  now {now:6.0}  own {own:6.0}",
            wall.elapsed().as_secs_f64(),
            cpu() - start
        );
    }
}

impl Observer for Report {
    fn finished(&self, stage: &'static str) {
        self.line(stage);
    }
    fn cancelled(&self) -> bool {
        false
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, key, witness, rest @ ..] = &arguments[..] else {
        return Err("usage: phases KEY.zkey WITNESS.wtns [PROOFS]".into());
    };
    let proofs = rest.first().map_or(Ok(2), |text| text.parse::<usize>())?;
    let cold = Report::new();
    let key = ProvingKey::new(Storage::open(Path::new(key), true)?).map_err(|e| e.to_string())?;
    cold.line("load");
    for proof in 0..proofs {
        let warm = Report::new();
        let file = std::fs::read(witness)?;
        let values = wtns::parse(&file).map_err(|e| e.to_string())?;
        warm.line("witness");
        prove(&key, &file[values], None, &warm).map_err(|e| e.to_string())?;
        if proof == 0 {
            cold.line("cold total");
        }
    }
    Ok(())
}
