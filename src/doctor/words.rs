//! What doctor adds to the words of errors: which check failed, and what to do where the error alone does not say.

use crate::causes::with_causes;
use crate::jira::{BaseUrl, CallError, ConnectError};

/// What to do about it, where nothing more is known than the error.
pub(super) fn mend(error: &CallError) -> &'static str {
    error.what_to_do().unwrap_or_else(|| of_reading(error))
}

/// Doctor only reads, before anything is known to be there: what a pass would not know of its writes, it does.
fn of_reading(error: &CallError) -> &'static str {
    match error {
        CallError::NotFound { .. } => "check --url: it is Jira's own address, with the path that Jira is under",
        CallError::Stopped { .. } | CallError::AnswerLost { .. } => "run quietdesk doctor again",
        CallError::MaybeDone(error) => of_reading(error),
        CallError::Conflict { .. }
        | CallError::Refused { .. }
        | CallError::SignInRefused { .. }
        | CallError::Forbidden { .. }
        | CallError::DeskIsOpen { .. }
        | CallError::GaveUp { .. }
        | CallError::Unreachable { .. }
        | CallError::NoConnection { .. }
        | CallError::RateLimited { .. }
        | CallError::Undocumented { .. }
        | CallError::Unintelligible { .. }
        | CallError::Redirected { .. } => {
            "check that --url is Jira's own address, and that no proxy answers in its place"
        }
    }
}

/// The check a connection failed at.
pub(super) fn failed_at(error: &ConnectError) -> &'static str {
    match error {
        ConnectError::CaFile { .. } | ConnectError::Tls(_) | ConnectError::Settings(_) => "reach",
        ConnectError::AnotherKind { .. } | ConnectError::NoJira { .. } => "jira",
        ConnectError::NoUser => "sign-in",
        ConnectError::Call(error) => failed_at_call(error),
    }
}

fn failed_at_call(error: &CallError) -> &'static str {
    match error {
        CallError::SignInRefused { .. } | CallError::Forbidden { .. } => "sign-in",
        // Something answers, but no Jira.
        CallError::NotFound { .. }
        | CallError::Conflict { .. }
        | CallError::Refused { .. }
        | CallError::DeskIsOpen { .. }
        | CallError::Undocumented { .. }
        | CallError::Unintelligible { .. }
        | CallError::Redirected { .. } => "jira",
        CallError::AnswerLost { .. }
        | CallError::GaveUp { .. }
        | CallError::Unreachable { .. }
        | CallError::NoConnection { .. }
        | CallError::RateLimited { .. }
        | CallError::Stopped { .. } => "reach",
        CallError::MaybeDone(error) => failed_at_call(error),
    }
}

/// Why there is no connection, without what to do.
pub(super) fn not_connected(error: &ConnectError, url: &BaseUrl) -> String {
    match error {
        ConnectError::Call(error) => format!("{url}: {}", error.found()),
        ConnectError::CaFile { .. }
        | ConnectError::Tls(_)
        | ConnectError::AnotherKind { .. }
        | ConnectError::NoJira { .. }
        | ConnectError::NoUser
        | ConnectError::Settings(_) => with_causes(error.found(), error),
    }
}

/// What to do about having no connection.
pub(super) fn mend_of_connecting(error: &ConnectError) -> &'static str {
    match error {
        ConnectError::Call(error) => mend(error),
        ConnectError::CaFile { .. }
        | ConnectError::Tls(_)
        | ConnectError::AnotherKind { .. }
        | ConnectError::NoJira { .. }
        | ConnectError::NoUser
        | ConnectError::Settings(_) => error.what_to_do().unwrap_or("correct the setting"),
    }
}
