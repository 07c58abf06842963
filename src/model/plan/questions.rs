//! What a plan still needs to be told.

use std::collections::BTreeSet;

use super::read;
use crate::model::account::{Account, AccountKind, Handle};
use crate::model::desk::DeskKey;
use crate::model::email::Email;
use crate::model::identity::{Identities, Identity, Question};
use crate::model::observed::Observed;
use crate::model::roster::{Customer, Roster};

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
}

impl Questions {
    /// Whether everything is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.emails.is_empty() && self.pins.is_empty() && self.teams.is_empty() && self.groups.is_empty()
    }
}

/// What has to be asked before [`super::plan`] can decide about every entry.
#[must_use]
pub fn questions(roster: &Roster, observed: &Observed) -> Questions {
    let identities = Identities::new(roster, observed);
    let mut questions = Questions::default();
    for customer in roster.customers.values() {
        let earlier = customer.previously.iter();
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
            Identity::Absent | Identity::Held(_) => {}
        }
    }
    questions
}

impl Questions {
    fn of_account(&mut self, customer: &Customer, account: &Account, observed: &Observed) {
        let desks = customer
            .desks
            .iter()
            .filter_map(|key| Some((key, read(observed, key)?)));
        for (key, desk) in desks.filter(|(_, desk)| !observed.has_access(desk, account)) {
            if desk.team.is_none() && account.kind != AccountKind::Customer {
                self.teams.insert(key.clone());
            } else if desk.has_groups() && !observed.groups.contains_key(&account.handle) {
                self.groups.insert(account.handle.clone());
            }
        }
    }
}
