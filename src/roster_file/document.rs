//! Checks the tree of one file key by key, and reports every problem.
//!
//! Owns the keys of the format and their meaning. Checks across files are in [`super::merge`].

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::collector::{Location, Path, ProblemCollector};
use super::fields::{self, Shape, read_fields};
use super::node::{Node, Value};
use crate::model::access::Access;
use crate::model::account::Handle;
use crate::model::desk::DeskKey;
use crate::model::email::{CharacterProblem, Email, EmailProblem};
use crate::model::name::{Name, is_hostile};
use crate::model::roster::{DeskSpec, InitialPassword, Membership};

const ORGANIZATIONS: (&str, &str) = (
    "organizations",
    "remove it: this version manages only desks and their customers",
);

const DOCUMENT: Shape<4> = Shape {
    description: "a roster",
    keys: ["version", "defaults", "desks", "customers"],
    unsupported: &[ORGANIZATIONS],
};

const DEFAULTS: Shape<1> = Shape {
    description: "`defaults`",
    keys: ["desks"],
    unsupported: &[ORGANIZATIONS],
};

const DESK: Shape<4> = Shape {
    description: "a desk",
    keys: ["access", "membership", "keep", "paused"],
    unsupported: &[],
};

const CUSTOMER: Shape<7> = Shape {
    description: "a customer",
    keys: [
        "email",
        "name",
        "desks",
        "account",
        "initial_password",
        "previously",
        "until",
    ],
    unsupported: &[ORGANIZATIONS],
};

const ADDRESS_HELP: &str = "write only the whole address, such as ada@example.com";

/// Returns whether a key contains no personal data: a key of the format, or of a desk.
pub(super) fn is_format_or_desk_key(key: &str) -> bool {
    let shapes: [&[&str]; 4] = [&DOCUMENT.keys, &DEFAULTS.keys, &DESK.keys, &CUSTOMER.keys];
    shapes.iter().any(|keys| keys.contains(&key)) || DeskKey::parse(key).is_ok()
}

/// Maximum length of an account id or username, in characters (Jira's fields hold 255).
const MAX_ACCOUNT_CHARS: usize = 255;

/// A checked value and its location.
#[derive(Clone, Debug)]
pub(super) struct Located<T> {
    pub(super) at: Location,
    pub(super) value: T,
}

/// One checked file.
#[derive(Debug, Default)]
pub(super) struct Document {
    /// The desks of customers without `desks`.
    pub(super) default_desks: Vec<Located<DeskKey>>,
    /// The desks declared here under a valid key.
    pub(super) desks: Vec<Located<(DeskKey, DeskSpec)>>,
    /// Whether every desk declared here is valid; otherwise an unknown desk may be an invalid declaration.
    pub(super) all_desks_valid: bool,
    /// The customers, with their index in the file.
    pub(super) customers: Vec<Entry>,
}

/// One customer of a file.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) index: usize,
    pub(super) email: Located<Email>,
    pub(super) name: Option<Located<Name>>,
    pub(super) account: Option<Located<Handle>>,
    /// `None` if the file's defaults apply.
    pub(super) desks: Option<Vec<Located<DeskKey>>>,
    pub(super) initial_password: Option<Located<InitialPassword>>,
    pub(super) previously: Option<Located<Vec<Located<Email>>>>,
    pub(super) until: Option<Located<Date>>,
}

/// Checks a document.
pub(super) fn check(node: &Node<'_>, findings: &mut ProblemCollector) -> Document {
    let root = Path::Root;
    let mut document = Document::default();
    let Some([version, defaults, desks, customers]) = read_fields(node, &root, &DOCUMENT, findings) else {
        return document;
    };
    document.all_desks_valid = true;
    check_version(node, version, findings);
    if let Some(defaults) = defaults {
        let path = root.key("defaults");
        if let Some([Some(desks)]) = read_fields(defaults, &path, &DEFAULTS, findings) {
            document.default_desks = parse_desk_list(desks, &path.key("desks"), findings);
        }
    }
    if let Some(desks) = desks {
        check_desks(desks, &root.key("desks"), &mut document, findings);
    }
    let has_defaults = has_default_desks(node);
    if let Some(customers) = customers {
        let path = root.key("customers");
        let items = fields::read_list(customers, &path, "a list of customers", findings).unwrap_or_default();
        for (index, item) in items.iter().enumerate() {
            let path = path.index(index);
            let entry = parse_customer(item, index, &path, findings);
            if let (Some(entry), false) = (&entry, has_defaults || has_desks_key(item)) {
                report_missing_desks(entry, &path, findings);
            }
            document.customers.extend(entry);
        }
    }
    // Checks the tree, so that a key without a value is reported only once, as such.
    if !has_key(node, "desks") && !has_key(node, "customers") {
        findings.add(
            node.at,
            &root,
            "the file has neither `desks` nor `customers`; a roster without customers must be explicit",
            "write `customers: []` for a roster without customers",
        );
    }
    document
}

fn has_key(node: &Node<'_>, name: &str) -> bool {
    let Value::Map(entries) = &node.value else { return false };
    let is = |key: &Node<'_>| matches!(&key.value, Value::Text(text) if text == name);
    entries.iter().any(|(key, _)| is(key))
}

/// Returns whether the file has default desks. A misspelled or invalid key counts, because it is reported as such.
fn has_default_desks(document: &Node<'_>) -> bool {
    let Value::Map(entries) = &document.value else {
        return true;
    };
    let mut keys = entries.iter();
    match keys.find(|(key, _)| matches!(&key.value, Value::Text(text) if text == "defaults")) {
        Some((_, defaults)) => !matches!(defaults.value, Value::Map(_)) || has_desks_key(defaults),
        None => has_misspelled_key(document, "defaults"),
    }
}

/// Returns whether a map has a `desks` key, even a misspelled or invalid one.
fn has_desks_key(node: &Node<'_>) -> bool {
    has_key(node, "desks") || has_misspelled_key(node, "desks")
}

/// Reports a customer without desks, who would be removed from all desks, or never added to one.
fn report_missing_desks(entry: &Entry, path: &Path<'_>, findings: &mut ProblemCollector) {
    findings.add(
        entry.email.at,
        path,
        "the customer has no `desks`, and the file has no `defaults.desks`",
        "write the desks here, or `defaults: {desks: [SUP]}` for the whole file; write `desks: []` for an account \
         without desks",
    );
}

/// Returns whether a key is reported as a misspelling of `name`.
fn has_misspelled_key(node: &Node<'_>, name: &'static str) -> bool {
    let Value::Map(entries) = &node.value else { return false };
    let is = |key: &Node<'_>| matches!(&key.value, Value::Text(text) if fields::suggestion(text, [name].into_iter()).is_some());
    entries.iter().any(|(key, _)| is(key))
}

fn check_version(document: &Node<'_>, version: Option<&Node<'_>>, findings: &mut ProblemCollector) {
    let root = Path::Root;
    let path = root.key("version");
    match version.map(|version| (&version.value, version.at)) {
        Some((Value::Number(number), _)) if number == "1" => {}
        Some((Value::Number(number), at)) => findings.add(
            at,
            &path,
            format!("unsupported format version {number}"),
            "write `version: 1`, or use a newer quietdesk",
        ),
        Some((value, at)) => findings.add(
            at,
            &path,
            format!("expected the number 1; found {}", value.type_name()),
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

fn check_desks(desks: &Node<'_>, path: &Path<'_>, document: &mut Document, findings: &mut ProblemCollector) {
    let Some(entries) = fields::read_entries(desks, path, "`desks`", findings) else {
        document.all_desks_valid = false;
        return;
    };
    for (name, at, value) in entries {
        match DeskKey::parse(name) {
            Ok(key) => {
                let spec = parse_desk(value, &path.key(name), findings);
                document.desks.push(Located { at, value: (key, spec) });
            }
            Err(problem) => {
                document.all_desks_valid = false;
                report_invalid_desk_key(name, at, path, &problem.to_string(), findings);
            }
        }
    }
}

fn report_invalid_desk_key(name: &str, at: Location, path: &Path<'_>, problem: &str, findings: &mut ProblemCollector) {
    let upper = name.to_ascii_uppercase();
    let help = if DeskKey::parse(&upper).is_ok() {
        fields::did_you_mean(&upper)
    } else {
        "write the key of the desk's Jira project, as in its requests: SUP for SUP-123".to_owned()
    };
    findings.add(at, path, format!("`{name}` {problem}"), help);
}

fn parse_desk(node: &Node<'_>, path: &Path<'_>, findings: &mut ProblemCollector) -> DeskSpec {
    let mut spec = DeskSpec::default();
    let Some([access, membership, keep, paused]) = read_fields(node, path, &DESK, findings) else {
        return spec;
    };
    let words = [Access::Restricted, Access::Open, Access::Public].map(|access| (access.as_str(), access));
    spec.access = access.and_then(|node| parse_word(node, &path.key("access"), &words, findings));
    if let Some(node) = membership {
        let words = [
            ("additive", Membership::Additive),
            ("owned", Membership::Owned),
            ("exact", Membership::Exact),
        ];
        let path = path.key("membership");
        spec.membership = parse_word(node, &path, &words, findings).unwrap_or_default();
        if let (Membership::Exact, Some(access @ (Access::Open | Access::Public))) = (spec.membership, spec.access) {
            let message = format!("`exact` is not allowed with `access: {access}`, because anyone can join the desk");
            let help =
                "write `access: restricted`, or `membership: owned`, which removes only people this roster listed";
            findings.add(node.at, &path, message, help);
        }
    }
    if let Some(node) = keep {
        spec.keep = parse_keep_list(node, &path.key("keep"), findings);
    }
    if let Some(node) = paused {
        spec.paused = fields::read_boolean(node, &path.key("paused"), findings).unwrap_or_default();
    }
    spec
}

/// Returns the value of one of `words`, or reports another text.
fn parse_word<T: Copy>(
    node: &Node<'_>,
    path: &Path<'_>,
    words: &[(&'static str, T)],
    findings: &mut ProblemCollector,
) -> Option<T> {
    let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
    let what = format!("one of: {}", names.join(", "));
    let text = fields::read_text(node, path, &what, "write one of these words", findings)?;
    if let Some((_, value)) = words.iter().find(|(name, _)| *name == text) {
        return Some(*value);
    }
    let help = fields::suggestion(text, names.iter().copied()).map(fields::did_you_mean);
    let message = format!("expected one of: {}; found `{text}`", names.join(", "));
    let help = help.unwrap_or_else(|| "write one of these words".to_owned());
    findings.add(node.at, path, message, help);
    None
}

/// Returns addresses and `*@domain` patterns, normalized like addresses, in the order of the file.
fn parse_keep_list(node: &Node<'_>, path: &Path<'_>, findings: &mut ProblemCollector) -> Vec<String> {
    let what = "a list of addresses";
    let mut keep = Vec::new();
    let mut seen = BTreeSet::new();
    for (index, item) in fields::read_list(node, path, what, findings)
        .unwrap_or_default()
        .iter()
        .enumerate()
    {
        let path = path.index(index);
        let Some(text) = fields::read_text(item, &path, "an address or `*@domain`", ADDRESS_HELP, findings) else {
            continue;
        };
        let normal = match text.strip_prefix("*@") {
            // Any local part works for checking and normalizing the domain.
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
                report_invalid_keep(item, &path, text, "has a `*` outside of `*@domain`", findings)
            }
            Ok(normal) => {
                seen.insert(normal.clone());
                keep.push(normal);
            }
            Err(problem) => report_invalid_keep(item, &path, text, &problem.to_string(), findings),
        }
    }
    keep
}

fn report_invalid_keep(item: &Node<'_>, path: &Path<'_>, text: &str, problem: &str, findings: &mut ProblemCollector) {
    let help = "write a whole address, or `\"*@example.com\"` for all addresses of a domain";
    findings.add(item.at, path, format!("`{text}` {problem}"), help);
}

/// Returns desk keys, and reports duplicates.
fn parse_desk_list(node: &Node<'_>, path: &Path<'_>, findings: &mut ProblemCollector) -> Vec<Located<DeskKey>> {
    let mut desks: Vec<Located<DeskKey>> = Vec::new();
    let items = fields::read_list(node, path, "a list of desks' keys (`[SUP]`)", findings);
    for (index, item) in items.unwrap_or_default().iter().enumerate() {
        let path = path.index(index);
        let Some(text) = fields::read_text(item, &path, "the key of a desk", "", findings) else {
            continue;
        };
        match DeskKey::parse(text) {
            Ok(key) if desks.iter().any(|desk| desk.value == key) => {
                findings.add(item.at, &path, format!("{key} is listed twice"), "keep one of the two");
            }
            Ok(value) => desks.push(Located { at: item.at, value }),
            Err(problem) => report_invalid_desk_key(text, item.at, &path, &problem.to_string(), findings),
        }
    }
    desks
}

fn parse_customer(node: &Node<'_>, index: usize, path: &Path<'_>, findings: &mut ProblemCollector) -> Option<Entry> {
    if let Value::Map(_) = node.value {
        return parse_customer_map(node, index, path, findings);
    }
    let text = fields::read_text(
        node,
        path,
        "a customer: an address, or a map with `email`",
        ADDRESS_HELP,
        findings,
    )?;
    Some(Entry {
        index,
        email: parse_email(node.at, text, path, findings)?,
        name: None,
        account: None,
        desks: None,
        initial_password: None,
        previously: None,
        until: None,
    })
}

fn parse_customer_map(
    node: &Node<'_>,
    index: usize,
    path: &Path<'_>,
    findings: &mut ProblemCollector,
) -> Option<Entry> {
    let [address, name, desks, account, password, previously, until] = read_fields(node, path, &CUSTOMER, findings)?;
    let desks = desks.map(|node| parse_desk_list(node, &path.key("desks"), findings));
    let name = name.and_then(|node| parse_name(node, &path.key("name"), findings));
    let account = account.and_then(|node| parse_handle(node, &path.key("account"), findings));
    let password = password.and_then(|node| {
        let words = [InitialPassword::Generate, InitialPassword::Provided].map(|from| (from.as_str(), from));
        let value = parse_word(node, &path.key("initial_password"), &words, findings)?;
        Some(Located { at: node.at, value })
    });
    let previously = previously.map(|node| Located {
        at: node.at,
        value: parse_addresses(node, &path.key("previously"), findings),
    });
    let until = until.and_then(|node| parse_date(node, &path.key("until"), findings));
    let Some(address) = address else {
        if !has_key(node, "email") && !has_misspelled_key(node, "email") {
            findings.add(node.at, path, "the customer has no `email`", "write `email: …`");
        }
        return None;
    };
    let path = path.key("email");
    let text = fields::read_text(address, &path, "an address", ADDRESS_HELP, findings)?;
    Some(Entry {
        index,
        email: parse_email(address.at, text, &path, findings)?,
        name,
        account,
        desks,
        initial_password: password,
        previously,
        until,
    })
}

/// Returns addresses, and reports duplicates.
fn parse_addresses(node: &Node<'_>, path: &Path<'_>, findings: &mut ProblemCollector) -> Vec<Located<Email>> {
    let mut emails: Vec<Located<Email>> = Vec::new();
    let items = fields::read_list(node, path, "a list of addresses", findings);
    for (index, item) in items.unwrap_or_default().iter().enumerate() {
        let path = path.index(index);
        let Some(text) = fields::read_text(item, &path, "an address", ADDRESS_HELP, findings) else {
            continue;
        };
        match parse_email(item.at, text, &path, findings) {
            Some(email) if emails.iter().any(|other| other.value.key() == email.value.key()) => {
                findings.add(item.at, &path, format!("{text} is listed twice"), "keep one of the two");
            }
            email => emails.extend(email),
        }
    }
    emails
}

fn parse_email(at: Location, text: &str, path: &Path<'_>, findings: &mut ProblemCollector) -> Option<Located<Email>> {
    match Email::parse(text) {
        Ok(value) => Some(Located { at, value }),
        Err(problem) => {
            let message = if problem == EmailProblem::Empty {
                "the address is empty".to_owned()
            } else {
                format!("the address `{text}` {problem}")
            };
            let help = match problem {
                EmailProblem::Character(bad) if bad.problem != CharacterProblem::WhiteSpace => {
                    "retype the address without the character"
                }
                EmailProblem::Character(_)
                | EmailProblem::Empty
                | EmailProblem::At
                | EmailProblem::Local
                | EmailProblem::Domain
                | EmailProblem::TooLong => ADDRESS_HELP,
            };
            findings.add(at, path, message, help);
            None
        }
    }
}

/// Returns a valid date, only in the form `2027-01-31`: 01/02 is ambiguous.
fn parse_date(node: &Node<'_>, path: &Path<'_>, findings: &mut ProblemCollector) -> Option<Located<Date>> {
    let help = "write year, month and day: 2027-01-31";
    let text = fields::read_text(node, path, "a date", help, findings)?;
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let spelled = text.len() == 10 && text.split('-').map(str::len).eq([4, 2, 2]) && text.split('-').all(digits);
    match text.parse().ok().filter(|_| spelled) {
        Some(value) => Some(Located { at: node.at, value }),
        None => {
            findings.add(node.at, path, format!("`{text}` is not a valid date"), help);
            None
        }
    }
}

fn parse_name(node: &Node<'_>, path: &Path<'_>, findings: &mut ProblemCollector) -> Option<Located<Name>> {
    let text = fields::read_text(node, path, "a name", "", findings)?;
    match Name::parse(text) {
        Ok(value) => Some(Located { at: node.at, value }),
        Err(problem) => {
            let help = "write the name in one line, or remove the key to use the address as the name";
            findings.add(node.at, path, format!("the name {problem}"), help);
            None
        }
    }
}

fn parse_handle(node: &Node<'_>, path: &Path<'_>, findings: &mut ProblemCollector) -> Option<Located<Handle>> {
    let text = fields::read_text(node, path, "an account", "", findings)?;
    let fits = !text.is_empty()
        && text.chars().count() <= MAX_ACCOUNT_CHARS
        && !text.chars().any(|c| c.is_whitespace() || is_hostile(c));
    if !fits {
        let message = "the account is empty, too long, or contains white space or control characters";
        findings.add(
            node.at,
            path,
            message,
            "write the account id from the URL of the person's profile in Jira",
        );
        return None;
    }
    Some(Located {
        at: node.at,
        value: Handle(text.to_owned()),
    })
}
