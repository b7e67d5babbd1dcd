//! What a condition before has kept out: VRL's types do not follow conditions, and are told by a function of their own that no
//! program can call.

use vrl::compiler::expression::{Expression, Resolved};
use vrl::compiler::function::{ArgumentList, Compiled, Example, FunctionCompileContext, Parameter};
use vrl::compiler::value::kind;
use vrl::compiler::{Context, Function, TypeDef, TypeInfo, TypeState};
use vrl::value::{Kind, Value};

/// Its name: what a program is written with has none like it.
pub(in crate::transform) const ONLY: &str = "only_of_types_";

/// One of VRL's types.
struct Type {
    /// As VRL counts it.
    bit: u16,
    is_in: fn(&Kind) -> bool,
    remove: fn(&mut Kind) -> bool,
}

const fn one(bit: u16, is_in: fn(&Kind) -> bool, remove: fn(&mut Kind) -> bool) -> Type {
    Type { bit, is_in, remove }
}

const TYPES: [Type; 9] = [
    one(kind::NULL, Kind::contains_null, |kind| kind.remove_null() | kind.remove_undefined()),
    one(kind::BOOLEAN, Kind::contains_boolean, Kind::remove_boolean),
    one(kind::INTEGER, Kind::contains_integer, Kind::remove_integer),
    one(kind::FLOAT, Kind::contains_float, Kind::remove_float),
    one(kind::BYTES, Kind::contains_bytes, Kind::remove_bytes),
    one(kind::TIMESTAMP, Kind::contains_timestamp, Kind::remove_timestamp),
    one(kind::REGEX, Kind::contains_regex, Kind::remove_regex),
    one(kind::ARRAY, Kind::contains_array, Kind::remove_array),
    one(kind::OBJECT, Kind::contains_object, Kind::remove_object),
];

/// The types that a kind may be, as VRL counts them; `None`: it may be anything, or nothing.
pub(in crate::transform) fn types_of(known: &Kind) -> Option<u16> {
    if known.is_any() || known.is_never() {
        return None;
    }
    Some(TYPES.iter().filter(|one| (one.is_in)(known)).fold(0, |types, one| types | one.bit))
}

/// The kind without what is of other types.
pub(in crate::transform) fn of_types(known: &Kind, types: u16) -> Kind {
    let mut left = known.clone();
    for out in TYPES.iter().filter(|one| types & one.bit == 0) {
        (out.remove)(&mut left);
    }
    // To VRL, what can be nothing can be anything.
    if left.is_never() { known.clone() } else { left }
}

/// `only_of_types_(value, types)`: the value, of which it is known that it is of these types.
#[derive(Clone, Copy, Debug)]
pub(super) struct Only;

impl Function for Only {
    fn identifier(&self) -> &'static str {
        ONLY
    }

    fn usage(&self) -> &'static str {
        "Tells VRL what a condition before has kept out."
    }

    fn category(&self) -> &'static str {
        "Type"
    }

    fn return_kind(&self) -> u16 {
        kind::ANY
    }

    fn parameters(&self) -> &'static [Parameter] {
        const PARAMETERS: &[Parameter] = &[
            Parameter::required("value", kind::ANY, "What is read."),
            Parameter::required("types", kind::INTEGER, "The types that it may be."),
        ];
        PARAMETERS
    }

    fn examples(&self) -> &'static [Example] {
        &[]
    }

    fn compile(
        &self,
        state: &TypeState,
        _: &mut FunctionCompileContext,
        arguments: ArgumentList,
    ) -> Compiled {
        let types = arguments.required_literal("types", state)?.as_integer();
        let types = types.and_then(|types| u16::try_from(types).ok()).unwrap_or(kind::ANY);
        Ok(Box::new(OnlyOf { value: arguments.required("value"), types }))
    }
}

#[derive(Clone, Debug)]
struct OnlyOf {
    value: Box<dyn Expression>,
    types: u16,
}

impl Expression for OnlyOf {
    fn resolve(&self, context: &mut Context) -> Resolved {
        let value = self.value.resolve(context)?;
        if self.types & type_of(&value) != 0 {
            return Ok(value);
        }
        Err(format!("{} stands where a condition before has kept it out", value.kind_str()).into())
    }

    fn type_info(&self, state: &TypeState) -> TypeInfo {
        self.value.type_info(state).map_result(|told: TypeDef| {
            let known = of_types(told.kind(), self.types);
            told.with_kind(known)
        })
    }
}

fn type_of(value: &Value) -> u16 {
    match value {
        Value::Bytes(_) | Value::String(_) => kind::BYTES,
        Value::Regex(_) => kind::REGEX,
        Value::Integer(_) => kind::INTEGER,
        Value::Float(_) => kind::FLOAT,
        Value::Boolean(_) => kind::BOOLEAN,
        Value::Timestamp(_) => kind::TIMESTAMP,
        Value::Object(_) => kind::OBJECT,
        Value::Array(_) => kind::ARRAY,
        Value::Null => kind::NULL,
    }
}
