//! One file's document: its tree checked key by key, every problem noted.
//!
//! Owns the keys of the format and the meaning of each. What needs the other files is [`super::unite`]'s.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::fields::{self, Shape, fields};
use super::finding::{Findings, Path, Place};
use super::node::{Node, Value};
use crate::model::access::Access;
use crate::model::account::Handle;
use crate::model::desk::DeskKey;
use crate::model::email::{Email, EmailProblem, Oddity};
use crate::model::name::{Name, is_hostile};
use crate::model::roster::{DeskSpec, InitialPassword, Membership};

const ORGANIZATIONS: (&str, &str) = (
    "organizations",
    "remove it for now: this version manages desks and their customers",
);

const DOCUMENT: Shape<4> = Shape {
    what: "a roster",
    keys: ["version", "defaults", "desks", "customers"],
    later: &[ORGANIZATIONS],
};

const DEFAULTS: Shape<1> = Shape {
    what: "`defaults`",
    keys: ["desks"],
    later: &[ORGANIZATIONS],
};

const DESK: Shape<4> = Shape {
    what: "a desk",
    keys: ["access", "membership", "keep", "paused"],
    later: &[],
};

const CUSTOMER: Shape<7> = Shape {
    what: "a customer",
    keys: [
        "email",
        "name",
        "desks",
        "account",
        "initial_password",
        "previously",
        "until",
    ],
    later: &[ORGANIZATIONS],
};

const AN_ADDRESS: &str = "write the whole address alone, as in ada@example.com";

/// Whether a key says nothing about a person: a key of the format, or of a desk.
pub(super) fn is_impersonal(key: &str) -> bool {
    let shapes: [&[&str]; 4] = [&DOCUMENT.keys, &DEFAULTS.keys, &DESK.keys, &CUSTOMER.keys];
    shapes.iter().any(|keys| keys.contains(&key)) || DeskKey::parse(key).is_ok()
}

/// Longest account id or username that is sent, in characters (Jira's fields hold 255).
const MAX_ACCOUNT_CHARS: usize = 255;

/// A checked value and where it is written.
#[derive(Clone, Debug)]
pub(super) struct At<T> {
    pub(super) at: Place,
    pub(super) value: T,
}

/// One file, checked by itself.
#[derive(Debug, Default)]
pub(super) struct Document {
    /// What customers get that do not say otherwise.
    pub(super) default_desks: Vec<At<DeskKey>>,
    /// The desks declared here under a valid key.
    pub(super) desks: Vec<At<(DeskKey, DeskSpec)>>,
    /// Whether every desk declared here could be read; otherwise an unknown desk may be one that could not.
    pub(super) desks_are_certain: bool,
    /// The customers, with their index in the file.
    pub(super) customers: Vec<Entry>,
}

/// One customer of a file.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) index: usize,
    pub(super) email: At<Email>,
    pub(super) name: Option<At<Name>>,
    pub(super) account: Option<At<Handle>>,
    /// Nothing where the file's defaults hold.
    pub(super) desks: Option<Vec<At<DeskKey>>>,
    pub(super) initial_password: Option<At<InitialPassword>>,
    /// Nothing where it is not said.
    pub(super) previously: Option<At<Vec<At<Email>>>>,
    pub(super) until: Option<At<Date>>,
}

/// Checks a document.
pub(super) fn check(node: &Node<'_>, findings: &mut Findings) -> Document {
    let root = Path::Root;
    let mut document = Document::default();
    let Some([version, defaults, desks, customers]) = fields(node, &root, &DOCUMENT, findings) else {
        return document;
    };
    document.desks_are_certain = true;
    check_version(node, version, findings);
    if let Some(defaults) = defaults {
        let path = root.key("defaults");
        if let Some([Some(desks)]) = fields(defaults, &path, &DEFAULTS, findings) {
            document.default_desks = desk_list(desks, &path.key("desks"), findings);
        }
    }
    if let Some(desks) = desks {
        check_desks(desks, &root.key("desks"), &mut document, findings);
    }
    let has_defaults = has_default_desks(node);
    if let Some(customers) = customers {
        let path = root.key("customers");
        let items = fields::list(customers, &path, "a list of customers", findings).unwrap_or_default();
        for (index, item) in items.iter().enumerate() {
            let path = path.index(index);
            let entry = customer(item, index, &path, findings);
            if let (Some(entry), false) = (&entry, has_defaults || says_desks(item)) {
                without_desks(entry, &path, findings);
            }
            document.customers.extend(entry);
        }
    }
    // Asked of the tree, so that a key without a value is reported once, as that.
    if !has_key(node, "desks") && !has_key(node, "customers") {
        findings.add(
            node.at,
            &root,
            "the file has neither `desks` nor `customers`, and an empty roster is never \"nobody\"",
            "write `customers: []` to mean nobody",
        );
    }
    document
}

fn has_key(node: &Node<'_>, name: &str) -> bool {
    let Value::Map(entries) = &node.value else { return false };
    let is = |key: &Node<'_>| matches!(&key.value, Value::Text(text) if text == name);
    entries.iter().any(|(key, _)| is(key))
}

/// Whether the file says which desks its customers are on; a key that cannot be read is reported as that.
fn has_default_desks(document: &Node<'_>) -> bool {
    let Value::Map(entries) = &document.value else {
        return true;
    };
    let mut keys = entries.iter();
    match keys.find(|(key, _)| matches!(&key.value, Value::Text(text) if text == "defaults")) {
        Some((_, defaults)) => !matches!(defaults.value, Value::Map(_)) || says_desks(defaults),
        None => has_misspelled_key(document, "defaults"),
    }
}

/// Whether a map says something about desks, be it nothing that can be read.
fn says_desks(node: &Node<'_>) -> bool {
    has_key(node, "desks") || has_misspelled_key(node, "desks")
}

/// Somebody who is on no desk by mistake would be taken off all of them, or never put on one.
fn without_desks(entry: &Entry, path: &Path<'_>, findings: &mut Findings) {
    findings.add(
        entry.email.at,
        path,
        "the customer has no `desks`, and the file has no `defaults.desks`",
        "write the desks here, or `defaults: {desks: [SUP]}` for the whole file; write `desks: []` if only an account is \
         meant",
    );
}

/// Whether a key was reported as a misspelling of this one.
fn has_misspelled_key(node: &Node<'_>, name: &'static str) -> bool {
    let Value::Map(entries) = &node.value else { return false };
    let is = |key: &Node<'_>| matches!(&key.value, Value::Text(text) if fields::suggestion(text, [name].into_iter()).is_some());
    entries.iter().any(|(key, _)| is(key))
}

fn check_version(document: &Node<'_>, version: Option<&Node<'_>>, findings: &mut Findings) {
    let root = Path::Root;
    let path = root.key("version");
    match version.map(|version| (&version.value, version.at)) {
        Some((Value::Number(number), _)) if number == "1" => {}
        Some((Value::Number(number), at)) => findings.add(
            at,
            &path,
            format!("version {number} of the format is not known"),
            "write `version: 1`, or use a newer quietdesk",
        ),
        Some((value, at)) => findings.add(
            at,
            &path,
            format!("expected the number 1; found {}", value.kind()),
            "write `version: 1`, without quotes",
        ),
        None if has_key(document, "version") => {}
        None => findings.add(
            document.at,
            &root,
            "`version` is missing",
            "write `version: 1` at the top",
        ),
    }
}

fn check_desks(desks: &Node<'_>, path: &Path<'_>, document: &mut Document, findings: &mut Findings) {
    let Some(entries) = fields::entries(desks, path, "`desks`", findings) else {
        document.desks_are_certain = false;
        return;
    };
    for (name, at, value) in entries {
        match DeskKey::parse(name) {
            Ok(key) => {
                let spec = desk(value, &path.key(name), findings);
                document.desks.push(At { at, value: (key, spec) });
            }
            Err(problem) => {
                document.desks_are_certain = false;
                bad_desk_key(name, at, path, &problem.to_string(), findings);
            }
        }
    }
}

fn bad_desk_key(name: &str, at: Place, path: &Path<'_>, problem: &str, findings: &mut Findings) {
    let upper = name.to_ascii_uppercase();
    let help = if DeskKey::parse(&upper).is_ok() {
        fields::did_you_mean(&upper)
    } else {
        "write the key of the desk's Jira project, as in its requests: SUP for SUP-123".to_owned()
    };
    findings.add(at, path, format!("`{name}` {problem}"), help);
}

fn desk(node: &Node<'_>, path: &Path<'_>, findings: &mut Findings) -> DeskSpec {
    let mut spec = DeskSpec::default();
    let Some([access, membership, keep, paused]) = fields(node, path, &DESK, findings) else {
        return spec;
    };
    let words = [Access::Restricted, Access::Open, Access::Public].map(|access| (access.as_str(), access));
    spec.access = access.and_then(|node| word(node, &path.key("access"), &words, findings));
    if let Some(node) = membership {
        let words = [
            ("additive", Membership::Additive),
            ("owned", Membership::Owned),
            ("exact", Membership::Exact),
        ];
        let path = path.key("membership");
        spec.membership = word(node, &path, &words, findings).unwrap_or_default();
        if let (Membership::Exact, Some(access @ (Access::Open | Access::Public))) = (spec.membership, spec.access) {
            let message = format!("`exact` cannot hold together with `access: {access}`, whose list fills by itself");
            let help =
                "write `access: restricted`, or `membership: owned`, which removes only people this roster listed";
            findings.add(node.at, &path, message, help);
        }
    }
    if let Some(node) = keep {
        spec.keep = keep_list(node, &path.key("keep"), findings);
    }
    if let Some(node) = paused {
        spec.paused = fields::boolean(node, &path.key("paused"), findings).unwrap_or_default();
    }
    spec
}

/// One of some words.
fn word<T: Copy>(node: &Node<'_>, path: &Path<'_>, words: &[(&'static str, T)], findings: &mut Findings) -> Option<T> {
    let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
    let what = format!("one of: {}", names.join(", "));
    let text = fields::text(node, path, &what, "write one of these words", findings)?;
    if let Some((_, value)) = words.iter().find(|(name, _)| *name == text) {
        return Some(*value);
    }
    let help = fields::suggestion(text, names.iter().copied()).map(fields::did_you_mean);
    let message = format!("expected one of: {}; found `{text}`", names.join(", "));
    let help = help.unwrap_or_else(|| "write one of these words".to_owned());
    findings.add(node.at, path, message, help);
    None
}

/// Addresses and `*@domain` patterns, normalised as addresses are, in the order of the file.
fn keep_list(node: &Node<'_>, path: &Path<'_>, findings: &mut Findings) -> Vec<String> {
    let what = "a list of addresses";
    let mut keep = Vec::new();
    let mut seen = BTreeSet::new();
    for (index, item) in fields::list(node, path, what, findings)
        .unwrap_or_default()
        .iter()
        .enumerate()
    {
        let path = path.index(index);
        let Some(text) = fields::text(item, &path, "an address or `*@domain`", AN_ADDRESS, findings) else {
            continue;
        };
        let normal = match text.strip_prefix("*@") {
            // Any local part will do to have the domain checked and normalised.
            Some(domain) => {
                Email::parse(&format!("x@{domain}")).map(|email| format!("*{}", &email.key().as_str()[1..]))
            }
            None => Email::parse(text).map(|email| email.key().as_str().to_owned()),
        };
        match normal {
            Ok(normal) if seen.contains(&normal) => {
                findings.add(item.at, &path, format!("{text} is listed twice"), "keep one of the two");
            }
            Ok(normal) if normal[1..].contains('*') => {
                bad_keep(item, &path, text, "has a `*` elsewhere than in `*@domain`", findings)
            }
            Ok(normal) => {
                seen.insert(normal.clone());
                keep.push(normal);
            }
            Err(problem) => bad_keep(item, &path, text, &problem.to_string(), findings),
        }
    }
    keep
}

fn bad_keep(item: &Node<'_>, path: &Path<'_>, text: &str, problem: &str, findings: &mut Findings) {
    let help = "write a whole address, or `\"*@example.com\"` for everybody of a domain";
    findings.add(item.at, path, format!("`{text}` {problem}"), help);
}

/// Keys of desks, each once.
fn desk_list(node: &Node<'_>, path: &Path<'_>, findings: &mut Findings) -> Vec<At<DeskKey>> {
    let mut desks: Vec<At<DeskKey>> = Vec::new();
    let items = fields::list(node, path, "a list of desks' keys (`[SUP]`)", findings);
    for (index, item) in items.unwrap_or_default().iter().enumerate() {
        let path = path.index(index);
        let Some(text) = fields::text(item, &path, "the key of a desk", "", findings) else {
            continue;
        };
        match DeskKey::parse(text) {
            Ok(key) if desks.iter().any(|desk| desk.value == key) => {
                findings.add(item.at, &path, format!("{key} is listed twice"), "keep one of the two");
            }
            Ok(value) => desks.push(At { at: item.at, value }),
            Err(problem) => bad_desk_key(text, item.at, &path, &problem.to_string(), findings),
        }
    }
    desks
}

fn customer(node: &Node<'_>, index: usize, path: &Path<'_>, findings: &mut Findings) -> Option<Entry> {
    if let Value::Map(_) = node.value {
        return long_form(node, index, path, findings);
    }
    let text = fields::text(
        node,
        path,
        "a customer: an address, or a map with `email`",
        AN_ADDRESS,
        findings,
    )?;
    Some(Entry {
        index,
        email: email(node.at, text, path, findings)?,
        name: None,
        account: None,
        desks: None,
        initial_password: None,
        previously: None,
        until: None,
    })
}

fn long_form(node: &Node<'_>, index: usize, path: &Path<'_>, findings: &mut Findings) -> Option<Entry> {
    let [address, name, desks, account, password, previously, until] = fields(node, path, &CUSTOMER, findings)?;
    let desks = desks.map(|node| desk_list(node, &path.key("desks"), findings));
    let name = name.and_then(|node| display_name(node, &path.key("name"), findings));
    let account = account.and_then(|node| handle(node, &path.key("account"), findings));
    let password = password.and_then(|node| {
        let words = [InitialPassword::Generate, InitialPassword::Provided].map(|from| (from.as_str(), from));
        let value = word(node, &path.key("initial_password"), &words, findings)?;
        Some(At { at: node.at, value })
    });
    let previously = previously.map(|node| At {
        at: node.at,
        value: addresses(node, &path.key("previously"), findings),
    });
    let until = until.and_then(|node| day(node, &path.key("until"), findings));
    let Some(address) = address else {
        if !has_key(node, "email") && !has_misspelled_key(node, "email") {
            findings.add(node.at, path, "the customer has no `email`", "write `email: …`");
        }
        return None;
    };
    let path = path.key("email");
    let text = fields::text(address, &path, "an address", AN_ADDRESS, findings)?;
    Some(Entry {
        index,
        email: email(address.at, text, &path, findings)?,
        name,
        account,
        desks,
        initial_password: password,
        previously,
        until,
    })
}

/// Addresses, each once.
fn addresses(node: &Node<'_>, path: &Path<'_>, findings: &mut Findings) -> Vec<At<Email>> {
    let mut known: Vec<At<Email>> = Vec::new();
    let items = fields::list(node, path, "a list of addresses", findings);
    for (index, item) in items.unwrap_or_default().iter().enumerate() {
        let path = path.index(index);
        let Some(text) = fields::text(item, &path, "an address", AN_ADDRESS, findings) else {
            continue;
        };
        match email(item.at, text, &path, findings) {
            Some(email) if known.iter().any(|other| other.value.key() == email.value.key()) => {
                findings.add(item.at, &path, format!("{text} is listed twice"), "keep one of the two");
            }
            email => known.extend(email),
        }
    }
    known
}

fn email(at: Place, text: &str, path: &Path<'_>, findings: &mut Findings) -> Option<At<Email>> {
    match Email::parse(text) {
        Ok(value) => Some(At { at, value }),
        Err(problem) => {
            let message = if problem == EmailProblem::Empty {
                "the address is empty".to_owned()
            } else {
                format!("the address `{text}` {problem}")
            };
            let help = match problem {
                EmailProblem::Character(bad) if bad.oddity != Oddity::WhiteSpace => {
                    "type the address anew, without the character"
                }
                EmailProblem::Character(_)
                | EmailProblem::Empty
                | EmailProblem::At
                | EmailProblem::Local
                | EmailProblem::Domain
                | EmailProblem::TooLong => AN_ADDRESS,
            };
            findings.add(at, path, message, help);
            None
        }
    }
}

/// A day that the calendar has, as `2027-01-31` and in no other spelling: 01/02 is another day elsewhere.
fn day(node: &Node<'_>, path: &Path<'_>, findings: &mut Findings) -> Option<At<Date>> {
    let help = "write year, month and day: 2027-01-31";
    let text = fields::text(node, path, "a day", help, findings)?;
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let spelled = text.len() == 10 && text.split('-').map(str::len).eq([4, 2, 2]) && text.split('-').all(digits);
    match text.parse().ok().filter(|_| spelled) {
        Some(value) => Some(At { at: node.at, value }),
        None => {
            findings.add(node.at, path, format!("`{text}` is not a day"), help);
            None
        }
    }
}

fn display_name(node: &Node<'_>, path: &Path<'_>, findings: &mut Findings) -> Option<At<Name>> {
    let text = fields::text(node, path, "a name", "", findings)?;
    match Name::parse(text) {
        Ok(value) => Some(At { at: node.at, value }),
        Err(problem) => {
            let help = "write a name of one line, or remove the key: then the address is the name";
            findings.add(node.at, path, format!("the name {problem}"), help);
            None
        }
    }
}

fn handle(node: &Node<'_>, path: &Path<'_>, findings: &mut Findings) -> Option<At<Handle>> {
    let text = fields::text(node, path, "an account", "", findings)?;
    let fits = !text.is_empty()
        && text.chars().count() <= MAX_ACCOUNT_CHARS
        && !text.chars().any(|c| c.is_whitespace() || is_hostile(c));
    if !fits {
        let message = "the account is empty, too long, or contains white space or control characters";
        findings.add(
            node.at,
            path,
            message,
            "write the account id that Jira shows in the person's profile address",
        );
        return None;
    }
    Some(At {
        at: node.at,
        value: Handle(text.to_owned()),
    })
}
