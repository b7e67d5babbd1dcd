//! Columns of numbers, as many of them as there is room for.

use super::{Line, Style, brief};

/// A column of numbers about rows of a kind.
pub(in crate::cli) struct Number<R> {
    pub(in crate::cli) title: &'static str,
    /// In columns, with the space before it.
    pub(in crate::cli) width: usize,
    /// Anything but zero is bad.
    pub(in crate::cli) is_bad: bool,
    /// `None`: not known.
    pub(in crate::cli) of: fn(&R) -> Option<u64>,
}

/// As many numbers as fit, the first ones.
pub(in crate::cli) fn fit<R>(numbers: &[Number<R>], room: usize) -> &[Number<R>] {
    let count = (0..=numbers.len()).rev().find(|count| width(&numbers[..*count]) <= room);
    &numbers[..count.unwrap_or(0)]
}

/// The width of all of them.
pub(in crate::cli) fn width<R>(numbers: &[Number<R>]) -> usize {
    numbers.iter().map(|number| number.width).sum()
}

/// Adds the titles to a line.
pub(in crate::cli) fn titles<R>(line: Line, numbers: &[Number<R>]) -> Line {
    numbers.iter().fold(line, |line, number| line.right(Style::Dim, number.title, number.width))
}

/// Adds a row's numbers to a line.
pub(in crate::cli) fn cells<R>(line: Line, numbers: &[Number<R>], row: &R) -> Line {
    numbers.iter().fold(line, |line, number| match (number.of)(row) {
        None => line.right(Style::Dim, "-", number.width),
        Some(count) => {
            let style = if number.is_bad && count > 0 { Style::Red } else { Style::Plain };
            line.right(style, &brief(count, number.width.saturating_sub(1)), number.width)
        }
    })
}
