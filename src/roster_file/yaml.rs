//! From text to a [`Node`] tree, with the event parser of the YAML library.
//!
//! Bounded in everything: nesting, and what aliases may copy. Every way to fail is a problem with a place.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_yaml::granit_parser::{ErrorKind, Event, Options, Parser, ScalarStyle, ScanError, Span, Tag};

use super::document::is_impersonal;
use super::finding::{Findings, Path, Place};
use super::node::{Node, Value};

/// Deepest nesting; a roster needs five levels.
const MAX_DEPTH: usize = 32;
/// Aliases of a small file may copy at least this many values.
const MIN_ALIAS_BUDGET: usize = 1_000;

/// The one document of a text. Nothing where it cannot be read or is empty, which is then noted.
pub(super) fn parse<'a>(file: usize, text: &'a str, findings: &mut Findings) -> Option<Node<'a>> {
    let mut options = Options::default();
    // The parser reads ahead of its events: its own limit comes first for brackets, the builder's for aliases.
    options.flow_nesting_limit = MAX_DEPTH;
    options.block_nesting_limit = MAX_DEPTH;
    options.set_emit_comments(false);
    options.emit_unresolved_aliases = true;
    let mut builder = Builder {
        file,
        findings,
        stack: Vec::new(),
        anchors: BTreeMap::new(),
        alias_budget: text.len().max(MIN_ALIAS_BUDGET),
        root: None,
    };
    for event in Parser::new_from_str_with_options(text, options) {
        let step = match event {
            Ok((event, span)) => builder.take(event, &span),
            Err(error) => builder.syntax(&error),
        };
        if step.is_err() {
            return None;
        }
    }
    match builder.root.take() {
        Some(Node { value: Value::Null, .. }) | None => {
            findings.add(
                Place::start_of(file),
                &Path::Root,
                "the file says nothing, and an empty roster is never \"nobody\"",
                "write `version: 1` and `customers:`; write `customers: []` to mean nobody",
            );
            None
        }
        root => root,
    }
}

/// The rest of the document cannot be read; the reason is noted.
struct Stop;

/// A list or map whose end has not come.
struct Open<'a> {
    at: Place,
    anchor: usize,
    kind: OpenKind<'a>,
    broken: bool,
    size: usize,
    depth: usize,
}

enum OpenKind<'a> {
    List(Vec<Node<'a>>),
    Map(Vec<(Node<'a>, Node<'a>)>, Option<Node<'a>>),
}

/// A value that aliases can name, with the number of values in it and its depth.
struct Anchored<'a> {
    node: Node<'a>,
    size: usize,
    depth: usize,
}

struct Builder<'a, 'f> {
    file: usize,
    findings: &'f mut Findings,
    stack: Vec<Open<'a>>,
    anchors: BTreeMap<usize, Anchored<'a>>,
    alias_budget: usize,
    root: Option<Node<'a>>,
}

impl<'a> Builder<'a, '_> {
    fn take(&mut self, event: Event<'a>, span: &Span) -> Result<(), Stop> {
        let at = self.place(span);
        match event {
            Event::DocumentStart(..) if self.root.is_some() => {
                self.findings.add(
                    at,
                    &Path::Root,
                    "a second YAML document begins here, and a roster file holds one",
                    "remove the `---`, or put the second document in a file of its own beside this one",
                );
                Err(Stop)
            }
            Event::Scalar(text, style, anchor, tag) => {
                let value = self.scalar(at, text, style, tag.as_deref());
                self.put(Node { at, value }, anchor, 1, 1);
                Ok(())
            }
            Event::SequenceStart(_, anchor, tag) => self.open(at, anchor, tag, "seq", OpenKind::List(Vec::new())),
            Event::MappingStart(_, anchor, tag) => self.open(at, anchor, tag, "map", OpenKind::Map(Vec::new(), None)),
            Event::SequenceEnd | Event::MappingEnd => {
                self.close();
                Ok(())
            }
            Event::Alias(anchor) => self.alias(at, anchor),
            Event::UnresolvedAlias(name) => {
                self.findings.add(
                    at,
                    &self.path(),
                    format!("nothing above is called &{name}"),
                    format!("write the value here, or name one above with &{name}; quote a text that begins with *"),
                );
                self.put(
                    Node {
                        at,
                        value: Value::Broken,
                    },
                    0,
                    1,
                    1,
                );
                Ok(())
            }
            Event::StreamStart | Event::StreamEnd | Event::DocumentStart(..) | Event::DocumentEnd => Ok(()),
            Event::Anchor(..) => Ok(()), // told by no option here: values carry their anchors
            _ => Ok(()),                 // comments, where the library is built with them
        }
    }

    /// The path of the value that comes next, as far as its keys are none of a person's.
    fn path(&self) -> String {
        let mut path = String::new();
        for open in &self.stack {
            match &open.kind {
                OpenKind::List(items) => path.push_str(&format!("[{}]", items.len())),
                OpenKind::Map(
                    _,
                    Some(Node {
                        value: Value::Text(key),
                        ..
                    }),
                ) if is_impersonal(key) => {
                    path.push_str(if path.is_empty() { "" } else { "." });
                    path.push_str(key);
                }
                OpenKind::Map(..) => break,
            }
        }
        path
    }

    fn scalar(&mut self, at: Place, text: Cow<'a, str>, style: ScalarStyle, tag: Option<&Tag>) -> Value<'a> {
        match tag {
            None if style == ScalarStyle::Plain => Value::of_plain(text),
            None => Value::Text(text),
            Some(tag) if tag.core_suffix() == Some("str") || tag.original() == "!" => Value::Text(text),
            Some(tag) => {
                self.unknown_tag(at, tag);
                Value::Broken
            }
        }
    }

    fn unknown_tag(&mut self, at: Place, tag: &Tag) {
        self.findings.add(
            at,
            &self.path(),
            format!("the YAML tag {} means nothing in a roster", tag.original()),
            "remove the tag; write a text in quotes",
        );
    }

    fn open(
        &mut self,
        at: Place,
        anchor: usize,
        tag: Option<Cow<'a, Tag>>,
        core: &str,
        kind: OpenKind<'a>,
    ) -> Result<(), Stop> {
        if self.stack.len() >= MAX_DEPTH {
            self.too_deep(at);
            return Err(Stop);
        }
        let known = tag.as_ref().is_none_or(|tag| tag.core_suffix() == Some(core));
        if let Some(tag) = tag.filter(|_| !known) {
            self.unknown_tag(at, &tag);
        }
        self.stack.push(Open {
            at,
            anchor,
            kind,
            broken: !known,
            size: 1,
            depth: 0,
        });
        Ok(())
    }

    fn too_deep(&mut self, at: Place) {
        self.findings.add(
            at,
            &Path::Root,
            format!("lists and maps are nested more than {MAX_DEPTH} deep"),
            "a roster needs five levels; check the brackets and the indentation",
        );
    }

    fn close(&mut self) {
        let Some(open) = self.stack.pop() else { return };
        let value = match open.kind {
            _ if open.broken => Value::Broken,
            OpenKind::List(items) => Value::List(items),
            OpenKind::Map(entries, _) => Value::Map(entries),
        };
        self.put(Node { at: open.at, value }, open.anchor, open.size, open.depth + 1);
    }

    fn alias(&mut self, at: Place, anchor: usize) -> Result<(), Stop> {
        let Some(anchored) = self.anchors.get(&anchor) else {
            self.findings.add(
                at,
                &self.path(),
                "this alias stands inside the value it names",
                "write the value out",
            );
            self.put(
                Node {
                    at,
                    value: Value::Broken,
                },
                0,
                1,
                1,
            );
            return Ok(());
        };
        let (size, depth) = (anchored.size, anchored.depth);
        if self.stack.len() + depth > MAX_DEPTH {
            self.too_deep(at);
            return Err(Stop);
        }
        let Some(left) = self.alias_budget.checked_sub(size) else {
            self.findings.add(
                at,
                &self.path(),
                "the aliases of this file copy far more than the file says",
                "write the values out instead of naming them with & and *",
            );
            return Err(Stop);
        };
        self.alias_budget = left;
        let value = anchored.node.value.clone();
        self.put(Node { at, value }, 0, size, depth);
        Ok(())
    }

    /// Puts a finished value where it belongs: into the list or map that is open, or at the root.
    fn put(&mut self, mut node: Node<'a>, anchor: usize, size: usize, depth: usize) {
        if anchor != 0 {
            let node = node.clone();
            self.anchors.insert(anchor, Anchored { node, size, depth });
        }
        let Some(open) = self.stack.last_mut() else {
            self.root = Some(node);
            return;
        };
        open.size += size;
        open.depth = open.depth.max(depth);
        match &mut open.kind {
            OpenKind::List(items) => items.push(node),
            OpenKind::Map(entries, key) => match key.take() {
                None => *key = Some(node),
                Some(key) => {
                    if node.at.width == 0 && matches!(node.value, Value::Null) {
                        // A value that is not written has no place of its own.
                        node.at = key.at;
                    }
                    entries.push((key, node));
                }
            },
        }
    }

    fn syntax(&mut self, error: &ScanError) -> Result<(), Stop> {
        let at = Place {
            file: self.file,
            line: error.marker().line().max(1),
            column: error.marker().col() + 1,
            width: 0,
        };
        if *error.kind() == ErrorKind::RecursionLimitExceeded {
            self.too_deep(at);
            return Err(Stop);
        }
        let help =
            "the rest of the file was not read; check the indentation, the quotes and the brackets here and above";
        self.findings
            .add(at, &Path::Root, format!("not YAML: {}", error.info()), help);
        Err(Stop)
    }

    fn place(&self, span: &Span) -> Place {
        let (start, end) = (span.start, span.end);
        let width = if start.line() == end.line() {
            end.col().saturating_sub(start.col())
        } else {
            1
        };
        Place {
            file: self.file,
            line: start.line().max(1),
            column: start.col() + 1,
            width,
        }
    }
}
