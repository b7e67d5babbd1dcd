//! What the demo shows at one moment, as plain data: drawn by `screen`, or told in lines by `plain`.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::pipeline::Account;
use crate::supervisor::{EndState, PipelineState, PipelineView};

use super::watch::{Causes, Sample};

/// Rates are measured over this time.
const RATE_WINDOW: Duration = Duration::from_secs(2);

/// Where the demo is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// The pipelines join their groups.
    Starting,
    /// Clicks flow.
    Flowing,
    /// No more clicks are made; the rest is read and finished.
    Finishing,
    /// All is over.
    Done,
}

/// One moment.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    pub(super) phase: Phase,
    /// Where it plays.
    pub(super) place: String,
    /// Since the first click.
    pub(super) elapsed: Duration,
    /// Clicks produced.
    pub(super) clicks: Flow,
    pub(super) pipelines: Vec<Row>,
    pub(super) samples: Vec<Sample>,
    pub(super) causes: Vec<Causes>,
    /// The newest log lines.
    pub(super) notices: Vec<String>,
}

/// A count and its rate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Flow {
    pub(super) total: u64,
    pub(super) per_s: u64,
}

/// One pipeline.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) state: State,
    /// What holds it up or ended it.
    pub(super) reason: Option<String>,
    pub(super) consumed: Flow,
    pub(super) produced: Flow,
    pub(super) filtered: Flow,
    pub(super) dead_lettered: Flow,
}

/// A pipeline's state in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Starting,
    Running,
    Waiting,
    Draining,
    Drained,
    Stopped,
}

impl State {
    pub(super) fn word(self) -> &'static str {
        match self {
            State::Starting => "starting",
            State::Running => "running",
            State::Waiting => "waiting",
            State::Draining => "draining",
            State::Drained => "drained",
            State::Stopped => "stopped",
        }
    }

    fn of(state: &PipelineState) -> (Self, Option<String>) {
        match state {
            PipelineState::Starting => (State::Starting, None),
            PipelineState::Running => (State::Running, None),
            PipelineState::Waiting(reason) | PipelineState::BackingOff { cause: reason, .. } => {
                (State::Waiting, Some(reason.clone()))
            }
            PipelineState::Stopped(reason) | PipelineState::Failed(reason) => {
                (State::Stopped, Some(reason.clone()))
            }
            PipelineState::Paused => (State::Stopped, None),
            PipelineState::Draining => (State::Draining, None),
            PipelineState::Ended(EndState::Drained) => (State::Drained, None),
            PipelineState::Ended(end) => {
                (State::Stopped, Some(end.reason().unwrap_or("too late").to_owned()))
            }
        }
    }
}

/// All counts of a moment, with their rates.
#[derive(Debug)]
pub(super) struct Counts {
    pub(super) clicks: Flow,
    pub(super) rows: Vec<Row>,
}

impl Counts {
    /// Replaces the rates by those over the whole time.
    pub(super) fn average_over(&mut self, elapsed: Duration) {
        let average = |flow: &mut Flow| flow.per_s = per_second(flow.total, 0, elapsed);
        average(&mut self.clicks);
        for row in &mut self.rows {
            for flow in [&mut row.consumed, &mut row.produced, &mut row.filtered, &mut row.dead_lettered] {
                average(flow);
            }
        }
    }
}

/// Remembers counts for as long as rates need them.
#[derive(Debug, Default)]
pub(super) struct History(VecDeque<Moment>);

#[derive(Debug)]
struct Moment {
    at: Instant,
    clicks: u64,
    accounts: Vec<Account>,
}

impl History {
    /// Takes the counts of now in, and gives them with their rates.
    pub(super) fn advance(&mut self, at: Instant, clicks: u64, views: &[PipelineView]) -> Counts {
        // One moment that is older than the window stays, so that rates always span all of it.
        while self.0.get(1).is_some_and(|second| at - second.at >= RATE_WINDOW) {
            self.0.pop_front();
        }
        let accounts: Vec<Account> = views.iter().map(|view| view.account).collect();
        let flow = |now: u64, of: &dyn Fn(&Moment) -> u64| {
            let per_s = self.0.front().map_or(0, |past| per_second(now, of(past), at - past.at));
            Flow { total: now, per_s }
        };
        let clicks_flow = flow(clicks, &|past| past.clicks);
        let row = |(index, view): (usize, &PipelineView)| {
            let of = |count: &dyn Fn(&Account) -> u64| {
                flow(count(&view.account), &|past: &Moment| past.accounts.get(index).map_or(0, count))
            };
            let (state, reason) = State::of(&view.state);
            Row {
                name: view.name.clone(),
                state,
                reason,
                consumed: of(&Account::consumed),
                produced: of(&|account| account.ended.produced),
                filtered: of(&|account| account.ended.filtered),
                dead_lettered: of(&|account| account.ended.dead_lettered),
            }
        };
        let rows = views.iter().enumerate().map(row).collect();
        self.0.push_back(Moment { at, clicks, accounts });
        Counts { clicks: clicks_flow, rows }
    }
}

fn per_second(now: u64, past: u64, elapsed: Duration) -> u64 {
    let elapsed_ms = elapsed.as_millis().max(1);
    u64::try_from(u128::from(now.saturating_sub(past)) * 1_000 / elapsed_ms).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_span_the_window() {
        let start = Instant::now();
        let mut history = History::default();
        let mut rate = 0;
        for tick in 0..40u32 {
            let at = start + Duration::from_millis(250) * tick;
            // 1,000 a second, and nothing in the last 2 s.
            rate = history.advance(at, u64::from(tick.min(31)) * 250, &[]).clicks.per_s;
            if tick == 31 {
                assert_eq!(rate, 1_000);
            }
        }
        assert_eq!(rate, 0);
    }
}
