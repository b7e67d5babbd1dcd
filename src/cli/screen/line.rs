//! A line of styled text that knows its width and never exceeds it.

/// How a piece of text looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Style {
    Plain,
    Bold,
    Dim,
    Green,
    Yellow,
    Red,
    Cyan,
}

impl Style {
    /// The parameters of "select graphic rendition" (ECMA-48, 8.3.117).
    fn sgr(self) -> &'static str {
        match self {
            Style::Plain => "",
            Style::Bold => "1",
            Style::Dim => "2",
            Style::Green => "32",
            Style::Yellow => "33",
            Style::Red => "31",
            Style::Cyan => "36",
        }
    }
}

/// One line of at most `max` columns. What does not fit is cut, and says so.
#[derive(Debug)]
pub(in crate::cli) struct Line {
    pieces: Vec<(Style, String)>,
    width: usize,
    max: usize,
}

impl Line {
    pub(in crate::cli) fn new(max: usize) -> Self {
        Self { pieces: Vec::new(), width: 0, max }
    }

    /// Adds text. Each character takes one column: what a terminal could take for more, or for an order, becomes
    /// a dot.
    pub(in crate::cli) fn push(mut self, style: Style, text: impl AsRef<str>) -> Self {
        let room = self.max - self.width;
        let mut shown: Vec<char> = text.as_ref().chars().map(one_column).collect();
        if shown.len() > room {
            shown.truncate(room.saturating_sub(1));
            if room > 0 {
                shown.push('…');
            }
        }
        self.width += shown.len();
        self.pieces.push((style, shown.into_iter().collect()));
        self
    }

    /// Adds text that fills `columns`, at their left.
    pub(in crate::cli) fn left(self, style: Style, text: &str, columns: usize) -> Self {
        self.push(style, format!("{text:<columns$}"))
    }

    /// Adds text that fills `columns`, at their right.
    pub(in crate::cli) fn right(self, style: Style, text: &str, columns: usize) -> Self {
        self.push(style, format!("{text:>columns$}"))
    }

    /// The line as a terminal takes it, without spaces at its end.
    pub(in crate::cli) fn render(&self, has_colours: bool) -> String {
        let mut out = String::new();
        let last = self.pieces.iter().rposition(|(_, text)| !text.trim_end().is_empty());
        for (index, (style, text)) in self.pieces.iter().enumerate().take(last.map_or(0, |last| last + 1)) {
            let text = if Some(index) == last { text.trim_end() } else { text };
            match style.sgr() {
                sgr if has_colours && !sgr.is_empty() => {
                    out.push_str(&format!("\x1b[{sgr}m{text}\x1b[0m"));
                }
                _ => out.push_str(text),
            }
        }
        out
    }
}

fn one_column(character: char) -> char {
    match character {
        ' '..='~' | '…' | '·' => character,
        '\n' | '\t' | '\r' => ' ',
        _ => '.',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_never_exceeds_its_width() {
        let line =
            Line::new(10).push(Style::Bold, "orders").push(Style::Plain, " and more").push(Style::Red, "!");
        assert_eq!(line.render(false), "orders an…");
        assert_eq!(Line::new(0).push(Style::Plain, "x").render(false), "");
    }

    #[test]
    fn what_is_in_a_record_gives_the_terminal_no_orders() {
        let line = Line::new(40).push(Style::Plain, "a\x1b[2Jb\u{202e}\n");
        assert_eq!(line.render(true), "a.[2Jb.");
    }

    #[test]
    fn colours_are_closed_again() {
        assert_eq!(Line::new(10).push(Style::Red, "no ").render(true), "\x1b[31mno\x1b[0m");
    }
}
