//! What a pipeline's programs are proved to do where schemas are known: what stands in a record at each step, what a
//! program asks for in vain, and whether what the last step leaves fits the sinks.
//!
//! VRL's own types are the basis; a `Shape` knows more (enum symbols, ranges, decimals) and follows a program through its
//! branches (`flow`). A finding is an error only where it is certain: an unknown value fits everywhere.

mod accepts;
mod assign;
mod avro;
mod binary;
mod calls;
mod closures;
mod compacted;
mod compare;
mod compare_words;
mod effects;
mod flow;
mod forms;
mod insist;
mod json;
mod kept;
mod literals;
mod made;
mod members;
mod narrow;
mod nesting;
mod operators;
mod path;
mod pinned;
mod predicates;
mod reads;
mod refine;
mod restrict;
mod shape;
mod sink;
mod sink_json;
mod sink_words;
mod words;
mod writer;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub(super) use assign::{external, local};
pub use avro::shape_of;
pub(super) use effects::Effects;
pub use flow::Written;
pub use json::shape_of_json;
pub(super) use kept::Kept;
pub use pinned::{Pinned, check_pinned, with_pinned};
pub(super) use reads::path_of;
pub use shape::{Member, Record, Shape, Text};
pub use sink::{SinkBlame, SinkFinding, check_sink, check_sink_key};
pub use sink_json::check_sink_json;
pub use writer::{
    Misfit, MisfitAt, check_key_version, check_key_writer, check_version, check_writer, fits_key_writer,
    fits_writer,
};

use vrl::parser::ast::{Program, RootExpr};

use super::access::{Access, Walk};
use super::program::{ProgramDiagnostic, ProgramKind};
use super::scope::Scope;

/// What following a program gives.
pub(super) struct Followed {
    /// What it asks for in vain.
    pub found: Vec<ProgramDiagnostic>,
    /// The value behind it; `None`: no record goes on.
    pub value: Option<Shape>,
    /// The same by what maps have made and conditions have asked for, whatever a schema says.
    pub bare: Shape,
    /// The envelope behind it.
    pub envelope: Shape,
    /// What it writes.
    pub written: Vec<Written>,
    /// The places in the source that nothing comes to.
    pub dead: Vec<std::ops::Range<usize>>,
    /// What VRL overlooks of what it writes.
    pub effects: Effects,
    /// What reads give behind conditions.
    pub kept: Kept,
}

/// Follows a program from its place in the chain.
pub(super) fn follow(
    kind: ProgramKind,
    source: &str,
    ast: &Program,
    scope: &Scope,
    access: &Access,
) -> Followed {
    let (value, envelope) = (scope.value_shape().clone(), scope.envelope_shape());
    let mut flow = flow::Flow::new(source, value.clone(), envelope.clone(), scope.may_ask());
    flow.has_members = scope.is_decoded();
    flow.made = scope.written();
    flow.reads = Walk::reads_of(ast.clone());
    flow.program(ast);
    let effects = std::mem::take(&mut flow.ascribed);
    let kept = std::mem::take(&mut flow.kept);
    if kind == ProgramKind::Map {
        let flow::Flow { found, state, written, dead, .. } = flow;
        return Followed {
            found,
            value: Some(state.value),
            bare: Shape::Any,
            envelope: state.envelope,
            written,
            dead,
            effects,
            kept,
        };
    }
    // A condition changes nothing, but only records that it holds for go on.
    let found = std::mem::take(&mut flow.found);
    let unreachable = std::mem::take(&mut flow.dead);
    let mut behind = |value: Shape| {
        flow.state = flow::State::at(value, envelope.clone());
        if ast.0.len() > 1 || access.returns {
            flow.suspect_all();
            flow.doubt_by_reads();
        }
        if let Some(RootExpr::Expr(last)) = ast.0.last().map(|root| root.inner())
            && !access.returns
        {
            flow.narrow(last, true);
            flow.doubt_by(last);
        }
        (!flow.state.dead).then(|| (flow.state.value.clone(), flow.state.envelope.clone()))
    };
    let bare = behind(scope.bare_shape()).map_or(Shape::Any, |(bare, _)| bare);
    let (value, envelope) = behind(value).map_or((None, envelope.clone()), |(value, all)| (Some(value), all));
    Followed { found, value, bare, envelope, written: Vec::new(), dead: unreachable, effects, kept }
}
