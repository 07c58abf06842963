//! `quietdesk doctor`: checks everything quietdesk needs from a Jira site, one item at a time. Never writes.
//!
//! A failed check skips only the checks that depend on it; each of those names the failed one. A failed check has the
//! exit code that a pass would return for the same reason.

mod advice;
mod check;
mod desks;
mod failure_kind;
mod site;

use jiff::Timestamp;
use jiff::civil::Date;

pub use check::{Check, Diagnosis, FailureKind, Verdict};

use crate::jira::{JiraRead, Settings, UnreachableSite};
use crate::model::desk::DeskKey;
use failure_kind::classify_connection;

/// The input of a diagnosis.
#[derive(Debug)]
pub struct DiagnosisInput {
    /// How to reach Jira.
    pub settings: Settings,
    /// The desks to be managed, and whether their access mode is managed.
    pub desks: Vec<(DeskKey, bool)>,
    /// The last day of the token, if given.
    pub token_expires: Option<Date>,
    /// The current date.
    pub today: Date,
    /// This machine's clock, which is compared with Jira's.
    pub clock: fn() -> Timestamp,
}

/// The checks that need a connection, in order.
const SITE: [&str; 8] = [
    "reach",
    "jira",
    "service-management",
    "sign-in",
    "administrator",
    "look-ups",
    "accounts",
    "desks",
];

/// Makes every check that can be made; failures do not end the diagnosis.
pub async fn diagnose(asked: DiagnosisInput) -> Diagnosis {
    match JiraRead::reach(asked.settings.clone()).await {
        Ok(jira) => diagnose_reached(&jira, &asked).await,
        Err(unreached) => diagnose_unreached(&unreached, &asked),
    }
}

async fn diagnose_reached(jira: &JiraRead, asked: &DiagnosisInput) -> Diagnosis {
    let site = jira.site().clone();
    let mut checks = vec![
        site::reach(&asked.settings, &jira.response_metadata()),
        site::deployment_and_version(jira),
    ];
    let (service_management, licensed) = site::service_management(jira).await;
    checks.push(service_management);
    let sign_in = site::sign_in(jira).await;
    let signed_in = sign_in.verdict == Verdict::Good;
    checks.push(sign_in);
    if signed_in {
        checks.extend(site::check_permissions(jira).await);
        match licensed {
            true => checks.extend(desks::check(jira, &asked.desks).await),
            false => checks.push(Check::skipped("desks", "service-management")),
        }
    } else {
        let rest = SITE.iter().skip_while(|id| **id != "sign-in").skip(1);
        checks.extend(rest.map(|id| Check::skipped(id, "sign-in")));
    }
    let metadata = jira.response_metadata();
    checks.push(site::token(asked.token_expires, asked.today, Some(site.deployment)));
    checks.push(site::clock(&metadata, asked.clock));
    checks.push(site::rate_limit(
        &metadata,
        jira.stats().rate_limit_wait,
        site.deployment,
    ));
    Diagnosis {
        site: Some(site),
        checks,
        requests: jira.stats().requests,
    }
}

/// Reports the checks before the failed one as good and those after it as skipped.
fn diagnose_unreached(unreached: &UnreachableSite, asked: &DiagnosisInput) -> Diagnosis {
    let failed = advice::failed_check(&unreached.error);
    let before = |id: &'static str| match id {
        "reach" => site::reach(&asked.settings, &unreached.response_metadata),
        _ => Check::skipped(id, failed),
    };
    let mut checks: Vec<_> = SITE
        .iter()
        .take_while(|id| **id != failed)
        .map(|id| before(id))
        .collect();
    let fix = match asked.settings.deployment {
        // With an explicit --deployment, only that deployment's path was tried.
        Some(_) if failed == "jira" => {
            "correct --deployment, or omit it so that quietdesk detects it; also check that --url is Jira's own address"
        }
        Some(_) | None => advice::fix_for_connection(&unreached.error),
    };
    let found = advice::connection_problem(&unreached.error, &asked.settings.url);
    checks.push(Check::bad(failed, classify_connection(&unreached.error), found).with_fix(fix));
    let after = SITE.iter().skip_while(|id| **id != failed).skip(1);
    checks.extend(after.map(|id| Check::skipped(id, failed)));
    checks.push(site::token(asked.token_expires, asked.today, None));
    checks.push(match unreached.response_metadata.http_version {
        Some(_) => site::clock(&unreached.response_metadata, asked.clock),
        None => Check::skipped("clock", failed),
    });
    checks.push(Check::skipped("rate-limit", failed));
    Diagnosis {
        site: None,
        checks,
        requests: unreached.requests,
    }
}
