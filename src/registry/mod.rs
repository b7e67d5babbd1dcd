//! The Schema Registry: its Confluent API, a cache on disk, and what an outage of it means.
//!
//! Lanes ask without waiting, and are woken when an answer is there. That the registry is away is never an answer: it is
//! waited for. Schemas never change once they have an id, so an answer is kept for ever; that it holds is verified beside.
//!
//! A look finds what is known in a `table`, or starts the one task that asks: for an id (`ids`) or a sink's schema (`sinks`).
//! The task tries the disk (`store`), then the registry (`api` over `client`), again and again (`retry`).

mod api;
mod client;
mod counters;
mod failure;
mod find;
mod http;
mod ids;
mod inner;
mod pauses;
mod pool;
mod probe;
mod references;
mod retry;
mod sinks;
mod store;
mod table;
#[cfg(test)]
mod tests;

pub use counters::Counts;
pub use http::look_at_certificates;
pub use pool::Registries;
pub use probe::{SinkProbe, SubjectVersion, VERSIONS_MAX};

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::codec::avro::Schema;
use crate::config::spec::{AvroEncoding, RegistrySpec};

use client::Client;
use counters::Counters;
use inner::Inner;
use retry::Health;
use sinks::{Newest, SinkKey};
use store::Store;
use table::Table;

/// Where the cache is, below the state folder.
const CACHE_FOLDER: &str = "schemas";

/// Called whenever what was asked for may have changed, until it is answered, from any thread. It must not wait.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// What is known of a schema that a record names.
#[derive(Clone, Debug)]
pub enum Lookup {
    /// The schema.
    Ready(Arc<Schema>),
    /// Not known yet; what holds it up, once something does.
    Waiting(Option<String>),
    /// Records of it are poison: a class and why.
    Poison(&'static str, String),
}

/// What is known of a sink's schema.
#[derive(Clone, Debug)]
pub enum SinkLookup {
    /// The id to write, and the schema to write by.
    Ready(u32, Arc<Schema>),
    /// Not known yet; what holds it up, once something does.
    Waiting(Option<String>),
    /// The registry has it not, or refuses it: the pipeline cannot run.
    Refused(String),
}

/// A registry, shared by all lanes that use the same one. With the last clone its tasks end.
#[derive(Clone)]
pub struct Registry {
    inner: Arc<Inner>,
    _open: Arc<watch::Sender<()>>,
}

impl Registry {
    /// The registry of `spec`, with its cache under `state`; its requests run on `runtime`.
    ///
    /// # Errors
    ///
    /// Addresses that are none. Certificates or keys that cannot be read are an outage.
    pub fn open(spec: &RegistrySpec, state: &Path, runtime: &Handle) -> Result<Self, String> {
        let counters = Arc::new(Counters::default());
        let (open, closed) = watch::channel(());
        let inner = Inner {
            client: Client::new(spec, Arc::clone(&counters))?,
            ids: Table::new(ids::BOUNDS),
            changes: AtomicU64::new(0),
            sinks: Table::new(sinks::BOUNDS),
            newest: Mutex::new(Newest::new()),
            health: Arc::new(Health::new(spec.urls.join(", "))),
            counters,
            missing_grace: spec.missing_grace,
            store: Arc::new(Store::new(state.join(CACHE_FOLDER), &spec.urls)),
            runtime: runtime.clone(),
            closed,
        };
        Ok(Self { inner: Arc::new(inner), _open: Arc::new(open) })
    }

    /// The schema of an id, as far as it is known. Where it is not, it is asked for, and `wake` is called when that is
    /// answered, and when what holds it up changes. It never waits.
    ///
    /// One that came from the disk is verified by the next look, and each one every ten minutes as long as someone looks.
    /// Poison is not for ever: after a while it is asked for again while it still counts, so it is not to be remembered
    /// elsewhere.
    pub fn schema(&self, id: u32, wake: &Wake) -> Lookup {
        let (said, start) = self.inner.ids.look(&id, wake);
        if start {
            let inner = Arc::clone(&self.inner);
            self.inner.start(async move { ids::settle(&inner, id).await });
        }
        said
    }

    /// How often it was found out that an id means another schema than before. Where it is more than it was, what is kept
    /// elsewhere is to be held against what is `known` now.
    pub fn changes(&self) -> u64 {
        self.inner.changes.load(Ordering::Acquire)
    }

    /// The schema of an id, where it is at hand: nothing is asked for.
    pub fn known(&self, id: u32) -> Option<Arc<Schema>> {
        match self.inner.ids.peek(&id)? {
            Lookup::Ready(schema) => Some(schema),
            Lookup::Waiting(_) | Lookup::Poison(..) => None,
        }
    }

    /// The id of a sink's schema, as `schema` gives that of an id. One that comes from the disk is verified while it is used, and each one is
    /// verified every ten minutes as long as someone looks: another look then tells whether the id still holds.
    ///
    /// A refusal is told once to each who was waiting for it; beyond that it counts for a moment only, and whoever looks
    /// later has it asked for anew.
    pub fn sink(&self, encoding: &AvroEncoding, wake: &Wake) -> SinkLookup {
        let key = SinkKey::of(encoding);
        let (said, start) = self.inner.sinks.look(&key, wake);
        if start {
            let (inner, encoding) = (Arc::clone(&self.inner), encoding.clone());
            self.inner.start(async move { sinks::settle(&inner, key, encoding).await });
        }
        said
    }

    /// What was counted since it was opened.
    pub fn counts(&self) -> Counts {
        self.inner.counters.read()
    }

    fn inner(&self) -> &Inner {
        &self.inner
    }
}

/// No secrets, and not all that is cached.
impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry").field("counts", &self.counts()).finish_non_exhaustive()
    }
}
