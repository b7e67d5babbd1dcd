//! Dead letters: the record byte for byte, and headers in the dialect that the file names.

use millstream_harness::client::{Sent, Stored};
use millstream_harness::scene::Scene;

use crate::scene;

const AT: i64 = 1_700_000_000_123;

/// The dead letter of a poison record at offset 1, in a dialect.
fn dead_letter(dialect: &str) -> (Scene, Stored) {
    let scene = scene(&format!("dialect-{dialect}"));
    let poison = Sent::keyed("k", "{broken").header("mine", Some(&[0xff])).header("mine", None).at(AT);
    scene.send([Sent::value("{}"), poison.clone()]);
    let pipeline = scene.fill(&format!(
        "name: @name\nsource: {{topics: [@in]}}\ntransform: [{{decode: json}}]\nsinks: [{{topic: @out}}]\n\
         dlq: {{topic: @dlq, headers: {dialect}}}"
    ));
    let mut outcome = scene.finish(scene.start(&pipeline));
    let letter = outcome.dlq.pop().expect("the poison is a dead letter");
    assert_eq!((&letter.key, &letter.value, letter.timestamp_ms), (&poison.key, &poison.value, Some(AT)));
    assert_eq!(letter.headers[..2], poison.headers, "the record's own headers stand first");
    (scene, letter)
}

fn integer<const BYTES: usize>(letter: &Stored, name: &str) -> [u8; BYTES] {
    let value = letter.header(name).unwrap_or_else(|| panic!("no header {name} in {:?}", names(letter)));
    value.try_into().unwrap_or_else(|_| panic!("{name} has {} bytes", value.len()))
}

fn names(letter: &Stored) -> Vec<String> {
    letter.headers.iter().map(|(name, _)| String::from_utf8_lossy(name).into_owned()).collect()
}

#[test]
fn millstreams_own_headers_say_where_and_why() {
    let (scene, letter) = dead_letter("millstream");
    let expected = [
        ("topic", scene.input.clone()),
        ("partition", "0".into()),
        ("offset", "1".into()),
        ("timestamp", AT.to_string()),
        ("group", scene.group()),
        ("pipeline", scene.name.clone()),
        ("stage", "decode".into()),
        ("step", "1".into()),
    ];
    for (name, value) in expected {
        assert_eq!(
            letter.header_text(&format!("millstream.{name}")),
            value,
            "{name} of {:?}",
            names(&letter)
        );
    }
    for name in ["error.class", "error.message", "attempt"] {
        assert!(
            !letter.header_text(&format!("millstream.{name}")).is_empty(),
            "{name} of {:?}",
            names(&letter)
        );
    }
}

#[test]
fn kafka_connects_headers() {
    let (scene, letter) = dead_letter("connect");
    let header = |name: &str| letter.header_text(&format!("__connect.errors.{name}"));
    assert_eq!(
        (header("topic"), header("partition"), header("offset")),
        (scene.input.clone(), "0".into(), "1".into())
    );
    assert_eq!(header("connector.name"), scene.name);
    for name in [
        "task.id",
        "stage",
        "class.name",
        "exception.class.name",
        "exception.message",
        "exception.stacktrace",
    ] {
        assert!(
            letter.header(&format!("__connect.errors.{name}")).is_some(),
            "{name} of {:?}",
            names(&letter)
        );
    }
}

#[test]
fn kafka_streams_headers() {
    let (scene, letter) = dead_letter("streams");
    let header = |name: &str| letter.header_text(&format!("__streams.errors.{name}"));
    assert_eq!(
        (header("topic"), header("partition"), header("offset")),
        (scene.input.clone(), "0".into(), "1".into())
    );
    for name in ["exception", "message", "stacktrace"] {
        assert!(
            letter.header(&format!("__streams.errors.{name}")).is_some(),
            "{name} of {:?}",
            names(&letter)
        );
    }
}

#[test]
fn spring_kafkas_headers() {
    let (scene, letter) = dead_letter("spring");
    let header = |name: &str| letter.header_text(&format!("kafka_dlt-{name}"));
    assert_eq!(
        (header("original-topic"), header("original-consumer-group")),
        (scene.input.clone(), scene.group())
    );
    assert_eq!(i32::from_be_bytes(integer(&letter, "kafka_dlt-original-partition")), 0);
    assert_eq!(i64::from_be_bytes(integer(&letter, "kafka_dlt-original-offset")), 1);
    assert_eq!(i64::from_be_bytes(integer(&letter, "kafka_dlt-original-timestamp")), AT);
    assert_eq!(header("original-timestamp-type"), "CreateTime");
    for name in ["exception-fqcn", "exception-cause-fqcn", "exception-message", "exception-stacktrace"] {
        assert!(letter.header(&format!("kafka_dlt-{name}")).is_some(), "{name} of {:?}", names(&letter));
    }
}

#[test]
fn a_dead_letter_that_is_too_large_goes_without_its_value() {
    let scene = scene("large-letter");
    scene.client.alter_topic(&scene.dlq, &[("max.message.bytes", "4000")]);
    // Hex digits of a long product: nothing that a codec could make small enough.
    let noise: String =
        (1..6_000_u64).map(|n| format!("{:x}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
    scene.send([Sent::keyed("k", format!("{{{noise}")), Sent::value("{}")]);
    let outcome = scene.finish(scene.start(&scene.pipeline_with_dlq("transform: [{decode: json}]")));
    let letter = &outcome.dlq[0];
    assert_eq!((letter.key_text().as_deref(), &letter.value), (Some("k"), &None));
    assert_eq!(letter.header_text("millstream.topic"), scene.input);
    assert_eq!(letter.header_text("millstream.offset"), "0");
    let account = outcome.ended.account;
    assert_eq!((account.dead_lettered, account.produced), (1, 1));
    // What follows a refused letter may be sent again: an exact replay.
    assert!(outcome.texts().iter().all(|text| *text == "{}"));
}
