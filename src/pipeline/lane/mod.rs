//! One lane: a thread with its own consumer, processor and producer.
//!
//! The loop below is the whole of it; each of its lines is one file here. It never waits for acknowledgements and
//! never stops polling: where there is no room it does not take, and the group is served on.

mod assignment;
mod brokers;
mod commits;
mod ending;
mod handle;
mod intake;
mod measure;
mod outputs;
mod panic;
mod partitions;
mod poison;
mod position;
mod replay;
mod schemas;
mod swap;
mod topics;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::{Duration, Instant};

use crate::config::spec::PipelineSpec;
use crate::delivery::{Backoff, Breaker, CommitPolicy, InFlight, Tally};
use crate::kafka::{Consumer, ConsumerEvent, KafkaError, Message, Waker};
use crate::pipeline::counters::LaneCounters;
use crate::pipeline::memory::{IN_FLIGHT_FLOOR_BYTES, Pool};
use crate::pipeline::processor::Processor;
use crate::pipeline::status::{Account, LaneStatus};
use crate::registry::Registries;

use brokers::BrokersAway;
use ending::Phase;
use measure::Measures;
use outputs::Outputs;
use partitions::Partitions;
use schemas::Awaited;
use swap::{Fault, Swap, Trial};
use topics::Subscription;

pub use handle::{LaneEnd, LaneEvent, LaneHandle, LaneSetup, start};

/// The longest that a lane sleeps when nothing wakes it.
const NAP_MAX: Duration = Duration::from_millis(100);

/// The most records of one lane that are at or above a watermark, acknowledged or not; with `commit.records` the
/// bound of what a kill replays.
const IN_FLIGHT_RECORDS_MAX: u64 = 16_384;

/// How long a call to the brokers may hold the loop up.
const CALL_TIMEOUT: Duration = Duration::from_secs(3);

/// All that a lane is.
struct Lane {
    spec: Arc<PipelineSpec>,
    index: usize,
    control: Receiver<Control>,
    report: Box<dyn Fn(LaneEvent) + Send>,
    status: Arc<LaneStatus>,
    pool: Arc<Pool>,
    waker: Waker,
    origin: Instant,

    /// Messages that were taken and wait for their turn; dropped before the consumer that they belong to.
    pending: VecDeque<Message>,
    /// What the schema registry has not told yet, with the messages that wait for it; dropped likewise.
    awaited: Awaited,
    consumer: Consumer,
    subscription: Subscription,
    partitions: Partitions,
    /// Events that came while an answer was awaited.
    deferred: VecDeque<ConsumerEvent>,
    processor: Processor,
    registries: Arc<Registries>,
    outputs: Outputs,

    in_flight: InFlight,
    commits: CommitPolicy,
    breaker: Option<Breaker>,
    ended: Tally,
    counters: LaneCounters,
    measures: Measures,
    phase: Phase,
    /// Another spec, that waits for outputs in flight.
    swap: Option<Swap>,
    /// The spec is new, and not proven yet.
    trial: Option<Trial>,
    /// What holds the lane up, and since when it is said.
    trouble: Option<String>,
    told_at_ms: u64,
    last_error: Option<KafkaError>,
    /// The brokers did not let a client in, and none has been let in since.
    denied: Option<KafkaError>,
    brokers_away: Option<BrokersAway>,
    last_progress_ms: u64,
    next_gap_check_ms: u64,
    next_forward_ms: u64,
    position_backoff: Backoff,
    /// A partition went before all that was taken up of it was finished and committed: its next owner replays.
    left_unfinished: bool,
    /// The group has told what it owns, be it nothing.
    has_joined: bool,
    /// It has owned a partition.
    has_run: bool,
    /// A static member: it keeps its place when it leaves, unless that is for good.
    is_static: bool,
    leaves_for_good: bool,
}

/// What a lane is told.
#[derive(Debug)]
enum Control {
    /// Finish what is in flight, commit, leave the group; all of it before the deadline.
    Drain { deadline: Instant, for_good: bool },
    /// Go on as this spec, from the next batch on.
    Swap { spec: Arc<PipelineSpec>, is_on_trial: bool },
    /// The new spec stays.
    EndTrial,
}

impl Lane {
    /// The loop. It ends when the lane has left its group.
    fn run(&mut self) -> LaneEnd {
        loop {
            self.status.beat();
            self.take_orders();
            self.swap_when_settled();
            let mut is_busy = self.serve_consumer();
            self.resolve_positions();
            self.look_for_brokers();
            self.maintain_subscription();
            self.maintain_outputs();
            self.release_holds();
            is_busy |= self.serve_reports();
            is_busy |= self.take_in();
            self.settle();
            self.commit_when_due();
            self.keep_forwarding();
            self.measure();
            self.publish();
            if let Some(end) = self.finish() {
                return end;
            }
            if !is_busy {
                Waker::park(self.nap());
            }
        }
    }

    fn take_orders(&mut self) {
        match self.control.try_recv() {
            Ok(Control::Drain { deadline, for_good }) => {
                self.leaves_for_good |= for_good;
                self.begin_ending(LaneEnd::Drained, deadline);
            }
            Ok(Control::Swap { spec, is_on_trial }) => self.begin_swap(spec, is_on_trial),
            Ok(Control::EndTrial) => self.end_trial(),
            Err(TryRecvError::Empty) => {}
            // Nobody is left to tell this lane to stop.
            Err(TryRecvError::Disconnected) => self.begin_ending(LaneEnd::Drained, Instant::now()),
        }
    }

    /// Serves the group: this is the poll that a member owes.
    fn serve_consumer(&mut self) -> bool {
        let mut any = false;
        while let Some(event) = self.deferred.pop_front().or_else(|| self.consumer.poll()) {
            any = true;
            match event {
                ConsumerEvent::Assign(partitions) => self.assigned(&partitions),
                ConsumerEvent::Revoke { partitions, lost } => self.revoked(&partitions, lost),
                ConsumerEvent::Committed { result, offsets } => self.committed(result, &offsets),
                ConsumerEvent::Ends(answer) => self.ends_told(answer),
                ConsumerEvent::GroupOffsets(answer) => self.group_offsets_told(answer),
                ConsumerEvent::Statistics(told) => self.consumer_told(told),
                ConsumerEvent::Error { error, is_fatal } => self.consumer_error(error, is_fatal),
            }
        }
        any
    }

    fn consumer_error(&mut self, error: KafkaError, is_fatal: bool) {
        if is_fatal {
            let reason = format!("the consumer cannot go on: {error}");
            self.begin_ending(LaneEnd::Failed(reason), Instant::now());
        } else {
            if error.is_all_brokers_down() {
                self.brokers_are_away();
            }
            if error.is_unknown_topic() {
                self.subscription.check_soon(self.now_ms());
            }
            self.note_error("consumer", error);
        }
    }

    /// Remembers what went wrong last. One line tells it, not one for each time it is told; brokers that come and go
    /// are told by what the lane waits for.
    fn note_error(&mut self, of: &str, error: KafkaError) {
        if !error.is_connection_noise() && self.last_error.as_ref() != Some(&error) {
            tracing::warn!(pipeline = %self.spec.name, lane = self.index, of, %error, "kafka error");
        }
        if error.is_denied() {
            self.denied = Some(error.clone());
        }
        self.last_error = Some(error);
    }

    /// Counts what is finished and moves the watermarks.
    fn settle(&mut self) {
        let mut tally = Tally::default();
        for slot in self.partitions.iter_mut() {
            tally.add(slot.advance());
        }
        let now_ms = self.now_ms();
        if tally.total() > 0 {
            self.ended.add(tally);
            self.count_latencies();
            self.trial_finished(tally);
            self.commits.finished(tally.total(), now_ms);
            self.last_progress_ms = now_ms;
            self.give_back_memory();
        }
        self.leave_solo_when_done();
        self.pass_gaps(now_ms);
    }

    /// Writes the lane's view, and says what holds it up when that changes.
    fn publish(&mut self) {
        const TELL_EVERY_MS: u64 = 5_000;
        let trouble = self.current_trouble();
        let now_ms = self.now_ms();
        // One outage has many faces: while it lasts, a new one is told now and then.
        let is_same = trouble.is_some() == self.trouble.is_some();
        if trouble != self.trouble && (!is_same || now_ms >= self.told_at_ms + TELL_EVERY_MS) {
            self.told_at_ms = now_ms;
            match &trouble {
                Some(reason) => {
                    tracing::warn!(pipeline = %self.spec.name, lane = self.index, reason = %reason, "pipeline waiting");
                }
                None if self.phase.is_running() => {
                    tracing::info!(pipeline = %self.spec.name, lane = self.index, "pipeline flows again");
                }
                None => {}
            }
            self.trouble.clone_from(&trouble);
        }
        let mut view = self.status.lock();
        view.account = Account { ended: self.ended, in_flight: self.partitions.in_flight() };
        view.counters = self.counters;
        view.partitions = self.partitions.len();
        view.held_partitions = self.awaited.holds_count();
        view.outputs.clone_from(&self.outputs.acknowledged);
        view.is_at(self.has_joined, trouble);
    }

    /// What holds the lane up, if anything.
    fn current_trouble(&self) -> Option<String> {
        const SILENCE_MS: u64 = 3_000;
        // Another member can hold a rebalance up, for as long as its `max.poll.interval.ms`.
        const JOIN_MS: u64 = 10_000;
        // A password that is wrong looks like brokers that are away, and has another remedy.
        if let Some(error) = &self.denied {
            return Some(format!("the brokers do not let this pipeline in: {error}"));
        }
        if let Some(reason) = self.brokers_waiting() {
            return Some(reason.to_owned());
        }
        if let Some(reason) = self.outputs.waiting().or_else(|| self.partitions.waiting(self.now_ms())) {
            return Some(reason.to_owned());
        }
        if let Some(reason) = self.subscription.waiting() {
            return Some(reason);
        }
        if let Some(reason) = self.awaited.reason(self.now_ms()) {
            return Some(reason);
        }
        let silent_ms = self.now_ms().saturating_sub(self.last_progress_ms);
        // Brokers that are away have many words for it, and none that says more.
        let words = |error: &KafkaError| {
            if error.is_connection_noise() {
                "the brokers cannot be reached".to_owned()
            } else {
                error.to_string()
            }
        };
        let last_error = || self.last_error.as_ref().map(words);
        if !self.in_flight.is_empty() && silent_ms >= SILENCE_MS {
            let cause = last_error().unwrap_or_else(|| "the sinks' brokers do not acknowledge".to_owned());
            return Some(format!("outputs in flight are not acknowledged: {cause}"));
        }
        if self.partitions.len() == 0 && silent_ms >= SILENCE_MS && self.phase.is_running() {
            let cause = last_error().map(|cause| format!("no partition is assigned: {cause}"));
            let is_new = !self.has_joined && silent_ms >= JOIN_MS;
            return cause.or_else(|| is_new.then(|| "the group has assigned nothing yet".to_owned()));
        }
        None
    }

    fn nap(&self) -> Duration {
        let by_commit = self.commits.next_due_ms().map(|due| due.saturating_sub(self.now_ms()));
        by_commit.map_or(NAP_MAX, |ms| Duration::from_millis(ms.max(1)).min(NAP_MAX))
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.origin.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
