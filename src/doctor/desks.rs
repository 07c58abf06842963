//! The desks: whether each is there, its customers can be listed and its access mode read.

use super::check::{Check, Trouble, Verdict};
use super::trouble::{of_the_whole, weigh};
use super::words;
use crate::jira::{CallError, DeskRef, JiraRead};
use crate::model::desk::DeskKey;
use crate::model::observed::Deployment;

/// How many desks are named at most.
const NAMED: usize = 8;

/// Checks the list of desks, and each desk that is wanted, with whether its access mode is.
pub(super) async fn check(jira: &JiraRead, wanted: &[(DeskKey, bool)]) -> Vec<Check> {
    jira.start_afresh();
    let found = match jira.desks().await {
        Ok(found) => found,
        Err(error) => return vec![no_list(jira, &error)],
    };
    let mut checks = vec![seen(&found, jira.site().deployment)];
    // What stops every call is asked once.
    let mut stopped: Option<String> = None;
    for (key, access) in wanted {
        let of_desk = match (&stopped, found.iter().find(|desk| desk.key == key.as_str())) {
            (Some(because), _) => ["desk", "access"].map(|id| Check::skipped(id, because)),
            (None, Some(desk)) => [customers(jira, desk).await, access_mode(jira, key, *access).await],
            (None, None) => [missing(), Check::skipped("access", &format!("desk {key}"))],
        };
        let stopping = of_desk.iter().find(|check| stops(check));
        stopped = stopped.or(stopping.map(|check| format!("{} {key}", check.id)));
        checks.extend(of_desk.map(|check| check.of(key)));
    }
    checks
}

fn seen(found: &[DeskRef], deployment: Deployment) -> Check {
    let mut keys: Vec<_> = found.iter().map(|desk| desk.key.as_str()).collect();
    keys.sort_unstable();
    let count = keys.len();
    match count {
        0 => Check::warning("desks", "none can be seen").mend(administer(deployment)),
        1..=NAMED => Check::good("desks", format!("{count} can be seen: {}", keys.join(", "))),
        _ => {
            let (first, more) = (keys[..NAMED].join(", "), count - NAMED);
            Check::good("desks", format!("{count} can be seen: {first} and {more} more"))
        }
    }
}

fn stops(check: &Check) -> bool {
    match check.verdict {
        Verdict::Bad(Trouble::Refused | Trouble::Unreachable | Trouble::Settings) => true,
        Verdict::Bad(Trouble::Part) | Verdict::Good | Verdict::Warning | Verdict::Skipped => false,
    }
}

fn no_list(jira: &JiraRead, error: &CallError) -> Check {
    let found = "they cannot be listed: ";
    if matches!(error, CallError::NotFound { .. }) {
        let check = Check::failed("desks", Trouble::Settings, found, error);
        return check.mend("install Jira Service Management, or correct --url");
    }
    let check = Check::failed("desks", of_the_whole(error), found, error);
    // Unlicensed, Data Center refuses with a page for people (docs/jira.md#jsm-unlicensed); so does what stands before
    // a Jira.
    if matches!(error, CallError::Forbidden { .. }) && jira.told().page {
        return check.mend(
            "see that no proxy before Jira refuses /rest/servicedeskapi, and that Jira Service Management's licence is \
             still good (Administration → Applications → Versions & licenses)",
        );
    }
    check
}

fn missing() -> Check {
    let found = "there is no such service desk, or it cannot be seen";
    Check::bad("desk", Trouble::Part, found)
        .mend("check the project key, that the project is a service desk, and that the account administers it")
}

async fn customers(jira: &JiraRead, desk: &DeskRef) -> Check {
    let error = match jira.try_customers(desk).await {
        Ok(()) => return Check::good("desk", format!("{}: its customers can be listed", desk.name)),
        Err(error) => error,
    };
    let deployment = jira.site().deployment;
    let found = "its customers cannot be listed: ";
    let check = Check::failed("desk", weigh(jira, &error).await, found, &error);
    match (&error, deployment) {
        (CallError::NotFound { .. }, Deployment::DataCenter) => check.mend(
            "give the project its role \"Service Desk Customers\" back (Project settings → Users and roles), and make the \
             account an administrator of the project",
        ),
        (CallError::Forbidden { .. } | CallError::NotFound { .. }, _) => check.mend(administer(deployment)),
        _ => check,
    }
}

/// Not being able to read it stops only the access mode (docs/jira.md#access-path), which the roster may not manage at
/// all.
async fn access_mode(jira: &JiraRead, key: &DeskKey, wanted: bool) -> Check {
    let error = match jira.access(key).await {
        Ok(settings) => return Check::good("access", format!("{}: the access mode can be read", settings.access())),
        Err(error) => error,
    };
    let found = format!("the access mode cannot be read: {}", error.found());
    let check = match weigh(jira, &error).await {
        Trouble::Part if !wanted => Check::warning("access", found),
        trouble @ (Trouble::Part | Trouble::Settings | Trouble::Refused | Trouble::Unreachable) => {
            Check::bad("access", trouble, found)
        }
    };
    let mend = match check.verdict {
        Verdict::Warning => "nothing to do: the roster does not manage it",
        Verdict::Bad(_) | Verdict::Good | Verdict::Skipped => mend_of_access(&error, jira.site().deployment),
    };
    check.mend(mend)
}

fn mend_of_access(error: &CallError, deployment: Deployment) -> &'static str {
    let is_hidden = matches!(error, CallError::NotFound { .. } | CallError::Unintelligible { .. });
    match deployment {
        _ if matches!(error, CallError::Forbidden { .. }) => administer(deployment),
        Deployment::Cloud if is_hidden => {
            "use a token without scopes, of a project administrator (a scoped one does not reach this path), or take \
             `access:` out of the roster and set it in Jira"
        }
        Deployment::DataCenter if is_hidden => {
            "make the account an administrator of the desk's project; if it is one, this Jira does not have this path: \
             take `access:` out of the roster and set it in Jira"
        }
        Deployment::Cloud | Deployment::DataCenter => words::mend(error),
    }
}

fn administer(deployment: Deployment) -> &'static str {
    match deployment {
        Deployment::Cloud => "make the account an administrator of the desk's project (Project settings → People)",
        Deployment::DataCenter => {
            "make the account an administrator of the desk's project (Project settings → Users and roles)"
        }
    }
}
