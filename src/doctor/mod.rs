//! Whether all is well: what quietdesk needs of a Jira, asked for piece by piece. Writes nothing.
//!
//! A failed check stops only those that cannot be made without it; each of these says which one it was. A check that
//! fails has the exit code a pass would end with for the same reason.

mod check;
mod desks;
mod site;
mod trouble;
mod words;

use jiff::Timestamp;
use jiff::civil::Date;

pub use check::{Check, Diagnosis, Trouble, Verdict};

use crate::jira::{JiraRead, Settings, Unreached};
use crate::model::desk::DeskKey;
use trouble::of_connecting;

/// What to check with.
#[derive(Debug)]
pub struct Asked {
    /// How to reach Jira.
    pub settings: Settings,
    /// The desks that are to be managed, and whether their access mode is.
    pub desks: Vec<(DeskKey, bool)>,
    /// The last day of the token, where somebody said so.
    pub token_expires: Option<Date>,
    /// What day it is.
    pub today: Date,
    /// This machine's clock, which is compared with Jira's.
    pub clock: fn() -> Timestamp,
}

/// What cannot be checked without being reached, in the order of the checks.
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

/// Checks everything that can be checked, whatever fails on the way.
pub async fn diagnose(asked: Asked) -> Diagnosis {
    match JiraRead::reach(asked.settings.clone()).await {
        Ok(jira) => reached(&jira, &asked).await,
        Err(unreached) => not_reached(&unreached, &asked),
    }
}

async fn reached(jira: &JiraRead, asked: &Asked) -> Diagnosis {
    let site = jira.site().clone();
    let mut checks = vec![site::reach(&asked.settings, &jira.told()), site::which(jira)];
    let (service_management, licensed) = site::service_management(jira).await;
    checks.push(service_management);
    let sign_in = site::sign_in(jira).await;
    let signed_in = sign_in.verdict == Verdict::Good;
    checks.push(sign_in);
    if signed_in {
        checks.extend(site::rights(jira).await);
        match licensed {
            true => checks.extend(desks::check(jira, &asked.desks).await),
            false => checks.push(Check::skipped("desks", "service-management")),
        }
    } else {
        let rest = SITE.iter().skip_while(|id| **id != "sign-in").skip(1);
        checks.extend(rest.map(|id| Check::skipped(id, "sign-in")));
    }
    let told = jira.told();
    checks.push(site::token(asked.token_expires, asked.today, Some(site.deployment)));
    checks.push(site::clock(&told, asked.clock));
    checks.push(site::rate_limit(&told, jira.stats().limited, site.deployment));
    Diagnosis {
        site: Some(site),
        checks,
        requests: jira.stats().requests,
    }
}

/// What stands before the failed check was all right, and nothing after it can be told.
fn not_reached(unreached: &Unreached, asked: &Asked) -> Diagnosis {
    let failed = words::failed_at(&unreached.error);
    let before = |id: &'static str| match id {
        "reach" => site::reach(&asked.settings, &unreached.told),
        _ => Check::skipped(id, failed),
    };
    let mut checks: Vec<_> = SITE
        .iter()
        .take_while(|id| **id != failed)
        .map(|id| before(id))
        .collect();
    let mend = match asked.settings.deployment {
        // Where a kind of Jira was said, only that kind was asked for.
        Some(_) if failed == "jira" => {
            "correct --deployment, or leave it to quietdesk to find out; else check that --url is Jira's own address"
        }
        Some(_) | None => words::mend_of_connecting(&unreached.error),
    };
    let found = words::not_connected(&unreached.error, &asked.settings.url);
    checks.push(Check::bad(failed, of_connecting(&unreached.error), found).mend(mend));
    let after = SITE.iter().skip_while(|id| **id != failed).skip(1);
    checks.extend(after.map(|id| Check::skipped(id, failed)));
    checks.push(site::token(asked.token_expires, asked.today, None));
    checks.push(match unreached.told.http {
        Some(_) => site::clock(&unreached.told, asked.clock),
        None => Check::skipped("clock", failed),
    });
    checks.push(Check::skipped("rate-limit", failed));
    Diagnosis {
        site: None,
        checks,
        requests: unreached.requests,
    }
}
