//! Collects problems with cheap locations and paths, and converts them to [`Problem`]s at the end.

use std::fmt;
use std::ops::Range;

use super::problem::{Problem, Problems, SHOWN};

/// A location in one of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Location {
    /// The index of the file.
    pub(super) file: usize,
    /// The line, from 1.
    pub(super) line: usize,
    /// The column in characters, from 1.
    pub(super) column: usize,
    /// The width in characters.
    pub(super) width: usize,
}

impl Location {
    /// Returns the start of a file.
    pub(super) fn start_of_file(file: usize) -> Self {
        Self {
            file,
            line: 1,
            column: 1,
            width: 0,
        }
    }
}

/// A path in a document, built on the stack and written only when there is a problem.
#[derive(Clone, Copy)]
pub(super) enum Path<'p> {
    /// The document.
    Root,
    /// The value of a key.
    Key(&'p Path<'p>, &'p str),
    /// An item of a list.
    Index(&'p Path<'p>, usize),
}

impl<'p> Path<'p> {
    /// Returns the path of the value of a key.
    pub(super) fn key(&'p self, key: &'p str) -> Self {
        Path::Key(self, key)
    }

    /// Returns the path of an item.
    pub(super) fn index(&'p self, index: usize) -> Self {
        Path::Index(self, index)
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Path::Root => Ok(()),
            Path::Key(Path::Root, key) => f.write_str(key),
            Path::Key(parent, key) => write!(f, "{parent}.{key}"),
            Path::Index(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

/// The problems found so far.
pub(super) struct ProblemCollector {
    names: Vec<String>,
    problems: Vec<CollectedProblem>,
}

struct CollectedProblem {
    at: Location,
    path: String,
    message: String,
    help: String,
}

impl ProblemCollector {
    /// Creates an empty collection for files with these names.
    pub(super) fn new(names: Vec<String>) -> Self {
        Self {
            names,
            problems: Vec::new(),
        }
    }

    /// Adds a problem.
    pub(super) fn add(
        &mut self,
        at: Location,
        path: &impl ToString,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.problems.push(CollectedProblem {
            at,
            path: path.to_string(),
            message: message.into(),
            help: help.into(),
        });
    }

    /// Formats a location as `file:line:column`.
    pub(super) fn format_location(&self, at: Location) -> String {
        let name = self.names.get(at.file).map_or("", String::as_str);
        format!("{name}:{}:{}", at.line, at.column)
    }

    /// Returns whether there are no problems.
    pub(super) fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }

    /// Returns the sorted problems; those that a report shows include their lines from the files' texts.
    pub(super) fn into_problems(mut self, texts: &[String]) -> Problems {
        let lines: Vec<Vec<&str>> = texts.iter().map(|text| lines_of(text)).collect();
        self.problems.sort_by(|a, b| {
            let key = |found: &CollectedProblem| (found.at.file, found.at.line, found.at.column);
            (key(a), &a.path, &a.message).cmp(&(key(b), &b.path, &b.message))
        });
        let mut problems = Vec::with_capacity(self.problems.len());
        for found in self.problems {
            let Location {
                file,
                line,
                column,
                width,
            } = found.at;
            let whole = lines.get(file).and_then(|lines| lines.get(line.saturating_sub(1)));
            // Finding a column costs time, and the later problems are not shown.
            let whole = whole.filter(|_| problems.len() < SHOWN).copied().unwrap_or_default();
            let (text, mark) = excerpt(whole, column, width);
            problems.push(Problem {
                file: self.names.get(file).cloned().unwrap_or_default(),
                line,
                column,
                path: found.path,
                message: found.message,
                help: found.help,
                text,
                mark,
            });
        }
        Problems::new(problems)
    }
}

/// Characters of a line to keep on each side of a mark, and of the mark itself: a roster may be a single line.
const KEPT: usize = 500;

/// Returns the part of a line that a problem keeps, and the marked range in it.
fn excerpt(line: &str, column: usize, width: usize) -> (String, Range<usize>) {
    let start = column.saturating_sub(1);
    let width = width.min(KEPT);
    let cut = start.saturating_sub(KEPT);
    let text = line.chars().skip(cut).take(start - cut + width + KEPT).collect();
    (text, start - cut..start - cut + width)
}

/// Splits lines as YAML counts them: ended by a line feed, a carriage return, or both.
fn lines_of(text: &str) -> Vec<&str> {
    text.split('\n')
        .flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'))
        .collect()
}
