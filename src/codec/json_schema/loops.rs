//! Schemas that lead back to themselves without looking further into the value would be checked for ever.

use super::JsonSchema;
use super::node::{Node, NodeId};
use super::parse::IN_PLACE_MAX;

/// A schema that cannot be checked, and why.
pub(super) fn find(schema: &JsonSchema) -> Option<(NodeId, String)> {
    let mut search = Search { schema, heights: vec![Height::Unknown; schema.len()] };
    (0..schema.len()).find_map(|index| {
        let id = NodeId(u32::try_from(index).expect("a schema has few enough nodes"));
        search.height(id, 1).err()
    })
}

#[derive(Clone, Copy)]
enum Height {
    Unknown,
    /// Being looked at: who comes here again goes round in a loop.
    Open,
    /// So many schemas follow each other from here.
    Known(usize),
}

struct Search<'s> {
    schema: &'s JsonSchema,
    heights: Vec<Height>,
}

impl Search<'_> {
    /// `depth` bounds the recursion; what is beyond it is refused anyway.
    fn height(&mut self, id: NodeId, depth: usize) -> Result<usize, (NodeId, String)> {
        match self.heights[id.index()] {
            Height::Known(height) => return Ok(height),
            Height::Open => {
                return Err((id, "it leads back to itself without looking into the value".into()));
            }
            Height::Unknown => {}
        }
        let too_many =
            || (id, format!("more than {IN_PLACE_MAX} schemas look at the same value, one by the other"));
        if depth > IN_PLACE_MAX {
            return Err(too_many());
        }
        self.heights[id.index()] = Height::Open;
        let mut height = 1;
        if let Node::Rules(rules) = self.schema.node(id) {
            for next in rules.in_place() {
                height = height.max(1 + self.height(next, depth + 1)?);
            }
        }
        if height > IN_PLACE_MAX {
            return Err(too_many());
        }
        self.heights[id.index()] = Height::Known(height);
        Ok(height)
    }
}
