//! VRL's compiler, so that what compiles where nothing is known also compiles where types are: VRL refuses the handling of
//! errors that cannot happen.

use std::sync::Arc;

use vrl::compiler::{CompilationResult, CompileConfig, Function, TypeInfo, compile_with_state};
use vrl::path::{OwnedSegment, PathPrefix};
use vrl::value::Kind;

use super::access::{TouchedPath, Walk};
use super::compile::{findings, set_read_only};
use super::functions::{self, ONLY};
use super::program::{ProgramDiagnostic, ProgramKind, Runs};
use super::scope::Scope;
use super::types::{self, Effects, Kept};
use super::witness::{Overlooked, Witness};

/// VRL's findings about handling in vain.
const NEEDLESS: [usize; 3] = [104, 620, 651];

/// VRL's code for an argument that can never be what the function takes.
pub(super) const WRONG_ARGUMENT: usize = 110;

/// How VRL begins to say that nobody reads a variable.
const UNUSED: &str = "unused variable";

/// How often a program is compiled with less known about what it handles in vain, before nothing is known.
const RETRIES_MAX: usize = 8;

/// A program that VRL takes.
pub(super) struct Compiled {
    pub program: Runs,
    /// The types behind it.
    pub after: TypeInfo,
    pub warnings: Vec<ProgramDiagnostic>,
    /// What VRL would know of the value behind it without a schema.
    pub bare_after: Kind,
}

type Outcome = Result<Compiled, Vec<ProgramDiagnostic>>;

/// What is compiled.
#[derive(Clone, Copy)]
pub(super) struct Text<'t> {
    pub kind: ProgramKind,
    pub source: &'t str,
    pub ast: &'t vrl::parser::ast::Program,
    /// What VRL overlooks of what it writes.
    pub effects: &'t Effects,
    /// What its conditions keep out, as far as VRL is told.
    pub kept: &'t Kept,
    /// In words by which VRL overlooks nothing, where it does.
    pub witness: Option<&'t Witness>,
}

impl Text<'_> {
    /// In words by which VRL sees what conditions keep out, where they do.
    fn keeping(&self, kept: &Kept) -> Option<Witness> {
        if kept.is_empty() {
            return None;
        }
        Witness::of(self.source, self.ast, Overlooked { effects: self.effects, needless: &[], kept })
    }
}

/// Compiles with what is known, or with less where that is too much; where VRL refuses, with what conditions keep out.
///
/// `kept` gives what conditions keep out, for a place in the chain of which this is known.
pub(super) fn compile(text: Text<'_>, scope: &Scope, walk: &Walk, kept: &dyn Fn(&Scope) -> Kept) -> Outcome {
    let typed = plain(text, scope);
    let may_keep = !walk.calls.iter().any(|call| call.name == ONLY);
    let own = if typed.is_err() && may_keep { kept(scope) } else { Kept::default() };
    let witness = text.keeping(&own);
    let keeping = witness.as_ref().map(|witness| Text { kept: &own, witness: Some(witness), ..text });
    let keeping = keeping.map(|text| (text, plain(text, scope)));
    // Each thing that is wrong takes VRL long to say: what compiles comes first.
    if let Some((text, Ok(compiled))) = keeping {
        return with_less_known(text, scope, walk, Ok(compiled));
    }
    let mut outcome = with_less_known(text, scope, walk, typed);
    // What is told is told of this, of which more is known.
    if outcome.is_err()
        && let Some((text, told)) = keeping
    {
        outcome = with_less_known(text, scope, walk, told);
    }
    for place in [scope.by_maps_alone(), scope.without_types()] {
        if outcome.is_ok() || !may_keep {
            break;
        }
        let kept = kept(&place);
        if let Some(witness) = text.keeping(&kept) {
            let text = Text { kept: &kept, witness: Some(&witness), ..text };
            outcome = with_less_known(text, scope, walk, plain(text, scope)).or(outcome);
        }
    }
    outcome
}

/// What it comes to where less is known, if `typed` is what it comes to with all that is.
fn with_less_known(text: Text<'_>, scope: &Scope, walk: &Walk, typed: Outcome) -> Outcome {
    let bare = scope.without_types();
    if bare == *scope {
        return typed;
    }
    // Without the schema, what maps before have made is known all the same.
    let chained = scope.is_typed().then(|| plain(text, &scope.by_maps_alone()));
    let bare_after = match &chained {
        Some(Ok(compiled)) => compiled.after.state.external.target_kind().clone(),
        _ => Kind::any(),
    };
    if scope.is_typed() && typed.is_ok() {
        return typed.map(|compiled| Compiled { bare_after, ..compiled });
    }
    let untyped = plain(text, &bare).or_else(|found| chained.unwrap_or(Err(found)));
    let compiled = choose(text, scope, walk, (typed, untyped))?;
    Ok(Compiled { bare_after, ..compiled })
}

/// Of a program with and without what is known, the one that compiles.
fn choose(text: Text<'_>, scope: &Scope, walk: &Walk, (typed, untyped): (Outcome, Outcome)) -> Outcome {
    let typed = match typed {
        // Where nothing says so, VRL's rule holds.
        Err(refused) if scope.is_typed() => handled(text, scope, refused),
        typed => typed,
    };
    match (typed, untyped) {
        (typed, Err(_)) => typed,
        // Needless handling of an error is only told where a schema says that it is needless.
        (Ok(typed), Ok(untyped)) if !scope.is_typed() => Ok(Compiled { warnings: untyped.warnings, ..typed }),
        (Ok(typed), Ok(_)) => Ok(typed),
        (Err(refused), Ok(untyped)) => {
            let Compiled { program, after, mut warnings, .. } = untyped;
            let (program, after) = with_less(text, scope, walk, &refused).unwrap_or((program, after));
            if scope.is_typed() {
                let is_new =
                    |found: &ProgramDiagnostic| !warnings.iter().any(|known| known.labels == found.labels);
                let told = |found: &ProgramDiagnostic| found.code == WRONG_ARGUMENT || is_needless(found);
                let more: Vec<_> = refused
                    .into_iter()
                    .filter(|found| is_new(found) && told(found))
                    .map(as_warning)
                    .collect();
                warnings.extend(more);
            }
            Ok(Compiled { program, after, warnings, bare_after: Kind::any() })
        }
    }
}

/// What is handled in vain is a warning, whatever else is an error.
pub(super) fn lenient(found: ProgramDiagnostic, scope: &Scope) -> ProgramDiagnostic {
    if scope.is_typed() && found.is_error && is_needless(&found) { as_warning(found) } else { found }
}

/// Whether it is about handling in vain.
pub(super) fn is_needless(found: &ProgramDiagnostic) -> bool {
    NEEDLESS.contains(&found.code)
}

fn as_warning(found: ProgramDiagnostic) -> ProgramDiagnostic {
    let found = found.into_warning();
    if is_needless(&found) {
        return found.with_note("this runs: it would be needed where types are unknown");
    }
    found.with_note("this compiles, since the error is handled, and it fails for each record that comes here")
}

/// Compiles as if what is handled in vain could fail; else tells what else is wrong, too.
fn handled(text: Text<'_>, scope: &Scope, refused: Vec<ProgramDiagnostic>) -> Outcome {
    let mut told = refused;
    for _ in 0..RETRIES_MAX {
        if !told.iter().all(|found| !found.is_error || is_needless(found)) {
            break;
        }
        let needless: Vec<_> =
            told.iter().flat_map(|found| &found.labels).map(|label| label.span.clone()).collect();
        let Text { source, ast, effects, kept, .. } = text;
        let Some(witness) = Witness::of(source, ast, Overlooked { effects, needless: &needless, kept })
        else {
            break;
        };
        match plain(Text { witness: Some(&witness), ..text }, scope) {
            Ok(mut compiled) => {
                let needless = told.into_iter().filter(is_needless);
                compiled.warnings.retain(|found| !is_needless(found));
                compiled.warnings.extend(needless.map(as_warning));
                return Ok(compiled);
            }
            Err(more) => {
                let known = told.len();
                let is_new =
                    |found: &ProgramDiagnostic| told.iter().all(|known| known.labels != found.labels);
                let more: Vec<_> = more.into_iter().filter(is_new).collect();
                told.extend(more);
                if told.len() == known {
                    break;
                }
            }
        }
    }
    Err(told)
}

/// Forgets the types of what is handled in vain, and of nothing else.
fn with_less(
    text: Text<'_>,
    scope: &Scope,
    walk: &Walk,
    refused: &[ProgramDiagnostic],
) -> Option<(Runs, TypeInfo)> {
    let mut scope = scope.clone();
    let mut refused = refused.to_vec();
    for _ in 0..RETRIES_MAX {
        let before = scope.clone();
        for label in refused.iter().flat_map(|found| &found.labels) {
            let inside = walk.paths.iter().filter(|touched| {
                touched.prefix == PathPrefix::Event
                    && touched.span.start < label.span.end
                    && label.span.start < touched.span.end
            });
            for touched in inside {
                if let Some(OwnedSegment::Field(name)) = touched.path.segments.first() {
                    scope = scope.without_member(name.as_str());
                }
            }
        }
        if scope == before {
            return None;
        }
        match plain(text, &scope) {
            Ok(compiled) => return Some((compiled.program, compiled.after)),
            Err(more) => refused = more,
        }
    }
    None
}

/// What was forgotten only to compile is known again, where the program did not write it.
pub(super) fn restore(kind: &mut Kind, before: &Kind, written: &[&TouchedPath]) {
    let Some(known) = before.as_object() else { return };
    if kind.as_object().is_none() || before.contains_null() {
        return;
    }
    for (name, member) in known.known() {
        let is_written = written.iter().any(|touched| {
            let first = touched.path.segments.first();
            touched.prefix == PathPrefix::Event
                && match first {
                    Some(OwnedSegment::Field(first)) => first.as_str() == name.as_str(),
                    _ => true,
                }
        });
        if !is_written {
            set_member(kind, name.as_str(), member.clone());
        }
    }
}

/// Says what one member is, absent or not; VRL's own way to do so takes absent for null.
pub(super) fn set_member(kind: &mut Kind, name: &str, member: Kind) {
    if let Some(object) = kind.as_object_mut() {
        object.known_mut().insert(name.into(), member);
    }
}

/// The program as VRL takes it, with the types that hold.
fn plain(text: Text<'_>, scope: &Scope) -> Outcome {
    let as_written = || alone(text.kind, text.source, scope, functions::available());
    let Some(witness) = text.witness else { return as_written() };
    let is_kept = !text.kept.is_empty();
    let functions = if is_kept { functions::available_with_only() } else { functions::available() };
    let placed = |found: ProgramDiagnostic| witness.placed(found);
    match alone(text.kind, &witness.text, scope, functions) {
        Ok(mut seen) => {
            seen.warnings = seen.warnings.into_iter().map(placed).collect();
            // As it is written VRL does not take it.
            let written = if is_kept { None } else { as_written().ok() };
            if let Some(written) = written {
                // What is not needed, VRL only knows from the one; what is not used, from the other.
                let others = written.warnings.into_iter().filter(|found| !is_needless(found));
                seen.warnings.retain(is_needless);
                seen.warnings.extend(others);
                seen.program = written.program;
            } else {
                let is_told =
                    |found: &ProgramDiagnostic| is_needless(found) || found.message.starts_with(UNUSED);
                seen.warnings.retain(is_told);
                seen.program.rewritten = Some(Arc::new(witness.clone()));
                if let Some(runs) = keeping_alone(text, scope) {
                    seen.program = runs;
                }
            }
            Ok(seen)
        }
        Err(found) => {
            let plainly = as_written().err().unwrap_or_default();
            let in_own_words = |found: ProgramDiagnostic| {
                let found = placed(found);
                // It knows more than what VRL finds in the program as it is written.
                if is_kept && Witness::is_free_of_it(&found) {
                    return found;
                }
                let same =
                    |other: &&ProgramDiagnostic| other.code == found.code && other.start() == found.start();
                let plain = plainly.iter().find(same).cloned();
                plain.unwrap_or_else(|| Witness::without_its_words(found))
            };
            Err(found.into_iter().map(in_own_words).collect())
        }
    }
}

/// What runs of a program that is only taken with what conditions keep out: that, and nothing else that is put in for the types.
fn keeping_alone(text: Text<'_>, scope: &Scope) -> Option<Runs> {
    let effects = &Effects::default();
    let witness = Text { effects, ..text }.keeping(text.kept)?;
    let compiled = alone(text.kind, &witness.text, scope, functions::available_with_only()).ok()?;
    Some(Runs { rewritten: Some(Arc::new(witness)), ..compiled.program })
}

/// What VRL finds in a text, with what its conditions keep out.
pub(super) fn found_in(kind: ProgramKind, source: &str, scope: &Scope) -> Vec<ProgramDiagnostic> {
    let Ok(ast) = vrl::parser::parse(source) else { return Vec::new() };
    let access = Walk::of(ast.clone()).access;
    let followed = types::follow(kind, source, &ast, scope, &access);
    let (effects, kept) = (&Effects::default(), &followed.kept);
    let witness = Witness::of(source, &ast, Overlooked { effects, needless: &[], kept });
    let text = Text { kind, source, ast: &ast, effects, kept, witness: witness.as_ref() };
    plain(text, scope).err().unwrap_or_default()
}

/// VRL's compiler alone.
fn alone(kind: ProgramKind, source: &str, scope: &Scope, functions: &[Box<dyn Function>]) -> Outcome {
    let mut config = CompileConfig::default();
    set_read_only(&mut config, kind);
    match compile_with_state(source, functions, &scope.type_state(), config) {
        Ok(CompilationResult { program, warnings, .. }) => {
            let after = program.final_type_info();
            let program = Runs { vrl: program, rewritten: None };
            Ok(Compiled { program, after, warnings: findings(warnings), bare_after: Kind::any() })
        }
        Err(list) => Err(findings(list)),
    }
}
