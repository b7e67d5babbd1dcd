//! How far into a schema is looked: its types stand in each other, and in themselves.

/// How often a type may stand in itself before its values are not looked into any further: recursive types have no end.
const NESTED_MAX: usize = 2;

/// How many types of a schema are looked at; what lies behind is `Any`. VRL clones what it knows at each expression.
const TYPES_MAX: usize = 5_000;

/// Where a walk through a schema is.
pub(super) struct Nesting<Id> {
    /// The types around the one that is looked at.
    above: Vec<Id>,
    /// How many more are looked at.
    left: usize,
    depth_max: usize,
}

impl<Id: Copy + PartialEq> Nesting<Id> {
    /// A walk that has not begun, through at most `depth_max` types in each other.
    pub(super) fn new(depth_max: usize) -> Self {
        Self { above: Vec::new(), left: TYPES_MAX, depth_max }
    }

    /// Goes into a type; false where it is not looked into. Who went in leaves it again.
    pub(super) fn enter(&mut self, id: Id) -> bool {
        let is_nested = self.above.iter().filter(|above| **above == id).count() >= NESTED_MAX;
        if is_nested || self.left == 0 || self.above.len() == self.depth_max {
            return false;
        }
        self.left -= 1;
        self.above.push(id);
        true
    }

    /// Leaves the type that was gone into last.
    pub(super) fn leave(&mut self) {
        self.above.pop();
    }
}
