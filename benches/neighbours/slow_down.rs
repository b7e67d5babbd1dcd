//! Seventeen pipelines that are well drain the same load alone, and beside three that are broken each in its own way.
//!
//! `BENCH_PAIRS` says how often; `BENCH_KAFKA` is a line more for the daemons' `kafka:`, such as `linger.ms: 50`.

use std::time::Duration;

use millstream_harness::client::{Client, Commits};
use millstream_harness::daemon::{Files, Run};
use millstream_harness::oracle::Load;
use millstream_harness::usage::Machine;
use millstream_harness::{broker, unique, wait};

use crate::BINARY;
use crate::figures::{Span, Spread, Watch};

/// Pipelines that are well.
const WELL: usize = 17;

/// What each of them drains: 200 thousand records.
const LOAD: Load = Load { partitions: 2, per_partition: 100_000, poison_one_in: 0, pad_bytes: 150 };

/// How often both are measured, where `BENCH_PAIRS` does not say.
const PAIRS: usize = 3;

/// How many times as many are measured until enough were quiet.
const TRIES: usize = 4;

/// Reached only where a pipeline that should be well is not.
const DRAIN_PATIENCE: Duration = Duration::from_secs(600);

const MAPS: &str = "{map: .mapped = true}";

/// A program that panics over every record: memory has no room for so long a text.
const PANICS: &str = r#"{map: '.x = "ab" * (%offset * 0 + 9223372036854775807)'}"#;

/// Who runs beside those that are well.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Beside {
    Nobody,
    /// One that panics, one without its topic, one whose sink refuses.
    Broken,
}

/// What all rounds share.
struct Stage {
    client: Client,
    input: String,
    refusing: String,
}

/// Measures, and prints what came of it.
pub(crate) fn run() {
    let stage = Stage::prepare();
    println!("\n{WELL} pipelines drain {} records each", LOAD.count());
    println!(
        "{:<10}{:>9}{:>12}{:>11}{:>12}{:>14}{:>8}",
        "beside", "seconds", "daemon CPU", "us/record", "broker CPU", "others, cores", "load"
    );
    // The first one warms the broker up, and does not count.
    stage.measure(Beside::Nobody);
    let (alone, beside) = stage.alternate(pairs());
    sum_up("time until all is committed", &alone, &beside, |span| span.seconds);
    sum_up("CPU of the whole daemon", &alone, &beside, |span| span.daemon);
    sum_up("CPU of the broker", &alone, &beside, |span| span.broker);
}

fn pairs() -> usize {
    let asked = std::env::var("BENCH_PAIRS").ok();
    asked.map_or(PAIRS, |pairs| pairs.parse().expect("BENCH_PAIRS is a number"))
}

fn sum_up(what: &str, alone: &[Span], beside: &[Span], figure: impl Fn(&Span) -> f64) {
    let (one, other) = (Spread::of(alone.iter().map(&figure)), Spread::of(beside.iter().map(&figure)));
    println!(
        "{what}: {:.2} s alone ({:.2} to {:.2}), {:.2} s beside broken ones ({:.2} to {:.2}): {:.3} times",
        one.median,
        one.least,
        one.greatest,
        other.median,
        other.least,
        other.greatest,
        other.median / one.median
    );
}

impl Stage {
    fn prepare() -> Self {
        let name = unique::name("bench");
        let stage = Self {
            client: Client::new(broker::refusing()),
            input: format!("{name}.in"),
            refusing: format!("{name}.refusing"),
        };
        stage.client.create_topic(&stage.input, LOAD.partitions, &[]);
        stage.client.create_refusable_topic(&stage.refusing, 1);
        stage.client.refuse(&stage.refusing);
        stage.client.produce(&stage.input, LOAD.records());
        stage
    }

    /// Measures both in turn, each first in every other pair, so that what drifts drifts for both. Rounds that others
    /// disturbed do not count; where too few are left, all do, and that is said.
    fn alternate(&self, pairs: usize) -> (Vec<Span>, Vec<Span>) {
        let (mut alone, mut beside) = (Vec::new(), Vec::new());
        let quiet = |spans: &[Span]| spans.iter().copied().filter(Span::is_quiet).collect::<Vec<_>>();
        for pair in 0..pairs * TRIES {
            if pair % 2 == 0 {
                alone.push(self.measure(Beside::Nobody));
                beside.push(self.measure(Beside::Broken));
            } else {
                beside.push(self.measure(Beside::Broken));
                alone.push(self.measure(Beside::Nobody));
            }
            let (quiet_alone, quiet_beside) = (quiet(&alone), quiet(&beside));
            if quiet_alone.len().min(quiet_beside.len()) >= pairs {
                println!("quiet rounds: {} and {}", quiet_alone.len(), quiet_beside.len());
                return (quiet_alone, quiet_beside);
            }
        }
        println!("others disturbed too many rounds: all of them count");
        (alone, beside)
    }

    /// One round, in groups and a topic of its own.
    fn measure(&self, beside: Beside) -> Span {
        let name = unique::name("round");
        let output = format!("{name}.out");
        self.client.create_topic(&output, LOAD.partitions, &[]);
        let well: Vec<String> = (0..WELL).map(|index| format!("{name}-{index}")).collect();
        let mut files = Files::new(BINARY, self.client.bootstrap());
        if let Ok(property) = std::env::var("BENCH_KAFKA") {
            files = files.kafka(&property);
        }
        for pipeline in &well {
            files = files.pipeline(&pipeline_of(pipeline, &self.input, &output, MAPS));
        }
        if beside == Beside::Broken {
            let broken = [("panics", PANICS, &output), ("refused", MAPS, &self.refusing)];
            for (what, step, sink) in broken {
                files = files.pipeline(&pipeline_of(&format!("{name}-{what}"), &self.input, sink, step));
            }
            let missing = format!("{name}-missing");
            files = files.pipeline(&pipeline_of(&missing, &missing, &output, MAPS));
        }
        let commits: Vec<Commits> =
            well.iter().map(|pipeline| self.client.commits(&format!("millstream.{pipeline}"))).collect();
        // Asked once, so that each has found its coordinator.
        commits.iter().for_each(|commits| assert!(!self.is_drained(commits), "a new group has a past"));

        let load = Machine::load();
        let watch = Watch::start();
        let run = files.start();
        for commits in &commits {
            wait::until_within(DRAIN_PATIENCE, "a pipeline to drain its source", || {
                self.is_drained(commits).then_some(())
            });
        }
        let span = watch.stop(&run);
        print(beside, &span, load);
        self.clear(run, &name, &output, beside);
        span
    }

    fn is_drained(&self, commits: &Commits) -> bool {
        let end = i64::try_from(LOAD.per_partition).expect("a small load");
        let offsets: Vec<_> = (0..LOAD.partitions).map(|partition| (partition, end)).collect();
        commits.reached(&self.input, &offsets)
    }

    /// The broken ones were as broken as they should be; and the next round finds the machine as this one did.
    fn clear(&self, mut run: Run, name: &str, output: &str, beside: Beside) {
        if beside == Beside::Broken {
            run.wait_for_log("that one panics", |line| {
                line.is("a program panicked", &format!("{name}-panics"))
            });
            run.wait_waiting_for(&format!("{name}-missing"), "does not exist");
            run.wait_waiting(&format!("{name}-refused"));
        }
        run.kill();
        self.client.delete_topic(output);
    }
}

fn pipeline_of(name: &str, input: &str, output: &str, step: &str) -> String {
    format!(
        "name: {name}\nsource: {{topics: [{input}]}}\ntransform: [{{decode: json}}, {step}]\nsinks: [{{topic: {output}}}]\n"
    )
}

fn print(beside: Beside, span: &Span, load: f64) {
    let beside = if beside == Beside::Broken { "3 broken" } else { "nobody" };
    let us_per_record = span.daemon * 1e6 / (WELL * LOAD.count()) as f64;
    println!(
        "{beside:<10}{:>9.2}{:>12.2}{us_per_record:>11.2}{:>12.2}{:>14.2}{load:>8.2}",
        span.seconds, span.daemon, span.broker, span.others
    );
}
