//! What a pattern finds: a group that may take no part in a match is null.

use std::collections::BTreeSet;
use std::sync::Arc;

use regex_syntax::hir::{Hir, HirKind};
use vrl::compiler::TypeState;
use vrl::compiler::function::{ArgumentList, ConstOrExpr};
use vrl::compiler::value::Collection;
use vrl::value::kind::Field;
use vrl::value::{Kind, Value};

use super::kinds::array_of;
use super::retyped::Correction;

/// VRL takes each named group for one that is always there, and each number for one, too.
pub(super) fn parse_regex(arguments: &ArgumentList, state: &TypeState) -> Correction {
    match found(arguments, state) {
        Some(found) => Arc::new(move |told, _| told.with_kind(Kind::object(found.clone()))),
        None => Arc::new(|told, _| told),
    }
}

/// As `parse_regex`, of each match.
pub(super) fn parse_regex_all(arguments: &ArgumentList, state: &TypeState) -> Correction {
    match found(arguments, state) {
        Some(found) => Arc::new(move |told, _| told.with_kind(array_of(Kind::object(found.clone())))),
        None => Arc::new(|told, _| told),
    }
}

/// What a pattern finds that is known; `None`: it is not.
fn found(arguments: &ArgumentList, state: &TypeState) -> Option<Collection<Field>> {
    let ConstOrExpr::Const(pattern) = arguments.required_regex("pattern", state) else { return None };
    let hir = regex_syntax::parse(pattern.as_str()).ok()?;
    let certain = certain_groups(&hir);
    let mut found = Collection::empty();
    let numbered = arguments.optional("numeric_groups");
    let numbered = numbered.map(|numbered| numbered.resolve_constant(state));
    // The groups of a match are numbered anew, without those that take no part.
    let always = if numbered == Some(Some(Value::Boolean(true))) { certain.len() + 1 } else { 0 };
    if numbered.is_some_and(|numbered| numbered != Some(Value::Boolean(false))) {
        for number in 0..pattern.captures_len() {
            let text = if number < always { Kind::bytes() } else { Kind::bytes().or_undefined() };
            found.known_mut().insert(number.to_string().into(), text);
        }
    }
    for (index, name) in pattern.capture_names().enumerate() {
        let Some(name) = name else { continue };
        let is_certain = u32::try_from(index).is_ok_and(|index| certain.contains(&index));
        let text = if is_certain { Kind::bytes() } else { Kind::bytes().or_null() };
        found.known_mut().insert(name.into(), text);
    }
    Some(found)
}

/// The groups that take part in every match.
fn certain_groups(hir: &Hir) -> BTreeSet<u32> {
    match hir.kind() {
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => BTreeSet::new(),
        HirKind::Repetition(repetition) if repetition.min == 0 => BTreeSet::new(),
        HirKind::Repetition(repetition) => certain_groups(&repetition.sub),
        HirKind::Capture(capture) => {
            let mut groups = certain_groups(&capture.sub);
            groups.insert(capture.index);
            groups
        }
        HirKind::Concat(parts) => parts.iter().flat_map(certain_groups).collect(),
        HirKind::Alternation(branches) => {
            let groups = branches.iter().map(certain_groups);
            groups.reduce(|all, one| &all & &one).unwrap_or_default()
        }
    }
}
