//! Which creates nobody knows the end of, while a state directory is open.

use std::collections::BTreeSet;

use crate::model::email::EmailKey;

/// Creates whose end nobody knows.
#[derive(Default)]
pub(super) struct Open {
    /// Of this apply: about to be sent, or under way.
    pub(super) begun: BTreeSet<EmailKey>,
    /// Of an earlier apply or an earlier life: may have taken effect.
    pub(super) unsettled: BTreeSet<EmailKey>,
    /// The new addresses this apply gave to accounts.
    pub(super) renamed: BTreeSet<EmailKey>,
}

impl Open {
    /// What an earlier life left.
    pub(super) fn left(unsettled: BTreeSet<EmailKey>) -> Self {
        Self {
            unsettled,
            ..Self::default()
        }
    }
}
