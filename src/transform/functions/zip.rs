//! `zip` of one array of arrays: VRL 0.38 makes rows without end of an empty one.

use vrl::compiler::expression::{Expression, Resolved};
use vrl::compiler::prelude::VrlValueConvert;
use vrl::compiler::{Context, TypeInfo, TypeState};
use vrl::value::Value;

use super::retyped::Site;

/// A call with one argument; one with two ends with the shorter.
pub(super) fn mended(call: Box<dyn Expression>, site: &Site<'_>) -> Box<dyn Expression> {
    match site.arguments.optional("array_1") {
        Some(_) => call,
        None => Box::new(ZipOne { columns: site.arguments.required("array_0"), told: call }),
    }
}

#[derive(Clone, Debug)]
struct ZipOne {
    columns: Box<dyn Expression>,
    /// VRL's own, for its type.
    told: Box<dyn Expression>,
}

impl Expression for ZipOne {
    fn resolve(&self, context: &mut Context) -> Resolved {
        let columns = self.columns.resolve(context)?.try_array()?;
        let columns: Vec<Vec<Value>> = columns.into_iter().map(Value::try_array).collect::<Result<_, _>>()?;
        let rows = columns.iter().map(Vec::len).min().unwrap_or(0);
        let mut columns: Vec<_> = columns.into_iter().map(Vec::into_iter).collect();
        let row = |_| Value::Array(columns.iter_mut().filter_map(Iterator::next).collect());
        Ok(Value::Array((0..rows).map(row).collect()))
    }

    fn type_info(&self, state: &TypeState) -> TypeInfo {
        self.told.type_info(state)
    }
}
