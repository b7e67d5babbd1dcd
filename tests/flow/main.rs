//! End to end: the real binary between real topics, one promise a test, side by side on one broker.
//!
//! A test sends records, runs a pipeline as a user would write it, waits until the group has committed them all,
//! and then looks at the topics and at the account.

use millstream_harness::client::Sent;
use millstream_harness::daemon::Account;
use millstream_harness::scene::Scene;

mod account;
mod admin;
mod avro;
mod dead_letters;
mod failing;
mod hangs;
mod hygiene;
mod measures;
mod members;
mod notify;
mod offsets;
mod operate;
mod outages;
mod patterns;
mod poison;
mod process;
mod refused;
mod reload;
mod source;
mod transform;
mod values;

/// The daemon under test.
const BINARY: &str = env!("CARGO_BIN_EXE_millstream");

/// A stage on the shared broker.
fn scene(stem: &str) -> Scene {
    Scene::new(BINARY, stem)
}

/// A stage whose sink can be made to refuse, on a broker of this process.
fn scene_with_refusable_sink(stem: &str) -> Scene {
    Scene::with_refusable_sink(BINARY, stem)
}

/// An account in which all of `consumed` was produced.
fn produced(consumed: u64) -> Account {
    Account { consumed, produced: consumed, ..Account::default() }
}

/// `count` records with JSON values `{"n":0}`, `{"n":1}`, …
fn numbers(count: u64) -> impl Iterator<Item = Sent> {
    (0..count).map(|n| Sent::value(format!(r#"{{"n":{n}}}"#)))
}
