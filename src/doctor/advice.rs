//! Doctor's additions to error texts: which check failed, and what to do where the error alone gives no advice.

use crate::causes::append_causes;
use crate::jira::{BaseUrl, CallError, ConnectError};

/// Returns what to do about a failed call, where nothing but the error is known.
pub(super) fn fix_for_call(error: &CallError) -> &'static str {
    error.advice().unwrap_or_else(|| fix_for_read(error))
}

/// Returns advice for errors where it depends on the operation: doctor only reads.
fn fix_for_read(error: &CallError) -> &'static str {
    match error {
        CallError::NotFound { .. } => "check --url: use Jira's own address, including its path",
        CallError::Stopped { .. } | CallError::ResponseLost { .. } => "run quietdesk doctor again",
        CallError::PossiblyApplied(error) => fix_for_read(error),
        CallError::Conflict { .. }
        | CallError::Refused { .. }
        | CallError::SignInRefused { .. }
        | CallError::Forbidden { .. }
        | CallError::DeskIsOpen { .. }
        | CallError::GaveUp { .. }
        | CallError::Unreachable { .. }
        | CallError::NoConnection { .. }
        | CallError::RateLimited { .. }
        | CallError::UndocumentedResponse { .. }
        | CallError::InvalidResponse { .. }
        | CallError::Redirected { .. } => {
            "check that --url is Jira's own address and that no proxy responds in its place"
        }
    }
}

/// Returns the check at which a connection failed.
pub(super) fn failed_check(error: &ConnectError) -> &'static str {
    match error {
        ConnectError::CaFile { .. } | ConnectError::Tls(_) | ConnectError::Settings(_) => "reach",
        ConnectError::WrongDeployment { .. } | ConnectError::NotJira { .. } => "jira",
        ConnectError::MissingUser => "sign-in",
        ConnectError::Call(error) => failed_check_of_call(error),
    }
}

fn failed_check_of_call(error: &CallError) -> &'static str {
    match error {
        CallError::SignInRefused { .. } | CallError::Forbidden { .. } => "sign-in",
        // Something responds, but it is not Jira.
        CallError::NotFound { .. }
        | CallError::Conflict { .. }
        | CallError::Refused { .. }
        | CallError::DeskIsOpen { .. }
        | CallError::UndocumentedResponse { .. }
        | CallError::InvalidResponse { .. }
        | CallError::Redirected { .. } => "jira",
        CallError::ResponseLost { .. }
        | CallError::GaveUp { .. }
        | CallError::Unreachable { .. }
        | CallError::NoConnection { .. }
        | CallError::RateLimited { .. }
        | CallError::Stopped { .. } => "reach",
        CallError::PossiblyApplied(error) => failed_check_of_call(error),
    }
}

/// Returns why there is no connection, without advice.
pub(super) fn connection_problem(error: &ConnectError, url: &BaseUrl) -> String {
    match error {
        ConnectError::Call(error) => format!("{url}: {}", error.problem()),
        ConnectError::CaFile { .. }
        | ConnectError::Tls(_)
        | ConnectError::WrongDeployment { .. }
        | ConnectError::NotJira { .. }
        | ConnectError::MissingUser
        | ConnectError::Settings(_) => append_causes(error.problem(), error),
    }
}

/// Returns what to do about a failed connection.
pub(super) fn fix_for_connection(error: &ConnectError) -> &'static str {
    match error {
        ConnectError::Call(error) => fix_for_call(error),
        ConnectError::CaFile { .. }
        | ConnectError::Tls(_)
        | ConnectError::WrongDeployment { .. }
        | ConnectError::NotJira { .. }
        | ConnectError::MissingUser
        | ConnectError::Settings(_) => error.advice().unwrap_or("correct the setting"),
    }
}
