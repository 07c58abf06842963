//! The plan: every difference between the roster and Jira, decided once.
//!
//! | the entry's account | on the desk | desk | expected |
//! |---|---|---|---|
//! | one, active | yes, or on its team | any | nothing |
//! | one, active | no | managed | `add_to_desk` |
//! | one, active | no | paused | `add_to_desk`, listed apart |
//! | absent | no | managed, or none named | `create_customer`, then `add_to_desk` |
//! | absent | no | every one paused | both, listed apart |
//! | absent | no | every one missing or unreadable | nothing: the desk is held |
//! | several, hidden, deactivated, an app's, wrongly pinned | any | any | held |
//! | one with an address of `previously`, Data Center | any | any | `update_customer`, then `add_to_desk` |
//! | one with the new address, another with the old, Data Center | any | any | held |
//! | one with an address of `previously`, Cloud | yes | restricted | `remove_from_desk`, once the new account is on it |
//! | an address known to be an account's, which shows another or none now | any | any | held |
//! | to be changed, and an agent's, an administrator's, quietdesk's own or nobody knows | any | any | held; a name is noted |
//! | whose `until` comes between this machine's day and Jira's, the clocks being far apart | any | any | held |
//! | deactivated, Data Center, `--reactivate` | any | any | `update_customer`, then `add_to_desk` |
//! | one, whose name is not the file's, Data Center | any | any | `update_customer` where the file changed, else noted |
//!
//! Who is on a desk and is not to be: see `removals`. Who is on a desk's list on Cloud, and has no place in a role of its
//! customers that is believed, is not on the desk: added where listed (`add_to_desk`; noted after two in vain), else noted.
//!
//! [`plan`] is pure and synchronous; [`questions`] says what it still needs to be told.

mod access;
mod contents;
mod moves;
mod people;
mod planner;
mod questions;
mod removals;

pub use self::contents::{Leaver, Note, NoteKind, Plan};
pub use self::planner::{plan, plan_part};
pub use self::questions::{Questions, questions};

#[cfg(test)]
mod tests;
