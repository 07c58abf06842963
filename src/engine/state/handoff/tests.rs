use std::os::unix::fs::PermissionsExt as _;

use super::*;

fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

fn shown(folder: &Path) -> Vec<String> {
    let entries = read_hand_off(folder).unwrap().into_iter();
    let word = |entry: HandOff| {
        let password = entry.password.map(|password| password.expose_secret().to_owned());
        format!(
            "{} {} {}",
            entry.email,
            entry.account.map_or("?".to_owned(), |id| id.0),
            password.unwrap_or_else(|| "-".to_owned())
        )
    };
    entries.map(word).collect()
}

fn clear(folder: &Path) -> usize {
    clear_hand_off(folder, &read_hand_off(folder).unwrap()).unwrap()
}

fn open(folder: &Path) -> HandOffFile {
    HandOffFile::open(folder, "https://jira.example.com/", || Timestamp::UNIX_EPOCH).unwrap()
}

#[test]
fn a_password_is_kept_until_it_is_known_what_became_of_the_account() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, desks) = (folder.path(), [DeskKey::parse("SUP").unwrap()]);
    let file = open(folder);
    let intend = |file: &HandOffFile, who: &str, password: &str| {
        let password = file.record_password(&email(who), "N", &desks, password.into()).unwrap();
        password.expose_secret().to_owned()
    };
    assert_eq!(intend(&file, "a@example.com", "first"), "first");
    assert_eq!(
        intend(&file, "A@example.com", "second"),
        "first",
        "already sent with it"
    );
    assert_eq!(intend(&file, "b@example.com", "third"), "third");
    assert_eq!(shown(folder), ["a@example.com ? first", "b@example.com ? third"]);
    drop(file);
    let file = open(folder);
    assert_eq!(intend(&file, "a@example.com", "fourth"), "first", "another process");
    file.record_created(&email("a@example.com"), "N", &desks, &AccountId("1".into()));
    file.record_created(&email("c@example.com"), "N", &desks, &AccountId("3".into()));
    file.cancel_password(&email("b@example.com"));
    file.cancel_password(&email("unknown@example.com"));
    assert_eq!(shown(folder), ["a@example.com 1 first", "c@example.com 3 -"]);
    file.record_created(&email("a@example.com"), "N", &desks, &AccountId("1".into()));
    assert_eq!(shown(folder)[0], "a@example.com 1 first", "recorded twice");
    file.record_created(&email("c@example.com"), "N", &desks, &AccountId("4".into()));
    assert_eq!(shown(folder)[1], "c@example.com 4 -", "created again");
    assert_eq!(intend(&file, "b@example.com", "fifth"), "fifth");
    let portal = |folder: &Path| read_hand_off(folder).unwrap()[0].desks[0].1.clone();
    assert_eq!(
        portal(folder),
        "https://jira.example.com/servicedesk/customer/portals/project/SUP"
    );
    file.add_portals(&[(desks[0].clone(), 7)].into());
    file.record_created(&email("a@example.com"), "N", &desks, &AccountId("9".into()));
    assert_eq!(portal(folder), "https://jira.example.com/servicedesk/customer/portal/7");
    let mode = folder.join(FILE).metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn clearing_keeps_what_is_pending_and_the_writer_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    assert_eq!(clear(folder), 0);
    let file = open(folder);
    file.record_password(&email("seen@example.com"), "S", &[], "seen-one".into())
        .unwrap();
    file.record_created(&email("seen@example.com"), "S", &[], &AccountId("8".into()));
    let shown_then = read_hand_off(folder).unwrap();
    file.record_password(&email("late@example.com"), "L", &[], "late-one".into())
        .unwrap();
    file.record_created(&email("late@example.com"), "L", &[], &AccountId("9".into()));
    assert_eq!(clear_hand_off(folder, &shown_then).unwrap(), 1);
    assert_eq!(
        shown(folder),
        ["late@example.com 9 late-one"],
        "not shown before clearing"
    );
    assert_eq!(clear(folder), 1);
    file.record_password(&email("a@example.com"), "A", &[], "first".into())
        .unwrap();
    file.record_created(&email("b@example.com"), "B", &[], &AccountId("2".into()));
    assert_eq!(clear(folder), 1);
    assert_eq!(shown(folder), ["a@example.com ? first"]);
    file.record_created(&email("a@example.com"), "A", &[], &AccountId("1".into()));
    file.sync().unwrap();
    assert_eq!(shown(folder), ["a@example.com 1 first"]);
    assert_eq!(clear(folder), 1);
    assert!(shown(folder).is_empty());
    assert_eq!(folder.join(FILE).metadata().unwrap().len(), 0, "no password is left");
}

#[test]
fn lines_that_were_cut_off_or_are_of_a_later_version_are_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let file = open(folder);
    file.record_created(&email("a@example.com"), "A", &[], &AccountId("1".into()));
    drop(file);
    let mut text = std::fs::read(folder.join(FILE)).unwrap();
    text.extend_from_slice(b"{\"event\":\"moved\",\"to\":\"x\"}\n{\"event\":\"made\",\"ema");
    std::fs::write(folder.join(FILE), text).unwrap();
    let file = open(folder);
    file.record_created(&email("b@example.com"), "B", &[], &AccountId("2".into()));
    assert_eq!(shown(folder), ["a@example.com 1 -", "b@example.com 2 -"]);
}

/// Repeated refusals of a create must not grow the file without limit.
#[test]
fn the_file_is_bounded_by_what_is_still_to_be_handed_off() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, desks) = (folder.path(), [DeskKey::parse("SUP").unwrap()]);
    let file = open(folder);
    let lines = || read_lines(&folder.join(FILE)).unwrap().len();
    let intend = |who: &str| file.record_password(&email(who), "N", &desks, "secret".into()).unwrap();
    intend("made@example.com");
    file.record_created(&email("made@example.com"), "N", &desks, &AccountId("1".into()));
    intend("pending@example.com");
    for round in 0..500 {
        intend("refused@example.com");
        file.cancel_password(&email("refused@example.com"));
        assert!(lines() <= 3 + DEAD + 2, "{round}: {} lines", lines());
    }
    let left = ["made@example.com 1 secret", "pending@example.com ? secret"];
    assert_eq!(shown(folder), left);
    // Obsolete lines of an earlier process are removed on opening.
    let cancelled = "{\"event\":\"cancelled\",\"email\":\"x@example.com\",\"at\":\"1970-01-01T00:00:00Z\"}\n";
    let path = folder.join(FILE);
    let text = std::fs::read_to_string(&path).unwrap() + &cancelled.repeat(1_000);
    drop(file);
    std::fs::write(&path, text).unwrap();
    let file = open(folder);
    assert_eq!(lines(), 3);
    file.record_created(&email("pending@example.com"), "N", &desks, &AccountId("2".into()));
    assert_eq!(
        shown(folder),
        ["made@example.com 1 secret", "pending@example.com 2 secret"]
    );
}
