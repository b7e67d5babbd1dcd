//! What a pipeline says of itself to whoever watches, and its report at the end.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use tokio::sync::Notify;

use crate::config::spec::{AdminAccess, DaemonSpec, LogLevel, PipelineSpec, TopicsSpec};
use crate::delivery::Tally;
use crate::pipeline::memory::Pool;
use crate::pipeline::{Account, LaneCounters, LaneStatus, LaneView};

use super::lifecycle::may_follow;

/// Where a pipeline is in its life.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PipelineState {
    /// Its lanes are joining their group.
    #[default]
    Starting,
    /// Records flow.
    Running,
    /// Held by an outage; it heals by itself.
    Waiting(String),
    /// It broke and is started again.
    BackingOff {
        /// What broke.
        cause: String,
        /// When it is started again, in milliseconds since the Unix epoch.
        next_try_at_ms: u64,
    },
    /// It finishes what is in flight.
    Draining,
    /// An operator paused it; it has left its group.
    Paused,
    /// It cannot go on until someone looks: poison without a dlq, an open breaker, a lost offset.
    Stopped(String),
    /// It broke too often, or hangs.
    Failed(String),
    /// It has ended: the daemon drains, or the pipeline was removed.
    Ended(EndState),
}

impl PipelineState {
    /// All words for states, in the order of a pipeline's life.
    pub const WORDS: [&'static str; 9] =
        ["starting", "running", "waiting", "backing_off", "draining", "paused", "stopped", "failed", "ended"];

    /// The word for it.
    pub fn as_str(&self) -> &'static str {
        Self::WORDS[match self {
            PipelineState::Starting => 0,
            PipelineState::Running => 1,
            PipelineState::Waiting(_) => 2,
            PipelineState::BackingOff { .. } => 3,
            PipelineState::Draining => 4,
            PipelineState::Paused => 5,
            PipelineState::Stopped(_) => 6,
            PipelineState::Failed(_) => 7,
            PipelineState::Ended(_) => 8,
        }]
    }

    /// Why it is so, where that is not plain.
    pub fn reason(&self) -> Option<&str> {
        match self {
            PipelineState::Waiting(reason)
            | PipelineState::BackingOff { cause: reason, .. }
            | PipelineState::Stopped(reason)
            | PipelineState::Failed(reason) => Some(reason),
            PipelineState::Ended(end) => end.reason(),
            PipelineState::Starting
            | PipelineState::Running
            | PipelineState::Draining
            | PipelineState::Paused => None,
        }
    }

    /// Whether records flow, or will without anyone's help.
    pub fn can_run(&self) -> bool {
        matches!(
            self,
            PipelineState::Starting
                | PipelineState::Running
                | PipelineState::Waiting(_)
                | PipelineState::BackingOff { .. }
                | PipelineState::Draining
        )
    }
}

/// How a pipeline ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndState {
    /// It was asked to, and finished everything.
    Drained,
    /// It was asked to, and could not finish in time: the next start replays what was in flight.
    DeadlinePassed,
    /// It cannot go on until someone looks.
    Stopped(String),
    /// It broke too often.
    Failed(String),
}

impl EndState {
    /// The word for it.
    pub fn as_str(&self) -> &'static str {
        match self {
            EndState::Drained => "drained",
            EndState::DeadlinePassed => "deadline_passed",
            EndState::Stopped(_) => "stopped",
            EndState::Failed(_) => "failed",
        }
    }

    /// Why, where it was not asked to.
    pub fn reason(&self) -> Option<&str> {
        match self {
            EndState::Drained | EndState::DeadlinePassed => None,
            EndState::Stopped(reason) | EndState::Failed(reason) => Some(reason),
        }
    }
}

/// A pipeline at its end.
#[derive(Clone, Debug)]
pub struct PipelineReport {
    /// Its name.
    pub name: String,
    /// How it ended.
    pub end: EndState,
    /// Its account over all restarts.
    pub account: Account,
}

/// A pipeline, as it is seen from outside.
#[derive(Clone, Debug, Default)]
pub struct PipelineView {
    /// Its name.
    pub name: String,
    /// The file that it was read from.
    pub file: std::path::PathBuf,
    /// Its consumer group.
    pub group: String,
    /// What it reads: topics, or a pattern.
    pub source: Vec<String>,
    /// The hash of the spec that runs, secrets left out.
    pub hash: String,
    /// The generation that brought this spec.
    pub generation: u64,
    /// Where it is in its life.
    pub state: PipelineState,
    /// Since when, in milliseconds since the Unix epoch.
    pub state_since_ms: u64,
    /// The spec that runs is on trial after a reload.
    pub is_on_trial: bool,
    /// Why the newest spec of its file was taken back, where that happened and the file has not been read since.
    pub rolled_back: Option<String>,
    /// Its account over all restarts.
    pub account: Account,
    /// What its lanes have counted, over all restarts.
    pub counters: LaneCounters,
    /// Acknowledged outputs, by sink's topic.
    pub outputs: Vec<(String, u64)>,
    /// Partitions that its lanes own.
    pub partitions: usize,
    /// How often it was started again after it broke.
    pub restarts: u64,
    /// What each of its lanes says of itself; empty while none runs.
    pub lanes: Vec<LaneView>,
}

impl PipelineView {
    /// Records that its group has not committed yet, of all partitions here; `None` while one of them is not known.
    pub fn lag_records(&self) -> Option<u64> {
        let lags = || self.lanes.iter().flat_map(|lane| &lane.lags);
        let is_known = self.partitions > 0 && lags().count() == self.partitions;
        is_known.then(|| lags().map(|lag| lag.records).sum())
    }

    /// The age of the oldest record that is here and not committed, in milliseconds; `None` while no lane runs.
    pub fn lag_ms(&self) -> Option<u64> {
        self.lanes.iter().map(|lane| lane.lag_ms).max()
    }
}

/// The daemon as a whole, as it is seen from outside.
#[derive(Clone, Debug)]
pub struct DaemonView {
    /// Where it is in its life.
    pub state: DaemonState,
    /// The number of the configuration that runs, from 1.
    pub generation: u64,
    /// When the process started, in milliseconds since the Unix epoch.
    pub started_at_ms: u64,
    /// How the last reload ended; `None` before the first.
    pub last_reload: Option<super::ReloadOutcome>,
    /// Reloads that were taken in, and that were refused.
    pub reloads: (u64, u64),
    /// The most memory for records, in bytes.
    pub memory_max_bytes: u64,
    /// What lanes hold of it now: their floors and what they have borrowed, in bytes.
    pub memory_used_bytes: u64,
    /// How much is logged.
    pub log_level: LogLevel,
    /// The longest time for a drain.
    pub shutdown_deadline: Duration,
    /// Who may do what at the admin server, as the files say now.
    pub admin_access: AdminAccess,
}

/// Where the daemon is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DaemonState {
    /// Not every pipeline has left `starting` yet.
    Starting,
    /// It runs.
    Running,
    /// It takes changed files in; what did not change runs on.
    Reloading,
    /// It was asked to end.
    Draining,
}

impl DaemonState {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            DaemonState::Starting => "starting",
            DaemonState::Running => "running",
            DaemonState::Reloading => "reloading",
            DaemonState::Draining => "draining",
        }
    }
}

/// Where a pipeline's task writes, and anyone reads.
#[derive(Debug)]
pub struct PipelineStatus {
    name: String,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    spec: Arc<PipelineSpec>,
    generation: u64,
    state: PipelineState,
    state_since_ms: u64,
    is_on_trial: bool,
    rolled_back: Option<String>,
    lanes: Vec<Arc<LaneStatus>>,
    /// What lanes that are gone have ended, and their outputs by topic.
    before: Tally,
    counters_before: LaneCounters,
    outputs_before: BTreeMap<String, u64>,
    restarts: u64,
}

impl PipelineStatus {
    pub(super) fn new(spec: Arc<PipelineSpec>, generation: u64) -> Self {
        Self {
            name: spec.name.clone(),
            inner: Mutex::new(Inner {
                spec,
                generation,
                state: PipelineState::Starting,
                state_since_ms: unix_ms(),
                is_on_trial: false,
                rolled_back: None,
                lanes: Vec::new(),
                before: Tally::default(),
                counters_before: LaneCounters::default(),
                outputs_before: BTreeMap::new(),
                restarts: 0,
            }),
        }
    }

    /// The pipeline's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The pipeline now.
    pub fn view(&self) -> PipelineView {
        let inner = self.lock();
        let lanes: Vec<_> = inner.lanes.iter().map(|lane| lane.view()).collect();
        let mut account = Account { ended: inner.before, in_flight: 0 };
        let mut counters = inner.counters_before;
        let mut outputs = inner.outputs_before.clone();
        for lane in &lanes {
            account.add(lane.account);
            counters.add(&lane.counters);
            add_outputs(&mut outputs, lane);
        }
        let sinks = inner.spec.sinks.iter().map(|sink| sink.topic.clone());
        let mut by_sink: Vec<(String, u64)> =
            sinks.map(|topic| (topic.clone(), outputs.remove(&topic).unwrap_or(0))).collect();
        // Those that it wrote before a reload.
        by_sink.extend(outputs);
        PipelineView {
            name: self.name.clone(),
            file: inner.spec.file.clone(),
            group: inner.spec.source.group.clone(),
            source: match &inner.spec.source.topics {
                TopicsSpec::Names(names) => names.clone(),
                TopicsSpec::Pattern(pattern) => vec![pattern.as_str().to_owned()],
            },
            hash: inner.spec.hash.clone(),
            generation: inner.generation,
            state: inner.state_of(&lanes),
            state_since_ms: inner.state_since_ms,
            is_on_trial: inner.is_on_trial,
            rolled_back: inner.rolled_back.clone(),
            account,
            counters,
            outputs: by_sink,
            partitions: lanes.iter().map(|lane| lane.partitions).sum(),
            restarts: inner.restarts,
            lanes,
        }
    }

    /// The spec that runs.
    pub(super) fn spec(&self) -> Arc<PipelineSpec> {
        Arc::clone(&self.lock().spec)
    }

    /// Another spec runs from now on.
    pub(super) fn adopt(&self, spec: Arc<PipelineSpec>, generation: u64, is_on_trial: bool) {
        let mut inner = self.lock();
        inner.spec = spec;
        inner.generation = generation;
        inner.is_on_trial = is_on_trial;
        inner.rolled_back = None;
    }

    /// The same spec stands in this file now.
    pub(super) fn is_read_from(&self, file: &Path) {
        let mut inner = self.lock();
        if inner.spec.file != file {
            inner.spec = Arc::new(PipelineSpec { file: file.to_path_buf(), ..(*inner.spec).clone() });
        }
    }

    /// The trial is over, and the spec that runs stays.
    pub(super) fn end_trial(&self) {
        self.lock().is_on_trial = false;
    }

    /// The old spec runs again.
    pub(super) fn roll_back(&self, spec: Arc<PipelineSpec>, generation: u64, reason: String) {
        self.adopt(spec, generation, false);
        self.lock().rolled_back = Some(reason);
    }

    pub(super) fn set_state(&self, state: PipelineState) {
        let mut inner = self.lock();
        debug_assert!(may_follow(&inner.state, &state), "{state:?} after {:?}", inner.state);
        if inner.state != state {
            inner.state_since_ms = unix_ms();
        }
        inner.state = state;
    }

    pub(super) fn set_lanes(&self, lanes: Vec<Arc<LaneStatus>>) {
        self.lock().lanes = lanes;
    }

    /// The lanes are gone: what they ended stays counted, what they had in flight is read again.
    pub(super) fn close_lanes(&self) {
        let mut inner = self.lock();
        for lane in std::mem::take(&mut inner.lanes) {
            let view = lane.view();
            inner.before.add(view.account.ended);
            inner.counters_before.add(&view.counters);
            inner.counters_before.given_up += view.account.in_flight;
            add_outputs(&mut inner.outputs_before, &view);
        }
    }

    /// It broke, and is started again.
    pub(super) fn count_restart(&self) {
        self.lock().restarts += 1;
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Whole fields are assigned: what a panic left is as good as any.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// What the lanes say of themselves counts while they are started.
    fn state_of(&self, lanes: &[LaneView]) -> PipelineState {
        match &self.state {
            PipelineState::Starting | PipelineState::Running => {
                let waiting = lanes.iter().find_map(|lane| lane.waiting.clone());
                match waiting {
                    Some(reason) => PipelineState::Waiting(reason),
                    None if lanes.iter().any(|lane| lane.is_running) => PipelineState::Running,
                    None => PipelineState::Starting,
                }
            }
            other => other.clone(),
        }
    }
}

fn add_outputs(outputs: &mut BTreeMap<String, u64>, lane: &LaneView) {
    for (topic, count) in lane.outputs_before.iter().map(|(topic, count)| (topic, count)) {
        *outputs.entry(topic.clone()).or_default() += count;
    }
    for (topic, count) in lane.sinks.iter().zip(&lane.outputs) {
        *outputs.entry(topic.clone()).or_default() += count;
    }
}

/// What anyone may look at without asking the supervisor's loop.
#[derive(Debug)]
pub(super) struct Views {
    pipelines: RwLock<BTreeMap<String, Arc<PipelineStatus>>>,
    daemon: Mutex<DaemonView>,
    /// Pipelines whose threads hang beyond all grace.
    hung: Mutex<BTreeMap<String, String>>,
    pool: Arc<Pool>,
    /// Woken when a pipeline has come to rest.
    rest: Notify,
}

impl Views {
    pub(super) fn new(pool: Arc<Pool>, spec: &DaemonSpec) -> Self {
        let daemon = DaemonView {
            state: DaemonState::Starting,
            generation: 1,
            started_at_ms: unix_ms(),
            last_reload: None,
            reloads: (0, 0),
            memory_max_bytes: spec.memory_max_bytes,
            memory_used_bytes: 0,
            log_level: spec.log_level,
            shutdown_deadline: spec.shutdown_deadline,
            admin_access: spec.admin_access.clone(),
        };
        Self {
            pipelines: RwLock::default(),
            daemon: Mutex::new(daemon),
            hung: Mutex::default(),
            pool,
            rest: Notify::new(),
        }
    }

    pub(super) fn daemon(&self) -> DaemonView {
        let memory_used_bytes = self.pool.used_bytes();
        DaemonView { memory_used_bytes, ..locked(&self.daemon).clone() }
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
        pipelines.insert(status.name.clone(), Arc::clone(status));
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

/// Now, in milliseconds since the Unix epoch.
pub(crate) fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
