//! The views of the daemon and of all its pipelines: read by anyone, without asking the supervisor's loop.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use tokio::sync::Notify;

use crate::config::spec::DaemonSpec;
use crate::pipeline::memory::Pool;
use crate::pipeline::unix_ms;
use crate::registry::{Counts, Registries};

use super::status::PipelineStatus;
use super::view::{DaemonState, DaemonView, PipelineState, PipelineView};

/// What anyone may look at without asking the supervisor's loop.
#[derive(Debug)]
pub(super) struct Views {
    pipelines: RwLock<BTreeMap<String, Arc<PipelineStatus>>>,
    daemon: Mutex<DaemonView>,
    /// Pipelines whose threads hang beyond all grace.
    hung: Mutex<BTreeMap<String, String>>,
    pool: Arc<Pool>,
    registries: Arc<Registries>,
    /// Woken when a pipeline has come to rest.
    rest: Notify,
}

impl Views {
    pub(super) fn new(pool: Arc<Pool>, registries: Arc<Registries>, spec: &DaemonSpec) -> Self {
        let daemon = DaemonView {
            state: DaemonState::Starting,
            generation: 1,
            started_at_ms: unix_ms(),
            last_reload: None,
            reloads: (0, 0),
            memory_max_bytes: spec.memory_max_bytes,
            memory_used_bytes: 0,
            schema_registry: Counts::default(),
            log_level: spec.log_level,
            shutdown_deadline: spec.shutdown_deadline,
            admin_access: spec.admin_access.clone(),
        };
        Self {
            pipelines: RwLock::default(),
            daemon: Mutex::new(daemon),
            hung: Mutex::default(),
            pool,
            registries,
            rest: Notify::new(),
        }
    }

    pub(super) fn daemon(&self) -> DaemonView {
        let memory_used_bytes = self.pool.used_bytes();
        let schema_registry = self.registries.counts();
        DaemonView { memory_used_bytes, schema_registry, ..locked(&self.daemon).clone() }
    }

    /// Where the daemon is in its life.
    pub(super) fn state(&self) -> DaemonState {
        locked(&self.daemon).state
    }

    pub(super) fn update(&self, change: impl FnOnce(&mut DaemonView)) {
        change(&mut locked(&self.daemon));
    }

    pub(super) fn pipelines(&self) -> Vec<PipelineView> {
        self.statuses().iter().map(|status| status.view()).collect()
    }

    pub(super) fn pipeline(&self, name: &str) -> Option<PipelineView> {
        let status = self.pipelines.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        status.map(|status| status.view())
    }

    pub(super) fn statuses(&self) -> Vec<Arc<PipelineStatus>> {
        self.pipelines.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    pub(super) fn add(&self, status: &Arc<PipelineStatus>) {
        let mut pipelines = self.pipelines.write().unwrap_or_else(PoisonError::into_inner);
        pipelines.insert(status.name().to_owned(), Arc::clone(status));
    }

    pub(super) fn remove(&self, name: &str) {
        self.pipelines.write().unwrap_or_else(PoisonError::into_inner).remove(name);
    }

    /// A pipeline's thread hangs beyond all grace (`Some`), or has ended after all.
    pub(super) fn set_hung(&self, name: &str, reason: Option<String>) {
        let mut hung = locked(&self.hung);
        match reason {
            Some(reason) => hung.insert(name.to_owned(), reason),
            None => hung.remove(name),
        };
    }

    /// A pipeline has come to rest.
    pub(super) fn has_come_to_rest(&self) {
        self.rest.notify_waiters();
    }

    pub(super) async fn all_failed(&self) {
        loop {
            let rest = self.rest.notified();
            tokio::pin!(rest);
            // From here on no wake-up is missed.
            rest.as_mut().enable();
            let pipelines = self.pipelines();
            let has_failed = |view: &PipelineView| {
                matches!(view.state, PipelineState::Stopped(_) | PipelineState::Failed(_))
            };
            if !pipelines.is_empty() && pipelines.iter().all(has_failed) {
                return;
            }
            rest.await;
        }
    }

    pub(super) fn hung(&self) -> Option<String> {
        locked(&self.hung).iter().next().map(|(name, reason)| format!("{name}: {reason}"))
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Whole values are assigned: what a panic left is as good as any.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
