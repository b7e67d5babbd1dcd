//! From the text to the nodes: schemas, references, and what they must not be.

use std::collections::HashMap;

use super::draft::Draft;
use super::loops;
use super::node::{Node, NodeId, Rules};
use super::pointer::{self, Pointer};
use super::tree::{self, Kind, Member, Tree};
use super::{JsonSchema, JsonSchemaError};

/// The most schemas that a schema may consist of.
pub const SCHEMA_NODES_MAX: usize = 100_000;

/// The most schemas that lead from one to the next without looking further into the value: by `$ref`, `allOf`, `anyOf` and
/// `oneOf`.
pub const IN_PLACE_MAX: usize = 64;

pub(super) fn parse(text: &str) -> Result<JsonSchema, JsonSchemaError> {
    let root = tree::read(text)?;
    let mut parser = Parser {
        text,
        root: &root,
        draft: Draft::D2020,
        nodes: Vec::new(),
        pointers: Vec::new(),
        known: HashMap::new(),
        references: Vec::new(),
    };
    parser.draft = parser.draft()?;
    let top = parser.schema(&root, &Pointer::root())?;
    parser.follow()?;
    let Parser { nodes, pointers, .. } = parser;
    let nodes = nodes.into_iter().map(|node| node.expect("each node that was reserved is filled")).collect();
    let schema = JsonSchema { nodes, pointers, root: top, text: text.to_owned() };
    match loops::find(&schema) {
        None => Ok(schema),
        Some((id, message)) => {
            let pointer = schema.pointer(id).to_owned();
            let names = pointer::names(&pointer).unwrap_or_default();
            let at = names.iter().try_fold(&root, |tree, name| tree.inner(name)).map_or(0, |tree| tree.at);
            Err(JsonSchemaError { message, pointer: Some(pointer), at: tree::place(text, at) })
        }
    }
}

pub(super) struct Parser<'t> {
    text: &'t str,
    root: &'t Tree,
    pub(super) draft: Draft,
    nodes: Vec<Option<Node>>,
    pointers: Vec<String>,
    /// By the offset of its text.
    known: HashMap<usize, NodeId>,
    references: Vec<Reference<'t>>,
}

/// A `$ref` that is yet to be followed: one that leads to another, and so on, takes no stack.
struct Reference<'t> {
    from: NodeId,
    to: &'t str,
    pointer: String,
    at: usize,
}

/// What a name in a pointer stands in.
#[derive(Clone, Copy, PartialEq)]
enum Within {
    Schema,
    Map,
    List,
}

impl<'t> Parser<'t> {
    pub(super) fn error(
        &self,
        at: usize,
        pointer: &Pointer<'_>,
        message: impl Into<String>,
    ) -> JsonSchemaError {
        JsonSchemaError {
            message: message.into(),
            pointer: Some(pointer.to_string()),
            at: tree::place(self.text, at),
        }
    }

    fn draft(&self) -> Result<Draft, JsonSchemaError> {
        let Some(member) = self.root.member("$schema") else { return Ok(Draft::D2020) };
        let draft = match &member.tree.kind {
            Kind::Text(uri) => Draft::of(uri),
            _ => None,
        };
        draft.ok_or_else(|| {
            let pointer = Pointer::root();
            let message = "the drafts that are known are `http://json-schema.org/draft-07/schema#`, \
                           `https://json-schema.org/draft/2019-09/schema` and \
                           `https://json-schema.org/draft/2020-12/schema`";
            self.error(member.tree.at, &pointer.then("$schema"), message)
        })
    }

    /// The node of a schema; each has one, however often it is referred to.
    pub(super) fn schema(
        &mut self,
        tree: &'t Tree,
        pointer: &Pointer<'_>,
    ) -> Result<NodeId, JsonSchemaError> {
        if let Some(id) = self.known.get(&tree.at) {
            return Ok(*id);
        }
        if self.nodes.len() == SCHEMA_NODES_MAX {
            let message = format!("a schema consists of at most {SCHEMA_NODES_MAX} schemas");
            return Err(self.error(tree.at, pointer, message));
        }
        let id = NodeId(u32::try_from(self.nodes.len()).expect("the limit above is far below"));
        self.nodes.push(None);
        self.pointers.push(pointer.to_string());
        self.known.insert(tree.at, id);
        let node = match &tree.kind {
            Kind::Boolean(false) => Node::Never,
            Kind::Boolean(true) => Node::Rules(Box::default()),
            Kind::Members(members) => Node::Rules(Box::new(self.rules(id, &members.list, pointer)?)),
            _ => {
                let message = format!("a schema is an object or a boolean, not {}", tree.kind_name());
                return Err(self.error(tree.at, pointer, message));
            }
        };
        self.nodes[id.index()] = Some(node);
        Ok(id)
    }

    fn rules(
        &mut self,
        id: NodeId,
        members: &'t [Member],
        pointer: &Pointer<'_>,
    ) -> Result<Rules, JsonSchemaError> {
        let mut rules = Rules::default();
        for member in members {
            self.keyword(id, &mut rules, member, &pointer.then(&member.name))?;
        }
        self.ignored_by_draft_7(members, pointer)?;
        Ok(rules)
    }

    pub(super) fn refer(&mut self, from: NodeId, to: &'t str, at: usize, pointer: &Pointer<'_>) {
        self.references.push(Reference { from, to, pointer: pointer.to_string(), at });
    }

    fn follow(&mut self) -> Result<(), JsonSchemaError> {
        while let Some(reference) = self.references.pop() {
            let names = pointer::names(reference.to);
            let root = self.root;
            let target = match names {
                Some(names) => self.descend(root, Within::Schema, &names, &Pointer::root())?,
                None => None,
            };
            let Some(target) = target else {
                let what = if reference.to.starts_with('#') {
                    "no schema stands there"
                } else {
                    "only schemas of the same file can be referred to"
                };
                let message = format!("`{}`: {what}", reference.to);
                let at = tree::place(self.text, reference.at);
                return Err(JsonSchemaError { message, pointer: Some(reference.pointer), at });
            };
            let from = self.nodes[reference.from.index()].as_mut();
            match from.expect("a node is filled before its references are followed") {
                Node::Rules(rules) => rules.all_of.push(target),
                Node::Never => unreachable!("a boolean refers to nothing"),
            }
        }
        Ok(())
    }

    /// The schema that a pointer's names lead to.
    fn descend(
        &mut self,
        tree: &'t Tree,
        within: Within,
        names: &[String],
        pointer: &Pointer<'_>,
    ) -> Result<Option<NodeId>, JsonSchemaError> {
        let Some((name, rest)) = names.split_first() else {
            return if within == Within::Schema { self.schema(tree, pointer).map(Some) } else { Ok(None) };
        };
        let Some(inner) = tree.inner(name) else { return Ok(None) };
        let next = match (within, name.as_str()) {
            (Within::Map | Within::List, _) => Within::Schema,
            (_, "properties" | "$defs" | "definitions") => Within::Map,
            (_, "allOf" | "anyOf" | "oneOf" | "prefixItems") => Within::List,
            (_, "items") if matches!(inner.kind, Kind::List(_)) => Within::List,
            (_, "items" | "additionalProperties") => Within::Schema,
            _ => return Ok(None),
        };
        self.descend(inner, next, rest, &pointer.then(name))
    }
}
