//! A lane that hangs: a program that runs on and on over one record.

use millstream_harness::client::Sent;
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
    let files = flows.files(&flows.pipeline("")).pipeline(&looping);
    let mut run = files.start();
    let failed = run.wait_for_log("that it hangs", |line| line.is("pipeline failed", &hangs.name));
    let at = format!("{} [0] offset 3", hangs.input);
    assert!(failed.field("reason").contains(&at), "{}", failed.text());
    flows.send(numbers(4));
    flows.wait_committed(&mut run);
    run.wait_for_log("that only a restart helps", |line| line.message().contains("needs a restart"));
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
