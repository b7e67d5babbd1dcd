//! Ports for servers that are started here.
//!
//! They are taken below `net.ipv4.ip_local_port_range`: from the ephemeral range a client that reconnects to
//! a dead broker can take that broker's port, or even connect to itself. A port that was free a moment ago may
//! be taken when the server binds it: whoever starts a server tries again with other ports.

use std::fs;
use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};

/// Lowest port that is tried: what is below belongs to well-known services.
const LOWEST: u32 = 12_000;

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A port on loopback that is free now.
pub fn free() -> u16 {
    let span = lowest_ephemeral() - LOWEST;
    let start = std::process::id().wrapping_mul(97);
    for _ in 0..span {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = LOWEST + start.wrapping_add(step) % span;
        let port = u16::try_from(port).expect("below the ephemeral range");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no port between {LOWEST} and the ephemeral range is free");
}

fn lowest_ephemeral() -> u32 {
    let range = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default();
    let lowest = range.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or(32_768);
    // A machine that gives nearly all ports to clients leaves no better choice than its own lowest ones.
    lowest.max(LOWEST + 1_000)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_port_is_free_and_no_two_are_the_same() {
        let (one, two) = (super::free(), super::free());
        assert_ne!(one, two);
        assert!(std::net::TcpListener::bind(("127.0.0.1", one)).is_ok());
    }
}
