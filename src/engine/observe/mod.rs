//! Observing: what of Jira a plan needs to know, in as few requests as there can be.
//!
//! Two rounds: list the desks' customers, then ask what the first plan could not decide. Nothing is
//! believed before `myself` has answered, because a dead token can answer 200 with nothing in it
//! (docs/jira.md#dead-token).
//!
//! `full`, `edit`, `saved_plan` and `export` each observe for one purpose; the other files hold what they share: desks
//! and their lists, accounts, the people who are looked up, what the planner asks, roles, and staff.

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
pub use self::export::{SurveyError, survey};
pub use self::full::observe;
pub(super) use self::questions::ask;
pub(super) use self::roles::hear_roles;
pub(super) use self::saved_plan::observe_saved;
pub(super) use self::staff::ask_staff;
