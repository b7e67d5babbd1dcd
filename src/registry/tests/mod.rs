//! The client against a small server that answers what registries do not, or not when one wants it.

mod anew;
mod answers;
mod fake;
mod fuzz;
mod fuzz_store;
mod outages;
mod probes;
mod sinks;
mod store;
mod tls;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use millstream_harness::unique::Folder;
use serde_json::{Value as Json, json};
use tokio::runtime::Handle;

use crate::codec::avro::Schema;
use crate::config::spec::{AvroEncoding, Extra, Register, RegistryAuth, RegistrySpec, SinkSchema};

use super::{Lookup, Registry, SinkLookup, Wake};
use fake::{Fake, Reply};

/// The longest that a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(30);

const LONG: &str = r#""long""#;

const PERSON: &str = r#"{"type":"record","name":"a.Person","fields":[{"name":"n","type":"long"}]}"#;

fn spec(urls: &[String]) -> RegistrySpec {
    RegistrySpec {
        urls: urls.to_vec(),
        auth: RegistryAuth::None,
        ca: None,
        client: None,
        timeout: Duration::from_secs(20),
        missing_grace: Duration::from_secs(60),
    }
}

/// A registry as a lane uses it.
struct Asker {
    registry: Registry,
    wake: Wake,
    woken: Receiver<()>,
    /// Kept as long as it is used.
    _folder: Option<Folder>,
}

impl Asker {
    fn new(spec: &RegistrySpec) -> Self {
        let folder = Folder::new("registry");
        let mut asker = Self::with_state(spec, folder.path().to_owned());
        asker._folder = Some(folder);
        asker
    }

    fn with_state(spec: &RegistrySpec, state: PathBuf) -> Self {
        let registry = Registry::open(spec, &state, &Handle::current()).expect("it opens");
        let (sender, woken) = mpsc::channel();
        // Nobody listens any more where a test has ended.
        let wake: Wake = Arc::new(move || {
            let _ = sender.send(());
        });
        Self { registry, wake, woken, _folder: None }
    }

    /// Looks until `wanted` holds, each time that it is woken, as a lane does.
    fn until<T: std::fmt::Debug>(&self, look: impl Fn() -> T, wanted: impl Fn(&T) -> bool) -> T {
        loop {
            let said = look();
            if wanted(&said) {
                return said;
            }
            self.woken.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("nobody is woken: {said:?}"));
        }
    }

    fn schema(&self, id: u32, wanted: impl Fn(&Lookup) -> bool) -> Lookup {
        self.until(|| self.registry.schema(id, &self.wake), wanted)
    }

    fn ready(&self, id: u32) -> Arc<Schema> {
        let Lookup::Ready(schema) = self.schema(id, |said| matches!(said, Lookup::Ready(_))) else {
            unreachable!("it was waited for");
        };
        schema
    }

    /// The class and the words that an id is poison with.
    fn poison(&self, id: u32) -> (&'static str, String) {
        let said = self.schema(id, |said| !matches!(said, Lookup::Waiting(_)));
        let Lookup::Poison(class, why) = said else { panic!("no poison: {said:?}") };
        (class, why)
    }

    /// What holds an id up.
    fn held_up(&self, id: u32) -> String {
        let said = self.schema(id, |said| !matches!(said, Lookup::Waiting(None)));
        let Lookup::Waiting(Some(reason)) = said else { panic!("an answer: {said:?}") };
        reason
    }

    fn sink(&self, encoding: &AvroEncoding, wanted: impl Fn(&SinkLookup) -> bool) -> SinkLookup {
        self.until(|| self.registry.sink(encoding, &self.wake), wanted)
    }

    fn sink_id(&self, encoding: &AvroEncoding) -> u32 {
        let said = self.sink(encoding, |said| !matches!(said, SinkLookup::Waiting(_)));
        let SinkLookup::Ready(id, _) = said else { panic!("not ready: {said:?}") };
        id
    }

    fn refusal(&self, encoding: &AvroEncoding) -> String {
        let said = self.sink(encoding, |said| !matches!(said, SinkLookup::Waiting(_)));
        let SinkLookup::Refused(why) = said else { panic!("not refused: {said:?}") };
        why
    }
}

/// What a registry answers for a schema.
fn told(schema: &str) -> Json {
    json!({ "schema": schema })
}

fn version(schema: &str, id: u32, version: u32) -> Json {
    json!({"subject": "s", "id": id, "version": version, "schema": schema})
}

fn encoding(schema: SinkSchema, register: Register) -> AvroEncoding {
    AvroEncoding { schema, subject: "s".to_owned(), register, extra: Extra::Error }
}

fn file(text: &str) -> SinkSchema {
    SinkSchema::File(Arc::new(Schema::parse(text, &[]).expect("it is a schema")))
}

/// Waits for what nobody is woken for.
async fn eventually(what: &str, holds: impl Fn() -> bool) {
    let until = tokio::time::Instant::now() + PATIENCE;
    while !holds() {
        assert!(tokio::time::Instant::now() < until, "never: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
