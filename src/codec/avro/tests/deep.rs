//! Schemas that are nested as deeply as they may be, and chains of as many types as a schema may have: on the stacks that the
//! daemon has, those of its workers and of its lanes.

use super::*;
use crate::codec::avro::{AVRO_DEPTH_MAX, SCHEMA_NODES_MAX, SCHEMA_TEXT_DEPTH_MAX};

/// How many schemas may be referred to, one by the other.
const REFERENCES: usize = 256;

/// What a record's text takes beside the type of its member: the record, its fields, the field.
const RECORD_LEVELS: usize = 3;
const ARRAYS: usize = SCHEMA_TEXT_DEPTH_MAX - RECORD_LEVELS;

/// What `work` gives on a thread with the stack that lanes and workers have.
fn on_a_lanes_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::spawn(work).join().expect("it does not panic")
}

fn link(number: usize) -> String {
    let mut of = if number == REFERENCES { "\"int\"".to_owned() } else { format!("\"n.R{}\"", number + 1) };
    for _ in 0..ARRAYS {
        of = format!(r#"{{"type": "array", "items": {of}}}"#);
    }
    format!(r#"{{"type": "record", "name": "n.R{number}", "fields": [{{"name": "x", "type": {of}}}]}}"#)
}

fn deepest() -> Arc<Schema> {
    let references: Vec<_> = (1..=REFERENCES).map(link).collect();
    Arc::new(Schema::parse(&link(0), &references).expect("it is nested as deeply as it may be"))
}

/// As many items in each other, and then none.
fn nested(depth: usize) -> Vec<u8> {
    [vec![2; depth], vec![0; depth + 1]].concat()
}

fn goes_round(writer: &Arc<Schema>, reader: Option<&Arc<Schema>>) {
    let writing = Writing::new(Arc::clone(reader.unwrap_or(writer)), false);
    for (wanted, is_full) in [(Wanted::All, false), (Wanted::All, true), (only([]), true)] {
        let reading = Reading::new(Arc::clone(writer), reader.cloned(), wanted, is_full);
        let reading = Arc::new(reading.expect("it can be read"));
        // One level is the second record's.
        let deepest = AVRO_DEPTH_MAX - 2;
        for depth in [0, ARRAYS - 1, ARRAYS, deepest] {
            let bytes = nested(depth);
            let document = reading.decode(&bytes).expect("it is as deep as it may be");
            let mut out = Vec::new();
            writing.encode(&document, &mut out).expect("it is as deep as it may be");
            assert_eq!(out, bytes);
            let mut out = Vec::new();
            let value = document.into_value().expect("it is read");
            writing.encode(&Document::Eager(value), &mut out).expect("it is as deep as it may be");
            assert_eq!(out, bytes);
        }
        assert_eq!(class(reading.decode(&nested(deepest + 1))), "avro_depth");
    }
}

#[test]
fn the_deepest_schema_is_parsed_read_and_written_on_a_lanes_stack() {
    on_a_lanes_stack(|| {
        let (writer, reader) = (deepest(), deepest());
        assert_eq!(writer.len(), (REFERENCES + 1) * (ARRAYS + 1) + 1);
        writer.check_defaults().expect("it has none");
        assert!(writer.is_written_like(&reader));
        goes_round(&writer, None);
        goes_round(&writer, Some(&reader));
    });
}

#[test]
fn a_text_that_is_nested_deeper_is_refused_with_the_limit() {
    let deeper = link(0).replace("\"n.R1\"", r#"{"type": "array", "items": "int"}"#);
    let limit = "its JSON is nested more than 120 levels deep";
    let error = Schema::parse(&deeper, &[]).expect_err("it is nested too deeply");
    assert_eq!(error.message, limit);
    let error = Schema::parse("\"n.R0\"", &[deeper]).expect_err("it is nested too deeply");
    assert_eq!(error.message, format!("of a schema that it refers to: {limit}"));
    let far = "[".repeat(1_000_000);
    assert_eq!(Schema::parse(&far, &[]).expect_err("it is nested too deeply").message, limit);
}

/// A member for each record, which has the one before as its member.
fn chain(length: usize, innermost: &str) -> Arc<Schema> {
    let record = |number: usize| {
        let of = if number == 0 { innermost.to_owned() } else { format!("\"R{}\"", number - 1) };
        format!(
            r#"{{"name":"f{number}","type":{{"type":"record","name":"R{number}","fields":[{{"name":"x","type":{of}}}]}}}}"#
        )
    };
    let fields: Vec<_> = (0..length).map(record).collect();
    schema(&format!(r#"{{"type":"record","name":"Top","fields":[{}]}}"#, fields.join(",")))
}

/// Looking at the chain behind each of its members would take days.
#[test]
fn a_chain_of_as_many_records_as_may_be_is_gone_through_once() {
    on_a_lanes_stack(|| {
        let length = SCHEMA_NODES_MAX - 2;
        let (writer, other) = (chain(length, "\"int\""), chain(length, "\"long\""));
        assert!(!writer.is_written_like(&other));
        for reader in [None, Some(Arc::clone(&other))] {
            let reading = Reading::new(Arc::clone(&writer), reader, Wanted::All, true);
            let reading = Arc::new(reading.expect("it can be read"));
            let fault = reading.decode(&[]).expect_err("it has members");
            assert_eq!(fault.class, "avro_truncated");
            let writing = Writing::new(Arc::clone(&other), false);
            let document = reading.decode(&vec![2; length]).map(drop);
            assert_eq!(class(document), "avro_depth");
            drop(writing);
        }
        // Of nothing, it takes no bytes.
        let nothing = chain(length, "\"null\"");
        let reading = Reading::new(Arc::clone(&nothing), None, only([]), false).expect("it can be read");
        Arc::new(reading).decode(&[]).map(drop).expect_err("it is nested too deeply");
        let error = Reading::new(nothing, Some(writer), Wanted::All, false).expect_err("null is no int");
        assert!(error.message.len() < 1_000, "{} bytes", error.message.len());
    });
}
