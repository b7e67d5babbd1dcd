use super::*;
use crate::record::Timestamp;

const DIALECTS: [HeaderDialect; 4] =
    [HeaderDialect::Millstream, HeaderDialect::Connect, HeaderDialect::Streams, HeaderDialect::Spring];

fn context(dialect: HeaderDialect) -> LetterContext<'static> {
    LetterContext { dialect, pipeline: "orders-eu", group: "g1", lane: 2, attempt: 1 }
}

fn poison() -> Poison {
    Poison::new(Stage::Map, Some(3), "vrl_abort", "line 1: aborted")
}

fn record() -> Record<'static> {
    let header = |name: &'static [u8], value: Option<&'static [u8]>| Header {
        name: Cow::Borrowed(name),
        value: value.map(Cow::Borrowed),
    };
    Record {
        topic: "orders",
        partition: 7,
        offset: 42,
        timestamp: Some(Timestamp { ms: 1_700_000_000_123, kind: TimestampKind::LogAppendTime }),
        key: Some(b"\x00key\xff"),
        value: Some(b"{not json"),
        headers: vec![header(b"a", Some(b"1")), header(b"\xff", None), header(b"a", Some(b""))],
    }
}

/// The headers that the letter has beyond the record's own, as text where they are.
fn added(record: &Record<'_>, dialect: HeaderDialect, keep: Keep) -> Vec<(String, String)> {
    let letter = DeadLetter::new(record, &poison(), &context(dialect), keep);
    let own = if keep == Keep::Place { 0 } else { record.headers.len() };
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap_or_else(|_| format!("{bytes:?}"));
    let header =
        |header: &Header<'_>| (text(&header.name), text(header.value.as_deref().expect("never null")));
    letter.headers[own..].iter().map(header).collect()
}

fn pairs<const N: usize>(pairs: [(&str, &str); N]) -> Vec<(String, String)> {
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

#[test]
fn a_letter_carries_the_record_byte_for_byte() {
    let record = record();
    for dialect in DIALECTS {
        let letter = DeadLetter::new(&record, &poison(), &context(dialect), Keep::Whole);
        assert_eq!(letter.key, record.key);
        assert_eq!(letter.value, record.value);
        assert_eq!(letter.timestamp_ms, Some(1_700_000_000_123));
        assert_eq!(letter.headers[..3], record.headers, "the record's own headers come first");
    }
}

#[test]
fn a_tombstone_and_a_null_key_stay_null() {
    let record = Record { key: None, value: None, timestamp: None, ..record() };
    let letter = DeadLetter::new(&record, &poison(), &context(HeaderDialect::Millstream), Keep::Whole);
    assert_eq!((letter.key, letter.value, letter.timestamp_ms), (None, None, None));
    assert!(letter.headers.iter().all(|header| *header.name != *b"millstream.timestamp"));
}

#[test]
fn millstream_headers() {
    let expected = pairs([
        ("millstream.topic", "orders"),
        ("millstream.partition", "7"),
        ("millstream.offset", "42"),
        ("millstream.timestamp", "1700000000123"),
        ("millstream.group", "g1"),
        ("millstream.pipeline", "orders-eu"),
        ("millstream.stage", "map"),
        ("millstream.step", "3"),
        ("millstream.error.class", "vrl_abort"),
        ("millstream.error.message", "line 1: aborted"),
        ("millstream.attempt", "1"),
    ]);
    assert_eq!(added(&record(), HeaderDialect::Millstream, Keep::Whole), expected);
}

#[test]
fn connect_headers() {
    let expected = pairs([
        ("__connect.errors.topic", "orders"),
        ("__connect.errors.partition", "7"),
        ("__connect.errors.offset", "42"),
        ("__connect.errors.connector.name", "orders-eu"),
        ("__connect.errors.task.id", "2"),
        ("__connect.errors.stage", "TRANSFORMATION"),
        ("__connect.errors.class.name", "millstream.map"),
        ("__connect.errors.exception.class.name", "millstream.vrl_abort"),
        ("__connect.errors.exception.message", "line 1: aborted"),
        ("__connect.errors.exception.stacktrace", "map (step 3): line 1: aborted"),
    ]);
    assert_eq!(added(&record(), HeaderDialect::Connect, Keep::Whole), expected);
}

#[test]
fn streams_headers() {
    let expected = pairs([
        ("__streams.errors.exception", "millstream.vrl_abort"),
        ("__streams.errors.message", "line 1: aborted"),
        ("__streams.errors.stacktrace", "map (step 3): line 1: aborted"),
        ("__streams.errors.topic", "orders"),
        ("__streams.errors.partition", "7"),
        ("__streams.errors.offset", "42"),
    ]);
    assert_eq!(added(&record(), HeaderDialect::Streams, Keep::Whole), expected);
}

#[test]
fn spring_headers_have_big_endian_numbers() {
    let record = record();
    let letter = DeadLetter::new(&record, &poison(), &context(HeaderDialect::Spring), Keep::Whole);
    let headers: Vec<(&[u8], &[u8])> =
        letter.headers[3..].iter().map(|h| (&*h.name, h.value.as_deref().expect("never null"))).collect();
    let expected: [(&[u8], &[u8]); 10] = [
        (b"kafka_dlt-original-topic", b"orders"),
        (b"kafka_dlt-original-partition", &[0, 0, 0, 7]),
        (b"kafka_dlt-original-offset", &[0, 0, 0, 0, 0, 0, 0, 42]),
        (b"kafka_dlt-original-timestamp", &[0, 0, 0x01, 0x8b, 0xcf, 0xe5, 0x68, 0x7b]),
        (b"kafka_dlt-original-timestamp-type", b"LogAppendTime"),
        (b"kafka_dlt-original-consumer-group", b"g1"),
        (b"kafka_dlt-exception-fqcn", b"millstream.vrl_abort"),
        (b"kafka_dlt-exception-cause-fqcn", b"millstream.vrl_abort"),
        (b"kafka_dlt-exception-message", b"line 1: aborted"),
        (b"kafka_dlt-exception-stacktrace", b"map (step 3): line 1: aborted"),
    ];
    assert_eq!(headers, expected);
}

#[test]
fn a_letter_that_is_too_large_goes_without_its_value_and_tells_where_it_stands() {
    let record = record();
    for dialect in DIALECTS {
        let letter = DeadLetter::new(&record, &poison(), &context(dialect), Keep::WithoutValue);
        assert_eq!((letter.key, letter.value), (record.key, None));
        assert_eq!(letter.headers[..3], record.headers);
        let added = added(&record, dialect, Keep::WithoutValue);
        let (name, value) = added.last().expect("headers were added");
        assert_eq!(name, OMITTED_HEADER);
        let words = "9 bytes, too large for a dead letter; they stand in orders, partition 7, offset 42";
        assert_eq!(value, words);
    }
}

#[test]
fn the_last_resort_keeps_only_the_place() {
    let record = record();
    let letter = DeadLetter::new(&record, &poison(), &context(HeaderDialect::Streams), Keep::Place);
    assert_eq!((letter.key, letter.value), (None, None));
    assert_eq!(letter.headers.len(), 7);
    assert_eq!(added(&record, HeaderDialect::Streams, Keep::Place).len(), 7);
}
