//! The registries of a process: pipelines with the same settings share one, with its cache and its requests.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use tokio::runtime::Handle;

use crate::config::spec::RegistrySpec;

use super::{Counts, Registry};

/// The most registries that are kept open; a reload that changes settings adds one, and the oldest goes.
const OPEN_MAX: usize = 8;

/// All registries that are open.
#[derive(Debug)]
pub struct Registries {
    state: PathBuf,
    runtime: Handle,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    registries: Vec<(RegistrySpec, Registry)>,
    /// What those counted that were let go.
    counted: Counts,
}

impl Registries {
    /// None yet; they will keep their caches under `state` and run on `runtime`.
    pub fn new(state: PathBuf, runtime: Handle) -> Self {
        Self { state, runtime, open: Mutex::default() }
    }

    /// The registry of these settings.
    ///
    /// # Errors
    ///
    /// It cannot be opened: an address that is none.
    pub fn of(&self, spec: &RegistrySpec) -> Result<Registry, String> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, registry)) = open.registries.iter().find(|(known, _)| known == spec) {
            return Ok(registry.clone());
        }
        let registry = Registry::open(spec, &self.state, &self.runtime)
            .map_err(|error| format!("the schema registry cannot be used: {error}"))?;
        if open.registries.len() == OPEN_MAX {
            let (_, oldest) = open.registries.remove(0);
            open.counted.add(oldest.counts());
        }
        open.registries.push((spec.clone(), registry.clone()));
        Ok(registry)
    }
    /// What all of them counted.
    pub fn counts(&self) -> Counts {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = open.counted;
        open.registries.iter().for_each(|(_, registry)| all.add(registry.counts()));
        all
    }
}
