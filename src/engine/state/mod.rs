//! What outlives the process: the ledger, the last good roster, the intents, and the journal of writes.
//!
//! | file | holds | how it is shared |
//! |---|---|---|
//! | `lock` | who writes: process, command, since when | the writer's lock, for as long as it lives |
//! | `state.sqlite` (`-wal`, `-shm`) | the ledger, the last good roster, and the creates that were about to be sent | held open by the writer; readers beside it |
//! | `handoff.jsonl` | who was made, and first passwords | added to by the writer; read and cleared beside it |
//! | `approvals.jsonl` | what somebody approved of | added to by `approve`, beside the writer |
//! | `refused.json` | what the guards refused in the last pass | put in place whole by the writer |
//! | `refused-by-plan.json` | what they refused in the last `plan` | put in place whole by `plan`, beside the writer |
//! | `site.json` | Jira's own name, and every address it was reached by | put in place whole by the writer |
//! | `audit.jsonl`, `.1`, `.2` … | a line for each call, and for each step it was for | appended to by the writer |
//!
//! One process writes; [`read_ledger`] works beside it, and after it was killed. What builds before 0.1.0 kept is read by
//! `migration`.
//!
//! Losing any file, or the folder, is safe: nobody is made twice or removed for it. Deciding what to change is no
//! business of this module, and no error of it names an e-mail.

pub(in crate::engine) mod approvals;
mod audit;
mod beside;
mod creates;
mod directory;
pub(in crate::engine) mod error;
mod folder;
mod handoff;
mod intents;
mod lock;
mod migration;
mod roster;
mod rows;
mod site;
mod store;
mod unsettled;

pub use self::approvals::{Approval, Judged, approve};
pub use self::audit::Rotation;
pub use self::beside::read_ledger;
pub use self::directory::{Opener, State};
pub use self::error::StateError;
pub use self::handoff::{HandOff, clear_hand_off, read_hand_off};
pub use self::roster::RosterFile;
pub use self::site::{KnownSite, known_site, recorded_site, remember_site, site_of_unsafe};
