//! A plan document or a report as a list, one line per step, where the state of Jira is not available for a diff.

use std::io;

use anstyle::{AnsiColor, Style};

use super::canonical::yaml_scalar;
use crate::model::report::{Report, StepEntry};
use crate::model::step::StepKind;

const HEAD: Style = Style::new().bold();
const WARN: Style = AnsiColor::Yellow.on_default().bold();

/// Writes the Jira site and the roster, every step with its outcome, and why the pass ended early, if it did.
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
        write!(out, "{}", step_line(step))?;
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

fn step_line(step: &StepEntry) -> String {
    let account = step.account.as_ref().map(ToString::to_string);
    let account = yaml_scalar(&step.email.clone().or(account).unwrap_or_default());
    let desk = step.desk.as_ref().map(ToString::to_string).unwrap_or_default();
    let [before, after] = [&step.before, &step.after].map(|text| yaml_scalar(text.as_deref().unwrap_or_default()));
    match step.kind {
        StepKind::CreateCustomer => format!("create {account}"),
        StepKind::UpdateCustomer => format!("update {account}: {before} becomes {after}"),
        StepKind::AddToDesk => format!("add {account} to {desk}"),
        StepKind::RemoveFromDesk => format!("remove {account} from {desk}"),
        StepKind::SetAccess => format!("set access of {desk} from {before} to {after}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_plan_steers_a_terminal() {
        let steps = serde_json::json!([
            {"id": "s1", "kind": "update_customer", "email": "ada@example.com", "account": "a", "before": "\u{1b}[31mAda",
             "after": "Ada", "cause": "edit"},
            {"id": "s2", "kind": "remove_from_desk", "account": "\u{9b}b", "desk": "SUP", "cause": "drift"},
        ]);
        let mut report = Report::without_plan(
            "https://example.atlassian.net".into(),
            &Default::default(),
            String::new(),
        );
        report.stopped = None;
        report.steps = serde_json::from_value(steps).unwrap();
        let mut out = Vec::new();
        write(&mut anstream::StripStream::new(&mut out), &report).unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<_> = text.lines().skip(1).collect();
        assert_eq!(
            lines,
            [
                r#"update ada@example.com: "\u001b[31mAda" becomes Ada"#,
                r#"remove "\u009bb" from SUP"#
            ]
        );
    }
}
