//! SIGTERM and SIGINT: the first asks for a drain, the second ends the process at once.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use tokio::sync::mpsc;

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

    /// Waits until someone asks for a drain; gives the signal's name.
    pub async fn drain_asked(&mut self) -> &'static str {
        loop {
            match self.asked.recv().await {
                Some(SIGTERM) => return "SIGTERM",
                Some(SIGINT) => return "SIGINT",
                Some(_) => {
                    tracing::warn!("SIGHUP: this version takes no changed files in while it runs; restart it")
                }
                None => std::future::pending().await,
            }
        }
    }
}
