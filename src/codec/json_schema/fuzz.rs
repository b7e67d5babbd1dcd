//! Fuzz targets for JSON Schema: texts of any kind, parsed and held against values.

use bolero::check;
use serde_json::{Value as Json, json};

use super::{JsonSchema, SCHEMA_NODES_MAX};
use crate::codec;
use crate::codec::avro::Wanted;

const ITERATIONS: usize = 5_000;

/// Whatever the bytes are: no panic, no stack that ends, and what parses can be held against values.
#[test]
fn json_schema_of_noise() {
    check!().with_iterations(ITERATIONS).for_each(|bytes: &[u8]| {
        parse_and_try(&String::from_utf8_lossy(bytes));
    });
}

/// The same with texts that are JSON at least, and full of keywords.
#[test]
fn json_schema_of_keywords() {
    check!().with_iterations(ITERATIONS).for_each(|bytes: &[u8]| {
        let text = json_of(&mut bytes.iter().copied(), 0).to_string();
        parse_and_try(&text);
        // A byte of it is another one.
        if let [at, byte, ..] = bytes {
            let at = usize::from(*at) * text.len() / 256;
            let mut text = text.into_bytes();
            text[at] = byte % 0x80;
            parse_and_try(&String::from_utf8_lossy(&text));
        }
    });
}

fn decoded(json: &Json) -> vrl::value::Value {
    codec::decode_json(json.to_string().as_bytes()).expect("it is JSON").into_root()
}

/// What is refused has its place in the text. What is taken is taken again, spaces or not, and says the same of each value; with
/// fewer members to look at it never refuses more.
fn parse_and_try(text: &str) {
    let schema = match JsonSchema::parse(text) {
        Ok(schema) => schema,
        Err(error) => {
            let (line, column) = error.at;
            // The end of the text has a place, too.
            let lines: Vec<_> = text.split('\n').collect();
            assert!((1..=lines.len()).contains(&line), "{error:?}: {text:?}");
            assert!((1..=lines[line - 1].chars().count() + 1).contains(&column), "{error:?}: {text:?}");
            return;
        }
    };
    assert_eq!(schema.text(), text);
    assert!((1..=SCHEMA_NODES_MAX).contains(&schema.len()));
    let spaced: Json = serde_json::from_str(text).expect("a schema is JSON");
    let spaced = serde_json::to_string_pretty(&spaced).expect("JSON is written");
    let spaced = JsonSchema::parse(&spaced).expect("it is the same but for spaces");
    assert_eq!(spaced.len(), schema.len());
    for value in [json!(null), json!({"a": [1, "b"], "b": {}}), json!([[0.5], "a"]), json!("type"), json!(7)]
    {
        let value = decoded(&value);
        let fits = schema.validate(&value, &Wanted::All);
        assert_eq!(spaced.validate(&value, &Wanted::All).is_ok(), fits.is_ok());
        if fits.is_ok() {
            let some = Wanted::Members(["a".to_owned()].into());
            assert_eq!(schema.validate(&value, &some), Ok(()));
        }
    }
}

/// Each byte is a choice; where none is left, what is open is closed.
fn json_of(bytes: &mut impl Iterator<Item = u8>, depth: usize) -> Json {
    const WORDS: [&str; 16] = [
        "a",
        "type",
        "object",
        "$ref",
        "#",
        "#/$defs/a",
        "$defs",
        "properties",
        "items",
        "anyOf",
        "oneOf",
        "allOf",
        "enum",
        "minimum",
        "pattern",
        "additionalProperties",
    ];
    let Some(choice) = bytes.next() else { return json!(true) };
    let word = |byte: u8| WORDS[usize::from(byte) % WORDS.len()];
    let count = choice / 8 % 4;
    match choice % 8 {
        0 => json!(choice < 128),
        1 => json!(i64::from(choice) - 128),
        2 | 3 => json!(word(choice / 8)),
        4 if depth < 20 => (0..count).map(|_| json_of(bytes, depth + 1)).collect(),
        5..=7 if depth < 20 => {
            let members = (0..=count).filter_map(|_| bytes.next().map(word));
            let names: Vec<_> = members.collect();
            Json::Object(names.into_iter().map(|name| (name.to_owned(), json_of(bytes, depth + 1))).collect())
        }
        _ => json!({}),
    }
}
