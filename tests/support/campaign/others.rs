//! Changes that other people make in Jira, between passes and while one runs.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use quietdesk::sandbox::{DeskAccess, Sandbox, SeedPerson, Snapshot};
use rand::RngExt as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;

use super::drawn::{canonical, email};
use super::{DESKS, PEOPLE};

/// A change made by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Put(&'static str, String),
    TakeOff(&'static str, String),
    Activate(String, bool),
    Hide(String, bool),
    Delete(String),
    SignUp(String),
    Open(&'static str, DeskAccess),
}

impl Act {
    pub(super) fn drawn(snapshot: &Snapshot, random: &mut StdRng) -> Self {
        let ids: Vec<_> = snapshot.accounts.keys().cloned().collect();
        let id = ids.choose(random).unwrap().clone();
        let is_own = snapshot.accounts[&id].email == "quietdesk@example.com";
        let desk = *DESKS.choose(random).unwrap();
        let n = random.random_range(0..PEOPLE + 4);
        match random.random_range(0..9) {
            0 | 1 => Self::Put(desk, id),
            2 | 3 => Self::TakeOff(desk, id),
            4 if !is_own => Self::Activate(id, false),
            5 if !is_own => Self::Activate(id, true),
            6 if !is_own => Self::Hide(id, random.random()),
            7 if !is_own && random.random_bool(0.5) => Self::Delete(id),
            // In the file's spelling: Jira accepts a second account in another spelling, unnoticed by any client.
            8 if snapshot
                .accounts
                .values()
                .all(|account| canonical(&account.email) != email(n)) =>
            {
                Self::SignUp(email(n))
            }
            _ => Self::Open(
                desk,
                *[DeskAccess::Restricted, DeskAccess::Open].choose(random).unwrap(),
            ),
        }
    }

    /// Makes the change; false if it is no longer possible.
    pub(super) fn is_done(&self, sandbox: &Sandbox) -> bool {
        match self {
            Self::Put(desk, id) => sandbox.add_member(desk, id).is_ok(),
            Self::TakeOff(desk, id) => sandbox.remove_member(desk, id).is_ok(),
            Self::Activate(id, active) => sandbox.set_active(id, *active).is_ok(),
            Self::Hide(id, hidden) => sandbox.set_email_hidden(id, *hidden).is_ok(),
            Self::Delete(id) => sandbox.delete_account(id).is_ok(),
            Self::SignUp(email) => {
                let free = sandbox.ids_by_email(email).is_empty();
                free && !sandbox
                    .create_account(&SeedPerson::customer(email.clone(), &[]))
                    .is_empty()
            }
            Self::Open(desk, access) => sandbox.set_access(desk, *access).is_ok(),
        }
    }

    /// Whether it changes this account's place on a desk.
    pub(super) fn moves(&self, on: &str, who: &str) -> bool {
        match self {
            Self::Put(desk, id) | Self::TakeOff(desk, id) => *desk == on && id == who,
            Self::Delete(id) => id == who,
            Self::Activate(..) | Self::Hide(..) | Self::SignUp(_) | Self::Open(..) => false,
        }
    }

    /// The desk and the account that it puts there.
    pub(super) fn puts(&self) -> Option<(String, String)> {
        match self {
            Self::Put(desk, id) => Some(((*desk).to_owned(), id.clone())),
            Self::TakeOff(..)
            | Self::Activate(..)
            | Self::Hide(..)
            | Self::Delete(_)
            | Self::SignUp(_)
            | Self::Open(..) => None,
        }
    }

    /// Whether it changes an account itself.
    pub(super) fn changes(&self, who: &str) -> bool {
        match self {
            Self::Activate(id, _) | Self::Hide(id, _) | Self::Delete(id) => id == who,
            Self::Put(..) | Self::TakeOff(..) | Self::SignUp(_) | Self::Open(..) => false,
        }
    }

    /// Whether it changes a desk's access mode.
    pub(super) fn opens(&self, which: &str) -> bool {
        matches!(self, Self::Open(desk, _) if *desk == which)
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Put(desk, id) => write!(f, "{id} is put on {desk}"),
            Self::TakeOff(desk, id) => write!(f, "{id} is taken off {desk}"),
            Self::Activate(id, true) => write!(f, "{id} is active"),
            Self::Activate(id, false) => write!(f, "{id} is deactivated"),
            Self::Hide(id, hidden) => write!(f, "{id} hides its address: {hidden}"),
            Self::Delete(id) => write!(f, "{id} is deleted"),
            Self::SignUp(email) => write!(f, "{email} signs up"),
            Self::Open(desk, access) => write!(f, "{desk} is made {access}"),
        }
    }
}

/// Other people at work while a pass runs.
pub(super) struct Others {
    sandbox: Sandbox,
    acts: Vec<(usize, Act)>,
    done: Mutex<Vec<Act>>,
}

impl Others {
    /// Makes each change once the sandbox has had that many requests.
    pub(super) fn new(sandbox: Sandbox, acts: Vec<(usize, Act)>) -> Self {
        Self {
            sandbox,
            acts,
            done: Mutex::default(),
        }
    }

    /// Never ends by itself.
    pub(super) async fn meddle(&self) {
        for (at, act) in &self.acts {
            self.sandbox.wait_for_requests(*at).await;
            if act.is_done(&self.sandbox) {
                let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
                done.push(act.clone());
            }
        }
        std::future::pending().await
    }

    /// The changes made so far.
    pub(super) fn done(&self) -> Vec<Act> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
