//! What is said of a member that a sink's schema cannot hold, and which place is to blame.

use vrl::path::{OwnedSegment, OwnedValuePath, PathPrefix};

use super::super::scope::ScopeWrite;
use super::members::shown;
use super::shape::{Record, Shape, Text};
use super::sink::{Check, SinkBlame, SinkFinding, Verdict};
use super::words::{listed, nearest, wanted};
use crate::codec::avro::{Field, Node, NodeId};

impl Check<'_> {
    /// A member that is wanted and not there.
    pub(super) fn missing(
        &self,
        record: &Record,
        fields: &[Field],
        field: &Field,
        is_possible: bool,
        is_sure: bool,
    ) -> SinkFinding {
        let name = self.name();
        let wanted = wanted(self.schema, field.node);
        let variant = record.name.as_ref().filter(|_| self.has_variants && !is_possible);
        let place = variant.map_or_else(String::new, |variant| match self.holder() {
            Some(holder) => format!(" where `{holder}` is a record `{variant}`"),
            None => format!(" in a record `{variant}`"),
        });
        let verb = if is_possible { "can be" } else { "is" };
        let message = format!(
            "`{name}` {verb} missing{place}: the sink's schema wants {wanted}, and has no default for it"
        );
        let is_error = is_sure && !is_possible;
        let mut finding = self.finding(is_error, message, format!("nothing writes `{name}`"));
        if is_possible {
            let is_of_items = self.path.iter().any(|segment| matches!(segment, OwnedSegment::Index(_)));
            finding.label = if is_of_items { "not in every item" } else { "not in every record" }.to_owned();
        } else if finding.written.as_ref().is_some_and(|blame| self.is_deleted(blame)) {
            finding.label = "taken away here".to_owned();
        }
        if variant.is_some() && !name.contains('[') {
            finding.notes.push(format!("filter such records out (`exists({name})`)"));
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

    /// A member that the sink does not have.
    pub(super) fn extra(&self, record: &Record, fields: &[Field], name: &str, is_sure: bool) -> SinkFinding {
        let shown = self.name();
        let message = format!("the sink's schema has no `{shown}`");
        let free = fields.iter().filter(|field| !record.members.contains_key(&field.name));
        let label = match nearest(name, free.map(|field| field.name.as_str())) {
            Some(near) => format!("did you mean `{}`?", self.sibling(near)),
            None => format!("`{shown}` would be lost"),
        };
        let mut finding = self.finding(is_sure, message, label);
        if finding.written.is_some()
            && let Some(near) = nearest(name, fields.iter().map(|field| field.name.as_str()))
        {
            finding.label = format!("did you mean `{}`?", self.sibling(near));
        }
        let taken = match self.without() {
            Some(program) => format!(" (`{program}`)"),
            None => String::new(),
        };
        finding
            .notes
            .push(format!("take it away{taken}, or write `extra: drop` where the sink's schema is named"));
        finding
    }

    /// The program that takes the member away; `None`: it stands in items of items.
    fn without(&self) -> Option<String> {
        let is_index = |segment: &OwnedSegment| matches!(segment, OwnedSegment::Index(_));
        let Some(at) = self.path.iter().position(is_index) else {
            return Some(format!("del({})", shown(self.prefix, &self.path)));
        };
        let (items, inside) = (shown(self.prefix, &self.path[..at]), &self.path[at + 1..]);
        let inside = (!inside.iter().any(is_index)).then(|| shown(PathPrefix::Event, inside))?;
        Some(format!("{items} = map_values({items}) -> |item| {{ del(item{inside}); item }}"))
    }

    /// Another type than what the place wants in all.
    pub(super) fn misfit(
        &self,
        shape: &Shape,
        whole: NodeId,
        is_error: bool,
        why: Option<String>,
    ) -> Verdict {
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
        if let (Shape::Literal(_), Node::Enum { symbols, .. }) = (shape, self.schema.node(whole)) {
            let symbols = listed(symbols.iter().map(String::as_str));
            finding.notes.push(format!("its symbols are {symbols}"));
        }
        if is_null && !name.contains('[') {
            finding.notes.push(format!(
                "filter such records out (`{name} != null`), or write something in the place of null (`{name} = \
                 {name} || …`)"
            ));
        }
        Verdict { found: vec![finding], is_misfit: true }
    }

    /// What loses something when it is written.
    pub(super) fn cut(&self, shape: &Shape, id: NodeId, how: &str) -> SinkFinding {
        let wanted = wanted(self.schema, id);
        let name = self.name();
        let message = match shape {
            Shape::Timestamp(_) | Shape::Text(Text::Time(_) | Text::LocalTimestamp(_)) => {
                format!("`{name}` is finer than the sink's {wanted}")
            }
            Shape::Double => format!("`{name}` is a double, and the sink's schema wants {wanted}"),
            _ => format!("`{name}` is {}, and the sink's schema wants {wanted}", shape.words()),
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

    /// What the member would stand in; `None`: the value itself.
    fn holder(&self) -> Option<String> {
        let around = &self.path[..self.path.len().saturating_sub(1)];
        (!around.is_empty()).then(|| shown(self.prefix, around).replace("[0]", "[…]"))
    }

    fn sibling(&self, name: &str) -> String {
        let mut segments = self.path[..self.path.len().saturating_sub(1)].to_vec();
        segments.push(OwnedSegment::field(name));
        shown(self.prefix, &segments).replace("[0]", "[…]")
    }
}
