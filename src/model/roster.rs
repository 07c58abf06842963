//! The validated roster: the customers of each desk, and each desk's access mode.
//!
//! A [`Roster`] is always valid: `roster_file` parses it from YAML and reports the errors.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::access::Access;
use super::account::Handle;
use super::container::Container;
use super::desk::DeskKey;
use super::email::{Email, EmailKey};
use super::name::Name;

/// The merged content of all roster files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roster {
    /// The desks quietdesk manages. All other desks are left alone.
    pub desks: BTreeMap<DeskKey, DeskSpec>,
    /// The customers, by e-mail.
    pub customers: BTreeMap<EmailKey, Customer>,
    /// Expired entries: `until` has passed, and they are removed from the desks they name. See [`Roster::as_of`].
    pub expired: BTreeMap<EmailKey, Customer>,
}

impl Roster {
    /// Returns the roster on a day (UTC), with entries moved to `expired` from the day of their `until`.
    #[must_use]
    pub fn as_of(mut self, today: Date) -> Self {
        let due = |customer: &Customer| customer.until.is_some_and(|until| until <= today);
        let (expired, customers) = self.customers.into_iter().partition(|(_, customer)| due(customer));
        self.customers = customers;
        self.expired.append(&mut { expired });
        self
    }

    /// Returns whether any entry has an `until`.
    #[must_use]
    pub fn has_until(&self) -> bool {
        let mut customers = self.customers.values();
        !self.expired.is_empty() || customers.any(|customer| customer.until.is_some())
    }

    /// Returns the declared containers, in order.
    pub fn containers(&self) -> impl Iterator<Item = Container> {
        self.desks.keys().map(Container::from)
    }

    /// Returns whether a container is declared.
    #[must_use]
    pub fn declares(&self, container: &Container) -> bool {
        container.desk().is_some_and(|key| self.desks.contains_key(key))
    }

    /// Returns whether an e-mail is listed in a container.
    #[must_use]
    pub fn is_listed(&self, email: &EmailKey, container: &Container) -> bool {
        let customer = self.customers.get(email);
        customer.is_some_and(|customer| customer.is_listed_on(container))
    }

    /// Returns the number of customers listed in a container.
    #[must_use]
    pub fn listed_count(&self, container: &Container) -> usize {
        let customers = self.customers.values();
        customers.filter(|customer| customer.is_listed_on(container)).count()
    }

    /// Returns the earliest `until` of any customer.
    #[must_use]
    pub fn next_expiry(&self) -> Option<Date> {
        self.customers.values().filter_map(|customer| customer.until).min()
    }

    /// Returns the earliest `until` after `day`.
    #[must_use]
    pub fn next_expiry_after(&self, day: Date) -> Option<Date> {
        let days = self.customers.values().filter_map(|customer| customer.until);
        days.filter(|until| *until > day).min()
    }

    /// Returns only these desks and the entries that name at least one of them.
    #[must_use]
    pub fn narrowed_to(mut self, desks: &[DeskKey]) -> Self {
        self.desks.retain(|key, _| desks.contains(key));
        for people in [&mut self.customers, &mut self.expired] {
            people.retain(|_, customer| {
                customer.desks.retain(|key| desks.contains(key));
                !customer.desks.is_empty()
            });
        }
        self
    }
}

/// Declaration of a desk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeskSpec {
    /// The access mode; `None` if it is not managed.
    pub access: Option<Access>,
    /// The membership mode: which unlisted customers are removed.
    pub membership: Membership,
    /// Addresses or `*@domain` patterns, normalized, that are never removed regardless of `membership`.
    pub keep: Vec<String>,
    /// Observe and report, but change nothing on this desk.
    pub paused: bool,
}

/// Membership mode of a desk: which customers are removed because the roster does not list them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Membership {
    /// None.
    #[default]
    Additive,
    /// Customers that a previously applied roster listed on the desk.
    Owned,
    /// All of them.
    Exact,
}

impl DeskSpec {
    /// Returns whether `keep` covers an e-mail.
    #[must_use]
    pub fn is_kept(&self, email: &EmailKey) -> bool {
        let email = email.as_str();
        self.keep.iter().any(|keep| match keep.strip_prefix('*') {
            Some(domain) => email.ends_with(domain),
            None => keep == email,
        })
    }
}

/// A roster entry, with the defaults of its file applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// The e-mail, as spelled in the file.
    pub email: Email,
    /// The display name; `None` uses the e-mail for a new account.
    pub name: Option<Name>,
    /// The desks; may be empty for an account on no desk. All are in [`Roster::desks`].
    pub desks: BTreeSet<DeskKey>,
    /// The pinned account, if the e-mail is ambiguous (Cloud accountId, Data Center username).
    pub account: Option<Handle>,
    /// Source of a new account's initial password (Data Center).
    pub initial_password: Option<InitialPassword>,
    /// Previous e-mails of the same person.
    pub previously: Vec<Email>,
    /// The first day (UTC) without access to the entry's desks.
    pub until: Option<Date>,
}

/// Source of a new account's initial password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InitialPassword {
    /// Generated by quietdesk.
    Generate,
    /// Read from the passwords file.
    Provided,
}

impl InitialPassword {
    /// Returns the value as the roster spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Generate => "generate",
            Self::Provided => "provided",
        }
    }
}

impl Customer {
    /// Returns whether the entry names a container. Entries cannot name organizations yet.
    #[must_use]
    pub fn is_listed_on(&self, container: &Container) -> bool {
        container.desk().is_some_and(|key| self.desks.contains(key))
    }

    /// Returns the containers the entry names.
    pub fn containers(&self) -> impl Iterator<Item = Container> {
        self.desks.iter().map(Container::from)
    }

    /// Returns the display name of a new account.
    #[must_use]
    pub fn name_for_creation(&self) -> &str {
        self.name.as_ref().map_or(self.email.as_str(), Name::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixtures::{customer, desk_key, email_key, roster, with_name};

    #[test]
    fn an_entry_expires_on_its_day() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let mut ada = customer("ada@example.com", &["SUP"]);
        ada.until = Some(day("2027-01-31"));
        let all = roster(&["SUP"], [ada, customer("bob@example.com", &["SUP"])]);
        let before = all.clone().as_of(day("2027-01-30"));
        assert_eq!((&before, before.next_expiry()), (&all, Some(day("2027-01-31"))));
        for today in ["2027-01-31", "2028-01-01"] {
            let after = all.clone().as_of(day(today));
            assert!(after.expired.keys().eq([&email_key("ada@example.com")]));
            assert!(after.customers.keys().eq([&email_key("bob@example.com")]));
            assert_eq!(after.clone().as_of(day(today)), after);
        }
        for (from, next) in [
            ("2027-01-30", Some("2027-01-31")),
            ("2027-01-31", None),
            ("2028-01-01", None),
        ] {
            assert_eq!(all.next_expiry_after(day(from)), next.map(day), "{from}");
        }
    }

    #[test]
    fn keep_names_addresses_and_domains() {
        let keep = vec!["*@acme.example".to_owned(), "ada@example.com".to_owned()];
        let spec = DeskSpec {
            keep,
            ..DeskSpec::default()
        };
        for (email, kept) in [
            ("bob@acme.example", true),
            ("Ada@Example.com", true),
            ("bob@sub.acme.example", false),
            ("bob@notacme.example", false),
            ("xada@example.com", false),
        ] {
            assert_eq!(spec.is_kept(&email_key(email)), kept, "{email}");
        }
    }

    #[test]
    fn narrowed_to_a_desk() {
        let everybody = [
            customer("ada@example.com", &["PRIV", "SUP"]),
            customer("bob@example.com", &["SUP"]),
            customer("eve@example.com", &[]),
        ];
        let narrowed = roster(&["PRIV", "SUP"], everybody).narrowed_to(&[desk_key("PRIV")]);
        assert_eq!(narrowed, roster(&["PRIV"], [customer("ada@example.com", &["PRIV"])]));
    }

    #[test]
    fn what_a_new_account_is_called() {
        let ada = customer("Ada@example.com", &[]);
        assert_eq!(ada.name_for_creation(), "Ada@example.com");
        assert_eq!(with_name("Ada Lovelace", ada).name_for_creation(), "Ada Lovelace");
        let words = [InitialPassword::Generate, InitialPassword::Provided].map(InitialPassword::as_str);
        assert_eq!(words, ["generate", "provided"]);
    }
}
