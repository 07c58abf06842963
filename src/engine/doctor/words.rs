//! What a failure is, and what to do about it, told apart: [`CallError`]'s own words run both together, for a line that
//! has nothing but the error.

use crate::jira::{BaseUrl, CallError, ConnectError};

const LATER: &str =
    "run quietdesk doctor again later; if it stays so, Jira's own log says why (Cloud: status.atlassian.com)";

/// What went wrong, without what to do.
pub(super) fn found(error: &CallError) -> String {
    match error {
        CallError::SignInRefused { detail, .. } => format!("Jira refuses the sign-in ({detail})"),
        CallError::Forbidden { detail, .. } => format!("quietdesk's account may not ({detail})"),
        CallError::NotFound { detail, .. } => {
            format!("Jira knows no such thing, or hides it from quietdesk's account ({detail})")
        }
        CallError::Conflict { detail, .. } => format!("Jira answers 409 ({detail})"),
        CallError::Refused { status, detail, .. } => format!("Jira answers {status} ({detail})"),
        CallError::DeskIsOpen { .. } => "the desk is open".to_owned(),
        CallError::AnswerLost { detail, .. } => format!("the answer was lost ({detail})"),
        CallError::GaveUp { attempts, detail, .. } => {
            format!("it failed {attempts} times while other requests succeed, the last time: {detail}")
        }
        CallError::Unreachable { patience, detail, .. } => {
            format!("no good answer for {} s ({detail})", patience.as_secs())
        }
        CallError::NoConnection { detail, .. } => format!("no connection ({detail})"),
        CallError::RateLimited { wait, .. } => {
            format!("Jira limits the rate and asks to wait {} s", wait.as_secs_f64().ceil())
        }
        CallError::Stopped { .. } => "told to stop".to_owned(),
        CallError::MaybeDone(error) => found(error),
        CallError::Undocumented { detail, .. } => format!("the answer is not the one that Jira documents ({detail})"),
        CallError::Unintelligible { detail, .. } => format!("the answer is not Jira's ({detail})"),
        CallError::Redirected { location, .. } => {
            format!("Jira redirects to {location}, which is not followed: the token would go along")
        }
    }
}

/// What to do about it, where nothing more is known than the error.
pub(super) fn mend(error: &CallError) -> &'static str {
    match error {
        CallError::SignInRefused { detail, sign_in, .. } => sign_in.mend(detail),
        CallError::Forbidden { detail, .. } if detail.contains("agent licence") => {
            "give the account an agent licence (admin.atlassian.com → Products → Jira Service Management), or use a token of \
             an account that has one"
        }
        CallError::Forbidden { .. } => "give the account the permission in Jira, or use a token of another account",
        CallError::NotFound { .. } => "check --url: it is Jira's own address, with the path that Jira is under",
        CallError::DeskIsOpen { .. } => "restrict the desk",
        CallError::Conflict { .. }
        | CallError::Refused { .. }
        | CallError::Undocumented { .. }
        | CallError::Unintelligible { .. } => {
            "check that --url is Jira's own address, and that no proxy answers in its place"
        }
        CallError::AnswerLost { .. } | CallError::GaveUp { .. } => LATER,
        CallError::Unreachable { detail, .. } if detail.contains("certificate") => {
            "if the certificate is of an authority of your own, give that authority's with --ca-file"
        }
        // A status: it is Jira that fails, not the way to it.
        CallError::Unreachable { detail, .. } if detail.starts_with('5') => LATER,
        CallError::NoConnection { .. } => "check --url, the network and proxies (HTTPS_PROXY)",
        CallError::Unreachable { .. } => {
            "check --url, the network, proxies (HTTPS_PROXY) and, where Jira has a certificate of your own, --ca-file"
        }
        CallError::RateLimited { .. } => "try again then, or wait longer with --patience",
        CallError::Stopped { .. } => "run quietdesk doctor again",
        CallError::MaybeDone(error) => mend(error),
        CallError::Redirected { .. } => "check --url, or let quietdesk past the sign-on proxy before Jira",
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
        ConnectError::CaFile { file, source } => format!("--ca-file {file} cannot be read: {source}"),
        ConnectError::Tls(source) => format!("no encrypted connection can be made from this machine: {source}"),
        ConnectError::AnotherKind { expected, found } => format!("this is Jira {found}, not {expected}"),
        ConnectError::NoJira { url, detail } => format!("there is no Jira at {url}: it answers 404 ({detail})"),
        ConnectError::NoUser => "nobody says whose API token it is, which Jira Cloud asks for".to_owned(),
        ConnectError::Settings(why) => why.clone(),
        ConnectError::Call(error) => format!("{url}: {}", found(error)),
    }
}

/// What to do about having no connection.
pub(super) fn mend_of_connecting(error: &ConnectError) -> &'static str {
    match error {
        ConnectError::CaFile { .. } => "give a PEM file with certificates",
        ConnectError::Tls(_) => "install the system's CA certificates (Debian: ca-certificates), or give --ca-file",
        ConnectError::AnotherKind { .. } => "correct --deployment, or leave it to quietdesk to find out",
        ConnectError::NoJira { .. } => "correct --url: it is Jira's own address, with the path that Jira is under",
        ConnectError::NoUser => "give --user with the account's e-mail, or write user:token in the token file",
        ConnectError::Settings(_) => "correct the setting",
        ConnectError::Call(error) => mend(error),
    }
}
