//! The site as a whole: how it is reached, what is installed, who signs in and with what rights, and what to know of the
//! token, the clock and the rate limit.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;

use super::check::{Check, Trouble, Verdict};
use super::trouble::{of_the_whole, weigh};
use crate::jira::{AccountListing, CallError, JiraRead, Settings, Told};
use crate::model::observed::Deployment;

/// A clock that is off by more makes times in journals hard to compare, in seconds.
const SKEW: i64 = 30;
/// What a machine with a time server is never off by (and what Kerberos and its like refuse), in seconds: certificates
/// are judged by it, and `until` falls on the wrong day for somebody.
const MUCH_SKEW: i64 = 300;
/// When a token's end is near, in days.
const SOON: i32 = 30;

pub(super) fn reach(settings: &Settings, told: &Told) -> Check {
    let url = settings.url.to_string();
    let how = match (url.starts_with("http:"), &settings.ca_file) {
        (true, _) => "on this machine, not encrypted",
        (false, None) => "encrypted, its certificate trusted by this machine",
        (false, Some(_)) => "encrypted, its certificate trusted by this machine or --ca-file",
    };
    let http = told.http.map(|version| format!(", {version:?}")).unwrap_or_default();
    Check::good("reach", format!("{url} answers, {how}{http}"))
}

/// Which Jira, and its own address where it is reached through another.
pub(super) fn which(jira: &JiraRead) -> Check {
    let (site, own) = (jira.site(), jira.own_address());
    let elsewhere = match own == site.url {
        true => String::new(),
        false => format!(", known to people as {own}"),
    };
    Check::good("jira", format!("Jira {} {}{elsewhere}", site.deployment, site.version))
}

/// Also whether it makes sense to ask it anything else.
pub(super) async fn service_management(jira: &JiraRead) -> (Check, bool) {
    let id = "service-management";
    let unlicensed = |version: &str| {
        let check = Check::bad(
            id,
            Trouble::Refused,
            format!("Jira Service Management{version} is not licensed"),
        );
        let check = check.mend(
            "give it a licence (Administration → Applications → Versions & licenses): without one it refuses everything",
        );
        (check, jira.site().deployment == Deployment::Cloud)
    };
    match jira.service_management().await {
        Ok(found) if found.is_licensed_for_use => {
            let found = format!("Jira Service Management {}, licensed", found.version);
            (Check::good(id, found), true)
        }
        Ok(found) => unlicensed(&format!(" {}", found.version)),
        // Unlicensed, Data Center refuses with a page for people (docs/jira.md#jsm-unlicensed).
        Err(CallError::Forbidden { .. }) if jira.told().page => unlicensed(""),
        Err(error @ CallError::NotFound { .. }) => {
            let check = Check::failed(id, Trouble::Part, "", &error);
            (check.mend("install Jira Service Management, or correct --url"), true)
        }
        Err(error) => {
            let check = Check::failed(id, weigh(jira, &error).await, "", &error);
            (check, true)
        }
    }
}

pub(super) async fn sign_in(jira: &JiraRead) -> Check {
    jira.start_afresh();
    match jira.check_sign_in().await {
        Ok(account) => {
            let who = account.email.unwrap_or_else(|| account.handle.0.clone());
            Check::good("sign-in", format!("{} ({who})", account.name))
        }
        Err(error) => Check::failed("sign-in", of_the_whole(&error), "", &error),
    }
}

/// What the account may do, and how accounts will be listed for that.
pub(super) async fn rights(jira: &JiraRead) -> Vec<Check> {
    let deployment = jira.site().deployment;
    jira.start_afresh();
    let may = match jira.permissions().await {
        Ok(may) => may,
        Err(error) => {
            let found = "its permissions cannot be read: ";
            return vec![
                Check::failed("administrator", of_the_whole(&error), found, &error),
                Check::skipped("look-ups", "administrator"),
                Check::skipped("accounts", "administrator"),
            ];
        }
    };
    let administers = match (may.administer, deployment) {
        (Some(true), _) => Check::good("administrator", "may administer Jira"),
        (None, _) => Check::warning("administrator", "Jira does not say whether it may administer Jira").mend(
            "see that it has the global permission to administer Jira: whether it may create customers, the first one shows",
        ),
        (Some(false), Deployment::Cloud) => {
            let found = "may not administer Jira, so Jira Cloud refuses it to create customers";
            Check::bad("administrator", Trouble::Refused, found).mend(
                "give the account the global permission \"Administer Jira\" (Settings → System → Global permissions)",
            )
        }
        (Some(false), Deployment::DataCenter) => {
            let found = "may not administer Jira, so it can give no first passwords and change no accounts";
            Check::warning("administrator", found).mend(
                "give the account the global permission \"Jira Administrators\" (Administration → System → Global \
                 permissions), if the roster wants either",
            )
        }
    };
    let look_ups = match may.user_picker {
        Some(true) => Check::good("look-ups", "may look people up"),
        None => Check::warning("look-ups", "Jira does not say whether it may look people up")
            .mend("see that it has the global permission \"Browse users and groups\": without it every search comes back empty"),
        Some(false) => {
            let browses = Check::bad(
                "look-ups",
                Trouble::Refused,
                "may not look people up: every search would come back empty",
            );
            let browses = browses.mend("give the account the global permission \"Browse users and groups\"");
            return vec![administers, browses, Check::skipped("accounts", "look-ups")];
        }
    };
    let accounts = Check::good("accounts", listing(jira.account_listing()));
    vec![administers, look_ups, accounts]
}

fn listing(listing: AccountListing) -> String {
    let by_a_search = match listing {
        AccountListing::AllPages | AccountListing::Cursor => "",
        AccountListing::SearchPages => "by a search, ",
        AccountListing::OneByOne => {
            return "looked up one by one in each full reading: this version lists no more than 100 (10.3 and later list all)"
                .to_owned();
        }
    };
    let rows = listing.per_page().unwrap_or_default();
    format!("read {by_a_search}in pages of {rows}, or looked up one by one, whichever is fewer requests")
}

pub(super) fn token(expires: Option<Date>, today: Date, deployment: Option<Deployment>) -> Check {
    let Some(expires) = expires else {
        let life = match deployment {
            Some(Deployment::Cloud) | None => "Atlassian's API tokens live a year at most",
            Some(Deployment::DataCenter) => {
                "a personal access token lives as long as its maker or Jira's settings said"
            }
        };
        let found = format!("nobody said when it expires; {life}");
        return Check::new("token", Verdict::Skipped, found)
            .mend("give its last day with --token-expires, and be told a month before");
    };
    let left = today.until(expires).map_or(0, |span| span.get_days());
    let day = match left {
        0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        _ => format!("in {left} days"),
    };
    let check = match left {
        ..0 => Check::bad("token", Trouble::Refused, format!("expired on {expires}")),
        0..=SOON => Check::warning("token", format!("expires on {expires}, {day}")),
        _ => return Check::good("token", format!("expires on {expires}, {day}")),
    };
    check.mend("make a new one and put it in the token file: it is taken up without a restart")
}

pub(super) fn clock(told: &Told, clock: fn() -> Timestamp) -> Check {
    let Some(server) = told.server_time() else {
        return Check::warning("clock", "Jira does not tell the time (no Date header)")
            .mend("see that no proxy before Jira takes the header away");
    };
    let off = clock().as_second() - server.as_second();
    let found = format!("{} s {} Jira's", off.abs(), if off > 0 { "ahead of" } else { "behind" });
    let check = match off.abs() {
        ..=SKEW => return Check::good("clock", format!("within {SKEW} s of Jira's")),
        off if off <= MUCH_SKEW => Check::warning("clock", found),
        _ => Check::bad("clock", Trouble::Part, found),
    };
    check.mend(
        "have this machine's clock set by a time server (timedatectl set-ntp true): certificates, the journal and `until` \
         go by it",
    )
}

/// What the headers of the last answers said of the rate limit (docs/jira.md#near-limit,
/// docs/jira.md#data-center-bucket).
pub(super) fn rate_limit(told: &Told, waited: Duration, deployment: Deployment) -> Check {
    let id = "rate-limit";
    let header = |name: &str| told.limits.get(name).map(String::as_str);
    let number = |name: &str| header(name)?.parse::<u64>().ok();
    let mut facts = Vec::new();
    let reason = header("ratelimit-reason");
    let limited = !waited.is_zero() || reason.is_some();
    if limited {
        let seconds = waited.as_secs_f64().ceil();
        let wait = (seconds > 0.0).then(|| format!("waited {seconds} s because "));
        let reason = reason.map(|reason| format!(" ({reason})"));
        facts.push(format!(
            "{}Jira limits it{}",
            wait.unwrap_or_default(),
            reason.unwrap_or_default()
        ));
    }
    let (limit, left) = (number("x-ratelimit-limit"), number("x-ratelimit-remaining"));
    if let (Some(limit), Some(left)) = (limit, left) {
        facts.push(format!("{left} of {limit} requests left"));
    }
    if let (Some(rate), Some(seconds)) = (number("x-ratelimit-fillrate"), number("x-ratelimit-interval-seconds")) {
        facts.push(format!("{rate} more every {seconds} s"));
    }
    let near = header("x-ratelimit-nearlimit") == Some("true");
    if near {
        facts.push("less than a fifth is left".to_owned());
    }
    let few = limit
        .zip(left)
        .is_some_and(|(limit, left)| left.saturating_mul(5) < limit);
    if facts.is_empty() {
        return Check::good(id, "no answer told of one");
    }
    if !limited && !near && !few {
        return Check::good(id, facts.join(", "));
    }
    // Only on Data Center somebody can lift it.
    let mend = match deployment {
        Deployment::Cloud => {
            "lower --concurrency and --read-rate, or see what else uses this account's token; until then it only takes \
             longer"
        }
        Deployment::DataCenter => {
            "exempt the account (Administration → System → Rate limiting → Exemptions), or lower --concurrency and \
             --read-rate; until then it only takes longer"
        }
    };
    Check::warning(id, facts.join(", ")).mend(mend)
}
