//! The status page in a real browser.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::time::Duration;

use quietdesk::daemon::status::Status;
use support::server::Server;
use support::status::{in_step, invalid_roster, refused, troubled};

/// Makes a status in one state of the daemon.
type State = fn() -> Status;

/// Loads the page in every state with a real browser: the style is allowed, and screenshots are kept for people.
#[tokio::test]
async fn a_browser_shows_the_page() {
    let found = ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find(|name| std::process::Command::new(name).arg("--version").output().is_ok());
    let Some(browser) = found else {
        let required = std::env::var_os("QUIETDESK_REQUIRE_BROWSER").is_some_and(|value| value == "1");
        assert!(!required, "no chromium is installed");
        println!("skipped: no chromium is installed");
        return;
    };
    let states: [(&str, State); 4] = [
        ("in-step", in_step),
        ("troubled", troubled),
        ("refused", refused),
        ("invalid-roster", invalid_roster),
    ];
    for (name, state) in states {
        let server = Server::of(&state()).await;
        for (size, scheme) in [("1200,2000", 0), ("1200,2000", 1), ("390,2000", 0), ("390,2000", 1)] {
            let profile = tempfile::tempdir().unwrap();
            let width = size.split(',').next().unwrap();
            let picture = format!("{}/{name}-{width}-{scheme}.png", env!("CARGO_TARGET_TMPDIR"));
            drop(std::fs::remove_file(&picture));
            let run = tokio::process::Command::new(browser)
                .args("--headless --no-sandbox --disable-gpu --disable-quic --no-first-run".split(' '))
                .args("--disable-background-networking --disable-component-update --disable-sync".split(' '))
                .args(["--hide-scrollbars", "--enable-logging=stderr"])
                .arg(format!("--blink-settings=preferredColorScheme={scheme}"))
                .arg(format!("--user-data-dir={}", profile.path().display()))
                .arg(format!("--window-size={size}"))
                .arg(format!("--screenshot={picture}"))
                .arg(format!("http://{}/", server.address))
                .kill_on_drop(true)
                .output();
            let run = tokio::time::timeout(Duration::from_secs(60), run)
                .await
                .unwrap()
                .unwrap();
            let said = String::from_utf8_lossy(&run.stderr);
            assert!(!said.contains("Content Security Policy"), "{said}");
            assert!(
                std::fs::metadata(&picture).is_ok_and(|file| file.len() > 10_000),
                "{said}"
            );
        }
    }
}
