//! What functions give that run a closure.

use std::sync::Arc;

use vrl::compiler::function::{ArgumentList, Closure};
use vrl::compiler::state::ExternalEnv;
use vrl::compiler::value::Collection;
use vrl::compiler::{CompileConfig, Expression, TypeDef, TypeState, compile_with_state};
use vrl::value::{Kind, Value};

use super::kinds::{items, joined, mapped, thinned};
use super::retyped::Correction;

/// VRL keeps the type of items, and of members whose names are not known; and does not see that a closure is given more
/// than the items where it is recursive.
pub(super) fn map_values(arguments: &ArgumentList, state: &TypeState) -> Correction {
    let value = arguments.required("value");
    let is_recursive = is_recursive(arguments, state);
    let closure = arguments.optional_closure().cloned();
    let returns = returns(arguments);
    Arc::new(move |told, state| {
        let kind = value.type_def(state).kind().clone();
        let Some(closure) = &closure else { return told };
        let made = |block: &TypeDef| block.kind().clone().upgrade_undefined();
        let given = items(&kind);
        let first = made(&closure.block_type_def);
        if !is_recursive || !(given.contains_object() || given.contains_array()) {
            return may_return(told.with_kind(mapped(&kind, &|_| first.clone())), returns);
        }
        // What was made of a collection is gone through as well.
        if given.is_superset(&items(&first)).is_ok() {
            return may_return(told.with_kind(mapped(&kind, &|_| opened(&first))), returns);
        }
        let deeper = given_anything(closure, state);
        let fails = deeper.as_ref().is_none_or(TypeDef::is_fallible);
        let made = first.union(deeper.map_or_else(Kind::any, |deeper| made(&deeper)));
        may_return(told.with_kind(mapped(&kind, &|_| opened(&made))), returns || fails)
    })
}

/// What the block of a closure gives whose variable holds anything; `None`: it cannot be told.
fn given_anything(closure: &Closure, state: &TypeState) -> Option<TypeDef> {
    let mut bound = state.clone();
    let name = closure.variables.first()?.to_string();
    if !name.is_empty() && name != "_" {
        // VRL binds no variable but by an assignment.
        let anything = ExternalEnv::new_with_kind(Kind::any(), Kind::any_object());
        let before = TypeState { local: state.local.clone(), external: anything };
        let assignment = format!("{name} = .");
        let assigned = compile_with_state(&assignment, &[], &before, CompileConfig::default()).ok()?;
        bound.local = assigned.program.final_type_info().state.local;
    }
    Some(closure.block.type_info(&bound).result)
}

/// VRL keeps the names.
pub(super) fn map_keys(arguments: &ArgumentList, state: &TypeState) -> Correction {
    let value = arguments.required("value");
    let is_recursive = is_recursive(arguments, state);
    let returns = returns(arguments);
    Arc::new(move |told, state| {
        let kind = renamed(value.type_def(state).kind(), is_recursive);
        may_return(told.with_kind(kind), returns)
    })
}

/// `return` ends the closure of an object's members, and is an error in that of an array's items.
pub(super) fn each(arguments: &ArgumentList, _: &TypeState) -> Correction {
    let value = arguments.required("value");
    let returns = returns(arguments);
    Arc::new(move |told, state| {
        let is_array = value.type_def(state).contains_array();
        may_return(told, returns && is_array)
    })
}

/// As `for_each`; VRL forgets what the items are that may be left.
pub(super) fn filter(arguments: &ArgumentList, state: &TypeState) -> Correction {
    let value = arguments.required("value");
    let each = each(arguments, state);
    Arc::new(move |told, state| {
        let kind = thinned(value.type_def(state).kind(), &|item| item.clone().or_undefined());
        each(told.with_kind(kind), state)
    })
}

/// `return` is an error in it.
pub(super) fn replace_with(arguments: &ArgumentList, _: &TypeState) -> Correction {
    let returns = returns(arguments);
    Arc::new(move |told, _| may_return(told, returns))
}

/// Anything but a `false` that is known.
fn is_recursive(arguments: &ArgumentList, state: &TypeState) -> bool {
    let recursive = arguments.optional("recursive");
    recursive.is_some_and(|recursive| recursive.resolve_constant(state) != Some(Value::Boolean(false)))
}

/// Whether the closure may end by `return`.
fn returns(arguments: &ArgumentList) -> bool {
    arguments.optional_closure().is_some_and(|closure| !closure.block_type_def.returns().is_never())
}

fn may_return(told: TypeDef, returns: bool) -> TypeDef {
    if returns { told.fallible() } else { told }
}

/// The kind with nothing known of what stands in its collections.
fn opened(kind: &Kind) -> Kind {
    mapped(kind, &|_| Kind::any())
}

/// The kind with other names in it.
fn renamed(kind: &Kind, is_recursive: bool) -> Kind {
    let inner = |kind: &Kind| if is_recursive { renamed(kind, true) } else { kind.clone() };
    let mut new = kind.clone();
    if let Some(object) = kind.as_object() {
        let others = match object.is_unknown_exact() {
            true => inner(&object.unknown_kind()),
            false => object.unknown_kind(),
        };
        let known = joined(object.known().values().map(inner));
        new = new.without_object().or_object(Collection::from_unknown(others.union(known)));
    }
    if is_recursive && let Some(array) = new.as_array_mut() {
        array.known_mut().values_mut().for_each(|item| *item = inner(item));
        if array.is_unknown_exact() {
            array.set_unknown(inner(&array.unknown_kind()));
        }
    }
    new
}
