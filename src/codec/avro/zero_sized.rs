//! Which types take no bytes: of these, an array of any length is a few bytes long.

use super::reach::{self, Rests};
use super::schema::{Node, Schema};

/// For each node of `schema`.
pub(super) fn nodes(schema: &Schema) -> Vec<bool> {
    reach::holds(schema.ids().map(|id| match schema.node(id) {
        Node::Null => Rests::Known(true),
        // Of a size that holds no digit no decimal is made.
        Node::Fixed { size, .. } => Rests::Known(*size == 0),
        Node::Record { fields, .. } => Rests::All(fields.iter().map(|field| field.node.index()).collect()),
        _ => Rests::Known(false),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_nothing_takes_no_bytes() {
        let text = r#"{"type": "record", "name": "R", "fields": [
            {"name": "a", "type": {"type": "record", "name": "Empty", "fields": []}},
            {"name": "b", "type": {"type": "record", "name": "Nulls", "fields": [
                {"name": "x", "type": "null"}, {"name": "y", "type": "Empty"}]}},
            {"name": "c", "type": ["null"]}]}"#;
        let schema = Schema::parse(text, &[]).expect("it is a schema");
        let known = nodes(&schema);
        let Node::Record { fields, .. } = schema.node(schema.root()) else { panic!("no record") };
        let of_fields: Vec<_> = fields.iter().map(|field| known[field.node.index()]).collect();
        assert_eq!(of_fields, [true, true, false]);
        assert!(!known[schema.root().index()]);
    }
}
