//! Classification of failures.

use super::check::FailureKind;
use crate::jira::{CallError, ConnectError, JiraRead};

/// Classifies a failed call that every pass needs.
pub(super) fn classify_required(error: &CallError) -> FailureKind {
    match error.is_refusal() {
        true => FailureKind::Refused,
        false => FailureKind::Unreachable,
    }
}

/// Classifies a failed call that a pass can do without, unless every other call would fail as well.
pub(super) async fn classify_optional(jira: &JiraRead, error: &CallError) -> FailureKind {
    let passing = matches!(error, CallError::Unreachable { .. }) && jira.is_responding().await;
    match error.ends_pass() && !passing {
        true => classify_required(error),
        false => FailureKind::Partial,
    }
}

/// Classifies a failed connection.
pub(super) fn classify_connection(error: &ConnectError) -> FailureKind {
    match error {
        ConnectError::Call(error) => classify_required(error),
        ConnectError::CaFile { .. }
        | ConnectError::Tls(_)
        | ConnectError::WrongDeployment { .. }
        | ConnectError::NotJira { .. }
        | ConnectError::MissingUser
        | ConnectError::Settings(_) => FailureKind::Settings,
    }
}
