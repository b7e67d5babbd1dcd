//! The loop where everything from outside meets: reloads, commands, a drain, pipelines that end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};

use crate::config::diff::Plan;
use crate::config::spec::{Config, PipelineSpec};
use crate::config::{LoadRequest, Loaded, Report, load};
use crate::pipeline::unix_ms;
use crate::telemetry;

use super::control::{Command, CommandError, Request};
use super::orders::{Answer, Order, Tenancy, Tenure, Version};
use super::pipeline_task::{Beginning, PipelineTask};
use super::policy::RestartPolicy;
use super::reload::{PlanOutcome, ReloadOutcome, ReloadResult};
use super::status::PipelineStatus;
use super::view::{DaemonState, PipelineReport, PipelineState};
use super::{Phase, Shared};

/// How often the loop looks whether every pipeline has left `starting`.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A pipeline that has a task.
pub(super) struct Managed {
    pub(super) orders: mpsc::UnboundedSender<Order>,
    pub(super) tenancy: Tenancy,
    pub(super) status: Arc<PipelineStatus>,
}

/// The loop's state.
pub(super) struct Dispatcher {
    pub(super) config: Config,
    request: Option<LoadRequest>,
    pub(super) shared: Arc<Shared>,
    pub(super) pipelines: BTreeMap<String, Managed>,
    /// Pipelines that were removed and have not ended yet: who takes their groups over waits for them.
    pub(super) leaving: Vec<Managed>,
    tasks: JoinSet<PipelineReport>,
    phases: mpsc::UnboundedSender<Phase>,
    /// Reloads that were asked for and have not begun.
    asked: Vec<(&'static str, oneshot::Sender<ReloadOutcome>)>,
    reload: Option<Reloading>,
}

/// A reload at work.
struct Reloading {
    cause: &'static str,
    replies: Vec<oneshot::Sender<ReloadOutcome>>,
    stage: Stage,
}

enum Stage {
    /// The files are read and checked.
    Reading(JoinHandle<Result<Loaded, Report>>),
    /// The pipelines carry it out.
    CarryingOut(JoinHandle<ReloadOutcome>),
}

/// A stage's result.
enum Reached {
    Read(Box<Result<Loaded, Report>>),
    Done(ReloadOutcome),
}

impl Dispatcher {
    pub(super) fn new(
        config: Config,
        request: Option<LoadRequest>,
        shared: Arc<Shared>,
        phases: mpsc::UnboundedSender<Phase>,
    ) -> Self {
        let mut dispatcher = Self {
            config,
            request,
            shared,
            pipelines: BTreeMap::new(),
            leaving: Vec::new(),
            tasks: JoinSet::new(),
            phases,
            asked: Vec::new(),
            reload: None,
        };
        for spec in dispatcher.config.pipelines.clone() {
            dispatcher.start(Version { spec: Arc::new(spec), generation: 1 }, Beginning::default());
        }
        dispatcher
    }

    /// Starts a pipeline's task.
    pub(super) fn start(&mut self, version: Version, beginning: Beginning) {
        let name = version.spec.name.clone();
        let status = Arc::new(PipelineStatus::new(Arc::clone(&version.spec), version.generation));
        self.shared.views.add(&status);
        let (orders, inbox) = mpsc::unbounded_channel();
        let (tenure, tenancy) = watch::channel(Tenure::default());
        let task = PipelineTask {
            shared: Arc::clone(&self.shared),
            status: Arc::clone(&status),
            orders: inbox,
            version,
            beginning,
            tenure,
            policy: RestartPolicy::default(),
        };
        self.tasks.spawn(task.run());
        self.pipelines.insert(name, Managed { orders, tenancy, status });
    }

    /// The loop, until a drain has ended every pipeline.
    pub(super) async fn run(
        mut self,
        mut requests: mpsc::Receiver<Request>,
        mut stop: watch::Receiver<Option<Instant>>,
        reports: mpsc::UnboundedSender<PipelineReport>,
    ) {
        let mut look = tokio::time::interval(LOOK_EVERY);
        let mut is_draining = false;
        loop {
            if is_draining && self.tasks.is_empty() {
                return;
            }
            let is_starting = self.shared.views.state() == DaemonState::Starting;
            tokio::select! {
                // A drain stands before everything else that is there.
                biased;
                asked = stop.wait_for(Option::is_some), if !is_draining => {
                    is_draining = true;
                    // The supervisor's handle is gone: nobody waits for the pipelines either.
                    let deadline = asked.ok().and_then(|asked| *asked).unwrap_or_else(Instant::now);
                    self.drain(deadline);
                }
                Some(report) = self.tasks.join_next(), if !self.tasks.is_empty() => match report {
                    Ok(report) => self.ended(report, &reports),
                    // A pipeline's task holds no code of the user's; a panic in it is a bug of ours, and not hidden.
                    Err(error) => std::panic::resume_unwind(error.into_panic()),
                },
                reached = reach(&mut self.reload), if self.reload.is_some() => self.reload_reached(reached),
                // Who asks while it drains hears so at once, since the answer is dropped.
                Some(request) = requests.recv() => {
                    if !is_draining || matches!(request, Request::LogLevel(_)) {
                        self.answer(request);
                    }
                }
                _ = look.tick(), if is_starting => self.look_whether_ready(),
            }
        }
    }

    fn drain(&mut self, deadline: Instant) {
        self.shared.views.update(|daemon| daemon.state = DaemonState::Draining);
        self.tell(Phase::Draining(deadline));
        // Who waits for a reload hears that it was overtaken, since its answer is dropped.
        self.asked.clear();
        self.reload = None;
        for managed in self.pipelines.values().chain(&self.leaving) {
            let _ = managed.orders.send(Order::End(deadline));
        }
    }

    fn ended(&mut self, report: PipelineReport, reports: &mpsc::UnboundedSender<PipelineReport>) {
        self.leaving.retain(|managed| !managed.tenancy.borrow().has_ended);
        // What was removed is not shown any more, unless another has its name.
        let is_draining = self.shared.views.state() == DaemonState::Draining;
        if !is_draining && !self.pipelines.contains_key(&report.name) {
            self.shared.views.remove(&report.name);
        }
        // Whoever started the supervisor may not care.
        let _ = reports.send(report);
    }

    /// Ready is who has left `starting`, whatever it became.
    fn look_whether_ready(&mut self) {
        let is_starting = |status: &Arc<PipelineStatus>| status.view().state == PipelineState::Starting;
        if self.shared.views.statuses().iter().any(is_starting) {
            return;
        }
        self.shared.views.update(|daemon| daemon.state = DaemonState::Running);
        self.tell(Phase::Ready);
        self.begin_reload();
    }

    fn tell(&self, phase: Phase) {
        // Nobody has to listen.
        let _ = self.phases.send(phase);
    }

    fn answer(&mut self, request: Request) {
        match request {
            Request::Plan(reply) => self.plan(reply),
            Request::Reload { cause, reply } => {
                self.asked.push((cause, reply));
                self.begin_reload();
            }
            Request::Pipeline { name, command, reply } => self.command(name, command, reply),
            // Whoever asked may have given up.
            Request::Ping(reply) => drop(reply.send(())),
            Request::LogLevel(level) => {
                telemetry::set_level(level);
                self.shared.views.update(|daemon| daemon.log_level = level);
                tracing::info!(level = level.as_str(), "log level set");
            }
        }
    }

    fn command(&mut self, name: String, command: Command, reply: Answer) {
        let Some(managed) = self.pipelines.get(&name) else {
            let _ = reply.send(Err(CommandError::UnknownPipeline(name)));
            return;
        };
        let deadline = Instant::now() + self.config.daemon.shutdown_deadline;
        tracing::info!(pipeline = %name, command = command.as_str(), "asked by an operator");
        // A task that has just ended drops the answer, and with it tells that it is gone.
        let _ = managed.orders.send(match command {
            Command::Pause => Order::Pause(deadline, reply),
            Command::Resume => Order::Resume(reply),
            Command::Restart => Order::Restart(deadline, reply),
        });
    }

    fn plan(&self, reply: oneshot::Sender<PlanOutcome>) {
        let running = self.running();
        let read = self.reader();
        tokio::task::spawn_blocking(move || {
            let outcome = match read() {
                Ok(loaded) => {
                    let plan = Plan::between(&running, &loaded.config.pipelines);
                    PlanOutcome::of(Some(plan), &loaded.warnings)
                }
                Err(report) => PlanOutcome::of(None, &report),
            };
            let _ = reply.send(outcome);
        });
    }

    /// Reads and checks the files for the daemon as it runs; it takes its time, and a thread that may block.
    fn reader(&self) -> impl FnOnce() -> Result<Loaded, Report> + Send + 'static + use<> {
        let (request, old) = (self.request.clone(), self.config.daemon.clone());
        move || match request {
            Some(request) => load(&request)?.refuse_restarts(&old),
            // The daemon was not started from files.
            None => Err(Report::default()),
        }
    }

    /// What every pipeline runs as now: the old spec, where a newer one was rolled back.
    pub(super) fn running(&self) -> Vec<Arc<PipelineSpec>> {
        self.pipelines.values().map(|managed| managed.status.spec()).collect()
    }

    /// Begins a reload for all who asked so far: the files are read now, so that it holds what they meant. While the
    /// daemon is starting they wait: what starts is not swapped before it runs.
    fn begin_reload(&mut self) {
        let is_running = self.shared.views.state() == DaemonState::Running;
        let Some((cause, _)) = self.asked.first().filter(|_| is_running && self.reload.is_none()) else {
            return;
        };
        let cause = *cause;
        let replies = self.asked.drain(..).map(|(_, reply)| reply).collect();
        self.shared.views.update(|daemon| daemon.state = DaemonState::Reloading);
        self.tell(Phase::Reloading);
        tracing::info!(cause, "reloading");
        let reading = tokio::task::spawn_blocking(self.reader());
        self.reload = Some(Reloading { cause, replies, stage: Stage::Reading(reading) });
    }

    fn reload_reached(&mut self, reached: Reached) {
        match reached {
            Reached::Read(read) => match *read {
                Ok(loaded) => {
                    let collector = self.carry_out(loaded);
                    if let Some(reload) = &mut self.reload {
                        reload.stage = Stage::CarryingOut(tokio::spawn(collector.wait()));
                    }
                }
                Err(report) => {
                    let generation = self.shared.views.daemon().generation;
                    self.reload_over(ReloadOutcome::refused(generation, &report, unix_ms()));
                }
            },
            Reached::Done(outcome) => self.reload_over(outcome),
        }
    }

    fn reload_over(&mut self, outcome: ReloadOutcome) {
        let Some(Reloading { cause, replies, .. }) = self.reload.take() else { return };
        let is_refused = outcome.result == ReloadResult::Refused;
        outcome.log(cause);
        self.shared.views.update(|daemon| {
            daemon.state = DaemonState::Running;
            daemon.last_reload = Some(outcome.clone());
            let (taken_in, refused) = daemon.reloads;
            daemon.reloads = if is_refused { (taken_in, refused + 1) } else { (taken_in + 1, refused) };
        });
        self.tell(Phase::Reloaded(outcome.summary()));
        for reply in replies {
            let _ = reply.send(outcome.clone());
        }
        self.begin_reload();
    }
}

/// Waits for the next step of a reload.
async fn reach(reload: &mut Option<Reloading>) -> Reached {
    match reload.as_mut().map(|reload| &mut reload.stage) {
        Some(Stage::Reading(reading)) => match reading.await {
            Ok(read) => Reached::Read(Box::new(read)),
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        },
        Some(Stage::CarryingOut(work)) => match work.await {
            Ok(outcome) => Reached::Done(outcome),
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        },
        None => std::future::pending().await,
    }
}
