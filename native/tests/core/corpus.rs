//! Every input that the fuzzing begins with, or once found, through the functions that it is fuzzed by.

#[path = "../../fuzz/targets.rs"]
mod targets;

use std::path::Path;

#[test]
fn corpus_every_input_is_answered_or_refused() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    for (name, target) in targets::TARGETS {
        let inputs: Vec<_> = std::fs::read_dir(corpus.join(name))
            .expect("a folder of seeds for each target")
            .map(|entry| entry.expect("an entry").path())
            .collect();
        assert!(!inputs.is_empty(), "{name} has no seed");
        for path in inputs {
            let data = std::fs::read(&path).expect("a seed");
            target(&data);
            // Cut anywhere, and with any byte changed, in larger steps where the input is long.
            let step = data.len().div_ceil(60);
            for at in (0..data.len()).step_by(step.max(1)) {
                target(&data[..at]);
                let mut changed = data.clone();
                changed[at] ^= 0x55;
                target(&changed);
            }
        }
    }
}
