//! Arguments that VRL 0.38 panics at, or is never done with: refused where they are known, and an error of the call where not.

use std::sync::Arc;

use vrl::compiler::function::{ArgumentList, Error};
use vrl::compiler::{Expression, TypeState};
use vrl::value::Value;

use super::bounded;
use super::retyped::Correction;

pub(super) fn format_number(arguments: &ArgumentList, state: &TypeState) -> Result<(), Error> {
    match known(arguments, "scale", state) {
        Some(Value::Integer(scale)) if bounded::check_scale(scale).is_err() => Err(Error::InvalidArgument {
            keyword: "scale",
            value: Value::Integer(scale),
            error: "there are 0 to 1000 digits behind the point",
        }),
        _ => Ok(()),
    }
}

/// VRL takes any number of digits for one.
pub(super) fn format_number_may_fail(arguments: &ArgumentList, state: &TypeState) -> Correction {
    let is_certain = arguments.optional("scale").is_none() || known(arguments, "scale", state).is_some();
    Arc::new(move |told, _| if is_certain { told } else { told.fallible() })
}

/// VRL takes any place for one that the text has.
pub(super) fn find_may_fail(arguments: &ArgumentList, state: &TypeState) -> Correction {
    let pattern = arguments.required("pattern");
    let is_first = match arguments.optional("from") {
        Some(_) => known(arguments, "from", state) == Some(Value::Integer(0)),
        None => true,
    };
    Arc::new(move |told, state| {
        let may_fail = !is_first && pattern.type_def(state).contains_regex();
        if may_fail { told.fallible() } else { told }
    })
}

/// VRL takes each item for a text.
pub(super) fn boundaries(arguments: &ArgumentList, state: &TypeState) -> Result<(), Error> {
    let items = arguments.optional_array("excluded_boundaries")?.unwrap_or_default();
    let wrong = items.iter().filter_map(|item| item.resolve_constant(state)).find(|item| !item.is_bytes());
    match wrong {
        Some(value) => Err(Error::InvalidArgument {
            keyword: "excluded_boundaries",
            value,
            error: "each boundary is a text",
        }),
        None => Ok(()),
    }
}

fn known(arguments: &ArgumentList, name: &'static str, state: &TypeState) -> Option<Value> {
    arguments.optional(name)?.resolve_constant(state)
}
