//! Checks of the site: connection, installed products, sign-in, permissions, token, clock and rate limit.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;

use super::check::{Check, FailureKind, Verdict};
use super::failure_kind::{classify_optional, classify_required};
use crate::jira::{AccountListing, CallError, JiraRead, ResponseMetadata, Settings};
use crate::model::observed::Deployment;

/// Clock difference above which times in journals are hard to compare, in seconds.
const SKEW: i64 = 30;
/// Clock difference that never occurs with a time server (Kerberos rejects it too), in seconds: certificate checks
/// depend on the clock, and `until` would fall on the wrong day.
const MAX_WARNING_SKEW: i64 = 300;
/// Remaining life of a token up to which doctor warns, in days.
const SOON: i32 = 30;

pub(super) fn reach(settings: &Settings, metadata: &ResponseMetadata) -> Check {
    let url = settings.url.to_string();
    let how = match (url.starts_with("http:"), &settings.ca_file) {
        (true, _) => "on this machine, not encrypted",
        (false, None) => "encrypted, its certificate trusted by this machine",
        (false, Some(_)) => "encrypted, its certificate trusted by this machine or --ca-file",
    };
    let http = metadata
        .http_version
        .map(|version| format!(", {version:?}"))
        .unwrap_or_default();
    Check::good("reach", format!("{url} answers, {how}{http}"))
}

/// Reports the deployment, the version, and the base URL where Jira is reached through another address.
pub(super) fn deployment_and_version(jira: &JiraRead) -> Check {
    let (site, own) = (jira.site(), jira.base_url());
    let base_url = match own == site.url {
        true => String::new(),
        false => format!(", base URL {own}"),
    };
    Check::good("jira", format!("Jira {} {}{base_url}", site.deployment, site.version))
}

/// Checks Jira Service Management; false where further requests to it are useless.
pub(super) async fn service_management(jira: &JiraRead) -> (Check, bool) {
    let id = "service-management";
    let unlicensed = |version: &str| {
        let check = Check::bad(
            id,
            FailureKind::Refused,
            format!("Jira Service Management{version} is not licensed"),
        );
        let check = check.with_fix(
            "install a license (Administration → Applications → Versions & licenses): without one it refuses every \
             request",
        );
        (check, jira.site().deployment == Deployment::Cloud)
    };
    match jira.service_management().await {
        Ok(found) if found.is_licensed_for_use => {
            let found = format!("Jira Service Management {}, licensed", found.version);
            (Check::good(id, found), true)
        }
        Ok(found) => unlicensed(&format!(" {}", found.version)),
        // Without a license, Data Center returns 403 with an HTML page (docs/jira.md#jsm-unlicensed).
        Err(CallError::Forbidden { .. }) if jira.response_metadata().is_html => unlicensed(""),
        Err(error @ CallError::NotFound { .. }) => {
            let check = Check::failed(id, FailureKind::Partial, "", &error);
            (
                check.with_fix("install Jira Service Management, or correct --url"),
                true,
            )
        }
        Err(error) => {
            let check = Check::failed(id, classify_optional(jira, &error).await, "", &error);
            (check, true)
        }
    }
}

pub(super) async fn sign_in(jira: &JiraRead) -> Check {
    jira.reset_breaker();
    match jira.check_sign_in().await {
        Ok(account) => {
            let login = account.email.unwrap_or_else(|| account.handle.0.clone());
            Check::good("sign-in", format!("{} ({login})", account.name))
        }
        Err(error) => Check::failed("sign-in", classify_required(&error), "", &error),
    }
}

/// Checks the account's permissions, and reports how accounts will be listed.
pub(super) async fn check_permissions(jira: &JiraRead) -> Vec<Check> {
    let deployment = jira.site().deployment;
    jira.reset_breaker();
    let may = match jira.permissions().await {
        Ok(may) => may,
        Err(error) => {
            let found = "its permissions cannot be read: ";
            return vec![
                Check::failed("administrator", classify_required(&error), found, &error),
                Check::skipped("look-ups", "administrator"),
                Check::skipped("accounts", "administrator"),
            ];
        }
    };
    let administers = match (may.administer, deployment) {
        (Some(true), _) => Check::good("administrator", "may administer Jira"),
        (None, _) => Check::warning("administrator", "Jira does not report whether it may administer Jira").with_fix(
            "check that the account has the global permission to administer Jira; without it, creating customers fails",
        ),
        (Some(false), Deployment::Cloud) => {
            let found = "may not administer Jira, so it cannot create customers on Jira Cloud";
            Check::bad("administrator", FailureKind::Refused, found).with_fix(
                "give the account the global permission \"Administer Jira\" (Settings → System → Global permissions)",
            )
        }
        (Some(false), Deployment::DataCenter) => {
            let found = "may not administer Jira: it cannot create customers, set first passwords or change accounts";
            Check::warning("administrator", found).with_fix(
                "give the account the global permission \"Jira Administrators\" (Administration → System → Global \
                 permissions), if the roster needs any of these",
            )
        }
    };
    let look_ups = match may.user_picker {
        Some(true) => Check::good("look-ups", "may look people up"),
        None => Check::warning("look-ups", "Jira does not report whether it may look people up").with_fix(
            "check that the account has the global permission \"Browse users and groups\"; without it, every search \
             returns nothing",
        ),
        Some(false) => {
            let browses = Check::bad(
                "look-ups",
                FailureKind::Refused,
                "may not look people up: every search would return nothing",
            );
            let browses = browses.with_fix("give the account the global permission \"Browse users and groups\"");
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
            return "looked up one by one in each full pass: this version lists no more than 100 (10.3 and later list all)"
                .to_owned();
        }
    };
    let rows = listing.rows_per_page().unwrap_or_default();
    format!("read {by_a_search}in pages of {rows}, or looked up one by one, whichever takes fewer requests")
}

pub(super) fn token(expires: Option<Date>, today: Date, deployment: Option<Deployment>) -> Check {
    let Some(expires) = expires else {
        let life = match deployment {
            Some(Deployment::Cloud) | None => "Atlassian API tokens expire after a year at most",
            Some(Deployment::DataCenter) => "a personal access token expires as its creator or Jira's settings decide",
        };
        let found = format!("expiry date not given; {life}");
        return Check::new("token", Verdict::Skipped, found)
            .with_fix("give its last day with --token-expires to be warned 30 days before");
    };
    let left = today.until(expires).map_or(0, |span| span.get_days());
    let day = match left {
        0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        _ => format!("in {left} days"),
    };
    let check = match left {
        ..0 => Check::bad("token", FailureKind::Refused, format!("expired on {expires}")),
        0..=SOON => Check::warning("token", format!("expires on {expires}, {day}")),
        _ => return Check::good("token", format!("expires on {expires}, {day}")),
    };
    check.with_fix(
        "create a new one and put it in the token file; a daemon that reads the file with --token-file picks it up by \
         itself; with systemd's LoadCredential or QUIETDESK_TOKEN, restart the daemon",
    )
}

pub(super) fn clock(metadata: &ResponseMetadata, clock: fn() -> Timestamp) -> Check {
    let Some(server) = metadata.server_time() else {
        return Check::warning("clock", "Jira's time is unknown (no Date header)")
            .with_fix("check that no proxy in front of Jira removes the header");
    };
    let off = clock().as_second() - server.as_second();
    let found = format!("{} s {} Jira's", off.abs(), if off > 0 { "ahead of" } else { "behind" });
    let check = match off.abs() {
        ..=SKEW => return Check::good("clock", format!("within {SKEW} s of Jira's")),
        off if off <= MAX_WARNING_SKEW => Check::warning("clock", found),
        _ => Check::bad("clock", FailureKind::Partial, found),
    };
    check.with_fix(
        "synchronize this machine's clock with a time server (timedatectl set-ntp true): certificates, the journal and \
         `until` depend on it",
    )
}

/// Reports the rate limit, from the headers of the last responses (docs/jira.md#near-limit,
/// docs/jira.md#data-center-bucket).
pub(super) fn rate_limit(metadata: &ResponseMetadata, waited: Duration, deployment: Deployment) -> Check {
    let id = "rate-limit";
    let header = |name: &str| metadata.rate_limit_headers.get(name).map(String::as_str);
    let number = |name: &str| header(name)?.parse::<u64>().ok();
    let mut facts = Vec::new();
    let reason = header("ratelimit-reason");
    let limited = !waited.is_zero() || reason.is_some();
    if limited {
        let seconds = waited.as_secs_f64().ceil();
        let effect = match seconds > 0.0 {
            true => format!("waited {seconds} s for the rate limit"),
            false => "rate limited".to_owned(),
        };
        let reason = reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
        facts.push(format!("{effect}{reason}"));
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
        return Check::good(id, "none reported");
    }
    if !limited && !near && !few {
        return Check::good(id, facts.join(", "));
    }
    // Only on Data Center can an administrator lift it.
    let fix = match deployment {
        Deployment::Cloud => {
            "lower --concurrency and --read-rate, or check what else uses this account's token; until then passes take \
             longer"
        }
        Deployment::DataCenter => {
            "exempt the account (Administration → System → Rate limiting → Exemptions), or lower --concurrency and \
             --read-rate; until then passes take longer"
        }
    };
    Check::warning(id, facts.join(", ")).with_fix(fix)
}
