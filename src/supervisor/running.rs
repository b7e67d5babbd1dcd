//! A pipeline whose lanes run: what they report, what they are told, a new spec on trial, a lane that hangs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

use crate::pipeline::{LaneEnd, LaneEvent, LaneHandle, LaneSetup, start_lane};

use super::orders::{Answer, Done, Order, Version};
use super::pipeline_task::{PipelineTask, hangs};
use super::pulse::{LOOKS_MAX, Pulse};
use super::trial::Trial;
use super::view::PipelineState;

/// How long the other lanes of a pipeline may take to finish when one of them has ended by itself.
const SIBLINGS_DEADLINE: Duration = Duration::from_secs(30);

/// How many lanes keep their places in the group: they will be back.
const ALL: usize = usize::MAX;
/// None will be back, and nobody shall wait for their sessions to time out.
const NONE: usize = 0;

/// How often the lanes' signs of life are looked at; one that shows none for `LOOKS_MAX` looks hangs: its program runs
/// on and on over one record.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long a lane that hangs may still take to end, before the process counts as sick.
const HANGS_GRACE: Duration = Duration::from_secs(30);

/// Why the lanes are told to leave, and what follows.
pub(super) enum Leaving {
    /// The end.
    End,
    /// A pause; whoever asked is told.
    Pause(Answer),
    /// A new start.
    StartAnew,
    /// A lane hangs: the pipeline is failed already.
    Hung(String),
}

/// A lane that hangs.
struct Hang {
    reason: String,
    since: Instant,
    is_told: bool,
}

/// The lanes of a pipeline, from their start to the end of the last one.
pub(super) struct Running<'t> {
    pub(super) task: &'t mut PipelineTask,
    pub(super) lanes: Vec<LaneHandle>,
    events: mpsc::UnboundedReceiver<(usize, LaneEvent)>,
    /// Which lanes have not ended.
    alive: usize,
    worst: LaneEnd,
    pub(super) leaving: Option<Leaving>,
    pub(super) trial: Option<Trial>,
    hang: Option<Hang>,
    pulse: Pulse,
}

impl<'t> Running<'t> {
    /// Starts all lanes of the task's spec.
    pub(super) fn start(task: &'t mut PipelineTask) -> Self {
        let (tell, events) = mpsc::unbounded_channel();
        let trial = task.beginning.trial.take();
        let spec = &task.version.spec;
        let mut lanes: Vec<LaneHandle> = Vec::with_capacity(spec.lanes);
        let mut worst = LaneEnd::Drained;
        for index in 0..spec.lanes {
            let setup = LaneSetup {
                spec: Arc::clone(spec),
                index,
                instance_id: task.shared.instance_id.clone(),
                pool: Arc::clone(&task.shared.pool),
                registries: Arc::clone(&task.shared.registries),
                is_on_trial: trial.is_some(),
            };
            let tell = tell.clone();
            // The receiver is gone only when this task is.
            match start_lane(setup, move |event| drop(tell.send((index, event)))) {
                Ok(lane) => lanes.push(lane),
                Err(error) => {
                    worst = LaneEnd::Failed(format!("no thread for lane {index}: {error}"));
                    break;
                }
            }
        }
        let has_failed = worst != LaneEnd::Drained;
        task.status.set_lanes(lanes.iter().map(|lane| Arc::clone(lane.status())).collect());
        let alive = lanes.len();
        let trial = trial.map(|old| Trial::resumed(old, alive));
        let pulse = Pulse::new(alive);
        let running = Self { alive, task, lanes, events, worst, leaving: None, trial, hang: None, pulse };
        if has_failed {
            running.drain(Instant::now() + SIBLINGS_DEADLINE, ALL);
        }
        running
    }

    /// Stays until the last lane has ended; gives the worst end of all, and why they were told to leave.
    pub(super) async fn until_ended(mut self) -> (LaneEnd, Option<Leaving>) {
        let mut look = tokio::time::interval(LOOK_EVERY);
        // Looks that were missed, because the process was stopped, are not made up for.
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while self.alive > 0 {
            let trial_ends = self.trial.as_ref().map(|trial| trial.until);
            tokio::select! {
                Some((lane, event)) = self.events.recv() => self.event(lane, event),
                order = self.task.orders.recv() => self.order(order),
                () = until(trial_ends), if trial_ends.is_some() => self.end_trial(Done::Unproven),
                _ = look.tick() => self.look_for_hangs(),
            }
        }
        if let Some(mut trial) = self.trial.take() {
            trial.answer(Done::Unproven);
            // A pause or a restart interrupts it; the next start goes on with it.
            match self.leaving {
                Some(Leaving::Pause(_) | Leaving::StartAnew) => self.task.beginning.trial = Some(trial.old),
                _ => self.task.status.end_trial(),
            }
        }
        if self.hang.is_some() {
            self.task.shared.views.set_hung(&self.task.version.spec.name, None);
        }
        (self.worst, self.leaving)
    }

    fn event(&mut self, lane: usize, event: LaneEvent) {
        match event {
            LaneEvent::Swapped => {
                if let Some(trial) = &mut self.trial {
                    trial.swapped.insert(lane);
                }
            }
            LaneEvent::Proven => self.end_trial(Done::Proven),
            LaneEvent::Unfit(reason) => match self.trial.take() {
                Some(trial) => self.roll_back(trial, reason),
                // Another lane had proven the spec: what is wrong is the record.
                None => self.lanes[lane].end_trial(),
            },
            LaneEvent::Ended(end) => self.lane_ended(lane, end),
        }
    }

    fn lane_ended(&mut self, lane: usize, end: LaneEnd) {
        self.alive -= 1;
        self.pulse.ended(lane);
        if end != LaneEnd::Drained && self.leaving.is_none() {
            self.drain(Instant::now() + SIBLINGS_DEADLINE, ALL);
            if let Some(trial) = self.trial.take() {
                self.ended_on_trial(trial, lane, &end);
            }
        }
        if graver(&self.worst, &end) {
            self.worst = end;
        }
    }

    fn order(&mut self, order: Option<Order>) {
        // Answers may go to nobody: whoever asked can be gone.
        match order {
            None => self.leave(Leaving::End, Instant::now(), ALL),
            Some(Order::End(deadline)) => self.leave(Leaving::End, deadline, ALL),
            Some(Order::Remove(deadline)) => self.leave(Leaving::End, deadline, NONE),
            Some(Order::Pause(deadline, answer)) => match self.refusal() {
                Some(error) => drop(answer.send(Err(error))),
                None => self.leave(Leaving::Pause(answer), deadline, NONE),
            },
            Some(Order::Resume(answer)) => {
                let _ = answer.send(self.refusal().map_or(Ok(()), Err));
            }
            Some(Order::Restart(deadline, answer)) => {
                let refusal = self.refusal();
                if refusal.is_none() {
                    self.leave(Leaving::StartAnew, deadline, ALL);
                }
                let _ = answer.send(refusal.map_or(Ok(()), Err));
            }
            Some(Order::Replace(replacement)) => {
                let group = |version: &Version| version.spec.source.group.clone();
                let stays_in_group = group(&self.task.version) == group(&replacement.to);
                let stay = if stays_in_group { replacement.to.spec.lanes } else { NONE };
                self.adopt(replacement.to, false);
                self.task.beginning.after.extend(replacement.after);
                self.task.beginning.starting.push(replacement.done);
                self.leave(Leaving::StartAnew, replacement.deadline, stay);
            }
            Some(Order::Swap { to, done }) => self.swap(to, done),
        }
    }

    /// Why a command cannot be followed: a thread that hangs cannot be told anything.
    fn refusal(&self) -> Option<super::CommandError> {
        self.hang.as_ref().map(|hang| hangs(&hang.reason))
    }

    /// Tells all lanes to leave. A later reason stands over an earlier one, but nothing over the end.
    fn leave(&mut self, why: Leaving, deadline: Instant, stay: usize) {
        match (&self.leaving, &why) {
            (Some(Leaving::End), _) => {}
            // What hangs stays failed; what is asked for then is a new start once it has ended.
            (Some(Leaving::Hung(_)), Leaving::Pause(_)) => {}
            _ => {
                if let Some(Leaving::Pause(answer)) = self.leaving.replace(why) {
                    let error = super::CommandError::NotNow("a later command came first".to_owned());
                    let _ = answer.send(Err(error));
                }
            }
        }
        if self.hang.is_none() {
            self.task.status.set_state(PipelineState::Draining);
        }
        self.drain(deadline, stay);
    }

    /// Drains all lanes. The first `stay` of them keep their place in the group, where they are static members.
    fn drain(&self, deadline: Instant, stay: usize) {
        for (index, lane) in self.lanes.iter().enumerate() {
            lane.drain(deadline, index >= stay);
        }
    }

    /// What runs from the next start on, or from the next batch on.
    pub(super) fn adopt(&mut self, to: Version, is_on_trial: bool) {
        if let Some(mut trial) = self.trial.take() {
            trial.answer(Done::Overtaken);
        }
        self.task.status.adopt(Arc::clone(&to.spec), to.generation, is_on_trial);
        self.task.version = to;
    }

    /// A lane whose thread shows no sign of life has its pipeline failed. Rust cannot end a thread: if it does not end by
    /// itself, only a restart of the process helps, and the watchdog is told so.
    fn look_for_hangs(&mut self) {
        let name = &self.task.version.spec.name;
        if let Some(hang) = &mut self.hang {
            if !hang.is_told && hang.since.elapsed() >= HANGS_GRACE {
                hang.is_told = true;
                tracing::error!(pipeline = %name, reason = %hang.reason, "a lane hangs and does not end: the process needs a restart");
                self.task.shared.views.set_hung(name, Some(hang.reason.clone()));
            }
            return;
        }
        let Some(lane) = self.pulse.look(|lane| self.lanes[lane].last_beat()) else { return };
        let at = self.lanes[lane].record_at_work().map(|record| format!(", at {record}")).unwrap_or_default();
        let silence_s = u64::from(LOOKS_MAX) * LOOK_EVERY.as_secs();
        let reason = format!("lane {lane} hangs: no sign of life for {silence_s} s{at}");
        tracing::error!(pipeline = %name, reason = %reason, "pipeline failed");
        self.task.status.set_state(PipelineState::Failed(reason.clone()));
        self.hang = Some(Hang { reason: reason.clone(), since: Instant::now(), is_told: false });
        match self.leaving.take() {
            // A pause would wait for as long as the lane hangs.
            Some(Leaving::Pause(answer)) => {
                let _ = answer.send(Err(hangs(&reason)));
                self.leaving = Some(Leaving::Hung(reason));
            }
            None => self.leaving = Some(Leaving::Hung(reason)),
            leaving => self.leaving = leaving,
        }
        self.drain(Instant::now() + SIBLINGS_DEADLINE, ALL);
    }
}

async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment.into()).await,
        None => std::future::pending().await,
    }
}

/// Whether `other` says more than `one`.
fn graver(one: &LaneEnd, other: &LaneEnd) -> bool {
    let weight = |end: &LaneEnd| match end {
        LaneEnd::Drained => 0,
        LaneEnd::DeadlinePassed => 1,
        LaneEnd::Failed(_) => 2,
        LaneEnd::Stopped(_) => 3,
    };
    weight(other) > weight(one)
}
