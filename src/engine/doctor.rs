//! Whether all is well: what quietdesk needs of a Jira, asked for piece by piece. Writes nothing.
//!
//! A failed check stops only those that cannot be made without it; each of these says which one it was. A check that
//! fails has the exit code a pass would end with for the same reason.

mod desks;
mod site;
mod words;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::jira::{CallError, ConnectError, JiraRead, Settings, Unreached};
use crate::model::desk::DeskKey;
use crate::model::observed::Site;

/// What was found.
#[derive(Debug)]
pub struct Diagnosis {
    /// Which Jira; nothing where it did not say.
    pub site: Option<Site>,
    /// Each check, in the order they were made.
    pub checks: Vec<Check>,
    /// Requests made.
    pub requests: u64,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What was checked, as a word.
    pub id: &'static str,
    /// Of what, where there are several.
    pub subject: Option<DeskKey>,
    /// How it is.
    pub verdict: Verdict,
    /// What was found.
    pub found: String,
    /// What to do about it.
    pub mend: Option<String>,
}

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it must be.
    Good,
    /// Good enough, and worth knowing.
    Warning,
    /// Not as it must be.
    Bad(Trouble),
    /// Not checked: something before it is not as it must be, or nobody said what to check.
    Skipped,
}

/// What kind of trouble something is, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// A setting is wrong.
    Settings,
    /// Credentials or a permission are refused.
    Refused,
    /// Jira does not answer, or not as a Jira does.
    Unreachable,
    /// A part cannot be managed; the rest can.
    Part,
}

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
    checks.push(Check::bad(failed, trouble_of_connecting(&unreached.error), found).mend(mend));
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

impl Diagnosis {
    /// The worst that was found.
    #[must_use]
    pub fn worst(&self) -> Option<Trouble> {
        let bad = self.checks.iter().filter_map(|check| match check.verdict {
            Verdict::Bad(trouble) => Some(trouble),
            Verdict::Good | Verdict::Warning | Verdict::Skipped => None,
        });
        bad.min()
    }
}

impl Check {
    fn new(id: &'static str, verdict: Verdict, found: impl Into<String>) -> Self {
        Self {
            id,
            subject: None,
            verdict,
            found: found.into(),
            mend: None,
        }
    }

    fn good(id: &'static str, found: impl Into<String>) -> Self {
        Self::new(id, Verdict::Good, found)
    }

    fn warning(id: &'static str, found: impl Into<String>) -> Self {
        Self::new(id, Verdict::Warning, found)
    }

    fn bad(id: &'static str, trouble: Trouble, found: impl Into<String>) -> Self {
        Self::new(id, Verdict::Bad(trouble), found)
    }

    /// A check that cannot be made because of another.
    fn skipped(id: &'static str, because: &str) -> Self {
        Self::new(id, Verdict::Skipped, format!("not checked, because of {because}"))
    }

    /// A call that failed; `found` says what for.
    fn failed(id: &'static str, trouble: Trouble, found: &str, error: &CallError) -> Self {
        Self::bad(id, trouble, format!("{found}{}", words::found(error))).mend(words::mend(error))
    }

    fn mend(self, mend: impl Into<String>) -> Self {
        Self {
            mend: Some(mend.into()),
            ..self
        }
    }

    fn of(self, desk: &DeskKey) -> Self {
        Self {
            subject: Some(desk.clone()),
            ..self
        }
    }
}

/// What a failed call comes to that no pass can do without.
fn of_the_whole(error: &CallError) -> Trouble {
    match error.is_refusal() {
        true => Trouble::Refused,
        false => Trouble::Unreachable,
    }
}

/// What a failed call comes to that a pass can do without, unless every other call would fail as well.
async fn weigh(jira: &JiraRead, error: &CallError) -> Trouble {
    let passing = matches!(error, CallError::Unreachable { .. }) && jira.answers().await;
    match error.ends_the_pass() && !passing {
        true => of_the_whole(error),
        false => Trouble::Part,
    }
}

fn trouble_of_connecting(error: &ConnectError) -> Trouble {
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
