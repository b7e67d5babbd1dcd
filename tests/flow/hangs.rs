//! A lane that hangs: a program that runs on and on over one record.

use std::time::Duration;

use millstream_harness::client::Sent;
use millstream_harness::systemd::Manager;
use serde_json::json;

use crate::{numbers, produced, scene};

/// Three loops in each other over as many numbers as the record has: hours, with a few thousand.
const FOREVER: &str = "if exists(.a) { for_each(array!(.a)) -> |_i, _x| { for_each(array!(.a)) -> |_j, _y| { \
                       for_each(array!(.a)) -> |_k, z| { .last = z } } } }";

#[test]
fn a_lane_that_hangs_fails_its_pipeline_alone_and_loses_nothing() {
    let (hangs, flows) = (scene("hangs"), scene("beside"));
    let endless: Vec<u32> = (0..5_000).collect();
    hangs.send(numbers(3));
    hangs.send([Sent::value(json!({ "n": 3, "a": endless }).to_string())]);
    hangs.send(numbers(2));
    let looping = hangs.pipeline(&format!("transform: [{{decode: json}}, {{map: '{FOREVER}'}}]"));
    let mut manager = Manager::new();
    let files = flows.files(&flows.pipeline("")).pipeline(&looping);
    let files = files.environment("NOTIFY_SOCKET", manager.address()).environment("WATCHDOG_USEC", "1000000");
    let mut run = files.start();
    manager.wait_for_line("WATCHDOG=1");
    let failed = run.wait_for_log("that it hangs", |line| line.is("pipeline failed", &hangs.name));
    let at = format!("{} [0] offset 3", hangs.input);
    assert!(failed.field("reason").contains(&at), "{}", failed.text());
    let pause = files.client(&["pause", &hangs.name]).output().expect("the binary runs");
    let said = String::from_utf8_lossy(&pause.stderr).into_owned();
    assert_eq!((pause.status.code(), said.contains("still hangs")), (Some(1), true), "{said}");
    flows.send(numbers(4));
    flows.wait_committed(&mut run);
    let fed = manager.seen().len();
    manager.wait_for("that it lives on", |message| message.has("WATCHDOG=1"));
    assert!(manager.seen().len() > fed, "one failed pipeline does not end the feed");
    run.wait_for_log("that only a restart helps", |line| line.message().contains("needs a restart"));
    // Three times as long as a ping may take: it has come to an end.
    assert!(run.outlives(Duration::from_secs(1)));
    manager.seen();
    let fed = manager.seen().len();
    assert!(run.outlives(Duration::from_secs(3)));
    let later = &manager.seen()[fed..];
    assert!(!later.iter().any(|message| message.has("WATCHDOG=1")), "it is fed on: {later:?}");
    run.kill();

    let mended = hangs.pipeline("transform: [{decode: json}, {filter: '!exists(.a)'}]");
    files.replace(&mended);
    let mut run = files.start();
    hangs.wait_committed(&mut run);
    run.stop();
    let texts: Vec<_> = hangs.client.read(&hangs.output).iter().map(|r| r.text().to_owned()).collect();
    // The first three may come twice: their commit was still to come when the lane began to hang.
    let expected = [r#"{"n":0}"#, r#"{"n":1}"#, r#"{"n":2}"#, r#"{"n":0}"#, r#"{"n":1}"#];
    assert!(texts.ends_with(&expected.map(str::to_owned)), "{texts:?}");
    assert_eq!(run.ended(&flows.name).account.consumed, produced(0).consumed);
}
