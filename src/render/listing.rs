//! A plan document or a report as a list: a line for each step, where there is no Jira at hand to show the difference to.

use std::io;

use anstyle::{AnsiColor, Style};

use crate::model::report::{Report, StepEntry};

const HEAD: Style = Style::new().bold();
const WARN: Style = AnsiColor::Yellow.on_default().bold();

/// Writes for which Jira and roster it is, every step with what became of it, and why it ended early where it did.
///
/// # Errors
/// Those of `out`.
pub fn write(out: &mut dyn io::Write, report: &Report) -> io::Result<()> {
    let deployment = report.jira.deployment.map(|deployment| format!(" ({deployment})"));
    writeln!(
        out,
        "{HEAD}Jira {}{}, roster {}{HEAD:#}",
        report.jira.url,
        deployment.unwrap_or_default(),
        report.roster.files.join(", ")
    )?;
    for step in &report.steps {
        if let Some(outcome) = step.outcome {
            write!(out, "{}: ", outcome.as_str())?;
        }
        write!(out, "{}", line(step))?;
        match &step.error {
            Some(error) => writeln!(out, ": {WARN}{error}{WARN:#}")?,
            None => writeln!(out)?,
        }
    }
    if let Some(stopped) = &report.stopped {
        writeln!(out, "{WARN}stopped:{WARN:#} {stopped}")?;
    }
    Ok(())
}

fn line(step: &StepEntry) -> String {
    let account = step.account.as_ref().map(ToString::to_string);
    let who = step.email.clone().or(account).unwrap_or_default();
    let desk = step.desk.as_ref().map(ToString::to_string).unwrap_or_default();
    let before = step.before.as_deref().unwrap_or_default();
    let after = step.after.as_deref().unwrap_or_default();
    match step.kind {
        "create_customer" => format!("create {who}"),
        "update_customer" => format!("update {who}: {before} becomes {after}"),
        "add_to_desk" => format!("add {who} to {desk}"),
        "remove_from_desk" => format!("remove {who} from {desk}"),
        _ => format!("set access of {desk} from {before} to {after}"),
    }
}
