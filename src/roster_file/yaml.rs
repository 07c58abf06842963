//! Parses text to a [`Node`] tree, with the event parser of the YAML library.
//!
//! Limits nesting and the values copied by aliases. Every failure is a problem with a location.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_yaml::granit_parser::{ErrorKind, Event, Options, Parser, ScalarStyle, ScanError, Span, Tag};

use super::collector::{Location, Path, ProblemCollector};
use super::document::is_format_or_desk_key;
use super::node::{Node, Value};

/// Maximum nesting; a roster needs five levels.
const MAX_DEPTH: usize = 32;
/// Minimum number of values that aliases may copy, for small files.
const MIN_ALIAS_BUDGET: usize = 1_000;

/// Parses the single document of a text. Returns `None` and reports a finding if it is invalid or empty.
pub(super) fn parse<'a>(file: usize, text: &'a str, findings: &mut ProblemCollector) -> Option<Node<'a>> {
    let mut options = Options::default();
    // The parser reads ahead of its events: its own limit applies first to brackets, the builder's to aliases.
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
            Ok((event, span)) => builder.handle_event(event, &span),
            Err(error) => builder.report_syntax_error(&error),
        };
        if step.is_err() {
            return None;
        }
    }
    match builder.root.take() {
        Some(Node { value: Value::Null, .. }) | None => {
            findings.add(
                Location::start_of_file(file),
                &Path::Root,
                "the file has no content; a roster without customers must be explicit",
                "write `version: 1` and `customers:`, or `customers: []` for a roster without customers",
            );
            None
        }
        root => root,
    }
}

/// The rest of the document cannot be read; the reason has been reported.
struct Unreadable;

/// A list or map that has not ended yet.
struct OpenCollection<'a> {
    at: Location,
    anchor: usize,
    kind: CollectionKind<'a>,
    broken: bool,
    size: usize,
    depth: usize,
}

enum CollectionKind<'a> {
    List(Vec<Node<'a>>),
    Map(Vec<(Node<'a>, Node<'a>)>, Option<Node<'a>>),
}

/// A value that aliases can refer to, with the number of values in it and its depth.
struct Anchored<'a> {
    node: Node<'a>,
    size: usize,
    depth: usize,
}

struct Builder<'a, 'f> {
    file: usize,
    findings: &'f mut ProblemCollector,
    stack: Vec<OpenCollection<'a>>,
    anchors: BTreeMap<usize, Anchored<'a>>,
    alias_budget: usize,
    root: Option<Node<'a>>,
}

impl<'a> Builder<'a, '_> {
    fn handle_event(&mut self, event: Event<'a>, span: &Span) -> Result<(), Unreadable> {
        let at = self.location(span);
        match event {
            Event::DocumentStart(..) if self.root.is_some() => {
                self.findings.add(
                    at,
                    &Path::Root,
                    "a second YAML document starts here; a roster file must have only one",
                    "remove the `---`, or put the second document in a separate file in the same folder",
                );
                Err(Unreadable)
            }
            Event::Scalar(text, style, anchor, tag) => {
                let value = self.resolve_scalar(at, text, style, tag.as_deref());
                self.add_value(Node { at, value }, anchor, 1, 1);
                Ok(())
            }
            Event::SequenceStart(_, anchor, tag) => self.open(at, anchor, tag, "seq", CollectionKind::List(Vec::new())),
            Event::MappingStart(_, anchor, tag) => {
                self.open(at, anchor, tag, "map", CollectionKind::Map(Vec::new(), None))
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.close();
                Ok(())
            }
            Event::Alias(anchor) => self.resolve_alias(at, anchor),
            Event::UnresolvedAlias(name) => {
                self.findings.add(
                    at,
                    &self.path(),
                    format!("undefined alias *{name}: no value above has the anchor &{name}"),
                    format!("write the value here, or add the anchor &{name} above; quote text that begins with *"),
                );
                self.add_value(
                    Node {
                        at,
                        value: Value::Invalid,
                    },
                    0,
                    1,
                    1,
                );
                Ok(())
            }
            Event::StreamStart | Event::StreamEnd | Event::DocumentStart(..) | Event::DocumentEnd => Ok(()),
            Event::Anchor(..) => Ok(()), // not enabled here: values carry their anchors
            _ => Ok(()),                 // comments, if the library is built with them
        }
    }

    /// Returns the path of the next value, up to the first key that may be personal data.
    fn path(&self) -> String {
        let mut path = String::new();
        for open in &self.stack {
            match &open.kind {
                CollectionKind::List(items) => path.push_str(&format!("[{}]", items.len())),
                CollectionKind::Map(
                    _,
                    Some(Node {
                        value: Value::Text(key),
                        ..
                    }),
                ) if is_format_or_desk_key(key) => {
                    path.push_str(if path.is_empty() { "" } else { "." });
                    path.push_str(key);
                }
                CollectionKind::Map(..) => break,
            }
        }
        path
    }

    fn resolve_scalar(&mut self, at: Location, text: Cow<'a, str>, style: ScalarStyle, tag: Option<&Tag>) -> Value<'a> {
        match tag {
            None if style == ScalarStyle::Plain => Value::from_plain(text),
            None => Value::Text(text),
            Some(tag) if tag.core_suffix() == Some("str") || tag.original() == "!" => Value::Text(text),
            Some(tag) => {
                self.report_unknown_tag(at, tag);
                Value::Invalid
            }
        }
    }

    fn report_unknown_tag(&mut self, at: Location, tag: &Tag) {
        self.findings.add(
            at,
            &self.path(),
            format!("the YAML tag {} is not supported in a roster", tag.original()),
            "remove the tag; write text in quotes",
        );
    }

    fn open(
        &mut self,
        at: Location,
        anchor: usize,
        tag: Option<Cow<'a, Tag>>,
        core: &str,
        kind: CollectionKind<'a>,
    ) -> Result<(), Unreadable> {
        if self.stack.len() >= MAX_DEPTH {
            self.report_too_deep(at);
            return Err(Unreadable);
        }
        let known = tag.as_ref().is_none_or(|tag| tag.core_suffix() == Some(core));
        if let Some(tag) = tag.filter(|_| !known) {
            self.report_unknown_tag(at, &tag);
        }
        self.stack.push(OpenCollection {
            at,
            anchor,
            kind,
            broken: !known,
            size: 1,
            depth: 0,
        });
        Ok(())
    }

    fn report_too_deep(&mut self, at: Location) {
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
            _ if open.broken => Value::Invalid,
            CollectionKind::List(items) => Value::List(items),
            CollectionKind::Map(entries, _) => Value::Map(entries),
        };
        self.add_value(Node { at: open.at, value }, open.anchor, open.size, open.depth + 1);
    }

    fn resolve_alias(&mut self, at: Location, anchor: usize) -> Result<(), Unreadable> {
        let Some(anchored) = self.anchors.get(&anchor) else {
            self.findings.add(
                at,
                &self.path(),
                "this alias is inside the value it refers to",
                "write the value out",
            );
            self.add_value(
                Node {
                    at,
                    value: Value::Invalid,
                },
                0,
                1,
                1,
            );
            return Ok(());
        };
        let (size, depth) = (anchored.size, anchored.depth);
        if self.stack.len() + depth > MAX_DEPTH {
            self.report_too_deep(at);
            return Err(Unreadable);
        }
        let Some(left) = self.alias_budget.checked_sub(size) else {
            self.findings.add(
                at,
                &self.path(),
                "the aliases of this file expand to far more values than the file has",
                "write the values out instead of using & and *",
            );
            return Err(Unreadable);
        };
        self.alias_budget = left;
        let value = anchored.node.value.clone();
        self.add_value(Node { at, value }, 0, size, depth);
        Ok(())
    }

    /// Adds a finished value to the open list or map, or sets it as the root.
    fn add_value(&mut self, mut node: Node<'a>, anchor: usize, size: usize, depth: usize) {
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
            CollectionKind::List(items) => items.push(node),
            CollectionKind::Map(entries, key) => match key.take() {
                None => *key = Some(node),
                Some(key) => {
                    if node.at.width == 0 && matches!(node.value, Value::Null) {
                        // An omitted value has no location of its own.
                        node.at = key.at;
                    }
                    entries.push((key, node));
                }
            },
        }
    }

    fn report_syntax_error(&mut self, error: &ScanError) -> Result<(), Unreadable> {
        let at = Location {
            file: self.file,
            line: error.marker().line().max(1),
            column: error.marker().col() + 1,
            width: 0,
        };
        if *error.kind() == ErrorKind::RecursionLimitExceeded {
            self.report_too_deep(at);
            return Err(Unreadable);
        }
        let help = "the rest of the file was not read; check the indentation, quotes and brackets here and above";
        self.findings
            .add(at, &Path::Root, format!("invalid YAML: {}", error.info()), help);
        Err(Unreadable)
    }

    fn location(&self, span: &Span) -> Location {
        let (start, end) = (span.start, span.end);
        let width = if start.line() == end.line() {
            end.col().saturating_sub(start.col())
        } else {
            1
        };
        Location {
            file: self.file,
            line: start.line().max(1),
            column: start.col() + 1,
            width,
        }
    }
}
