//! Finding accounts by a prefix of an address or a name, from an index.

use std::collections::BTreeSet;

use super::account::{Account, AccountNumber, email_key};
use super::site::State;

impl State {
    /// All accounts with this address, ignoring case, oldest first: also deactivated ones and ones that hide it.
    pub(in crate::sandbox) fn accounts_with_email(&self, email: &str) -> Vec<AccountNumber> {
        let key = email_key(email);
        starting_with(&self.by_email, &key)
            .take_while(|(email, _)| *email == key)
            .map(|(_, no)| *no)
            .collect()
    }

    /// Returns the first `most` accounts that `wanted` accepts and that have an address or name starting with `query`,
    /// oldest first. An account that is not indexed yet is left out, and its lag is decremented.
    pub(in crate::sandbox) fn search(
        &mut self,
        query: &str,
        most: usize,
        wanted: impl Fn(&Self, AccountNumber, &Account) -> bool,
    ) -> Vec<AccountNumber> {
        let key = email_key(query);
        let by_email = starting_with(&self.by_email, &key).filter(|(_, no)| {
            let account = self.accounts.get(no);
            let shown = |account: &Account| !self.rules.mask_emails && !account.hides_email(&self.rules);
            self.rules.search_finds_hidden_emails || account.is_some_and(shown)
        });
        let by_name = starting_with(&self.by_name, &key);
        let mut found = BTreeSet::new();
        for (_, no) in by_email.chain(by_name) {
            if found.len() >= most {
                break;
            }
            if self.accounts.get(no).is_some_and(|account| wanted(self, *no, account)) {
                found.insert(*no);
            }
        }
        found.retain(|no| match self.accounts.get_mut(no) {
            Some(account) if account.lag > 0 => {
                account.lag -= 1;
                false
            }
            _ => true,
        });
        found.into_iter().collect()
    }

    /// Searches a desk's list of customers.
    pub(in crate::sandbox) fn search_desk(&mut self, desk: u32, query: &str) -> Vec<AccountNumber> {
        self.search(query, usize::MAX, |state, no, account| {
            let listed = state.desks.get(&desk).is_some_and(|desk| desk.is_listed(no));
            listed && (account.active || state.rules.inactive_are_listed)
        })
    }
}

fn starting_with<'a>(
    index: &'a BTreeSet<(String, AccountNumber)>,
    key: &'a str,
) -> impl Iterator<Item = &'a (String, AccountNumber)> {
    index
        .range((key.to_owned(), AccountNumber(0))..)
        .take_while(move |(text, _)| text.starts_with(key))
}
