//! Waking a lane: librdkafka's threads tell the lane's thread that one of its queues has something.

use std::ffi::c_void;
use std::sync::Arc;
use std::thread::Thread;
use std::time::Duration;

use rdkafka::bindings as rd;

/// Wakes one thread. A wake-up that comes before the thread parks is not lost: it ends the next `park`.
#[derive(Clone, Debug)]
pub struct Waker(Arc<Thread>);

impl Waker {
    /// A waker of the calling thread.
    pub fn of_this_thread() -> Self {
        Self(Arc::new(std::thread::current()))
    }

    /// Ends the thread's `park`, now or the next one.
    pub fn wake(&self) {
        self.0.unpark();
    }

    /// Waits until something wakes the calling thread, or for `timeout`.
    pub fn park(timeout: Duration) {
        std::thread::park_timeout(timeout);
    }

    /// Lets `queue` wake the thread. The waker must outlive the queue's use: clients keep it and detach first.
    ///
    /// # Safety
    ///
    /// `queue` is live, and `detach` is called on it before this waker's last clone is dropped.
    pub(super) unsafe fn attach(&self, queue: *mut rd::rd_kafka_queue_t) {
        let thread: *const Thread = Arc::as_ptr(&self.0);
        // SAFETY: the queue is live; the pointer stays valid as long as a clone of this waker is kept.
        unsafe { rd::rd_kafka_queue_cb_event_enable(queue, Some(wake), thread.cast_mut().cast()) }
    }

    /// Ends what `attach` began.
    ///
    /// # Safety
    ///
    /// `queue` is live.
    pub(super) unsafe fn detach(queue: *mut rd::rd_kafka_queue_t) {
        // SAFETY: the queue is live; null disables the call.
        unsafe { rd::rd_kafka_queue_cb_event_enable(queue, None, std::ptr::null_mut()) }
    }
}

/// Called by librdkafka's threads with the queue's lock held: it must not block and must not call back.
unsafe extern "C" fn wake(_client: *mut rd::rd_kafka_t, opaque: *mut c_void) {
    // SAFETY: `opaque` is the `Thread` that `attach` gave, kept alive by the client's waker.
    unsafe { (*opaque.cast::<Thread>()).unpark() }
}
