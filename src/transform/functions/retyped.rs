//! A function of VRL's with another type: it is compiled and runs as it is, unless that is wrong as well, and tells what is true of
//! what it gives.

use std::fmt;
use std::sync::Arc;

use vrl::compiler::expression::{Expression, Resolved};
use vrl::compiler::function::closure::Definition;
use vrl::compiler::function::{ArgumentList, Compiled, Error, Example, FunctionCompileContext, Parameter};
use vrl::compiler::{Context, ExpressionError, Function, TypeDef, TypeInfo, TypeState};
use vrl::value::Value;

/// Makes of the type that VRL tells for one call, in a state, the one that holds.
pub(super) type Correction = Arc<dyn Fn(TypeDef, &TypeState) -> TypeDef + Send + Sync>;

/// Finds the correction for a call with these arguments.
pub(super) type Corrector = fn(&ArgumentList, &TypeState) -> Correction;

/// A call in a program.
pub(super) struct Site<'s> {
    pub function: &'s dyn Function,
    pub arguments: &'s ArgumentList,
    pub state: &'s TypeState,
}

/// Makes of a call one that does what it should.
pub(super) type Mend = fn(Box<dyn Expression>, &Site<'_>) -> Box<dyn Expression>;

/// Says what is wrong about the arguments of a call, before VRL looks at them.
pub(super) type Refuse = fn(&ArgumentList, &TypeState) -> Result<(), Error>;

/// A function, and what is wrong about it.
#[derive(Debug)]
pub(super) struct Retyped {
    pub inner: Box<dyn Function>,
    /// Puts its types right.
    pub corrector: Option<Corrector>,
    /// Keeps from VRL what it panics at.
    pub refuse: Option<Refuse>,
    /// Puts right what a call does, where that is wrong as well.
    pub mend: Option<Mend>,
    /// What it can give, where VRL's list is too short.
    pub return_kind: u16,
}

impl Function for Retyped {
    fn identifier(&self) -> &'static str {
        self.inner.identifier()
    }

    fn summary(&self) -> &'static str {
        self.inner.summary()
    }

    fn usage(&self) -> &'static str {
        self.inner.usage()
    }

    fn category(&self) -> &'static str {
        self.inner.category()
    }

    fn internal_failure_reasons(&self) -> &'static [&'static str] {
        self.inner.internal_failure_reasons()
    }

    fn return_kind(&self) -> u16 {
        self.return_kind
    }

    fn return_rules(&self) -> &'static [&'static str] {
        self.inner.return_rules()
    }

    fn notices(&self) -> &'static [&'static str] {
        self.inner.notices()
    }

    fn pure(&self) -> bool {
        self.inner.pure()
    }

    fn examples(&self) -> &'static [Example] {
        self.inner.examples()
    }

    fn compile(
        &self,
        state: &TypeState,
        context: &mut FunctionCompileContext,
        arguments: ArgumentList,
    ) -> Compiled {
        if let Some(refuse) = self.refuse {
            refuse(&arguments, state)?;
        }
        let mut inner = self.inner.compile(state, context, arguments.clone())?;
        let site = Site { function: self.inner.as_ref(), arguments: &arguments, state };
        if let Some(mend) = self.mend {
            inner = mend(inner, &site);
        }
        match self.corrector {
            Some(corrector) => Ok(Box::new(Call { inner, correction: corrector(&arguments, state) })),
            None => Ok(inner),
        }
    }

    fn parameters(&self) -> &'static [Parameter] {
        self.inner.parameters()
    }

    fn closure(&self) -> Option<Definition> {
        self.inner.closure()
    }
}

#[derive(Clone)]
struct Call {
    inner: Box<dyn Expression>,
    correction: Correction,
}

impl fmt::Debug for Call {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(formatter)
    }
}

impl Expression for Call {
    fn resolve(&self, context: &mut Context) -> Resolved {
        self.inner.resolve(context)
    }

    fn resolve_unused(&self, context: &mut Context) -> Result<(), ExpressionError> {
        self.inner.resolve_unused(context)
    }

    fn resolve_constant(&self, state: &TypeState) -> Option<Value> {
        self.inner.resolve_constant(state)
    }

    fn type_info(&self, state: &TypeState) -> TypeInfo {
        self.inner.type_info(state).map_result(|told| (self.correction)(told, state))
    }

    fn format(&self) -> Option<String> {
        self.inner.format()
    }
}
