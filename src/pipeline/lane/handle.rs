//! A lane from outside: started with all it needs, told to drain, and its end.

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::Thread;
use std::time::Instant;

use crate::config::spec::PipelineSpec;
use crate::delivery::{Backoff, Breaker, CommitPolicy, InFlight, Tally};
use crate::kafka::{Consumer, ConsumerSettings, KafkaError, Waker};
use crate::pipeline::memory::Pool;
use crate::pipeline::processor::Processor;
use crate::pipeline::status::LaneStatus;

use super::ending::Phase;
use super::outputs::Outputs;
use super::partitions::Partitions;
use super::topics::Subscription;
use super::{Control, IN_FLIGHT_FLOOR_BYTES, IN_FLIGHT_RECORDS_MAX, Lane, position};

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

/// A running lane.
#[derive(Debug)]
pub struct LaneHandle {
    control: Sender<Control>,
    thread: Thread,
    status: Arc<LaneStatus>,
}

impl LaneHandle {
    /// Asks the lane to finish what is in flight, commit and leave, before the deadline.
    pub fn drain(&self, deadline: Instant) {
        // A lane that has ended needs no telling.
        let _ = self.control.send(Control::Drain(deadline));
        self.thread.unpark();
    }

    /// What the lane says of itself.
    pub fn status(&self) -> &Arc<LaneStatus> {
        &self.status
    }
}

/// Starts a lane on a thread of its own; `ended` is called there with its end, last of all.
///
/// # Errors
///
/// The system has no thread left.
pub fn start(setup: LaneSetup, ended: impl FnOnce(LaneEnd) + Send + 'static) -> std::io::Result<LaneHandle> {
    let (control, orders) = channel();
    let status = Arc::new(LaneStatus::default());
    let lane_status = Arc::clone(&status);
    let name = format!("{}-{}", setup.spec.name, setup.index);
    let join =
        std::thread::Builder::new().name(name).spawn(move || ended(run(&setup, orders, lane_status)))?;
    Ok(LaneHandle { control, thread: join.thread().clone(), status })
}

fn run(setup: &LaneSetup, orders: std::sync::mpsc::Receiver<Control>, status: Arc<LaneStatus>) -> LaneEnd {
    let mut lane = match build(setup, orders, status) {
        Ok(lane) => lane,
        Err(error) => return LaneEnd::Failed(format!("the consumer cannot be made: {error}")),
    };
    let end = catch(|| lane.run()).unwrap_or_else(|panic| {
        tracing::error!(pipeline = %setup.spec.name, lane = setup.index, "{panic}");
        // The group shall not wait for the session to time out.
        let _ = catch(|| lane.leave(Instant::now() + LEAVE_AFTER_PANIC));
        LaneEnd::Failed(panic)
    });
    dispose(lane);
    end
}

/// How long a lane that panicked may take to leave its group.
const LEAVE_AFTER_PANIC: std::time::Duration = std::time::Duration::from_secs(1);

/// Runs `work`; a panic becomes its words. What it unwinds is the lane's own state, which nobody uses again but
/// to leave the group.
fn catch<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).map_err(|panic| panic_text(&*panic))
}

fn build(
    setup: &LaneSetup,
    control: std::sync::mpsc::Receiver<Control>,
    status: Arc<LaneStatus>,
) -> Result<Lane, KafkaError> {
    let spec = Arc::clone(&setup.spec);
    let waker = Waker::of_this_thread();
    let settings = ConsumerSettings {
        properties: &spec.kafka.consumer,
        group: &spec.source.group,
        instance: setup.instance_id.as_ref().map(|id| format!("{id}-{}-{}", spec.name, setup.index)),
        client_id: client_id(&spec.name, setup.index),
    };
    let interval_ms = u64::try_from(spec.commit.interval.as_millis()).unwrap_or(u64::MAX);
    let breaker = spec.dlq.as_ref().map(|dlq| {
        let window_ms = u64::try_from(dlq.breaker.window.as_millis()).unwrap_or(u64::MAX);
        Breaker::new(dlq.breaker.share_percent, window_ms, dlq.breaker.min_records)
    });
    Ok(Lane {
        index: setup.index,
        control,
        status,
        pool: Arc::clone(&setup.pool),
        origin: Instant::now(),
        consumer: Consumer::new(&settings, &waker)?,
        subscription: Subscription::new(&spec),
        partitions: Partitions::default(),
        pending: std::collections::VecDeque::new(),
        deferred: std::collections::VecDeque::new(),
        processor: Processor::new(&spec),
        outputs: Outputs::new(spec.sinks.len()),
        in_flight: InFlight::new(IN_FLIGHT_FLOOR_BYTES, IN_FLIGHT_RECORDS_MAX),
        commits: CommitPolicy::new(interval_ms, spec.commit.records),
        breaker,
        ended: Tally::default(),
        phase: Phase::Running,
        trouble: None,
        told_at_ms: 0,
        last_error: None,
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

/// Gives back what the lane held. A consumer whose brokers are away can take minutes to end: not on our time.
fn dispose(mut lane: Lane) {
    lane.outputs.close();
    lane.pool.give_back(lane.in_flight.borrowed());
    lane.pending.clear();
    let consumer = lane.consumer;
    std::thread::spawn(move || drop(consumer));
}

/// The name of a lane's clients in the brokers' logs.
pub(super) fn client_id(pipeline: &str, index: usize) -> String {
    format!("millstream-{pipeline}-{index}")
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("a panic: {}", text.unwrap_or("of no words"))
}
