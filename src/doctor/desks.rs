//! Checks of desks: whether each exists, its customers can be listed, and its access mode can be read.

use super::advice;
use super::check::{Check, FailureKind, Verdict};
use super::failure_kind::{classify_optional, classify_required};
use crate::jira::{CallError, DeskRef, JiraRead};
use crate::model::desk::DeskKey;
use crate::model::observed::Deployment;

/// Maximum number of desks that are named.
const NAMED: usize = 8;

/// Checks the list of desks and each wanted desk; the flag marks desks with a managed access mode.
pub(super) async fn check(jira: &JiraRead, wanted: &[(DeskKey, bool)]) -> Vec<Check> {
    jira.reset_breaker();
    let found = match jira.desks().await {
        Ok(found) => found,
        Err(error) => return vec![desk_list_failed(jira, &error)],
    };
    let mut checks = vec![check_desk_list(&found, jira.site().deployment)];
    // A failure that affects every call is reported once.
    let mut stopped: Option<String> = None;
    for (key, access) in wanted {
        let of_desk = match (&stopped, found.iter().find(|desk| desk.key == key.as_str())) {
            (Some(because), _) => ["desk", "access"].map(|id| Check::skipped(id, because)),
            (None, Some(desk)) => [
                check_customers(jira, desk).await,
                check_access_mode(jira, key, *access).await,
            ],
            (None, None) => [desk_missing(), Check::skipped("access", &format!("desk {key}"))],
        };
        let stopping = of_desk.iter().find(|check| affects_every_call(check));
        stopped = stopped.or(stopping.map(|check| format!("{} {key}", check.id)));
        checks.extend(of_desk.map(|check| check.for_desk(key)));
    }
    checks
}

fn check_desk_list(found: &[DeskRef], deployment: Deployment) -> Check {
    let mut keys: Vec<_> = found.iter().map(|desk| desk.key.as_str()).collect();
    keys.sort_unstable();
    let count = keys.len();
    match count {
        0 => Check::warning("desks", "none visible").with_fix(administrator_fix(deployment)),
        1..=NAMED => Check::good("desks", format!("{count} visible: {}", keys.join(", "))),
        _ => {
            let (first, more) = (keys[..NAMED].join(", "), count - NAMED);
            Check::good("desks", format!("{count} visible: {first} and {more} more"))
        }
    }
}

fn affects_every_call(check: &Check) -> bool {
    match check.verdict {
        Verdict::Bad(FailureKind::Refused | FailureKind::Unreachable | FailureKind::Settings) => true,
        Verdict::Bad(FailureKind::Partial) | Verdict::Good | Verdict::Warning | Verdict::Skipped => false,
    }
}

fn desk_list_failed(jira: &JiraRead, error: &CallError) -> Check {
    let found = "cannot list the desks: ";
    if matches!(error, CallError::NotFound { .. }) {
        let check = Check::failed("desks", FailureKind::Settings, found, error);
        return check.with_fix("install Jira Service Management, or correct --url");
    }
    let check = Check::failed("desks", classify_required(error), found, error);
    // Without a license, Data Center returns 403 with an HTML page (docs/jira.md#jsm-unlicensed); so do proxies in
    // front of Jira.
    if matches!(error, CallError::Forbidden { .. }) && jira.response_metadata().is_html {
        return check.with_fix(
            "check that no proxy in front of Jira blocks /rest/servicedeskapi, and that Jira Service Management's \
             license is still valid (Administration → Applications → Versions & licenses)",
        );
    }
    check
}

fn desk_missing() -> Check {
    let found = "there is no such service desk, or it cannot be seen";
    Check::bad("desk", FailureKind::Partial, found)
        .with_fix("check the project key, that the project is a service desk, and that the account administers it")
}

async fn check_customers(jira: &JiraRead, desk: &DeskRef) -> Check {
    let error = match jira.check_customer_list(desk).await {
        Ok(()) => return Check::good("desk", format!("{}: its customers can be listed", desk.name)),
        Err(error) => error,
    };
    let deployment = jira.site().deployment;
    let found = "its customers cannot be listed: ";
    let check = Check::failed("desk", classify_optional(jira, &error).await, found, &error);
    match (&error, deployment) {
        (CallError::NotFound { .. }, Deployment::DataCenter) => check.with_fix(
            "restore the project role \"Service Desk Customers\" (Project settings → Users and roles), and make the \
             account an administrator of the project",
        ),
        (CallError::Forbidden { .. } | CallError::NotFound { .. }, _) => check.with_fix(administrator_fix(deployment)),
        _ => check,
    }
}

/// Checks the access mode. A failure to read it affects only the access mode (docs/jira.md#access-path), which the
/// roster may not manage.
async fn check_access_mode(jira: &JiraRead, key: &DeskKey, wanted: bool) -> Check {
    let error = match jira.access(key).await {
        Ok(settings) => return Check::good("access", format!("{}: the access mode can be read", settings.access())),
        Err(error) => error,
    };
    let found = format!("the access mode cannot be read: {}", error.problem());
    let check = match classify_optional(jira, &error).await {
        FailureKind::Partial if !wanted => Check::warning("access", found),
        trouble @ (FailureKind::Partial | FailureKind::Settings | FailureKind::Refused | FailureKind::Unreachable) => {
            Check::bad("access", trouble, found)
        }
    };
    let fix = match check.verdict {
        Verdict::Warning => "nothing to do: the roster does not manage it",
        Verdict::Bad(_) | Verdict::Good | Verdict::Skipped => fix_for_access(&error, jira.site().deployment),
    };
    check.with_fix(fix)
}

fn fix_for_access(error: &CallError, deployment: Deployment) -> &'static str {
    let is_hidden = matches!(error, CallError::NotFound { .. } | CallError::InvalidResponse { .. });
    match deployment {
        _ if matches!(error, CallError::Forbidden { .. }) => administrator_fix(deployment),
        Deployment::Cloud if is_hidden => {
            "use a project administrator's token without scopes (a token with scopes cannot reach this path), or \
             remove `access:` from the roster and set it in Jira"
        }
        Deployment::DataCenter if is_hidden => {
            "make the account an administrator of the desk's project; if it already is, this Jira lacks this path: \
             remove `access:` from the roster and set it in Jira"
        }
        Deployment::Cloud | Deployment::DataCenter => advice::fix_for_call(error),
    }
}

fn administrator_fix(deployment: Deployment) -> &'static str {
    match deployment {
        Deployment::Cloud => "make the account an administrator of the desk's project (Project settings → People)",
        Deployment::DataCenter => {
            "make the account an administrator of the desk's project (Project settings → Users and roles)"
        }
    }
}
