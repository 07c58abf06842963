//! The state of the simulated Jira, and creating, changing and deleting accounts.

use std::collections::{BTreeMap, BTreeSet};

use super::super::config::{Deployment, Rules};
use super::super::seed::{DeskAccess, PersonKind, Seed, SeedDesk, SeedPerson};
use super::account::{Account, AccountNumber};
use super::desk::Desk;
use super::directory::ADMINISTRATORS;

/// The state of the simulated Jira.
#[derive(Debug)]
pub(in crate::sandbox) struct State {
    pub(super) deployment: Deployment,
    pub(super) rules: Rules,
    pub(super) seed: u64,
    pub(super) accounts: BTreeMap<AccountNumber, Account>,
    /// The accounts that exist, oldest first: a sweep indexes it by position.
    pub(super) oldest_first: Vec<AccountNumber>,
    pub(super) next: u32,
    pub(super) by_id: BTreeMap<String, AccountNumber>,
    /// Empty on Cloud.
    pub(super) by_username: BTreeMap<String, AccountNumber>,
    pub(super) by_email: BTreeSet<(String, AccountNumber)>,
    pub(super) by_name: BTreeSet<(String, AccountNumber)>,
    pub(super) desks: BTreeMap<u32, Desk>,
    pub(super) own_account: AccountNumber,
    pub(super) seats_taken: u64,
}

/// The error for an address that another account has.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::sandbox) struct EmailTaken;

impl State {
    /// Creates the state of a seed, plus the account `own` that signs in.
    pub(in crate::sandbox) fn new(seed: &Seed, deployment: Deployment, rules: Rules, own: &str) -> Self {
        let mut state = Self {
            deployment,
            rules,
            seed: seed.seed,
            accounts: BTreeMap::new(),
            oldest_first: Vec::with_capacity(seed.people.len() + 1),
            next: 0,
            by_id: BTreeMap::new(),
            by_username: BTreeMap::new(),
            by_email: BTreeSet::new(),
            by_name: BTreeSet::new(),
            desks: BTreeMap::new(),
            own_account: AccountNumber(0),
            seats_taken: 0,
        };
        state.own_account = state.make_account(&own_person(deployment, own));
        for desk in &seed.desks {
            state.make_desk(desk);
        }
        for person in &seed.people {
            state.create_person(person);
        }
        state
    }

    /// Creates the account of a seeded person and adds it to its desks.
    pub(in crate::sandbox) fn create_person(&mut self, person: &SeedPerson) -> AccountNumber {
        let no = self.make_account(person);
        for key in &person.desks {
            let id = match self.desk_by_key(key) {
                Some(desk) => desk.id,
                None => self.make_desk(&SeedDesk::new(key.as_str(), DeskAccess::Restricted)),
            };
            if let Some(desk) = self.desks.get_mut(&id) {
                match person.kind {
                    PersonKind::Agent => desk.agents.insert(no),
                    PersonKind::PortalOnly | PersonKind::Atlassian | PersonKind::App => desk.add_customer(no),
                };
            }
        }
        self.list_by_group(no);
        no
    }

    pub(super) fn make_account(&mut self, person: &SeedPerson) -> AccountNumber {
        let no = AccountNumber(self.next);
        self.next += 1;
        let username = self.username_for(person);
        let account = Account::new(self.deployment, self.seed, no, person, username);
        self.index(no, &account);
        self.oldest_first.push(no);
        self.accounts.insert(no, account);
        no
    }

    fn index(&mut self, no: AccountNumber, account: &Account) {
        self.by_id.insert(account.id.clone(), no);
        if !account.username.is_empty() {
            self.by_username.insert(self.username_key(&account.username), no);
        }
        self.by_email.insert((account.email_key(), no));
        for word in account.name_keys() {
            self.by_name.insert((word, no));
        }
    }

    fn unindex(&mut self, no: AccountNumber, account: &Account) {
        self.by_id.remove(&account.id);
        self.by_username.remove(&self.username_key(&account.username));
        self.by_email.remove(&(account.email_key(), no));
        for word in account.name_keys() {
            self.by_name.remove(&(word, no));
        }
    }

    /// Creates a portal-only account, like JSM's create. `lag` is the number of searches that will not find it yet.
    pub(in crate::sandbox) fn create_customer(
        &mut self,
        email: &str,
        name: &str,
        lag: u32,
    ) -> Result<AccountNumber, EmailTaken> {
        if self.is_email_taken(email) {
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

    /// Deletes an account, also from every desk. Returns false if there is none.
    pub(in crate::sandbox) fn delete_account(&mut self, no: AccountNumber) -> bool {
        let Some(account) = self.accounts.remove(&no) else {
            return false;
        };
        self.unindex(no, &account);
        self.oldest_first.retain(|&other| other != no);
        for desk in self.desks.values_mut() {
            desk.remove_account(no);
        }
        true
    }

    /// Changes an account, except for its id. Returns whether that changed it.
    pub(in crate::sandbox) fn change_account(&mut self, no: AccountNumber, change: impl FnOnce(&mut Account)) -> bool {
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

    /// Counts a license seat as taken.
    pub(in crate::sandbox) fn take_seat(&mut self) {
        self.seats_taken += 1;
    }

    /// License seats taken since the start.
    pub(in crate::sandbox) fn seats_taken(&self) -> u64 {
        self.seats_taken
    }

    /// The account that signs in.
    pub(in crate::sandbox) fn own_account(&self) -> AccountNumber {
        self.own_account
    }

    /// Looks up an account by number.
    pub(in crate::sandbox) fn account(&self, no: AccountNumber) -> Option<&Account> {
        self.accounts.get(&no)
    }

    /// Looks up an account by its id in Jira.
    pub(in crate::sandbox) fn by_id(&self, id: &str) -> Option<(AccountNumber, &Account)> {
        let no = *self.by_id.get(id)?;
        Some((no, self.accounts.get(&no)?))
    }

    /// All accounts, oldest first.
    pub(in crate::sandbox) fn oldest_first(&self) -> &[AccountNumber] {
        &self.oldest_first
    }
}

/// The account that signs in, as a seeded person: an agent who administers Jira.
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
