//! Problems while they are being collected: cheap places and paths, made into [`Problem`]s at the end.

use std::fmt;
use std::ops::Range;

use super::problem::{Problem, Problems, SHOWN};

/// A place in one of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Which file, by its number.
    pub(super) file: usize,
    /// The line, from 1.
    pub(super) line: usize,
    /// The column in characters, from 1.
    pub(super) column: usize,
    /// How many characters are meant.
    pub(super) width: usize,
}

impl Place {
    /// The very start of a file.
    pub(super) fn start_of(file: usize) -> Self {
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
    /// The value of a key of this.
    pub(super) fn key(&'p self, key: &'p str) -> Self {
        Path::Key(self, key)
    }

    /// An item of this.
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
pub(super) struct Findings {
    names: Vec<String>,
    found: Vec<Found>,
}

struct Found {
    at: Place,
    path: String,
    message: String,
    help: String,
}

impl Findings {
    /// Nothing found yet in files of these names.
    pub(super) fn new(names: Vec<String>) -> Self {
        Self {
            names,
            found: Vec::new(),
        }
    }

    /// Notes a problem.
    pub(super) fn add(&mut self, at: Place, path: &impl ToString, message: impl Into<String>, help: impl Into<String>) {
        self.found.push(Found {
            at,
            path: path.to_string(),
            message: message.into(),
            help: help.into(),
        });
    }

    /// How a message names a place: `file:line:column`.
    pub(super) fn shown(&self, at: Place) -> String {
        let name = self.names.get(at.file).map_or("", String::as_str);
        format!("{name}:{}:{}", at.line, at.column)
    }

    /// Whether all is well.
    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The problems in order, those that are shown with their lines out of the files' texts.
    pub(super) fn into_problems(mut self, texts: &[String]) -> Problems {
        let lines: Vec<Vec<&str>> = texts.iter().map(|text| lines_of(text)).collect();
        self.found.sort_by(|a, b| {
            let key = |found: &Found| (found.at.file, found.at.line, found.at.column);
            (key(a), &a.path, &a.message).cmp(&(key(b), &b.path, &b.message))
        });
        let mut problems = Vec::with_capacity(self.found.len());
        for found in self.found {
            let Place {
                file,
                line,
                column,
                width,
            } = found.at;
            let whole = lines.get(file).and_then(|lines| lines.get(line.saturating_sub(1)));
            // Looking for a column costs time, and nobody is shown the later ones.
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

/// Characters of a line kept on each side of a mark, and of a mark: a roster may be written on one line.
const KEPT: usize = 500;

/// The part of a line that a problem keeps, and which characters of the part are meant.
fn excerpt(line: &str, column: usize, width: usize) -> (String, Range<usize>) {
    let start = column.saturating_sub(1);
    let width = width.min(KEPT);
    let cut = start.saturating_sub(KEPT);
    let text = line.chars().skip(cut).take(start - cut + width + KEPT).collect();
    (text, start - cut..start - cut + width)
}

/// The lines as YAML counts them: ended by a line feed, a carriage return, or both.
fn lines_of(text: &str) -> Vec<&str> {
    text.split('\n')
        .flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'))
        .collect()
}
