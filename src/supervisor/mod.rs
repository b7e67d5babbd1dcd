//! The lifecycle of all pipelines: each is one task that owns its lanes; what follows an end is a table.
//!
//! What a lane does is `pipeline/`'s. Where the pipelines come from is `config/`'s.

mod pipeline_task;
mod policy;
mod signals;
mod view;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::config::spec::{Config, PipelineSpec};
use crate::pipeline::memory::Pool;

pub use policy::{AfterEnd, RestartPolicy};
pub use signals::Signals;
pub use view::{EndState, PipelineReport, PipelineState, PipelineStatus, PipelineView};

/// What all pipelines of the process share.
#[derive(Debug)]
pub(crate) struct Shared {
    pool: Arc<Pool>,
    instance_id: Option<String>,
}

/// All pipelines of the process, running.
#[derive(Debug)]
pub struct Supervisor {
    stop: watch::Sender<Option<Instant>>,
    tasks: JoinSet<PipelineReport>,
    statuses: Vec<Arc<PipelineStatus>>,
}

impl Supervisor {
    /// Starts every pipeline. It must be called within a tokio runtime.
    pub fn start(config: &Config) -> Self {
        let lanes = config.pipelines.iter().map(|pipeline| pipeline.lanes).sum();
        let shared = Arc::new(Shared {
            pool: Arc::new(Pool::new(config.daemon.memory_max_bytes, lanes)),
            instance_id: config.daemon.instance_id.clone(),
        });
        let (stop, _) = watch::channel(None);
        let mut tasks = JoinSet::new();
        let mut statuses = Vec::new();
        for spec in &config.pipelines {
            let status = Arc::new(PipelineStatus::new(spec));
            statuses.push(Arc::clone(&status));
            let spec: Arc<PipelineSpec> = Arc::new(spec.clone());
            tasks.spawn(pipeline_task::run(spec, Arc::clone(&shared), stop.subscribe(), status));
        }
        Self { stop, tasks, statuses }
    }

    /// What each pipeline says of itself, in the order of the configuration.
    pub fn statuses(&self) -> &[Arc<PipelineStatus>] {
        &self.statuses
    }

    /// Asks all pipelines to finish what is in flight, commit and leave, within `within`.
    pub fn drain(&self, within: Duration) {
        self.stop.send_replace(Some(Instant::now() + within));
    }

    /// The next pipeline that ends; `None` once all have.
    pub async fn next_end(&mut self) -> Option<PipelineReport> {
        match self.tasks.join_next().await? {
            Ok(report) => Some(report),
            // A pipeline's task holds no code of the user's; a panic in it is a bug of ours, and not hidden.
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
}
