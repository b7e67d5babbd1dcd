//! End to end under load: half a million records, kills, rebalances, brokers that freeze and die.
//!
//! These tests use the whole machine, so they run one after another (`stage::alone`). The oracle judges whole
//! topics in the quiet after the faults. `CHAOS_ROUNDS` makes the kill tests longer.

mod avro;
mod broker;
mod kills;
mod memory;
mod neighbours;
mod rebalance;
mod reload;
mod stage;
mod volume;

/// The daemon under test.
const BINARY: &str = env!("CARGO_BIN_EXE_millstream");
