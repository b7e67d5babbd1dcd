//! Readers that differ from the writer as schemas grow, held to apache-avro's resolution.
//!
//! Left out, since apache-avro resolves by the value at hand and not by the two schemas: what it takes beyond the
//! specification (a long as an int where it fits, say); aliases, which it does not look at; decimals, since it
//! refuses bytes that are shorter than the precision needs; and UUIDs of 16 bytes, whose variant it does not find in a
//! union in a record in a union.

use std::sync::Arc;

use apache_avro::Schema as Apache;
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use vrl::value::Value;

use super::super::schema::Schema;
use super::super::{Reading, Wanted};
use super::generate::{self, Entropy};
use super::{oracle, properties};
use crate::codec::Document;

/// apache-avro resolves what stands in a union once to find the variant and once more to take it, on each level.
const NESTING_MAX: usize = 6;

fn nesting(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(nesting).max().unwrap_or_default(),
        Value::Object(members) => 1 + members.values().map(nesting).max().unwrap_or_default(),
        _ => 0,
    }
}

/// A reader's schema for what `writer` wrote.
fn mutated(writer: &Json, entropy: &mut Entropy<'_>, depth: usize) -> Json {
    match writer {
        Json::String(name) => promoted(name, entropy, depth),
        Json::Array(variants) => {
            let mut variants: Vec<Json> = variants.clone();
            if entropy.flag() {
                variants.reverse();
            }
            Json::Array(variants)
        }
        Json::Object(object) if object.get("type") == Some(&json!("record")) => {
            record(writer, entropy, depth)
        }
        Json::Object(object) => {
            let mut object = object.clone();
            for key in ["items", "values"] {
                if let Some(inner) = object.get(key) {
                    object.insert(key.into(), mutated(inner, entropy, depth + 1));
                }
            }
            if object.get("type") == Some(&json!("enum")) && entropy.flag() {
                object.insert("symbols".into(), json!(["C", "A", "X"]));
                object.insert("default".into(), json!("X"));
            }
            Json::Object(object)
        }
        other => other.clone(),
    }
}

fn promoted(name: &str, entropy: &mut Entropy<'_>, depth: usize) -> Json {
    let choices: &[&str] = match name {
        "int" => &["int", "long", "float", "double"],
        "long" => &["long", "float", "double"],
        "float" => &["float", "double"],
        "string" => &["string", "bytes"],
        other => return json!(other),
    };
    let promoted = choices[entropy.below(choices.len())];
    // Into a union as well, but not into one in a union.
    if depth > 0 && entropy.below(4) == 3 { json!(["null", promoted]) } else { json!(promoted) }
}

fn record(writer: &Json, entropy: &mut Entropy<'_>, depth: usize) -> Json {
    let mut record = writer.clone();
    let fields = record["fields"].as_array().expect("a record has fields").clone();
    // What stands in a field may be named elsewhere: it is taken away only where nothing is defined in it.
    let defines =
        |field: &Json| field.to_string().contains("\"name\":\"n") || field.to_string().contains("Leaf");
    let mut kept: Vec<Json> =
        fields.into_iter().filter(|field| defines(field) || entropy.below(5) > 0).collect();
    for field in &mut kept {
        field["type"] = mutated(&field["type"], entropy, depth + 1);
    }
    if entropy.flag() {
        let at = entropy.below(kept.len() + 1);
        let added = [
            json!({"name": "added", "type": "string", "default": "d"}),
            json!({"name": "added", "type": ["null", "long"], "default": null}),
            json!({"name": "added", "type": {"type": "array", "items": "int"}, "default": [1, 2]}),
            json!({"name": "added", "type": "double", "default": 0.5}),
        ];
        kept.insert(at, added[entropy.below(4)].clone());
    }
    record["fields"] = Json::Array(kept);
    record
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, max_global_rejects: 1_000_000, ..ProptestConfig::default() })]

    #[test]
    fn schemas_that_grow_resolve_as_apache_avro_has_it(
        schema in prop::collection::vec(any::<u8>(), 0..60),
        change in prop::collection::vec(any::<u8>(), 0..40),
        value in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        let writer = generate::record_schema(&mut Entropy::new(&schema));
        let text = writer.to_string();
        prop_assume!(!text.contains("decimal") && !text.contains("\"size\":16"));
        let reader = mutated(&writer, &mut Entropy::new(&change), 0);
        let Some(case) = properties::case(&writer.to_string(), &mut Entropy::new(&value)) else {
            return Err(TestCaseError::reject("no schema"));
        };
        prop_assume!(nesting(&case.value) <= NESTING_MAX);
        let Ok(apache) = Apache::parse_str(&reader.to_string()) else {
            return Err(TestCaseError::reject("no reader's schema"));
        };
        let theirs = oracle::read(&case.apache, Some(&apache), &case.bytes);
        let reader = Arc::new(Schema::parse(&reader.to_string(), &[]).expect("apache-avro has parsed it"));
        let reading = Reading::new(Arc::clone(&case.schema), Some(Arc::clone(&reader)), Wanted::All, true);
        let ours = reading.map_err(|error| error.to_string()).and_then(|reading| {
            let document = Arc::new(reading).decode(&case.bytes);
            document.and_then(Document::into_value).map_err(|error| error.to_string())
        });
        match theirs {
            Ok(theirs) => {
                let theirs = oracle::expected(&reader, reader.root(), &theirs);
                prop_assert_eq!(ours, Ok(theirs));
            }
            Err(error) => prop_assert!(ours.is_err(), "apache-avro: {}; ours: {:?}", error, ours),
        }
    }
}
