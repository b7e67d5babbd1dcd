//! Panics as text, with their place: a panic ends what it happened in, not the process.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

thread_local! {
    /// Where this thread panicked last.
    static PLACE: Cell<Option<String>> = const { Cell::new(None) };
    /// Whether a panic of this thread is caught and told by [`catch`].
    static IS_CAUGHT: Cell<bool> = const { Cell::new(false) };
}

static HOOK: Once = Once::new();

/// Runs `work`; a panic becomes its words and its place. What it unwinds is state that nobody uses again, but to
/// leave the group.
pub(super) fn catch<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    HOOK.call_once(remember_places);
    let was_caught = IS_CAUGHT.replace(true);
    let result = catch_unwind(AssertUnwindSafe(work));
    IS_CAUGHT.set(was_caught);
    result.map_err(|panic| text(&*panic))
}

/// Panics that are caught are told in the log, with the pipeline; the others as before.
fn remember_places() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if IS_CAUGHT.get() {
            PLACE.set(panic.location().map(ToString::to_string));
        } else {
            before(panic);
        }
    }));
}

fn text(panic: &(dyn Any + Send)) -> String {
    let words =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let words = words.unwrap_or("of no words");
    match PLACE.take() {
        Some(place) => format!("a panic at {place}: {words}"),
        None => format!("a panic: {words}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_with_its_place() {
        let text = catch(|| panic!("boom")).map(|()| String::new()).expect_err("it panicked");
        assert!(
            text.starts_with("a panic at src/pipeline/lane/panic.rs:") && text.ends_with(": boom"),
            "{text}"
        );
        assert_eq!(catch(|| 1), Ok(1));
    }
}
