//! Where a pipeline's task writes what becomes of it, over all lanes that come and go, and anyone reads.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::config::spec::{PipelineSpec, TopicsSpec};
use crate::delivery::Tally;
use crate::pipeline::{Account, LaneCounters, LaneStatus, LaneView, unix_ms};

use super::lifecycle::may_follow;
use super::view::{PipelineState, PipelineView};

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
        let (state, state_since_ms) = inner.state_of(&lanes);
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
            state,
            state_since_ms,
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
    /// The state, and since when it lasts. What the lanes say of themselves counts while they are started.
    fn state_of(&self, lanes: &[LaneView]) -> (PipelineState, u64) {
        let own = (self.state.clone(), self.state_since_ms);
        if !matches!(self.state, PipelineState::Starting | PipelineState::Running) {
            return own;
        }
        if let Some((reason, since_ms)) =
            lanes.iter().find_map(|lane| Some((lane.waiting.clone()?, lane.since_ms)))
        {
            return (PipelineState::Waiting(reason), since_ms);
        }
        match lanes.iter().filter(|lane| lane.is_running).map(|lane| lane.since_ms).max() {
            Some(since_ms) => (PipelineState::Running, since_ms),
            None => own,
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
