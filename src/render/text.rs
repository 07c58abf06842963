//! A plan, and what became of it, as text for people.
//!
//! Colours are always written; who prints to something that has none strips them.

use std::io;

use anstyle::{AnsiColor, Style};

use super::canonical::{self, Shown, scalar};
use super::diff::{Line, unified};
use crate::model::observed::Observed;
use crate::model::outcome::{Outcome, Outcomes};
use crate::model::plan::Plan;
use crate::model::report::{Report, Summary};
use crate::model::roster::Roster;
use crate::model::tally::ToHandOff;

const OLD: Style = AnsiColor::Red.on_default();
const NEW: Style = AnsiColor::Green.on_default();
const PLACE: Style = AnsiColor::Cyan.on_default();
const HEAD: Style = Style::new().bold();
const WARN: Style = AnsiColor::Yellow.on_default().bold();

/// Writes the differences as a unified diff of the canonical roster Jira has now against the one it will have.
///
/// # Errors
/// Those of `out`.
pub fn write_diff(
    out: &mut dyn io::Write,
    roster: &Roster,
    observed: &Observed,
    plan: &Plan,
    shown: Shown,
) -> io::Result<()> {
    let entries = canonical::entries(roster, observed, plan, shown);
    let lines = unified(&entries);
    if !lines.is_empty() {
        writeln!(out, "{HEAD}--- Jira now{HEAD:#}")?;
        writeln!(out, "{HEAD}+++ Jira after this plan{HEAD:#}")?;
    }
    for line in lines {
        match line {
            Line::Hunk(header) => writeln!(out, "{PLACE}{header}{PLACE:#}")?,
            Line::Same(line) => writeln!(out, " {line}")?,
            Line::Old(line) => writeln!(out, "{OLD}-{line}{OLD:#}")?,
            Line::New(line) => writeln!(out, "{NEW}+{line}{NEW:#}")?,
        }
    }
    Ok(())
}

/// Writes everything of a plan that the diff does not show, and the summary line.
///
/// # Errors
/// Those of `out`.
pub fn write_remarks(out: &mut dyn io::Write, report: &Report, full: bool) -> io::Result<()> {
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
        writeln!(out, "      if it is meant: {}", finding.way_out)?;
    }
    if full {
        for entry in &report.refused {
            let who = entry.email.clone().unwrap_or_else(|| scalar(&entry.account.0));
            writeln!(out, "refused: {who} stays on {}", entry.container)?;
        }
    } else if !report.refused.is_empty() {
        let count = report.refused.len();
        writeln!(out, "      {count} would leave; --full names them")?;
    }
    for held in &report.held {
        let desk = held.desk.as_ref().map(ToString::to_string);
        let account = held.account.as_ref().map(|id| scalar(&id.0));
        let subject = match (&held.email, account, desk) {
            (Some(email), _, Some(desk)) => format!("{email} on {desk}"),
            (Some(email), _, None) => email.clone(),
            (None, Some(account), Some(desk)) => format!("{account} on {desk}"),
            (None, account, desk) => desk.or(account).unwrap_or_default(),
        };
        writeln!(out, "{WARN}held:{WARN:#} {subject}: {}", held.reason)?;
        if !held.candidates.is_empty() {
            let ids: Vec<_> = held.candidates.iter().map(|id| scalar(&id.0)).collect();
            writeln!(out, "      candidates: {}", ids.join(", "))?;
        }
        writeln!(out, "      {}", held.advice)?;
    }
    for step in &report.paused {
        let subject = step.email.as_deref().unwrap_or("its access");
        let desk = step.desk.as_ref().map(|desk| format!(" on {desk}")).unwrap_or_default();
        writeln!(out, "paused: {} {subject}{desk}", step.kind.as_str())?;
    }
    if full {
        for note in &report.notes {
            let who = note.email.clone().unwrap_or_else(|| scalar(&note.account.0));
            let desk = note.desk.as_ref().map(|desk| format!(" on {desk}")).unwrap_or_default();
            writeln!(out, "noted: {who}{desk}: {}", note.note)?;
        }
    }
    for (key, desk) in &report.desks {
        for stranger in desk.unlisted_accounts.iter().flatten() {
            let email = stranger.email.as_deref().unwrap_or("no e-mail");
            let id = scalar(&stranger.account.0);
            writeln!(
                out,
                "unlisted on {key}: {} {} ({id})",
                scalar(email),
                scalar(&stranger.name)
            )?;
        }
    }
    writeln!(out, "{HEAD}{}{HEAD:#}", summary_line(report))
}

/// The numbers of a plan in one line.
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
        // Cloud has nothing to update.
        let update = if *update > 0 {
            format!("{update} to update, ")
        } else {
            String::new()
        };
        let remove = match remove {
            0 => String::new(),
            _ => format!("{remove} to remove, "),
        };
        parts.push(format!(
            "{create} to create, {update}{add} to add, {remove}{access} access to change"
        ));
    }
    if !report.guard.findings.is_empty() {
        parts.push(format!("{} refused by a guard", report.guard.findings.len()));
    }
    parts.push(format!("{held} held"));
    parts.push(format!("{unchanged} unchanged"));
    if !report.notes.is_empty() {
        parts.push(format!("{} noted (--full names them)", report.notes.len()));
    }
    if !report.paused.is_empty() {
        parts.push(format!("{} paused", report.paused.len()));
    }
    if *unlisted > 0 {
        let people = if *unlisted == 1 { "person" } else { "people" };
        parts.push(format!("{unlisted} {people} unlisted"));
    }
    let mails = report.mail_sending_calls;
    parts.push(format!("{calls} {}, {mails} that mail", plural(*calls, "call")));
    parts.join("; ")
}

/// Writes what became of an applied plan: what did not succeed, who is to be handed off and by which command (where
/// there is one), then one line of numbers.
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
    let mut unnamed = 0;
    for step in plan.steps.iter().filter(|step| !outcomes.succeeded(step.id)) {
        let word = outcomes.of(step.id).as_str();
        match outcomes.ends.get(&step.id).and_then(|end| end.error.as_deref()) {
            Some(error) => writeln!(out, "{WARN}{word}:{WARN:#} {step}: {error}")?,
            None => unnamed += 1,
        }
    }
    if unnamed > 0 {
        writeln!(
            out,
            "{unnamed} {} not attempted; the next pass does them",
            plural(unnamed, "step")
        )?;
    }
    if let Some(stopped) = &outcomes.stopped {
        writeln!(out, "{WARN}stopped:{WARN:#} {stopped}")?;
    }
    let made = hand_off.and_then(|command| hand_off_line(outcomes.to_hand_off(plan), command));
    if let Some(line) = made {
        writeln!(out, "{line}")?;
    }
    writeln!(out, "{HEAD}{}{HEAD:#}", outcome_line(plan, outcomes, writes))
}

/// Who is to be told of their account, since Jira tells nobody; nothing where there is nobody.
#[must_use]
pub fn hand_off_line(made: ToHandOff, command: &str) -> Option<String> {
    let ToHandOff {
        accounts,
        with_password,
    } = made;
    let passwords = match with_password {
        0 => "",
        1 => " and a first password",
        _ => " and first passwords",
    };
    let accounts_word = plural(accounts, "account");
    (accounts > 0).then(|| {
        format!("{accounts} new {accounts_word} to hand off: `{command}` lists who, with the portal{passwords}")
    })
}

/// What became of a plan's steps in one line.
#[must_use]
pub fn outcome_line(plan: &Plan, outcomes: &Outcomes, writes: u64) -> String {
    let counts = outcomes.counts(plan);
    // What is held is told with what was held before anything was applied.
    let ended = counts.iter().filter(|(outcome, _)| **outcome != Outcome::Held);
    let parts: Vec<_> = ended
        .map(|(outcome, count)| format!("{count} {}", outcome.as_str()))
        .collect();
    let steps = match (parts.is_empty(), plan.steps.is_empty()) {
        (false, _) => parts.join(", "),
        (true, true) => "nothing to do".to_owned(),
        (true, false) => "nothing done".to_owned(),
    };
    let held = match outcomes.held(plan) {
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
