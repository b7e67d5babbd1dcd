//! A call whose arguments are looked at before VRL's function sees them.
//!
//! VRL evaluates arguments inside of a call. Here they are evaluated first, and given to the function as members of `.`
//! in a program of that one call: so none is evaluated twice.

use std::sync::LazyLock;

use vrl::compiler::expression::{Expression, Resolved};
use vrl::compiler::state::{ExternalEnv, RuntimeState};
use vrl::compiler::{
    CompileConfig, Context, ExpressionError, Function, Program, TargetValue, TypeInfo, TypeState,
    compile_with_external,
};
use vrl::value::{Kind, ObjectMap, Secrets, Value};

use super::bounded::{self, Check};
use super::retyped::Site;

/// The call with its check in front of it; as it is where there is none, or the function cannot be called alone.
pub(super) fn guarded(told: Box<dyn Expression>, site: &Site<'_>) -> Box<dyn Expression> {
    let name = site.function.identifier();
    if name == "find" && site.arguments.optional("from").is_none() {
        // No text ends before its beginning.
        return told;
    }
    match (bounded::check(name), alone(site)) {
        (Some(check), Some((program, arguments))) => Box::new(Guarded { program, arguments, check, told }),
        _ => told,
    }
}

type Arguments = Vec<(&'static str, Box<dyn Expression>)>;

/// The program of one call, and what it takes from `.`.
fn alone(site: &Site<'_>) -> Option<(Program, Arguments)> {
    let (mut given, mut taken) = (Vec::new(), Vec::new());
    for parameter in site.function.parameters() {
        let name = parameter.keyword;
        let Some(argument) = site.arguments.optional(name) else { continue };
        // A choice is known before anything runs, and must be.
        if parameter.enum_variants.is_some() {
            given.push(format!("{name}: {}", argument.resolve_constant(site.state)?));
        } else {
            given.push(format!("{name}: .{name}"));
            taken.push((name, argument));
        }
    }
    let call = |mark: &str| format!("{}{mark}({})", site.function.identifier(), given.join(", "));
    static FUNCTIONS: LazyLock<Vec<Box<dyn Function>>> = LazyLock::new(vrl::stdlib::all);
    let anything = ExternalEnv::new_with_kind(Kind::any_object(), Kind::any_object());
    let compile =
        |source: &str| compile_with_external(source, &FUNCTIONS, &anything, CompileConfig::default()).ok();
    let compiled = compile(&call("!")).or_else(|| compile(&call("")))?;
    Some((compiled.program, taken))
}

#[derive(Clone, Debug)]
struct Guarded {
    program: Program,
    arguments: Arguments,
    check: Check,
    /// VRL's own, for its type.
    told: Box<dyn Expression>,
}

impl Expression for Guarded {
    fn resolve(&self, context: &mut Context) -> Resolved {
        let mut given = ObjectMap::new();
        for (name, argument) in &self.arguments {
            given.insert((*name).into(), argument.resolve(context)?);
        }
        (self.check)(&given)?;
        let timezone = *context.timezone();
        let mut state = RuntimeState::default();
        let metadata = Value::Object(ObjectMap::new());
        let mut target = TargetValue { value: Value::Object(given), metadata, secrets: Secrets::default() };
        let mut inner = Context::new(&mut target, &mut state, &timezone);
        self.program.resolve(&mut inner).map_err(own_words)
    }

    fn resolve_constant(&self, state: &TypeState) -> Option<Value> {
        self.told.resolve_constant(state)
    }

    fn type_info(&self, state: &TypeState) -> TypeInfo {
        self.told.type_info(state)
    }
}

/// Without what the program of one call says around it, which the real one says again.
fn own_words(error: ExpressionError) -> ExpressionError {
    let ExpressionError::Error { message, .. } = error else { return error };
    let words = message.strip_prefix("function call error for ").and_then(|rest| rest.split_once("): "));
    words.map_or(message.as_str(), |(_, words)| words).to_owned().into()
}
