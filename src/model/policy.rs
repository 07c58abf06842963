//! What the caller lets a plan do, besides what the roster says.

use std::collections::BTreeSet;

use super::email::EmailKey;
use super::guard;

/// What the caller lets a plan do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Bring deactivated accounts back (`--reactivate`): Data Center.
    pub reactivate: bool,
    /// Whom the passwords file has a first password for. Nobody's password is in here.
    pub provided: BTreeSet<EmailKey>,
    /// How much may be taken away.
    pub guards: guard::Settings,
    /// The ids of what the guards refused that somebody approved of.
    pub approved: BTreeSet<String>,
    /// What time it is, in seconds since 1970.
    pub now: i64,
}
