//! One account.

use std::collections::BTreeSet;

use super::super::config::{Deployment, Rules};
use super::super::seed::{PersonKind, SeedPerson, mix};

/// Data Center: the group agents are in, which gives them their seat.
pub(super) const AGENTS: &str = "jira-servicedesk-users";

/// The number of an account, in the order of creation. Internal to the sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::sandbox) struct AccountNumber(pub(super) u32);

impl AccountNumber {
    /// The number itself.
    pub(in crate::sandbox) fn get(self) -> u32 {
        self.0
    }
}

/// One account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sandbox) struct Account {
    /// The stable id: on Cloud the `accountId`, on Data Center the user's `key`.
    pub(in crate::sandbox) id: String,
    /// Data Center: the username, which can change. Empty on Cloud.
    pub(in crate::sandbox) username: String,
    /// The address, as it was given.
    pub(in crate::sandbox) email: String,
    /// The display name.
    pub(in crate::sandbox) name: String,
    /// The kind of account.
    pub(in crate::sandbox) kind: PersonKind,
    /// False once deactivated.
    pub(in crate::sandbox) active: bool,
    /// Whether profile privacy hides the address.
    pub(in crate::sandbox) email_hidden: bool,
    /// The groups; on Cloud, those that may browse a desk's project.
    pub(in crate::sandbox) groups: BTreeSet<String>,
    /// Data Center: the password, if one was set.
    pub(in crate::sandbox) password: Option<String>,
    /// The number of searches that will not find it yet.
    pub(super) lag: u32,
}

impl Account {
    /// Creates the account of a person; `username` is empty on Cloud.
    pub(super) fn new(
        deployment: Deployment,
        seed: u64,
        no: AccountNumber,
        person: &SeedPerson,
        username: String,
    ) -> Self {
        let (id, agents) = match deployment {
            Deployment::Cloud => (account_id(seed, no, person.kind), None),
            // Keys are numbered from 10000 (docs/jira.md#stable-key); assume that some were deleted.
            Deployment::DataCenter(_) => (
                format!("JIRAUSER{}", 10_100 + no.0),
                (person.kind == PersonKind::Agent).then(|| AGENTS.to_owned()),
            ),
        };
        Self {
            id,
            username,
            groups: person.groups.iter().cloned().chain(agents).collect(),
            password: None,
            email: person.email.clone(),
            name: person.name.clone(),
            kind: person.kind,
            active: person.active,
            // Data Center hides the addresses of all accounts or of none.
            email_hidden: person.email_hidden && deployment == Deployment::Cloud,
            lag: 0,
        }
    }

    /// The normalized address, for comparing.
    pub(super) fn email_key(&self) -> String {
        email_key(&self.email)
    }

    /// The index keys of a search by prefix of a name: the whole name, each later word, and the username.
    pub(super) fn name_keys(&self) -> Vec<String> {
        let name = self.name.to_lowercase();
        let words = name.split_whitespace().skip(1).map(str::to_owned);
        let mut keys: Vec<_> = words.collect();
        keys.push(name);
        if !self.username.is_empty() {
            keys.push(self.username.to_lowercase());
        }
        keys
    }

    /// Whether responses leave out the address (docs/jira.md#hidden-emails).
    pub(in crate::sandbox) fn hides_email(&self, rules: &Rules) -> bool {
        self.email_hidden || (rules.hide_atlassian_emails && self.kind != PersonKind::PortalOnly)
    }
}

/// Normalizes an address for comparing: trimmed and lower case.
pub(super) fn email_key(email: &str) -> String {
    email.trim().to_lowercase()
}

/// Generates an id in the format of its kind (docs/jira.md#account-kinds): `qm:<uuid>:<id>` for portal-only accounts,
/// 24 characters for people, a number and a UUID for apps.
fn account_id(seed: u64, no: AccountNumber, kind: PersonKind) -> String {
    let own = mix(seed ^ u64::from(no.0));
    let more = mix(own);
    match kind {
        PersonKind::PortalOnly => format!("qm:{}:{}", uuid(mix(!seed), mix(seed)), uuid(own, more)),
        PersonKind::Atlassian | PersonKind::Agent => format!("5b10a284{own:016x}"),
        PersonKind::App => format!("557058:{}", uuid(own, more)),
    }
}

/// Formats a random UUID from 122 of these bits, including all of `first`, so that different numbers stay different.
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
