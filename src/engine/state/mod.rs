//! The persistent state: the ledger, the last good roster, the intents, and the audit journal.
//!
//! | file | content | access |
//! |---|---|---|
//! | `lock` | the writer: process, command, start time | locked while the writer lives |
//! | `state.sqlite` (`-wal`, `-shm`) | ledger, last good roster, intents | open in the writer; readers beside it |
//! | `handoff.jsonl` | created accounts, first passwords | writer appends; read and cleared beside it |
//! | `approvals.jsonl` | approvals | `approve` appends, beside the writer |
//! | `refused.json` | findings of the last pass | replaced by the writer |
//! | `refused-by-plan.json` | findings of the last `plan` | replaced by `plan`, beside the writer |
//! | `site.json` | Jira's base URL, all addresses it was reached at | replaced by the writer |
//! | `audit.jsonl`, `.1`, `.2` … | one line per call and per step | writer appends |
//!
//! One process writes; [`read_ledger`] works beside it, and after it was killed. `migration` reads the files of builds
//! before 0.1.0.
//!
//! Losing any file, or the directory, is safe: it never causes a duplicate account or a removal. This module does not
//! decide what to change, and none of its errors contains an e-mail.

pub(in crate::engine) mod approvals;
mod audit;
mod creates;
mod directory;
pub(in crate::engine) mod error;
mod folder;
mod handoff;
mod intents;
mod ledger_reader;
mod lock;
mod migration;
mod roster;
mod rows;
mod site;
mod store;
mod uncertain_creates;

pub use self::approvals::{ApproveResult, GuardFindings, approve};
pub use self::audit::Rotation;
pub use self::directory::{Opener, State};
pub use self::error::StateError;
pub use self::handoff::{HandOff, clear_hand_off, read_hand_off};
pub use self::ledger_reader::read_ledger;
pub use self::roster::RosterFile;
pub use self::site::{KnownSite, known_site, remember_site, site_of_ledger, site_of_unsafe_directory};
