//! Which types take no bytes: of these, an array of any length is a few bytes long.

use super::reach::{self, Rests};
use super::schema::{Node, NodeId, Schema};

/// What skipping asks of a schema's types.
#[derive(Debug, Default)]
pub(super) struct ZeroSized {
    nodes: Vec<bool>,
    inside: Vec<bool>,
}

impl ZeroSized {
    pub(super) fn of(schema: &Schema) -> Self {
        let nodes = nodes(schema);
        let inside = inside(schema, &nodes);
        Self { nodes, inside }
    }

    /// Whether the type takes no bytes.
    pub(super) fn is(&self, node: NodeId) -> bool {
        self.nodes[node.index()]
    }

    /// Whether arrays of such a type may stand in it.
    pub(super) fn is_inside(&self, node: NodeId) -> bool {
        self.inside[node.index()]
    }
}

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

/// Which nodes may hold an array of what takes no bytes.
fn inside(schema: &Schema, nodes: &[bool]) -> Vec<bool> {
    reach::holds(schema.ids().map(|id| match schema.node(id) {
        Node::Array(item) if nodes[item.index()] => Rests::Known(true),
        Node::Array(of) | Node::Map(of) => Rests::Any(vec![of.index()]),
        Node::Union(variants) => Rests::Any(variants.iter().map(|one| one.index()).collect()),
        Node::Record { fields, .. } => Rests::Any(fields.iter().map(|field| field.node.index()).collect()),
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
        assert!(!ZeroSized::of(&schema).is_inside(schema.root()));
    }

    #[test]
    fn arrays_of_nothing_are_found_wherever_they_stand() {
        let text = r#"{"type": "record", "name": "R", "fields": [
            {"name": "a", "type": {"type": "map", "values": ["null", "R", {"type": "array", "items": "null"}]}},
            {"name": "b", "type": {"type": "array", "items": "int"}}]}"#;
        let schema = Schema::parse(text, &[]).expect("it is a schema");
        let known = ZeroSized::of(&schema);
        let Node::Record { fields, .. } = schema.node(schema.root()) else { panic!("no record") };
        let of_fields: Vec<_> = fields.iter().map(|field| known.is_inside(field.node)).collect();
        assert_eq!((known.is_inside(schema.root()), of_fields), (true, vec![true, false]));
    }
}
