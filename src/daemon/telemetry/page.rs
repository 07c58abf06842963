//! The status page, for a person on call: is Jira as the roster says, since when, and if not, what to do.
//!
//! No script and nothing loaded: the one style is inline and known to the browser by its hash. It reads well on a phone,
//! and follows the reader's choice of light or dark.

mod tables;
mod words;

use self::words::{between, count, escape, moment, span, with_code};
use crate::daemon::status::snapshot::{Matter, PassShown, RosterWord, Snapshot, Standing, What};

/// The page's style.
pub(super) const STYLE: &str = include_str!("page/style.css");

/// How many groups of what is pending or held are shown.
const MOST_MATTERS: usize = 20;

/// The whole page.
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
        &matters(now),
        &tables::desks(now),
        &tables::passes(now),
        &tables::requests(now),
        &roster(now),
        &footer(now),
        "</main>\n</body>\n</html>\n",
    ]
    .concat()
}

/// The first line, and how pressing it is.
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
            RosterWord::Unusable => " with the last good roster",
            RosterWord::Waiting | RosterWord::Valid | RosterWord::Missing => "",
        };
        let last = now.last_success.map(|last| moment(last, now.now)).unwrap_or_default();
        let unread = match now.credentials_refused {
            Some(_) => "Jira refuses the credentials",
            None => "Jira cannot be read",
        };
        let held = count(now.held as u64);
        let (class, text, more) = match now.standing {
            Standing::Starting if now.not_ready.len() > 1 => (
                "bad",
                "Cannot start yet".to_owned(),
                "Below is what is missing.".to_owned(),
            ),
            Standing::Starting => (
                "calm",
                "Starting".to_owned(),
                "The first full pass has not ended yet.".to_owned(),
            ),
            Standing::InStep => (calm, format!("In step{old}"), "Jira is as the roster says.".to_owned()),
            Standing::InStepExceptHeld => (
                "warn",
                format!("In step{old}, but for {held} held"),
                "What is held waits for somebody to decide.".to_owned(),
            ),
            Standing::NotInStep => ("bad", "Not in step".to_owned(), open_ends(now)),
            Standing::Applying => (
                "calm",
                "A new roster is being applied".to_owned(),
                format!("Jira was last read whole at {last}."),
            ),
            Standing::Unknown => (
                "bad",
                format!("Not known: {unread}"),
                format!("It was in step when it was last read whole, at {last}."),
            ),
        };
        let since = now.since.map(|since| {
            let ago = between(since, now.now);
            format!("Since {} ({ago}). ", moment(since, now.now))
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

/// What is left, in a sentence.
fn open_ends(now: &Snapshot) -> String {
    let ends = [
        (now.pending, "to be done"),
        (now.held, "held"),
        (now.refused(), "refused by a guard"),
    ];
    let ends = ends.iter().filter(|(number, _)| *number > 0);
    let ends: Vec<_> = ends
        .map(|(number, what)| format!("{} {what}", count(*number as u64)))
        .collect();
    format!("{}.", ends.join(", "))
}

fn tiles(now: &Snapshot) -> String {
    let last = now.last_success.map(|last| format!("{} ago", between(last, now.now)));
    let next = now.next_full.map(|next| match next > now.now {
        true => format!("in {}", between(now.now, next)),
        false => "now".to_owned(),
    });
    let running = now.running.as_ref().map(|pass| {
        let since = between(pass.since, now.now);
        format!("{} pass running for {since}", pass.kind.as_str())
    });
    let next_detail = running.unwrap_or_else(|| format!("every {}", span(now.interval_seconds)));
    let requests = &now.requests;
    let tile = |name: &str, value: String, detail: String| {
        format!("<div><dt>{name}</dt><dd>{value}<small>{detail}</small></dd></div>\n")
    };
    let mut html = String::from("<dl class=\"tiles\">\n");
    html += &tile("Pending", count(now.pending as u64), "steps to be done".to_owned());
    html += &tile("Held", count(now.held as u64), "to be decided".to_owned());
    let never = || "never".to_owned();
    let at = now.last_success.map(|last| moment(last, now.now)).unwrap_or_default();
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
    let limited = count(limited.map(|answers| answers.count).sum());
    html += &tile(
        "Rate limit",
        span(requests.waited_seconds),
        format!("waited, {limited} × 429"),
    );
    html + "</dl>\n"
}

/// What somebody has to look at, first what stops everything.
fn matters(now: &Snapshot) -> String {
    let mut items = Vec::new();
    if let Some(why) = &now.credentials_refused {
        let advice =
            "renew the token in the token file, which is read again when it changes, and see `quietdesk doctor`";
        items.push(matter("bad", "credentials refused", "", why, advice));
    }
    if let Some(why) = &now.unsaved {
        let advice = "free space, or correct the permissions of the state directory; the next pass saves it";
        items.push(matter("bad", "not saved", "", why, advice));
    }
    if let Some(problem) = &now.roster.problem {
        let class = if now.roster.state == RosterWord::Missing {
            "bad"
        } else {
            "warn"
        };
        let advice =
            "`quietdesk validate` shows every problem with its line; the daemon takes the file up when it is valid";
        items.push(matter(class, "roster unusable", "", problem, advice));
    }
    let told = |pass: &&PassShown| now.credentials_refused.is_none() || pass.result.ran_to_its_end();
    let last = now.passes.first().filter(told);
    if let Some((last, problem)) = last.and_then(|last| Some((last, last.problem.as_ref()?))) {
        let label = format!("last pass {}", last.result.as_str());
        let advice =
            "nothing for now: it is tried again by itself. If it stays, see whether Jira and the way there are up";
        items.push(matter("bad", &label, "", problem, advice));
    }
    items.extend(now.matters.iter().take(MOST_MATTERS).map(group));
    let more = now.matters.len().saturating_sub(MOST_MATTERS);
    if more > 0 {
        items.push(format!(
            "<li>… and {more} more reasons; <code>quietdesk plan</code> has them all.</li>\n"
        ));
    }
    let heading = "<section aria-labelledby=\"todo\">\n<h2 id=\"todo\">What needs a look</h2>\n";
    let list = match items.is_empty() {
        true => "<p class=\"soft\">Nothing.</p>\n".to_owned(),
        false => format!("<ul class=\"matters\">\n{}</ul>\n", items.concat()),
    };
    format!("{heading}{list}</section>\n")
}

fn group(of: &Matter) -> String {
    let (class, label) = match of.what {
        What::Refused => ("bad", "guard refused"),
        What::Failed => ("bad", "failed"),
        What::Held => ("warn", "held"),
        What::Unknown => ("warn", "not settled"),
        What::Skipped => ("warn", "skipped"),
        What::NotAttempted => ("calm", "not attempted"),
        What::Pending => ("calm", "pending"),
    };
    let number = if of.what == What::Refused {
        String::new()
    } else {
        count(of.count as u64)
    };
    let number = match of.kind {
        Some(kind) => format!("{number} × {}", kind.replace('_', " ")),
        None => number,
    };
    matter(class, label, &number, &of.reason, &of.advice)
}

fn matter(class: &str, label: &str, number: &str, reason: &str, advice: &str) -> String {
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
        RosterWord::Waiting => "not read yet",
        RosterWord::Valid => "valid, in force",
        RosterWord::Unusable => "cannot be used; the last good one stays in force",
        RosterWord::Missing => "cannot be used, and none is in force",
    };
    let mut facts = vec![("File", escape(&roster.source)), ("State", state.to_owned())];
    if let (Some(customers), Some(desks)) = (roster.customers, roster.desks) {
        let says = format!("{} customers, {} desks", count(customers as u64), count(desks as u64));
        facts.push(("In force", says));
    }
    facts.extend(roster.since.map(|since| ("Since", moment(since, now.now))));
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
        "<footer><small>quietdesk {} · up {} · as of {}, renewed every 15 s · \
         <a href=\"/api/status\">JSON</a> · <a href=\"/metrics\">metrics</a></small></footer>\n",
        escape(now.version),
        between(now.started, now.now),
        moment(now.now, now.now)
    )
}
