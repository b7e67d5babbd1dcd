//! What is made of kinds.

use vrl::compiler::value::Collection;
use vrl::value::Kind;
use vrl::value::kind::{Field, Index};

/// What any of them may be.
pub(super) fn joined(kinds: impl IntoIterator<Item = Kind>) -> Kind {
    kinds.into_iter().fold(Kind::never(), |all, one| all.union(one))
}

/// What stands in the collections that the kind may be.
pub(super) fn items(kind: &Kind) -> Kind {
    let of_object = kind.as_object().map(Collection::reduced_kind);
    let of_array = kind.as_array().map(Collection::reduced_kind);
    joined(of_object.into_iter().chain(of_array))
}

/// The kind with other members and items in it, which are there or absent as they were.
pub(super) fn mapped(kind: &Kind, change: &dyn Fn(&Kind) -> Kind) -> Kind {
    let mut new = kind.clone();
    if let Some(object) = new.as_object_mut() {
        change_all(object, change);
    }
    if let Some(array) = new.as_array_mut() {
        change_all(array, change);
    }
    new
}

fn change_all<T: Ord + Clone>(collection: &mut Collection<T>, change: &dyn Fn(&Kind) -> Kind) {
    for item in collection.known_mut().values_mut() {
        let new = change(item).without_undefined();
        *item = if item.contains_undefined() { new.or_undefined() } else { new };
    }
    let others = collection.unknown_kind();
    if others.contains_any_defined() {
        collection.set_unknown(change(&others));
    }
}

/// The collections that the kind may be, with anything in them.
pub(super) fn any_collection(kind: &Kind) -> Kind {
    let object = kind.contains_object().then(Kind::any_object);
    let array = kind.contains_array().then(|| Kind::array(Collection::any()));
    joined(object.into_iter().chain(array))
}

/// The collections that the kind may be, with some of what stands in them: `change` makes of each what it is then, absent
/// where it may be left out.
pub(super) fn thinned(kind: &Kind, change: &dyn Fn(&Kind) -> Kind) -> Kind {
    let object = kind.as_object().map(|object| {
        let known = object.known().iter().map(|(name, member)| {
            let left = change(&member.without_undefined());
            (name.clone(), if member.contains_undefined() { left.or_undefined() } else { left })
        });
        Kind::object(Collection::from_parts(known.collect(), change(&object.unknown_kind())))
    });
    let array = kind.as_array().map(|array| {
        let items = change(&array.reduced_kind().without_undefined());
        array_of(items.without_undefined())
    });
    joined(object.into_iter().chain(array))
}

/// An array of as many such items as there may be.
pub(super) fn array_of(kind: Kind) -> Kind {
    Kind::array(Collection::<Index>::from_unknown(kind))
}

/// An object of as many such members as there may be.
pub(super) fn object_of(kind: Kind) -> Kind {
    Kind::object(Collection::<Field>::from_unknown(kind))
}
