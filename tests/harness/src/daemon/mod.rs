//! The daemon as a user meets it: a binary, files, signals, log lines and an exit code.

mod account;
mod files;
mod log;
mod run;

pub use account::{Account, Ended};
pub use files::Files;
pub use log::{Line, Log};
pub use run::Run;
