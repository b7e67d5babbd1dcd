//! The account at the end: every click in exactly one place, in every pipeline; and whether the topics agree.

use crate::supervisor::{EndState, PipelineView};

use super::scene::grouped;

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
    /// Whether every click is accounted for in every pipeline.
    pub(super) fn adds_up(&self) -> bool {
        self.pipelines.iter().all(|pipeline| self.is_whole(pipeline))
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
            false => format!("{produced}, NOT all accounted for:"),
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
                format!("{} clicks not finished; the next start takes them up", grouped(missing))
            }
            None => {
                format!("{} records more than clicks: some were taken up twice", grouped(ended - self.clicks))
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
    if let crate::supervisor::PipelineState::Ended(end) = &pipeline.state
        && *end != EndState::Drained
    {
        line.push_str(&format!("  {}: {}", end.as_str(), end.reason().unwrap_or("the deadline passed")));
    }
    line
}
