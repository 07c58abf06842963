//! The status page, for a person on call: whether Jira matches the roster, since when, and if not, what to do.
//!
//! No script and nothing loaded: the one style is inline and allowed by its hash. Works on a phone, and follows the
//! browser's light or dark mode.

mod format;
mod tables;

use self::format::{escape, format_count, format_duration, format_elapsed, time_element_utc, with_code};
use crate::daemon::status::snapshot::{Issue, IssueStatus, PassShown, RosterStatus, Snapshot, SyncStatus};

/// The page's style.
pub(super) const STYLE: &str = include_str!("page/style.css");

/// Most groups of open issues shown.
const MAX_ISSUES: usize = 20;

/// Renders the whole page.
pub(super) fn page(now: &Snapshot) -> String {
    let headline = Headline::of(now);
    let title = escape(&headline.text);
    [
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
        "<meta name=\"color-scheme\" content=\"light dark\">\n<meta http-equiv=\"refresh\" content=\"15\">\n",
        &format!("<title>{title} · quietdesk</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"),
        &headline.html(now),
        &tiles(now),
        &open_issues(now),
        &tables::desks(now),
        &tables::passes(now),
        &tables::requests(now),
        &roster(now),
        &footer(now),
        "</main>\n</body>\n</html>\n",
    ]
    .concat()
}

/// The headline, with its urgency.
struct Headline {
    class: &'static str,
    text: String,
    /// HTML.
    more: String,
}

impl Headline {
    fn of(now: &Snapshot) -> Self {
        let calm = if now.ready { "ok" } else { "warn" };
        let old = match now.roster.state {
            RosterStatus::Unusable => " with the last good roster",
            RosterStatus::Waiting | RosterStatus::Valid | RosterStatus::Missing => "",
        };
        let last = now
            .last_success
            .map(|last| time_element_utc(last, now.now))
            .unwrap_or_default();
        let unread = match now.credentials_refused {
            Some(_) => "Jira refuses the credentials",
            None => "Jira cannot be read",
        };
        let held = format_count(now.held as u64);
        let (class, text, more) = match now.standing {
            SyncStatus::Starting if now.not_ready.len() > 1 => (
                "bad",
                "Cannot start yet".to_owned(),
                "See below for what is missing.".to_owned(),
            ),
            SyncStatus::Starting => (
                "calm",
                "Starting".to_owned(),
                "The first full pass has not completed yet.".to_owned(),
            ),
            SyncStatus::InStep => (calm, format!("In step{old}"), "Jira matches the roster.".to_owned()),
            SyncStatus::InStepExceptHeld => (
                "warn",
                format!("In step{old}, except for {held} held"),
                "Held entries need a decision.".to_owned(),
            ),
            SyncStatus::NotInStep => ("bad", "Not in step".to_owned(), issue_counts(now)),
            SyncStatus::Applying => (
                "calm",
                "A new roster is being applied".to_owned(),
                format!("The last full read of Jira was at {last}."),
            ),
            SyncStatus::Unknown => (
                "bad",
                format!("Unknown: {unread}"),
                format!("Jira was in step at the last full read, at {last}."),
            ),
        };
        let since = now.since.map(|since| {
            let ago = format_elapsed(since, now.now);
            format!("Since {} ({ago}). ", time_element_utc(since, now.now))
        });
        let more = since.unwrap_or_default() + &more;
        Self { class, text, more }
    }

    fn html(&self, now: &Snapshot) -> String {
        let observing = if now.observe {
            " · observing only, never writes"
        } else {
            ""
        };
        let ready = if now.ready { "ready" } else { "not ready" };
        format!(
            "<header class=\"head {}\">\n<p>quietdesk · {}{observing} · {ready}</p>\n<h1>{}</h1>\n<p>{}</p>\n</header>\n",
            self.class,
            escape(&now.site),
            escape(&self.text),
            self.more
        )
    }
}

/// Returns the counts of open issues as a sentence.
fn issue_counts(now: &Snapshot) -> String {
    let ends = [
        (now.pending, "pending"),
        (now.held, "held"),
        (now.refused(), "refused by a guard"),
    ];
    let ends = ends.iter().filter(|(number, _)| *number > 0);
    let ends: Vec<_> = ends
        .map(|(number, what)| format!("{} {what}", format_count(*number as u64)))
        .collect();
    format!("{}.", ends.join(", "))
}

fn tiles(now: &Snapshot) -> String {
    let last = now
        .last_success
        .map(|last| format!("{} ago", format_elapsed(last, now.now)));
    let next = now.next_full.map(|next| match next > now.now {
        true => format!("in {}", format_elapsed(now.now, next)),
        false => "now".to_owned(),
    });
    let running = now.running.as_ref().map(|pass| {
        let since = format_elapsed(pass.since, now.now);
        format!("{} pass running for {since}", pass.kind.as_str())
    });
    let next_detail = running.unwrap_or_else(|| format!("every {}", format_duration(now.interval_seconds)));
    let requests = &now.requests;
    let tile = |name: &str, value: String, detail: String| {
        format!("<div><dt>{name}</dt><dd>{value}<small>{detail}</small></dd></div>\n")
    };
    let mut html = String::from("<dl class=\"tiles\">\n");
    html += &tile(
        "Pending",
        format_count(now.pending as u64),
        "steps to be done".to_owned(),
    );
    html += &tile("Held", format_count(now.held as u64), "awaiting a decision".to_owned());
    let never = || "never".to_owned();
    let at = now
        .last_success
        .map(|last| time_element_utc(last, now.now))
        .unwrap_or_default();
    html += &tile("Last full read", last.unwrap_or_else(never), at);
    html += &tile(
        "Next full read",
        next.unwrap_or_else(|| "not set".to_owned()),
        next_detail,
    );
    html += &tile(
        "In flight",
        format!("{} of {}", requests.in_flight, requests.allowed),
        "requests to Jira".to_owned(),
    );
    let limited = requests.answers.iter().filter(|answers| answers.status == 429);
    let limited = format_count(limited.map(|answers| answers.count).sum());
    html += &tile(
        "Rate limit",
        format_duration(requests.waited_seconds),
        format!("waited, {limited} × 429"),
    );
    html + "</dl>\n"
}

/// Renders the open issues; those that block everything first.
fn open_issues(now: &Snapshot) -> String {
    let mut items = Vec::new();
    if let Some(why) = &now.credentials_refused {
        let advice = "write a new token to the token file, which is read again when it changes; run `quietdesk doctor`";
        items.push(issue_item("bad", "credentials refused", "", why, advice));
    }
    if let Some(why) = &now.unsaved {
        let advice =
            "free disk space, or correct the permissions of the state directory; saving is retried automatically";
        items.push(issue_item("bad", "not saved", "", why, advice));
    }
    if let Some(problem) = &now.roster.problem {
        let class = if now.roster.state == RosterStatus::Missing {
            "bad"
        } else {
            "warn"
        };
        let advice =
            "run `quietdesk validate` to see every problem with its line; the daemon uses the file once it is valid";
        items.push(issue_item(class, "roster unusable", "", problem, advice));
    }
    let is_separate = |pass: &&PassShown| now.credentials_refused.is_none() || pass.result.is_completed();
    let last = now.passes.first().filter(is_separate);
    if let Some((last, problem)) = last.and_then(|last| Some((last, last.problem.as_ref()?))) {
        let label = format!("last pass {}", last.result.as_str());
        let advice =
            "nothing for now: the pass is retried. If the problem persists, check that Jira and the network are up";
        items.push(issue_item("bad", &label, "", problem, advice));
    }
    items.extend(now.issues.iter().take(MAX_ISSUES).map(issue_group));
    let more = now.issues.len().saturating_sub(MAX_ISSUES);
    if more > 0 {
        items.push(format!(
            "<li>… and {more} more reasons; <code>quietdesk plan</code> shows all of them.</li>\n"
        ));
    }
    let heading = "<section aria-labelledby=\"todo\">\n<h2 id=\"todo\">Needs attention</h2>\n";
    let list = match items.is_empty() {
        true => "<p class=\"soft\">Nothing.</p>\n".to_owned(),
        false => format!("<ul class=\"issues\">\n{}</ul>\n", items.concat()),
    };
    format!("{heading}{list}</section>\n")
}

fn issue_group(of: &Issue) -> String {
    let (class, label) = match of.what {
        IssueStatus::Refused => ("bad", "guard refused"),
        IssueStatus::Failed => ("bad", "failed"),
        IssueStatus::Held => ("warn", "held"),
        IssueStatus::Unknown => ("warn", "outcome unknown"),
        IssueStatus::Skipped => ("warn", "skipped"),
        IssueStatus::NotAttempted => ("calm", "not attempted"),
        IssueStatus::Pending => ("calm", "pending"),
    };
    let number = if of.what == IssueStatus::Refused {
        String::new()
    } else {
        format_count(of.count as u64)
    };
    let number = match of.kind {
        Some(kind) => format!("{number} × {}", kind.replace('_', " ")),
        None => number,
    };
    issue_item(class, label, &number, &of.reason, &of.advice)
}

fn issue_item(class: &str, label: &str, number: &str, reason: &str, advice: &str) -> String {
    format!(
        "<li><p><span class=\"tag {class}\">{}</span> <b>{}</b></p>\n<p class=\"why\">{}</p>\n<p class=\"soft\">What to do: {}</p></li>\n",
        escape(label),
        escape(number),
        escape(reason),
        with_code(advice)
    )
}

fn roster(now: &Snapshot) -> String {
    let roster = &now.roster;
    let state = match roster.state {
        RosterStatus::Waiting => "not read yet",
        RosterStatus::Valid => "valid, in force",
        RosterStatus::Unusable => "cannot be used; the last good one stays in force",
        RosterStatus::Missing => "cannot be used; no roster is in force",
    };
    let mut facts = vec![("File", escape(&roster.source)), ("State", state.to_owned())];
    if let (Some(customers), Some(desks)) = (roster.customers, roster.desks) {
        let counts = format!(
            "{} customers, {} desks",
            format_count(customers as u64),
            format_count(desks as u64)
        );
        facts.push(("In force", counts));
    }
    facts.extend(roster.since.map(|since| ("Since", time_element_utc(since, now.now))));
    let digest = roster.digest.as_deref();
    facts.extend(digest.map(|digest| ("SHA-256", format!("<code>{}</code>", escape(digest)))));
    let facts = facts
        .iter()
        .map(|(name, value)| format!("<dt>{name}</dt><dd>{value}</dd>\n"));
    format!(
        "<section aria-labelledby=\"roster\">\n<h2 id=\"roster\">Roster</h2>\n<dl class=\"facts\">\n{}</dl>\n</section>\n",
        facts.collect::<String>()
    )
}

fn footer(now: &Snapshot) -> String {
    format!(
        "<footer><small>quietdesk {} · up {} · as of {}, refreshed every 15 s · \
         <a href=\"/api/status\">JSON</a> · <a href=\"/metrics\">metrics</a></small></footer>\n",
        escape(now.version),
        format_elapsed(now.started, now.now),
        time_element_utc(now.now, now.now)
    )
}
