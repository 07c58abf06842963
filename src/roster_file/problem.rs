//! Problems of a roster, and their report.

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet};

use crate::model::name::is_hostile;

/// Number of problems that a report shows in full.
pub(super) const SHOWN: usize = 100;

/// One problem with its location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, as shown in messages.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, in characters, from 1.
    pub column: usize,
    /// The path in the document, such as `customers[3].email`; empty for the document itself. Contains only known
    /// keys, desk keys and numbers, never personal data.
    pub path: String,
    /// What is wrong. May quote the file.
    pub message: String,
    /// How to fix it.
    pub help: String,
    /// The offending line without its newline; for a very long line, the part around the mark. Empty beyond the first
    /// 100 problems, the number that a report shows.
    pub text: String,
    /// The offending range of characters in `text`; empty for a point.
    pub mark: Range<usize>,
}

/// All problems of a roster, sorted by file name, line and column.
///
/// Its `Display` is the whole report, which quotes the file: for a terminal, not for a log. Logs use
/// [`Problems::summary`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Creates the collection from sorted problems.
    #[must_use]
    pub(super) fn new(problems: Vec<Problem>) -> Self {
        Self(problems)
    }

    /// Returns the problems.
    #[must_use]
    pub fn as_slice(&self) -> &[Problem] {
        &self.0
    }

    /// Returns one line for logs, without e-mails or other content of the file.
    #[must_use]
    pub fn summary(&self) -> String {
        let place = self.0.first().map(|problem| {
            let path = if problem.path.is_empty() {
                String::new()
            } else {
                format!(" ({})", problem.path)
            };
            format!(
                "{}:{}:{}{path}",
                escape_hostile(&problem.file),
                problem.line,
                problem.column
            )
        });
        match (self.0.len(), place) {
            (1, Some(place)) => format!("1 problem, at {place}"),
            (count, Some(place)) => format!("{count} problems, the first at {place}"),
            (count, None) => format!("{count} problems"),
        }
    }
}

impl std::error::Error for Problems {}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in self.0.iter().take(SHOWN) {
            writeln!(f, "{problem}\n")?;
        }
        if let Some(more) = self.0.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            writeln!(f, "and {more} more\n")?;
        }
        match self.0.len() {
            1 => f.write_str("1 problem"),
            count => write!(f, "{count} problems"),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (file, path) = (escape_hostile(&self.file), escape_hostile(&self.path));
        let (message, help) = (escape_hostile(&self.message), escape_hostile(&self.help));
        let (line, span) = display_line(&self.text, &self.mark);
        let mark = AnnotationKind::Primary.span(span);
        let mark = if path.is_empty() { mark } else { mark.label(&*path) };
        let snippet = Snippet::source(&*line).line_start(self.line).annotation(mark);
        let title = Level::ERROR.primary_title(&*message);
        let mut group = if self.mark.start + 1 == self.column {
            title.element(snippet.path(&*file))
        } else {
            // The line is truncated, so the column cannot be counted from it.
            let origin = Origin::path(&*file).line(self.line).char_column(self.column);
            title.element(origin).element(snippet)
        };
        if !help.is_empty() {
            group = group.element(Level::HELP.message(&*help));
        }
        f.write_str(&Renderer::plain().render(&[group]))
    }
}

/// Returns the line with every hostile character replaced by one harmless character, so that columns stay right, and
/// the byte range of the mark.
fn display_line(text: &str, mark: &Range<usize>) -> (String, Range<usize>) {
    let line: String = text
        .chars()
        .map(|c| if c != '\t' && is_hostile(c) { '\u{fffd}' } else { c })
        .collect();
    let byte = |chars: usize| line.char_indices().nth(chars).map_or(line.len(), |(at, _)| at);
    let span = byte(mark.start)..byte(mark.end);
    (line, span)
}

/// Escapes hostile characters, so that the text cannot control a terminal.
pub(super) fn escape_hostile(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hostile(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}
