//! `doctor`: what it finds, on both kinds of Jira, and that it writes nothing.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use jiff::Timestamp;
use jiff::civil::Date;
use quietdesk::engine::doctor::{Asked, Trouble, diagnose};
use quietdesk::jira::Credentials;
use quietdesk::model::desk::DeskKey;
use quietdesk::render::doctor::write_text;
use quietdesk::sandbox::{Config, Deployment, Version};
use support::desks::two_desks;
use support::world::World;

/// What is printed, without colours, the site's address and the clock's line.
async fn told(config: Config, change: impl FnOnce(&mut Asked)) -> (String, Option<Trouble>) {
    let world = World::with(two_desks(Vec::new()), config).await;
    let key = |text: &str| DeskKey::parse(text).unwrap();
    let mut asked = Asked {
        settings: world.settings.clone(),
        desks: vec![(key("PRIV"), true), (key("SUP"), false)],
        token_expires: Some(Date::constant(2027, 3, 1)),
        now: "2026-11-23T12:00:00Z".parse::<Timestamp>().unwrap(),
    };
    change(&mut asked);
    let diagnosis = diagnose(asked).await;
    let mut text = Vec::new();
    write_text(&mut anstream::StripStream::new(&mut text), &diagnosis).unwrap();
    let text = String::from_utf8(text).unwrap().replace(&world.running.url(), "URL");
    let lines = text.lines().filter(|line| !line.contains(" clock "));
    let text = lines.map(|line| format!("{}\n", line.trim_end())).collect();
    assert_eq!(world.sandbox.writes(), 0, "it writes nothing");
    assert_eq!(world.sandbox.violations(), Vec::<String>::new());
    support::contracts::check(world.sandbox.deployment(), &world.sandbox.journal());
    (text, diagnosis.worst())
}

fn data_center(version: Version) -> Config {
    Config {
        deployment: Deployment::DataCenter(version),
        ..Config::default()
    }
}

fn faulty(faults: &str) -> Config {
    Config {
        faults: faults.parse().unwrap(),
        ..Config::default()
    }
}

#[tokio::test]
async fn all_is_well_on_cloud() {
    let (text, worst) = told(Config::default(), |_| ()).await;
    assert_eq!(
        text,
        "\
✓ reach               URL answers, on this machine, not encrypted
✓ jira                Jira Cloud 1001.0.0-SNAPSHOT
✓ service-management  Jira Service Management 1001.0.0-SNAPSHOT, licensed
✓ sign-in             quietdesk (quietdesk@example.com)
✓ administrator       may administer Jira
✓ look-ups            may look people up
✓ accounts            read in pages of 1000, or looked up one by one, whichever is fewer requests
✓ desks               2 can be seen
✓ desk PRIV           PRIV desk: its customers can be listed
✓ access PRIV         restricted: the access mode can be read
✓ desk SUP            SUP desk: its customers can be listed
✓ access SUP          restricted: the access mode can be read
✓ token               expires on 2027-03-01, in 98 days
✓ rate-limit          no answer told of one
all is well; 9 requests made, none that writes
"
    );
    assert_eq!(worst, None);
}

#[tokio::test]
async fn data_center_says_how_its_accounts_will_be_listed() {
    for (version, how) in [
        (Version::V9_12, "read by a search, in pages of 1000"),
        (Version::V10_0, "looked up one by one in each full reading"),
        (Version::V10_3, "read in pages of 2000"),
        (Version::V11, "read in pages of 2000"),
    ] {
        let config = Config {
            rate: Some(50),
            ..data_center(version)
        };
        let (text, worst) = told(config, |_| ()).await;
        assert_eq!(worst, None, "{text}");
        let jira = format!("✓ jira                Jira Data Center {version}");
        assert!(text.contains(&jira) && text.contains(how), "{text}");
        assert!(text.contains("x-ratelimit-fillrate: 50, "), "{text}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_told_with_the_mend_and_the_rest_is_checked_all_the_same() {
    let no_administrator = Config {
        administrator: false,
        ..Config::default()
    };
    let nobody_administers = Config {
        administrator: false,
        ..data_center(Version::V10_3)
    };
    let may_not_browse = Config {
        user_picker: false,
        ..Config::default()
    };
    let unlicensed = Config {
        licensed: false,
        ..data_center(Version::V10_3)
    };
    let (refused, part) = (Some(Trouble::Refused), Some(Trouble::Part));
    for (config, line, worst) in [
        (
            no_administrator,
            "✗ administrator       may not administer Jira, so Jira Cloud refuses it to create customers; give",
            refused,
        ),
        (
            nobody_administers,
            "! administrator       may not administer Jira, so it can give no first passwords",
            part,
        ),
        (may_not_browse, "✗ look-ups            may not look people up", refused),
        (
            unlicensed,
            "✗ service-management  Jira Service Management 10.3.4 is not licensed; give it a licence",
            refused,
        ),
        (
            faulty("read-access:404"),
            "✗ access PRIV         the access mode cannot be read",
            part,
        ),
        (
            faulty("read-access[SUP]:html=403"),
            "! access SUP          the access mode cannot be read",
            None,
        ),
        (
            faulty("customers[SUP]:403"),
            "✗ desk SUP            its customers cannot be listed",
            part,
        ),
        (
            faulty("myself:401"),
            "✗ sign-in             cannot sign in to Jira",
            refused,
        ),
        (
            faulty("dead-token"),
            "✗ sign-in             URL: cannot ask which Jira this is",
            refused,
        ),
        (
            faulty("info:404"),
            "✗ service-management  cannot ask for Jira Service Management",
            part,
        ),
    ] {
        let (text, found) = told(config, |_| ()).await;
        assert!(text.contains(line), "{line}\n{text}");
        assert_eq!(found, worst, "{text}");
        assert!(text.contains("token               expires on 2027-03-01"), "{text}");
    }
}

#[tokio::test]
async fn tokens_end_and_basic_sign_in_can_be_off() {
    for (last, line) in [
        (
            Date::constant(2026, 11, 22),
            "✗ token               expired on 2026-11-22; make a new one",
        ),
        (
            Date::constant(2026, 11, 23),
            "! token               expires on 2026-11-23, in 0 days",
        ),
        (
            Date::constant(2026, 12, 23),
            "! token               expires on 2026-12-23, in 30 days",
        ),
        (
            Date::constant(2026, 12, 24),
            "✓ token               expires on 2026-12-24, in 31 days",
        ),
    ] {
        let (text, _) = told(Config::default(), |asked| asked.token_expires = Some(last)).await;
        assert!(text.contains(line), "{line}\n{text}");
    }
    let (text, _) = told(Config::default(), |asked| asked.token_expires = None).await;
    assert!(
        text.contains("! token               nobody said when it expires"),
        "{text}"
    );
    let basic = |asked: &mut Asked| asked.settings.credentials = Credentials::parse(Some("me"), "sandbox").unwrap();
    let (text, worst) = told(data_center(Version::V11), basic).await;
    assert!(
        text.contains("Basic Authentication has been disabled on this instance"),
        "{text}"
    );
    assert_eq!(worst, Some(Trouble::Refused));
}

#[tokio::test]
async fn what_does_not_answer_and_what_is_another_jira_is_told() {
    let nowhere = |asked: &mut Asked| {
        asked.settings.url = quietdesk::jira::BaseUrl::parse("http://127.0.0.1:1").unwrap();
        asked.settings.patience = std::time::Duration::from_millis(300);
    };
    let (text, worst) = told(Config::default(), nowhere).await;
    assert!(text.starts_with("✗ reach "), "{text}");
    assert!(text.contains("· permissions         not checked"), "{text}");
    assert_eq!(worst, Some(Trouble::Unreachable));
    let other = |asked: &mut Asked| asked.settings.deployment = Some(quietdesk::model::observed::Deployment::Cloud);
    let (text, worst) = told(data_center(Version::V10_3), other).await;
    assert!(text.contains("✗ reach"), "{text}");
    assert!(
        text.contains("this is Jira Data Center, not Cloud") && worst == Some(Trouble::Settings),
        "{text}"
    );
}
