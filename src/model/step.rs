//! Steps of a plan and their causes.

use std::fmt;

use super::access::Access;
use super::account::{Account, AccountId, Handle};
use super::container::Container;
use super::desk::DeskKey;
use super::email::Email;
use super::roster::InitialPassword;

/// Number of a step within its plan, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepId(pub u32);

/// One change that brings Jira closer to the roster.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Step {
    /// The number.
    pub id: StepId,
    /// The change.
    pub action: Action,
    /// Why Jira differs from the roster.
    pub cause: Cause,
}

/// Change made by a step.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Action {
    /// Creates a customer account, without an e-mail and without a license.
    CreateCustomer {
        /// The e-mail, as spelled in the roster.
        email: Email,
        /// The display name.
        name: String,
        /// The desks the account is created for.
        desks: Vec<DeskKey>,
        /// Source of its initial password; `None`: it has none.
        password: Option<InitialPassword>,
    },
    /// Changes an account (Data Center).
    UpdateCustomer {
        /// The roster entry.
        email: Email,
        /// The account, with its handle before the change.
        account: AccountRef,
        /// The changes.
        changes: AccountChanges,
    },
    /// Adds an account to a desk's customers.
    AddToDesk {
        /// The roster entry.
        email: Email,
        /// The account.
        who: StepAccount,
        /// The desk.
        desk: DeskKey,
    },
    /// Removes an account from a desk's customers.
    RemoveFromDesk {
        /// The e-mail it shows; `None` if it shows none that a roster could contain.
        email: Option<Email>,
        /// The account.
        account: AccountRef,
        /// The desk.
        desk: DeskKey,
        /// The steps that must succeed first: adds of the person to other desks, or of their new account to this one.
        after: Vec<StepId>,
    },
    /// Changes a desk's access mode.
    SetAccess {
        /// The desk.
        desk: DeskKey,
        /// The mode in Jira.
        before: Access,
        /// The mode in the roster.
        after: Access,
    },
}

/// Changes to an account, made in one call.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AccountChanges {
    /// A new display name.
    pub name: Option<NameChange>,
    /// A new e-mail.
    pub address: Option<AddressChange>,
    /// Whether a deactivated account is reactivated.
    pub reactivate: bool,
}

/// Change of a display name.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct NameChange {
    /// The name in Jira.
    pub before: String,
    /// The name in the roster.
    pub after: String,
}

/// Change of a person's e-mail.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AddressChange {
    /// The e-mail in Jira.
    pub before: String,
    /// The e-mail in the roster.
    pub after: Email,
    /// The new username, if the old one was the old e-mail, as in accounts created by Jira Service Management.
    pub username: Option<Handle>,
}

/// Account that a step changes.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepAccount {
    /// An existing account.
    Existing(AccountRef),
    /// An account that another step of the plan creates or renames.
    MadeBy(StepId),
}

/// Reference to an account.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AccountRef {
    /// The stable id.
    pub id: AccountId,
    /// The identifier for API requests.
    pub handle: Handle,
}

/// Why Jira differs from the roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cause {
    /// No pass over the desk has completed yet.
    First,
    /// The roster was edited.
    Edit,
    /// Jira was changed outside quietdesk.
    Drift,
    /// The entry's `until` has passed.
    Expired,
    /// There is no ledger or base to compare with.
    Unknown,
}

/// Kind of a step. Matches on it are exhaustive, so that the compiler finds every place a new kind affects.
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
    /// All kinds.
    pub const ALL: [Self; 5] = [
        Self::CreateCustomer,
        Self::UpdateCustomer,
        Self::AddToDesk,
        Self::RemoveFromDesk,
        Self::SetAccess,
    ];

    /// Returns the name used in output.
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
        known.ok_or_else(|| serde::de::Error::custom(format_args!("{text:?} is not a step kind")))
    }
}

impl Action {
    /// Returns the kind.
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

    /// Returns the person's e-mail, if any.
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

    /// Returns the container and the account if this is a removal.
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

    /// Returns the steps that must succeed first.
    #[must_use]
    pub fn prerequisites(&self) -> &[StepId] {
        match self {
            Self::RemoveFromDesk { after, .. } => after,
            Self::CreateCustomer { .. }
            | Self::UpdateCustomer { .. }
            | Self::AddToDesk { .. }
            | Self::SetAccess { .. } => &[],
        }
    }

    /// Returns whether it is allowed for customer-only accounts only.
    #[must_use]
    pub fn requires_customer_only(&self) -> bool {
        match self {
            Self::UpdateCustomer { .. } | Self::RemoveFromDesk { .. } => true,
            Self::CreateCustomer { .. } | Self::AddToDesk { .. } | Self::SetAccess { .. } => false,
        }
    }

    /// Returns the desk it changes, if any.
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

impl AccountChanges {
    /// Returns whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.name.is_none() && self.address.is_none() && !self.reactivate
    }

    /// Describes the values before and after the change.
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

impl fmt::Display for AccountChanges {
    /// Writes the change, such as `Ada becomes Ada Lovelace`. May contain e-mails.
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
        let wrong = || serde::de::Error::custom(format_args!("{text:?} is not a step id"));
        number.map(Self).ok_or_else(wrong)
    }
}

impl fmt::Display for Step {
    /// Writes the step, such as `add ada@example.com to SUP`. Contains an e-mail: not for logs above DEBUG.
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

    fn all_changes() -> AccountChanges {
        AccountChanges {
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
        let nothing = AccountChanges::default();
        assert!(nothing.is_empty());
        for change in [
            AccountChanges {
                name: all_changes().name,
                ..AccountChanges::default()
            },
            AccountChanges {
                address: all_changes().address,
                ..AccountChanges::default()
            },
            AccountChanges {
                reactivate: true,
                ..AccountChanges::default()
            },
        ] {
            assert!(!change.is_empty(), "{change}");
        }
        assert_eq!(
            all_changes().to_string(),
            "ada@old.example, Ada, deactivated becomes ada@example.com, Ada Lovelace, active"
        );
        assert_eq!(nothing.before_and_after(), (String::new(), String::new()));
    }

    /// The person, desk and removal of each kind of step.
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
                changes: all_changes(),
            },
            Action::AddToDesk {
                email: email(),
                who: StepAccount::Existing(account()),
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
        let actual = actions.each_ref().map(|action| {
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
        assert_eq!(actual, expected);
        let alone = actions.each_ref().map(Action::requires_customer_only);
        let waiting = actions.each_ref().map(|action| action.prerequisites().len());
        assert_eq!(waiting, [0, 0, 0, 1, 0]);
        assert_eq!(alone, [false, true, false, true, false]);
        assert_eq!(actual.map(|(kind, ..)| kind), StepKind::ALL.map(StepKind::as_str));
        assert_eq!(StepKind::ALL, StepKind::VARIANTS);
        let [.., removal, access] = actions.map(|action| {
            let (id, cause) = (StepId(3), Cause::Edit);
            Step { id, action, cause }.to_string()
        });
        assert_eq!(removal, "remove 1 from SUP", "by its account if it shows no e-mail");
        assert_eq!(access, "set access of SUP from open to restricted");
    }

    #[test]
    fn a_step_is_named_by_its_number() {
        assert_eq!(StepId(7).to_string(), "s7");
        let read = |text: &str| serde_json::from_str::<StepId>(text).map_err(|error| error.to_string());
        assert_eq!(read("\"s7\""), Ok(StepId(7)));
        for wrong in ["\"7\"", "\"s\"", "\"x7\"", "\"s-1\""] {
            assert!(read(wrong).unwrap_err().contains("is not a step id"), "{wrong}");
        }
    }
}
