//! Defaults of a schema: JSON → the bytes of a value, as the specification has it. Once a schema, never once a record.

use serde_json::Value as Json;

use super::output;
use super::schema::{Inner, Node, NodeId, Schema};
use super::{AVRO_DEPTH_MAX, describe};

/// The most bytes that a default may take: what a record lacks is written again and again.
pub(super) const DEFAULT_BYTES_MAX: usize = 1_000_000;

/// The most bytes that all defaults of a schema may take together.
const DEFAULTS_BYTES_MAX: usize = 16_000_000;

/// The most values that are looked at for all defaults of a schema together.
const DEFAULTS_EFFORT_MAX: usize = 1_000_000;

/// The most values that are looked at for one default: variants of unions are tried one after another, on each level.
const DEFAULT_EFFORT_MAX: usize = 100_000;

/// The bytes of the default `json` of a field of the type `node`.
///
/// # Errors
///
/// It is no value of the type.
pub(super) fn write(schema: &Schema, node: NodeId, json: &Json) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    Writer::new(schema).value(node, json, &mut out)?;
    Ok(out)
}

/// Looks at all defaults of a schema.
///
/// # Errors
///
/// One is no value of its type, or they are beyond the limits; told with the name of the field.
pub(super) fn check(schema: &Schema) -> Result<(), String> {
    let (mut bytes, mut effort) = (0, 0);
    for id in schema.ids() {
        let Node::Record { name, fields } = schema.node(id) else { continue };
        for field in fields {
            let Some(json) = &field.default else { continue };
            let mut writer = Writer::new(schema);
            let mut out = Vec::new();
            let place = || format!("the default of the field `{}` of the record `{}`", field.name, name.full);
            writer
                .value(field.node, json, &mut out)
                .map_err(|why| format!("{} is no value: {why}", place()))?;
            bytes += out.len();
            effort += writer.effort;
            if bytes > DEFAULTS_BYTES_MAX || effort > DEFAULTS_EFFORT_MAX {
                return Err(format!(
                    "with {} all defaults together have more than {DEFAULTS_BYTES_MAX} bytes, or \
                     {DEFAULTS_EFFORT_MAX} values",
                    place()
                ));
            }
        }
    }
    Ok(())
}

struct Writer<'s> {
    schema: &'s Schema,
    depth: usize,
    effort: usize,
    /// The limit that was reached: no other variant of a union is tried then.
    over: Option<String>,
}

impl<'s> Writer<'s> {
    fn new(schema: &'s Schema) -> Self {
        Self { schema, depth: 0, effort: 0, over: None }
    }

    /// A limit that holds for the whole default is exceeded.
    fn over(&mut self, why: String) -> Result<(), String> {
        self.over = Some(why.clone());
        Err(why)
    }

    fn value(&mut self, node: NodeId, json: &Json, out: &mut Vec<u8>) -> Result<(), String> {
        if self.depth > AVRO_DEPTH_MAX {
            return Err(format!("it is nested more than {AVRO_DEPTH_MAX} levels deep"));
        }
        self.effort += 1;
        if self.effort > DEFAULT_EFFORT_MAX {
            return self.over(format!("it has more than {DEFAULT_EFFORT_MAX} values"));
        }
        self.depth += 1;
        let result = self.inside(node, json, out);
        self.depth -= 1;
        if out.len() > DEFAULT_BYTES_MAX {
            return self.over(format!("it takes more than {DEFAULT_BYTES_MAX} bytes"));
        }
        result
    }

    fn inside(&mut self, node: NodeId, json: &Json, out: &mut Vec<u8>) -> Result<(), String> {
        let misfit = || misfit(self.schema, node);
        let integer = || json.as_i64().ok_or_else(misfit);
        match (self.schema.node(node), json) {
            (Node::Null, Json::Null) => {}
            (Node::Boolean, Json::Bool(boolean)) => out.push(u8::from(*boolean)),
            (Node::Int | Node::Date | Node::TimeMillis, _) => {
                output::long(i32::try_from(integer()?).map_err(|_| misfit())?.into(), out);
            }
            (Node::Long | Node::TimeMicros | Node::Timestamp(_) | Node::LocalTimestamp(_), _) => {
                output::long(integer()?, out);
            }
            (Node::Float, _) => {
                let float = json.as_f64().ok_or_else(misfit)? as f32;
                out.extend_from_slice(&float.to_le_bytes());
            }
            (Node::Double, _) => out.extend_from_slice(&json.as_f64().ok_or_else(misfit)?.to_le_bytes()),
            (Node::String | Node::Uuid(Inner::String), Json::String(text)) => {
                output::bytes(text.as_bytes(), out);
            }
            (Node::Enum { symbols, .. }, Json::String(text)) => {
                let index = symbols.iter().position(|symbol| symbol == text).ok_or_else(misfit)?;
                output::length(index, out);
            }
            (Node::Array(item), Json::Array(items)) => self.array(*item, items, out)?,
            (Node::Map(values), Json::Object(members)) => self.map(*values, members, out)?,
            (Node::Union(variants), _) => return self.union(node, variants, json, out),
            (Node::Record { .. }, Json::Object(members)) => self.record(node, members, out)?,
            (_, Json::String(text)) => return self.block(node, text, out).ok_or_else(misfit),
            _ => return Err(misfit()),
        }
        Ok(())
    }

    /// Bytes stand as a text of the characters U+0000 to U+00FF.
    fn block(&self, node: NodeId, text: &str, out: &mut Vec<u8>) -> Option<()> {
        let bytes = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect::<Option<Vec<u8>>>()?;
        match self.schema.node(node) {
            Node::Bytes
            | Node::BigDecimal
            | Node::Decimal { inner: Inner::Bytes, .. }
            | Node::Uuid(Inner::Bytes) => output::bytes(&bytes, out),
            Node::Fixed { size, .. }
            | Node::Decimal { inner: Inner::Fixed { size, .. }, .. }
            | Node::Uuid(Inner::Fixed { size, .. })
                if *size == bytes.len() =>
            {
                out.extend_from_slice(&bytes);
            }
            Node::Duration { .. } if bytes.len() == 12 => out.extend_from_slice(&bytes),
            _ => return None,
        }
        Some(())
    }

    fn array(&mut self, item: NodeId, items: &[Json], out: &mut Vec<u8>) -> Result<(), String> {
        if !items.is_empty() {
            output::length(items.len(), out);
            items.iter().try_for_each(|json| self.value(item, json, out))?;
        }
        out.push(0);
        Ok(())
    }

    fn map(
        &mut self,
        values: NodeId,
        members: &serde_json::Map<String, Json>,
        out: &mut Vec<u8>,
    ) -> Result<(), String> {
        if !members.is_empty() {
            output::length(members.len(), out);
            for (name, json) in members {
                output::bytes(name.as_bytes(), out);
                self.value(values, json, out)?;
            }
        }
        out.push(0);
        Ok(())
    }

    /// Of the first variant that it fits: since 1.12 the specification no longer asks for the first of all.
    fn union(
        &mut self,
        node: NodeId,
        variants: &[NodeId],
        json: &Json,
        out: &mut Vec<u8>,
    ) -> Result<(), String> {
        let start = out.len();
        for (index, variant) in variants.iter().enumerate() {
            output::length(index, out);
            let written = self.value(*variant, json, out);
            if written.is_ok() || self.over.is_some() {
                return written;
            }
            out.truncate(start);
        }
        Err(misfit(self.schema, node))
    }

    fn record(
        &mut self,
        node: NodeId,
        members: &serde_json::Map<String, Json>,
        out: &mut Vec<u8>,
    ) -> Result<(), String> {
        let schema = self.schema;
        let Node::Record { fields, .. } = schema.node(node) else { unreachable!("the caller has seen it") };
        for field in fields {
            let json = members.get(&field.name).or(field.default.as_ref());
            let json = json.ok_or_else(|| format!("the member `{}` is missing in it", field.name))?;
            self.value(field.node, json, out)?;
        }
        Ok(())
    }
}

fn misfit(schema: &Schema, node: NodeId) -> String {
    format!("it does not fit the type {}", describe::type_of(schema, node))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(schema: &str, json: &str) -> Result<Vec<u8>, String> {
        let schema = Schema::parse(schema, &[]).expect("it is a schema");
        write(&schema, schema.root(), &serde_json::from_str(json).expect("it is JSON"))
    }

    #[test]
    fn bytes_are_characters_up_to_255() {
        assert_eq!(written("\"bytes\"", "\"\\u00ff\\u0001\""), Ok(vec![4, 0xff, 1]));
        assert!(written("\"bytes\"", "\"\\u0100\"").is_err());
        let fixed = r#"{"type": "fixed", "name": "F", "size": 2}"#;
        assert_eq!(written(fixed, "\"ab\""), Ok(b"ab".to_vec()));
        assert!(written(fixed, "\"abc\"").is_err());
    }

    #[test]
    fn a_union_takes_the_first_variant_that_fits() {
        assert_eq!(written(r#"["null", "long"]"#, "null"), Ok(vec![0]));
        assert_eq!(written(r#"["null", "long"]"#, "-1"), Ok(vec![2, 1]));
        assert!(written(r#"["null", "long"]"#, "\"x\"").is_err());
        assert!(written("\"int\"", "3000000000").is_err());
    }

    #[test]
    fn a_default_that_needs_itself_has_an_end() {
        let schema = r#"{"type": "record", "name": "R", "fields": [
            {"name": "n", "type": "int", "default": 5},
            {"name": "r", "type": ["R", "null"], "default": {}}]}"#;
        let schema = Schema::parse(schema, &[]).expect("it is a schema");
        write(&schema, schema.root(), &serde_json::json!({})).expect_err("it has no end");
    }

    fn checked(fields: &str) -> Result<(), String> {
        let text = format!(r#"{{"type": "record", "name": "n.R", "fields": [{fields}]}}"#);
        let schema = Schema::parse(&text, &[]).expect("whatever its defaults are, it is a schema");
        schema.check_defaults().map_err(|error| error.message)
    }

    #[test]
    fn a_default_that_is_no_value_is_told_with_its_field() {
        let fixed = r#"{"name": "f", "type": {"type": "fixed", "name": "F", "size": 4}, "default": "abc"}"#;
        assert_eq!(
            checked(fixed),
            Err("the default of the field `f` of the record `n.R` is no value: it does not fit the type fixed(4) n.F"
                .to_owned())
        );
        let symbol =
            r#"{"name": "e", "type": {"type": "enum", "name": "E", "symbols": ["A"], "default": SYMBOL}}"#;
        checked(&symbol.replace("SYMBOL", "\"A\"")).expect("it is a symbol");
        for wrong in ["\"B\"", "null", "1"] {
            let why = checked(&symbol.replace("SYMBOL", wrong)).expect_err("it is no symbol");
            assert_eq!(why, "the default of the enum `n.E` is none of its symbols");
        }
    }

    /// Bytes that are no number, a text that is no UUID, a time that no expression holds.
    #[test]
    fn a_default_that_only_bytes_can_hold_is_none_to_read_by() {
        for (kind, default) in [
            (r#"{"type": "bytes", "logicalType": "decimal", "precision": 4}"#, "\"\""),
            (r#"{"type": "string", "logicalType": "uuid"}"#, "\"x\""),
            (r#"{"type": "long", "logicalType": "timestamp-millis"}"#, "9223372036854775807"),
        ] {
            let text = format!(
                r#"{{"type": "record", "name": "R", "fields": [{{"name": "d", "type": {kind}, "default": {default}}}]}}"#
            );
            let schema = Schema::parse(&text, &[]).expect("it is a schema");
            schema.check_defaults().expect("it has bytes");
            let why = schema.check_defaults_as_read().expect_err("it is no value").message;
            assert!(why.starts_with("the default of the field `d` of the record `R` is no value: "), "{why}");
        }
    }

    #[test]
    fn a_default_that_is_too_large_is_told_with_the_limit() {
        let long = "x".repeat(DEFAULT_BYTES_MAX);
        for kind in ["\"string\"", r#"["string", "null"]"#, r#"["null", "string"]"#] {
            let why = checked(&format!(r#"{{"name": "s", "type": {kind}, "default": "{long}"}}"#));
            let why = why.expect_err("it is too large");
            assert!(
                why.ends_with("`s` of the record `n.R` is no value: it takes more than 1000000 bytes"),
                "{why}"
            );
        }
        let half = "x".repeat(DEFAULT_BYTES_MAX / 2);
        let fields = (0..40).map(|i| format!(r#"{{"name": "s{i}", "type": "string", "default": "{half}"}}"#));
        let why = checked(&fields.collect::<Vec<_>>().join(",")).expect_err("they are too large together");
        assert!(
            why.starts_with("with the default of the field `s31` of the record `n.R` all defaults together"),
            "{why}"
        );
    }
}
