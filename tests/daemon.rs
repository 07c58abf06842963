//! The daemon: passes at the start, on a change of the file and every interval; invalid files; stopping.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use quietdesk::daemon::status::Status;
use quietdesk::daemon::{Daemon, Settings};
use quietdesk::engine::progress::NoProgress;
use quietdesk::jira::JiraRead;
use quietdesk::sandbox::{DeskAccess, Seed, SeedDesk};
use support::world::World;
use tempfile::TempDir;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// So long that only a change of the file leads to a pass.
const NEVER: Duration = Duration::from_secs(3600);

struct Running {
    world: World,
    folder: TempDir,
    stop: CancellationToken,
    hangup: Arc<Notify>,
    status: Status,
    daemon: Option<JoinHandle<()>>,
}

impl Running {
    /// A site with an empty desk `SUP`, and a folder.
    async fn prepare() -> Self {
        let seed = Seed {
            seed: 1,
            desks: vec![SeedDesk::new("SUP", DeskAccess::Restricted)],
            people: Vec::new(),
        };
        let (world, folder) = (World::new(seed).await, TempDir::new().unwrap());
        Self {
            world,
            folder,
            stop: CancellationToken::new(),
            hangup: Arc::default(),
            status: support::status::started(),
            daemon: None,
        }
    }

    fn roster(&self) -> PathBuf {
        self.folder.path().join("roster.yaml")
    }

    fn start(&mut self, roster: &Path, interval: Duration, observe: bool) {
        let settings = self.world.settings.clone();
        let settings = Settings {
            roster: roster.to_owned(),
            narrow: Box::new(Ok),
            interval,
            read_rate: 20.0,
            poll: Duration::from_secs(30),
            observe,
            connect: Box::new(move || Box::pin(JiraRead::connect(settings.clone()))),
            token_file: Some(self.folder.path().join("token")),
            hangup: Arc::clone(&self.hangup),
            state: None,
            ledger: quietdesk::model::ledger::Ledger::kept(),
            policy: quietdesk::model::policy::Policy::default(),
            passwords: None,
            status: self.status.clone(),
            clock: support::status::now,
            progress: Box::new(NoProgress),
            chance: Box::new(|| 0.0),
        };
        self.daemon = Some(tokio::spawn(Daemon::new(settings, self.stop.clone()).run()));
    }

    async fn until(&self, what: &str, holds: impl Fn(&World) -> bool) {
        for _ in 0..1000 {
            if holds(&self.world) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("never came true: {what}");
    }

    async fn until_on_the_desk(&self, emails: &[&str]) {
        let wanted = emails.iter().map(|email| (*email).to_owned()).collect();
        self.until(&format!("{emails:?} on the desk"), |world| {
            world.sandbox.snapshot().customers("SUP") == wanted
        })
        .await;
    }

    /// Stops it, and checks what must hold after every scenario.
    async fn stop(mut self) {
        self.stop.cancel();
        self.daemon.take().unwrap().await.unwrap();
        self.world.drain();
    }
}

fn yaml(emails: &[&str]) -> String {
    let customers: String = emails
        .iter()
        .map(|email| format!("  - {{email: {email}, desks: [SUP]}}\n"))
        .collect();
    format!("version: 1\ndesks: {{SUP: {{}}}}\ncustomers:\n{customers}")
}

#[tokio::test]
async fn an_edit_in_place_reaches_jira() {
    let mut running = Running::prepare().await;
    fs::write(running.roster(), yaml(&["ada@example.com"])).unwrap();
    running.start(&running.roster(), NEVER, false);
    running.until_on_the_desk(&["ada@example.com"]).await;
    fs::write(running.roster(), yaml(&["ada@example.com", "bob@example.com"])).unwrap();
    running.until_on_the_desk(&["ada@example.com", "bob@example.com"]).await;
    running.stop().await;
}

#[tokio::test]
async fn a_rename_over_and_the_one_after_it_reach_jira() {
    let mut running = Running::prepare().await;
    fs::write(running.roster(), yaml(&["ada@example.com"])).unwrap();
    running.start(&running.roster(), NEVER, false);
    running.until_on_the_desk(&["ada@example.com"]).await;
    for emails in [
        &["ada@example.com", "bob@example.com"][..],
        &["ada@example.com", "bob@example.com", "eve@example.com"],
    ] {
        let new = running.folder.path().join(".roster.yaml.new");
        fs::write(&new, yaml(emails)).unwrap();
        fs::rename(&new, running.roster()).unwrap();
        running.until_on_the_desk(emails).await;
    }
    running.stop().await;
}

#[tokio::test]
async fn a_kubernetes_swap_reaches_jira() {
    let mut running = Running::prepare().await;
    let mount = running.folder.path().join("mount");
    fs::create_dir(&mount).unwrap();
    let publish = |version: &str, emails: &[&str]| {
        fs::create_dir(mount.join(version)).unwrap();
        fs::write(mount.join(version).join("roster.yaml"), yaml(emails)).unwrap();
        std::os::unix::fs::symlink(version, mount.join("..data_tmp")).unwrap();
        fs::rename(mount.join("..data_tmp"), mount.join("..data")).unwrap();
    };
    publish("..v1", &["ada@example.com"]);
    std::os::unix::fs::symlink("..data/roster.yaml", mount.join("roster.yaml")).unwrap();
    running.start(&mount.join("roster.yaml"), NEVER, false);
    running.until_on_the_desk(&["ada@example.com"]).await;
    publish("..v2", &["ada@example.com", "bob@example.com"]);
    running.until_on_the_desk(&["ada@example.com", "bob@example.com"]).await;
    fs::remove_dir_all(mount.join("..v1")).unwrap();
    publish("..v3", &["ada@example.com", "bob@example.com", "eve@example.com"]);
    running
        .until_on_the_desk(&["ada@example.com", "bob@example.com", "eve@example.com"])
        .await;
    running.stop().await;
}

#[tokio::test]
async fn a_bad_or_missing_file_keeps_the_last_good_roster() {
    let mut running = Running::prepare().await;
    let all = ["ada@example.com", "bob@example.com", "cyd@example.com"];
    fs::write(running.roster(), yaml(&all)).unwrap();
    running.start(&running.roster(), Duration::from_millis(300), false);
    running.until_on_the_desk(&all).await;
    for (bad, leaves) in [Some("customers: ["), Some(""), None].into_iter().zip(all) {
        match bad {
            Some(text) => fs::write(running.roster(), text).unwrap(),
            None => fs::remove_file(running.roster()).unwrap(),
        }
        // Drift is still corrected, so the last good roster is in force.
        let account = running.world.sandbox.ids_by_email(leaves).remove(0);
        running.world.sandbox.remove_member("SUP", &account).unwrap();
        running.until_on_the_desk(&all).await;
    }
    let more = [all.as_slice(), &["dan@example.com"]].concat();
    fs::write(running.roster(), yaml(&more)).unwrap();
    running.until_on_the_desk(&more).await;
    running.stop().await;
}

#[tokio::test]
async fn a_roster_that_is_missing_at_the_start_is_waited_for() {
    let mut running = Running::prepare().await;
    running.start(&running.roster(), NEVER, false);
    fs::write(running.roster(), yaml(&["ada@example.com"])).unwrap();
    running.until_on_the_desk(&["ada@example.com"]).await;
    running.stop().await;
}

#[tokio::test]
async fn observing_writes_nothing() {
    let mut running = Running::prepare().await;
    fs::write(running.roster(), yaml(&["ada@example.com"])).unwrap();
    running.start(&running.roster(), Duration::from_millis(50), true);
    let listings = |world: &World| {
        let journal = world.sandbox.journal();
        journal
            .iter()
            .filter(|exchange| exchange.path.ends_with("/customer"))
            .count()
    };
    running.until("three passes", |world| listings(world) >= 3).await;
    assert_eq!(running.world.sandbox.writes(), 0);
    running.stop().await;
}

#[tokio::test]
async fn sigterm_ends_it_with_0() {
    let running = Running::prepare().await;
    fs::write(running.roster(), yaml(&["ada@example.com"])).unwrap();
    let mut daemon = tokio::process::Command::new(env!("CARGO_BIN_EXE_quietdesk"))
        .args([
            "run",
            &running.roster().display().to_string(),
            "--url",
            &running.world.running.url(),
        ])
        .env("QUIETDESK_TOKEN", "quietdesk@example.com:sandbox")
        .env("XDG_STATE_HOME", running.folder.path().join("state"))
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    running.until_on_the_desk(&["ada@example.com"]).await;
    let id = daemon.id().unwrap().to_string();
    assert!(
        std::process::Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .unwrap()
            .success()
    );
    let status = tokio::time::timeout(Duration::from_secs(10), daemon.wait())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(status.code(), Some(0));
    running.world.drain();
}

/// The token file lies beside the roster and is read again and again: only a different token leads to a sign-in.
#[tokio::test]
async fn an_edit_beside_the_token_signs_in_once() {
    let mut running = Running::prepare().await;
    fs::write(running.folder.path().join("token"), "sandbox").unwrap();
    fs::write(running.roster(), yaml(&["ada@example.com"])).unwrap();
    running.start(&running.roster(), NEVER, false);
    running.until_on_the_desk(&["ada@example.com"]).await;
    fs::write(running.roster(), yaml(&["ada@example.com", "bob@example.com"])).unwrap();
    running.until_on_the_desk(&["ada@example.com", "bob@example.com"]).await;
    let sign_ins = |world: &World| {
        let journal = world.sandbox.journal();
        journal
            .iter()
            .filter(|exchange| exchange.path.ends_with("/serverInfo"))
            .count()
    };
    assert_eq!(sign_ins(&running.world), 1);
    fs::write(running.folder.path().join("token"), "sandbox-2").unwrap();
    running
        .until("the new token is tried", |world| sign_ins(world) == 2)
        .await;
    running.stop().await;
}
