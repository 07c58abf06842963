//! The roster: who may raise requests where, and how open each desk is, after all checks.
//!
//! A [`Roster`] cannot be wrong: `roster_file` makes it from YAML and reports what does not fit.

use std::collections::{BTreeMap, BTreeSet};

use super::access::Access;
use super::account::Handle;
use super::desk::DeskKey;
use super::email::{Email, EmailKey};
use super::name::Name;

/// Everything the roster's files want, united.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roster {
    /// The desks quietdesk manages; a desk not named here is never touched.
    pub desks: BTreeMap<DeskKey, DeskSpec>,
    /// The customers, each once.
    pub customers: BTreeMap<EmailKey, Customer>,
}

impl Roster {
    /// The part that concerns some desks: these desks, and whoever is wanted on one of them. Whoever is on none of them,
    /// or on no desk at all, is left out.
    #[must_use]
    pub fn narrowed(mut self, desks: &[DeskKey]) -> Self {
        self.desks.retain(|key, _| desks.contains(key));
        self.customers.retain(|_, customer| {
            customer.desks.retain(|key| desks.contains(key));
            !customer.desks.is_empty()
        });
        self
    }
}

/// What is wanted of one desk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeskSpec {
    /// The access mode; nothing where it is not managed.
    pub access: Option<Access>,
    /// Who leaves the desk's list.
    pub membership: Membership,
    /// Addresses that are never removed, whatever `membership` says: each an address, or `*@domain`. Normalised.
    pub keep: Vec<String>,
    /// Observe and report, change nothing on this desk.
    pub paused: bool,
}

/// Who leaves a desk's list for being absent from the roster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Membership {
    /// Nobody.
    #[default]
    Additive,
}

/// One wanted customer, with the defaults of its file filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// The address, as spelled in the file.
    pub email: Email,
    /// The display name for a new account; without one, the e-mail is the name.
    pub name: Option<Name>,
    /// The desks to be on; empty: an account, on no desk. Every one is in [`Roster::desks`].
    pub desks: BTreeSet<DeskKey>,
    /// The account meant, where the e-mail cannot decide (Cloud accountId, Data Center username).
    pub account: Option<Handle>,
    /// Where the first password of a new account comes from: Data Center.
    pub initial_password: Option<InitialPassword>,
    /// Older addresses of the same person.
    pub previously: Vec<Email>,
}

/// Where the first password of a new account comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum InitialPassword {
    /// quietdesk makes one.
    Generate,
    /// The passwords file has it.
    Provided,
}

impl InitialPassword {
    /// The word of the roster.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Generate => "generate",
            Self::Provided => "provided",
        }
    }
}

impl Customer {
    /// The display name a new account gets.
    #[must_use]
    pub fn name_for_creation(&self) -> &str {
        self.name.as_ref().map_or(self.email.as_str(), Name::as_str)
    }
}

#[cfg(test)]
mod tests {
    use crate::model::fixtures::{customer, key, roster};

    #[test]
    fn narrowed_to_a_desk() {
        let everybody = [
            customer("ada@example.com", &["PRIV", "SUP"]),
            customer("bob@example.com", &["SUP"]),
            customer("eve@example.com", &[]),
        ];
        let narrowed = roster(&["PRIV", "SUP"], everybody).narrowed(&[key("PRIV")]);
        assert_eq!(narrowed, roster(&["PRIV"], [customer("ada@example.com", &["PRIV"])]));
    }
}
