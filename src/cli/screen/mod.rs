//! What is drawn on a terminal, whatever shows it: lines that fit, numbers that people read, frames in place.

pub(in crate::cli) mod columns;
mod line;
mod number;
mod terminal;

pub(in crate::cli) use line::{Line, Style};
pub(in crate::cli) use number::{age, brief, grouped, size};
pub(in crate::cli) use terminal::{Room, Terminal, room};

/// The most columns of a topic's or a pipeline's name.
pub(in crate::cli) const NAME_MAX: usize = 22;
