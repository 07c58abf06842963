//! What is done to Jira, whichever pass does it.

use crate::model::access::Access;
use crate::model::account::AccountId;
use crate::model::container::Container;
use crate::model::desk::DeskKey;
use crate::model::email::EmailKey;
use crate::model::step::Action;

/// Something done to Jira, whichever pass does it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deed {
    /// Somebody is put into a container.
    Add(Container, EmailKey),
    /// An account is taken out of a container.
    Remove(Container, AccountId),
    /// The same, refused because the desk is open: told by Jira where the access mode cannot be read.
    RemoveFromOpen(DeskKey, AccountId),
    /// An account becomes this.
    Update(EmailKey, String),
    /// A desk becomes that open.
    Access(DeskKey, Access),
}

impl Action {
    /// The deed; making an account is none, because nothing that was made is made again.
    #[must_use]
    pub fn deed(&self) -> Option<Deed> {
        match self {
            Self::CreateCustomer { .. } => None,
            Self::UpdateCustomer { email, changes, .. } => {
                Some(Deed::Update(email.key().clone(), changes.before_and_after().1))
            }
            Self::AddToDesk { email, desk, .. } => Some(Deed::Add(desk.into(), email.key().clone())),
            Self::RemoveFromDesk { account, desk, .. } => Some(Deed::Remove(desk.into(), account.id.clone())),
            Self::SetAccess { desk, after, .. } => Some(Deed::Access(desk.clone(), *after)),
        }
    }
}

impl Deed {
    /// A removal, as it is refused while the desk is open.
    pub(super) fn while_open(self) -> Option<Self> {
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
