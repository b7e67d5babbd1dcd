//! Filters, maps, routes, and what they may rewrite.

use millstream_harness::client::Sent;
use millstream_harness::daemon::Account;

use crate::{numbers, produced, scene};

#[test]
fn a_filter_lets_pass_what_it_holds_for() {
    let scene = scene("filter");
    scene.send(numbers(10));
    let pipeline = scene.pipeline("transform: [{decode: json}, {filter: to_int!(.n) >= 7}]");
    let outcome = scene.finish(scene.start(&pipeline));
    assert_eq!(outcome.texts(), [r#"{"n":7}"#, r#"{"n":8}"#, r#"{"n":9}"#]);
    let account = Account { consumed: 10, produced: 3, filtered: 7, ..Account::default() };
    assert_eq!((outcome.ended.state.as_str(), outcome.ended.account), ("drained", account));
}

#[test]
fn a_filter_before_decode_sees_the_envelope() {
    let scene = scene("envelope");
    scene.send([
        Sent::value("not json at all").header("kind", Some(b"noise")),
        Sent::value(r#"{"a":1}"#).header("kind", Some(b"order")),
        Sent::value("nor this"),
    ]);
    let pipeline = scene.pipeline("transform: [{filter: '%headers.kind == \"order\"'}, {decode: json}]");
    let outcome = scene.finish(scene.start(&pipeline));
    assert_eq!(outcome.texts(), [r#"{"a":1}"#]);
    assert_eq!(outcome.ended.account.filtered, 2);
}

#[test]
fn a_map_changes_values_keys_headers_and_timestamps() {
    let scene = scene("map");
    let at = 1_700_000_000_000;
    let order = r#"{"customer":"c-7","total":"10","debug":{"x":1}}"#;
    let record = Sent::keyed("old", order).header("drop", Some(b"1")).header("drop", Some(b"2"));
    scene.send([record.header("trace", Some(b"abc")).header("kind", Some(b"order")).at(at)]);
    let pipeline = scene.pipeline(
        "transform:
  - decode: json
  - map: |
      .total_eur = to_float!(.total) * 0.5
      del(.debug)
      %key = .customer
      %headers.kind = \"mapped\"
      %headers.new = \"yes\"
      del(%headers.drop)
      %timestamp = t'2024-05-06T07:08:09.010Z'",
    );
    let outcome = scene.finish(scene.start(&pipeline));
    let out = &outcome.output[0];
    let expected = serde_json::json!({"customer": "c-7", "total": "10", "total_eur": 5.0});
    assert_eq!((out.json(), out.key_text().as_deref()), (expected, Some("c-7")));
    assert_eq!((out.header_text("kind"), out.header_text("new")), ("mapped".into(), "yes".into()));
    assert_eq!((out.header_text("trace").as_str(), out.header("drop")), ("abc", None));
    assert_eq!(out.timestamp_ms, Some(1_714_979_289_010));
    assert_eq!(out.headers.len(), 3, "trace, kind and new: {:?}", out.headers);
}

#[test]
fn keys_take_decimal_text_or_none() {
    let scene = scene("keys");
    scene.send_values(&[r#"{"k":42}"#, r#"{"k":true}"#, r#"{"k":null}"#, r#"{"k":"text"}"#]);
    let pipeline = scene.pipeline("transform: [{decode: json}, {map: '%key = .k'}]");
    let outcome = scene.finish(scene.start(&pipeline));
    let keys: Vec<_> = outcome.output.iter().map(|record| record.key_text()).collect();
    let expected = [Some("42"), Some("true"), None, Some("text")];
    assert_eq!(keys, expected.map(|key| key.map(str::to_owned)));
}

#[test]
fn a_record_goes_to_every_sink_whose_condition_holds() {
    let scene = scene("fanout");
    let large = format!("{}-large", scene.output);
    scene.client.create_topic(&large, 1, &[]);
    scene.send(numbers(10));
    let pipeline = format!(
        "name: @name
source: {{topics: [@in]}}
transform: [{{decode: json}}]
sinks:
  - {{topic: @out, when: to_int!(.n) >= 4}}
  - {{topic: {large}, when: to_int!(.n) >= 8}}"
    );
    let outcome = scene.finish(scene.start(&pipeline));
    assert_eq!(outcome.output.len(), 6);
    let both: Vec<_> = scene.client.read(&large).iter().map(|record| record.text().to_owned()).collect();
    assert_eq!(both, [r#"{"n":8}"#, r#"{"n":9}"#]);
    let account = Account { consumed: 10, produced: 6, filtered: 4, ..Account::default() };
    assert_eq!(outcome.ended.account, account);
}

#[test]
fn a_record_that_no_map_changed_keeps_its_bytes() {
    let scene = scene("bytes");
    let odd = [
        r#" { "b" : 1.0,  "a" : 18446744073709551615 , "d":1.2345678901234567890}"#,
        r#"{"a":1,"a":2}"#,
        r#"{"text":"\u00e9\/","n":1e3}"#,
        "[1, 2]",
        "null",
    ];
    scene.send_values(&odd);
    let pipeline = scene.pipeline("transform: [{decode: json}, {filter: 'true'}]");
    let outcome = scene.finish(scene.start(&pipeline));
    assert_eq!(outcome.texts(), odd);
    assert_eq!(outcome.ended.account, produced(5));
}

#[test]
fn a_sink_may_write_another_format() {
    let scene = scene("encode");
    scene.send_values(&[r#"{"text":"just text"}"#]);
    let pipeline = "name: @name\nsource: {topics: [@in]}\ntransform: [{decode: json}, {map: . = .text}]\n\
                    sinks: [{topic: @out, encode: raw}]";
    let outcome = scene.finish(scene.start(pipeline));
    assert_eq!(outcome.texts(), ["just text"]);
}
