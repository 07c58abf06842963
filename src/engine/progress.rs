//! How a pass tells how far it is, without knowing who listens.

use crate::model::desk::DeskKey;

/// Something that happened during a pass.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// So many customers of a desk were read.
    Listed {
        /// Which desk.
        desk: &'a DeskKey,
        /// How many so far.
        customers: usize,
    },
    /// So many of the e-mails that are on no desk were looked up.
    LookedUp {
        /// How many so far.
        done: usize,
        /// Of how many.
        of: usize,
    },
    /// All accounts are being read instead.
    Swept {
        /// How many so far.
        accounts: usize,
    },
    /// So many accounts were asked whether they are more than customers.
    ToldApart {
        /// How many so far.
        done: usize,
        /// Of how many.
        of: usize,
    },
    /// So many steps have ended.
    Applied {
        /// How many so far.
        done: usize,
        /// Of how many.
        of: usize,
    },
    /// Reading, or applying, is over.
    Ended,
}

/// Who listens.
pub trait Progress: Send + Sync {
    /// Takes in an event. Called often: must be quick.
    fn event(&self, event: Event<'_>);
}

/// Nobody listens.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn event(&self, _: Event<'_>) {}
}
