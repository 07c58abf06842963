//! Accounts of Data Center's user directory: usernames, new users, seats.

use super::super::config::Deployment;
use super::super::seed::SeedPerson;
use super::account::{Account, AccountNumber};
use super::directory::{NameTaken, NewUser};
use super::site::State;

impl State {
    /// Looks up an account by username.
    pub(in crate::sandbox) fn by_username(&self, username: &str) -> Option<(AccountNumber, &Account)> {
        let no = *self.by_username.get(&self.username_key(username))?;
        Some((no, self.accounts.get(&no)?))
    }

    /// Looks up the account of a membership call: by id on Cloud, by username on Data Center.
    pub(super) fn account_named(&self, name: &str) -> Option<AccountNumber> {
        match self.deployment {
            Deployment::Cloud => self.by_id.get(name).copied(),
            Deployment::DataCenter(_) => self.by_username.get(&self.username_key(name)).copied(),
        }
    }

    /// Creates an account in no group, like the platform: two accounts may have the same address. `lag` is the number
    /// of searches that will not find it yet.
    pub(in crate::sandbox) fn create_user(&mut self, user: NewUser, lag: u32) -> Result<AccountNumber, NameTaken> {
        if self.by_username(&user.username).is_some() {
            return Err(NameTaken);
        }
        let no = self.make_account(&SeedPerson {
            name: user.name,
            username: Some(user.username),
            ..SeedPerson::customer(user.email, &[])
        });
        self.change_account(no, |account| {
            account.password = Some(user.password);
            account.lag = lag;
        });
        Ok(no)
    }

    /// License seats in use now: one for each application of each active account.
    pub(in crate::sandbox) fn seats_in_use(&self) -> u64 {
        let active = self.accounts.values().filter(|account| account.active);
        active.map(|account| account.applications().count() as u64).sum()
    }

    /// Whether JSM refuses to create a customer with this address, because it is taken.
    pub(super) fn is_email_taken(&self, email: &str) -> bool {
        let held = || !self.accounts_with_email(email).is_empty();
        match self.deployment {
            Deployment::Cloud => held(),
            Deployment::DataCenter(_) => {
                let username = self.customer_username(email);
                self.by_username(&username).is_some() || !self.rules.create_checks_emails_only_as_usernames && held()
            }
        }
    }

    /// The username of a new account: from the seed, or derived from the address like JSM does. One that is taken,
    /// which only a seed can request, gets a number.
    pub(super) fn username_for(&self, person: &SeedPerson) -> String {
        match self.deployment {
            Deployment::Cloud => String::new(),
            Deployment::DataCenter(_) => {
                let wanted = person.username.clone();
                let wanted = wanted.unwrap_or_else(|| self.customer_username(&person.email));
                let free = |name: &String| self.by_username(name).is_none();
                let numbered = (2..).map(|n: u32| format!("{wanted}-{n}"));
                let mut names = std::iter::once(wanted.clone()).chain(numbered);
                names.find(free).unwrap_or(wanted)
            }
        }
    }

    /// Normalizes a username for comparing.
    pub(super) fn username_key(&self, username: &str) -> String {
        if self.rules.usernames_ignore_case {
            username.to_lowercase()
        } else {
            username.to_owned()
        }
    }

    fn customer_username(&self, email: &str) -> String {
        if self.rules.lowercase_usernames {
            email.to_lowercase()
        } else {
            email.to_owned()
        }
    }
}
