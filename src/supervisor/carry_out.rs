//! Carries a plan out: every pipeline is told at once, and what becomes of each is gathered for the reload's account.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::config::Loaded;
use crate::config::diff::{Action, Change, Plan};
use crate::pipeline::unix_ms;
use crate::telemetry;

use super::dispatcher::{Dispatcher, Managed};
use super::orders::{Done, Order, Replacement, Tenancy, Version};
use super::pipeline_task::Beginning;
use super::reload::{ChangeOutcome, ReloadOutcome};
use super::status::PipelineStatus;
use super::view::PipelineState;

/// How long a reload's answer waits for a swapped spec to be proven: the trial goes on behind it.
const TRIAL_PATIENCE: Duration = Duration::from_secs(5);

/// Gathers what becomes of each change.
pub(super) struct Collector {
    generation: u64,
    findings: serde_json::Value,
    text: String,
    waits: Vec<(Change, Wait)>,
}

/// What a change waits for.
enum Wait {
    /// It was not touched.
    Nothing,
    /// It drains; by this time at the latest.
    End(Tenancy, Instant),
    /// Its lanes start, once what runs before it has drained: by this time at the latest.
    Start(oneshot::Receiver<Done>, Instant),
    /// Its new spec is proven, or goes back.
    Proof(oneshot::Receiver<Done>, Arc<PipelineStatus>),
}

impl Dispatcher {
    /// Tells every pipeline what the new configuration makes of it.
    pub(super) fn carry_out(&mut self, loaded: Loaded) -> Collector {
        let plan = Plan::between(&self.running(), &loaded.config.pipelines);
        let generation = self.shared.views.daemon().generation + 1;
        let daemon = loaded.config.daemon.clone();
        telemetry::set(daemon.log_level, daemon.log_format);
        self.shared.views.update(|view| {
            view.generation = generation;
            view.log_level = daemon.log_level;
            view.shutdown_deadline = daemon.shutdown_deadline;
            view.admin_access = daemon.admin_access;
        });
        let findings = loaded.warnings.to_json();
        let text = loaded.warnings.to_string();
        let deadline = Instant::now() + self.config.daemon.shutdown_deadline;
        self.config = loaded.config;
        let paused = self.paused();
        // Whoever takes a group over must know all that leave theirs.
        for change in &plan.changes {
            let leaves = match change.action {
                Action::Remove => Some(&change.pipeline),
                _ => change.renamed_from.as_ref(),
            };
            if let Some(name) = leaves {
                self.remove(name, deadline);
            }
        }
        let waits = plan.changes.into_iter().map(|change| {
            let wait = self.tell_change(&change, generation, deadline, &paused);
            (change, wait)
        });
        let waits = waits.collect();
        Collector { generation, findings, text, waits }
    }

    /// Drains a pipeline for good.
    fn remove(&mut self, name: &str, deadline: Instant) {
        let Some(managed) = self.pipelines.remove(name) else { return };
        let _ = managed.orders.send(Order::Remove(deadline));
        self.leaving.push(managed);
    }

    /// The pipelines that are paused.
    fn paused(&self) -> BTreeSet<String> {
        let is_paused = |managed: &Managed| managed.status.view().state == PipelineState::Paused;
        self.pipelines
            .iter()
            .filter(|(_, managed)| is_paused(managed))
            .map(|(name, _)| name.clone())
            .collect()
    }

    fn tell_change(
        &mut self,
        change: &Change,
        generation: u64,
        deadline: Instant,
        paused: &BTreeSet<String>,
    ) -> Wait {
        let name = &change.pipeline;
        match change.action {
            Action::Keep => {
                self.keep(name);
                return Wait::Nothing;
            }
            Action::Remove => {
                let leaving = self.leaving.iter().rfind(|managed| managed.status.name() == name);
                let end = |managed: &Managed| Wait::End(managed.tenancy.clone(), deadline);
                return leaving.map_or(Wait::Nothing, end);
            }
            Action::Add | Action::Rename | Action::Restart | Action::Swap => {}
        }
        let found = self.config.pipelines.iter().find(|spec| spec.name == *name);
        let spec = Arc::new(found.expect("a plan speaks of the configuration's pipelines").clone());
        let group = spec.source.group.clone();
        let to = Version { spec, generation };
        let (tell, done) = oneshot::channel();
        if change.action == Action::Add || change.action == Action::Rename {
            let after = self.owners(&group, name);
            let is_paused = change.renamed_from.as_ref().is_some_and(|old| paused.contains(old));
            self.start(to, Beginning { after, is_paused, starting: vec![tell], trial: None });
            return Wait::Start(done, deadline);
        }
        let Some(managed) = self.pipelines.get(name) else { return Wait::Nothing };
        let (order, wait) = if change.action == Action::Swap {
            (Order::Swap { to, done: tell }, Wait::Proof(done, Arc::clone(&managed.status)))
        } else {
            let after = self.owners(&group, name);
            (Order::Replace(Replacement { to, deadline, after, done: tell }), Wait::Start(done, deadline))
        };
        let _ = managed.orders.send(order);
        wait
    }

    /// Who else is still in a group that `name` is to read in: whoever leaves, or moves to another group.
    fn owners(&self, group: &str, name: &str) -> Vec<Tenancy> {
        let others = self.pipelines.iter().filter(|(other, _)| *other != name).map(|(_, managed)| managed);
        let tenancies = others.chain(&self.leaving).map(|managed| &managed.tenancy);
        let holds = |tenancy: &&Tenancy| tenancy.borrow().group.as_deref() == Some(group);
        tenancies.filter(holds).cloned().collect()
    }

    /// What did not change can still have moved to another file.
    fn keep(&self, name: &str) {
        let spec = self.config.pipelines.iter().find(|spec| spec.name == name);
        if let (Some(managed), Some(spec)) = (self.pipelines.get(name), spec) {
            managed.status.is_read_from(&spec.file);
        }
    }
}

impl Collector {
    /// Waits for every change, and gives the reload's account.
    pub(super) async fn wait(self) -> ReloadOutcome {
        let mut changes = Vec::with_capacity(self.waits.len());
        let patience = tokio::time::Instant::now() + TRIAL_PATIENCE;
        for (change, wait) in self.waits {
            changes.push(outcome(change, wait, patience).await);
        }
        ReloadOutcome::taken_in(self.generation, changes, self.findings, self.text, unix_ms())
    }
}

/// How much longer than its deadline a drain is waited for: leaving the group takes a little.
const DRAIN_GRACE: Duration = Duration::from_secs(2);

async fn outcome(change: Change, wait: Wait, patience: tokio::time::Instant) -> ChangeOutcome {
    let until = |deadline: Instant| tokio::time::Instant::from_std(deadline + DRAIN_GRACE);
    let done = match wait {
        Wait::Nothing => Ok("not touched"),
        Wait::End(mut tenancy, deadline) => {
            let ended = tenancy.wait_for(|tenure| tenure.has_ended);
            Ok(match tokio::time::timeout_at(until(deadline), ended).await {
                Ok(_) => "drained and gone",
                Err(_) => "still draining",
            })
        }
        Wait::Start(done, deadline) => match tokio::time::timeout_at(until(deadline), done).await {
            Ok(answer) => words(answer.ok()),
            Err(_) => Ok("starts once the old one has drained"),
        },
        Wait::Proof(done, status) => match tokio::time::timeout_at(patience, done).await {
            Ok(answer) => words(answer.ok()),
            Err(_) if status.view().is_on_trial => Ok("swapped, on trial"),
            Err(_) => Ok("waits for its lanes, which are not through with what they are at"),
        },
    };
    match done {
        Ok(done) => ChangeOutcome { change, done: done.to_owned(), rolled_back: None },
        Err(reason) => ChangeOutcome { change, done: "rolled back".to_owned(), rolled_back: Some(reason) },
    }
}

/// What a task's answer is called; the reason, where it went back. A task that is gone was told to end meanwhile.
fn words(answer: Option<Done>) -> Result<&'static str, String> {
    match answer.unwrap_or(Done::Overtaken) {
        Done::Started => Ok("started"),
        Done::Proven => Ok("swapped"),
        Done::Unproven => Ok("swapped; no record has come to prove it"),
        Done::Paused => Ok("taken in; it stays paused"),
        Done::Overtaken => Ok("overtaken by a later change"),
        Done::RolledBack(reason) => Err(reason),
    }
}
