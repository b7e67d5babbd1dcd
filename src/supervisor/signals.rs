//! SIGTERM and SIGINT: the first asks for a drain, the second ends the process at once. SIGHUP asks for a reload.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use tokio::sync::mpsc;

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Drain and end; the signal's name.
    Drain(&'static str),
    /// Take changed files in.
    Reload,
}

/// The signals that the process gets.
#[derive(Debug)]
pub struct Signals {
    asked: mpsc::UnboundedReceiver<i32>,
}

impl Signals {
    /// Begins to listen. Until then the signals do what they do by default.
    ///
    /// # Errors
    ///
    /// The system refuses a handler.
    pub fn listen() -> std::io::Result<Self> {
        let second = Arc::new(AtomicBool::new(false));
        for signal in [SIGTERM, SIGINT] {
            // Registered before the one that arms it: the first signal passes, the second ends the process.
            signal_hook::flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&second))?;
            signal_hook::flag::register(signal, Arc::clone(&second))?;
        }
        let mut signals = signal_hook::iterator::Signals::new([SIGTERM, SIGINT, SIGHUP])?;
        let (tell, asked) = mpsc::unbounded_channel();
        std::thread::Builder::new().name("signals".into()).spawn(move || {
            for signal in signals.forever() {
                if tell.send(signal).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { asked })
    }

    /// The next signal.
    pub async fn next(&mut self) -> Signal {
        match self.asked.recv().await {
            Some(SIGTERM) => Signal::Drain("SIGTERM"),
            Some(SIGINT) => Signal::Drain("SIGINT"),
            Some(_) => Signal::Reload,
            None => std::future::pending().await,
        }
    }

    /// Waits until someone asks for a drain; gives the signal's name. For a program that has no files to reload.
    pub async fn drain_asked(&mut self) -> &'static str {
        loop {
            if let Signal::Drain(name) = self.next().await {
                return name;
            }
        }
    }
}
