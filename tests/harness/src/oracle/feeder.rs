//! A sender that goes on while a test makes faults, and says in the end how much it sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::load::{Id, Load};
use crate::client::Client;

/// How often a slice is sent.
const SLICE_INTERVAL: Duration = Duration::from_millis(20);

/// Sends a load's records at a steady rate until it is told to finish.
pub struct Feeder {
    told_to_finish: Arc<AtomicBool>,
    per_partition: Arc<AtomicU64>,
    thread: JoinHandle<()>,
}

impl Feeder {
    /// Starts to send the records of `load` to `topic`, so many a second, whatever its `per_partition` says.
    pub fn start(bootstrap: &str, topic: &str, load: Load, records_per_second: u64) -> Self {
        let (told_to_finish, per_partition) = (Arc::<AtomicBool>::default(), Arc::<AtomicU64>::default());
        let (told, sent) = (Arc::clone(&told_to_finish), Arc::clone(&per_partition));
        let (bootstrap, topic) = (bootstrap.to_owned(), topic.to_owned());
        let slice = (records_per_second / 50 / u64::from(load.partitions.unsigned_abs())).max(1);
        let thread = thread::spawn(move || {
            let producer = Client::new(&bootstrap).producer();
            while !told.load(Ordering::Acquire) {
                let begun = Instant::now();
                let from = sent.load(Ordering::Relaxed);
                for seq in from..from + slice {
                    for partition in 0..load.partitions {
                        producer.send(&topic, &load.record(Id { partition, seq }));
                    }
                }
                sent.store(from + slice, Ordering::Release);
                // A rate, not a wait for anything.
                thread::sleep(SLICE_INTERVAL.saturating_sub(begun.elapsed()));
            }
            producer.finish();
        });
        Self { told_to_finish, per_partition, thread }
    }

    /// Records sent so far in each partition.
    pub fn per_partition(&self) -> u64 {
        self.per_partition.load(Ordering::Acquire)
    }

    /// Waits until at least so many records of each partition were sent, then stops and waits until the broker has
    /// all. Gives how many it were.
    pub fn finish_at(self, per_partition: u64) -> u64 {
        crate::wait::until_within(Duration::from_secs(600), "the feeder to send its load", || {
            assert!(!self.thread.is_finished(), "the feeder failed");
            (self.per_partition() >= per_partition).then_some(())
        });
        self.told_to_finish.store(true, Ordering::Release);
        self.thread.join().expect("the feeder sends all that it began");
        self.per_partition.load(Ordering::Acquire)
    }
}
