//! The account at the end: every click in exactly one place, in every pipeline; and whether the topics agree.

use crate::supervisor::{EndState, PipelineState, PipelineView};

use crate::cli::screen::grouped;

/// All that the account is made of.
#[derive(Debug)]
pub(super) struct Ledger<'a> {
    /// Clicks that the brokers acknowledged, and how many of them are broken.
    pub(super) clicks: u64,
    pub(super) poison: u64,
    /// Each pipeline at its end.
    pub(super) pipelines: &'a [PipelineView],
    /// Records that were read back from sinks' topics, and from dead-letter topics.
    pub(super) read_back: (u64, u64),
}

impl Ledger<'_> {
    /// Whether every click is accounted for in every pipeline, and no record is missing in the topics. More of them
    /// than were acknowledged is what at-least-once means after an outage.
    pub(super) fn adds_up(&self) -> bool {
        let (outputs, letters) = self.written();
        let is_there = self.read_back.0 >= outputs && self.read_back.1 >= letters;
        is_there && self.pipelines.iter().all(|pipeline| self.is_whole(pipeline))
    }

    /// Whether all that is wrong is that time was too short.
    pub(super) fn is_unfinished(&self) -> bool {
        let is_short = |pipeline| !self.is_whole(pipeline);
        self.pipelines.iter().any(is_short)
            && self.pipelines.iter().all(|pipeline| {
                let is_drained = matches!(
                    pipeline.state,
                    PipelineState::Ended(EndState::Drained | EndState::DeadlinePassed)
                );
                is_drained && pipeline.account.ended.total() <= self.clicks
            })
    }

    fn is_whole(&self, pipeline: &PipelineView) -> bool {
        pipeline.account.in_flight == 0 && pipeline.account.ended.total() == self.clicks
    }

    /// What was acknowledged in sinks' topics.
    fn outputs(&self) -> u64 {
        self.pipelines.iter().flat_map(|pipeline| &pipeline.outputs).map(|(_, count)| count).sum()
    }

    fn letters(&self) -> u64 {
        self.pipelines.iter().map(|pipeline| pipeline.account.ended.dead_lettered).sum()
    }

    /// Records that the topics should hold.
    pub(super) fn written(&self) -> (u64, u64) {
        (self.outputs(), self.letters())
    }

    /// The account in lines.
    pub(super) fn lines(&self) -> Vec<String> {
        let names = self.pipelines.iter().map(|pipeline| pipeline.name.len()).max().unwrap_or(0).max(11);
        let mut lines = vec![format!(
            "{:names$} {:>10}   {:>10}   {:>10}   {:>13}   {:>7}",
            "THE ACCOUNT", "consumed", "produced", "filtered", "dead-lettered", "skipped"
        )];
        lines.extend(self.pipelines.iter().map(|pipeline| line(pipeline, names)));
        lines.push(String::new());
        lines.extend(self.verdict());
        lines
    }

    fn verdict(&self) -> Vec<String> {
        let Self { clicks, poison, read_back, .. } = self;
        let (outputs, letters) = self.written();
        let produced = format!("{} clicks produced", grouped(*clicks));
        let mut lines = vec![match self.adds_up() {
            true => format!(
                "{produced}, {} accounted for by each of the {} pipelines.",
                grouped(*clicks),
                self.pipelines.len()
            ),
            false => format!("{produced}, NOT all accounted for."),
        }];
        for pipeline in self.pipelines.iter().filter(|pipeline| !self.is_whole(pipeline)) {
            lines.push(format!("  {}: {}", pipeline.name, self.gap(pipeline)));
        }
        lines.push(format!("{} of them were broken on purpose.", grouped(*poison)));
        let read =
            format!("Read back: {} outputs and {} dead letters", grouped(read_back.0), grouped(read_back.1));
        lines.push(match *read_back == (outputs, letters) {
            true => format!("{read}, as many as were acknowledged."),
            false => format!("{read}; acknowledged: {} and {}.", grouped(outputs), grouped(letters)),
        });
        lines
    }

    fn gap(&self, pipeline: &PipelineView) -> String {
        let ended = pipeline.account.ended.total();
        match self.clicks.checked_sub(ended) {
            Some(missing) => {
                format!("{} not finished", grouped(missing))
            }
            None => {
                format!("{} more than clicks: some were taken up twice", grouped(ended - self.clicks))
            }
        }
    }
}

fn line(pipeline: &PipelineView, names: usize) -> String {
    let account = pipeline.account;
    let mut line = format!(
        "{:names$} {:>10} = {:>10} + {:>10} + {:>13} + {:>7}",
        pipeline.name,
        grouped(account.consumed()),
        grouped(account.ended.produced),
        grouped(account.ended.filtered),
        grouped(account.ended.dead_lettered),
        grouped(account.ended.skipped),
    );
    if account.in_flight > 0 {
        line.push_str(&format!(" + {} in flight", grouped(account.in_flight)));
    }
    if let PipelineState::Ended(end) = &pipeline.state
        && *end != EndState::Drained
    {
        line.push_str(&format!("  {}: {}", end.as_str(), end.reason().unwrap_or("the deadline passed")));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::Tally;
    use crate::pipeline::Account;

    fn pipeline(end: EndState, ended: Tally, outputs: u64) -> PipelineView {
        PipelineView {
            name: "clicks-clean".into(),
            state: PipelineState::Ended(end),
            account: Account { ended, in_flight: 0 },
            outputs: vec![("clicks-clean".into(), outputs)],
            ..PipelineView::default()
        }
    }

    fn tally() -> Tally {
        Tally { produced: 8_000, filtered: 1_900, dead_lettered: 100, skipped: 0 }
    }

    #[test]
    fn an_account_that_adds_up() {
        let pipelines = [pipeline(EndState::Drained, tally(), 8_000)];
        let ledger = Ledger { clicks: 10_000, poison: 100, pipelines: &pipelines, read_back: (8_000, 100) };
        assert!(ledger.adds_up());
        let expected = "\
THE ACCOUNT    consumed     produced     filtered   dead-lettered   skipped
clicks-clean     10,000 =      8,000 +      1,900 +           100 +       0

10,000 clicks produced, 10,000 accounted for by each of the 1 pipelines.
100 of them were broken on purpose.
Read back: 8,000 outputs and 100 dead letters, as many as were acknowledged.";
        assert_eq!(ledger.lines().join("\n"), expected);
    }

    #[test]
    fn a_click_that_is_missing_is_told() {
        let pipelines = [pipeline(EndState::Drained, tally(), 8_000)];
        let ledger = Ledger { clicks: 10_001, poison: 100, pipelines: &pipelines, read_back: (8_000, 100) };
        assert!(!ledger.adds_up() && ledger.is_unfinished());
        let lines = ledger.lines().join("\n");
        assert!(lines.contains("NOT all accounted for."), "{lines}");
        assert!(lines.contains("clicks-clean: 1 not finished"), "{lines}");
    }

    #[test]
    fn an_output_that_is_missing_in_its_topic_is_no_success() {
        let pipelines = [pipeline(EndState::Drained, tally(), 8_000)];
        let mut ledger =
            Ledger { clicks: 10_000, poison: 100, pipelines: &pipelines, read_back: (7_999, 100) };
        assert!(!ledger.adds_up() && !ledger.is_unfinished());
        ledger.read_back = (8_001, 100);
        assert!(ledger.adds_up());
        assert!(ledger.lines().join("\n").ends_with("acknowledged: 8,000 and 100."));
    }

    #[test]
    fn a_pipeline_that_stopped_says_why() {
        let pipelines = [pipeline(EndState::Stopped("poison at clicks [0]".into()), tally(), 8_000)];
        let ledger = Ledger { clicks: 20_000, poison: 100, pipelines: &pipelines, read_back: (8_000, 100) };
        assert!(!ledger.adds_up() && !ledger.is_unfinished());
        assert!(ledger.lines()[1].ends_with("stopped: poison at clicks [0]"), "{:?}", ledger.lines());
    }
}
