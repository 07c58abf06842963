//! What a plan holds back because it cannot be decided or done safely.

use std::fmt;

use super::account::{AccountId, Handle};
use super::container::Container;
use super::desk::DeskKey;
use super::email::Email;

/// One thing held back. It holds up nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The person, where it is about one.
    pub email: Option<Email>,
    /// The desk, where it is about one.
    pub desk: Option<DeskKey>,
    /// Why.
    pub reason: HeldReason,
}

/// What a held entry leaves undecided. It says nothing about any other person or fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Concerns<'a> {
    /// Nothing that the roster wants.
    Nothing,
    /// All of one person: which account is theirs, and so each of their desks.
    Person(&'a Email),
    /// One person's name.
    Name(&'a Email),
    /// Whether one person is in one container.
    Membership(Container, &'a Email),
    /// Whether a container holds only people the roster lists.
    Strangers(Container),
    /// How open a desk is.
    Access(&'a DeskKey),
    /// All of one container.
    Container(Container),
}

/// What Jira accepted twice without effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
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

/// Why something is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeldReason {
    /// Several accounts show the address.
    SeveralAccounts(Vec<AccountId>),
    /// Accounts that hide their address were found by it.
    HiddenEmail(Vec<AccountId>),
    /// Jira refused to create it because somebody has it, and nobody who shows it can be found.
    ExistsUnseen(Vec<AccountId>),
    /// The account is deactivated.
    Deactivated(AccountId),
    /// The account is an app's.
    App(AccountId),
    /// The account would have to be changed, and is not known to be a mere customer's.
    NotACustomer(AccountId),
    /// The address is the user name of an account that shows another.
    UsernameTaken(AccountId),
    /// An account still has the address that `previously` names, beside the one that has the new address.
    PreviouslyStillThere(Vec<AccountId>),
    /// The account that had the address shows another now, or none.
    AddressChanged(AccountId),
    /// Would leave a desk, and hides who it is.
    LeaverHidden(AccountId),
    /// Would leave a desk, and Jira does not say whether it is a mere customer's.
    LeaverUnread(AccountId),
    /// Its `until` has come by one of two clocks that are far apart: this machine's and Jira's. The account, where it is
    /// known.
    ClockOff(Option<AccountId>),
    /// Jira accepted it twice, and it still is not so.
    NoEffect(Change),
    /// Jira removes nobody from a desk that is open.
    StillOpen,
    /// `initial_password: provided`, and the passwords file has none.
    PasswordMissing,
    /// An earlier account with a first password could not be shown to take no licence seat.
    SeatGiven(String),
    /// `account:` names an account Jira does not have.
    PinUnknown(Handle),
    /// `account:` names an account that shows another address.
    PinShowsAnother(Handle),
    /// Two entries name the same account.
    PinShared(Handle),
    /// No such desk.
    DeskMissing,
    /// The desk's customers cannot be listed.
    DeskUnreadable(String),
    /// Jira does not let quietdesk's account change the desk.
    DeskClosed(String),
    /// The access mode cannot be read.
    AccessUnreadable(String),
    /// Cloud has no public desks.
    PublicOnCloud,
    /// The site lets nobody sign up.
    PublicNotAllowed,
}

impl Held {
    /// What it leaves undecided.
    #[must_use]
    pub fn concerns(&self) -> Concerns<'_> {
        let (email, desk) = (self.email.as_ref(), self.desk.as_ref());
        let container = desk.map(Container::from);
        let concerns = match &self.reason {
            HeldReason::SeveralAccounts(_)
            | HeldReason::HiddenEmail(_)
            | HeldReason::ExistsUnseen(_)
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
            // With a desk it is an entry whose `until` has come: the roster wants nothing of that person any more.
            | HeldReason::SeatGiven(_) => container.map(Concerns::Strangers).or(email.map(Concerns::Person)),
            HeldReason::NoEffect(Change::Account) => email.map(Concerns::Person),
            HeldReason::NoEffect(Change::Name) => email.map(Concerns::Name),
            HeldReason::NoEffect(Change::Add) => {
                container.zip(email).map(|(container, email)| Concerns::Membership(container, email))
            },
            HeldReason::NoEffect(Change::Remove)
            | HeldReason::StillOpen
            | HeldReason::ClockOff(_)
            | HeldReason::LeaverHidden(_) | HeldReason::LeaverUnread(_) => {
                container.map(Concerns::Strangers)
            }
            HeldReason::NoEffect(Change::Access)
            | HeldReason::AccessUnreadable(_)
            | HeldReason::PublicOnCloud
            | HeldReason::PublicNotAllowed => desk.map(Concerns::Access),
            HeldReason::DeskMissing
            | HeldReason::DeskUnreadable(_)
            | HeldReason::DeskClosed(_) => container.map(Concerns::Container),
        };
        concerns.unwrap_or(Concerns::Nothing)
    }
}

impl HeldReason {
    /// The accounts that might be meant.
    #[must_use]
    pub fn candidates(&self) -> &[AccountId] {
        match self {
            Self::SeveralAccounts(ids)
            | Self::HiddenEmail(ids)
            | Self::ExistsUnseen(ids)
            | Self::PreviouslyStillThere(ids) => ids,
            Self::Deactivated(id)
            | Self::App(id)
            | Self::NotACustomer(id)
            | Self::UsernameTaken(id)
            | Self::AddressChanged(id)
            | Self::LeaverHidden(id)
            | Self::LeaverUnread(id) => std::slice::from_ref(id),
            Self::ClockOff(id) => id.as_slice(),
            Self::PinUnknown(_)
            | Self::PinShowsAnother(_)
            | Self::PinShared(_)
            | Self::DeskMissing
            | Self::DeskUnreadable(_)
            | Self::DeskClosed(_)
            | Self::AccessUnreadable(_)
            | Self::PasswordMissing
            | Self::SeatGiven(_)
            | Self::NoEffect(_)
            | Self::StillOpen
            | Self::PublicNotAllowed
            | Self::PublicOnCloud => &[],
        }
    }

    /// What the user can do about it.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self {
            Self::SeveralAccounts(_) => {
                "decide which one is meant and write its id as `account:` in the roster, or merge them in Jira"
            }
            Self::HiddenEmail(_) | Self::ExistsUnseen(_) => {
                "find the person's account in Jira's user management and write its id as `account:` in the roster"
            }
            Self::Deactivated(_) => {
                "reactivate the account in Jira (on Data Center, --reactivate does), or take the entry out of the roster"
            }
            Self::App(_) => "an app is no customer: take the entry out of the roster, or correct the address",
            Self::NotACustomer(_) => {
                "change the account in Jira yourself, or correct the entry: quietdesk changes accounts of mere customers alone"
            }
            Self::UsernameTaken(_) => {
                "if that account is this person's, write its user name as `account:` and its address as `previously:`; \
                 else rename it in Jira"
            }
            Self::PreviouslyStillThere(_) => {
                "decide which account the person keeps, deactivate or delete the other in Jira, or take `previously:` out"
            }
            Self::AddressChanged(_) => {
                "if it is still this person's, write its id as `account:` and its address as the entry's; if it is not, take \
                 the entry out for one pass, and the next one makes a new account"
            }
            Self::LeaverHidden(_) | Self::LeaverUnread(_) => {
                "take the account off the desk in Jira yourself, or list it under `customers` with its id as `account:`"
            }
            Self::ClockOff(_) => {
                "have this machine's clock set by a time server (timedatectl set-ntp true); the next pass goes on"
            }
            Self::NoEffect(_) => {
                "see what undoes it in Jira (a directory that is only read, an automation, another tool), then run \
                 `quietdesk apply --retry`"
            }
            Self::StillOpen => {
                "restrict the desk (`access: restricted`), or leave its list to fill by itself; where its access mode cannot \
                 be read, run `quietdesk apply --retry` after restricting it in Jira"
            }
            Self::PasswordMissing => {
                "add a line for the address to the file that --passwords names (give one, if none is given), or write \
                 `initial_password: generate`"
            }
            Self::SeatGiven(_) => {
                "see in Jira's administration (Application access, and the default groups) why a new user gets an \
                 application, fix that, stop the daemon if one runs, and run `quietdesk apply --retry`"
            }
            Self::PinUnknown(_) => "correct `account:` in the roster, or take it out so that the e-mail decides",
            Self::PinShowsAnother(_) => {
                "correct the entry's e-mail to the one the account shows, or its `account:` to the right account"
            }
            Self::PinShared(_) => "leave `account:` at the entry it belongs to",
            Self::DeskMissing => {
                "check the project key, that the project is a service desk, and that quietdesk's account administers it"
            }
            Self::DeskUnreadable(_) | Self::DeskClosed(_) => {
                "make quietdesk's account an administrator of the desk's project"
            }
            Self::AccessUnreadable(_) => {
                "use an unscoped API token of a project administrator, or take `access:` out and set it in Jira"
            }
            Self::PublicNotAllowed => {
                "allow public sign-up in Jira's administration (customer permissions), or write `access: open`"
            }
            Self::PublicOnCloud => "write `access: open`; who may sign up is the site's own setting on Cloud",
        }
    }
}

impl fmt::Display for HeldReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SeveralAccounts(ids) => write!(f, "{} accounts have this e-mail", ids.len()),
            Self::HiddenEmail(ids) => write!(
                f,
                "{} {} e-mail was found by this address, which proves nothing",
                ids.len(),
                if ids.len() == 1 {
                    "account that hides its"
                } else {
                    "accounts that hide their"
                }
            ),
            Self::ExistsUnseen(_) => f.write_str("Jira says an account with this e-mail exists, but shows none"),
            Self::Deactivated(_) => f.write_str("the account is deactivated"),
            Self::App(_) => f.write_str("the account belongs to an app"),
            Self::NotACustomer(_) => f.write_str(
                "the account would be changed, and it is an agent's, an administrator's or quietdesk's own, or could not be \
                 shown to be a mere customer's",
            ),
            Self::UsernameTaken(_) => {
                f.write_str("this e-mail is the user name of an account that shows another e-mail")
            }
            Self::PreviouslyStillThere(_) => f.write_str(
                "there is an account with this e-mail, and another with an address the person had previously",
            ),
            Self::AddressChanged(_) => f.write_str("the account that had this e-mail shows another now, or none"),
            Self::LeaverHidden(_) => f.write_str("it would leave the desk, and hides its e-mail"),
            Self::LeaverUnread(_) => f.write_str(
                "it would leave the desk, and Jira does not say whether it is an agent's, an administrator's or a mere \
                 customer's",
            ),
            Self::ClockOff(_) => f.write_str(
                "whether its `until` has come is in doubt: this machine's clock is more than an hour from Jira's",
            ),
            Self::NoEffect(_) => f.write_str("Jira accepted this twice, and it still is not so"),
            Self::StillOpen => f.write_str("Jira removes nobody from a desk that is open"),
            Self::PasswordMissing => f.write_str("there is no first password for it"),
            Self::SeatGiven(account) => {
                write!(
                    f,
                    "{account} was made with a first password, and could not be shown to take no licence seat"
                )
            }
            Self::PinUnknown(handle) => write!(f, "Jira has no account {handle}"),
            Self::PinShowsAnother(handle) => write!(f, "account {handle} shows another e-mail"),
            Self::PinShared(handle) => write!(f, "account {handle} is named by two entries"),
            Self::DeskMissing => f.write_str("there is no such service desk, or it cannot be seen"),
            Self::DeskUnreadable(why) => write!(f, "its customers cannot be listed: {why}"),
            Self::DeskClosed(why) => write!(f, "the desk cannot be changed: {why}"),
            Self::AccessUnreadable(why) => write!(f, "its access mode cannot be read: {why}"),
            Self::PublicNotAllowed => f.write_str("the site lets nobody sign up"),
            Self::PublicOnCloud => f.write_str("Jira Cloud has no public desks"),
        }
    }
}
