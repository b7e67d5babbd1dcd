//! A lane from outside: started with all it needs, told to drain, and its end.

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::Thread;
use std::time::{Duration, Instant};

use crate::config::spec::PipelineSpec;
use crate::delivery::{Backoff, Breaker, CommitPolicy, InFlight, Tally};
use crate::kafka::{Consumer, ConsumerSettings, KafkaError, Waker};
use crate::pipeline::counters::LaneCounters;
use crate::pipeline::memory::Pool;
use crate::pipeline::status::LaneStatus;
use crate::registry::Registries;

use super::ending::Phase;
use super::measure::Measures;
use super::outputs::Outputs;
use super::partitions::Partitions;
use super::schemas::{self, Awaited};
use super::swap::Trial;
use super::topics::Subscription;
use super::{Control, IN_FLIGHT_FLOOR_BYTES, IN_FLIGHT_RECORDS_MAX, Lane, panic, position};

/// What a lane is started with.
#[derive(Clone, Debug)]
pub struct LaneSetup {
    /// The pipeline.
    pub spec: Arc<PipelineSpec>,
    /// The lane's number in its pipeline, from 0.
    pub index: usize,
    /// Makes members static (`group.instance.id`), where set.
    pub instance_id: Option<String>,
    /// What all lanes of the process share.
    pub pool: Arc<Pool>,
    /// The schema registries of the process.
    pub registries: Arc<Registries>,
    /// The spec has not shown yet that it can run.
    pub is_on_trial: bool,
}

/// How a lane ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LaneEnd {
    /// Everything taken up was finished and committed.
    Drained,
    /// The deadline passed before that; nothing is lost, and the next start replays what was in flight.
    DeadlinePassed,
    /// The pipeline cannot go on until someone looks: poison with `stop`, an open breaker, a lost offset.
    Stopped(String),
    /// Something broke; the supervisor starts it again.
    Failed(String),
}

/// What a lane reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LaneEvent {
    /// Another spec runs from now on.
    Swapped,
    /// A commit has proven the spec that is on trial.
    Proven,
    /// The spec that is on trial cannot go on; the lane takes nothing until it is told what to do.
    Unfit(String),
    /// The lane has ended: the last that is heard of it.
    Ended(LaneEnd),
}

/// A running lane.
#[derive(Debug)]
pub struct LaneHandle {
    control: Sender<Control>,
    thread: Thread,
    status: Arc<LaneStatus>,
}

impl LaneHandle {
    /// Asks the lane to finish what is in flight, commit and leave, before the deadline. A static member keeps its
    /// place in the group (KIP-345), unless it leaves `for_good`.
    pub fn drain(&self, deadline: Instant, for_good: bool) {
        self.tell(Control::Drain { deadline, for_good });
    }

    /// Asks the lane to go on as `spec`, from the next batch on.
    pub fn swap(&self, spec: Arc<PipelineSpec>, is_on_trial: bool) {
        self.tell(Control::Swap { spec, is_on_trial });
    }

    /// Tells the lane that its spec stays.
    pub fn end_trial(&self) {
        self.tell(Control::EndTrial);
    }

    fn tell(&self, order: Control) {
        // A lane that has ended needs no telling.
        let _ = self.control.send(order);
        self.thread.unpark();
    }

    /// The lane's last sign of life: another number each time its loop comes by.
    pub fn last_beat(&self) -> u64 {
        self.status.last_beat()
    }

    /// The record that the lane works on, or worked on last.
    pub fn record_at_work(&self) -> Option<String> {
        self.status.record_at_work()
    }

    /// What the lane says of itself.
    pub fn status(&self) -> &Arc<LaneStatus> {
        &self.status
    }
}

/// Starts a lane on a thread of its own; `report` is called there, with its end last of all.
///
/// # Errors
///
/// The system has no thread left.
pub fn start(
    setup: LaneSetup,
    report: impl Fn(LaneEvent) + Clone + Send + 'static,
) -> std::io::Result<LaneHandle> {
    let (control, orders) = channel();
    let sinks = setup.spec.sinks.iter().map(|sink| sink.topic.clone()).collect();
    let status = Arc::new(LaneStatus::new(sinks));
    let lane_status = Arc::clone(&status);
    let name = format!("{}-{}", setup.spec.name, setup.index);
    let tell = report.clone();
    let join = std::thread::Builder::new()
        .name(name)
        .spawn(move || report(LaneEvent::Ended(run(&setup, orders, Box::new(tell), lane_status))))?;
    Ok(LaneHandle { control, thread: join.thread().clone(), status })
}

fn run(
    setup: &LaneSetup,
    orders: std::sync::mpsc::Receiver<Control>,
    report: Box<dyn Fn(LaneEvent) + Send>,
    status: Arc<LaneStatus>,
) -> LaneEnd {
    let mut lane = match build(setup, orders, report, status) {
        Ok(lane) => lane,
        Err(reason) => return LaneEnd::Failed(reason),
    };
    lane.pool.open_lane();
    let end = panic::catch(|| lane.run()).unwrap_or_else(|panic| {
        tracing::error!(pipeline = %setup.spec.name, lane = setup.index, "{panic}");
        // The group shall not wait for the session to time out.
        let _ = panic::catch(|| lane.leave(Instant::now() + LEAVE_AFTER_PANIC));
        LaneEnd::Failed(panic)
    });
    dispose(lane);
    end
}

/// How long a lane that panicked may take to leave its group.
const LEAVE_AFTER_PANIC: Duration = Duration::from_secs(1);

fn build(
    setup: &LaneSetup,
    control: std::sync::mpsc::Receiver<Control>,
    report: Box<dyn Fn(LaneEvent) + Send>,
    status: Arc<LaneStatus>,
) -> Result<Lane, String> {
    let spec = Arc::clone(&setup.spec);
    let waker = Waker::of_this_thread();
    let processor = schemas::processor(&spec, &setup.registries, &waker)?;
    let settings = ConsumerSettings {
        properties: &spec.kafka.consumer,
        group: &spec.source.group,
        instance: setup.instance_id.as_ref().map(|id| format!("{id}-{}-{}", spec.name, setup.index)),
        client_id: client_id(&spec.name, setup.index),
    };
    let interval_ms = u64::try_from(spec.commit.interval.as_millis()).unwrap_or(u64::MAX);
    Ok(Lane {
        index: setup.index,
        control,
        report,
        status,
        pool: Arc::clone(&setup.pool),
        origin: Instant::now(),
        consumer: Consumer::new(&settings, &waker)
            .map_err(|error: KafkaError| format!("the consumer cannot be made: {error}"))?,
        subscription: Subscription::new(&spec),
        partitions: Partitions::default(),
        pending: std::collections::VecDeque::new(),
        awaited: Awaited::default(),
        deferred: std::collections::VecDeque::new(),
        processor,
        registries: Arc::clone(&setup.registries),
        outputs: Outputs::new(spec.sinks.len()),
        in_flight: InFlight::new(IN_FLIGHT_FLOOR_BYTES, IN_FLIGHT_RECORDS_MAX),
        commits: CommitPolicy::new(interval_ms, spec.commit.records),
        breaker: breaker_of(&spec),
        ended: Tally::default(),
        counters: LaneCounters::default(),
        measures: Measures::default(),
        phase: Phase::Running,
        swap: None,
        trial: setup.is_on_trial.then_some(Trial::Begun),
        is_static: setup.instance_id.is_some(),
        leaves_for_good: false,
        trouble: None,
        told_at_ms: 0,
        last_error: None,
        denied: None,
        brokers_away: None,
        last_progress_ms: 0,
        next_gap_check_ms: 0,
        next_forward_ms: 0,
        position_backoff: Backoff::new(position::RETRY_MS.0, position::RETRY_MS.1),
        left_unfinished: false,
        has_joined: false,
        has_run: false,
        waker,
        spec,
    })
}

/// The breaker that a spec's dlq asks for.
pub(super) fn breaker_of(spec: &PipelineSpec) -> Option<Breaker> {
    let breaker = spec.dlq.as_ref()?.breaker;
    let window_ms = u64::try_from(breaker.window.as_millis()).unwrap_or(u64::MAX);
    Some(Breaker::new(breaker.share_percent, window_ms, breaker.min_records))
}

/// Gives back what the lane held. A consumer whose brokers are away can take minutes to end: not on our time.
fn dispose(mut lane: Lane) {
    lane.outputs.close();
    lane.pool.give_back(lane.in_flight.borrowed());
    lane.pool.close_lane();
    lane.pending.clear();
    lane.awaited.clear();
    let consumer = lane.consumer;
    std::thread::spawn(move || drop(consumer));
}

/// The name of a lane's clients in the brokers' logs.
pub(super) fn client_id(pipeline: &str, index: usize) -> String {
    format!("millstream-{pipeline}-{index}")
}
