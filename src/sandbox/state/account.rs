//! One account.

use std::collections::BTreeSet;

use super::super::config::{Deployment, Rules};
use super::super::seed::{PersonKind, SeedPerson, mix};

/// The number of an account, in the order of creation. Never seen outside the sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::sandbox) struct No(pub(super) u32);

impl No {
    /// The number itself, for lists that show one.
    pub(in crate::sandbox) fn get(self) -> u32 {
        self.0
    }
}

/// The group of those who work on service desks, and the application it gives: Data Center.
const AGENTS: &str = "jira-servicedesk-users";
pub(in crate::sandbox) const SERVICE_MANAGEMENT: &str = "jira-servicedesk";

/// One account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sandbox) struct Account {
    /// The `accountId`; on Data Center the key.
    pub(in crate::sandbox) id: String,
    /// Data Center's user name.
    pub(in crate::sandbox) username: String,
    /// The groups it is in: Data Center.
    pub(in crate::sandbox) groups: BTreeSet<String>,
    /// The applications it has, each a licence seat: Data Center.
    pub(in crate::sandbox) applications: BTreeSet<String>,
    /// Its password, where it was given one: Data Center.
    pub(in crate::sandbox) password: Option<String>,
    /// The address as it was given.
    pub(in crate::sandbox) email: String,
    /// The display name.
    pub(in crate::sandbox) name: String,
    /// What sort of account it is.
    pub(in crate::sandbox) kind: PersonKind,
    /// False once deactivated.
    pub(in crate::sandbox) active: bool,
    /// Whether profile privacy hides the address.
    pub(in crate::sandbox) email_hidden: bool,
    /// How many more searches do not find it yet.
    pub(super) lag: u32,
}

impl Account {
    pub(super) fn new(seed: u64, deployment: Deployment, no: No, person: &SeedPerson) -> Self {
        let is_cloud = deployment == Deployment::Cloud;
        let agent = person.kind == PersonKind::Agent && !is_cloud;
        let mut groups: BTreeSet<_> = person.groups.iter().cloned().collect();
        groups.extend(agent.then(|| AGENTS.to_owned()));
        Self {
            id: match is_cloud {
                true => account_id(seed, no, person.kind),
                false => format!("JIRAUSER{}", 10_100 + no.0),
            },
            username: match &person.username {
                Some(name) => name.clone(),
                None if is_cloud => String::new(),
                None => person.email.to_lowercase(),
            },
            groups,
            applications: agent.then(|| SERVICE_MANAGEMENT.to_owned()).into_iter().collect(),
            password: None,
            email: person.email.clone(),
            name: person.name.clone(),
            kind: person.kind,
            active: person.active,
            email_hidden: person.email_hidden,
            lag: 0,
        }
    }

    /// What addresses are compared by.
    pub(super) fn email_key(&self) -> String {
        email_key(&self.email)
    }

    /// The beginnings a search by name can match: the whole name and each later word.
    pub(super) fn name_keys(&self) -> Vec<String> {
        let name = self.name.to_lowercase();
        let words = name.split_whitespace().skip(1).map(str::to_owned);
        let mut keys: Vec<_> = words.collect();
        keys.push(name);
        // Data Center's search looks at user names too (jira-facts §1).
        keys.extend((!self.username.is_empty()).then(|| self.username.to_lowercase()));
        keys
    }

    /// Whether answers leave the address out (jira-facts §4).
    pub(in crate::sandbox) fn hides_email(&self, rules: &Rules) -> bool {
        self.email_hidden || (rules.hide_atlassian_emails && self.kind != PersonKind::PortalOnly)
    }
}

/// What addresses are compared by: their lower-case form.
pub(super) fn email_key(email: &str) -> String {
    email.trim().to_lowercase()
}

/// An id in the spelling of its kind (jira-facts §4): `qm:<uuid>:<id>` for portal-only accounts, 24 characters for
/// people, a number and a UUID for apps.
fn account_id(seed: u64, no: No, kind: PersonKind) -> String {
    let own = mix(seed ^ u64::from(no.0));
    let more = mix(own);
    match kind {
        PersonKind::PortalOnly => format!("qm:{}:{}", uuid(mix(!seed), mix(seed)), uuid(own, more)),
        PersonKind::Atlassian | PersonKind::Agent => format!("5b10a284{own:016x}"),
        PersonKind::App => format!("557058:{}", uuid(own, more)),
    }
}

/// A random UUID of 122 of these bits; the first number shows whole, so that different ones stay different.
fn uuid(first: u64, second: u64) -> String {
    format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{:04x}{:08x}",
        first >> 32,
        (first >> 16) & 0xffff,
        second & 0xfff,
        (second >> 12) & 0xfff,
        first & 0xffff,
        second >> 32,
    )
}
