//! systemd as the daemon meets it: the far end of its notify protocol, and a real one, booted in a container.

mod machine;
mod notify;

pub use machine::{Machine, Said};
pub use notify::{Manager, Message, monotonic_us};
