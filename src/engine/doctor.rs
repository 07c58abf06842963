//! Whether all is well: what quietdesk needs of a Jira, asked for piece by piece. Writes nothing.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::jira::{AccountListing, CallError, ConnectError, DeskRef, JiraRead, Settings};
use crate::model::desk::DeskKey;
use crate::model::observed::{Deployment, Site};

/// A clock that is off by more makes times in journals hard to compare, in seconds.
const SKEW: i64 = 30;
/// When a token's end is near, in days.
const SOON: i32 = 30;

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
    /// Not checked, because something before it is not as it must be.
    Skipped,
}

/// What kind of trouble something is, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// A setting is wrong.
    Settings,
    /// Credentials or a permission are refused.
    Refused,
    /// Jira does not answer.
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
    /// Now.
    pub now: Timestamp,
}

/// Checks everything that can be checked, whatever fails on the way.
pub async fn diagnose(asked: Asked) -> Diagnosis {
    let mut checks = Vec::new();
    let url = asked.settings.url.to_string();
    let encrypted = match asked.settings.url.is_loopback() && url.starts_with("http:") {
        true => "on this machine, not encrypted",
        false => "encrypted",
    };
    let jira = match JiraRead::reach(asked.settings).await {
        Ok(jira) => jira,
        Err(error) => {
            checks.push(unreached(&url, &error));
            checks.push(token(asked.token_expires, asked.now));
            let rest = ["service-management", "permissions", "accounts", "clock", "rate-limit"];
            checks.extend(rest.map(skipped));
            return Diagnosis {
                site: None,
                checks,
                requests: 0,
            };
        }
    };
    checks.push(good("reach", format!("{url} answers, {encrypted}")));
    let site = jira.site().clone();
    checks.push(good("jira", format!("Jira {} {}", site.deployment, site.version)));
    checks.push(service_management(&jira).await);
    let signed_in = sign_in(&jira).await;
    let is_in = matches!(signed_in.verdict, Verdict::Good);
    checks.push(signed_in);
    if is_in {
        checks.extend(permissions(&jira).await);
        checks.push(good("accounts", listing(jira.account_listing()).to_owned()));
        checks.extend(desks(&jira, &asked.desks).await);
    } else {
        checks.extend(["permissions", "accounts", "desks"].map(skipped));
    }
    checks.push(token(asked.token_expires, asked.now));
    let told = jira.told();
    checks.push(clock(told.date.as_deref(), asked.now));
    let limits: Vec<_> = told
        .limits
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    checks.push(good(
        "rate-limit",
        match limits.is_empty() {
            true => "no answer told of one".to_owned(),
            false => limits.join(", "),
        },
    ));
    Diagnosis {
        site: Some(site),
        checks,
        requests: jira.stats().requests,
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

fn check(id: &'static str, verdict: Verdict, found: String, mend: Option<&str>) -> Check {
    Check {
        id,
        subject: None,
        verdict,
        found,
        mend: mend.map(str::to_owned),
    }
}

fn good(id: &'static str, found: String) -> Check {
    check(id, Verdict::Good, found, None)
}

fn skipped(id: &'static str) -> Check {
    let found = "not checked, because of what is wrong above".to_owned();
    check(id, Verdict::Skipped, found, None)
}

/// What kind of trouble a failed call is; where it is none of the whole site, it is of a `part`.
fn trouble(error: &CallError) -> Trouble {
    match error {
        error if error.is_refusal() => Trouble::Refused,
        error if error.ends_the_pass() => Trouble::Unreachable,
        _ => Trouble::Part,
    }
}

fn unreached(url: &str, error: &ConnectError) -> Check {
    let trouble = match error {
        ConnectError::Call(error) => match trouble(error) {
            Trouble::Part => Trouble::Unreachable,
            trouble @ (Trouble::Settings | Trouble::Refused | Trouble::Unreachable) => trouble,
        },
        ConnectError::CaFile { .. }
        | ConnectError::Tls(_)
        | ConnectError::AnotherKind { .. }
        | ConnectError::NoUser
        | ConnectError::Settings(_) => Trouble::Settings,
    };
    // Its own words end in what to do.
    let id = match trouble {
        Trouble::Refused => "sign-in",
        Trouble::Settings | Trouble::Unreachable | Trouble::Part => "reach",
    };
    check(id, Verdict::Bad(trouble), format!("{url}: {error}"), None)
}

async fn service_management(jira: &JiraRead) -> Check {
    let id = "service-management";
    match jira.service_management().await {
        Ok(found) if found.is_licensed_for_use => {
            good(id, format!("Jira Service Management {}, licensed", found.version))
        }
        Ok(found) => check(
            id,
            Verdict::Bad(Trouble::Refused),
            format!("Jira Service Management {} is not licensed", found.version),
            Some("give it a licence in Jira's administration (Applications); without one it refuses everything"),
        ),
        Err(error) => check(
            id,
            Verdict::Bad(trouble(&error)),
            error.to_string(),
            Some("install Jira Service Management, or correct --url"),
        ),
    }
}

async fn sign_in(jira: &JiraRead) -> Check {
    match jira.check_sign_in().await {
        Ok(account) => {
            let who = account.email.unwrap_or_else(|| account.handle.0.clone());
            good("sign-in", format!("{} ({who})", account.name))
        }
        Err(error) => check("sign-in", Verdict::Bad(trouble(&error)), error.to_string(), None),
    }
}

async fn permissions(jira: &JiraRead) -> Vec<Check> {
    let may = match jira.permissions().await {
        Ok(may) => may,
        Err(error) => {
            return vec![check(
                "permissions",
                Verdict::Bad(trouble(&error)),
                error.to_string(),
                None,
            )];
        }
    };
    let administers = match (may.administer, jira.site().deployment) {
        (true, _) => good("administrator", "may administer Jira".to_owned()),
        (false, Deployment::Cloud) => check(
            "administrator",
            Verdict::Bad(Trouble::Refused),
            "may not administer Jira, so Jira Cloud refuses it to create customers".to_owned(),
            Some("give the account the global permission \"Administer Jira\""),
        ),
        (false, Deployment::DataCenter) => check(
            "administrator",
            Verdict::Warning,
            "may not administer Jira, so it can give no first passwords and change no accounts".to_owned(),
            Some("give the account the global permission \"Jira Administrators\", if the roster wants either"),
        ),
    };
    let browses = match may.user_picker {
        true => good("look-ups", "may look people up".to_owned()),
        false => check(
            "look-ups",
            Verdict::Bad(Trouble::Refused),
            "may not look people up: every search would come back empty".to_owned(),
            Some("give the account the global permission \"Browse users and groups\""),
        ),
    };
    vec![administers, browses]
}

fn listing(listing: AccountListing) -> &'static str {
    match listing {
        AccountListing::AllPages => "read in pages of 1000, or looked up one by one, whichever is fewer requests",
        AccountListing::Cursor => "read in pages of 2000, or looked up one by one, whichever is fewer requests",
        AccountListing::SearchPages => {
            "read by a search, in pages of 1000, or looked up one by one, whichever is fewer requests"
        }
        AccountListing::OneByOne => {
            "looked up one by one in each full reading: this version lists no more than 100 (10.3 and later list all)"
        }
    }
}

async fn desks(jira: &JiraRead, wanted: &[(DeskKey, bool)]) -> Vec<Check> {
    let found = match jira.desks().await {
        Ok(found) => found,
        Err(error) => return vec![check("desks", Verdict::Bad(trouble(&error)), error.to_string(), None)],
    };
    let mut checks = vec![good("desks", format!("{} can be seen", found.len()))];
    for (key, access) in wanted {
        let desk = found.iter().find(|desk| desk.key == key.as_str());
        let of_desk = match desk {
            Some(desk) => one_desk(jira, desk, key, *access).await,
            None => vec![check(
                "desk",
                Verdict::Bad(Trouble::Part),
                "there is no such service desk, or it cannot be seen".to_owned(),
                Some("check the project key, that the project is a service desk, and that the account administers it"),
            )],
        };
        checks.extend(of_desk.into_iter().map(|check| Check {
            subject: Some(key.clone()),
            ..check
        }));
    }
    checks
}

async fn one_desk(jira: &JiraRead, desk: &DeskRef, key: &DeskKey, access: bool) -> Vec<Check> {
    let customers = match jira.try_customers(desk).await {
        Ok(()) => good("desk", format!("{}: its customers can be listed", desk.name)),
        Err(error) => check(
            "desk",
            Verdict::Bad(Trouble::Part),
            format!("its customers cannot be listed: {error}"),
            Some("make the account an administrator of the desk's project"),
        ),
    };
    let settings = match jira.access(key).await {
        Ok(settings) => good("access", format!("{}: the access mode can be read", settings.access())),
        Err(error) => check(
            "access",
            if access {
                Verdict::Bad(Trouble::Part)
            } else {
                Verdict::Warning
            },
            format!("the access mode cannot be read: {error}"),
            Some(
                "use an unscoped token of a project administrator, or take `access:` out of the roster and set it in Jira",
            ),
        ),
    };
    vec![customers, settings]
}

fn token(expires: Option<Date>, now: Timestamp) -> Check {
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let Some(expires) = expires else {
        return check(
            "token",
            Verdict::Warning,
            "nobody said when it expires; Atlassian's live a year at most".to_owned(),
            Some("give its last day with --token-expires, and be told a month before"),
        );
    };
    let left = today.until(expires).map_or(0, |span| span.get_days());
    let mend = Some("make a new one and put it in the token file: it is taken up without a restart");
    match left {
        ..0 => check(
            "token",
            Verdict::Bad(Trouble::Refused),
            format!("expired on {expires}"),
            mend,
        ),
        0..=SOON => check(
            "token",
            Verdict::Warning,
            format!("expires on {expires}, in {left} days"),
            mend,
        ),
        _ => good("token", format!("expires on {expires}, in {left} days")),
    }
}

fn clock(date: Option<&str>, now: Timestamp) -> Check {
    let server = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
    let Some(server) = server else {
        return check(
            "clock",
            Verdict::Warning,
            "Jira does not tell the time".to_owned(),
            None,
        );
    };
    let off = now.as_second() - server.timestamp().as_second();
    match off.abs() {
        0..=SKEW => good("clock", format!("within {SKEW} s of Jira's")),
        _ => check(
            "clock",
            Verdict::Warning,
            format!("{} s {} Jira's", off.abs(), if off > 0 { "ahead of" } else { "behind" }),
            Some("have this machine's clock set by a time server: the journal and token dates go by it"),
        ),
    }
}
