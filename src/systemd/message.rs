//! What is said for which step: text from state, with the time as an argument.

use std::fmt::Write;
use std::time::{Duration, Instant};

use crate::supervisor::{Phase, PipelineState, PipelineView};

/// Said as long as the process is well.
pub(super) const WATCHDOG: &str = "WATCHDOG=1";

/// The longest status in bytes. The manager drops a datagram of more than 4096.
const STATUS_BYTES_MAX: usize = 2_000;

/// How late a drain may end after its deadline: what `run` waits for lanes that keep it themselves, and a little.
const DRAIN_GRACE: Duration = Duration::from_secs(6);

/// How much more time a drain asks for at once: a process that is stuck altogether is killed after it.
const EXTENSION_MAX: Duration = Duration::from_secs(10);

/// Where the daemon is, as the manager was told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Starting,
    Running,
    Reloading,
    /// Until then at the latest.
    Draining(Instant),
}

/// Knows what was said, and says what is new.
#[derive(Debug, Default)]
pub(super) struct Teller {
    stage: Stage,
    /// How the last reload ended; it stays in the status until the next.
    last_reload: Option<String>,
    /// The status that was said last.
    said: String,
}

impl Teller {
    /// What to say of a step.
    pub(super) fn step(
        &mut self,
        phase: Phase,
        pipelines: &[PipelineView],
        generation: u64,
        now: Instant,
        monotonic_us: u64,
    ) -> String {
        let (stage, sign) = match phase {
            Phase::Ready => (Stage::Running, "READY=1".to_owned()),
            // Both in one datagram: the manager tells by the time which reload it is.
            Phase::Reloading => (Stage::Reloading, format!("RELOADING=1\nMONOTONIC_USEC={monotonic_us}")),
            Phase::Reloaded(summary) => {
                self.last_reload = Some(summary);
                (Stage::Running, "READY=1".to_owned())
            }
            Phase::Draining(deadline) => (Stage::Draining(deadline), "STOPPING=1".to_owned()),
        };
        self.stage = stage;
        self.said = self.status(pipelines, generation);
        let extension = self.extension(now).map(|text| format!("\n{text}")).unwrap_or_default();
        format!("{sign}\nSTATUS={}{extension}", self.said)
    }

    /// What to say between steps: a status that has changed, and that a drain takes longer.
    pub(super) fn look(
        &mut self,
        pipelines: &[PipelineView],
        generation: u64,
        now: Instant,
    ) -> Option<String> {
        let status = self.status(pipelines, generation);
        let news = (status != self.said).then(|| format!("STATUS={status}"));
        self.said = status;
        let lines: Vec<String> = news.into_iter().chain(self.extension(now)).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    /// A drain that has time left asks for more.
    fn extension(&self, now: Instant) -> Option<String> {
        let Stage::Draining(deadline) = self.stage else { return None };
        let left = (deadline + DRAIN_GRACE).saturating_duration_since(now);
        (!left.is_zero()).then(|| format!("EXTEND_TIMEOUT_USEC={}", left.min(EXTENSION_MAX).as_micros()))
    }

    fn status(&self, pipelines: &[PipelineView], generation: u64) -> String {
        let stage = match self.stage {
            Stage::Starting => "starting, ",
            Stage::Running => "",
            Stage::Reloading => "reloading, ",
            Stage::Draining(_) => "draining, ",
        };
        let configuration = match &self.last_reload {
            // It names the generation.
            Some(summary) => summary.clone(),
            None => format!("generation {generation}"),
        };
        one_line(&format!("{stage}{}; {configuration}", counts(pipelines)))
    }
}

/// How many pipelines there are, and how many in which state.
fn counts(pipelines: &[PipelineView]) -> String {
    let number = pipelines.len();
    let mut text = format!("{number} pipeline{}", if number == 1 { "" } else { "s" });
    let mut separator = ": ";
    for word in PipelineState::WORDS {
        let count = pipelines.iter().filter(|view| view.state.as_str() == word).count();
        if count > 0 {
            // Writing to a String does not fail.
            let _ = write!(text, "{separator}{count} {}", word.replace('_', " "));
            separator = ", ";
        }
    }
    text
}

/// A status is one line, and no longer than the manager takes.
fn one_line(text: &str) -> String {
    let mut line: String =
        text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    line.truncate(line.floor_char_boundary(STATUS_BYTES_MAX));
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn views(states: &[PipelineState]) -> Vec<PipelineView> {
        let view = |state: &PipelineState| PipelineView { state: state.clone(), ..PipelineView::default() };
        states.iter().map(view).collect()
    }

    fn running() -> Vec<PipelineView> {
        views(&[PipelineState::Running])
    }

    #[test]
    fn a_status_counts_the_pipelines_by_state() {
        let mut states = vec![PipelineState::Running; 10];
        states.insert(0, PipelineState::Stopped("poison".to_owned()));
        states.push(PipelineState::Waiting("no broker".to_owned()));
        let said = Teller::default().step(Phase::Ready, &views(&states), 3, Instant::now(), 1);
        assert_eq!(said, "READY=1\nSTATUS=12 pipelines: 10 running, 1 waiting, 1 stopped; generation 3");
    }

    #[test]
    fn a_status_is_said_again_only_when_it_changes() {
        let (mut teller, now) = (Teller::default(), Instant::now());
        let starting = views(&[PipelineState::Starting]);
        let said = teller.look(&starting, 1, now);
        assert_eq!(said.as_deref(), Some("STATUS=starting, 1 pipeline: 1 starting; generation 1"));
        assert_eq!(teller.look(&starting, 1, now), None);
        teller.step(Phase::Ready, &running(), 1, now, 1);
        assert_eq!(teller.look(&running(), 1, now), None);
        let cause = "panic".to_owned();
        let backing_off = views(&[PipelineState::BackingOff { cause, next_try_at_ms: 0 }]);
        let said = teller.look(&backing_off, 1, now);
        assert_eq!(said.as_deref(), Some("STATUS=1 pipeline: 1 backing off; generation 1"));
    }

    #[test]
    fn a_reload_is_told_with_its_time_in_one_datagram() {
        let mut teller = Teller::default();
        let said = teller.step(Phase::Reloading, &running(), 1, Instant::now(), 42);
        assert_eq!(
            said,
            "RELOADING=1\nMONOTONIC_USEC=42\nSTATUS=reloading, 1 pipeline: 1 running; generation 1"
        );
    }

    #[test]
    fn a_refused_reload_is_ready_again_and_stays_in_the_status() {
        let (mut teller, now) = (Teller::default(), Instant::now());
        let refused = "reload refused, generation 1 runs on: a.yaml:3:1: unknown key".to_owned();
        let said = teller.step(Phase::Reloaded(refused.clone()), &running(), 1, now, 1);
        assert_eq!(said, format!("READY=1\nSTATUS=1 pipeline: 1 running; {refused}"));
        let said = teller.look(&views(&[PipelineState::Paused]), 1, now);
        assert_eq!(said, Some(format!("STATUS=1 pipeline: 1 paused; {refused}")));
        let said = teller.step(Phase::Reloaded("generation 2; swapped: a".to_owned()), &running(), 2, now, 1);
        assert_eq!(said, "READY=1\nSTATUS=1 pipeline: 1 running; generation 2; swapped: a");
    }

    #[test]
    fn a_drain_asks_for_more_time_until_it_is_overdue() {
        let (mut teller, now) = (Teller::default(), Instant::now());
        let deadline = now + Duration::from_secs(60);
        let draining = views(&[PipelineState::Draining]);
        let said = teller.step(Phase::Draining(deadline), &draining, 1, now, 1);
        let status = "STATUS=draining, 1 pipeline: 1 draining; generation 1";
        assert_eq!(said, format!("STOPPING=1\n{status}\nEXTEND_TIMEOUT_USEC=10000000"));
        let said = teller.look(&draining, 1, deadline + Duration::from_secs(2));
        assert_eq!(said.as_deref(), Some("EXTEND_TIMEOUT_USEC=4000000"));
        assert_eq!(teller.look(&draining, 1, deadline + DRAIN_GRACE), None);
    }

    #[test]
    fn a_status_stays_one_line_that_fits() {
        let long = format!("generation 2\nREADY=1 {}", "ä".repeat(5_000));
        let said = Teller::default().step(Phase::Reloaded(long), &running(), 2, Instant::now(), 1);
        assert_eq!(said.lines().count(), 2);
        assert!(said.len() < 2_100, "{} bytes", said.len());
    }
}
