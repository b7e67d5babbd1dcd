//! What the last step leaves, held against the schema that a sink is written by.

use std::ops::Range;

use vrl::path::{OwnedSegment, OwnedValuePath, PathPrefix};

use std::sync::Arc;

use crate::codec::avro::{Field, Node, NodeId, Schema, Writing};
use crate::config::spec::Extra;

use super::super::scope::{Scope, ScopeWrite};
use super::accepts::{Fit, fit};
use super::members::shown;
use super::shape::{Presence, Record, Shape, Text};
use super::words::{nearest, wanted};

/// How many findings are told of one sink.
const FINDINGS_MAX: usize = 50;

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
    let mut check = Check { scope, prefix, schema, writing: &writing, extra, path: Vec::new() };
    if prefix == PathPrefix::Metadata {
        check.path.push(OwnedSegment::field("key"));
    }
    // Without a value or a key there is nothing to be written.
    let there = shape.retain(|one| !matches!(one, Shape::Null));
    let mut found = check.place(&there, schema.root(), true);
    found.truncate(FINDINGS_MAX);
    found
}

struct Check<'c> {
    scope: &'c Scope,
    prefix: PathPrefix,
    schema: &'c Schema,
    writing: &'c Writing,
    extra: Extra,
    path: Vec<OwnedSegment>,
}

impl Check<'_> {
    /// All that may stand in a place, against the type there; `is_sure`: records come here.
    fn place(&mut self, shape: &Shape, id: NodeId, is_sure: bool) -> Vec<SinkFinding> {
        let alternatives = shape.alternatives();
        let is_only = alternatives.len() == 1;
        let mut found = Vec::new();
        let mut misfits = 0;
        for (one, is_certain) in &alternatives {
            let sure = Sure { value: is_sure && (*is_certain || is_only), part: is_sure && *is_certain };
            let best = self.best(one, id, sure);
            misfits += usize::from(best.is_misfit);
            found.extend(best.found);
        }
        // Where nothing of it fits, it does not matter which of it occurs.
        if is_sure && misfits == alternatives.len() {
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
            (Shape::Record(record), Node::Record { fields, .. }) => {
                nested(self.record(record, fields, sure.value))
            }
            (Shape::Record(record), Node::Map(items)) => {
                let mut found = Vec::new();
                for (name, member) in &record.members {
                    self.path.push(OwnedSegment::field(name));
                    found.extend(self.place(&member.shape, *items, sure.value));
                    self.path.pop();
                }
                if let Some(others) = &record.others {
                    found.extend(self.place(others, *items, false));
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
                let found = self.place(items, *wanted, sure.value);
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

    fn record(&mut self, record: &Record, fields: &[Field], is_sure: bool) -> Vec<SinkFinding> {
        let mut found = Vec::new();
        for field in fields {
            self.path.push(OwnedSegment::field(&field.name));
            match record.members.get(&field.name) {
                Some(member) => {
                    if member.presence != Presence::Always && field.default.is_none() {
                        found.push(self.missing(record, fields, field, true, is_sure));
                    }
                    found.extend(self.place(&member.shape, field.node, is_sure));
                }
                None if record.others.is_none() && field.default.is_none() => {
                    found.push(self.missing(record, fields, field, false, is_sure));
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
                        is_sure && member.presence != Presence::Perhaps,
                    ));
                    self.path.pop();
                }
            }
        }
        found
    }

    fn missing(
        &self,
        record: &Record,
        fields: &[Field],
        field: &Field,
        is_possible: bool,
        is_sure: bool,
    ) -> SinkFinding {
        let name = self.name();
        let wanted = wanted(self.schema, field.node);
        let message = match is_possible {
            false => {
                format!("`{name}` is missing: the sink's schema wants {wanted}, and has no default for it")
            }
            true => {
                format!(
                    "`{name}` can be missing: the sink's schema wants {wanted}, and has no default for it"
                )
            }
        };
        let is_error = is_sure && !is_possible;
        let mut finding = self.finding(is_error, message, format!("nothing writes `{name}`"));
        if is_possible {
            finding.label = "not in every branch".to_owned();
        } else if finding.written.as_ref().is_some_and(|blame| self.is_deleted(blame)) {
            finding.label = "taken away here".to_owned();
        }
        if let Node::Union(variants) = self.schema.node(field.node)
            && variants.iter().any(|variant| *self.schema.node(*variant) == Node::Null)
        {
            finding.notes.push(format!("null and absent are not the same: `{name} = null` writes null"));
        }
        let unused = record.members.keys().filter(|name| fields.iter().all(|field| field.name != **name));
        if !is_possible && let Some(near) = nearest(&field.name, unused.map(String::as_str)) {
            finding.notes.push(format!("there is `{}`, which the sink does not have", self.sibling(near)));
        }
        finding
    }

    fn extra(&self, record: &Record, fields: &[Field], name: &str, is_sure: bool) -> SinkFinding {
        let shown = self.name();
        let message = format!("the sink's schema has no `{shown}`");
        let free = fields.iter().filter(|field| !record.members.contains_key(&field.name));
        let label = match nearest(name, free.map(|field| field.name.as_str())) {
            Some(near) => format!("did you mean `{}`?", self.sibling(near)),
            None => format!("`{shown}` would be lost"),
        };
        let mut finding = self.finding(is_sure, message, label);
        finding.notes.push(format!(
            "take it away (`del({shown})`), or write `extra: drop` where the sink's schema is named"
        ));
        finding
    }

    fn misfit(&self, shape: &Shape, whole: NodeId, is_error: bool, why: Option<String>) -> Verdict {
        let name = self.name();
        let wanted = wanted(self.schema, whole);
        let is_null = matches!(shape, Shape::Null);
        let words = shape.words();
        let verb = if is_null { "can be null" } else { "is" };
        let message = match is_null {
            true => format!("`{name}` {verb}, and the sink's schema wants {wanted}"),
            false => format!("`{name}` {verb} {words}, and the sink's schema wants {wanted}"),
        };
        let label = why.unwrap_or_else(|| match is_null {
            true => format!("null is no {wanted}"),
            false => format!("{words} is no {wanted}"),
        });
        let mut finding = self.finding(is_error, message, label);
        if is_null && !name.contains('[') {
            finding.notes.push(format!(
                "filter such records out (`{name} != null`), or write something in the place of null (`{name} = \
                 {name} || …`)"
            ));
        }
        Verdict { found: vec![finding], is_misfit: true }
    }

    fn cut(&self, shape: &Shape, id: NodeId, how: &str) -> SinkFinding {
        let wanted = wanted(self.schema, id);
        let name = self.name();
        let message = match shape {
            Shape::Text(Text::Bytes(_)) | Shape::Integer(_) => {
                format!("`{name}` is {}, and the sink's schema wants {wanted}", shape.words())
            }
            _ => format!("`{name}` is finer than the sink's {wanted}"),
        };
        self.finding(false, message, how.to_owned())
    }

    fn finding(&self, is_error: bool, message: String, label: String) -> SinkFinding {
        let written = self.scope.last_write(self.prefix, &self.plain());
        let written = written.map(|write| SinkBlame { map: write.map, span: write.span.clone() });
        SinkFinding { is_error, is_always: true, message, label, notes: Vec::new(), written }
    }

    fn is_deleted(&self, blame: &SinkBlame) -> bool {
        let write: Option<&ScopeWrite> = self.scope.last_write(self.prefix, &self.plain());
        write.is_some_and(|write| write.is_delete && write.span == blame.span)
    }

    /// The path as far as names lead.
    fn plain(&self) -> OwnedValuePath {
        let names = self.path.iter().take_while(|segment| matches!(segment, OwnedSegment::Field(_)));
        OwnedValuePath { segments: names.cloned().collect() }
    }

    fn name(&self) -> String {
        shown(self.prefix, &self.path).replace("[0]", "[…]")
    }

    fn sibling(&self, name: &str) -> String {
        let mut segments = self.path[..self.path.len().saturating_sub(1)].to_vec();
        segments.push(OwnedSegment::field(name));
        shown(self.prefix, &segments).replace("[0]", "[…]")
    }
}

/// Whether a misfit is met for sure: by all values of an alternative, or only by some of them.
#[derive(Clone, Copy)]
struct Sure {
    value: bool,
    part: bool,
}

struct Verdict {
    found: Vec<SinkFinding>,
    /// Nothing of it fits.
    is_misfit: bool,
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
