//! Every account that is met, once.

use std::collections::btree_map::Entry;

use crate::model::account::{Account, AccountKind};
use crate::model::observed::Observed;

/// What a desk's list said stays: it was read for this pass just as well. What it left out is filled in: JSM's lists
/// may hide an e-mail that the platform shows, and never say of what kind an account is.
pub(super) fn remember(observed: &mut Observed, account: Option<Account>) {
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
