//! The canonical roster: Jira's state in the form of a roster, entry by entry, before and after a plan.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::access::Access;
use crate::model::account::Account;
use crate::model::desk::DeskKey;
use crate::model::email::EmailKey;
use crate::model::name::is_hostile;
use crate::model::observed::{AccessReading, DeskReading, Observed};
use crate::model::plan::Plan;
use crate::model::redact;
use crate::model::roster::{Customer, InitialPassword, Roster};
use crate::model::step::{Action, Step};

/// One entry of the canonical roster, as lines without newlines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// The current state; empty if there is none.
    pub before: Vec<String>,
    /// The state after the plan.
    pub after: Vec<String>,
}

/// Whether personal data is masked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonalData {
    /// Nothing is masked.
    Visible,
    /// E-mails and names are masked.
    Redacted,
}

impl Entry {
    fn unchanged(line: &str) -> Self {
        let lines = vec![line.to_owned()];
        Self {
            before: lines.clone(),
            after: lines,
        }
    }
}

/// Returns the entries for a roster: its desks, its customers who have or get an account, and people who are removed.
pub fn entries(roster: &Roster, observed: &Observed, plan: &Plan, shown: PersonalData) -> Vec<Entry> {
    let (mut of_people, mut of_desks) = (BTreeMap::<&EmailKey, Vec<&Step>>::new(), BTreeMap::new());
    let mut unnamed = Vec::new();
    for step in &plan.steps {
        match &step.action {
            Action::CreateCustomer { email, .. }
            | Action::UpdateCustomer { email, .. }
            | Action::AddToDesk { email, .. }
            | Action::RemoveFromDesk { email: Some(email), .. } => {
                of_people.entry(email.key()).or_default().push(step);
            }
            Action::RemoveFromDesk { email: None, .. } => unnamed.push(step),
            Action::SetAccess { desk, after, .. } => {
                of_desks.insert(desk, *after);
            }
        }
    }
    let mut entries = vec![Entry::unchanged("desks:")];
    for key in roster.desks.keys() {
        let now = known_access(observed, key);
        let then = of_desks.get(key).copied().or(now);
        entries.push(Entry {
            before: desk_lines(key, now),
            after: desk_lines(key, then),
        });
    }
    entries.push(Entry::unchanged("customers:"));
    let people: BTreeSet<&EmailKey> = roster.customers.keys().chain(of_people.keys().copied()).collect();
    for key in people {
        let steps = of_people.get(key).map_or(&[][..], Vec::as_slice);
        entries.push(match roster.customers.get(key) {
            Some(customer) => {
                let account = plan.accounts.get(key);
                let account = account.and_then(|account| observed.accounts.get(&account.id));
                customer_entry(observed, customer, account, steps, shown)
            }
            None => removed_entry(observed, steps, shown),
        });
    }
    entries.extend(unnamed.iter().map(|step| removed_entry(observed, &[step], shown)));
    entries
}

/// Returns the entry of a person who is removed and not in the roster.
fn removed_entry(observed: &Observed, steps: &[&Step], shown: PersonalData) -> Entry {
    let account = steps.iter().find_map(|step| step.action.removal());
    let account = account.and_then(|(_, account)| observed.accounts.get(&account.id));
    let Some(account) = account else {
        return Entry::default();
    };
    let (mut candidate, email) = (
        current_person(observed, account),
        account.email.as_deref().unwrap_or(&account.id.0),
    );
    let now = candidate.lines(email, shown);
    candidate
        .desks
        .retain(|key| steps.iter().all(|step| step.action.desk() != Some(*key)));
    let then = match candidate.desks.is_empty() {
        true => Vec::new(),
        false => candidate.lines(email, shown),
    };
    Entry {
        before: now,
        after: then,
    }
}

/// Returns an account's current state, on the desks that were read.
fn current_person<'a>(observed: &'a Observed, account: &'a Account) -> Person<'a> {
    let on = observed.desks.iter().filter(|(_, reading)| match reading {
        DeskReading::Read(desk) => observed.has_access(desk, account),
        DeskReading::Missing | DeskReading::Unreadable { .. } => false,
    });
    Person {
        email: None,
        name: Some(&account.name),
        desks: on.map(|(key, _)| key).collect(),
        deactivated: !account.active,
        password: None,
    }
}

fn desk_lines(key: &DeskKey, access: Option<Access>) -> Vec<String> {
    match access {
        Some(access) => vec![format!("  {key}:"), format!("    access: {access}")],
        None => vec![format!("  {key}: {{}}")],
    }
}

fn known_access(observed: &Observed, key: &DeskKey) -> Option<Access> {
    match observed.desks.get(key)? {
        DeskReading::Read(desk) => match desk.access {
            AccessReading::Known(access) => Some(access),
            AccessReading::NotRead | AccessReading::Unreadable { .. } => None,
        },
        DeskReading::Missing | DeskReading::Unreadable { .. } => None,
    }
}

fn customer_entry(
    observed: &Observed,
    customer: &Customer,
    account: Option<&Account>,
    steps: &[&Step],
    shown: PersonalData,
) -> Entry {
    let mut person = Person::default();
    let mut now = Vec::new();
    if let Some(account) = account {
        person = Person {
            // An e-mail that only differs in case, or is hidden, counts as the same.
            email: account
                .email
                .as_deref()
                .filter(|_| account.email_key().as_ref() != Some(customer.email.key())),
            ..current_person(observed, account)
        };
        now = person.lines(customer.email.as_str(), shown);
    }
    for step in steps {
        match &step.action {
            Action::CreateCustomer { name, password, .. } => {
                (person.name, person.password) = (Some(name.as_str()), *password);
            }
            Action::UpdateCustomer { changes, .. } => {
                person.name = changes.name.as_ref().map(|name| name.after.as_str()).or(person.name);
                person.email = person.email.filter(|_| changes.address.is_none());
                person.deactivated &= !changes.reactivate;
            }
            Action::AddToDesk { desk, .. } => {
                person.desks.insert(desk);
            }
            Action::RemoveFromDesk { desk, .. } => {
                person.desks.remove(desk);
            }
            Action::SetAccess { .. } => {}
        }
    }
    let then = match person.name {
        Some(_) => person.lines(customer.email.as_str(), shown),
        None => Vec::new(),
    };
    Entry {
        before: now,
        after: then,
    }
}

/// The displayed state of one person.
#[derive(Default)]
struct Person<'a> {
    /// The e-mail in Jira, if it differs from the roster's.
    email: Option<&'a str>,
    name: Option<&'a str>,
    desks: BTreeSet<&'a DeskKey>,
    deactivated: bool,
    password: Option<InitialPassword>,
}

impl Person<'_> {
    fn lines(&self, email: &str, shown: PersonalData) -> Vec<String> {
        let email = self.email.unwrap_or(email);
        let name = self.name.filter(|name| !name.is_empty() && *name != email);
        let (email, name) = match shown {
            PersonalData::Visible => (email.to_owned(), name.map(str::to_owned)),
            PersonalData::Redacted => (redact::mask_email(email), name.map(redact::mask_name)),
        };
        let mut lines = vec![format!("  - email: {}", yaml_scalar(&email))];
        lines.extend(name.map(|name| format!("    name: {}", yaml_scalar(&name))));
        let desks: Vec<_> = self.desks.iter().map(|key| key.as_str()).collect();
        lines.push(format!("    desks: [{}]", desks.join(", ")));
        lines.extend(
            self.password
                .map(|from| format!("    initial_password: {}", from.as_str())),
        );
        lines.extend(self.deactivated.then(|| "    # deactivated".to_owned()));
        lines
    }
}

/// Formats a text as a YAML scalar, quoted where needed, without control characters for a terminal.
pub fn yaml_scalar(text: &str) -> String {
    let plain = text.chars().all(|c| c.is_alphanumeric() || " .-_@+'()…".contains(c))
        && text.starts_with(char::is_alphabetic)
        && !text.ends_with(' ')
        && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&text.to_lowercase().as_str());
    if plain {
        return text.to_owned();
    }
    let quoted = serde_json::Value::from(text).to_string();
    // YAML does not allow the last two code points of a plane.
    let escape = |c: char| match is_hostile(c) || matches!(c, '\u{fffe}' | '\u{ffff}') {
        true => format!("\\u{:04x}", u32::from(c)),
        false => c.to_string(),
    };
    quoted.chars().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars() {
        for (text, written) in [
            ("Ada Lovelace", "Ada Lovelace"),
            ("Ренé O'Neil", "Ренé O'Neil"),
            ("null", "\"null\""),
            ("1984", "\"1984\""),
            ("a: b", "\"a: b\""),
            ("\u{1b}[31mred", "\"\\u001b[31mred\""),
            ("\u{202e}x", "\"\\u202ex\""),
            ("\u{9b}x", "\"\\u009bx\""),
        ] {
            assert_eq!(yaml_scalar(text), written);
        }
    }
}
