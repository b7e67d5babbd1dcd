//! Compiles a program: VRL's rules, and those of records on top of them.

use vrl::compiler::{CompileConfig, TypeInfo};
use vrl::diagnostic::{Diagnostic, DiagnosticList, DiagnosticMessage, Label};
use vrl::path::{OwnedSegment, OwnedTargetPath, OwnedValuePath, PathPrefix, ValuePath};
use vrl::value::Kind;

use super::access::{Call, Touch, TouchedPath, Walk};
use super::program::{
    CONSTANT_COMPARISON, Program, ProgramDiagnostic, ProgramKind, ProgramLabel, UNKNOWN_MEMBER,
};
use super::scope::{Left, Scope};
use super::witness::{Overlooked, Witness};
use super::{bounds, functions, own_words, rules, tolerant, types};
use crate::config::spec::{DecodeSpec, Decoding, Format};

/// VRL's code for a call of a function that does not exist.
const UNDEFINED_FUNCTION: usize = 105;

/// The longest program, in bytes.
pub const PROGRAM_BYTES_MAX: usize = 64 * 1024;

/// How deeply expressions may stand in each other, in levels: VRL compiles and runs them by recursion, and a lane's
/// stack is finite; compiling takes time that grows with the square of it. A chain of operators has a level for each.
pub const PROGRAM_DEPTH_MAX: usize = 250;

/// The stack for compiling, in bytes: enough to measure the depth of a program of any shape before it is refused.
const COMPILE_STACK_BYTES: usize = 256 * 1024 * 1024;

/// Compiles `source`; `decoded` says whether a `decode` with a structured format stands before it (else `.` is bytes
/// or null). Gives the program and the compiler's warnings.
///
/// # Errors
///
/// All findings, errors and warnings, in the order of the source.
pub fn compile(
    kind: ProgramKind,
    source: &str,
    decoded: bool,
) -> Result<(Program, Vec<ProgramDiagnostic>), Vec<ProgramDiagnostic>> {
    let format = if decoded { Format::Json } else { Format::Raw };
    let decode = DecodeSpec { value: Decoding::plain(format), key: Decoding::plain(format) };
    compile_in(kind, source, &Scope::start().after_decode(&decode))
}

/// Compiles `source` for its place in a chain, with what is known there.
///
/// What compiles where nothing is known also compiles here: VRL refuses some error handling once it is not needed.
///
/// # Errors
///
/// All findings, errors and warnings, in the order of the source.
pub fn compile_in(
    kind: ProgramKind,
    source: &str,
    scope: &Scope,
) -> Result<(Program, Vec<ProgramDiagnostic>), Vec<ProgramDiagnostic>> {
    if source.len() > PROGRAM_BYTES_MAX {
        let message = format!("a program has at most {PROGRAM_BYTES_MAX} bytes");
        return Err(vec![ProgramDiagnostic::own_error(message, 0..0, format!("{} bytes", source.len()))]);
    }
    std::thread::scope(|threads| {
        let thread = std::thread::Builder::new().stack_size(COMPILE_STACK_BYTES);
        let compiling = thread.spawn_scoped(threads, || compile_here(kind, source, scope));
        let compiling = compiling.expect("the system has a thread to spare");
        compiling.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn compile_here(
    kind: ProgramKind,
    source: &str,
    scope: &Scope,
) -> Result<(Program, Vec<ProgramDiagnostic>), Vec<ProgramDiagnostic>> {
    let ast = vrl::parser::parse(source).map_err(|error| {
        let found = findings(DiagnosticList::from(vec![Box::new(error) as Box<dyn DiagnosticMessage>]));
        found.into_iter().map(|found| own_words::of_syntax(found, source)).collect::<Vec<_>>()
    })?;
    let walk = Walk::of(ast.clone());
    if walk.depth_max > PROGRAM_DEPTH_MAX {
        let message = format!("expressions stand in each other at most {PROGRAM_DEPTH_MAX} deep");
        return Err(vec![ProgramDiagnostic::own_error(message, rules::whole(source), "too deep")]);
    }
    let beyond = bounds::beyond(&ast, scope.value_shape());
    if !beyond.is_empty() {
        return Err(beyond);
    }
    // Such a call would read its files as soon as it is compiled.
    let groks: Vec<_> = walk.calls.iter().filter(|call| reads_grok_files(call)).collect();
    if !groks.is_empty() {
        return Err(groks.iter().map(|call| functions::groks_from_files(call.span.clone())).collect());
    }

    let mut found = rules::of_source(kind, source, &walk, scope);
    let followed = types::follow(kind, source, &ast, scope, &walk.access);
    let (effects, nothing) = (&followed.effects, types::Kept::default());
    let witness = Witness::of(source, &ast, Overlooked { effects, needless: &[], kept: &nothing });
    let text = tolerant::Text { kind, source, ast: &ast, effects, kept: &nothing, witness: witness.as_ref() };
    let kept_in = |place: &Scope| match place == scope {
        true => followed.kept.clone(),
        false => types::follow(kind, source, &ast, place, &walk.access).kept,
    };
    let compiled = match tolerant::compile(text, scope, &walk, &kept_in) {
        Ok(compiled) => compiled,
        Err(theirs) => {
            let own = std::mem::take(&mut found);
            found.extend(theirs.into_iter().filter(|finding| !is_said_better(finding, &walk, &own)));
            let kept = &followed.kept;
            let place = own_words::Source { kind, text: source, ast: &ast, walk: &walk, scope, kept };
            found = own_words::in_own_words(found, place);
            found.retain(|finding| !followed.found.iter().any(|own| is_its_fault(finding, own)));
            found = found.into_iter().map(|finding| rules::explain(finding, &walk, scope)).collect();
            let is_consequence = |own: &ProgramDiagnostic| {
                own.code == CONSTANT_COMPARISON && found.iter().any(|vrl| own_words::is_its_cause(vrl, own))
            };
            let followed: Vec<_> = followed.found.into_iter().filter(|own| !is_consequence(own)).collect();
            found.extend(own);
            found.extend(followed);
            found.sort_by_key(ProgramDiagnostic::start);
            // What a line that cannot be read would have written is missed everywhere.
            if found.iter().any(ProgramDiagnostic::is_of_syntax) {
                found.retain(ProgramDiagnostic::is_of_syntax);
            }
            if found.iter().any(|finding| finding.is_error && !tolerant::is_needless(finding)) {
                found = found.into_iter().map(|finding| tolerant::lenient(finding, scope)).collect();
            }
            return Err(found);
        }
    };

    let after = compiled.after;
    if found.is_empty() {
        found.extend(rules::of_types(kind, source, scope, &walk, &after));
    }
    let scope_after = scope_after(kind, scope, &walk, &after, &followed, compiled.bare_after);
    found.extend(followed.found);
    // Nothing comes to some branches, whatever fails there.
    let is_dead = |found: &ProgramDiagnostic| {
        let at = found.start();
        found.code == tolerant::WRONG_ARGUMENT && followed.dead.iter().any(|span| span.contains(&at))
    };
    let kept = &followed.kept;
    let place = own_words::Source { kind, text: source, ast: &ast, walk: &walk, scope, kept };
    let warnings = compiled.warnings.into_iter().filter(|found| !is_dead(found)).collect();
    found.extend(own_words::in_own_words(warnings, place));
    if scope.may_ask() {
        // The question there is what holds for each record.
        found.retain(|finding| !walk.is_perhaps(finding.start()));
    }
    found.sort_by_key(ProgramDiagnostic::start);
    if found.iter().any(|finding| finding.is_error) {
        return Err(found);
    }
    Ok((Program::new(kind, source, compiled.program, walk.access, scope_after), found))
}

/// What is known once the program ran.
fn scope_after(
    kind: ProgramKind,
    scope: &Scope,
    walk: &Walk,
    after: &TypeInfo,
    followed: &types::Followed,
    bare: Kind,
) -> Scope {
    if kind != ProgramKind::Map {
        let after = scope.after_filter(followed.value.clone(), followed.bare.clone());
        // Tombstones pass a condition that looks at the value.
        let key = OwnedValuePath::single_field("key");
        return match walk.access.value {
            true => after,
            false => after.with_key(followed.envelope.read(&key.segments).shape),
        };
    }
    let external = &after.state.external;
    let key = OwnedValuePath::single_field("key");
    let is_key = |path: &OwnedValuePath| path.can_start_with(&key) || path.is_root();
    let writes = |touched: &&TouchedPath| touched.touch != Touch::Read;
    let written: Vec<_> = walk.paths.iter().filter(writes).collect();
    let writes_key =
        written.iter().any(|touched| touched.prefix == PathPrefix::Metadata && is_key(&touched.path));
    let mut left = Left {
        kind: external.target_kind().clone(),
        bare: if walk.access.returns { Kind::any() } else { bare },
        shape: types::Shape::Any,
        key: None,
        writes: followed.written.clone(),
    };
    left.shape = followed.value.clone().unwrap_or(types::Shape::Any).refined(&left.kind);
    left.kind = left.shape.widening(left.kind);
    if writes_key {
        let kind = external.metadata_kind().at_path(&key);
        left.key = Some(followed.envelope.read(&key.segments).shape.refined(&kind));
    }
    // VRL's types follow the way to the end of a program, not the one that leaves it early.
    if walk.access.returns {
        left.kind = scope.value_kind().clone();
        // Nor is it known what of it comes to the one end or the other.
        left.shape = scope.value_shape().doubted();
        left.key = left.key.map(|_| types::Shape::Any);
        for touched in written.iter().filter(|touched| touched.prefix == PathPrefix::Event) {
            let first = touched.path.segments.first();
            left.shape = left.shape.forgetting(first);
            forget(&mut left.kind, first);
        }
    } else if !walk.access.writes_value_root {
        tolerant::restore(&mut left.kind, scope.value_kind(), &written);
    }
    // What branches that end, or that write what was not there, leave.
    left.kind = left.shape.narrowing(left.kind);
    scope.after_map(left)
}

/// Nothing is known to VRL about one member, not even whether it is there; `None`: about all of it.
fn forget(kind: &mut Kind, member: Option<&OwnedSegment>) {
    match member {
        Some(OwnedSegment::Field(name)) => {
            tolerant::set_member(kind, name.as_str(), Kind::any().or_undefined())
        }
        _ => *kind = Kind::any(),
    }
}

pub(super) fn set_read_only(config: &mut CompileConfig, kind: ProgramKind) {
    match kind {
        ProgramKind::Filter | ProgramKind::When => config.set_read_only(),
        ProgramKind::Map => {
            for name in rules::READ_ONLY {
                config
                    .set_read_only_path(OwnedTargetPath::metadata(OwnedValuePath::single_field(name)), true);
            }
        }
    }
}

/// `alias_sources` is the last of four parameters: four arguments fill it, named or not.
fn reads_grok_files(call: &Call) -> bool {
    call.name == "parse_groks"
        && (call.arguments.len() >= 4 || call.arguments.iter().flatten().any(|name| name == "alias_sources"))
}

/// What VRL finds as well, in fewer words: calls of functions that were left out on purpose, and writes to what is
/// read-only.
fn is_said_better(finding: &ProgramDiagnostic, walk: &Walk, own: &[ProgramDiagnostic]) -> bool {
    let missing = |call: &Call| functions::is_missing(&call.name) && call.span.start == finding.start();
    let read_only = finding.code == rules::READ_ONLY_MUTATION || finding.message.contains("error[E315]");
    (finding.code == UNDEFINED_FUNCTION && walk.calls.iter().any(missing))
        || (read_only && own.iter().any(|own| own.code == rules::READ_ONLY_MUTATION))
}

/// Whether a finding of VRL about types is about what a member that does not exist gives, null; or about a comparison that always
/// fails.
fn is_its_fault(finding: &ProgramDiagnostic, own: &ProgramDiagnostic) -> bool {
    let place = |found: &ProgramDiagnostic| found.labels.first().map(|label| label.span.clone());
    let (Some(theirs), Some(ours)) = (place(finding), place(own)) else { return false };
    let touches = theirs.start <= ours.end && ours.start <= theirs.end;
    match own.code {
        UNKNOWN_MEMBER => finding.is_of_types() && touches,
        // It fails for each record, which says more.
        CONSTANT_COMPARISON => own.is_error && finding.is_of_types() && theirs == ours,
        _ => false,
    }
}

pub(super) fn findings(list: DiagnosticList) -> Vec<ProgramDiagnostic> {
    let mut findings: Vec<_> = list.into_iter().map(finding).collect();
    findings.sort_by_key(ProgramDiagnostic::start);
    findings
}

fn finding(diagnostic: Diagnostic) -> ProgramDiagnostic {
    let is_error = diagnostic.is_problem();
    let mut labels: Vec<_> = diagnostic.labels.into_iter().map(label).collect();
    labels.sort_by_key(|label| !label.is_primary);
    let notes = diagnostic.notes.iter().map(ToString::to_string).collect();
    ProgramDiagnostic { is_error, code: diagnostic.code, message: diagnostic.message, labels, notes }
}

fn label(label: Label) -> ProgramLabel {
    ProgramLabel { span: label.span.range(), message: label.message, is_primary: label.primary }
}
