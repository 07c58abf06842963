//! Steps: the single differences a plan removes, and why each is there.

use std::fmt;

use super::access::Access;
use super::account::{Account, AccountId, Handle};
use super::container::Container;
use super::desk::DeskKey;
use super::email::Email;
use super::roster::InitialPassword;

/// A step's number within its plan, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepId(pub u32);

/// One difference between the roster and Jira that a plan removes.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Step {
    /// Its number.
    pub id: StepId,
    /// What is to be done.
    pub action: Action,
    /// Why it differs.
    pub cause: Cause,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Action {
    /// Make a customer's account, silently and without a seat.
    CreateCustomer {
        /// The address, as spelled in the roster.
        email: Email,
        /// The display name.
        name: String,
        /// The desks this account is made for.
        desks: Vec<DeskKey>,
        /// Where its first password comes from; nothing: it gets none.
        password: Option<InitialPassword>,
    },
    /// Change an account: Data Center.
    UpdateCustomer {
        /// Who the roster means.
        email: Email,
        /// Whose account, named as it is before.
        account: AccountRef,
        /// What changes.
        changes: Changes,
    },
    /// Put an account on a desk's list of customers.
    AddToDesk {
        /// Who the roster means.
        email: Email,
        /// Whose account.
        who: Who,
        /// Which desk.
        desk: DeskKey,
    },
    /// Take an account off a desk's list of customers.
    RemoveFromDesk {
        /// The address it shows; nothing where that is no address a roster could hold.
        email: Option<Email>,
        /// Whose account.
        account: AccountRef,
        /// Which desk.
        desk: DeskKey,
        /// The steps that have to succeed before: the same person's adds to other desks, or of a new account to this one.
        after: Vec<StepId>,
    },
    /// Change how open a desk is.
    SetAccess {
        /// Which desk.
        desk: DeskKey,
        /// What Jira has now.
        before: Access,
        /// What the roster wants.
        after: Access,
    },
}

/// What changes about an account, all in one call.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Changes {
    /// Its display name.
    pub name: Option<NameChange>,
    /// Its address.
    pub address: Option<AddressChange>,
    /// It was deactivated, and comes back.
    pub reactivate: bool,
}

/// A new display name.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct NameChange {
    /// What Jira has now.
    pub before: String,
    /// What the roster wants.
    pub after: String,
}

/// A new address of the same person.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AddressChange {
    /// What Jira has now.
    pub before: String,
    /// What the roster wants.
    pub after: Email,
    /// The new user name, where the old one was the old address, as it is of the accounts the service management made.
    pub username: Option<Handle>,
}

/// Whose account a step is about.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// One that is there already.
    Existing(AccountRef),
    /// One that another step of the plan makes, or gives a new handle.
    MadeBy(StepId),
}

/// An account, as far as a step needs it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AccountRef {
    /// Its stable identity.
    pub id: AccountId,
    /// What calls send.
    pub handle: Handle,
}

/// Why Jira differs from the roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cause {
    /// No pass over the desk has ever completed.
    First,
    /// The roster changed.
    Edit,
    /// Jira changed by itself.
    Drift,
    /// The entry's `until` has come.
    Expired,
    /// Nothing is remembered that could tell.
    Unknown,
}

/// The kinds of step there are. Every place that tells them apart matches them all, so that a new one is missed nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(test, derive(strum::VariantArray))]
pub enum StepKind {
    /// [`Action::CreateCustomer`]
    CreateCustomer,
    /// [`Action::UpdateCustomer`]
    UpdateCustomer,
    /// [`Action::AddToDesk`]
    AddToDesk,
    /// [`Action::RemoveFromDesk`]
    RemoveFromDesk,
    /// [`Action::SetAccess`]
    SetAccess,
}

impl StepKind {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::CreateCustomer,
        Self::UpdateCustomer,
        Self::AddToDesk,
        Self::RemoveFromDesk,
        Self::SetAccess,
    ];

    /// As outputs name it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CreateCustomer => "create_customer",
            Self::UpdateCustomer => "update_customer",
            Self::AddToDesk => "add_to_desk",
            Self::RemoveFromDesk => "remove_from_desk",
            Self::SetAccess => "set_access",
        }
    }
}

impl serde::Serialize for StepKind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> serde::Deserialize<'de> for StepKind {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let known = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        known.ok_or_else(|| serde::de::Error::custom(format_args!("{text:?} is no kind of step")))
    }
}

impl Action {
    /// The kind.
    #[must_use]
    pub fn kind(&self) -> StepKind {
        match self {
            Self::CreateCustomer { .. } => StepKind::CreateCustomer,
            Self::UpdateCustomer { .. } => StepKind::UpdateCustomer,
            Self::AddToDesk { .. } => StepKind::AddToDesk,
            Self::RemoveFromDesk { .. } => StepKind::RemoveFromDesk,
            Self::SetAccess { .. } => StepKind::SetAccess,
        }
    }

    /// The person it is about.
    #[must_use]
    pub fn email(&self) -> Option<&Email> {
        match self {
            Self::CreateCustomer { email, .. } | Self::UpdateCustomer { email, .. } | Self::AddToDesk { email, .. } => {
                Some(email)
            }
            Self::RemoveFromDesk { email, .. } => email.as_ref(),
            Self::SetAccess { .. } => None,
        }
    }

    /// Which account it takes off what.
    #[must_use]
    pub fn removal(&self) -> Option<(Container, &AccountRef)> {
        match self {
            Self::RemoveFromDesk { account, desk, .. } => Some((desk.into(), account)),
            Self::CreateCustomer { .. }
            | Self::UpdateCustomer { .. }
            | Self::AddToDesk { .. }
            | Self::SetAccess { .. } => None,
        }
    }

    /// The steps that have to succeed before it is done.
    #[must_use]
    pub fn waits_for(&self) -> &[StepId] {
        match self {
            Self::RemoveFromDesk { after, .. } => after,
            Self::CreateCustomer { .. }
            | Self::UpdateCustomer { .. }
            | Self::AddToDesk { .. }
            | Self::SetAccess { .. } => &[],
        }
    }

    /// Whether it is only done to an account that is a mere customer's.
    #[must_use]
    pub fn is_for_customers_alone(&self) -> bool {
        match self {
            Self::UpdateCustomer { .. } | Self::RemoveFromDesk { .. } => true,
            Self::CreateCustomer { .. } | Self::AddToDesk { .. } | Self::SetAccess { .. } => false,
        }
    }

    /// The desk it changes.
    #[must_use]
    pub fn desk(&self) -> Option<&DeskKey> {
        match self {
            Self::CreateCustomer { .. } | Self::UpdateCustomer { .. } => None,
            Self::AddToDesk { desk, .. } | Self::RemoveFromDesk { desk, .. } | Self::SetAccess { desk, .. } => {
                Some(desk)
            }
        }
    }
}

impl Changes {
    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.name.is_none() && self.address.is_none() && !self.reactivate
    }

    /// What is before and what after, each in words.
    #[must_use]
    pub fn before_and_after(&self) -> (String, String) {
        let name = self.name.as_ref().map(|name| (name.before.clone(), name.after.clone()));
        let address = self.address.as_ref();
        let address = address.map(|address| (address.before.clone(), address.after.to_string()));
        let active = self.reactivate.then(|| ("deactivated".to_owned(), "active".to_owned()));
        let (before, after): (Vec<_>, Vec<_>) = [address, name, active].into_iter().flatten().unzip();
        (before.join(", "), after.join(", "))
    }
}

impl fmt::Display for Changes {
    /// Such as `name from Ada to Ada Lovelace`. May hold e-mails.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (before, after) = self.before_and_after();
        write!(f, "{before} becomes {after}")
    }
}

impl From<&Account> for AccountRef {
    fn from(account: &Account) -> Self {
        Self {
            id: account.id.clone(),
            handle: account.handle.clone(),
        }
    }
}

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s{}", self.0)
    }
}

impl serde::Serialize for StepId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for StepId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let number = text.strip_prefix('s').and_then(|digits| digits.parse().ok());
        let wrong = || serde::de::Error::custom(format_args!("{text:?} is no step's id"));
        number.map(Self).ok_or_else(wrong)
    }
}

impl fmt::Display for Step {
    /// The step in words, such as `add ada@example.com to SUP`. Holds an e-mail: not for logs above DEBUG.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.action {
            Action::CreateCustomer { email, .. } => write!(f, "create {email}"),
            Action::UpdateCustomer { email, changes, .. } => write!(f, "update {email}: {changes}"),
            Action::AddToDesk { email, desk, .. } => write!(f, "add {email} to {desk}"),
            Action::RemoveFromDesk {
                email: Some(email),
                desk,
                ..
            } => write!(f, "remove {email} from {desk}"),
            Action::RemoveFromDesk {
                email: None,
                account,
                desk,
                ..
            } => write!(f, "remove {} from {desk}", account.id.0),
            Action::SetAccess { desk, before, after } => {
                write!(f, "set access of {desk} from {before} to {after}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use strum::VariantArray as _;

    use super::*;

    fn email() -> Email {
        Email::parse("ada@example.com").unwrap()
    }

    fn account() -> AccountRef {
        AccountRef {
            id: AccountId("1".into()),
            handle: Handle("ada".into()),
        }
    }

    fn everything() -> Changes {
        Changes {
            name: Some(NameChange {
                before: "Ada".into(),
                after: "Ada Lovelace".into(),
            }),
            address: Some(AddressChange {
                before: "ada@old.example".into(),
                after: email(),
                username: None,
            }),
            reactivate: true,
        }
    }

    #[test]
    fn what_changes_about_an_account() {
        let nothing = Changes::default();
        assert!(nothing.is_empty());
        for change in [
            Changes {
                name: everything().name,
                ..Changes::default()
            },
            Changes {
                address: everything().address,
                ..Changes::default()
            },
            Changes {
                reactivate: true,
                ..Changes::default()
            },
        ] {
            assert!(!change.is_empty(), "{change}");
        }
        assert_eq!(
            everything().to_string(),
            "ada@old.example, Ada, deactivated becomes ada@example.com, Ada Lovelace, active"
        );
        assert_eq!(nothing.before_and_after(), (String::new(), String::new()));
    }

    /// Each kind of step: its kind, whom and which desk it is about, and whom it takes off one.
    #[test]
    fn what_each_step_is_about() {
        let desk = || DeskKey::parse("SUP").unwrap();
        let actions = [
            Action::CreateCustomer {
                email: email(),
                name: "Ada".into(),
                desks: vec![desk()],
                password: None,
            },
            Action::UpdateCustomer {
                email: email(),
                account: account(),
                changes: everything(),
            },
            Action::AddToDesk {
                email: email(),
                who: Who::Existing(account()),
                desk: desk(),
            },
            Action::RemoveFromDesk {
                email: None,
                account: account(),
                desk: desk(),
                after: vec![StepId(1)],
            },
            Action::SetAccess {
                desk: desk(),
                before: Access::Open,
                after: Access::Restricted,
            },
        ];
        let told = actions.each_ref().map(|action| {
            let email = action.email().is_some();
            (
                action.kind().as_str(),
                email,
                action.desk().is_some(),
                action.removal().is_some(),
            )
        });
        let expected = [
            ("create_customer", true, false, false),
            ("update_customer", true, false, false),
            ("add_to_desk", true, true, false),
            ("remove_from_desk", false, true, true),
            ("set_access", false, true, false),
        ];
        assert_eq!(told, expected);
        let alone = actions.each_ref().map(Action::is_for_customers_alone);
        let waiting = actions.each_ref().map(|action| action.waits_for().len());
        assert_eq!(waiting, [0, 0, 0, 1, 0]);
        assert_eq!(alone, [false, true, false, true, false]);
        assert_eq!(told.map(|(kind, ..)| kind), StepKind::ALL.map(StepKind::as_str));
        assert_eq!(StepKind::ALL, StepKind::VARIANTS);
        let [.., removal, access] = actions.map(|action| {
            let (id, cause) = (StepId(3), Cause::Edit);
            Step { id, action, cause }.to_string()
        });
        assert_eq!(
            removal, "remove 1 from SUP",
            "by its account, where it shows no address"
        );
        assert_eq!(access, "set access of SUP from open to restricted");
    }

    #[test]
    fn a_step_is_named_by_its_number() {
        assert_eq!(StepId(7).to_string(), "s7");
        let read = |text: &str| serde_json::from_str::<StepId>(text).map_err(|error| error.to_string());
        assert_eq!(read("\"s7\""), Ok(StepId(7)));
        for wrong in ["\"7\"", "\"s\"", "\"x7\"", "\"s-1\""] {
            assert!(read(wrong).unwrap_err().contains("is no step's id"), "{wrong}");
        }
    }
}
