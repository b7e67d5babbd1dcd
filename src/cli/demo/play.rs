//! The demo from its first moment to its account: start, flow, finish, drain, read back.

use std::time::{Duration, Instant};

use crate::cli::Exit;
use crate::config::spec::Config;
use crate::supervisor::{PipelineState, PipelineView, Signals, Supervisor};

use super::DemoError;
use super::account::Ledger;
use super::cluster::Brokers;
use super::display::Display;
use super::generator::Generator;
use super::notices::Notices;
use super::scene::{History, Phase, Scene};
use super::shipped::CLICKS;
use super::watch::Watcher;

/// How long the first click waits for pipelines that do not come up.
const START_MAX: Duration = Duration::from_secs(15);

/// How long the pipelines may take for the clicks that are left when no more are made.
const FINISH_MAX: Duration = Duration::from_secs(20);

/// How long after the drain's deadline the pipelines may take to leave their groups.
const DRAIN_GRACE: Duration = Duration::from_secs(2);

/// How long it may take to read back what was written.
const READ_BACK_MAX: Duration = Duration::from_secs(10);

/// Log lines on the screen.
const NOTICES: usize = 3;

/// The demo, playing.
pub(super) struct Play<'a> {
    config: &'a Config,
    place: String,
    clicks_topic: String,
    display: &'a mut Display,
    notices: &'a Notices,
    signals: Signals,
    supervisor: Supervisor,
    watcher: Watcher,
    generator: Option<Generator>,
    first_click: Option<Instant>,
    /// From the first click to the last, once that is made.
    flowed: Option<Duration>,
    history: History,
    phase: Phase,
    is_asked: bool,
}

impl<'a> Play<'a> {
    /// Starts the pipelines and the reader of what they write. It must be called within a tokio runtime.
    pub(super) fn start(
        config: &'a Config,
        brokers: &Brokers,
        display: &'a mut Display,
        notices: &'a Notices,
        signals: Signals,
    ) -> Result<Self, DemoError> {
        Ok(Self {
            config,
            place: brokers.place(),
            clicks_topic: format!("{}{CLICKS}", brokers.prefix()),
            display,
            notices,
            signals,
            watcher: Watcher::start(config, brokers.prefix())?,
            supervisor: Supervisor::start(config),
            generator: None,
            first_click: None,
            flowed: None,
            history: History::default(),
            phase: Phase::Starting,
            is_asked: false,
        })
    }

    /// Plays for `duration`, or until a signal asks to stop, and prints the account.
    pub(super) async fn run(&mut self, duration: Option<Duration>) -> Result<Exit, DemoError> {
        self.show_while(START_MAX, |play| !play.views().iter().all(is_up)).await;
        if !self.is_asked {
            self.phase = Phase::Flowing;
            let kafka = self.config.pipelines.first().expect("the demo has pipelines").kafka.clone();
            self.generator = Some(Generator::start(self.clicks_topic.clone(), kafka)?);
            self.first_click = Some(Instant::now());
            self.show_while(duration.unwrap_or(Duration::MAX), |play| play.can_flow()).await;
        }
        self.finish().await;
        self.drain().await;
        self.read_back().await;
        self.phase = Phase::Done;
        Ok(self.account())
    }

    /// No more clicks; those on their way are taken up by every pipeline that still can.
    async fn finish(&mut self) {
        self.phase = Phase::Finishing;
        if let Some(generator) = &self.generator {
            generator.stop();
        }
        self.flowed = Some(self.elapsed());
        self.show_while(FINISH_MAX, |play| !play.is_finished()).await;
    }

    /// Ends the pipelines.
    async fn drain(&mut self) {
        let deadline = self.config.daemon.shutdown_deadline;
        self.supervisor.drain(deadline);
        self.show_while(deadline + DRAIN_GRACE, |play| !play.views().iter().all(has_ended)).await;
        while self.supervisor.next_end().await.is_some() {}
    }

    async fn read_back(&mut self) {
        self.show_while(READ_BACK_MAX, |play| {
            let seen = play.watcher.seen();
            let (outputs, letters) = play.ledger(&play.views()).written();
            seen.failure.is_none() && (seen.outputs < outputs || seen.letters < letters)
        })
        .await;
    }

    /// Shows what happens while `goes_on` holds, for at most `limit`; a first signal, or a reader that is gone, ends
    /// it too. Once asked to stop, only time and `goes_on` count.
    async fn show_while(&mut self, limit: Duration, goes_on: impl Fn(&Self) -> bool) {
        let started = Instant::now();
        let was_asked = self.is_asked;
        let mut beat = tokio::time::interval(self.display.every());
        while goes_on(self) && self.is_asked == was_asked {
            let left = limit.saturating_sub(started.elapsed());
            if left.is_zero() {
                return;
            }
            tokio::select! {
                _ = beat.tick() => {
                    let scene = self.scene();
                    self.display.show(&scene);
                    self.is_asked |= self.display.is_gone();
                }
                _ = self.signals.drain_asked(), if !self.is_asked => {
                    self.is_asked = true;
                    self.display.give_cursor_back();
                }
                () = tokio::time::sleep(left) => {}
            }
        }
    }

    fn views(&self) -> Vec<PipelineView> {
        self.supervisor.statuses().iter().map(|status| status.view()).collect()
    }

    /// Whether there is anything left to see.
    fn can_flow(&self) -> bool {
        let is_failed = self.generator.as_ref().is_some_and(Generator::has_ended);
        !is_failed && !self.views().iter().all(has_ended)
    }

    fn is_finished(&self) -> bool {
        let clicks = self.acknowledged();
        let is_made = self.generator.as_ref().is_none_or(Generator::has_ended);
        is_made && self.views().iter().all(|view| has_ended(view) || view.account.ended.total() >= clicks)
    }

    fn acknowledged(&self) -> u64 {
        self.generator.as_ref().map_or(0, Generator::acknowledged)
    }

    fn elapsed(&self) -> Duration {
        self.flowed.unwrap_or_else(|| self.first_click.map_or(Duration::ZERO, |first| first.elapsed()))
    }

    fn scene(&mut self) -> Scene {
        let views = self.views();
        let mut moment = self.history.advance(Instant::now(), self.acknowledged(), &views);
        if self.phase == Phase::Done {
            moment.average_over(self.elapsed());
        }
        let seen = self.watcher.seen();
        Scene {
            phase: self.phase,
            place: self.place.clone(),
            elapsed: self.elapsed(),
            clicks: moment.clicks,
            pipelines: moment.rows,
            samples: seen.samples,
            causes: seen.causes,
            notices: self.failures().chain(self.notices.newest(NOTICES, Instant::now())).collect(),
        }
    }

    /// What of the demo itself is broken.
    fn failures(&self) -> impl Iterator<Item = String> + use<> {
        let generator = self.generator.as_ref().and_then(|generator| generator.failure());
        let generator = generator.map(|failure| format!("no more clicks can be made: {failure}"));
        generator.into_iter().chain(self.watcher.seen().failure)
    }

    fn ledger<'v>(&self, views: &'v [PipelineView]) -> Ledger<'v> {
        let seen = self.watcher.seen();
        Ledger {
            clicks: self.acknowledged(),
            poison: self.generator.as_ref().map_or(0, Generator::poison),
            pipelines: views,
            read_back: (seen.outputs, seen.letters),
        }
    }

    /// Prints the account; gives how the process ends.
    fn account(&mut self) -> Exit {
        let scene = self.scene();
        self.display.show_last(&scene);
        let views = self.views();
        let ledger = self.ledger(&views);
        let lines: Vec<String> =
            std::iter::once(String::new()).chain(ledger.lines()).chain(self.failures()).collect();
        let exit = match (ledger.adds_up(), ledger.is_unfinished()) {
            (true, _) => Exit::Success,
            (false, true) => Exit::DeadlinePassed,
            (false, false) => Exit::Internal,
        };
        self.display.say(&lines);
        exit
    }
}

/// Takes records, or never will.
fn is_up(view: &PipelineView) -> bool {
    has_ended(view) || (view.state == PipelineState::Running && view.partitions > 0)
}

fn has_ended(view: &PipelineView) -> bool {
    use PipelineState::{Ended, Failed, Stopped};
    matches!(view.state, Ended(_) | Stopped(_) | Failed(_))
}
