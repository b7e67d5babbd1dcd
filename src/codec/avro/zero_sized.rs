//! Which types take no bytes: of these, an array of any length is a few bytes long.

use super::schema::{Inner, Node, Schema};

/// For each node of `schema`.
pub(super) fn nodes(schema: &Schema) -> Vec<bool> {
    let mut known = vec![false; schema.len()];
    loop {
        let mut changes = false;
        // What stands inside mostly has the greater number.
        for id in schema.ids().rev() {
            let is = match schema.node(id) {
                Node::Null => true,
                Node::Fixed { size, .. } => *size == 0,
                Node::Decimal { inner: Inner::Fixed { size, .. }, .. } => *size == 0,
                Node::Record { fields, .. } => fields.iter().all(|field| known[field.node.index()]),
                _ => false,
            };
            changes |= is && !known[id.index()];
            known[id.index()] |= is;
        }
        if !changes {
            return known;
        }
    }
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
