//! A plan or report as a comment on a pull request.
//!
//! What needs a decision comes first: guard findings, removals, desks that open. Whatever Jira or a roster says stands
//! in a code span, so that it can be neither markup nor a mention. One comment holds 65 536 characters: the longest
//! lists are folded, and cut where they must be, saying how many are left out.

use std::fmt::Write as _;
use std::io;

use super::text::summary_line;
use crate::model::account::AccountId;
use crate::model::name::is_hostile;
use crate::model::report::{HeldEntry, RefusedEntry, Report, StepEntry};
use crate::model::step::StepKind;

/// Characters used at most; a comment may have 65 536, and a bot may add a few words of its own.
const MOST: usize = 60_000;
/// A list longer than this is folded.
const FOLDED: usize = 20;
/// How a bot finds the comment it wrote before.
const MARK: &str = "<!-- quietdesk plan -->";

/// A list under a title.
struct Section {
    title: String,
    rows: Vec<String>,
}

/// Writes the comment; the noted differences are named where `full`.
///
/// # Errors
/// Those of `out`.
pub fn write(out: &mut dyn io::Write, report: &Report, full: bool) -> io::Result<()> {
    out.write_all(comment(report, full).as_bytes())
}

fn comment(report: &Report, full: bool) -> String {
    let mut text = format!("{MARK}\n### quietdesk: {}\n", headline(report));
    let end = format!("\n{}\n", numbers(report));
    let mut left = MOST.saturating_sub(text.chars().count() + end.chars().count());
    for section in sections(report, full) {
        // Half of what is left, so that a long list leaves room for those behind it.
        let written = write_section(&section, left / 2);
        left = left.saturating_sub(written.chars().count());
        text += &written;
    }
    text + &end
}

fn headline(report: &Report) -> String {
    if let Some(stopped) = &report.stopped {
        return format!("it did not come to its end: {}", code(stopped));
    }
    let summary = &report.summary;
    let parts: Vec<_> = [
        (summary.remove, "to remove"),
        (summary.create, "to create"),
        (summary.update, "to update"),
        (summary.add, "to add"),
        (summary.access, "access to change"),
        (summary.organizations, "in organizations"),
        (summary.held, "held"),
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

fn numbers(report: &Report) -> String {
    let digest: String = report.roster.digest.chars().take(12).collect();
    let jira = code(&report.jira.url);
    format!(
        "{}\n\n<sub>roster `{digest}` against {jira}</sub>",
        summary_line(report)
    )
}

fn sections(report: &Report, full: bool) -> Vec<Section> {
    let of = |wanted: fn(&StepEntry) -> bool| report.steps.iter().filter(move |step| wanted(step));
    let failed = report
        .steps
        .iter()
        .filter(|step| step.outcome.is_some_and(|outcome| !outcome.is_success()));
    let findings = report.guard.findings.iter().map(|finding| {
        let (count, of, limit) = (finding.count, finding.of, &finding.limit);
        format!(
            "{}: {count} of {of}, the limit is {limit}. If it is meant: {}",
            finding.what,
            code(&finding.way_out)
        )
    });
    let notes = report.notes.iter().map(|note| {
        let who = note.email.as_deref().unwrap_or(&note.account.0);
        let desk = note.desk.as_ref().map(|desk| format!(" on {}", code(desk.as_str())));
        format!("{}{}: {}", code(who), desk.unwrap_or_default(), code(&note.note))
    });
    let section = |title: &str, rows: Vec<String>| Section {
        title: title.to_owned(),
        rows,
    };
    let all = vec![
        section("Refused by a guard", findings.collect()),
        section(
            "Would leave, and stays because of a guard",
            report.refused.iter().map(refused).collect(),
        ),
        section("Did not succeed", failed.map(failure).collect()),
        section("Removes", of(is_removal).map(change).collect()),
        section("Opens a desk", of(opens).map(change).collect()),
        section("Tightens a desk", of(tightens).map(change).collect()),
        section(
            "Held: nothing is done until somebody decides",
            report.held.iter().map(held).collect(),
        ),
        section("Changes an account", of(is_update).map(update).collect()),
        section("Creates, silently", people(report, true)),
        section("Adds people who have an account", people(report, false)),
        section(
            "Waits, because its desk is paused",
            report.paused.iter().map(change).collect(),
        ),
        section("Noted, and left alone", if full { notes.collect() } else { Vec::new() }),
        section(
            "Worth knowing",
            report.warnings.iter().map(|warning| code(warning)).collect(),
        ),
    ];
    all.into_iter().filter(|section| !section.rows.is_empty()).collect()
}

fn is_update(step: &StepEntry) -> bool {
    step.kind == StepKind::UpdateCustomer
}

fn update(step: &StepEntry) -> String {
    let of = |text: &Option<String>| code(text.as_deref().unwrap_or_default());
    format!(
        "{}: {} → {}",
        code(step.email.as_deref().unwrap_or_default()),
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

fn opens(step: &StepEntry) -> bool {
    let openness = |mode: &Option<String>| {
        ["restricted", "open", "public"]
            .iter()
            .position(|known| Some(*known) == mode.as_deref())
    };
    step.kind == StepKind::SetAccess && openness(&step.after) > openness(&step.before)
}

fn tightens(step: &StepEntry) -> bool {
    step.kind == StepKind::SetAccess && !opens(step)
}

fn change(step: &StepEntry) -> String {
    let mut words = vec![step.kind.as_str().replace('_', " ")];
    let account = step.account.as_ref().map(|id| id.0.as_str());
    words.extend(step.email.as_deref().or(account).map(code));
    words.extend(step.desk.as_ref().map(|desk| code(desk.as_str())));
    if let (Some(before), Some(after)) = (&step.before, &step.after) {
        words.push(format!("{} → {}", code(before), code(after)));
    }
    words.join(" ")
}

fn refused(entry: &RefusedEntry) -> String {
    let who = entry.email.as_deref().unwrap_or(&entry.account.0);
    format!("{} on {}", code(who), code(&entry.container.to_string()))
}

fn failure(step: &StepEntry) -> String {
    let outcome = step
        .outcome
        .map(|outcome| outcome.as_str().replace('_', " "))
        .unwrap_or_default();
    let why = step
        .error
        .as_deref()
        .map(|error| format!(": {}", code(error)))
        .unwrap_or_default();
    format!("{outcome}: {}{why}", change(step))
}

fn held(held: &HeldEntry) -> String {
    let who = held.email.as_deref().or(held.account.as_ref().map(|id| id.0.as_str()));
    let desk = held.desk.as_ref().map(|desk| code(desk.as_str()));
    let subject = match (who.map(code), desk) {
        (Some(who), Some(desk)) => format!("{who} on {desk}"),
        (who, desk) => who.or(desk).unwrap_or_default(),
    };
    format!("{subject}: {}; {}", code(&held.reason), held.advice)
}

/// What is done for one person.
struct Person<'a> {
    email: &'a str,
    account: Option<&'a AccountId>,
    /// The name of the account to be made, where one is.
    created: Option<&'a str>,
    desks: Vec<String>,
}

/// One row a person: those who are created, or those who are only added. A person's steps follow one another, which holds
/// for masked e-mails as well, and these can be alike.
fn people(report: &Report, created: bool) -> Vec<String> {
    let mut people: Vec<Person<'_>> = Vec::new();
    for step in &report.steps {
        let Some(email) = &step.email else { continue };
        let (is_create, is_add) = match step.kind {
            StepKind::CreateCustomer => (true, false),
            StepKind::AddToDesk => (false, true),
            StepKind::UpdateCustomer | StepKind::RemoveFromDesk | StepKind::SetAccess => (false, false),
        };
        let desk = step.desk.as_ref().map(|desk| code(desk.as_str()));
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
        .map(row)
        .collect()
}

fn row(person: &Person<'_>) -> String {
    let name = person.created.filter(|name| *name != person.email);
    let name = name.map(|name| format!(" ({})", code(name))).unwrap_or_default();
    let desks = match person.desks.is_empty() {
        true => "no desk".to_owned(),
        false => person.desks.join(", "),
    };
    format!("{}{name} on {desks}", code(person.email))
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

/// A text from outside as a code span: no markup, link, mention or HTML can be in it, nor can it end before its end.
fn code(text: &str) -> String {
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
    use crate::model::fixtures::{account, customer, named, pausing, roster, site, wanting, with};
    use crate::model::ledger::Ledger;
    use crate::model::observed::Observed;
    use crate::model::plan::plan;
    use crate::model::policy::Policy;
    use crate::model::report::{Material, RosterSource};
    use crate::model::roster::Roster;

    fn planned(roster: &Roster, observed: &Observed) -> Report {
        let plan = plan(roster, observed, &Ledger::none(), &Policy::default());
        Report::of(Material {
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
            named("Ada Lovelace", customer("ada@example.com", &["PRIV", "SUP"])),
            customer("bob@example.com", &["SUP"]),
            customer("eve@example.com", &["HR"]),
        ];
        let wanted = pausing(
            "HR",
            wanting(Access::Open, "SUP", roster(&["HR", "PRIV", "SUP"], people)),
        );
        let observed = with(site(&["HR", "PRIV", "SUP"]), account("b", "bob@example.com"), &[]);
        let text = comment(&planned(&wanted, &observed), true);
        insta::assert_snapshot!(text, @r"
        <!-- quietdesk plan -->
        ### quietdesk: 1 to create, 3 to add, 1 access to change

        **Opens a desk**

        - set access `SUP` `restricted` → `open`

        **Creates, silently**

        - `ada@example.com` (`Ada Lovelace`) on `PRIV`, `SUP`

        **Adds people who have an account**

        - `bob@example.com` on `SUP`

        **Waits, because its desk is paused**

        - create customer `eve@example.com`
        - add to desk `eve@example.com` `HR`

        1 to create, 3 to add, 1 access to change; 0 held; 0 unchanged; 2 paused; 3 calls, 0 that mail

        <sub>roster `0123456789ab` against `https://example.atlassian.net`</sub>
        ");
    }

    /// Masked, Ada and Alan look alike, and still are two.
    #[test]
    fn people_who_look_alike_stay_apart() {
        let people = [
            customer("ada@example.com", &["PRIV", "SUP"]),
            customer("alan@example.com", &["SUP"]),
            customer("amy@example.com", &["SUP"]),
            customer("ann@example.com", &["SUP"]),
        ];
        let observed = with(site(&["PRIV", "SUP"]), account("1", "amy@example.com"), &[]);
        let observed = with(observed, account("2", "ann@example.com"), &[]);
        let report = planned(&roster(&["PRIV", "SUP"], people), &observed).redacted();
        let masked = |rows: &[&str]| {
            rows.iter()
                .map(|row| format!("`a…@example.com` {row}"))
                .collect::<Vec<_>>()
        };
        assert_eq!(super::people(&report, true), masked(&["on `PRIV`, `SUP`", "on `SUP`"]));
        assert_eq!(super::people(&report, false), masked(&["on `SUP`", "on `SUP`"]));
    }

    #[test]
    fn nothing_to_do_is_said_in_a_line() {
        let text = comment(&planned(&roster(&["SUP"], []), &site(&["SUP"])), false);
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
            assert_eq!(code(hostile), shown);
        }
    }

    #[test]
    fn a_hundred_thousand_people_fit_in_a_comment() {
        let people = (0..100_000).map(|n| customer(&format!("somebody.with.a.name.{n:06}@example.com"), &["SUP"]));
        let mut report = planned(&roster(&["SUP"], people), &site(&["SUP"]));
        report.warnings.push("read me all the same".to_owned());
        let text = comment(&report, false);
        assert!(text.chars().count() <= MOST, "{}", text.chars().count());
        let shown = text.lines().filter(|line| line.starts_with("- `somebody")).count();
        assert!(
            shown > 100 && text.contains(&format!("… and {} more", 100_000 - shown)),
            "{shown}"
        );
        assert!(text.contains("<details>") && text.contains("</details>") && text.contains("read me all the same"));
    }
}
