//! Creates with an unknown result, while a state directory is open.

use std::collections::BTreeSet;

use crate::model::email::EmailKey;

/// Creates with an unknown result.
#[derive(Default)]
pub(super) struct UncertainCreates {
    /// Creates of this apply: about to be sent, or under way.
    pub(super) begun: BTreeSet<EmailKey>,
    /// Creates of an earlier apply or process that may have taken effect.
    pub(super) uncertain: BTreeSet<EmailKey>,
    /// New e-mails that this apply set on accounts.
    pub(super) renamed: BTreeSet<EmailKey>,
}

impl UncertainCreates {
    /// Returns the creates that an earlier process left.
    pub(super) fn from_earlier_run(unsettled: BTreeSet<EmailKey>) -> Self {
        Self {
            uncertain: unsettled,
            ..Self::default()
        }
    }
}
