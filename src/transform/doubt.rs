//! What is not known behind a program that does not compile: so that of the steps behind it all is told that is certain, and
//! nothing that it may be to blame for.

use std::collections::BTreeSet;

use vrl::parser::ast::RootExpr;
use vrl::path::{OwnedSegment, PathPrefix};

use super::access::{Touch, TouchedPath, Walk};
use super::own_words::UNHANDLED;
use super::program::{ProgramDiagnostic, ProgramKind};

/// Members of which nothing is certain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Doubt {
    members: BTreeSet<String>,
    /// Members of which a condition may have said more: whether they are null, or which of several types.
    asked: BTreeSet<String>,
    /// Of the value nothing is certain.
    all: bool,
    /// Of the envelope nothing is certain.
    envelope: bool,
}

impl Doubt {
    /// Of what a program writes, or, where it is a condition, of what it asks for.
    pub fn of(kind: ProgramKind, source: &str) -> Self {
        let everything = Self { all: true, envelope: kind == ProgramKind::Map, ..Self::default() };
        let Ok(ast) = vrl::parser::parse(source) else { return everything };
        // VRL's parser goes on behind a line that it cannot read.
        if ast.0.iter().any(|root| matches!(root.inner(), RootExpr::Error(_))) {
            return everything;
        }
        let walk = Walk::of(ast);
        let mut doubt = Self::default();
        let is_map = kind == ProgramKind::Map;
        for touched in walk.paths.iter().filter(|touched| !is_map || touched.touch != Touch::Read) {
            match (touched.prefix, touched.path.segments.first()) {
                (PathPrefix::Event, Some(OwnedSegment::Field(name))) => {
                    let names = if is_map { &mut doubt.members } else { &mut doubt.asked };
                    names.insert(name.to_string());
                }
                (PathPrefix::Event, _) => doubt.all = true,
                (PathPrefix::Metadata, _) => doubt.envelope = true,
            }
        }
        doubt
    }

    /// Adds what else is in doubt.
    pub fn extend(&mut self, other: Self) {
        self.members.extend(other.members);
        self.asked.extend(other.asked);
        self.all |= other.all;
        self.envelope |= other.envelope;
    }

    /// Whether nothing is certain of the value.
    pub fn is_all(&self) -> bool {
        self.all
    }

    /// Whether nothing is certain of the envelope.
    pub fn is_of_envelope(&self) -> bool {
        self.envelope
    }

    /// The members that are in doubt.
    pub fn members(&self) -> impl Iterator<Item = &str> {
        self.members.union(&self.asked).map(String::as_str)
    }

    /// Whether a finding about a program may come from it.
    pub fn explains(&self, source: &str, finding: &ProgramDiagnostic) -> bool {
        if *self == Self::default() || !finding.is_of_types() {
            return false;
        }
        let Ok(ast) = vrl::parser::parse(source) else { return false };
        let walk = Walk::of(ast);
        let place = finding.labels.first().map_or(0..source.len(), |label| label.span.clone());
        let is_in = |touched: &&TouchedPath| {
            touched.span.start < place.end
                && place.start < touched.span.end
                && self.holds(touched, finding.code)
        };
        // A variable may hold what is in doubt.
        let is_held =
            || walk.has_variables && walk.paths.iter().any(|touched| self.holds(touched, finding.code));
        walk.paths.iter().any(|touched| is_in(&touched)) || is_held()
    }

    fn holds(&self, touched: &TouchedPath, code: usize) -> bool {
        // What cannot be, whatever a condition said, stays an error.
        let asked = |name: &str| UNHANDLED.contains(&code) && self.asked.contains(name);
        match (touched.prefix, touched.path.segments.first()) {
            (PathPrefix::Event, Some(OwnedSegment::Field(name))) => {
                self.all || self.members.contains(name.as_str()) || asked(name.as_str())
            }
            (PathPrefix::Event, _) => self.all || !self.members.is_empty(),
            (PathPrefix::Metadata, _) => self.envelope,
        }
    }
}
