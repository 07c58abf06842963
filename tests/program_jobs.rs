//! Whole days of an administrator, with the real program, on both kinds of Jira.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use quietdesk::sandbox::SeedPerson;
use serde_json::Value;
use support::program::{BOTH, ProgramSite, Ran, two_desks};

/// The main use case: an open desk and a private one, 50 people of whose accounts some exist, no mail, no seat, links
/// and first passwords handed off, and nothing left to do.
#[tokio::test(flavor = "multi_thread")]
async fn the_administrators_job() {
    for deployment in BOTH {
        let existing =
            (0..20).map(|n| SeedPerson::customer(format!("p{n:02}@example.com"), if n < 10 { &["OPEN"] } else { &[] }));
        let day = ProgramSite::on(deployment, two_desks(existing.collect())).await;
        let customers: String = (0..50)
            .map(|n| {
                let desks = if n % 5 == 0 { "[OPEN, PRIV]" } else { "[OPEN]" };
                let password = if day.is_cloud {
                    ""
                } else {
                    ", initial_password: generate"
                };
                format!("  - {{email: p{n:02}@example.com, name: Person {n}, desks: {desks}{password}}}\n")
            })
            .collect();
        let roster = format!(
            "version: 1\ndesks: {{OPEN: {{access: open}}, PRIV: {{access: restricted}}}}\ncustomers:\n{customers}"
        );
        day.write("roster.yaml", &roster);
        day.does(&["doctor", "roster.yaml"], 0);
        day.does(&["handoff"], 3);
        let plan = day.does(&["plan", "roster.yaml"], 0);
        // 30 creates; 40 on the open desk and 10 on the private one, a call each; one change of access.
        assert!(
            plan.contains("30 to create, 50 to add, 0 to remove, 1 access mode to change")
                && plan.contains("33 API calls, none sends e-mail"),
            "{plan}"
        );
        let before = day.world.sandbox.writes();
        let applied = day.does(&["apply", "--yes", "roster.yaml"], 0);
        assert!(applied.ends_with("81 done; 33 writes made\n"), "{applied}");
        assert_eq!(day.world.sandbox.writes() - before, 33);
        let again = day.does(&["apply", "--yes", "roster.yaml"], 0);
        assert!(
            again.ends_with("nothing to do\n") || again.contains("0 writes made"),
            "{again}"
        );
        assert_eq!(day.world.sandbox.writes() - before, 33);
        let handed: Value = serde_json::from_str(&day.does(&["handoff", "--output", "json"], 0)).unwrap();
        let handed = handed["entries"].as_array().unwrap();
        assert_eq!(handed.len(), 30, "existing accounts keep their passwords");
        for entry in handed {
            let (email, portal) = (
                entry["email"].as_str().unwrap(),
                entry["desks"][0]["portal"].as_str().unwrap(),
            );
            assert!(portal.ends_with("/servicedesk/customer/portal/1"), "{portal}");
            let password = entry["initial_password"].as_str().map(str::to_owned);
            assert_eq!(password.is_some(), !day.is_cloud);
            assert_eq!(password, day.world.sandbox.password_of(email));
        }
        assert!(day.does(&["handoff"], 0).contains("p20@example.com"));
        day.does(&["handoff", "--clear"], 0);
        assert!(day.does(&["handoff"], 0).starts_with("no accounts to hand off"));
        day.world.drain();
    }
}

/// Everything that is printed, logged at the highest level, journalled, reported and served holds no password: only
/// `handoff` and its file show them.
#[tokio::test(flavor = "multi_thread")]
async fn first_passwords_are_nowhere_but_in_the_hand_off() {
    let day = ProgramSite::on(BOTH[1], two_desks(Vec::new())).await;
    day.write(
        "passwords.csv",
        "email,password\nbob@example.com,Tr0ub4dor&3-provided\n",
    );
    let roster = |names: &str| {
        format!(
            "version: 1\ndefaults: {{desks: [OPEN]}}\ndesks: {{OPEN: {{}}}}\ncustomers:\n  - {{email: bob@example.com, initial_password: provided}}\n{names}"
        )
    };
    let generated = |names: &[&str]| -> String {
        let line = |name: &&str| format!("  - {{email: {name}@example.com, initial_password: generate}}\n");
        names.iter().map(line).collect()
    };
    day.write("roster.yaml", &roster(&generated(&["ada"])));
    let mut seen = String::new();
    let mut look = |ran: Ran| seen.extend([ran.stdout, ran.stderr]);
    let loud = ["-vv", "--log-format", "json", "--passwords", "passwords.csv"];
    look(day.run(&[&["plan", "roster.yaml", "--output", "json"], &loud[..]].concat()));
    look(day.run(&[&["plan", "roster.yaml", "--output", "markdown", "--full"], &loud[..]].concat()));
    look(day.run(&[&["apply", "--yes", "roster.yaml", "--report", "report.json"], &loud[..]].concat()));
    // A create whose answer is lost, one that is refused, and the daemon with all its endpoints.
    day.world
        .sandbox
        .set_faults(&"create-user:drop-after@1, create-user:500@3".parse().unwrap());
    day.write("roster.yaml", &roster(&generated(&["ada", "eve", "grace", "joan"])));
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let listen = format!("127.0.0.1:{port}");
    let mut daemon = day.command(&[&["run", "roster.yaml", "--listen", &listen], &loud[..]].concat());
    let mut daemon = daemon.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut log, mut out) = (daemon.stderr.take().unwrap(), daemon.stdout.take().unwrap());
    let reading = std::thread::spawn(move || {
        let (mut errors, mut text) = (String::new(), String::new());
        log.read_to_string(&mut errors).unwrap();
        out.read_to_string(&mut text).unwrap();
        text + &errors
    });
    let begin = Instant::now();
    while day.world.sandbox.snapshot().customers("OPEN").len() < 5 {
        assert!(
            begin.elapsed() < Duration::from_secs(30),
            "the daemon never came to its end"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    // The file of passwords is read anew before each pass.
    let more = "email,password\nbob@example.com,Tr0ub4dor&3-provided\nzoe@example.com,zoes-provided-one\n";
    day.write("passwords.csv", more);
    let zoe = "  - {email: zoe@example.com, initial_password: provided}\n";
    day.write(
        "roster.yaml",
        &roster(&(generated(&["ada", "eve", "grace", "joan"]) + zoe)),
    );
    while day.world.sandbox.snapshot().customers("OPEN").len() < 6 {
        assert!(begin.elapsed() < Duration::from_secs(60), "the edit never came");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(
        day.world.sandbox.password_of("zoe@example.com").as_deref(),
        Some("zoes-provided-one")
    );
    for path in ["/", "/metrics", "/api/status", "/readyz"] {
        let mut stream = TcpStream::connect(&listen).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        stream.read_to_string(&mut seen).unwrap();
    }
    let id = daemon.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    daemon.wait().unwrap();
    seen.push_str(&reading.join().unwrap());
    seen.push_str(&fs::read_to_string(day.folder.path().join("report.json")).unwrap());
    seen.push_str(&fs::read_to_string(day.folder.path().join("state/audit.jsonl")).unwrap());
    let emails = ["ada", "bob", "eve", "grace", "joan", "zoe"].map(|name| format!("{name}@example.com"));
    let passwords: BTreeSet<_> = emails
        .iter()
        .map(|email| day.world.sandbox.password_of(email).unwrap())
        .collect();
    assert_eq!(passwords.len(), 6);
    assert!(
        seen.contains("\"level\":\"DEBUG\"") && seen.contains("grace@example.com"),
        "the log level was high enough"
    );
    for password in &passwords {
        assert!(!seen.contains(password), "a password was shown");
    }
    let handed: Value = serde_json::from_str(&day.does(&["handoff", "--output", "json"], 0)).unwrap();
    let handed = handed["entries"].as_array().unwrap().iter();
    let handed: BTreeSet<_> = handed
        .map(|entry| entry["initial_password"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(handed, passwords, "and all of them there");
    day.world.drain();
}

/// The first day on a desk that is in use: 3 000 customers, 400 of them not in the administrator's list.
#[tokio::test(flavor = "multi_thread")]
async fn the_first_day_on_a_desk_that_is_in_use() {
    for deployment in BOTH {
        let known = (0..2600).map(|n| SeedPerson::customer(format!("m{n:04}@example.com"), &["OPEN"]));
        let strangers = (0..400).map(|n| SeedPerson::customer(format!("stranger{n:03}@example.net"), &["OPEN"]));
        let day = ProgramSite::on(deployment, two_desks(known.chain(strangers).collect())).await;
        day.does(&["doctor", "--desk", "OPEN"], 0);
        day.does(&["export", "--desk", "OPEN", "--out", "roster.yaml"], 0);
        let adopted = day.does(&["plan", "roster.yaml", "--detailed-exitcode"], 0);
        assert!(
            adopted.starts_with("nothing to do; 0 held; 3000 unchanged"),
            "{adopted}"
        );
        // People who are not in the administrator's list are taken out of the file, and missing ones are added.
        let exported = fs::read_to_string(day.folder.path().join("roster.yaml")).unwrap();
        let kept = exported.lines().filter(|line| !line.contains("stranger"));
        let new = (0..50).map(|n| format!("  - new{n:02}@example.com\n"));
        let edited: String = kept.map(|line| format!("{line}\n")).chain(new).collect();
        day.write("roster.yaml", &edited);
        let plan = day.does(&["plan", "roster.yaml", "--detailed-exitcode", "--unlisted"], 2);
        assert!(
            plan.contains(
                "50 to create, 50 to add, 0 to remove, 0 access modes to change; 0 held; 2600 unchanged; 400 people unlisted"
            ),
            "{plan}"
        );
        assert!(plan.contains("stranger399@example.net"), "strangers are named");
        assert_eq!(day.world.sandbox.writes(), 0);
        day.does(&["apply", "--yes", "roster.yaml"], 0);
        assert_eq!(day.world.sandbox.writes(), 51, "50 creates and one membership call");
        assert_eq!(
            day.world.sandbox.snapshot().customers("OPEN").len(),
            3050,
            "no one was removed"
        );
        day.does(&["plan", "roster.yaml", "--detailed-exitcode"], 0);
        assert!(day.does(&["handoff"], 0).contains("new49@example.com"));
        day.world.drain();
    }
}

/// Killed repeatedly in the middle of an import with first passwords: no account is created twice, and every password
/// that is handed off is the one the account has.
#[tokio::test(flavor = "multi_thread")]
async fn kills_lose_no_password_and_make_no_account_twice() {
    const PEOPLE: usize = 120;
    let day = ProgramSite::on(BOTH[1], two_desks(Vec::new())).await;
    let customers: String = (0..PEOPLE)
        .map(|n| format!("  - {{email: p{n:03}@example.com, initial_password: generate}}\n"))
        .collect();
    day.write(
        "roster.yaml",
        &format!("version: 1\ndefaults: {{desks: [OPEN]}}\ndesks: {{OPEN: {{}}}}\ncustomers:\n{customers}"),
    );
    day.world
        .sandbox
        .set_faults(&"create-user:slow=60, create-user:drop-after%10".parse().unwrap());
    let made = || day.world.sandbox.snapshot().accounts.len() - 1;
    let mut kills = 0;
    for stop_at in (1..).map(|n| n * 17).take_while(|stop_at| *stop_at < PEOPLE) {
        let mut command = day.command(&["apply", "--yes", "roster.yaml"]);
        let mut applying = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let begin = Instant::now();
        while made() < stop_at && applying.try_wait().unwrap().is_none() {
            assert!(begin.elapsed() < Duration::from_secs(30), "nothing is created");
            std::thread::sleep(Duration::from_millis(2));
        }
        applying.kill().unwrap();
        kills += usize::from(!applying.wait().unwrap().success());
    }
    assert!(kills >= 5, "{kills} kills");
    day.world.sandbox.set_faults(&"".parse().unwrap());
    day.does(&["apply", "--yes", "roster.yaml"], 0);
    assert_eq!(made(), PEOPLE, "no account twice");
    assert_eq!(day.world.sandbox.snapshot().customers("OPEN").len(), PEOPLE);
    let handed: Value = serde_json::from_str(&day.does(&["handoff", "--output", "json"], 0)).unwrap();
    let handed = handed["entries"].as_array().unwrap();
    assert_eq!(handed.len(), PEOPLE, "everybody can be handed off");
    for entry in handed {
        let email = entry["email"].as_str().unwrap();
        let password = entry["initial_password"].as_str().map(str::to_owned);
        assert_eq!(password, day.world.sandbox.password_of(email), "{email}");
        assert_eq!(entry["state"], "made", "{email}");
    }
    day.world.drain();
}

/// What is remembered of people survives a pass over another desk only.
#[tokio::test(flavor = "multi_thread")]
async fn a_pass_over_one_desk_forgets_nothing_of_the_others() {
    let day = ProgramSite::on(BOTH[1], two_desks(Vec::new())).await;
    let named = |name: &str| {
        day.write(
            "roster.yaml",
            &format!(
                "version: 1\ndesks: {{OPEN: {{}}, PRIV: {{}}}}\ncustomers:\n  - {{email: ada@example.com, desks: [OPEN], name: {name}}}\n  - {{email: bob@example.com, desks: [PRIV]}}\n"
            ),
        );
    };
    named("Ada");
    day.does(&["apply", "--yes", "roster.yaml"], 0);
    day.does(&["apply", "--yes", "--desk", "PRIV", "roster.yaml"], 0);
    named("Countess");
    let plan = day.does(&["plan", "roster.yaml"], 0);
    assert!(plan.contains("-    name: Ada\n+    name: Countess"), "{plan}");
    day.does(&["apply", "--yes", "roster.yaml"], 0);
    day.does(&["plan", "roster.yaml", "--detailed-exitcode"], 0);
    day.world.drain();
}
