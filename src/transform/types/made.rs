//! Conditions that ask for what was written before: it may have been copied or worked out from anything else, so that what else
//! they keep out is not known.

use vrl::parser::ast::{Expr, Node};
use vrl::path::{OwnedValuePath, PathPrefix, ValuePath};

use super::super::access::Walk;
use super::flow::Flow;

/// Where something was written.
pub(super) type Place = (PathPrefix, OwnedValuePath);

impl Flow<'_> {
    /// Records were kept out by what a condition asks for: where that was written before, all that may have been written from is
    /// not certain any more.
    pub(super) fn doubt_by(&mut self, condition: &Node<Expr>) {
        let walk = Walk::of_expr(condition.clone());
        let asked: Vec<Place> =
            walk.paths.into_iter().map(|touched| (touched.prefix, touched.path)).collect();
        let is_made_here = walk.has_variables || asked.iter().any(|place| self.is_made_here(place));
        if is_made_here {
            self.suspect_all();
            // What a map before wrote may be in it.
            self.doubt_by_reads();
        } else if asked.iter().any(|place| is_among(&self.made, place)) {
            self.doubt_all();
        }
    }

    /// The same where any of what the program reads may be what it asks for.
    pub(super) fn doubt_by_reads(&mut self) {
        if self.reads.iter().any(|place| is_among(&self.made, place)) {
            self.doubt_all();
        }
    }

    fn is_made_here(&self, place: &Place) -> bool {
        self.written.iter().any(|written| is_related((written.prefix, &written.path), place))
    }

    fn doubt_all(&mut self) {
        self.state.value = self.state.value.doubted();
        self.state.envelope = self.state.envelope.doubted();
    }
}

fn is_among(all: &[Place], place: &Place) -> bool {
    all.iter().any(|(prefix, path)| is_related((*prefix, path), place))
}

/// Whether one stands in the other.
fn is_related((prefix, path): (PathPrefix, &OwnedValuePath), (of, other): &Place) -> bool {
    prefix == *of && (path.can_start_with(other) || other.can_start_with(path))
}
