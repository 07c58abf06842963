//! Observing: reads what a plan needs from Jira, in as few requests as possible.
//!
//! Two rounds: list the customers of the desks, then look up what the first plan could not decide. `myself` must
//! succeed first, because with an expired token other requests can return 200 with an empty result
//! (docs/jira.md#dead-token).
//!
//! `full`, `edit`, `saved_plan` and `export` each observe for one purpose. The other files hold the shared parts: desks
//! and their lists, accounts, look-ups, the planner's questions, roles, and staff.

mod accounts;
mod desks;
mod edit;
mod errors;
mod export;
mod full;
mod memberships;
mod people;
mod questions;
mod roles;
mod saved_plan;
mod sign_in;
mod staff;

pub use self::edit::observe_edit;
pub use self::errors::ObserveError;
pub use self::export::{ExportSnapshotError, read_export_snapshot};
pub use self::full::observe;
pub(super) use self::questions::resolve_questions;
pub(super) use self::roles::verify_lists_by_role;
pub(super) use self::saved_plan::observe_saved;
pub(super) use self::staff::read_staff;
