//! The real program is killed (SIGKILL) while it removes people and changes access modes. In a test binary of its own,
//! because a child process that is being started briefly holds the locks of its parent.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::collections::BTreeSet;
use std::process::Stdio;
use std::time::{Duration, Instant};

use quietdesk::sandbox::{DeskAccess, Seed, SeedDesk, SeedPerson};

use support::program::{BOTH, ProgramSite};

const PEOPLE: usize = 120;

/// A list with everyone, or only with those who stay.
fn listing(people: impl Iterator<Item = usize>, access: &str) -> String {
    let emails: Vec<_> = people.map(|n| format!("c{n:03}@example.com")).collect();
    format!(
        "version: 1\ndefaults: {{desks: [PRIV]}}\ndesks:\n  PRIV: {{access: restricted, membership: owned}}\n  OPENS: {{access: {access}}}\ncustomers: [{}]\n",
        emails.join(", ")
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_it_removes_it_is_completed_and_the_guards_have_counted() {
    for deployment in BOTH {
        let people = (0..PEOPLE).map(|n| SeedPerson::customer(format!("c{n:03}@example.com"), &["PRIV"]));
        let seed = Seed {
            seed: 1,
            desks: vec![
                SeedDesk::new("PRIV", DeskAccess::Restricted),
                SeedDesk::new("OPENS", DeskAccess::Restricted),
            ],
            people: people.collect(),
        };
        let day = ProgramSite::on(deployment, seed).await;
        let sandbox = &day.world.sandbox;
        day.write("roster.yaml", &listing(0..PEOPLE, "restricted"));
        day.does(&["apply", "roster.yaml", "--yes"], 0);
        day.write("roster.yaml", &listing((0..PEOPLE).filter(|n| n % 2 == 0), "open"));
        let limits = ["--max-removals=60", "--max-removal-percent=100", "--allow-shrink"];
        let apply = [&["apply", "roster.yaml", "--yes", "--concurrency=1"][..], &limits].concat();
        let (mut kills, mut left) = (0, PEOPLE);
        for _ in 0..8 {
            // Each process makes a few more writes before it is killed.
            sandbox.set_faults(&"writes:slow=600000@2+".parse().unwrap());
            let writes = sandbox.writes();
            let mut process = day
                .command(&apply)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let deadline = Instant::now() + Duration::from_secs(60);
            while sandbox.writes() < writes + 2 && process.try_wait().unwrap().is_none() {
                assert!(Instant::now() < deadline, "nothing is written");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            if process.try_wait().unwrap().is_none() {
                process.kill().unwrap();
                kills += 1;
            }
            process.wait().unwrap();
            let now = sandbox.snapshot().customers("PRIV").len();
            assert!(now <= left && now >= PEOPLE / 2, "{deployment:?}: {now} of {left}");
            left = now;
        }
        sandbox.set_faults(&"".parse().unwrap());
        assert!(kills > 0, "{deployment:?}");
        // The removals that killed processes had reserved count as made: a guard may refuse, but never misses one.
        let counted = day.run(&apply);
        assert!([0, 6].contains(&counted.code), "{}{}", counted.stdout, counted.stderr);
        day.does(
            &[
                "apply",
                "roster.yaml",
                "--yes",
                "--max-removals=9999",
                "--max-removal-percent=100",
                "--allow-shrink",
            ],
            0,
        );
        let stay = (0..PEOPLE).filter(|n| n % 2 == 0);
        let stay: BTreeSet<_> = stay.map(|n| format!("c{n:03}@example.com")).collect();
        assert_eq!(sandbox.snapshot().customers("PRIV"), stay, "{deployment:?}");
        day.does(&["plan", "roster.yaml", "--detailed-exitcode", "--allow-shrink"], 0);
        day.world.drain();
    }
}
