//! Waiting on state: asks again and again until the state is there, and panics with its name when it is not.

use std::thread;
use std::time::{Duration, Instant};

/// How long a state that must come may take on a machine that is busy. Reached only by a test that fails.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Asks every 20 ms until `ask` gives something; panics with `what` after [`PATIENCE`].
pub fn until<T>(what: &str, ask: impl FnMut() -> Option<T>) -> T {
    until_within(PATIENCE, what, ask)
}

/// [`until`] with a patience of its own.
pub fn until_within<T>(patience: Duration, what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = ask() {
            return found;
        }
        assert!(begun.elapsed() < patience, "waited {patience:?} in vain for {what}");
        thread::sleep(Duration::from_millis(20));
    }
}
