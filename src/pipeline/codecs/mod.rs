//! The codecs of one pipeline: how its values and keys are decoded, and how each sink writes them.
//!
//! Avro needs schemas, and those may have to be waited for: here is kept what has come. How bytes and values go together
//! is `codec/`'s; where schemas are, `registry/`'s.

mod decoder;
mod encoder;
mod readings;

pub use decoder::{Decoder, Fits, NotDecoded, Origin, Waits, of_schema, unfit};
pub use encoder::{Encoder, Prepared};

use std::fmt;

use crate::registry::{Registry, Wake};

/// Where a lane has schemas from.
#[derive(Clone)]
pub struct Schemas {
    /// The registry; `None` where the pipeline needs none.
    pub registry: Option<Registry>,
    /// Wakes the lane when an answer has come.
    pub wake: Wake,
}

impl Schemas {
    /// For pipelines that need no registry.
    pub fn none() -> Self {
        Self { registry: None, wake: std::sync::Arc::new(|| {}) }
    }

    fn registry(&self) -> &Registry {
        self.registry
            .as_ref()
            .expect("a pipeline with Avro and without a registry is refused when it is read")
    }
}

impl fmt::Debug for Schemas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Schemas").field("registry", &self.registry).finish_non_exhaustive()
    }
}
