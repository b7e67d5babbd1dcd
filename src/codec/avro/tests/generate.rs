//! Schemas of every type out of arbitrary bytes: what shrinks the bytes shrinks them.

use serde_json::{Value as Json, json};

pub(super) use super::entropy::Entropy;
pub(super) use super::sample::value;

/// What a schema has got so far.
#[derive(Default)]
struct Names {
    count: usize,
    /// Records that are not closed yet: only these make a type recursive.
    open: Vec<String>,
    /// Types that may be named again.
    closed: Vec<String>,
}

impl Names {
    fn fresh(&mut self, what: &str) -> String {
        self.count += 1;
        format!("{what}{}", self.count)
    }
}

/// A schema whose type is a record.
pub(super) fn record_schema(entropy: &mut Entropy<'_>) -> Json {
    record(entropy, &mut Names::default(), 3)
}

fn record(entropy: &mut Entropy<'_>, names: &mut Names, depth: usize) -> Json {
    let name = format!("n{}.{}", entropy.below(2), names.fresh("Rec"));
    names.open.push(name.clone());
    let count = entropy.below(5);
    let mut fields = Vec::new();
    for index in 0..count {
        fields.push(json!({"name": format!("f{index}"), "type": any_type(entropy, names, depth - 1)}));
    }
    names.open.pop();
    names.closed.push(name.clone());
    json!({"type": "record", "name": name, "fields": fields})
}

fn any_type(entropy: &mut Entropy<'_>, names: &mut Names, depth: usize) -> Json {
    if depth == 0 {
        return leaf(entropy, names);
    }
    match entropy.below(12) {
        0..5 => leaf(entropy, names),
        5 => json!({"type": "array", "items": any_type(entropy, names, depth - 1)}),
        6 => json!({"type": "map", "values": any_type(entropy, names, depth - 1)}),
        7 => record(entropy, names, depth),
        8 => match names.open.last() {
            Some(open) => json!(["null", open]),
            None => json!("null"),
        },
        9 => match names.closed.len() {
            0 => json!("string"),
            count => json!(names.closed[entropy.below(count)]),
        },
        _ => union(entropy, names, depth),
    }
}

/// Variants of different bases, since logical types do not tell variants apart, or of different names.
fn union(entropy: &mut Entropy<'_>, names: &mut Names, depth: usize) -> Json {
    let (first, second) = (entropy.byte(), entropy.byte());
    let chosen = u16::from_le_bytes([first, second]);
    let mut variants = Vec::new();
    for base in (0..16).filter(|base| chosen >> base & 1 == 1) {
        variants.push(match base {
            0 => json!("null"),
            1 => json!("boolean"),
            2 => of_base(entropy, &INTS),
            3 => of_base(entropy, &LONGS),
            4 => json!("float"),
            5 => json!("double"),
            6 => of_base(entropy, &["\"string\"", UUID]),
            7 => of_bytes(entropy),
            8 => json!({"type": "array", "items": any_type(entropy, names, depth - 1)}),
            9 => json!({"type": "map", "values": any_type(entropy, names, depth - 1)}),
            // Two records, and three of what has a name besides: an enum beside strings, fixed beside bytes.
            10 | 11 => record(entropy, names, depth),
            12 => leaf_named(entropy, names, 0),
            13 => leaf_named(entropy, names, 1),
            14 => any_named(entropy, names),
            // In the other order, another variant is the first that fits.
            _ => {
                variants.reverse();
                continue;
            }
        });
    }
    if variants.is_empty() {
        variants.push(json!("null"));
    }
    Json::Array(variants)
}

const UUID: &str = r#"{"type": "string", "logicalType": "uuid"}"#;
const INTS: [&str; 3] = [
    "\"int\"",
    r#"{"type": "int", "logicalType": "date"}"#,
    r#"{"type": "int", "logicalType": "time-millis"}"#,
];
const LONGS: [&str; 8] = [
    "\"long\"",
    r#"{"type": "long", "logicalType": "time-micros"}"#,
    r#"{"type": "long", "logicalType": "timestamp-millis"}"#,
    r#"{"type": "long", "logicalType": "timestamp-micros"}"#,
    r#"{"type": "long", "logicalType": "timestamp-nanos"}"#,
    r#"{"type": "long", "logicalType": "local-timestamp-millis"}"#,
    r#"{"type": "long", "logicalType": "local-timestamp-micros"}"#,
    r#"{"type": "long", "logicalType": "local-timestamp-nanos"}"#,
];

fn of_base(entropy: &mut Entropy<'_>, choices: &[&str]) -> Json {
    serde_json::from_str(choices[entropy.below(choices.len())]).expect("it is JSON")
}

fn leaf(entropy: &mut Entropy<'_>, names: &mut Names) -> Json {
    match entropy.below(14) {
        0 => json!("int"),
        1 => json!("long"),
        2 => json!("string"),
        3 => json!("null"),
        4 => json!("boolean"),
        5 => json!("float"),
        6 => json!("double"),
        7 => json!("bytes"),
        8 => of_base(entropy, &INTS),
        9 => of_base(entropy, &LONGS),
        10 => of_base(entropy, &[UUID]),
        11 => of_bytes(entropy),
        _ => any_named(entropy, names),
    }
}

fn of_bytes(entropy: &mut Entropy<'_>) -> Json {
    match entropy.below(4) {
        0 => json!("bytes"),
        1 => json!({"type": "bytes", "logicalType": "big-decimal"}),
        _ => {
            let scale = entropy.below(10);
            json!({"type": "bytes", "logicalType": "decimal", "precision": scale + 1 + entropy.below(20), "scale": scale})
        }
    }
}

fn any_named(entropy: &mut Entropy<'_>, names: &mut Names) -> Json {
    let kind = entropy.below(5);
    leaf_named(entropy, names, kind)
}

fn leaf_named(entropy: &mut Entropy<'_>, names: &mut Names, kind: usize) -> Json {
    let name = names.fresh("Leaf");
    // Those without a logical type alone: a name stands for all of its type.
    if kind < 2 {
        names.closed.push(name.clone());
    }
    match kind {
        0 => json!({"type": "enum", "name": name, "symbols": ["A", "B", "C"]}),
        1 => json!({"type": "fixed", "name": name, "size": entropy.below(5)}),
        2 => json!({"type": "fixed", "name": name, "size": 12, "logicalType": "duration"}),
        3 => json!({"type": "fixed", "name": name, "size": 16, "logicalType": "uuid"}),
        _ => {
            json!({"type": "fixed", "name": name, "size": 8, "logicalType": "decimal", "precision": 17, "scale": 3})
        }
    }
}
