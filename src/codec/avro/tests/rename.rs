//! What a reader calls types and fields.

use serde_json::{Map, Value as Json, json};

use super::reader::Reader;

impl Reader<'_, '_> {
    /// Another name for a type, with an alias that tells of the old one, or with none that does.
    pub(super) fn call(&mut self, object: &mut Map<String, Json>) {
        if !self.dares(4, "type renamed") {
            return;
        }
        let old = object["name"].as_str().expect("a name is a string").to_owned();
        let short = old.rsplit('.').next().unwrap_or_default().to_owned();
        let (new, aliases) = match self.entropy.below(7) {
            // In another namespace it is the same by the specification.
            0 => (format!("x.{short}"), None),
            1 | 2 => (format!("New{short}"), Some(json!([short]))),
            3 => (format!("New{short}"), Some(json!(["Other", old]))),
            4 => (format!("New{short}"), Some(json!([format!("y.z.{short}")]))),
            5 => (format!("x.New{short}"), Some(json!([old]))),
            _ => (format!("New{short}"), Some(json!(["Other"]))),
        };
        object.insert("name".into(), json!(new));
        object.extend(aliases.map(|aliases| ("aliases".to_owned(), aliases)));
        self.renamed.push((old, new));
    }

    /// Puts a type that has the same short name, in another namespace, before a record or an enum of a union: it would take
    /// every value, and is the better variant only where the other one is not called as the writer's.
    pub(super) fn precede(&mut self, variants: &mut Vec<Json>) {
        let named = |variant: &Json| matches!(variant["type"].as_str(), Some("record" | "enum"));
        let Some(index) = variants.iter().position(named) else { return };
        if !self.dares(3, "same short name before") {
            return;
        }
        let full = variants[index]["name"].as_str().expect("a name is a string");
        let name = format!("elsewhere.{}", full.rsplit('.').next().unwrap_or_default());
        let other = match variants[index]["type"].as_str() {
            Some("enum") => json!({"type": "enum", "name": name, "symbols": ["Z"], "default": "Z"}),
            _ => json!({"type": "record", "name": name, "fields": [
                {"name": "elsewhere", "type": "boolean", "default": true}]}),
        };
        variants.insert(self.entropy.below(index + 1), other);
    }

    /// Another name for a field. One more field that has the old name as an alias gets nothing by it.
    pub(super) fn call_field(&mut self, field: &mut Json) {
        if !self.dares(5, "field renamed") {
            return;
        }
        let old = field["name"].clone();
        field["name"] = json!(format!("g{}", old.as_str().unwrap_or_default()));
        field["aliases"] = match self.entropy.below(8) {
            0..3 => json!([old]),
            3 | 4 => json!(["nothing", old]),
            // That of another one, which is its own by name, comes to nothing where that is still there.
            5 => json!(["f0", old]),
            6 => json!(["f1", "f2"]),
            _ => json!(["nothing"]),
        };
    }
}

/// Whether a type with a name is defined in it, which may be named elsewhere.
pub(super) fn defines(json: &Json) -> bool {
    match json {
        Json::Array(items) => items.iter().any(defines),
        Json::Object(object) => {
            matches!(object.get("type").and_then(Json::as_str), Some("record" | "enum" | "fixed"))
                || object.values().any(defines)
        }
        _ => false,
    }
}

/// Calls a type by its new name where it is named.
pub(super) fn everywhere(json: &mut Json, old: &str, new: &str) {
    match json {
        Json::String(name) if name == old => new.clone_into(name),
        Json::Array(items) => items.iter_mut().for_each(|item| everywhere(item, old, new)),
        Json::Object(object) => {
            for key in ["type", "items", "values", "fields"] {
                if let Some(inside) = object.get_mut(key) {
                    everywhere(inside, old, new);
                }
            }
        }
        _ => {}
    }
}
