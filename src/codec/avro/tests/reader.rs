//! A reader's schema for what a writer wrote: what people change as schemas grow, and what they break.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use super::entropy::Entropy;
use super::rename;

/// Which changes are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Changes {
    /// Those that apache-avro resolves as the specification has it: it goes by the value at hand and knows no names.
    Plain,
    /// All.
    All,
}

/// Makes a reader's schema.
pub(super) struct Reader<'e, 'b> {
    pub(super) entropy: &'e mut Entropy<'b>,
    changes: Changes,
    /// Types that are called otherwise: the name, and the new one.
    pub(super) renamed: Vec<(String, String)>,
    /// What was changed.
    pub(super) axes: BTreeSet<&'static str>,
}

/// The reader's schema, and which kinds of changes are in it.
pub(super) fn reader(
    writer: &Json,
    entropy: &mut Entropy<'_>,
    changes: Changes,
) -> (Json, BTreeSet<&'static str>) {
    let mut reader = Reader { entropy, changes, renamed: Vec::new(), axes: BTreeSet::new() };
    let mut schema = reader.changed(writer, 0, false);
    for (old, new) in &reader.renamed {
        rename::everywhere(&mut schema, old, new);
    }
    (schema, reader.axes)
}

impl Reader<'_, '_> {
    /// Whether to change what only all changes have; `one_in` says how seldom.
    pub(super) fn dares(&mut self, one_in: usize, axis: &'static str) -> bool {
        let dares = self.changes == Changes::All && self.entropy.below(one_in) == one_in - 1;
        if dares {
            self.axes.insert(axis);
        }
        dares
    }

    pub(super) fn changed(&mut self, writer: &Json, depth: usize, in_union: bool) -> Json {
        if depth > 0 && !in_union && self.dares(24, "alone → union") {
            let same = self.changed(writer, depth, true);
            let mut variants = vec![json!("null"), json!("double"), json!("string")];
            if !same.is_array() && !variants.contains(&same) {
                variants.insert(self.entropy.below(4), same);
            }
            self.precede(&mut variants);
            return Json::Array(variants);
        }
        if depth > 0 && !rename::defines(writer) && self.dares(48, "another type") {
            return json!(["string", "long", "boolean"][self.entropy.below(3)]);
        }
        match writer {
            Json::String(name) => self.promoted(name, depth, in_union),
            Json::Array(variants) => self.union(variants, depth),
            Json::Object(object) => match object["type"].as_str().expect("a type is called by a string") {
                "record" => self.record(writer, depth),
                "enum" => self.symbols(object),
                "array" => {
                    json!({"type": "array", "items": self.changed(&object["items"], depth + 1, false)})
                }
                "map" => json!({"type": "map", "values": self.changed(&object["values"], depth + 1, false)}),
                "fixed" => {
                    let mut fixed = object.clone();
                    self.decimal(&mut fixed);
                    self.call(&mut fixed);
                    Json::Object(fixed)
                }
                base => self.logical(object, base),
            },
            other => other.clone(),
        }
    }

    fn promoted(&mut self, name: &str, depth: usize, in_union: bool) -> Json {
        if name == "int" && self.dares(8, "logical type added") {
            return json!({"type": "int", "logicalType": "time-millis"});
        }
        if matches!(name, "int" | "long") && self.dares(8, "logical type added") {
            return json!({"type": "long", "logicalType": "timestamp-micros"});
        }
        if name == "bytes" && self.dares(4, "logical type added") {
            return json!({"type": "bytes", "logicalType": "decimal", "precision": 6, "scale": 2});
        }
        if name == "bytes" && self.dares(4, "bytes → string") {
            return json!("string");
        }
        let choices: &[&str] = match name {
            "int" => &["int", "long", "float", "double"],
            "long" => &["long", "float", "double"],
            "float" => &["float", "double"],
            "string" => &["string", "bytes"],
            other => return json!(other),
        };
        // apache-avro takes the variant of the value's own type, wherever it stands.
        if in_union && !self.dares(3, "promoted in a union") {
            return json!(name);
        }
        let promoted = choices[self.entropy.below(choices.len())];
        // Into a union as well, but not into one in a union.
        let wraps = depth > 0 && !in_union && self.entropy.below(4) == 3;
        if wraps { json!(["null", promoted]) } else { json!(promoted) }
    }

    fn union(&mut self, variants: &[Json], depth: usize) -> Json {
        let mut others = Vec::new();
        for variant in variants {
            let drops = !rename::defines(variant) && self.dares(8, "variant dropped");
            if !drops && self.changes == Changes::All {
                others.push(self.changed(variant, depth + 1, true));
            } else if !drops {
                others.push(variant.clone());
            }
        }
        if self.entropy.flag() {
            others.reverse();
        }
        if self.dares(6, "variant added") {
            let added = ["double", "bytes", "long", "string"][self.entropy.below(4)];
            let at = self.entropy.below(others.len() + 1);
            others.insert(at, json!(added));
        }
        if others.len() == 1 && self.dares(2, "union → alone") {
            return others.remove(0);
        }
        self.precede(&mut others);
        Json::Array(others)
    }

    fn symbols(&mut self, writer: &Map<String, Json>) -> Json {
        let mut object = writer.clone();
        if self.entropy.flag() {
            object.insert("symbols".into(), json!(["C", "A", "X"]));
            if !self.dares(3, "symbol without default") {
                object.insert("default".into(), json!(["X", "A"][self.entropy.below(2)]));
                self.axes.insert("default symbol");
            }
        }
        self.call(&mut object);
        Json::Object(object)
    }

    fn logical(&mut self, writer: &Map<String, Json>, base: &str) -> Json {
        let is_number = writer["logicalType"].as_str().is_some_and(|name| name.ends_with("decimal"));
        if base == "bytes" && is_number && self.dares(4, "number → string") {
            return json!("string");
        }
        if self.dares(6, "logical type left out") {
            return json!(base);
        }
        let mut object = writer.clone();
        let name = object["logicalType"].as_str().unwrap_or_default().to_owned();
        if let Some((kind, _)) = name.rsplit_once('-').filter(|(kind, _)| kind.ends_with("timestamp"))
            && self.dares(3, "another unit")
        {
            let unit = ["millis", "micros", "nanos"][self.entropy.below(3)];
            object.insert("logicalType".into(), json!(format!("{kind}-{unit}")));
        }
        if name == "time-millis" && self.dares(3, "another unit") {
            return json!({"type": "long", "logicalType": "time-micros"});
        }
        self.decimal(&mut object);
        Json::Object(object)
    }

    /// Another scale or precision is another type.
    fn decimal(&mut self, object: &mut Map<String, Json>) {
        if object.get("logicalType") != Some(&json!("decimal")) {
            return;
        }
        if self.dares(6, "another scale") {
            object.insert("scale".into(), json!(1));
        }
        if self.dares(6, "another precision") {
            object.insert("precision".into(), json!(16));
        }
        if object["type"] == json!("fixed") && self.dares(8, "logical type left out") {
            object.remove("logicalType");
        }
    }

    fn record(&mut self, writer: &Json, depth: usize) -> Json {
        let mut record = writer.as_object().expect("a record is an object").clone();
        let fields = record["fields"].as_array().expect("a record has fields").clone();
        let mut kept = Vec::new();
        for mut field in fields {
            // What stands in a field may be named elsewhere: it is taken away only where nothing is defined in it.
            if !rename::defines(&field) && self.entropy.below(5) == 4 {
                self.axes.insert("field dropped");
                continue;
            }
            field["type"] = self.changed(&field["type"], depth + 1, false);
            self.call_field(&mut field);
            kept.push(field);
        }
        // Where a type is defined before it is named.
        if !kept.iter().any(rename::defines) && self.entropy.flag() {
            kept.reverse();
            self.axes.insert("fields in another order");
        }
        if self.entropy.flag() {
            let at = self.entropy.below(kept.len() + 1);
            kept.insert(at, self.added());
        }
        record["fields"] = Json::Array(kept);
        self.call(&mut record);
        Json::Object(record)
    }
}
