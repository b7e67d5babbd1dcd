//! What a pipeline costs that has nothing to do, by the difference of two daemons.

use std::thread;
use std::time::Duration;

use millstream_harness::client::Client;
use millstream_harness::daemon::Files;
use millstream_harness::usage::{Machine, Usage};
use millstream_harness::{broker, unique};

use crate::BINARY;
use crate::figures::{Span, Watch};

/// Pipelines of the two daemons.
const COUNTS: [u32; 2] = [1, 50];

/// From the last pipeline's first assignment until it counts as idle: connections, metadata, first questions.
const SETTLE: Duration = Duration::from_secs(15);

/// How long idleness is watched.
const WATCHED: Duration = Duration::from_secs(60);

/// A daemon at rest.
struct Idle {
    pipelines: u32,
    span: Span,
    usage: Usage,
    wakes: u64,
}

/// Measures, and prints what came of it.
pub(crate) fn run() {
    println!("\nidle pipelines, one partition each, watched for {} s", WATCHED.as_secs());
    println!(
        "{:<12}{:>12}{:>10}{:>9}{:>10}{:>6}{:>12}{:>14}{:>8}",
        "pipelines", "CPU s/min", "wakes/s", "threads", "MiB", "fds", "broker CPU", "others, cores", "load"
    );
    let [one, many] = COUNTS.map(|pipelines| {
        let load = Machine::load();
        let idle = measure(pipelines);
        idle.print(load);
        idle
    });
    let count = f64::from(many.pipelines - one.pipelines);
    let each = |figure: &dyn Fn(&Idle) -> f64| (figure(&many) - figure(&one)) / count;
    println!(
        "each one more: {:.3} % of a core, {:.1} wakes/s, {:.1} threads, {:.2} MiB, {:.1} fds; {:.3} % of a core at the broker",
        each(&|idle| 100.0 * idle.span.daemon / idle.span.seconds),
        each(&Idle::wakes_per_second),
        each(&|idle| idle.usage.threads as f64),
        each(&Idle::mebibytes),
        each(&|idle| idle.usage.descriptors as f64),
        each(&|idle| 100.0 * idle.span.broker / idle.span.seconds),
    );
}

fn measure(pipelines: u32) -> Idle {
    let name = unique::name("idle");
    let client = Client::new(broker::refusing());
    let output = format!("{name}.out");
    client.create_topic(&output, 1, &[]);
    // As a user has it: what tests change of librdkafka's pace would be measured here.
    let files = Files::new(BINARY, client.bootstrap());
    let mut files =
        files.without_kafka("session.timeout.ms").without_kafka("topic.metadata.refresh.interval.ms");
    let names: Vec<String> = (0..pipelines).map(|index| format!("{name}-{index}")).collect();
    for pipeline in &names {
        client.create_topic(pipeline, 1, &[]);
        files = files.pipeline(&format!(
            "name: {pipeline}\nsource: {{topics: [{pipeline}]}}\ntransform: [{{decode: json}}, {{map: .mapped = true}}]\n\
             sinks: [{{topic: {output}}}]\n"
        ));
    }
    let mut run = files.start();
    for pipeline in &names {
        run.wait_running(pipeline);
    }
    thread::sleep(SETTLE);
    let before = Usage::of(run.pid());
    let watch = Watch::start_on(&before);
    thread::sleep(WATCHED);
    let span = watch.stop(&run);
    let usage = Usage::of(run.pid());
    run.stop();
    Idle { pipelines, span, usage, wakes: usage.wakes.saturating_sub(before.wakes) }
}

impl Idle {
    fn wakes_per_second(&self) -> f64 {
        self.wakes as f64 / self.span.seconds
    }

    fn mebibytes(&self) -> f64 {
        self.usage.resident_bytes as f64 / f64::from(1 << 20)
    }

    fn print(&self, load: f64) {
        println!(
            "{:<12}{:>12.2}{:>10.0}{:>9}{:>10.1}{:>6}{:>12.2}{:>14.2}{load:>8.2}",
            self.pipelines,
            self.span.daemon * 60.0 / self.span.seconds,
            self.wakes_per_second(),
            self.usage.threads,
            self.mebibytes(),
            self.usage.descriptors,
            self.span.broker,
            self.span.others,
        );
    }
}
