//! What the last step leaves, held against the schema that a sink is written by.

use std::ops::Range;
use std::sync::Arc;

use vrl::path::{OwnedSegment, PathPrefix};

use crate::codec::avro::{Field, Node, NodeId, Schema, Writing};
use crate::config::spec::Extra;

use super::super::scope::Scope;
use super::accepts::{Fit, fit};
use super::shape::{Presence, Record, Shape};

/// How many findings are told of one sink.
pub(super) const FINDINGS_MAX: usize = 50;

/// Something that a sink's schema cannot hold.
#[derive(Clone, Debug, PartialEq)]
pub struct SinkFinding {
    /// An error, or only a warning.
    pub is_error: bool,
    /// Whether an error is one of every record, not only of some that the schema allows.
    pub is_always: bool,
    /// What is wrong, with the path of the member.
    pub message: String,
    /// What to say at the place that is to blame.
    pub label: String,
    /// Further help.
    pub notes: Vec<String>,
    /// The place that wrote the member last; `None`: it stands there as it was decoded.
    pub written: Option<SinkBlame>,
}

/// A place in a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SinkBlame {
    /// Which map, in their order, from 0.
    pub map: usize,
    /// The span in its source.
    pub span: Range<usize>,
}

/// Holds the value against a sink's schema.
pub fn check_sink(scope: &Scope, schema: &Arc<Schema>, extra: Extra) -> Vec<SinkFinding> {
    check(scope, PathPrefix::Event, scope.value_shape(), schema, extra)
}

/// Holds the key against a sink's schema for keys.
pub fn check_sink_key(scope: &Scope, schema: &Arc<Schema>, extra: Extra) -> Vec<SinkFinding> {
    check(scope, PathPrefix::Metadata, scope.key_shape(), schema, extra)
}

fn check(
    scope: &Scope,
    prefix: PathPrefix,
    shape: &Shape,
    schema: &Arc<Schema>,
    extra: Extra,
) -> Vec<SinkFinding> {
    let writing = Writing::new(Arc::clone(schema), extra == Extra::Drop);
    let mut check =
        Check { scope, prefix, schema, writing: &writing, extra, path: Vec::new(), has_variants: false };
    if prefix == PathPrefix::Metadata {
        check.path.push(OwnedSegment::field("key"));
    }
    // Without a value or a key there is nothing to be written.
    let there = shape.retain(|one| !matches!(one, Shape::Null));
    let mut found = check.place(&there, schema.root(), Sure::ALL);
    found.truncate(FINDINGS_MAX);
    for finding in &mut found {
        // What only some records have may be what the condition keeps out.
        finding.is_error &= finding.is_always || finding.written.is_none() || !scope.is_asked_of_copies();
    }
    found
}

/// One walk through a value and a schema.
pub(super) struct Check<'c> {
    pub scope: &'c Scope,
    pub prefix: PathPrefix,
    pub schema: &'c Schema,
    writing: &'c Writing,
    extra: Extra,
    pub path: Vec<OwnedSegment>,
    /// Several records may stand in the place that is looked at.
    pub has_variants: bool,
}

impl Check<'_> {
    /// All that may stand in a place, against the type there; `sure`: what of it comes here.
    fn place(&mut self, shape: &Shape, id: NodeId, sure: Sure) -> Vec<SinkFinding> {
        let alternatives = shape.alternatives();
        let is_only = alternatives.len() == 1;
        let records = alternatives.iter().filter(|(one, _)| matches!(one, Shape::Record(_))).count();
        let around = std::mem::replace(&mut self.has_variants, records > 1);
        let mut found = Vec::new();
        let mut misfits = 0;
        for (one, is_certain) in &alternatives {
            let part = sure.part && *is_certain;
            let best = self.best(one, id, Sure { value: part || (sure.value && is_only), part });
            misfits += usize::from(best.is_misfit);
            found.extend(best.found);
        }
        self.has_variants = around;
        // Where nothing of it fits, it does not matter which of it occurs.
        if sure.value && misfits == alternatives.len() {
            found.iter_mut().for_each(|finding| finding.is_error = true);
        } else if !is_only {
            found.iter_mut().for_each(|finding| finding.is_always = false);
        }
        found
    }

    /// One alternative against each variant of a union: what is said by the one that fits best.
    fn best(&mut self, shape: &Shape, id: NodeId, sure: Sure) -> Verdict {
        let Node::Union(variants) = self.schema.node(id) else { return self.one(shape, id, id, sure) };
        let mut best: Option<Verdict> = None;
        for variant in variants.clone() {
            let verdict = self.one(shape, variant, id, sure);
            if verdict.found.is_empty() {
                return verdict;
            }
            let is_better = best.as_ref().is_none_or(|best| verdict.weight() < best.weight());
            if is_better {
                best = Some(verdict);
            }
        }
        best.unwrap_or_else(|| Verdict { found: Vec::new(), is_misfit: false })
    }

    /// One alternative against one type that is no union; `whole` is what the place wants in all.
    fn one(&mut self, shape: &Shape, id: NodeId, whole: NodeId, sure: Sure) -> Verdict {
        let schema = self.schema;
        let nested = |found| Verdict { found, is_misfit: false };
        match (shape, schema.node(id)) {
            (Shape::Record(record), Node::Record { fields, .. }) => nested(self.record(record, fields, sure)),
            (Shape::Record(record), Node::Map(items)) => {
                let mut found = Vec::new();
                for (name, member) in &record.members {
                    self.path.push(OwnedSegment::field(name));
                    found.extend(self.place(&member.shape, *items, sure));
                    self.path.pop();
                }
                if let Some(others) = &record.others {
                    found.extend(self.place(others, *items, Sure::NONE));
                }
                nested(found)
            }
            (Shape::Record(record), Node::Duration { .. }) => match is_duration(record) {
                true => nested(Vec::new()),
                false => self.misfit(shape, whole, sure.value, None),
            },
            (Shape::Map(_), Node::Record { fields, .. })
                if fields.iter().any(|field| field.default.is_none()) =>
            {
                let why = "whether it has the members that are wanted is not known".to_owned();
                let found = self.misfit(shape, whole, false, Some(why));
                Verdict { is_misfit: false, ..found }
            }
            (Shape::Map(_), Node::Record { .. } | Node::Duration { .. }) => nested(Vec::new()),
            (Shape::Map(items), Node::Map(wanted)) | (Shape::Array(items), Node::Array(wanted)) => {
                self.path.push(OwnedSegment::Index(0));
                let found = self.place(items, *wanted, sure);
                self.path.pop();
                nested(found)
            }
            (shape, _) => match fit(shape, self.writing, id) {
                Fit::Yes => nested(Vec::new()),
                // Where another type of number may stand as well, it is for each value to tell.
                Fit::Cut(_) if matches!(shape, Shape::Integer(_)) && !sure.part => nested(Vec::new()),
                Fit::Cut(how) => nested(vec![self.cut(shape, id, &how)]),
                Fit::Partly(why) => {
                    let mut verdict = self.misfit(shape, whole, sure.part, Some(why));
                    verdict.is_misfit = false;
                    verdict.found.iter_mut().for_each(|finding| finding.is_always = false);
                    verdict
                }
                Fit::No(why) => self.misfit(shape, whole, sure.value, why),
            },
        }
    }

    fn record(&mut self, record: &Record, fields: &[Field], sure: Sure) -> Vec<SinkFinding> {
        let mut found = Vec::new();
        for field in fields {
            self.path.push(OwnedSegment::field(&field.name));
            match record.members.get(&field.name) {
                Some(member) => {
                    if member.presence != Presence::Always && field.default.is_none() {
                        found.push(self.missing(record, fields, field, true, sure.value));
                    }
                    found.extend(self.place(&member.shape, field.node, sure));
                }
                None if record.others.is_none() && field.default.is_none() => {
                    found.push(self.missing(record, fields, field, false, sure.value));
                }
                None => {}
            }
            self.path.pop();
        }
        if self.extra == Extra::Error {
            for (name, member) in &record.members {
                if fields.iter().all(|field| field.name != *name) {
                    self.path.push(OwnedSegment::field(name));
                    found.push(self.extra(
                        record,
                        fields,
                        name,
                        sure.value && member.presence != Presence::Perhaps,
                    ));
                    self.path.pop();
                }
            }
        }
        found
    }
}

/// What is known to come to a place.
#[derive(Clone, Copy)]
struct Sure {
    /// A value does: what none of them fits is met.
    value: bool,
    /// All that may stand there does, in one record or another: what only some of them fit is met, too.
    part: bool,
}

impl Sure {
    const ALL: Self = Self { value: true, part: true };
    const NONE: Self = Self { value: false, part: false };
}

/// What is said of one alternative.
pub(super) struct Verdict {
    pub found: Vec<SinkFinding>,
    /// Nothing of it fits.
    pub is_misfit: bool,
}

impl Verdict {
    fn weight(&self) -> (bool, usize) {
        (self.is_misfit, self.found.iter().filter(|finding| finding.is_error).count())
    }
}

fn is_duration(record: &Record) -> bool {
    let is_number = |name: &str| {
        let member = record.members.get(name);
        member.is_some_and(|member| {
            matches!(member.shape, Shape::Any) || member.shape.kind().contains_integer()
        })
    };
    ["months", "days", "milliseconds"].into_iter().all(|name| is_number(name) || record.others.is_some())
        && record.members.len() <= 3
}
