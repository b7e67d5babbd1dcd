//! Whether two schemas have the same type, so that the bytes of a value of one are a value of the other.

use std::collections::HashMap;

use super::schema::{Field, Inner, Node, NodeId, Schema};

/// Compares types of two schemas; what was found stays known from one question to the next.
pub(super) struct Same<'s> {
    left: &'s Schema,
    right: &'s Schema,
    /// What is known of pairs.
    known: HashMap<(NodeId, NodeId), bool>,
}

impl<'s> Same<'s> {
    pub(super) fn new(left: &'s Schema, right: &'s Schema) -> Self {
        Self { left, right, known: HashMap::new() }
    }

    /// The same structure, names, symbols and logical types. Defaults and aliases change no bytes.
    ///
    /// All pairs that stand in the first are settled with it, each looked at once: they are the same unless a difference is
    /// found in them, which then is one of all that they stand in.
    pub(super) fn is(&mut self, left: NodeId, right: NodeId) -> bool {
        let mut pending = vec![(left, right)];
        // The pairs that each stands in, and those that differ.
        let (mut around, mut different) = (HashMap::<_, Vec<_>>::new(), Vec::new());
        let mut below = Vec::new();
        while let Some(pair) = pending.pop() {
            if self.known.contains_key(&pair) {
                continue;
            }
            self.known.insert(pair, true);
            if self.level(pair, &mut below) {
                for inside in &below {
                    around.entry(*inside).or_default().push(pair);
                    if self.known.get(inside) == Some(&false) {
                        different.push(*inside);
                    }
                }
                pending.append(&mut below);
            } else {
                below.clear();
                different.push(pair);
            }
        }
        while let Some(pair) = different.pop() {
            self.known.insert(pair, false);
            different.extend(around.remove(&pair).into_iter().flatten());
        }
        self.known.get(&(left, right)).copied().unwrap_or_default()
    }

    /// One level; what stands below is added to `pending`.
    fn level(&self, (left, right): (NodeId, NodeId), pending: &mut Vec<(NodeId, NodeId)>) -> bool {
        match (self.left.node(left), self.right.node(right)) {
            (Node::Array(left), Node::Array(right)) | (Node::Map(left), Node::Map(right)) => {
                pending.push((*left, *right));
                true
            }
            (Node::Union(left), Node::Union(right)) => {
                pending.extend(left.iter().copied().zip(right.iter().copied()));
                left.len() == right.len()
            }
            (Node::Record { name, fields }, Node::Record { name: other, fields: others }) => {
                let pairs = || fields.iter().zip(others);
                pending.extend(pairs().map(|(left, right)| (left.node, right.node)));
                let names = pairs().all(|(left, right): (&Field, &Field)| left.name == right.name);
                name.full == other.full && fields.len() == others.len() && names
            }
            (Node::Enum { name, symbols, .. }, Node::Enum { name: other, symbols: others, .. }) => {
                name.full == other.full && symbols == others
            }
            (Node::Fixed { name, size }, Node::Fixed { name: other, size: other_size }) => {
                name.full == other.full && size == other_size
            }
            (Node::Duration { name }, Node::Duration { name: other }) => name.full == other.full,
            (Node::Uuid(left), Node::Uuid(right)) => same_inner(left, right),
            (
                Node::Decimal { precision, scale, inner },
                Node::Decimal { precision: other_precision, scale: other_scale, inner: other },
            ) => precision == other_precision && scale == other_scale && same_inner(inner, other),
            // Left are types without parts.
            (left, right) => left == right,
        }
    }
}

fn same_inner(left: &Inner, right: &Inner) -> bool {
    match (left, right) {
        (Inner::Fixed { name, size }, Inner::Fixed { name: other, size: other_size }) => {
            name.full == other.full && size == other_size
        }
        (left, right) => left == right,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(left: &str, right: &str) -> bool {
        let left = Schema::parse(left, &[]).expect("it is a schema");
        let right = Schema::parse(right, &[]).expect("it is a schema");
        Same::new(&left, &right).is(left.root(), right.root())
    }

    fn list(item: &str) -> String {
        format!(
            r#"{{"type": "record", "name": "n.List", "fields": [
            {{"name": "tail", "type": ["null", "List"]}}, {{"name": "head", "type": {item}}}]}}"#
        )
    }

    #[test]
    fn a_recursive_type_is_the_same_as_itself_only() {
        assert!(same(&list("\"int\""), &list("\"int\"")));
        assert!(!same(&list("\"int\""), &list("\"long\"")));
    }

    #[test]
    fn a_difference_is_one_of_all_that_it_stands_in() {
        let of = |leaf: &str| {
            let fields = [
                r#"{"name": "z", "type": {"type": "record", "name": "Z", "fields": [
                {"name": "back", "type": ["null", "R"]}]}}"#
                    .to_owned(),
                format!(r#"{{"name": "a", "type": {leaf}}}"#),
            ];
            let text = format!(r#"{{"type": "record", "name": "R", "fields": [{}]}}"#, fields.join(", "));
            Schema::parse(&text, &[]).expect("it is a schema")
        };
        let (left, right) = (of("\"int\""), of("\"long\""));
        let Node::Record { fields, .. } = left.node(left.root()) else { panic!("no record") };
        let Node::Record { fields: others, .. } = right.node(right.root()) else { panic!("no record") };
        let (whole, inside) = ((left.root(), right.root()), (fields[0].node, others[0].node));
        for order in [[whole, inside], [inside, whole]] {
            let mut same = Same::new(&left, &right);
            assert!(
                order.iter().all(|(left, right)| !same.is(*left, *right)),
                "it leads back to what differs"
            );
        }
    }

    #[test]
    fn names_symbols_and_logical_types_count_and_defaults_do_not() {
        let of = |body: &str| format!(r#"{{"type": "enum", "name": "E", {body}}}"#);
        assert!(same(&of(r#""symbols": ["A", "B"]"#), &of(r#""symbols": ["A", "B"], "default": "A""#)));
        assert!(!same(&of(r#""symbols": ["A", "B"]"#), &of(r#""symbols": ["B", "A"]"#)));
        assert!(!same("\"int\"", r#"{"type": "int", "logicalType": "date"}"#));
        let fixed = |name: &str| format!(r#"{{"type": "fixed", "name": "{name}", "size": 4}}"#);
        assert!(!same(&fixed("A"), &fixed("B")));
        let record = |field: &str| format!(r#"{{"type": "record", "name": "R", "fields": [{field}]}}"#);
        let of = |name: &str| record(&format!(r#"{{"name": "{name}", "type": "int"}}"#));
        assert!(same(&of("a"), &of("a")));
        assert!(!same(&of("a"), &of("b")), "the same bytes would get another name");
        assert!(!same(&of("a"), &record("")));
    }
}
