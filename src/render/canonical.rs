//! The canonical roster: Jira's state as a roster would say it, entry by entry, now and after a plan.

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

/// One entry of the canonical roster, as lines without their ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// As Jira has it now; empty where it has nothing.
    pub now: Vec<String>,
    /// As Jira will have it.
    pub then: Vec<String>,
}

/// How much of people is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Everything.
    Whole,
    /// Nothing that tells who it is.
    Redacted,
}

impl Entry {
    fn fixed(line: &str) -> Self {
        let lines = vec![line.to_owned()];
        Self {
            now: lines.clone(),
            then: lines,
        }
    }
}

/// The entries a roster speaks of: its desks, then its customers who have, or will have, an account.
pub fn entries(roster: &Roster, observed: &Observed, plan: &Plan, shown: Shown) -> Vec<Entry> {
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
    let mut entries = vec![Entry::fixed("desks:")];
    for key in roster.desks.keys() {
        let now = known_access(observed, key);
        let then = of_desks.get(key).copied().or(now);
        entries.push(Entry {
            now: desk(key, now),
            then: desk(key, then),
        });
    }
    entries.push(Entry::fixed("customers:"));
    let people: BTreeSet<&EmailKey> = roster.customers.keys().chain(of_people.keys().copied()).collect();
    for key in people {
        let steps = of_people.get(key).map_or(&[][..], Vec::as_slice);
        entries.push(match roster.customers.get(key) {
            Some(customer) => {
                let account = plan.accounts.get(key);
                let account = account.and_then(|account| observed.accounts.get(&account.id));
                person(observed, customer, account, steps, shown)
            }
            None => leaver(observed, steps, shown),
        });
    }
    entries.extend(unnamed.iter().map(|step| leaver(observed, &[step], shown)));
    entries
}

/// Somebody who is in no entry, and leaves.
fn leaver(observed: &Observed, steps: &[&Step], shown: Shown) -> Entry {
    let account = steps.iter().find_map(|step| step.action.removal());
    let account = account.and_then(|(_, account)| observed.accounts.get(&account.id));
    let Some(account) = account else {
        return Entry::default();
    };
    let (mut leaver, email) = (
        seen(observed, account),
        account.email.as_deref().unwrap_or(&account.id.0),
    );
    let now = leaver.lines(email, shown);
    leaver
        .desks
        .retain(|key| steps.iter().all(|step| step.action.desk() != Some(*key)));
    let then = match leaver.desks.is_empty() {
        true => Vec::new(),
        false => leaver.lines(email, shown),
    };
    Entry { now, then }
}

/// As Jira has somebody, on the desks that were read.
fn seen<'a>(observed: &'a Observed, account: &'a Account) -> Person<'a> {
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

fn desk(key: &DeskKey, access: Option<Access>) -> Vec<String> {
    match access {
        Some(access) => vec![format!("  {key}:"), format!("    access: {access}")],
        None => vec![format!("  {key}: {{}}")],
    }
}

fn known_access(observed: &Observed, key: &DeskKey) -> Option<Access> {
    match observed.desks.get(key)? {
        DeskReading::Read(desk) => match desk.access {
            AccessReading::Known(access) => Some(access),
            AccessReading::NotAsked | AccessReading::Unreadable { .. } => None,
        },
        DeskReading::Missing | DeskReading::Unreadable { .. } => None,
    }
}

fn person(observed: &Observed, customer: &Customer, account: Option<&Account>, steps: &[&Step], shown: Shown) -> Entry {
    let mut person = Person::default();
    let mut now = Vec::new();
    if let Some(account) = account {
        person = Person {
            // An address that only differs in case, or is hidden, is the same one.
            email: account
                .email
                .as_deref()
                .filter(|_| account.email_key().as_ref() != Some(customer.email.key())),
            ..seen(observed, account)
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
    Entry { now, then }
}

/// What is shown of one person.
#[derive(Default)]
struct Person<'a> {
    /// The address, where it is not the roster's.
    email: Option<&'a str>,
    name: Option<&'a str>,
    desks: BTreeSet<&'a DeskKey>,
    deactivated: bool,
    password: Option<InitialPassword>,
}

impl Person<'_> {
    fn lines(&self, email: &str, shown: Shown) -> Vec<String> {
        let email = self.email.unwrap_or(email);
        let name = self.name.filter(|name| !name.is_empty() && *name != email);
        let (email, name) = match shown {
            Shown::Whole => (email.to_owned(), name.map(str::to_owned)),
            Shown::Redacted => (redact::email(email), name.map(redact::name)),
        };
        let mut lines = vec![format!("  - email: {}", scalar(&email))];
        lines.extend(name.map(|name| format!("    name: {}", scalar(&name))));
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

/// A text as a YAML scalar that cannot be mistaken for anything else, nor steer a terminal.
pub fn scalar(text: &str) -> String {
    let plain = text.chars().all(|c| c.is_alphanumeric() || " .-_@+'()…".contains(c))
        && text.starts_with(char::is_alphabetic)
        && !text.ends_with(' ')
        && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&text.to_lowercase().as_str());
    if plain {
        return text.to_owned();
    }
    let quoted = serde_json::Value::from(text).to_string();
    // YAML takes the last two of a plane for no characters at all.
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
            assert_eq!(scalar(text), written);
        }
    }
}
