//! Twenty pipelines in one process, three of them broken each in its own way: the others do not notice.

use std::time::Duration;

use millstream_harness::daemon::Account;
use millstream_harness::oracle::Load;
use millstream_harness::scene::Scene;
use millstream_harness::wait;

use crate::BINARY;
use crate::stage::alone;

/// Pipelines that are well.
const WELL: usize = 17;

const LOAD: Load = Load { partitions: 2, per_partition: 5_000, poison_one_in: 100, pad_bytes: 100 };

/// A program that panics over every record: memory has no room for so long a text.
const PANICS: &str = r#"{map: '.x = "ab" * (%offset * 0 + 9223372036854775807)'}"#;

#[test]
fn three_broken_pipelines_of_twenty_leave_the_others_alone() {
    let _alone = alone();
    let scene = Scene::bare(BINARY, "twenty", millstream_harness::broker::refusing());
    let client = &scene.client;
    client.create_topic(&scene.input, LOAD.partitions, &[]);
    client.create_topic(&scene.dlq, 1, &[]);
    client.create_topic(&scene.output, LOAD.partitions, &[]);
    let refusing = format!("{}.refusing", scene.name);
    client.create_refusable_topic(&refusing, 1);
    client.refuse(&refusing);
    client.produce(&scene.input, LOAD.records());

    let pipeline = |name: &str, input: &str, output: &str, step: &str| {
        format!(
            "name: {name}\nsource: {{topics: [{input}]}}\ntransform: [{{decode: json}}, {step}]\n\
             sinks: [{{topic: {output}}}]\ndlq: {{topic: {}}}\n",
            scene.dlq
        )
    };
    let well = |index: usize| format!("{}-{index}", scene.name);
    let named = |what: &str| format!("{}-{what}", scene.name);
    let step = "{map: .mapped = true}";
    let mut files = scene.files(&pipeline(&named("panics"), &scene.input, &scene.output, PANICS));
    files = files.pipeline(&pipeline(&named("missing"), &named("no-such-topic"), &scene.output, step));
    files = files.pipeline(&pipeline(&named("refused"), &scene.input, &refusing, step));
    for index in 0..WELL {
        files = files.pipeline(&pipeline(&well(index), &scene.input, &scene.output, step));
    }
    let mut run = files.start();
    run.wait_for_log("that one panics", |line| line.is("a program panicked", &named("panics")));
    run.wait_waiting_for(&named("missing"), "does not exist");
    run.wait_waiting(&named("refused"));
    let end = i64::try_from(LOAD.per_partition).expect("a small load");
    let offsets: Vec<_> = (0..LOAD.partitions).map(|partition| (partition, end)).collect();
    for index in 0..WELL {
        let commits = client.commits(&format!("millstream.{}", well(index)));
        wait::until_within(Duration::from_secs(120), &format!("pipeline {index} to finish"), || {
            commits.reached(&scene.input, &offsets).then_some(())
        });
    }
    run.wait_for_log("that one is in a crash loop", |line| {
        line.is("pipeline broke, starting again", &named("panics"))
    });
    client.accept(&refusing);
    run.stop();

    let (count, poison) = (LOAD.count() as u64, LOAD.poison_count() as u64);
    let expected =
        Account { consumed: count, produced: count - poison, dead_lettered: poison, ..Account::default() };
    for index in 0..WELL {
        let ended = run.ended(&well(index));
        assert_eq!((ended.state.as_str(), ended.account), ("drained", expected), "pipeline {index}");
    }
    let panicked = run.ended(&named("panics"));
    assert_eq!(panicked.account.produced, 0, "{panicked:?}");
    assert_eq!(run.ended(&named("missing")).account, Account::default());
}
