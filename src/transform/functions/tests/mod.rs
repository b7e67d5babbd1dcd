//! Whether what functions give is of the type that is told for it.

mod arguments;
mod bounds;
mod examples;

mod programs;
mod sweep;
mod types;

use vrl::compiler::state::{ExternalEnv, RuntimeState};
use vrl::compiler::{
    CompileConfig, Context, Program, Resolved, TargetValue, TimeZone, compile_with_external,
};
use vrl::value::{Kind, Secrets, Value};

use super::*;

/// Compiles where `.` is of a kind; `None`: VRL refuses it.
fn compiled(source: &str, target: &Kind) -> Option<Program> {
    let external = ExternalEnv::new_with_kind(target.clone(), Kind::any_object());
    let compiled = compile_with_external(source, available(), &external, CompileConfig::default());
    Some(compiled.ok()?.program)
}

fn run(program: &Program, value: Value) -> Resolved {
    let (mut state, timezone) = (RuntimeState::default(), TimeZone::default());
    let metadata = Value::Object(Default::default());
    let mut target = TargetValue { value, metadata, secrets: Secrets::default() };
    program.resolve(&mut Context::new(&mut target, &mut state, &timezone))
}

/// The type that is told for what a program gives.
fn told(program: &Program) -> Kind {
    program.final_type_info().result.kind().clone()
}

/// What is wrong about a type for a value.
fn untrue(told: &Kind, value: &Value) -> Option<String> {
    let place = told.is_superset(&Kind::from(value)).err()?;
    Some(format!("{value} is not of the type {told} at `{place}`"))
}
