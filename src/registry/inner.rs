//! What all handles and tasks of one registry share.

use std::future::Future;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use tokio::runtime::Handle;
use tokio::sync::watch;

use super::client::Client;
use super::counters::Counters;
use super::retry::Health;
use super::sinks::{Newest, SinkKey};
use super::store::Store;
use super::table::Table;
use super::{Lookup, SinkLookup};

/// What all handles and tasks of one registry share.
pub(super) struct Inner {
    pub(super) client: Client,
    pub(super) ids: Table<u32, Lookup>,
    /// How often an id was found to mean another schema.
    pub(super) changes: AtomicU64,
    pub(super) sinks: Table<SinkKey, SinkLookup>,
    pub(super) newest: Mutex<Newest>,
    pub(super) health: Arc<Health>,
    pub(super) counters: Arc<Counters>,
    pub(super) missing_grace: std::time::Duration,
    pub(super) store: Arc<Store>,
    pub(super) runtime: Handle,
    /// Ends the tasks once the last handle is gone.
    pub(super) closed: watch::Receiver<()>,
}

impl Inner {
    /// Starts a task that ends with the last handle.
    pub(super) fn start(&self, work: impl Future<Output = ()> + Send + 'static) {
        let mut closed = self.closed.clone();
        drop(self.runtime.spawn(async move {
            tokio::select! {
                _ = closed.changed() => {}
                () = work => {}
            }
        }));
    }

    /// Does something with the files, on a thread that may wait for a disk; `None`: the process ends.
    pub(super) async fn on_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> T + Send + 'static,
    ) -> Option<T> {
        let store = Arc::clone(&self.store);
        tokio::task::spawn_blocking(move || work(&store)).await.ok()
    }
}
