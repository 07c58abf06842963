//! What kind of trouble a failure is.

use super::check::Trouble;
use crate::jira::{CallError, ConnectError, JiraRead};

/// What a failed call comes to that no pass can do without.
pub(super) fn of_the_whole(error: &CallError) -> Trouble {
    match error.is_refusal() {
        true => Trouble::Refused,
        false => Trouble::Unreachable,
    }
}

/// What a failed call comes to that a pass can do without, unless every other call would fail as well.
pub(super) async fn weigh(jira: &JiraRead, error: &CallError) -> Trouble {
    let passing = matches!(error, CallError::Unreachable { .. }) && jira.answers().await;
    match error.ends_the_pass() && !passing {
        true => of_the_whole(error),
        false => Trouble::Part,
    }
}

/// What it comes to that there is no connection.
pub(super) fn of_connecting(error: &ConnectError) -> Trouble {
    match error {
        ConnectError::Call(error) => of_the_whole(error),
        ConnectError::CaFile { .. }
        | ConnectError::Tls(_)
        | ConnectError::AnotherKind { .. }
        | ConnectError::NoJira { .. }
        | ConnectError::NoUser
        | ConnectError::Settings(_) => Trouble::Settings,
    }
}
