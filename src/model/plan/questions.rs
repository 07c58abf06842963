//! What a plan still needs to be told.

use std::collections::BTreeSet;

use crate::model::account::{Account, AccountId, AccountKind, Handle};
use crate::model::container::Container;
use crate::model::desk::DeskKey;
use crate::model::email::{Email, EmailKey};
use crate::model::identity::{Identities, Identity, Question};
use crate::model::ledger::Ledger;
use crate::model::observed::{Deployment, Observed};
use crate::model::roster::{Customer, Membership, Roster};

/// What the planner needs to be told before it can decide.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Questions {
    /// Who has these e-mails?
    pub emails: Vec<Email>,
    /// Are there such accounts?
    pub pins: BTreeSet<Handle>,
    /// Who reaches these desks through another project role? Asked only where somebody who might be an agent would be
    /// added.
    pub teams: BTreeSet<DeskKey>,
    /// Which groups are they in? Asked only where somebody would be added to a desk that lets groups in.
    pub groups: BTreeSet<Handle>,
    /// Are there still the accounts these addresses had?
    pub accounts: BTreeSet<AccountId>,
}

impl Questions {
    /// Whether everything is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let nobody = self.pins.is_empty() && self.groups.is_empty() && self.accounts.is_empty();
        self.emails.is_empty() && self.teams.is_empty() && nobody
    }
}

/// What has to be asked before [`super::plan`] can decide about every entry.
#[must_use]
pub fn questions(roster: &Roster, observed: &Observed, ledger: &Ledger) -> Questions {
    let is_cloud = observed.site.deployment == Deployment::Cloud;
    let identities = Identities::new(roster, observed);
    let mut questions = Questions::default();
    for customer in roster.customers.values() {
        // On Cloud only whether the old account is on a desk matters, and the desk's list tells.
        let earlier = customer.previously.iter().filter(|_| !is_cloud);
        let unasked = earlier.filter(|email| !observed.lookups.contains_key(email.key()));
        questions.emails.extend(unasked.cloned());
        match identities.identify(customer) {
            Identity::Unasked(Question::Email(email)) if email.key() == customer.email.key() => {
                questions.emails.push(email.clone());
            }
            Identity::Unasked(Question::Email(_)) => {}
            Identity::Unasked(Question::Pin(pin)) => {
                questions.pins.insert(pin.clone());
            }
            Identity::Account(account) | Identity::Former(account) => {
                questions.of_account(customer, account, observed);
            }
            Identity::Absent => {
                let known = ledger.known(customer.email.key()).into_iter();
                questions
                    .accounts
                    .extend(known.filter(|id| is_unknown(observed, id)).cloned());
            }
            Identity::Held(_) => {}
        }
    }
    for customer in roster.expired.values() {
        if let Identity::Unasked(Question::Email(email)) = identities.identify(customer) {
            questions.emails.push(email.clone());
        }
    }
    match is_cloud {
        true => questions.of_missed(roster, observed, ledger),
        false => questions.of_leavers(roster, observed, ledger, &identities),
    }
    questions
}

/// Whether nobody has asked for an account yet, nor met it.
fn is_unknown(observed: &Observed, id: &AccountId) -> bool {
    !observed.accounts.contains_key(id) && !observed.gone.contains(id)
}

impl Questions {
    /// Data Center's lists hold user names: whose they are has to be asked, for whom an earlier roster listed.
    fn of_leavers(&mut self, roster: &Roster, observed: &Observed, ledger: &Ledger, identities: &Identities<'_>) {
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
                let has_it = |id: &AccountId| ledger.known(email).is_none_or(|known| known == id);
                match id {
                    _ if is_listed(email) && id.is_none_or(has_it) => {}
                    Some(id) if is_unknown(observed, id) => drop(self.accounts.insert(id.clone())),
                    None if identities.showing(email).is_empty() && !observed.lookups.contains_key(email) => {
                        self.emails.extend(Email::parse(email.as_str()).ok());
                    }
                    Some(_) | None => {}
                }
            }
        }
    }

    /// Whom an earlier roster listed and the last reading did not show: a list may leave out who is deactivated, so that is
    /// asked before they are forgotten.
    fn of_missed(&mut self, roster: &Roster, observed: &Observed, ledger: &Ledger) {
        for key in roster.desks.keys() {
            if observed.desk(key).is_none_or(|desk| desk.completeness.is_narrow()) {
                continue;
            }
            let container = Container::from(key);
            let missed = ledger.missed_on(&container);
            self.accounts
                .extend(missed.filter(|id| is_unknown(observed, id)).cloned());
        }
    }

    fn of_account(&mut self, customer: &Customer, account: &Account, observed: &Observed) {
        let desks = customer.desks.iter().filter_map(|key| Some((key, observed.desk(key)?)));
        for (key, desk) in desks.filter(|(_, desk)| !observed.has_access(desk, account)) {
            if desk.team.is_none() && account.kind != AccountKind::Customer {
                self.teams.insert(key.clone());
            } else if desk.has_groups() && !observed.groups.contains_key(&account.handle) {
                self.groups.insert(account.handle.clone());
            }
        }
    }
}
