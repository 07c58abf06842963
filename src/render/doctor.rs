//! The result of `doctor` as text and as JSON.

use std::io;

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::doctor::{Check, Diagnosis, Verdict};
use crate::model::name::is_hostile;

const GOOD: Style = AnsiColor::Green.on_default();
const WARNING: Style = AnsiColor::Yellow.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const FAINT: Style = Style::new().dimmed();

/// Writes one line per check, with the fix. Always writes colors.
///
/// # Errors
/// Those of `out`.
pub fn write_text(out: &mut dyn io::Write, diagnosis: &Diagnosis) -> io::Result<()> {
    let width = diagnosis
        .checks
        .iter()
        .map(|check| check_name(check).chars().count())
        .max();
    let width = width.unwrap_or(0);
    for check in &diagnosis.checks {
        let (style, mark) = match check.verdict {
            Verdict::Good => (GOOD, '✓'),
            Verdict::Warning => (WARNING, '!'),
            Verdict::Bad(_) => (BAD, '✗'),
            Verdict::Skipped => (FAINT, '·'),
        };
        let fix = check.fix.as_ref().map(|fix| format!("; {fix}")).unwrap_or_default();
        let found: String = check
            .finding
            .chars()
            .map(|c| if is_hostile(c) { ' ' } else { c })
            .collect();
        writeln!(out, "{style}{mark}{style:#} {:width$}  {found}{fix}", check_name(check))?;
    }
    writeln!(out, "{}", summary(diagnosis))
}

/// Returns the summary line. Counts skipped checks only if there are problems, which they wait for.
fn summary(diagnosis: &Diagnosis) -> String {
    let count = |is: fn(Verdict) -> bool| diagnosis.checks.iter().filter(|check| is(check.verdict)).count();
    let several = |count: usize, word: &str| match count {
        1 => format!("1 {word}"),
        _ => format!("{count} {word}s"),
    };
    let bad = count(|verdict| matches!(verdict, Verdict::Bad(_)));
    let warnings = count(|verdict| verdict == Verdict::Warning);
    let skipped = count(|verdict| verdict == Verdict::Skipped);
    let mut parts = Vec::new();
    match (bad, warnings) {
        (0, 0) => parts.push("no problems".to_owned()),
        (0, _) => parts.push(format!("no problems, {}", several(warnings, "warning"))),
        (_, 0) => parts.push(several(bad, "problem")),
        (_, _) => parts.push(format!("{}, {}", several(bad, "problem"), several(warnings, "warning"))),
    }
    if bad > 0 && skipped > 0 {
        parts.push(format!("{skipped} not checked"));
    }
    let requests = match diagnosis.requests {
        1 => "1 request".to_owned(),
        requests => format!("{requests} requests"),
    };
    parts.push(format!("{requests}, read-only"));
    parts.join("; ")
}

fn check_name(check: &Check) -> String {
    match &check.subject {
        Some(desk) => format!("{} {desk}", check.id),
        None => check.id.to_owned(),
    }
}

/// Writes JSON, `format_version` 1.
///
/// # Errors
/// Those of `out`.
pub fn write_json(out: &mut dyn io::Write, diagnosis: &Diagnosis, url: &str) -> io::Result<()> {
    let document = Document {
        format_version: 1,
        jira: Jira {
            url,
            deployment: diagnosis.site.as_ref().map(|site| site.deployment),
            version: diagnosis.site.as_ref().map(|site| site.version.as_str()),
        },
        checks: diagnosis.checks.iter().map(Entry::of).collect(),
        requests: diagnosis.requests,
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

#[derive(Serialize)]
struct Document<'a> {
    format_version: u32,
    jira: Jira<'a>,
    checks: Vec<Entry<'a>>,
    requests: u64,
}

#[derive(Serialize)]
struct Jira<'a> {
    url: &'a str,
    deployment: Option<crate::model::observed::Deployment>,
    version: Option<&'a str>,
}

#[derive(Serialize)]
struct Entry<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    verdict: &'static str,
    found: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<&'a str>,
}

impl<'a> Entry<'a> {
    fn of(check: &'a Check) -> Self {
        Self {
            id: check.id,
            subject: check.subject.as_ref().map(|desk| desk.as_str()),
            verdict: match check.verdict {
                Verdict::Good => "ok",
                Verdict::Warning => "warning",
                Verdict::Bad(_) => "bad",
                Verdict::Skipped => "skipped",
            },
            found: &check.finding,
            fix: check.fix.as_deref(),
        }
    }
}
