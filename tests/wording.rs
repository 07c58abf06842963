//! Every error of a call has one wording: the operation once, what went wrong, what to do.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use quietdesk::causes::error_chain;
use quietdesk::engine::observe::ObserveError;
use quietdesk::jira::{CallError, ConnectError, SignInMethod};

const OPERATION: &str = "list the service desks";

/// One of each kind.
fn errors() -> Vec<CallError> {
    let (operation, detail) = (OPERATION, "it says so".to_owned());
    let plain = vec![
        CallError::SignInRefused {
            operation,
            detail: detail.clone(),
            sign_in: SignInMethod::ApiToken,
        },
        CallError::Forbidden {
            operation,
            detail: detail.clone(),
        },
        CallError::NotFound {
            operation,
            detail: detail.clone(),
        },
        CallError::Conflict {
            operation,
            detail: detail.clone(),
        },
        CallError::Refused {
            operation,
            status: 400,
            detail: detail.clone(),
        },
        CallError::DeskIsOpen { operation },
        CallError::ResponseLost {
            operation,
            detail: detail.clone(),
        },
        CallError::GaveUp {
            operation,
            attempts: 6,
            detail: detail.clone(),
            possibly_applied: true,
        },
        CallError::Unreachable {
            operation,
            patience: Duration::from_secs(60),
            detail: detail.clone(),
            possibly_applied: false,
        },
        CallError::NoConnection {
            operation,
            detail: detail.clone(),
        },
        CallError::RateLimited {
            operation,
            wait: Duration::from_secs(600),
        },
        CallError::Stopped { operation },
        CallError::InvalidResponse {
            operation,
            detail: detail.clone(),
        },
        CallError::UndocumentedResponse {
            operation,
            detail: detail.clone(),
        },
        CallError::Redirected {
            operation,
            location: "https://login.example.com".to_owned(),
        },
    ];
    let again = plain
        .iter()
        .map(|error| CallError::PossiblyApplied(Box::new(error.clone())));
    again.chain(plain.clone()).collect()
}

#[test]
fn no_error_names_its_operation_twice() {
    for error in errors() {
        let (found, reason, text) = (error.problem(), error.reason(), error.to_string());
        assert_eq!(text, format!("cannot {OPERATION}: {reason}"));
        assert!(reason.starts_with(&found), "{reason}");
        let advice = error.advice().unwrap_or_default();
        assert!(!found.is_empty() && reason.contains(advice), "{reason}");
        let read = ObserveError::Read {
            what: "the list of service desks".to_owned(),
            cause: error.clone(),
        };
        assert_eq!(
            error_chain(&read),
            format!("cannot read the list of service desks: {reason}")
        );
        let connected = error_chain(&ConnectError::from(error));
        for line in [&text, &error_chain(&read), &connected] {
            assert_eq!(line.matches("cannot ").count(), 1, "{line}");
            assert!(line.matches(OPERATION).count() <= 1, "{line}");
            assert!(!line.contains("; ;") && !line.ends_with(['.', ';', ' ']), "{line}");
        }
        assert!(!found.contains(OPERATION) && !advice.contains(OPERATION), "{reason}");
    }
}

#[test]
fn what_may_have_taken_effect_is_said_last() {
    let stopped = CallError::Stopped { operation: OPERATION };
    assert_eq!(
        CallError::PossiblyApplied(Box::new(stopped)).to_string(),
        "cannot list the service desks: quietdesk is shutting down; an earlier attempt may have taken effect"
    );
}

#[test]
fn without_a_connection_the_causes_follow_the_advice_once() {
    let source = Box::new(std::io::Error::other("it is gone"));
    let file = "missing.pem".to_owned();
    let error = ConnectError::CaFile { file, source };
    assert_eq!(
        error_chain(&error),
        "--ca-file missing.pem cannot be read; give a PEM file with certificates: it is gone"
    );
    assert_eq!(error.problem(), "--ca-file missing.pem cannot be read");
}
