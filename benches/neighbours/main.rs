//! What pipelines of one process cost each other, and what idle ones cost.
//!
//! The real binary against a real broker, which share the machine. Nothing here is asserted: what is printed are the
//! figures of one run, and only figures of one run are compared. `make bench` runs all of it;
//! `cargo bench --profile dev --workspace --bench neighbours -- idle` one part.

mod figures;
mod idle;
mod slow_down;

use millstream_harness::usage::Machine;

/// The daemon that is measured.
const BINARY: &str = env!("CARGO_BIN_EXE_millstream");

fn main() {
    // Cargo adds `--bench`.
    let parts: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let is_wanted = |part: &str| parts.is_empty() || parts.iter().any(|wanted| wanted == part);
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    println!("{cores} cores, shared with the broker; load average at the start {:.2}", Machine::load());
    if is_wanted("slow-down") {
        slow_down::run();
    }
    if is_wanted("idle") {
        idle::run();
    }
}
