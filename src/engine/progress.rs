//! Progress reports of a pass.

use crate::model::desk::DeskKey;

/// A progress event of a pass.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// Customers read from a desk's list.
    Listed {
        /// The desk.
        desk: &'a DeskKey,
        /// Number so far.
        customers: usize,
    },
    /// E-mails looked up that are on no desk.
    LookedUp {
        /// Number so far.
        done: usize,
        /// Total.
        of: usize,
    },
    /// Accounts read by a sweep of the site, in place of look-ups.
    Swept {
        /// Number so far.
        accounts: usize,
    },
    /// Accounts checked for a license or a project role.
    StaffChecked {
        /// Number so far.
        done: usize,
        /// Total.
        of: usize,
    },
    /// Steps ended.
    Applied {
        /// Number so far.
        done: usize,
        /// Total.
        of: usize,
    },
    /// Reading or applying has ended.
    Ended,
}

/// A receiver of progress events.
pub trait Progress: Send + Sync {
    /// Handles an event. Called often: must be quick.
    fn event(&self, event: Event<'_>);
}

/// Ignores every event.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn event(&self, _: Event<'_>) {}
}
