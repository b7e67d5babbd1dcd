//! What reads give behind conditions, for VRL, which does not follow those.

use std::collections::BTreeMap;
use std::ops::Range;

use vrl::path::{OwnedValuePath, PathPrefix};

use super::super::functions::types_of;
use super::flow::Flow;
use super::reads::is_plain;
use super::shape::Shape;

/// The types that a read gives, by its place in the source: of those behind a condition that asks for what they read.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::transform) struct Kept(BTreeMap<(usize, usize), Option<u16>>);

impl Kept {
    /// Whether nothing is kept out anywhere.
    pub fn is_empty(&self) -> bool {
        self.0.values().all(Option::is_none)
    }

    /// The types that the read at a place may give; `None`: no condition says so.
    pub fn at(&self, place: &Range<usize>) -> Option<u16> {
        *self.0.get(&(place.start, place.end))?
    }

    /// A read, once for each time that the program comes there.
    fn add(&mut self, place: &Range<usize>, types: Option<u16>) {
        let known = self.0.entry((place.start, place.end)).or_insert(types);
        *known = known.zip(types).map(|(known, types)| known | types);
    }
}

impl Flow<'_> {
    /// A condition asks for what stands at a path.
    pub(super) fn narrowed_at(&mut self, prefix: PathPrefix, path: &OwnedValuePath) {
        let is_known = self.narrowed.iter().any(|(known, at)| *known == prefix && at == path);
        if !is_known {
            self.narrowed.push((prefix, path.clone()));
        }
    }

    /// A read at a place of the source gives this.
    pub(super) fn keeps(
        &mut self,
        prefix: PathPrefix,
        path: &OwnedValuePath,
        shape: &Shape,
        place: &Range<usize>,
    ) {
        // What is asked of one member may tell of its parent, and so of those beside it.
        let is_asked = |(of, asked): &(PathPrefix, OwnedValuePath)| {
            *of == prefix
                && (path.is_root() || asked.is_root() || asked.segments.first() == path.segments.first())
        };
        if self.state.dead || !is_plain(path) || !self.narrowed.iter().any(is_asked) {
            return;
        }
        self.kept.add(place, types_of(&shape.kind()));
    }
}
