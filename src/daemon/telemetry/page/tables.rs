//! The page's tables. Each scrolls separately on a narrow screen.

use super::format::{escape, format_count, format_duration, time_element};
use crate::daemon::status::PassResult;
use crate::daemon::status::snapshot::{PassShown, Snapshot};

/// Renders the table of desks.
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
    let summary = match now.desks.is_empty() {
        true => "No desk has been read yet.",
        false => "",
    };
    table("desks", "Desks", summary, &head, rows)
}

/// Renders the table of the last passes.
pub(super) fn passes(now: &Snapshot) -> String {
    let problems = now.passes.iter().any(|pass| pass.problem.is_some());
    let rows = now.passes.iter().map(|pass| {
        let class = match pass.result {
            PassResult::Done => "ok",
            PassResult::Partial | PassResult::Guarded => "warn",
            PassResult::Refused | PassResult::Unreachable => "bad",
            PassResult::Interrupted => "calm",
        };
        let (done, left) = done_and_not_done(pass);
        let numbers = [done, left, pass.drift, pass.held as u64, pass.requests, pass.writes].map(number_cell);
        let problem = pass.problem.as_deref().map(escape).unwrap_or_default();
        let problem = match problems {
            true => format!("<td class=\"wide\">{problem}</td>"),
            false => String::new(),
        };
        format!(
            "<tr><td>{}</td><td>{}</td><td><span class=\"tag {class}\">{}</span></td><td class=\"n\">{}</td>{}{problem}</tr>\n",
            time_element(pass.ended, now.now),
            pass.kind.as_str(),
            pass.result.as_str(),
            format_duration(pass.took_seconds),
            numbers.concat(),
        )
    });
    let mut head = vec![
        "Ended (UTC)",
        "Kind",
        "Result",
        "#Duration",
        "#Done",
        "#Not done",
        "#Drift",
        "#Held",
        "#Requests",
        "#Writes",
    ];
    if problems {
        head.push("Problem");
    }
    let summary = match now.passes.is_empty() {
        true => "No pass has ended yet.",
        false => "",
    };
    table("passes", "Last passes", summary, &head, rows)
}

/// Renders the table of requests to Jira.
pub(super) fn requests(now: &Snapshot) -> String {
    let requests = &now.requests;
    let rows = requests.answers.iter().map(|answers| {
        let (class, status) = match answers.status {
            0 => ("bad", "no response".to_owned()),
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
    let summary = format!(
        "{} sent, {} of them writes. {} spent waiting for Jira's rate limit; {} in flight, at most {} allowed now. \
         Periodic reads make at most {} requests a second.",
        format_count(requests.sent),
        format_count(requests.writes),
        format_duration(requests.waited_seconds),
        requests.in_flight,
        requests.allowed,
        requests.read_rate
    );
    let head = ["Method", "Path", "Status", "#Requests"];
    table("requests", "Requests to Jira", &summary, &head, rows)
}

fn done_and_not_done(pass: &PassShown) -> (u64, u64) {
    let outcomes = pass.steps.values().flatten();
    outcomes.fold((0, 0), |(done, left), (outcome, number)| match *outcome {
        "done" | "already" | "linked" => (done + number, left),
        _ => (done, left + number),
    })
}

fn number_cell(number: u64) -> String {
    // Most are zero, so that other values should stand out.
    let class = if number == 0 { "n none" } else { "n" };
    format!("<td class=\"{class}\">{}</td>", format_count(number))
}

/// Renders a heading, a summary, and a table if there are rows. A `#` at the start of a name marks a numeric column.
fn table(id: &str, title: &str, summary: &str, head: &[&str], rows: impl Iterator<Item = String>) -> String {
    let rows: String = rows.collect();
    let summary = match summary {
        "" => String::new(),
        summary => format!("<p class=\"soft\">{summary}</p>\n"),
    };
    let section = format!("<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{title}</h2>\n{summary}");
    if rows.is_empty() {
        return format!("{section}</section>\n");
    }
    let head = head.iter().map(|name| match name.strip_prefix('#') {
        Some(name) => format!("<th scope=\"col\" class=\"n\">{name}</th>"),
        None => format!("<th scope=\"col\">{name}</th>"),
    });
    // Focusable, so that the keyboard can scroll it.
    format!(
        "{section}<div class=\"scroll\" role=\"region\" aria-labelledby=\"{id}\" tabindex=\"0\">\n<table>\n<thead><tr>{}</tr></thead>\n\
         <tbody>\n{rows}</tbody>\n</table>\n</div>\n</section>\n",
        head.collect::<String>()
    )
}
