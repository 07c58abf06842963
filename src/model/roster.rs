//! The roster: who may raise requests where, and how open each desk is, after all checks.
//!
//! A [`Roster`] cannot be wrong: `roster_file` makes it from YAML and reports what does not fit.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::access::Access;
use super::account::Handle;
use super::container::Container;
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
    /// Entries whose `until` has come: they are wanted nowhere, and leave the desks they name. See [`Roster::on`].
    pub expired: BTreeMap<EmailKey, Customer>,
}

impl Roster {
    /// The roster as it is on a day (UTC): whoever's `until` has come is wanted no more.
    #[must_use]
    pub fn on(mut self, today: Date) -> Self {
        let due = |customer: &Customer| customer.until.is_some_and(|until| until <= today);
        let (expired, customers) = self.customers.into_iter().partition(|(_, customer)| due(customer));
        self.customers = customers;
        self.expired.append(&mut { expired });
        self
    }

    /// Whether any entry has an `until`.
    #[must_use]
    pub fn has_until(&self) -> bool {
        let mut customers = self.customers.values();
        !self.expired.is_empty() || customers.any(|customer| customer.until.is_some())
    }

    /// What people can belong to, in order.
    pub fn containers(&self) -> impl Iterator<Item = Container> {
        self.desks.keys().map(Container::from)
    }

    /// Whether a container is declared.
    #[must_use]
    pub fn declares(&self, container: &Container) -> bool {
        container.desk().is_some_and(|key| self.desks.contains_key(key))
    }

    /// Whether an address is listed in a container.
    #[must_use]
    pub fn lists(&self, email: &EmailKey, container: &Container) -> bool {
        let customer = self.customers.get(email);
        customer.is_some_and(|customer| customer.is_listed_on(container))
    }

    /// How many customers are listed in a container.
    #[must_use]
    pub fn listed_on(&self, container: &Container) -> usize {
        let customers = self.customers.values();
        customers.filter(|customer| customer.is_listed_on(container)).count()
    }

    /// The first day on which somebody's `until` comes.
    #[must_use]
    pub fn next_expiry(&self) -> Option<Date> {
        self.customers.values().filter_map(|customer| customer.until).min()
    }

    /// The first day after another on which somebody's `until` comes.
    #[must_use]
    pub fn expiry_after(&self, day: Date) -> Option<Date> {
        let days = self.customers.values().filter_map(|customer| customer.until);
        days.filter(|until| *until > day).min()
    }

    /// The part that concerns some desks: these desks, and whoever is wanted on one of them. Whoever is on none of them,
    /// or on no desk at all, is left out.
    #[must_use]
    pub fn narrowed(mut self, desks: &[DeskKey]) -> Self {
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
    /// Whom an applied roster listed on the desk, and who has left the file since.
    Owned,
    /// Every customer who is not listed.
    Exact,
}

impl DeskSpec {
    /// Whether an address is never removed, whatever `membership` says.
    #[must_use]
    pub fn keeps(&self, email: &EmailKey) -> bool {
        let email = email.as_str();
        self.keep.iter().any(|keep| match keep.strip_prefix('*') {
            Some(domain) => email.ends_with(domain),
            None => keep == email,
        })
    }
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
    /// From that day (UTC) off this entry's desks.
    pub until: Option<Date>,
}

/// Where the first password of a new account comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
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
    /// Whether the entry lists its person in a container. No entry lists an organization yet.
    #[must_use]
    pub fn is_listed_on(&self, container: &Container) -> bool {
        container.desk().is_some_and(|key| self.desks.contains(key))
    }

    /// What the entry lists its person in.
    pub fn containers(&self) -> impl Iterator<Item = Container> {
        self.desks.iter().map(Container::from)
    }

    /// The display name a new account gets.
    #[must_use]
    pub fn name_for_creation(&self) -> &str {
        self.name.as_ref().map_or(self.email.as_str(), Name::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixtures::{customer, email_key, key, named, roster};

    #[test]
    fn an_entry_expires_on_its_day() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let mut ada = customer("ada@example.com", &["SUP"]);
        ada.until = Some(day("2027-01-31"));
        let all = roster(&["SUP"], [ada, customer("bob@example.com", &["SUP"])]);
        let before = all.clone().on(day("2027-01-30"));
        assert_eq!((&before, before.next_expiry()), (&all, Some(day("2027-01-31"))));
        for today in ["2027-01-31", "2028-01-01"] {
            let after = all.clone().on(day(today));
            assert!(after.expired.keys().eq([&email_key("ada@example.com")]));
            assert!(after.customers.keys().eq([&email_key("bob@example.com")]));
            assert_eq!(after.clone().on(day(today)), after);
        }
        for (from, next) in [
            ("2027-01-30", Some("2027-01-31")),
            ("2027-01-31", None),
            ("2028-01-01", None),
        ] {
            assert_eq!(all.expiry_after(day(from)), next.map(day), "{from}");
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
            assert_eq!(spec.keeps(&email_key(email)), kept, "{email}");
        }
    }

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

    #[test]
    fn what_a_new_account_is_called() {
        let ada = customer("Ada@example.com", &[]);
        assert_eq!(ada.name_for_creation(), "Ada@example.com");
        assert_eq!(named("Ada Lovelace", ada).name_for_creation(), "Ada Lovelace");
        let words = [InitialPassword::Generate, InitialPassword::Provided].map(InitialPassword::as_str);
        assert_eq!(words, ["generate", "provided"]);
    }
}
