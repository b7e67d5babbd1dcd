//! One pipeline's task: it starts the lanes, sees them end, does what the policy says and what it is told.
//!
//! Its life is a loop over what comes next; what happens while lanes run is `running`'s.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot, watch};

use crate::pipeline::{LaneEnd, unix_ms};

use super::Shared;
use super::control::CommandError;
use super::orders::{Answer, Done, Order, Replacement, Tenancy, Tenure, Version};
use super::policy::{AfterEnd, RestartPolicy};
use super::running::{Leaving, Running};
use super::status::PipelineStatus;
use super::view::{EndState, PipelineReport, PipelineState};

/// A pipeline's task.
pub(super) struct PipelineTask {
    pub(super) shared: Arc<Shared>,
    pub(super) status: Arc<PipelineStatus>,
    pub(super) orders: mpsc::UnboundedReceiver<Order>,
    /// What runs, or will when it starts.
    pub(super) version: Version,
    /// Which group it holds; dropped at its end, also by a panic.
    pub(super) tenure: watch::Sender<Tenure>,
    pub(super) policy: RestartPolicy,
    /// How its next run begins.
    pub(super) beginning: Beginning,
}

/// How lanes begin.
#[derive(Debug, Default)]
pub(super) struct Beginning {
    /// They start when these have left the group.
    pub(super) after: Vec<Tenancy>,
    /// The pipeline is paused before it begins: under the name that it had before.
    pub(super) is_paused: bool,
    /// Who waits for it.
    pub(super) starting: Vec<oneshot::Sender<Done>>,
    /// The spec is still on trial; what runs again where it is not fit.
    pub(super) trial: Option<Version>,
}

/// What a task does next.
pub(super) enum Next {
    /// Start the lanes.
    Run,
    /// Start the lanes after so many milliseconds.
    BackOff { after_ms: u64, cause: String },
    /// Do nothing until told.
    Rest(PipelineState),
    /// End for good.
    End(EndState),
}

impl PipelineTask {
    /// Runs to the end.
    pub(super) async fn run(mut self) -> PipelineReport {
        let mut next = Next::Run;
        if std::mem::take(&mut self.beginning.is_paused) {
            for waiting in self.beginning.starting.drain(..) {
                // Whoever asked may be gone.
                let _ = waiting.send(Done::Paused);
            }
            next = Next::Rest(PipelineState::Paused);
        }
        let end = loop {
            next = match next {
                Next::Run => self.run_lanes().await,
                Next::BackOff { after_ms, cause } => self.back_off(after_ms, cause).await,
                Next::Rest(state) => self.rest(state).await,
                Next::End(end) => break end,
            };
        };
        // What had stopped by itself is told as it was.
        let end = match self.status.view().state {
            PipelineState::Stopped(reason) if end == EndState::Drained => EndState::Stopped(reason),
            PipelineState::Failed(reason) if end == EndState::Drained => EndState::Failed(reason),
            _ => end,
        };
        self.status.set_state(PipelineState::Ended(end.clone()));
        self.tenure.send_replace(Tenure { group: None, has_ended: true });
        PipelineReport { name: self.version.spec.name.clone(), end, account: self.status.view().account }
    }

    /// Starts the lanes, and stays until the last of them has ended.
    async fn run_lanes(&mut self) -> Next {
        self.status.set_state(PipelineState::Starting);
        // Orders that are there come first: one of them may be to start as something else.
        while let Ok(order) = self.orders.try_recv() {
            if let Some(next) = self.follow_at_rest(Some(order), &PipelineState::Starting) {
                return next;
            }
        }
        if let Some(next) = self.wait_for_others().await {
            return next;
        }
        self.hold_group(true);
        for waiting in self.beginning.starting.drain(..) {
            // Whoever asked may be gone.
            let _ = waiting.send(Done::Started);
        }
        let started = Instant::now();
        let (worst, leaving) = Running::start(self).until_ended().await;
        let ran_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.after_lanes(worst, leaving, ran_ms)
    }

    /// Waits until whoever owned the group has left it. Orders that come meanwhile are followed.
    async fn wait_for_others(&mut self) -> Option<Next> {
        let group = self.version.spec.source.group.clone();
        while let Some(mut other) = self.beginning.after.pop() {
            let order = tokio::select! {
                // An error says that its task is gone, and with it all it held.
                _ = other.wait_for(|tenure| tenure.group.as_ref() != Some(&group)) => continue,
                order = self.orders.recv() => order,
            };
            self.beginning.after.push(other);
            if let Some(next) = self.follow_at_rest(order, &PipelineState::Starting) {
                return Some(next);
            }
        }
        None
    }

    /// All lanes are gone: what follows.
    fn after_lanes(&mut self, worst: LaneEnd, leaving: Option<Leaving>, ran_ms: u64) -> Next {
        self.status.close_lanes();
        let next = self.next_after_lanes(worst, leaving, ran_ms);
        // One that backs off will be in its group again by itself.
        self.hold_group(matches!(next, Next::BackOff { .. }));
        next
    }

    fn next_after_lanes(&mut self, worst: LaneEnd, leaving: Option<Leaving>, ran_ms: u64) -> Next {
        let end = match &worst {
            LaneEnd::Drained => EndState::Drained,
            LaneEnd::DeadlinePassed => EndState::DeadlinePassed,
            LaneEnd::Stopped(reason) => EndState::Stopped(reason.clone()),
            LaneEnd::Failed(reason) => EndState::Failed(reason.clone()),
        };
        match leaving {
            Some(Leaving::End) => {
                self.log_end(&end);
                Next::End(end)
            }
            Some(Leaving::Pause(answer)) => {
                self.log_end(&end);
                self.pause(answer)
            }
            Some(Leaving::Hung(reason)) => {
                let state = PipelineState::Failed(reason.clone());
                self.log_end(&EndState::Failed(reason));
                Next::Rest(state)
            }
            Some(Leaving::StartAnew) => Next::Run,
            None => self.after_own_end(&worst, end, ran_ms),
        }
    }

    /// No lane runs, as was asked. Who asked hears it once it can be seen, and may be gone.
    fn pause(&self, answer: Answer) -> Next {
        self.status.set_state(PipelineState::Paused);
        let _ = answer.send(Ok(()));
        Next::Rest(PipelineState::Paused)
    }

    /// The lanes ended by themselves.
    fn after_own_end(&mut self, worst: &LaneEnd, end: EndState, ran_ms: u64) -> Next {
        let name = &self.version.spec.name;
        match self.policy.after(worst, ran_ms, fastrand::u64(..)) {
            AfterEnd::Done => {
                self.log_end(&end);
                Next::End(end)
            }
            AfterEnd::Stop(reason) => {
                tracing::error!(pipeline = %name, reason = %reason, "pipeline stopped");
                self.log_end(&EndState::Stopped(reason.clone()));
                Next::Rest(PipelineState::Stopped(reason))
            }
            AfterEnd::Fail(reason) => {
                tracing::error!(pipeline = %name, reason = %reason, "pipeline failed");
                self.log_end(&EndState::Failed(reason.clone()));
                Next::Rest(PipelineState::Failed(reason))
            }
            AfterEnd::Restart { after_ms, cause } => {
                tracing::error!(pipeline = %name, reason = %cause, after_ms, "pipeline broke, starting again");
                self.status.count_restart();
                Next::BackOff { after_ms, cause }
            }
        }
    }

    /// Tells others whether this pipeline is in its group.
    fn hold_group(&self, is_held: bool) {
        let group = is_held.then(|| self.version.spec.source.group.clone());
        self.tenure.send_replace(Tenure { group, has_ended: false });
    }

    async fn back_off(&mut self, after_ms: u64, cause: String) -> Next {
        let state = PipelineState::BackingOff { cause, next_try_at_ms: unix_ms() + after_ms };
        self.status.set_state(state.clone());
        let over = tokio::time::sleep(Duration::from_millis(after_ms));
        tokio::pin!(over);
        loop {
            tokio::select! {
                () = &mut over => return Next::Run,
                order = self.orders.recv() => {
                    if let Some(next) = self.follow_at_rest(order, &state) {
                        return next;
                    }
                }
            }
        }
    }

    async fn rest(&mut self, state: PipelineState) -> Next {
        self.status.set_state(state.clone());
        self.shared.views.has_come_to_rest();
        loop {
            let order = self.orders.recv().await;
            if let Some(next) = self.follow_at_rest(order, &state) {
                return next;
            }
        }
    }

    /// Follows an order while no lane runs; `None`: nothing changes.
    fn follow_at_rest(&mut self, order: Option<Order>, state: &PipelineState) -> Option<Next> {
        // Answers may go to nobody: whoever asked can be gone.
        match order {
            // Nobody is left to tell it anything.
            None | Some(Order::End(_) | Order::Remove(_)) => {
                if matches!(state, PipelineState::Starting | PipelineState::BackingOff { .. }) {
                    self.log_end(&EndState::Drained);
                }
                Some(Next::End(EndState::Drained))
            }
            Some(Order::Pause(_, answer)) => Some(self.pause(answer)),
            Some(Order::Resume(answer) | Order::Restart(_, answer)) => {
                // Before the answer: whoever gets it may look.
                self.status.set_state(PipelineState::Starting);
                let _ = answer.send(Ok(()));
                self.policy = RestartPolicy::default();
                Some(Next::Run)
            }
            Some(Order::Replace(Replacement { to, after, done, .. })) => {
                self.beginning.after.extend(after);
                self.adopt_at_rest(to, state, done)
            }
            Some(Order::Swap { to, done }) => self.adopt_at_rest(to, state, done),
        }
    }

    /// A changed file starts what had stopped or failed; what is paused stays so.
    fn adopt_at_rest(
        &mut self,
        to: Version,
        state: &PipelineState,
        done: oneshot::Sender<Done>,
    ) -> Option<Next> {
        self.status.adopt(Arc::clone(&to.spec), to.generation, false);
        self.version = to;
        self.beginning.trial = None;
        self.hold_group(false);
        self.policy = RestartPolicy::default();
        if *state == PipelineState::Paused {
            let _ = done.send(Done::Paused);
            return None;
        }
        self.beginning.starting.push(done);
        Some(Next::Run)
    }

    /// The account, as the daemon says it whenever a pipeline comes to rest.
    fn log_end(&self, end: &EndState) {
        let account = self.status.view().account;
        tracing::info!(
            pipeline = %self.version.spec.name,
            state = end.as_str(),
            reason = end.reason(),
            consumed = account.consumed(),
            produced = account.ended.produced,
            filtered = account.ended.filtered,
            dead_lettered = account.ended.dead_lettered,
            skipped = account.ended.skipped,
            in_flight = account.in_flight,
            "pipeline ended"
        );
    }
}

/// What a command meets where a lane's thread hangs.
pub(super) fn hangs(reason: &str) -> CommandError {
    CommandError::NotNow(format!("its old thread still hangs: {reason}"))
}
