//! What functions give that work on arrays and objects.

use std::collections::BTreeMap;
use std::sync::Arc;

use vrl::compiler::function::ArgumentList;
use vrl::compiler::value::Collection;
use vrl::compiler::{Expression, TypeDef, TypeState};
use vrl::value::Kind;
use vrl::value::kind::Index;

use super::kinds::{any_collection, array_of, items, thinned};
use super::retyped::Correction;

/// VRL keeps the last item.
pub(super) fn pop(_: &ArgumentList, _: &TypeState) -> Correction {
    arrays(|array| match array.exact_length() {
        Some(length) if !has_gaps(array) => {
            if let Some(last) = length.checked_sub(1) {
                array.known_mut().remove(&Index::from(last));
            }
        }
        _ => array.anonymize(),
    })
}

/// VRL keeps all items, each at its place.
pub(super) fn slice(_: &ArgumentList, _: &TypeState) -> Correction {
    arrays(Collection::anonymize)
}

/// VRL takes an array whose last items may be absent for one of a known length.
pub(super) fn append(arguments: &ArgumentList, _: &TypeState) -> Correction {
    let (value, added) = (arguments.required("value"), arguments.required("items"));
    Arc::new(move |told, state| {
        lengthened(told, value.type_def(state).kind(), &items(added.type_def(state).kind()))
    })
}

/// As `append`.
pub(super) fn push(arguments: &ArgumentList, _: &TypeState) -> Correction {
    let (value, added) = (arguments.required("value"), arguments.required("item"));
    Arc::new(move |told, state| {
        let added = added.type_def(state).kind().clone().upgrade_undefined();
        lengthened(told, value.type_def(state).kind(), &added)
    })
}

fn lengthened(told: TypeDef, value: &Kind, added: &Kind) -> TypeDef {
    match value.as_array() {
        Some(array) if has_gaps(array) => told.with_kind(array_of(array.reduced_kind().union(added.clone()))),
        _ => told,
    }
}

/// VRL tells an object for each item that there may be.
pub(super) fn unnest(arguments: &ArgumentList, _: &TypeState) -> Correction {
    with_value(arguments, "path", |mut told, value| {
        let (Some(items), Some(made)) = (value.as_array(), told.kind_mut().as_array_mut()) else {
            return told;
        };
        for (index, item) in items.known() {
            if item.contains_undefined()
                && let Some(object) = made.known_mut().get_mut(index)
            {
                object.add_undefined();
            }
        }
        told
    })
}

/// Whether there is an item that may be absent.
fn has_gaps(array: &Collection<Index>) -> bool {
    array.known().values().any(Kind::contains_undefined)
}

fn arrays(change: fn(&mut Collection<Index>)) -> Correction {
    Arc::new(move |mut told, _| {
        if let Some(array) = told.kind_mut().as_array_mut() {
            change(array);
        }
        told
    })
}

/// VRL tells that nothing is given where both an array and an object may be; and that a path always has a segment, which
/// fits.
pub(super) fn set(arguments: &ArgumentList, _: &TypeState) -> Correction {
    let path = arguments.required("path");
    Arc::new(move |told, state| {
        let path = path.type_def(state);
        let first = path.as_array().and_then(|segments| segments.known().get(&Index::from(0)));
        let kind = match first {
            Some(first) if first.is_bytes() => Kind::any_object(),
            Some(first) if first.is_integer() => Kind::array(Collection::any()),
            Some(first) if !first.contains_undefined() => Kind::any_object().or_array(Collection::any()),
            _ => Kind::any(),
        };
        told.with_kind(kind)
    })
}

/// VRL takes what may be both an array and an object for an object, or for nothing.
pub(super) fn same_collection(arguments: &ArgumentList, _: &TypeState) -> Correction {
    with_value(arguments, "value", |told, value| told.with_kind(any_collection(value)))
}

/// VRL forgets what stands in what is left.
pub(super) fn compact(arguments: &ArgumentList, _: &TypeState) -> Correction {
    const OPTIONS: [&str; 6] = ["recursive", "null", "string", "object", "array", "nullish"];
    let as_usual = OPTIONS.iter().all(|option| arguments.optional(option).is_none());
    with_value(arguments, "value", move |told, value| {
        told.with_kind(compacted(value, as_usual, COMPACTED_MAX))
    })
}

/// How deep `compact` is followed.
const COMPACTED_MAX: usize = 8;

fn compacted(kind: &Kind, as_usual: bool, depth: usize) -> Kind {
    thinned(kind, &|item| {
        if item.is_any() || depth == 0 {
            return Kind::any();
        }
        let mut left = item.without_object().without_array();
        if as_usual {
            left.remove_null();
        }
        let is_collection = item.contains_object() || item.contains_array();
        if is_collection {
            left = left.union(compacted(item, as_usual, depth - 1));
        }
        // Numbers and the like are never empty.
        let stays = !is_collection && !item.contains_null() && !item.contains_bytes();
        if stays { left } else { left.or_undefined() }
    })
}

/// VRL takes what may be several things for an object.
pub(super) fn tag_types_externally(arguments: &ArgumentList, _: &TypeState) -> Correction {
    with_value(arguments, "value", |told, value| {
        let mut kind = any_collection(value);
        if value.contains_null() || value.contains_undefined() {
            kind.add_null();
        }
        if value.contains_primitive() {
            kind.add_object(Collection::any());
        }
        told.with_kind(kind)
    })
}

/// VRL knows nothing of entries, so that `from_entries` could not tell that they are some.
pub(super) fn to_entries(arguments: &ArgumentList, _: &TypeState) -> Correction {
    with_value(arguments, "value", |told, value| {
        let mut key = Kind::never();
        if value.contains_object() {
            key.add_bytes();
        }
        if value.contains_array() {
            key.add_integer();
        }
        let entry = BTreeMap::from([("key".into(), key), ("value".into(), items(value).upgrade_undefined())]);
        told.with_kind(array_of(Kind::object(entry)))
    })
}

/// VRL takes each array for one of entries.
pub(super) fn from_entries(arguments: &ArgumentList, _: &TypeState) -> Correction {
    with_value(arguments, "value", |told, value| {
        let entries = value.as_array().map(Collection::reduced_kind);
        let is_certain = entries.is_some_and(|entry| {
            let key = entry.as_object().and_then(|entry| entry.known().get(&"key".into()));
            entry.is_never() || (entry.is_object() && key.is_some_and(Kind::is_bytes))
        });
        fallible_unless(told, is_certain)
    })
}

/// VRL takes each array for one of pairs, and each key for a text.
pub(super) fn object_from_array(arguments: &ArgumentList, _: &TypeState) -> Correction {
    let is_key = |key: &Kind| Kind::bytes().or_null().is_superset(key).is_ok();
    match arguments.optional("keys") {
        Some(keys) => Arc::new(move |told, state| {
            let keys = keys.type_def(state).as_array().map(Collection::reduced_kind);
            fallible_unless(told, keys.is_some_and(|key| is_key(&key.upgrade_undefined())))
        }),
        None => with_value(arguments, "values", move |told, value| {
            let pairs = value.as_array().map(Collection::reduced_kind);
            let is_certain = pairs.is_some_and(|pair| {
                let key = pair.as_array().and_then(|pair| pair.known().get(&Index::from(0)));
                pair.is_never() || (pair.is_array() && key.is_some_and(is_key))
            });
            fallible_unless(told, is_certain)
        }),
    }
}

/// VRL takes each array for one of arrays.
pub(super) fn zip(arguments: &ArgumentList, _: &TypeState) -> Correction {
    if arguments.optional("array_1").is_some() {
        return Arc::new(|told, _| told);
    }
    with_value(arguments, "array_0", |told, value| {
        let arrays = value.as_array().map(Collection::reduced_kind);
        fallible_unless(told, arrays.is_some_and(|array| array.is_never() || array.is_array()))
    })
}

fn fallible_unless(told: TypeDef, is_certain: bool) -> TypeDef {
    if is_certain { told } else { told.fallible() }
}

fn with_value(
    arguments: &ArgumentList,
    name: &'static str,
    correct: impl Fn(TypeDef, &Kind) -> TypeDef + Send + Sync + 'static,
) -> Correction {
    let value: Box<dyn Expression> = arguments.required(name);
    Arc::new(move |told, state| correct(told, value.type_def(state).kind()))
}
