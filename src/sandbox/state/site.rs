//! Everything the simulated Jira knows, and how accounts come, change and go.

use std::collections::{BTreeMap, BTreeSet};

use super::super::config::{Deployment, Rules};
use super::super::seed::{DeskAccess, PersonKind, Seed, SeedDesk, SeedPerson};
use super::account::{Account, No};
use super::desk::Desk;
use super::directory::ADMINISTRATORS;

/// Everything the simulated Jira knows.
#[derive(Debug)]
pub(in crate::sandbox) struct State {
    pub(super) deployment: Deployment,
    pub(super) rules: Rules,
    pub(super) seed: u64,
    pub(super) accounts: BTreeMap<No, Account>,
    /// The accounts that exist, oldest first: what a sweep walks, by position.
    pub(super) order: Vec<No>,
    pub(super) next: u32,
    pub(super) by_id: BTreeMap<String, No>,
    /// Empty on Cloud.
    pub(super) by_username: BTreeMap<String, No>,
    pub(super) by_email: BTreeSet<(String, No)>,
    pub(super) by_name: BTreeSet<(String, No)>,
    pub(super) desks: BTreeMap<u32, Desk>,
    pub(super) own: No,
    pub(super) seats_taken: u64,
}

/// The account `create_customer` was asked for exists.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::sandbox) struct EmailTaken;

impl State {
    /// The state a seed describes, with the account `own` signing in.
    pub(in crate::sandbox) fn new(seed: &Seed, deployment: Deployment, rules: Rules, own: &str) -> Self {
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
    pub(in crate::sandbox) fn admit(&mut self, person: &SeedPerson) -> No {
        let no = self.make_account(person);
        for key in &person.desks {
            let id = match self.desk_by_key(key) {
                Some(desk) => desk.id,
                None => self.make_desk(&SeedDesk::new(key.as_str(), DeskAccess::Restricted)),
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

    pub(super) fn make_account(&mut self, person: &SeedPerson) -> No {
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
    pub(in crate::sandbox) fn create_customer(&mut self, email: &str, name: &str, lag: u32) -> Result<No, EmailTaken> {
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
    pub(in crate::sandbox) fn delete_account(&mut self, no: No) -> bool {
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
    pub(in crate::sandbox) fn change_account(&mut self, no: No, change: impl FnOnce(&mut Account)) -> bool {
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
    pub(in crate::sandbox) fn take_seat(&mut self) {
        self.seats_taken += 1;
    }

    /// Licence seats taken since the start.
    pub(in crate::sandbox) fn seats_taken(&self) -> u64 {
        self.seats_taken
    }

    /// The account that signs in.
    pub(in crate::sandbox) fn own(&self) -> No {
        self.own
    }

    /// An account by number.
    pub(in crate::sandbox) fn account(&self, no: No) -> Option<&Account> {
        self.accounts.get(&no)
    }

    /// An account by the id Jira shows.
    pub(in crate::sandbox) fn by_id(&self, id: &str) -> Option<(No, &Account)> {
        let no = *self.by_id.get(id)?;
        Some((no, self.accounts.get(&no)?))
    }

    /// All accounts, oldest first.
    pub(in crate::sandbox) fn order(&self) -> &[No] {
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
            (email, Some(user.to_owned()), vec![ADMINISTRATORS.to_owned()])
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
