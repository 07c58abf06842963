//! What the simulated Jira knows and how it changes: accounts, desks, who is on which.
//!
//! Pure: no async, no clock, no HTTP. Every change is a function that says what happened; how Jira words that is for
//! the routes of each deployment. Shared by all deployments.

mod account;
mod desk;
mod directory;
mod search;
mod snapshot;

use std::collections::{BTreeMap, BTreeSet};

pub(super) use account::{Account, No};
pub(super) use desk::{Desk, DeskIsOpen, Settings};
pub(super) use directory::{APPLICATIONS, Application, NewUser};
pub use snapshot::{AccountSnapshot, DeskSnapshot, Snapshot, UserSnapshot};

use super::config::{Deployment, Rules};
use super::seed::{PersonKind, Seed, SeedDesk, SeedPerson};

/// Everything the simulated Jira knows.
#[derive(Debug)]
pub(super) struct State {
    deployment: Deployment,
    rules: Rules,
    seed: u64,
    accounts: BTreeMap<No, Account>,
    /// The accounts that exist, oldest first: what a sweep walks, by position.
    order: Vec<No>,
    next: u32,
    by_id: BTreeMap<String, No>,
    /// Empty on Cloud.
    by_username: BTreeMap<String, No>,
    by_email: BTreeSet<(String, No)>,
    by_name: BTreeSet<(String, No)>,
    desks: BTreeMap<u32, Desk>,
    own: No,
    seats_taken: u64,
}

/// The account `create_customer` was asked for exists.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct EmailTaken;

impl State {
    /// The state a seed describes, with the account `own` signing in.
    pub(super) fn new(seed: &Seed, deployment: Deployment, rules: Rules, own: &str) -> Self {
        let mut state = Self {
            deployment,
            rules,
            seed: seed.seed,
            accounts: BTreeMap::new(),
            order: Vec::with_capacity(seed.people.len() + 1),
            next: 0,
            by_id: BTreeMap::new(),
            by_username: BTreeMap::new(),
            by_email: BTreeSet::new(),
            by_name: BTreeSet::new(),
            desks: BTreeMap::new(),
            own: No(0),
            seats_taken: 0,
        };
        state.own = state.make_account(&own_person(deployment, own));
        for desk in &seed.desks {
            state.make_desk(desk);
        }
        for person in &seed.people {
            state.admit(person);
        }
        state
    }

    /// Makes the account and puts it on its desks, as a seed wants it.
    pub(super) fn admit(&mut self, person: &SeedPerson) -> No {
        let no = self.make_account(person);
        for key in &person.desks {
            let id = match self.desk_by_key(key) {
                Some(desk) => desk.id,
                None => self.make_desk(&SeedDesk::new(key.as_str(), super::seed::DeskAccess::Restricted)),
            };
            if let Some(desk) = self.desks.get_mut(&id) {
                match person.kind {
                    PersonKind::Agent => desk.team.insert(no),
                    PersonKind::PortalOnly | PersonKind::Atlassian | PersonKind::App => desk.enter(no),
                };
            }
        }
        self.show_by_group(no);
        no
    }

    fn make_account(&mut self, person: &SeedPerson) -> No {
        let no = No(self.next);
        self.next += 1;
        let username = self.username_for(person);
        let account = Account::new(self.deployment, self.seed, no, person, username);
        self.index(no, &account);
        self.order.push(no);
        self.accounts.insert(no, account);
        no
    }

    fn index(&mut self, no: No, account: &Account) {
        self.by_id.insert(account.id.clone(), no);
        if !account.username.is_empty() {
            self.by_username.insert(self.username_key(&account.username), no);
        }
        self.by_email.insert((account.email_key(), no));
        for word in account.name_keys() {
            self.by_name.insert((word, no));
        }
    }

    fn unindex(&mut self, no: No, account: &Account) {
        self.by_id.remove(&account.id);
        self.by_username.remove(&self.username_key(&account.username));
        self.by_email.remove(&(account.email_key(), no));
        for word in account.name_keys() {
            self.by_name.remove(&(word, no));
        }
    }

    /// Makes a portal-only account, as JSM's create does, or finds that the address is taken.
    ///
    /// `lag` is how many searches will not find the account yet.
    pub(super) fn create_customer(&mut self, email: &str, name: &str, lag: u32) -> Result<No, EmailTaken> {
        if self.refuses_customer(email) {
            return Err(EmailTaken);
        }
        let no = self.make_account(&SeedPerson {
            name: name.to_owned(),
            ..SeedPerson::customer(email, &[])
        });
        if let Some(account) = self.accounts.get_mut(&no) {
            account.lag = lag;
        }
        Ok(no)
    }

    /// Takes an account away, from every desk too. False where there is none.
    pub(super) fn delete_account(&mut self, no: No) -> bool {
        let Some(account) = self.accounts.remove(&no) else {
            return false;
        };
        self.unindex(no, &account);
        self.order.retain(|&other| other != no);
        for desk in self.desks.values_mut() {
            desk.forget(no);
        }
        true
    }

    /// Changes an account; its id stays. True if that changed it.
    pub(super) fn change_account(&mut self, no: No, change: impl FnOnce(&mut Account)) -> bool {
        let Some(before) = self.accounts.remove(&no) else {
            return false;
        };
        let mut account = before.clone();
        change(&mut account);
        account.id.clone_from(&before.id);
        let changed = account != before;
        self.unindex(no, &before);
        self.index(no, &account);
        self.accounts.insert(no, account);
        changed
    }

    /// Counts a licence seat as taken.
    pub(super) fn take_seat(&mut self) {
        self.seats_taken += 1;
    }

    /// Licence seats taken since the start.
    pub(super) fn seats_taken(&self) -> u64 {
        self.seats_taken
    }

    /// The account that signs in.
    pub(super) fn own(&self) -> No {
        self.own
    }

    /// An account by number.
    pub(super) fn account(&self, no: No) -> Option<&Account> {
        self.accounts.get(&no)
    }

    /// An account by the id Jira shows.
    pub(super) fn by_id(&self, id: &str) -> Option<(No, &Account)> {
        let no = *self.by_id.get(id)?;
        Some((no, self.accounts.get(&no)?))
    }

    /// All accounts, oldest first.
    pub(super) fn order(&self) -> &[No] {
        &self.order
    }
}

/// The account that signs in, as a seed would have it: an agent, who administers Jira.
fn own_person(deployment: Deployment, user: &str) -> SeedPerson {
    let (email, username, groups) = match deployment {
        Deployment::Cloud => (user.to_owned(), None, vec![]),
        Deployment::DataCenter(_) => {
            let email = if user.contains('@') {
                user.to_owned()
            } else {
                format!("{user}@example.com")
            };
            (email, Some(user.to_owned()), vec![directory::ADMINISTRATORS.to_owned()])
        }
    };
    SeedPerson {
        name: "quietdesk".to_owned(),
        kind: PersonKind::Agent,
        username,
        groups,
        ..SeedPerson::customer(email, &[])
    }
}

#[cfg(test)]
mod tests;
