//! The page's tables. Each scrolls by itself where the screen is narrow.

use super::words::{count, escape, moment, span};
use crate::daemon::status::PassResult;
use crate::daemon::status::snapshot::{PassShown, Snapshot};

/// The desks.
pub(super) fn desks(now: &Snapshot) -> String {
    let rows = now.desks.iter().map(|(key, desk)| {
        let access = desk.access.as_deref().unwrap_or("not managed");
        let numbers =
            [desk.customers, desk.listed, desk.unlisted, desk.hidden].map(|number| number_cell(number as u64));
        let (key, access) = (escape(key), escape(access));
        format!(
            "<tr><th scope=\"row\">{key}</th><td>{access}</td>{}</tr>\n",
            numbers.concat()
        )
    });
    let head = [
        "Desk",
        "Access",
        "#Customers",
        "#Listed",
        "#Not listed",
        "#Hidden e-mail",
    ];
    table("desks", "Desks", &head, rows, "No desk has been read yet.")
}

/// The last passes.
pub(super) fn passes(now: &Snapshot) -> String {
    let rows = now.passes.iter().map(|pass| {
        let class = match pass.result {
            PassResult::Done => "ok",
            PassResult::Partial | PassResult::Guarded => "warn",
            PassResult::Refused | PassResult::Unreachable => "bad",
            PassResult::Interrupted => "calm",
        };
        let (done, left) = done_and_left(pass);
        let numbers = [done, left, pass.drift, pass.held as u64, pass.requests, pass.writes].map(number_cell);
        format!(
            "<tr><td>{}</td><td>{}</td><td><span class=\"tag {class}\">{}</span></td><td class=\"n\">{}</td>{}\
             <td class=\"wide\">{}</td></tr>\n",
            moment(pass.ended, now.now),
            pass.kind.as_str(),
            pass.result.as_str(),
            span(pass.took_seconds),
            numbers.concat(),
            escape(pass.problem.as_deref().unwrap_or_default())
        )
    });
    let head = [
        "Ended",
        "Kind",
        "Result",
        "#Took",
        "#Done",
        "#Left",
        "#Drift",
        "#Held",
        "#Requests",
        "#Writes",
        "Problem",
    ];
    table("passes", "Last passes", &head, rows, "None has ended yet.")
}

/// What was asked of Jira.
pub(super) fn requests(now: &Snapshot) -> String {
    let requests = &now.requests;
    let rows = requests.answers.iter().map(|answers| {
        let (class, status) = match answers.status {
            0 => ("bad", "no answer".to_owned()),
            429 | 500.. => ("bad", answers.status.to_string()),
            400.. => ("warn", answers.status.to_string()),
            _ => ("ok", answers.status.to_string()),
        };
        format!(
            "<tr><td>{}</td><td><code>{}</code></td><td><span class=\"tag {class}\">{status}</span></td>{}</tr>\n",
            escape(answers.method),
            escape(answers.endpoint),
            number_cell(answers.count)
        )
    });
    let title = format!(
        "Requests to Jira <small>{} sent, {} of them writes; {} waited for the rate limit; {} in flight of {}; \
         periodic reading at most {} a second</small>",
        count(requests.sent),
        count(requests.writes),
        span(requests.waited_seconds),
        requests.in_flight,
        requests.allowed,
        requests.read_rate
    );
    let head = ["Method", "Path", "Status", "#Requests"];
    table("requests", &title, &head, rows, "None yet.")
}

fn done_and_left(pass: &PassShown) -> (u64, u64) {
    let outcomes = pass.steps.values().flatten();
    outcomes.fold((0, 0), |(done, left), (outcome, number)| match *outcome {
        "done" | "already" | "linked" => (done + number, left),
        _ => (done, left + number),
    })
}

fn number_cell(number: u64) -> String {
    format!("<td class=\"n\">{}</td>", count(number))
}

/// A table, or a line where it has no rows. A heading that begins with `#` is of numbers.
fn table(id: &str, title: &str, head: &[&str], rows: impl Iterator<Item = String>, empty: &str) -> String {
    let rows: String = rows.collect();
    let section = format!("<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{title}</h2>\n");
    if rows.is_empty() {
        return format!("{section}<p class=\"soft\">{empty}</p>\n</section>\n");
    }
    let head = head.iter().map(|name| match name.strip_prefix('#') {
        Some(name) => format!("<th scope=\"col\" class=\"n\">{name}</th>"),
        None => format!("<th scope=\"col\">{name}</th>"),
    });
    // It can have the focus, so that the keyboard can scroll it.
    format!(
        "{section}<div class=\"scroll\" role=\"region\" aria-labelledby=\"{id}\" tabindex=\"0\">\n<table>\n<thead><tr>{}</tr></thead>\n\
         <tbody>\n{rows}</tbody>\n</table>\n</div>\n</section>\n",
        head.collect::<String>()
    )
}
