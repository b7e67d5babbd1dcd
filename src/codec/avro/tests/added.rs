//! Fields that only the reader has, with defaults.

use serde_json::{Value as Json, json};

use super::reader::Reader;

impl Reader<'_, '_> {
    /// A field that the writer lacks.
    pub(super) fn added(&mut self) -> Json {
        self.axes.insert("field added");
        let plain = [
            json!({"name": "added", "type": "string", "default": "d"}),
            json!({"name": "added", "type": ["null", "long"], "default": null}),
            json!({"name": "added", "type": {"type": "array", "items": "int"}, "default": [1, 2]}),
            json!({"name": "added", "type": "double", "default": 0.5}),
            json!({"name": "added", "type": {"type": "map", "values": "long"}, "default": {"a": 1, "b": -2}}),
            json!({"name": "added", "type": {"type": "array", "items": ["null", "string"]}, "default": []}),
            json!({"name": "added", "type": "bytes", "default": "ab"}),
        ];
        if !self.dares(2, "default that has parts") {
            return plain[self.entropy.below(plain.len())].clone();
        }
        let name = format!("Added{}", self.renamed.len() + self.entropy.below(200) * 10);
        let record = json!({"type": "record", "name": name, "fields": [
            {"name": "n", "type": "int"},
            {"name": "u", "type": ["null", "string"], "default": "u"},
            {"name": "m", "type": {"type": "map", "values": ["long", "null"]}, "default": {"x": null, "y": 3}}]});
        let symbols = json!({"type": "enum", "name": name, "symbols": ["A", "B"], "default": "A"});
        let decimal = json!({"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 1});
        let (kind, default) = match self.entropy.below(8) {
            0 => (record, json!({"n": 7})),
            1 => (record, json!({"n": 7, "u": null, "m": {}})),
            2 => (json!({"type": "array", "items": record}), json!([{"n": 1}, {"n": 2, "u": "v"}])),
            // Not of the first variant.
            3 => (json!(["null", "long", record]), json!({"n": 3})),
            4 => (symbols, json!("B")),
            5 => (decimal, json!("\u{ff}\u{fe}")),
            6 => (json!({"type": "fixed", "name": name, "size": 2}), json!("\u{80}\u{0}")),
            // None of the type: only a record that needs it is poison.
            _ => (record, json!({"u": "x"})),
        };
        json!({"name": "added", "type": kind, "default": default})
    }
}
