//! The observed accounts, each once.

use std::collections::btree_map::Entry;

use crate::model::account::{Account, AccountKind};
use crate::model::observed::Observed;

/// Adds an account, or completes the known one. Values from a desk's list are kept, since they are just as current, and
/// missing ones are filled in: JSM's lists may hide an e-mail that the platform shows, and never contain the kind of
/// an account.
pub(super) fn record_account(observed: &mut Observed, account: Option<Account>) {
    let Some(account) = account else { return };
    match observed.accounts.entry(account.id.clone()) {
        Entry::Vacant(place) => {
            place.insert(account);
        }
        Entry::Occupied(mut known) => {
            let known = known.get_mut();
            known.email = known.email.take().or(account.email);
            if known.kind == AccountKind::Unknown {
                known.kind = account.kind;
            }
            if known.name.is_empty() {
                known.name = account.name;
            }
        }
    }
}
