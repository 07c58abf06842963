//! A plan or report as a pull-request comment.
//!
//! What needs a decision comes first: guard findings, removals, opened desks. Text from Jira or a roster goes into code
//! spans, so that it cannot become markup or a mention. A comment holds 65 536 characters: long lists are folded, and
//! truncated where needed, with the number of omitted rows.

use std::fmt::Write as _;
use std::io;

use super::text::summary_line;
use crate::model::account::AccountId;
use crate::model::name::is_hostile;
use crate::model::report::{HeldEntry, RefusedEntry, Report, StepEntry};
use crate::model::step::StepKind;

/// Maximum length in characters. The limit of a comment is 65 536, and a bot may add some text of its own.
const MOST: usize = 60_000;
/// Number of rows above which a list is folded.
const FOLDED: usize = 20;
/// Marker by which a bot finds its earlier comment.
const MARK: &str = "<!-- quietdesk plan -->";

/// A titled list.
struct Section {
    title: String,
    rows: Vec<String>,
}

/// Writes the comment; `full` adds the noted differences.
///
/// # Errors
/// Those of `out`.
pub fn write(out: &mut dyn io::Write, report: &Report, full: bool) -> io::Result<()> {
    out.write_all(format_comment(report, full).as_bytes())
}

fn format_comment(report: &Report, with_notes: bool) -> String {
    let mut text = format!("{MARK}\n### quietdesk: {}\n", headline(report));
    let end = format!("\n{}\n", footer(report));
    let mut left = MOST.saturating_sub(text.chars().count() + end.chars().count());
    for section in sections(report, with_notes) {
        // Half of the remaining space, so that a long list leaves room for the following ones.
        let written = write_section(&section, left / 2);
        left = left.saturating_sub(written.chars().count());
        text += &written;
    }
    text + &end
}

fn headline(report: &Report) -> String {
    if let Some(stopped) = &report.stopped {
        return format!("did not finish: {}", code_span(stopped));
    }
    let summary = &report.summary;
    let parts: Vec<_> = [
        (summary.remove, "to remove"),
        (summary.create, "to create"),
        (summary.update, "to update"),
        (summary.add, "to add"),
        (
            summary.access,
            match summary.access {
                1 => "access mode to change",
                _ => "access modes to change",
            },
        ),
        (summary.organizations, "in organizations"),
        (summary.held, "held (needs a decision)"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!("{count} {what}"))
    .collect();
    match parts.is_empty() {
        true => "nothing to do".to_owned(),
        false => parts.join(", "),
    }
}

fn footer(report: &Report) -> String {
    let digest: String = report.roster.digest.chars().take(12).collect();
    let jira = code_span(&report.jira.url);
    format!(
        "{}\n\n<sub>roster `{digest}` against {jira}</sub>",
        summary_line(report)
    )
}

fn sections(report: &Report, with_notes: bool) -> Vec<Section> {
    let of = |wanted: fn(&StepEntry) -> bool| report.steps.iter().filter(move |step| wanted(step));
    let failed = report
        .steps
        .iter()
        .filter(|step| step.outcome.is_some_and(|outcome| !outcome.is_success()));
    let findings = report.guard.findings.iter().map(|finding| {
        let (count, of, limit) = (finding.count, finding.of, &finding.limit);
        format!(
            "{}: {count} of {of}, the limit is {limit}. If intended: {}",
            finding.what,
            code_span(&finding.override_hint)
        )
    });
    let notes = report.notes.iter().map(|note| {
        let account = note.email.as_deref().unwrap_or(&note.account.0);
        let desk = note
            .desk
            .as_ref()
            .map(|desk| format!(" on {}", code_span(desk.as_str())));
        format!(
            "{}{}: {}",
            code_span(account),
            desk.unwrap_or_default(),
            code_span(&note.note)
        )
    });
    let section = |title: &str, rows: Vec<String>| Section {
        title: title.to_owned(),
        rows,
    };
    let all = vec![
        section("Refused by a guard", findings.collect()),
        section(
            "Not removed because of a guard",
            report.refused.iter().map(refused_row).collect(),
        ),
        section("Unsuccessful steps", failed.map(failure_row).collect()),
        section("Removals", of(is_removal).map(step_row).collect()),
        section("Opened desks", of(is_opening).map(step_row).collect()),
        section("Restricted desks", of(is_tightening).map(step_row).collect()),
        section("Held (needs a decision)", report.held.iter().map(held_row).collect()),
        section("Account changes", of(is_update).map(update_row).collect()),
        section("New accounts (no e-mail is sent)", people_rows(report, true)),
        section("Additions of existing accounts", people_rows(report, false)),
        section(
            "Paused desks (not applied)",
            report.paused.iter().map(step_row).collect(),
        ),
        section(
            "Noted, not changed",
            if with_notes { notes.collect() } else { Vec::new() },
        ),
        section(
            "Warnings",
            report.warnings.iter().map(|warning| code_span(warning)).collect(),
        ),
    ];
    all.into_iter().filter(|section| !section.rows.is_empty()).collect()
}

fn is_update(step: &StepEntry) -> bool {
    step.kind == StepKind::UpdateCustomer
}

fn update_row(step: &StepEntry) -> String {
    let of = |text: &Option<String>| code_span(text.as_deref().unwrap_or_default());
    format!(
        "{}: {} → {}",
        code_span(step.email.as_deref().unwrap_or_default()),
        of(&step.before),
        of(&step.after)
    )
}

fn is_removal(step: &StepEntry) -> bool {
    match step.kind {
        StepKind::RemoveFromDesk => true,
        StepKind::CreateCustomer | StepKind::UpdateCustomer | StepKind::AddToDesk | StepKind::SetAccess => false,
    }
}

fn is_opening(step: &StepEntry) -> bool {
    let openness = |mode: &Option<String>| {
        ["restricted", "open", "public"]
            .iter()
            .position(|known| Some(*known) == mode.as_deref())
    };
    step.kind == StepKind::SetAccess && openness(&step.after) > openness(&step.before)
}

fn is_tightening(step: &StepEntry) -> bool {
    step.kind == StepKind::SetAccess && !is_opening(step)
}

fn step_row(step: &StepEntry) -> String {
    let mut words = vec![step.kind.as_str().replace('_', " ")];
    let account = step.account.as_ref().map(|id| id.0.as_str());
    words.extend(step.email.as_deref().or(account).map(code_span));
    words.extend(step.desk.as_ref().map(|desk| code_span(desk.as_str())));
    if let (Some(before), Some(after)) = (&step.before, &step.after) {
        words.push(format!("{} → {}", code_span(before), code_span(after)));
    }
    words.join(" ")
}

fn refused_row(entry: &RefusedEntry) -> String {
    let account = entry.email.as_deref().unwrap_or(&entry.account.0);
    format!("{} on {}", code_span(account), code_span(&entry.container.to_string()))
}

fn failure_row(step: &StepEntry) -> String {
    let outcome = step
        .outcome
        .map(|outcome| outcome.as_str().replace('_', " "))
        .unwrap_or_default();
    let why = step
        .error
        .as_deref()
        .map(|error| format!(": {}", code_span(error)))
        .unwrap_or_default();
    format!("{outcome}: {}{why}", step_row(step))
}

fn held_row(held: &HeldEntry) -> String {
    let account = held.email.as_deref().or(held.account.as_ref().map(|id| id.0.as_str()));
    let desk = held.desk.as_ref().map(|desk| code_span(desk.as_str()));
    let subject = match (account.map(code_span), desk) {
        (Some(account), Some(desk)) => format!("{account} on {desk}"),
        (account, desk) => account.or(desk).unwrap_or_default(),
    };
    format!("{subject}: {}; {}", code_span(&held.reason), held.advice)
}

/// The creation and additions of one person.
struct Person<'a> {
    email: &'a str,
    account: Option<&'a AccountId>,
    /// The name of the new account, if one is created.
    created: Option<&'a str>,
    desks: Vec<String>,
}

/// Returns one row per person: those who are created, or those who are only added. A person's steps are consecutive,
/// which also separates people whose masked e-mails are equal.
fn people_rows(report: &Report, created: bool) -> Vec<String> {
    let mut people: Vec<Person<'_>> = Vec::new();
    for step in &report.steps {
        let Some(email) = &step.email else { continue };
        let (is_create, is_add) = match step.kind {
            StepKind::CreateCustomer => (true, false),
            StepKind::AddToDesk => (false, true),
            StepKind::UpdateCustomer | StepKind::RemoveFromDesk | StepKind::SetAccess => (false, false),
        };
        let desk = step.desk.as_ref().map(|desk| code_span(desk.as_str()));
        let account = step.account.as_ref();
        match people.last_mut() {
            Some(last) if !is_create && last.email == email && last.account == account => {
                last.desks.extend(desk);
            }
            _ if is_create || is_add => people.push(Person {
                email,
                account,
                created: is_create.then(|| step.after.as_deref().unwrap_or(email)),
                desks: desk.into_iter().collect(),
            }),
            _ => {}
        }
    }
    people
        .iter()
        .filter(|person| person.created.is_some() == created)
        .map(person_row)
        .collect()
}

fn person_row(person: &Person<'_>) -> String {
    let name = person.created.filter(|name| *name != person.email);
    let name = name.map(|name| format!(" ({})", code_span(name))).unwrap_or_default();
    let desks = match person.desks.is_empty() {
        true => "no desk".to_owned(),
        false => person.desks.join(", "),
    };
    format!("{}{name} on {desks}", code_span(person.email))
}

fn write_section(section: &Section, most: usize) -> String {
    let Section { title, rows } = section;
    let folded = rows.len() > FOLDED;
    let mut text = match folded {
        true => format!("\n<details><summary><b>{title}</b>: {}</summary>\n\n", rows.len()),
        false => format!("\n**{title}**\n\n"),
    };
    let mut length = text.chars().count() + "</details>\n… and 4294967295 more\n".len();
    let mut shown = 0;
    for row in rows {
        length += row.chars().count() + "- \n".len();
        if length > most {
            break;
        }
        // Writing to a string does not fail.
        let _ = writeln!(text, "- {row}");
        shown += 1;
    }
    if shown < rows.len() {
        let _ = writeln!(text, "\n… and {} more", rows.len() - shown);
    }
    if folded {
        text += "\n</details>\n";
    }
    text
}

/// Formats untrusted text as a code span, so that it cannot contain markup, links, mentions or HTML, nor end the span.
fn code_span(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        match is_hostile(c) {
            true => clean += &format!("<U+{:04X}>", u32::from(c)),
            false => clean.push(c),
        }
    }
    let (mut longest, mut run) = (0, 0);
    for c in clean.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    match clean.trim().is_empty() || clean.starts_with([' ', '`']) || clean.ends_with([' ', '`']) {
        true => format!("{fence} {clean} {fence}"),
        false => format!("{fence}{clean}{fence}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::access::Access;
    use crate::model::fixtures::{
        account, cloud_site, customer, roster, with_access, with_account, with_name, with_paused,
    };
    use crate::model::ledger::Ledger;
    use crate::model::observed::Observed;
    use crate::model::plan::plan;
    use crate::model::policy::Policy;
    use crate::model::report::{ReportInput, RosterSource};
    use crate::model::roster::Roster;

    fn report_for(roster: &Roster, observed: &Observed) -> Report {
        let plan = plan(roster, observed, &Ledger::not_kept(), &Policy::default());
        Report::new(ReportInput {
            roster,
            source: &RosterSource {
                files: vec!["roster.yaml".to_owned()],
                digest: "0123456789abcdef".to_owned(),
                warnings: Vec::new(),
            },
            observed,
            plan: &plan,
            already: &[],
            findings: &[],
            calls: 3,
            mail_sending_calls: 0,
            outcomes: None,
            name_unlisted: false,
        })
    }

    #[test]
    fn what_needs_a_decision_comes_first() {
        let people = [
            with_name("Ada Lovelace", customer("ada@example.com", &["PRIV", "SUP"])),
            customer("bob@example.com", &["SUP"]),
            customer("eve@example.com", &["HR"]),
        ];
        let wanted = with_paused(
            "HR",
            with_access(Access::Open, "SUP", roster(&["HR", "PRIV", "SUP"], people)),
        );
        let observed = with_account(cloud_site(&["HR", "PRIV", "SUP"]), account("b", "bob@example.com"), &[]);
        let text = format_comment(&report_for(&wanted, &observed), true);
        insta::assert_snapshot!(text, @r"
        <!-- quietdesk plan -->
        ### quietdesk: 1 to create, 3 to add, 1 access mode to change

        **Opened desks**

        - set access `SUP` `restricted` → `open`

        **New accounts (no e-mail is sent)**

        - `ada@example.com` (`Ada Lovelace`) on `PRIV`, `SUP`

        **Additions of existing accounts**

        - `bob@example.com` on `SUP`

        **Paused desks (not applied)**

        - create customer `eve@example.com`
        - add to desk `eve@example.com` `HR`

        1 to create, 3 to add, 0 to remove, 1 access mode to change; 0 held; 0 unchanged; 2 paused; 3 API calls, none sends e-mail

        <sub>roster `0123456789ab` against `https://example.atlassian.net`</sub>
        ");
    }

    /// Masked, Ada and Alan have equal e-mails, and still get two rows.
    #[test]
    fn people_who_look_alike_stay_apart() {
        let people = [
            customer("ada@example.com", &["PRIV", "SUP"]),
            customer("alan@example.com", &["SUP"]),
            customer("amy@example.com", &["SUP"]),
            customer("ann@example.com", &["SUP"]),
        ];
        let observed = with_account(cloud_site(&["PRIV", "SUP"]), account("1", "amy@example.com"), &[]);
        let observed = with_account(observed, account("2", "ann@example.com"), &[]);
        let report = report_for(&roster(&["PRIV", "SUP"], people), &observed).redacted();
        let masked = |rows: &[&str]| {
            rows.iter()
                .map(|row| format!("`a…@example.com` {row}"))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            super::people_rows(&report, true),
            masked(&["on `PRIV`, `SUP`", "on `SUP`"])
        );
        assert_eq!(super::people_rows(&report, false), masked(&["on `SUP`", "on `SUP`"]));
    }

    #[test]
    fn nothing_to_do_is_said_in_a_line() {
        let text = format_comment(&report_for(&roster(&["SUP"], []), &cloud_site(&["SUP"])), false);
        assert!(text.contains("### quietdesk: nothing to do"), "{text}");
    }

    #[test]
    fn whatever_a_name_holds_stays_in_its_code_span() {
        for (hostile, shown) in [
            ("</details><script>", "`</details><script>`"),
            ("@everyone", "`@everyone`"),
            ("a`b``c", "```a`b``c```"),
            ("`", "`` ` ``"),
            ("a\nb\u{202e}", "`a<U+000A>b<U+202E>`"),
            ("", "`  `"),
            ("[x](http://evil.example)", "`[x](http://evil.example)`"),
        ] {
            assert_eq!(code_span(hostile), shown);
        }
    }

    #[test]
    fn a_hundred_thousand_people_fit_in_a_comment() {
        let people = (0..100_000).map(|n| customer(&format!("somebody.with.a.name.{n:06}@example.com"), &["SUP"]));
        let mut report = report_for(&roster(&["SUP"], people), &cloud_site(&["SUP"]));
        report.warnings.push("read me all the same".to_owned());
        let text = format_comment(&report, false);
        assert!(text.chars().count() <= MOST, "{}", text.chars().count());
        let shown = text.lines().filter(|line| line.starts_with("- `somebody")).count();
        assert!(
            shown > 100 && text.contains(&format!("… and {} more", 100_000 - shown)),
            "{shown}"
        );
        assert!(text.contains("<details>") && text.contains("</details>") && text.contains("read me all the same"));
    }
}
