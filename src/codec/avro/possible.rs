//! Whether there is a value at all that a plan can read.

use std::collections::HashSet;

use super::super::place::Place;
use super::plan::{Action, Record, Step, StepId};
use super::reach::{self, Rests};
use super::schema::SchemaError;

/// # Errors
///
/// There is none; told with the path of what cannot be read.
pub(super) fn check(steps: &[Step], root: StepId) -> Result<(), SchemaError> {
    let known = known(steps);
    if known[root.index()] { Ok(()) } else { Err(SchemaError::new(reason(steps, &known, root))) }
}

/// A record can be read when all its members can; a union when one of its variants can; an array may be empty.
fn known(steps: &[Step]) -> Vec<bool> {
    reach::holds(steps.iter().map(|step| match step {
        Step::Never(_) => Rests::Known(false),
        Step::Record(record) => Rests::All(inside(record).map(|(_, step)| step.index()).collect()),
        Step::Union(variants) => Rests::Any(variants.iter().map(|step| step.index()).collect()),
        Step::Enum(symbols) => Rests::Known(symbols.iter().any(Option::is_some)),
        _ => Rests::Known(true),
    }))
}

fn inside(record: &Record) -> impl Iterator<Item = (&str, StepId)> {
    record.fields.iter().filter_map(|field| match &field.action {
        Action::Read { name, step, .. } => Some((name.as_str(), *step)),
        Action::Skip | Action::Check(_) => None,
    })
}

fn reason(steps: &[Step], known: &[bool], root: StepId) -> String {
    let (mut way, mut at, mut seen) = (Vec::new(), root, HashSet::new());
    let what = loop {
        if !seen.insert(at) {
            break "it has no end".to_owned();
        }
        match &steps[at.index()] {
            Step::Never(reason) => break reason.clone(),
            Step::Record(record) => {
                let broken = inside(record).find(|(_, step)| !known[step.index()]);
                let (name, step) = broken.expect("a record of what can be read can be read");
                way.push(name.to_owned());
                at = step;
            }
            Step::Union(variants) => match variants.first() {
                Some(first) => at = *first,
                None => break "a union of nothing has no value".to_owned(),
            },
            Step::Enum(_) => {
                break "the reader's enum has none of the writer's symbols, and no default".to_owned();
            }
            _ => break "it cannot be read".to_owned(),
        }
    };
    let mut place = Place::default();
    way.iter().rev().for_each(|name| place.in_member(name));
    format!("no value can be read: {place}: {what}")
}
