//! Held entries: differences that a plan cannot decide or apply safely.

use std::fmt;

use super::account::{AccountId, Handle};
use super::container::Container;
use super::desk::DeskKey;
use super::email::Email;

/// A difference that needs a decision. It blocks nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The person, if any.
    pub email: Option<Email>,
    /// The desk, if any.
    pub desk: Option<DeskKey>,
    /// The reason.
    pub reason: HeldReason,
}

/// The facts that a held entry leaves undecided. All others are decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UndecidedFacts<'a> {
    /// No fact of the roster.
    Nothing,
    /// All facts of a person: their account is undecided, and so are their desks.
    Person(&'a Email),
    /// A person's name.
    Name(&'a Email),
    /// A person's membership in a container.
    Membership(Container, &'a Email),
    /// Whether a container has members the roster does not list.
    Strangers(Container),
    /// A desk's access mode.
    Access(&'a DeskKey),
    /// All facts of a container.
    Container(Container),
}

/// Kind of a change that Jira accepted twice without effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IneffectiveChange {
    /// A desk's access mode.
    Access,
    /// Adding a person to a desk.
    Add,
    /// Removing an account from a desk.
    Remove,
    /// A person's name.
    Name,
    /// A person's address, or bringing back a deactivated account.
    Account,
}

/// Reason a difference is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeldReason {
    /// Several accounts have the e-mail.
    SeveralAccounts(Vec<AccountId>),
    /// The search returned only accounts with a hidden e-mail.
    HiddenEmail(Vec<AccountId>),
    /// Jira refused to create the account because the e-mail is in use, but no account shows it.
    ExistsNotShown(Vec<AccountId>),
    /// The account is deactivated.
    Deactivated(AccountId),
    /// The account belongs to an app.
    App(AccountId),
    /// The account would be changed, but is not known to be customer-only.
    NotACustomer(AccountId),
    /// The e-mail is the username of an account that shows a different e-mail.
    UsernameTaken(AccountId),
    /// One account has the e-mail, and another has an e-mail listed in `previously`.
    PreviouslyStillThere(Vec<AccountId>),
    /// The account that had the e-mail now shows a different one, or none.
    AddressChanged(AccountId),
    /// Would be removed from a desk, but its e-mail is hidden.
    CandidateHidden(AccountId),
    /// Would be removed from a desk, but is not known to be customer-only.
    CandidateStaffUnknown(AccountId),
    /// `until` has passed by only one of this machine's and Jira's clocks, which are far apart. Holds the account, if
    /// known.
    ClockOff(Option<AccountId>),
    /// Jira accepted the change twice without effect.
    NoEffect(IneffectiveChange),
    /// Jira does not allow removals while the desk is open.
    DeskOpen,
    /// `initial_password: provided`, but the passwords file has none for the e-mail.
    PasswordMissing,
    /// An earlier account with an initial password could not be verified to use no license.
    LicenseUnverified(String),
    /// `account:` names an account that does not exist.
    PinUnknown(Handle),
    /// `account:` names an account that shows a different e-mail.
    PinShowsAnother(Handle),
    /// Two entries name the same account.
    PinShared(Handle),
    /// The desk does not exist or is not visible.
    DeskMissing,
    /// The desk's customers cannot be listed; holds the cause.
    DeskUnreadable(String),
    /// quietdesk's account may not change the desk; holds the cause.
    DeskForbidden(String),
    /// The access mode cannot be read; holds the cause.
    AccessUnreadable(String),
    /// Cloud has no public desks.
    PublicOnCloud,
    /// The site does not allow public sign-up.
    PublicNotAllowed,
}

impl Held {
    /// Returns the facts this entry leaves undecided.
    #[must_use]
    pub fn undecided_facts(&self) -> UndecidedFacts<'_> {
        let (email, desk) = (self.email.as_ref(), self.desk.as_ref());
        let container = desk.map(Container::from);
        let concerns = match &self.reason {
            HeldReason::SeveralAccounts(_)
            | HeldReason::HiddenEmail(_)
            | HeldReason::ExistsNotShown(_)
            | HeldReason::Deactivated(_)
            | HeldReason::App(_)
            | HeldReason::NotACustomer(_)
            | HeldReason::UsernameTaken(_)
            | HeldReason::PreviouslyStillThere(_)
            | HeldReason::AddressChanged(_)
            | HeldReason::PinUnknown(_)
            | HeldReason::PinShowsAnother(_)
            | HeldReason::PinShared(_)
            | HeldReason::PasswordMissing
            // With a desk, it is an expired entry: the roster wants no fact of that person.
            | HeldReason::LicenseUnverified(_) => container.map(UndecidedFacts::Strangers).or(email.map(UndecidedFacts::Person)),
            HeldReason::NoEffect(IneffectiveChange::Account) => email.map(UndecidedFacts::Person),
            HeldReason::NoEffect(IneffectiveChange::Name) => email.map(UndecidedFacts::Name),
            HeldReason::NoEffect(IneffectiveChange::Add) => {
                container.zip(email).map(|(container, email)| UndecidedFacts::Membership(container, email))
            },
            HeldReason::NoEffect(IneffectiveChange::Remove)
            | HeldReason::DeskOpen
            | HeldReason::ClockOff(_)
            | HeldReason::CandidateHidden(_) | HeldReason::CandidateStaffUnknown(_) => {
                container.map(UndecidedFacts::Strangers)
            }
            HeldReason::NoEffect(IneffectiveChange::Access)
            | HeldReason::AccessUnreadable(_)
            | HeldReason::PublicOnCloud
            | HeldReason::PublicNotAllowed => desk.map(UndecidedFacts::Access),
            HeldReason::DeskMissing
            | HeldReason::DeskUnreadable(_)
            | HeldReason::DeskForbidden(_) => container.map(UndecidedFacts::Container),
        };
        concerns.unwrap_or(UndecidedFacts::Nothing)
    }
}

impl HeldReason {
    /// Returns the accounts that the entry may mean.
    #[must_use]
    pub fn candidates(&self) -> &[AccountId] {
        match self {
            Self::SeveralAccounts(ids)
            | Self::HiddenEmail(ids)
            | Self::ExistsNotShown(ids)
            | Self::PreviouslyStillThere(ids) => ids,
            Self::Deactivated(id)
            | Self::App(id)
            | Self::NotACustomer(id)
            | Self::UsernameTaken(id)
            | Self::AddressChanged(id)
            | Self::CandidateHidden(id)
            | Self::CandidateStaffUnknown(id) => std::slice::from_ref(id),
            Self::ClockOff(id) => id.as_slice(),
            Self::PinUnknown(_)
            | Self::PinShowsAnother(_)
            | Self::PinShared(_)
            | Self::DeskMissing
            | Self::DeskUnreadable(_)
            | Self::DeskForbidden(_)
            | Self::AccessUnreadable(_)
            | Self::PasswordMissing
            | Self::LicenseUnverified(_)
            | Self::NoEffect(_)
            | Self::DeskOpen
            | Self::PublicNotAllowed
            | Self::PublicOnCloud => &[],
        }
    }

    /// Returns what the user can do about it.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self {
            Self::SeveralAccounts(_) => {
                "set `account:` in the roster to the id of the right account, or merge the accounts in Jira"
            }
            Self::HiddenEmail(_) | Self::ExistsNotShown(_) => {
                "find the person's account in Jira's user management and set `account:` in the roster to its id"
            }
            Self::Deactivated(_) => {
                "reactivate the account in Jira (on Data Center, use --reactivate), or remove the entry from the roster"
            }
            Self::App(_) => "remove the entry from the roster, or correct the e-mail: apps cannot be customers",
            Self::NotACustomer(_) => {
                "change the account in Jira, or correct the entry: quietdesk changes customer-only accounts only"
            }
            Self::UsernameTaken(_) => {
                "if the account belongs to this person, set `account:` to its username and `previously:` to its \
                 e-mail; otherwise rename it in Jira"
            }
            Self::PreviouslyStillThere(_) => {
                "decide which account the person keeps; deactivate or delete the other in Jira, or remove `previously:`"
            }
            Self::AddressChanged(_) => {
                "if the account still belongs to this person, set `account:` to its id and the entry's e-mail to the \
                 one it shows; otherwise remove the entry for one pass and add it again to create a new account"
            }
            Self::CandidateHidden(_) | Self::CandidateStaffUnknown(_) => {
                "remove the account from the desk in Jira, or list it under `customers` with its id as `account:`"
            }
            Self::ClockOff(_) => {
                "synchronize this machine's clock with a time server (timedatectl set-ntp true); the next pass retries"
            }
            Self::NoEffect(_) => {
                "find what reverts it in Jira (a read-only directory, an automation, another tool), then run \
                 `quietdesk apply --retry`"
            }
            Self::DeskOpen => {
                "restrict the desk (`access: restricted`), or leave its list as it is; if its access mode cannot be \
                 read, restrict it in Jira and run `quietdesk apply --retry`"
            }
            Self::PasswordMissing => {
                "add a line for the e-mail to the --passwords file (create one if there is none), or set \
                 `initial_password: generate`"
            }
            Self::LicenseUnverified(_) => {
                "check in Jira's administration (Application access and default groups) why a new user gets an \
                 application, fix that, stop the daemon if it is running, and run `quietdesk apply --retry`"
            }
            Self::PinUnknown(_) => "correct `account:` in the roster, or remove it to look the account up by e-mail",
            Self::PinShowsAnother(_) => {
                "change the entry's e-mail to the one the account shows, or its `account:` to the right account"
            }
            Self::PinShared(_) => "keep `account:` only in the entry it belongs to",
            Self::DeskMissing => {
                "check the project key, that the project is a service desk, and that quietdesk's account administers it"
            }
            Self::DeskUnreadable(_) | Self::DeskForbidden(_) => {
                "make quietdesk's account an administrator of the desk's project"
            }
            Self::AccessUnreadable(_) => {
                "use an unscoped API token of a project administrator, or remove `access:` and set the mode in Jira"
            }
            Self::PublicNotAllowed => {
                "allow public sign-up in Jira's administration (customer permissions), or set `access: open`"
            }
            Self::PublicOnCloud => "set `access: open`; on Cloud, sign-up is a setting of the site",
        }
    }
}

impl fmt::Display for HeldReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SeveralAccounts(ids) => write!(f, "{} accounts have this e-mail", ids.len()),
            Self::HiddenEmail(ids) => write!(
                f,
                "{} {} with a hidden e-mail matched this address, which does not identify the person",
                ids.len(),
                if ids.len() == 1 { "account" } else { "accounts" }
            ),
            Self::ExistsNotShown(_) => f.write_str("an account with this e-mail exists, but Jira does not show it"),
            Self::Deactivated(_) => f.write_str("the account is deactivated"),
            Self::App(_) => f.write_str("the account belongs to an app"),
            Self::NotACustomer(_) => f.write_str(
                "the account would be changed, but it belongs to an agent, an administrator or quietdesk, or could not \
                 be verified as customer-only",
            ),
            Self::UsernameTaken(_) => {
                f.write_str("this e-mail is the username of an account that shows another e-mail")
            }
            Self::PreviouslyStillThere(_) => {
                f.write_str("one account has this e-mail, and another has a previous e-mail of the person")
            }
            Self::AddressChanged(_) => f.write_str("the account that had this e-mail now shows another, or none"),
            Self::CandidateHidden(_) => f.write_str("it would be removed from the desk, but its e-mail is hidden"),
            Self::CandidateStaffUnknown(_) => f.write_str(
                "it would be removed from the desk, but Jira does not show whether it belongs to an agent, an \
                 administrator or a customer",
            ),
            Self::ClockOff(_) => f.write_str(
                "cannot determine whether `until` has passed: this machine's clock is more than an hour from Jira's",
            ),
            Self::NoEffect(_) => f.write_str("Jira accepted this twice without effect"),
            Self::DeskOpen => f.write_str("Jira does not allow removals while the desk is open"),
            Self::PasswordMissing => f.write_str("the passwords file has no password for this e-mail"),
            Self::LicenseUnverified(account) => {
                write!(
                    f,
                    "{account} was created with an initial password, and could not be verified to use no license"
                )
            }
            Self::PinUnknown(handle) => write!(f, "Jira has no account {handle}"),
            Self::PinShowsAnother(handle) => write!(f, "account {handle} shows another e-mail"),
            Self::PinShared(handle) => write!(f, "two entries name account {handle}"),
            Self::DeskMissing => f.write_str("there is no such service desk, or it cannot be seen"),
            Self::DeskUnreadable(why) => write!(f, "its customers cannot be listed: {why}"),
            Self::DeskForbidden(why) => write!(f, "the desk cannot be changed: {why}"),
            Self::AccessUnreadable(why) => write!(f, "its access mode cannot be read: {why}"),
            Self::PublicNotAllowed => f.write_str("the site does not allow public sign-up"),
            Self::PublicOnCloud => f.write_str("Jira Cloud has no public desks"),
        }
    }
}
