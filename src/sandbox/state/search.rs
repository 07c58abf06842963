//! Finding accounts by the beginning of an address or a name, without walking all of them.

use std::collections::BTreeSet;

use super::account::{Account, No, email_key};
use super::site::State;

impl State {
    /// Every account with exactly this address, oldest first: also deactivated ones and ones that hide it.
    pub(in crate::sandbox) fn holders(&self, email: &str) -> Vec<No> {
        let key = email_key(email);
        starting_with(&self.by_email, &key)
            .take_while(|(email, _)| *email == key)
            .map(|(_, no)| *no)
            .collect()
    }

    /// The first `most` accounts that `wanted` accepts and whose address or name begins with `query`, oldest first.
    ///
    /// An account Jira's index lags behind for is left out, and is one search nearer to being found.
    pub(in crate::sandbox) fn search(
        &mut self,
        query: &str,
        most: usize,
        wanted: impl Fn(&Self, No, &Account) -> bool,
    ) -> Vec<No> {
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

    /// The same among a desk's customers.
    pub(in crate::sandbox) fn search_desk(&mut self, desk: u32, query: &str) -> Vec<No> {
        self.search(query, usize::MAX, |state, no, account| {
            let listed = state.desks.get(&desk).is_some_and(|desk| desk.lists(no));
            listed && (account.active || state.rules.inactive_are_listed)
        })
    }
}

fn starting_with<'a>(index: &'a BTreeSet<(String, No)>, key: &'a str) -> impl Iterator<Item = &'a (String, No)> {
    index
        .range((key.to_owned(), No(0))..)
        .take_while(move |(text, _)| text.starts_with(key))
}
