//! A diagnosis as text and as JSON.

use std::io;

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::engine::doctor::{Check, Diagnosis, Verdict};
use crate::model::name::is_hostile;

const GOOD: Style = AnsiColor::Green.on_default();
const WARNING: Style = AnsiColor::Yellow.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const FAINT: Style = Style::new().dimmed();

/// One line for each check, with the mend; colours are always written.
///
/// # Errors
/// When it cannot be written.
pub fn write_text(out: &mut dyn io::Write, diagnosis: &Diagnosis) -> io::Result<()> {
    let width = diagnosis.checks.iter().map(|check| name(check).chars().count()).max();
    let width = width.unwrap_or(0);
    for check in &diagnosis.checks {
        let (style, mark) = match check.verdict {
            Verdict::Good => (GOOD, '✓'),
            Verdict::Warning => (WARNING, '!'),
            Verdict::Bad(_) => (BAD, '✗'),
            Verdict::Skipped => (FAINT, '·'),
        };
        let mend = check.mend.as_ref().map(|mend| format!("; {mend}")).unwrap_or_default();
        let found: String = check
            .found
            .chars()
            .map(|c| if is_hostile(c) { ' ' } else { c })
            .collect();
        writeln!(out, "{style}{mark}{style:#} {:width$}  {found}{mend}", name(check))?;
    }
    let bad = diagnosis
        .checks
        .iter()
        .filter(|check| matches!(check.verdict, Verdict::Bad(_)))
        .count();
    let verdict = match bad {
        0 => "all is well".to_owned(),
        1 => "1 thing to mend".to_owned(),
        _ => format!("{bad} things to mend"),
    };
    writeln!(out, "{verdict}; {} requests made, none that writes", diagnosis.requests)
}

fn name(check: &Check) -> String {
    match &check.subject {
        Some(desk) => format!("{} {desk}", check.id),
        None => check.id.to_owned(),
    }
}

/// As JSON, `format_version` 1.
///
/// # Errors
/// When it cannot be written.
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
    mend: Option<&'a str>,
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
            found: &check.found,
            mend: check.mend.as_deref(),
        }
    }
}
