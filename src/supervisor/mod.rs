//! The lifecycle of all pipelines: each is one task that owns its lanes; what follows an end is a table.
//!
//! All that comes from outside (signals, reloads, commands) meets in one loop (`dispatcher`), in one order. What a
//! lane does is `pipeline/`'s. What a reload changes is worked out by `config/diff`.

mod carry_out;
mod control;
mod dispatcher;
mod lifecycle;
mod orders;
mod pipeline_task;
mod policy;
mod pulse;
mod reload;
mod running;
mod signals;
mod status;
mod trial;
mod view;
mod views;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};

use crate::config::LoadRequest;
use crate::config::spec::Config;
use crate::pipeline::memory::Pool;
use crate::registry::Registries;

use dispatcher::Dispatcher;
use views::Views;

pub use control::{Command, CommandError, Control};
pub use policy::{AfterEnd, RestartPolicy};
pub use reload::{ChangeOutcome, PlanOutcome, ReloadOutcome, ReloadResult};
pub use signals::{Signal, Signals};
pub use status::PipelineStatus;
pub use view::{DaemonState, DaemonView, EndState, PipelineReport, PipelineState, PipelineView};

/// What all pipelines of the process share.
#[derive(Debug)]
pub(crate) struct Shared {
    pool: Arc<Pool>,
    registries: Arc<Registries>,
    instance_id: Option<String>,
    views: Arc<Views>,
}

/// A step in the daemon's life, for whoever has to tell it on (systemd). Each is told, in order, even where the next
/// follows at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Every pipeline has left `starting`.
    Ready,
    /// A reload begins.
    Reloading,
    /// A reload is over; one line says how.
    Reloaded(String),
    /// The daemon drains, until then at the latest.
    Draining(Instant),
}

/// All pipelines of the process, running.
#[derive(Debug)]
pub struct Supervisor {
    control: Control,
    shared: Arc<Shared>,
    stop: watch::Sender<Option<Instant>>,
    reports: mpsc::UnboundedReceiver<PipelineReport>,
    phases: Option<mpsc::UnboundedReceiver<Phase>>,
}

impl Supervisor {
    /// Starts every pipeline. It must be called within a tokio runtime.
    pub fn start(config: &Config) -> Self {
        Self::start_from(config, None)
    }

    /// Starts every pipeline; a reload reads the files of `request` again.
    pub fn start_from(config: &Config, request: Option<LoadRequest>) -> Self {
        let daemon = &config.daemon;
        let pool = Arc::new(Pool::new(daemon.memory_max_bytes));
        let registries = Arc::new(Registries::new(daemon.state.clone(), tokio::runtime::Handle::current()));
        let views = Arc::new(Views::new(Arc::clone(&pool), Arc::clone(&registries), daemon));
        let shared = Arc::new(Shared {
            pool,
            registries,
            instance_id: daemon.instance_id.clone(),
            views: Arc::clone(&views),
        });
        let (asking, requests) = mpsc::channel(control::REQUESTS_MAX);
        let (stop, stop_asked) = watch::channel(None);
        let (tell, reports) = mpsc::unbounded_channel();
        let (tell_phase, phases) = mpsc::unbounded_channel();
        let dispatcher = Dispatcher::new(config.clone(), request, Arc::clone(&shared), tell_phase);
        tokio::spawn(dispatcher.run(requests, stop_asked, tell));
        Self { control: Control::new(asking, views), shared, stop, reports, phases: Some(phases) }
    }

    /// The handle by which everything outside steers the daemon.
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// The steps of the daemon's life as they are taken; `None` where someone has them already.
    pub fn phases(&mut self) -> Option<mpsc::UnboundedReceiver<Phase>> {
        self.phases.take()
    }

    /// What each pipeline says of itself, in the order of their names.
    pub fn statuses(&self) -> Vec<Arc<PipelineStatus>> {
        self.shared.views.statuses()
    }

    /// Asks all pipelines to finish what is in flight, commit and leave, within `within`.
    pub fn drain(&self, within: Duration) {
        self.stop.send_replace(Some(Instant::now() + within));
    }

    /// The next pipeline that ends for good: because the daemon drains, or because it was removed. `None` once all have
    /// after a drain.
    pub async fn next_end(&mut self) -> Option<PipelineReport> {
        self.reports.recv().await
    }
}
