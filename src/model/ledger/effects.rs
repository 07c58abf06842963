//! Effects on Jira, identified independently of the pass.

use crate::model::access::Access;
use crate::model::account::AccountId;
use crate::model::container::Container;
use crate::model::desk::DeskKey;
use crate::model::email::EmailKey;
use crate::model::step::Action;

/// Effect on Jira, identified independently of the pass.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// A person is added to a container.
    Add(Container, EmailKey),
    /// An account is removed from a container.
    Remove(Container, AccountId),
    /// A removal that Jira refused because the desk is open, while the access mode could not be read.
    RemoveFromOpen(DeskKey, AccountId),
    /// An account changes to these values.
    Update(EmailKey, String),
    /// A desk gets this access mode.
    Access(DeskKey, Access),
}

impl Action {
    /// Returns the effect. Creating an account has none, because it is never repeated.
    #[must_use]
    pub fn effect(&self) -> Option<Effect> {
        match self {
            Self::CreateCustomer { .. } => None,
            Self::UpdateCustomer { email, changes, .. } => {
                Some(Effect::Update(email.key().clone(), changes.before_and_after().1))
            }
            Self::AddToDesk { email, desk, .. } => Some(Effect::Add(desk.into(), email.key().clone())),
            Self::RemoveFromDesk { account, desk, .. } => Some(Effect::Remove(desk.into(), account.id.clone())),
            Self::SetAccess { desk, after, .. } => Some(Effect::Access(desk.clone(), *after)),
        }
    }
}

impl Effect {
    /// Turns a removal from a desk into [`Self::RemoveFromOpen`]; `None` for other effects.
    pub(super) fn into_removal_from_open(self) -> Option<Self> {
        match self {
            Self::Remove(Container::Desk(desk), id) => Some(Self::RemoveFromOpen(desk, id)),
            Self::Remove(Container::Organization(_), _)
            | Self::Add(..)
            | Self::RemoveFromOpen(..)
            | Self::Update(..)
            | Self::Access(..) => None,
        }
    }
}
