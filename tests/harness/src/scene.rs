//! The stage of one test: its own topics, group and pipeline on a broker, and how it all ended.

use std::time::Duration;

use crate::client::{Client, Sent, Stored};
use crate::daemon::{Ended, Files, Run};
use crate::{broker, unique, wait};

/// Names and topics of one test. In pipeline files `@name`, `@in`, `@out` and `@dlq` stand for them.
pub struct Scene {
    /// The broker's client.
    pub client: Client,
    /// The pipeline's name.
    pub name: String,
    /// The source topic.
    pub input: String,
    /// The first sink's topic.
    pub output: String,
    /// The dead-letter topic.
    pub dlq: String,
    binary: String,
}

/// How a pipeline ended and what stands in its topics then.
#[derive(Debug)]
pub struct Outcome {
    /// State, reason and account.
    pub ended: Ended,
    /// All records of the first sink.
    pub output: Vec<Stored>,
    /// All dead letters.
    pub dlq: Vec<Stored>,
}

impl Outcome {
    /// The values of the first sink as text.
    pub fn texts(&self) -> Vec<&str> {
        self.output.iter().map(Stored::text).collect()
    }
}

impl Scene {
    /// A stage on the shared broker with source, sink and dead-letter topics of one partition each.
    pub fn new(binary: &str, stem: &str) -> Self {
        let scene = Self::bare(binary, stem, broker::shared());
        for topic in [&scene.input, &scene.output, &scene.dlq] {
            scene.client.create_topic(topic, 1, &[]);
        }
        scene
    }

    /// The same on a broker of its own, with a sink that [`Client::refuse`] makes refuse.
    pub fn with_refusable_sink(binary: &str, stem: &str) -> Self {
        let scene = Self::bare(binary, stem, broker::refusing());
        for topic in [&scene.input, &scene.dlq] {
            scene.client.create_topic(topic, 1, &[]);
        }
        scene.client.create_refusable_topic(&scene.output, 1);
        scene
    }

    /// A stage without topics, on any broker.
    pub fn bare(binary: &str, stem: &str, bootstrap: &str) -> Self {
        let name = unique::name(stem);
        Self {
            client: Client::new(bootstrap),
            input: format!("{name}.in"),
            output: format!("{name}.out"),
            dlq: format!("{name}.dlq"),
            binary: binary.to_owned(),
            name,
        }
    }

    /// The pipeline's consumer group, as it is by default.
    pub fn group(&self) -> String {
        format!("millstream.{}", self.name)
    }

    /// Puts this test's names into a text.
    pub fn fill(&self, text: &str) -> String {
        let names =
            [("@name", &self.name), ("@in", &self.input), ("@out", &self.output), ("@dlq", &self.dlq)];
        names.into_iter().fold(text.to_owned(), |text, (sign, name)| text.replace(sign, name))
    }

    /// A pipeline file from the source to the sink, with the lines that the test adds.
    pub fn pipeline(&self, lines: &str) -> String {
        self.fill(&format!("name: @name\nsource: {{topics: [@in]}}\nsinks: [{{topic: @out}}]\n{lines}\n"))
    }

    /// A pipeline file with a dead-letter queue, see [`Scene::pipeline`].
    pub fn pipeline_with_dlq(&self, lines: &str) -> String {
        self.pipeline(&format!("dlq: {{topic: @dlq}}\n{lines}"))
    }

    /// The daemon's files with this one pipeline, whose text is filled in.
    pub fn files(&self, yaml: &str) -> Files {
        Files::new(&self.binary, self.client.bootstrap()).pipeline(&self.fill(yaml))
    }

    /// Starts a daemon with this one pipeline.
    pub fn start(&self, yaml: &str) -> Run {
        self.files(yaml).start()
    }

    /// Sends records to the source's first partition.
    pub fn send(&self, records: impl IntoIterator<Item = Sent>) {
        self.client.produce(&self.input, records.into_iter().map(|record| record.to(0)));
    }

    /// Sends values to the source's first partition.
    pub fn send_values(&self, values: &[&str]) {
        self.send(values.iter().map(|value| Sent::value(*value)));
    }

    /// Waits until everything that stands in the source's first partition is finished and committed.
    pub fn wait_committed(&self, run: &mut Run) {
        let end = self.client.offsets(&self.input, 0).end;
        self.wait_committed_at(run, &self.input, &[(0, end)]);
    }

    /// Waits until the partitions of a source are committed up to these offsets, by a daemon that keeps running.
    pub fn wait_committed_at(&self, run: &mut Run, topic: &str, offsets: &[(i32, i64)]) {
        self.wait_committed_within(wait::PATIENCE, &mut [run], topic, offsets);
    }

    /// [`Scene::wait_committed_at`] with a patience of its own and as many daemons as there are.
    pub fn wait_committed_within(
        &self,
        patience: Duration,
        runs: &mut [&mut Run],
        topic: &str,
        offsets: &[(i32, i64)],
    ) {
        let group = self.group();
        let commits = self.client.commits(&group);
        wait::until_within(patience, &format!("{group} to commit {offsets:?} of {topic}"), || {
            for run in runs.iter_mut() {
                assert!(
                    run.is_running(),
                    "the daemon ended before {group} had committed {offsets:?} of {topic}"
                );
            }
            commits.reached(topic, offsets).then_some(())
        });
    }

    /// Waits until all is finished and committed, drains the daemon and gathers what came of it.
    pub fn finish(&self, mut run: Run) -> Outcome {
        self.wait_committed(&mut run);
        self.stop(run)
    }

    /// Drains the daemon and gathers what came of it.
    pub fn stop(&self, mut run: Run) -> Outcome {
        let ended = run.stop_and_account(&self.name);
        let read = |topic: &str| match self.client.partition_count(topic) {
            Some(_) => self.client.read(topic),
            None => Vec::new(),
        };
        Outcome { ended, output: read(&self.output), dlq: read(&self.dlq) }
    }
}
