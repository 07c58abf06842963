//! The look-ups that a plan still needs.

use std::collections::BTreeSet;

use crate::model::account::{Account, AccountId, AccountKind, Handle};
use crate::model::container::Container;
use crate::model::desk::DeskKey;
use crate::model::email::{Email, EmailKey};
use crate::model::identity::{Identities, Identity, Question};
use crate::model::ledger::Ledger;
use crate::model::observed::{Deployment, Observed};
use crate::model::roster::{Customer, Membership, Roster};

/// Look-ups that the planner needs before it can decide.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Questions {
    /// E-mails to look up.
    pub emails: Vec<Email>,
    /// Pinned accounts to look up.
    pub pins: BTreeSet<Handle>,
    /// Desks to read the other project roles of. Only where an account that may be an agent's would be added.
    pub project_roles: BTreeSet<DeskKey>,
    /// Accounts to read the groups of. Only where the account would be added to a desk that gives groups access.
    pub groups: BTreeSet<Handle>,
    /// Accounts known from the ledger, to check whether they still exist.
    pub accounts: BTreeSet<AccountId>,
}

impl Questions {
    /// Whether nothing is left to look up.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let no_accounts = self.pins.is_empty() && self.groups.is_empty() && self.accounts.is_empty();
        self.emails.is_empty() && self.project_roles.is_empty() && no_accounts
    }
}

/// Returns the look-ups that [`super::plan`] needs to decide about every entry.
#[must_use]
pub fn questions(roster: &Roster, observed: &Observed, ledger: &Ledger) -> Questions {
    let is_cloud = observed.site.deployment == Deployment::Cloud;
    let identities = Identities::new(roster, observed);
    let mut questions = Questions::default();
    for customer in roster.customers.values() {
        // On Cloud the desk's list shows whether the old account is on it, and no more is needed.
        let earlier = customer.previously.iter().filter(|_| !is_cloud);
        let unasked = earlier.filter(|email| !observed.lookups.contains_key(email.key()));
        questions.emails.extend(unasked.cloned());
        match identities.identify(customer) {
            Identity::NeedsLookup(Question::Email(email)) if email.key() == customer.email.key() => {
                questions.emails.push(email.clone());
            }
            Identity::NeedsLookup(Question::Email(_)) => {}
            Identity::NeedsLookup(Question::Pin(pin)) => {
                questions.pins.insert(pin.clone());
            }
            Identity::Account(account) | Identity::PreviousEmail(account) => {
                questions.ask_for_access(customer, account, observed);
            }
            Identity::Absent => {
                let known = ledger.known_account(customer.email.key()).into_iter();
                questions
                    .accounts
                    .extend(known.filter(|id| is_unobserved(observed, id)).cloned());
            }
            Identity::Held(_) => {}
        }
    }
    for customer in roster.expired.values() {
        if let Identity::NeedsLookup(Question::Email(email)) = identities.identify(customer) {
            questions.emails.push(email.clone());
        }
    }
    match is_cloud {
        true => questions.ask_for_missed_people(roster, observed, ledger),
        false => questions.ask_for_claimed_people(roster, observed, ledger, &identities),
    }
    questions
}

/// Whether an account was neither looked up nor found on a list.
fn is_unobserved(observed: &Observed, id: &AccountId) -> bool {
    !observed.accounts.contains_key(id) && !observed.missing_accounts.contains(id)
}

impl Questions {
    /// Adds the look-ups of people that an earlier roster listed: Data Center's lists hold only usernames.
    fn ask_for_claimed_people(
        &mut self,
        roster: &Roster,
        observed: &Observed,
        ledger: &Ledger,
        identities: &Identities<'_>,
    ) {
        for (key, spec) in &roster.desks {
            if spec.membership != Membership::Owned
                || observed.desk(key).is_none_or(|desk| desk.completeness.is_narrow())
            {
                continue;
            }
            let is_listed = |email: &EmailKey| {
                let customer = roster.customers.get(email);
                customer.is_some_and(|customer| customer.desks.contains(key))
            };
            for (email, id) in ledger.listed_on(&key.into()) {
                let has_it = |id: &AccountId| ledger.known_account(email).is_none_or(|known| known == id);
                match id {
                    _ if is_listed(email) && id.is_none_or(has_it) => {}
                    Some(id) if is_unobserved(observed, id) => drop(self.accounts.insert(id.clone())),
                    None if identities.with_email(email).is_empty() && !observed.lookups.contains_key(email) => {
                        self.emails.extend(Email::parse(email.as_str()).ok());
                    }
                    Some(_) | None => {}
                }
            }
        }
    }

    /// Adds the look-ups of claimed people missing from the last reading: a list may omit deactivated accounts, so
    /// their accounts are checked before the claims are dropped.
    fn ask_for_missed_people(&mut self, roster: &Roster, observed: &Observed, ledger: &Ledger) {
        for key in roster.desks.keys() {
            if observed.desk(key).is_none_or(|desk| desk.completeness.is_narrow()) {
                continue;
            }
            let container = Container::from(key);
            let missed = ledger.missed_accounts(&container);
            self.accounts
                .extend(missed.filter(|id| is_unobserved(observed, id)).cloned());
        }
    }

    fn ask_for_access(&mut self, customer: &Customer, account: &Account, observed: &Observed) {
        let desks = customer.desks.iter().filter_map(|key| Some((key, observed.desk(key)?)));
        for (key, desk) in desks.filter(|(_, desk)| !observed.has_access(desk, account)) {
            if desk.project_roles.is_none() && account.kind != AccountKind::Customer {
                self.project_roles.insert(key.clone());
            } else if desk.has_groups() && !observed.groups.contains_key(&account.handle) {
                self.groups.insert(account.handle.clone());
            }
        }
    }
}
