//! A plan and its outcomes as text for people.
//!
//! Always writes colors; the caller strips them where they are not supported.

use std::io;

use anstyle::{AnsiColor, Style};

use super::canonical::{self, PersonalData, yaml_scalar};
use super::diff::{Line, unified_diff};
use crate::model::observed::Observed;
use crate::model::outcome::{Outcome, Outcomes};
use crate::model::outcome_counts::AccountsToHandOff;
use crate::model::plan::Plan;
use crate::model::report::{Report, Summary};
use crate::model::roster::Roster;

const OLD: Style = AnsiColor::Red.on_default();
const NEW: Style = AnsiColor::Green.on_default();
const PLACE: Style = AnsiColor::Cyan.on_default();
const HEAD: Style = Style::new().bold();
const WARN: Style = AnsiColor::Yellow.on_default().bold();

/// Writes a unified diff of the canonical roster, from Jira's current state to the state after the plan.
///
/// # Errors
/// Those of `out`.
pub fn write_diff(
    out: &mut dyn io::Write,
    roster: &Roster,
    observed: &Observed,
    plan: &Plan,
    shown: PersonalData,
) -> io::Result<()> {
    let entries = canonical::entries(roster, observed, plan, shown);
    let lines = unified_diff(&entries);
    if !lines.is_empty() {
        writeln!(out, "{HEAD}--- Jira now{HEAD:#}")?;
        writeln!(out, "{HEAD}+++ Jira after this plan{HEAD:#}")?;
    }
    for line in lines {
        match line {
            Line::Hunk(header) => writeln!(out, "{PLACE}{header}{PLACE:#}")?,
            Line::Context(line) => writeln!(out, " {line}")?,
            Line::Old(line) => writeln!(out, "{OLD}-{line}{OLD:#}")?,
            Line::AddResult(line) => writeln!(out, "{NEW}+{line}{NEW:#}")?,
        }
    }
    Ok(())
}

/// Writes the parts of a plan that the diff does not show, and the summary line.
///
/// # Errors
/// Those of `out`.
pub fn write_details(out: &mut dyn io::Write, report: &Report, full: bool) -> io::Result<()> {
    for warning in &report.warnings {
        writeln!(out, "{WARN}warning:{WARN:#} {warning}")?;
    }
    for finding in &report.guard.findings {
        let (count, of, limit) = (finding.count, finding.of, &finding.limit);
        writeln!(
            out,
            "{WARN}refused:{WARN:#} {} ({count} of {of}; the limit is {limit})",
            finding.what
        )?;
        writeln!(out, "      if intended: {}", finding.override_hint)?;
    }
    if full {
        for entry in &report.refused {
            let account = entry.email.clone().unwrap_or_else(|| yaml_scalar(&entry.account.0));
            writeln!(out, "refused: {account} stays on {}", entry.container)?;
        }
    } else if !report.refused.is_empty() {
        let count = report.refused.len();
        writeln!(out, "      {count} not removed (--full lists them)")?;
    }
    let mut label = "held (needs a decision):";
    for held in &report.held {
        let desk = held.desk.as_ref().map(ToString::to_string);
        let account = held.account.as_ref().map(|id| yaml_scalar(&id.0));
        let subject = match (&held.email, account, desk) {
            (Some(email), _, Some(desk)) => format!("{email} on {desk}"),
            (Some(email), _, None) => email.clone(),
            (None, Some(account), Some(desk)) => format!("{account} on {desk}"),
            (None, account, desk) => desk.or(account).unwrap_or_default(),
        };
        writeln!(out, "{WARN}{label}{WARN:#} {subject}: {}", held.reason)?;
        label = "held:";
        if !held.candidates.is_empty() {
            let ids: Vec<_> = held.candidates.iter().map(|id| yaml_scalar(&id.0)).collect();
            writeln!(out, "      candidates: {}", ids.join(", "))?;
        }
        writeln!(out, "      {}", held.advice)?;
    }
    for step in &report.paused {
        let subject = step.email.as_ref().map(|email| format!(" {email}")).unwrap_or_default();
        let desk = step.desk.as_ref().map(|desk| format!(" on {desk}")).unwrap_or_default();
        writeln!(out, "paused: {}{subject}{desk}", step.kind.as_str())?;
    }
    if full {
        for note in &report.notes {
            let account = note.email.clone().unwrap_or_else(|| yaml_scalar(&note.account.0));
            let desk = note.desk.as_ref().map(|desk| format!(" on {desk}")).unwrap_or_default();
            writeln!(out, "noted: {account}{desk}: {}", note.note)?;
        }
    }
    for (key, desk) in &report.desks {
        for stranger in desk.unlisted_accounts.iter().flatten() {
            let email = stranger.email.as_deref().unwrap_or("no e-mail");
            let id = yaml_scalar(&stranger.account.0);
            writeln!(
                out,
                "unlisted on {key}: {} {} ({id})",
                yaml_scalar(email),
                yaml_scalar(&stranger.name)
            )?;
        }
    }
    writeln!(out, "{HEAD}{}{HEAD:#}", summary_line(report))
}

/// Returns the counts of a plan in one line.
#[must_use]
pub fn summary_line(report: &Report) -> String {
    let Summary {
        create,
        update,
        add,
        remove,
        access,
        held,
        unchanged,
        unlisted,
        calls,
        ..
    } = &report.summary;
    let mut parts = Vec::new();
    if create + update + add + remove + access == 0 {
        parts.push("nothing to do".to_owned());
    } else {
        // Cloud never has updates.
        let update = if *update > 0 {
            format!("{update} to update, ")
        } else {
            String::new()
        };
        let modes = plural(*access, "mode");
        parts.push(format!(
            "{create} to create, {update}{add} to add, {remove} to remove, {access} access {modes} to change"
        ));
    }
    if !report.guard.findings.is_empty() {
        parts.push(format!("{} refused by a guard", report.guard.findings.len()));
    }
    parts.push(format!("{held} held"));
    parts.push(format!("{unchanged} unchanged"));
    if !report.notes.is_empty() {
        parts.push(format!("{} noted (--full lists them)", report.notes.len()));
    }
    if !report.paused.is_empty() {
        parts.push(format!("{} paused", report.paused.len()));
    }
    if *unlisted > 0 {
        let people = if *unlisted == 1 { "person" } else { "people" };
        parts.push(format!("{unlisted} {people} unlisted"));
    }
    parts.push(call_counts(*calls, report.mail_sending_calls));
    parts.join("; ")
}

/// Returns the number of API calls, and how many of them send e-mail.
fn call_counts(calls: usize, mail_sending: usize) -> String {
    let counted = format!("{calls} API {}", plural(calls, "call"));
    match (calls, mail_sending) {
        (0, 0) => counted,
        (1, 0) => format!("{counted}, sends no e-mail"),
        (_, 0) => format!("{counted}, none sends e-mail"),
        (_, _) => format!("{counted}, {mail_sending} sending e-mail"),
    }
}

/// Writes the result of an applied plan: steps that did not succeed, the command that lists accounts to hand off (if
/// any), then one line of counts.
///
/// # Errors
/// Those of `out`.
pub fn write_outcomes(
    out: &mut dyn io::Write,
    plan: &Plan,
    outcomes: &Outcomes,
    writes: u64,
    hand_off: Option<&str>,
) -> io::Result<()> {
    let mut not_attempted = 0;
    let mut held = match plan.held.is_empty() {
        true => "held (needs a decision)",
        false => Outcome::Held.as_str(),
    };
    for step in plan.steps.iter().filter(|step| !outcomes.has_succeeded(step.id)) {
        let outcome = outcomes.outcome_of(step.id);
        match outcomes.results.get(&step.id).and_then(|end| end.error.as_deref()) {
            Some(error) => {
                let word = match outcome == Outcome::Held {
                    true => std::mem::replace(&mut held, Outcome::Held.as_str()),
                    false => outcome.as_str(),
                };
                writeln!(out, "{WARN}{word}:{WARN:#} {step}: {error}")?;
            }
            None => not_attempted += 1,
        }
    }
    if not_attempted > 0 {
        writeln!(
            out,
            "{not_attempted} {} not attempted; the next pass continues",
            plural(not_attempted, "step")
        )?;
    }
    if let Some(stopped) = &outcomes.stopped {
        writeln!(out, "{WARN}stopped:{WARN:#} {stopped}")?;
    }
    let made = hand_off.and_then(|command| hand_off_line(outcomes.count_accounts_to_hand_off(plan), command));
    if let Some(line) = made {
        writeln!(out, "{line}")?;
    }
    writeln!(out, "{HEAD}{}{HEAD:#}", outcome_line(plan, outcomes, writes))
}

/// Returns the line that announces accounts to hand off, because Jira sends no e-mail; `None` if there are none.
#[must_use]
pub fn hand_off_line(made: AccountsToHandOff, command: &str) -> Option<String> {
    let AccountsToHandOff {
        accounts,
        with_password,
    } = made;
    let details = match with_password {
        0 => "portal links",
        _ => "portal links and first passwords",
    };
    let accounts_word = plural(accounts, "account");
    (accounts > 0).then(|| format!("{accounts} new {accounts_word} to hand off: `{command}` lists {details}"))
}

/// Returns the outcomes of a plan's steps in one line.
#[must_use]
pub fn outcome_line(plan: &Plan, outcomes: &Outcomes, writes: u64) -> String {
    let counts = outcomes.count_by_outcome(plan);
    // Held steps are counted together with the entries held before applying.
    let ended = counts.iter().filter(|(outcome, _)| **outcome != Outcome::Held);
    let parts: Vec<_> = ended
        .map(|(outcome, count)| format!("{count} {}", outcome.as_str()))
        .collect();
    let steps = match (parts.is_empty(), plan.steps.is_empty()) {
        (false, _) => parts.join(", "),
        (true, true) => "nothing to do".to_owned(),
        (true, false) => "nothing done".to_owned(),
    };
    let held = match outcomes.count_held(plan) {
        0 => String::new(),
        held => format!("; {held} held"),
    };
    format!(
        "{steps}{held}; {writes} {} made",
        plural(usize::try_from(writes).unwrap_or(usize::MAX), "write")
    )
}

fn plural(count: usize, word: &str) -> String {
    if count == 1 {
        word.to_owned()
    } else {
        format!("{word}s")
    }
}
