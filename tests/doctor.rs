//! `doctor`: what it finds, on both kinds of Jira, and that it writes nothing. Its output is in `tests/snapshots`.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::path::PathBuf;
use std::time::Duration;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use quietdesk::doctor::{Diagnosis, DiagnosisInput, FailureKind, diagnose};
use quietdesk::jira::{BaseUrl, Credentials};
use quietdesk::model::desk::DeskKey;
use quietdesk::model::observed;
use quietdesk::render::doctor::{write_json, write_text};
use quietdesk::sandbox::{Config, Deployment, Version};
use serde_json::Value;
use support::desks::{TWO_DESKS, two_desks};
use support::world::World;

const REFUSED: Option<FailureKind> = Some(FailureKind::Refused);
const UNREACHABLE: Option<FailureKind> = Some(FailureKind::Unreachable);
const PART: Option<FailureKind> = Some(FailureKind::Partial);
const SETTINGS: Option<FailureKind> = Some(FailureKind::Settings);

/// Diagnoses a site with the desks `PRIV` (access mode managed) and `SUP` (not managed).
async fn diagnosed(config: Config, change: impl FnOnce(&mut DiagnosisInput)) -> (Diagnosis, World) {
    let world = World::with(two_desks(Vec::new()), config).await;
    let mut asked = DiagnosisInput {
        settings: world.settings.clone(),
        desks: vec![(key("PRIV"), true), (key("SUP"), false)],
        token_expires: Some(Date::constant(2027, 3, 1)),
        today: Date::constant(2026, 11, 23),
        clock: Timestamp::now,
    };
    asked.settings.patience = Duration::from_millis(1500);
    change(&mut asked);
    let diagnosis = diagnose(asked).await;
    assert_eq!(world.sandbox.writes(), 0, "it writes nothing");
    assert_eq!(world.sandbox.violations(), Vec::<String>::new());
    support::contracts::check(world.sandbox.deployment(), &world.sandbox.journal());
    (diagnosis, world)
}

/// The output without colors, and the worst finding.
async fn diagnose_as_text(config: Config, change: impl FnOnce(&mut DiagnosisInput)) -> (String, Option<FailureKind>) {
    let (diagnosis, world) = diagnosed(config, change).await;
    (text(&diagnosis, &world), diagnosis.worst())
}

fn text(diagnosis: &Diagnosis, world: &World) -> String {
    let mut text = Vec::new();
    write_text(&mut anstream::StripStream::new(&mut text), diagnosis).unwrap();
    let address = world.running.address().to_string();
    String::from_utf8(text).unwrap().replace(&address, "jira.test")
}

/// The same without the number of attempts, which is random.
fn without_attempts(diagnosis: &Diagnosis, world: &World) -> String {
    let requests = format!("; {} requests, read-only", diagnosis.requests);
    text(diagnosis, world).replace(&requests, "; N requests, read-only")
}

fn key(text: &str) -> DeskKey {
    DeskKey::parse(text).unwrap()
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

fn on_data_center(faults: &str) -> Config {
    Config {
        faults: faults.parse().unwrap(),
        ..data_center(Version::V10_3)
    }
}

/// Asserts the output and the worst finding.
macro_rules! assert_diagnosis {
    ($name:literal, $worst:expr, $config:expr, $change:expr) => {{
        let (text, worst) = diagnose_as_text($config, $change).await;
        insta::assert_snapshot!($name, text);
        assert_eq!(worst, $worst, "{text}");
    }};
    ($name:literal, $worst:expr, $config:expr) => {
        assert_diagnosis!($name, $worst, $config, |_| ())
    };
}

#[tokio::test]
async fn all_is_well() {
    assert_diagnosis!("cloud", None, Config::default());
    assert_diagnosis!("data_center", None, data_center(Version::V10_3));
    let nothing_said = |asked: &mut DiagnosisInput| {
        asked.desks.clear();
        asked.token_expires = None;
    };
    assert_diagnosis!("cloud_with_nothing_said", None, Config::default(), nothing_said);
}

#[tokio::test]
async fn how_accounts_will_be_listed_goes_by_the_version() {
    for (version, how) in [
        (Version::V9_12, "read by a search, in pages of 1000"),
        (Version::V10_0, "looked up one by one in each full pass"),
        (Version::V10_3, "read in pages of 2000"),
        (Version::V11, "read in pages of 2000"),
    ] {
        let (text, worst) = diagnose_as_text(data_center(version), |_| ()).await;
        assert_eq!(worst, None, "{text}");
        let jira = format!("✓ jira                Jira Data Center {version}");
        let accounts = format!("✓ accounts            {how}");
        assert!(text.contains(&jira) && text.contains(&accounts), "{text}");
    }
}

#[tokio::test]
async fn what_the_account_may_not() {
    let no_administrator = |config| Config {
        administrator: false,
        ..config
    };
    let cloud = no_administrator(Config::default());
    assert_diagnosis!("cloud_no_administrator", REFUSED, cloud);
    let own = no_administrator(data_center(Version::V10_3));
    assert_diagnosis!("data_center_no_administrator", PART, own);
    let may_not_browse = Config {
        user_picker: false,
        ..Config::default()
    };
    assert_diagnosis!("may_not_browse", REFUSED, may_not_browse);
    assert_diagnosis!("permissions_unknown", REFUSED, faulty("mypermissions:403"));
}

#[tokio::test]
async fn who_may_not_sign_in() {
    let wrong = |asked: &mut DiagnosisInput| {
        asked.settings.credentials = Credentials::parse(Some("quietdesk@example.com"), "wr0ng-t0ken").unwrap();
    };
    let (text, worst) = diagnose_as_text(Config::default(), wrong).await;
    assert!(!text.contains("wr0ng"), "{text}");
    assert_eq!(worst, REFUSED);
    insta::assert_snapshot!("wrong_token", text);
    assert_diagnosis!("dead_token", REFUSED, faulty("myself:dead-token"));
    assert_diagnosis!("sign_in_forbidden", REFUSED, on_data_center("myself:403"));
    let basic =
        |asked: &mut DiagnosisInput| asked.settings.credentials = Credentials::parse(Some("me"), "sandbox").unwrap();
    assert_diagnosis!("basic_is_off", REFUSED, data_center(Version::V11), basic);
    let no_user =
        |asked: &mut DiagnosisInput| asked.settings.credentials = Credentials::parse(None, "sandbox").unwrap();
    let (text, worst) = diagnose_as_text(Config::default(), no_user).await;
    assert!(
        text.contains("✗ sign-in ") && text.contains("Cloud requires --user"),
        "{text}"
    );
    assert_eq!(worst, REFUSED);
}

#[tokio::test]
async fn a_part_that_is_wrong_stops_only_what_needs_it() {
    let gateway = faulty("read-access[PRIV]:404, read-access[SUP]:html=404");
    assert_diagnosis!("access_modes_unreadable", PART, gateway);
    assert_diagnosis!(
        "only_an_unmanaged_access_mode",
        None,
        faulty("read-access[SUP]:html=403")
    );
    assert_diagnosis!("customers_refused", PART, faulty("customers[PRIV]:403"));
    let no_role = on_data_center("roles[PRIV]:404");
    assert_diagnosis!("no_role_for_customers", PART, no_role);
    let more = |asked: &mut DiagnosisInput| asked.desks.insert(0, (key("NOPE"), true));
    assert_diagnosis!("a_desk_is_missing", PART, Config::default(), more);
    assert_diagnosis!("desks_cannot_be_listed", REFUSED, faulty("desks:403"));
}

#[tokio::test]
async fn one_call_that_always_fails_is_no_outage() {
    for (name, faults) in [
        ("server_error_on_a_desk", "customers[PRIV]:500"),
        ("server_error_of_service_management", "info:500"),
    ] {
        let (diagnosis, world) = diagnosed(faulty(faults), |_| ()).await;
        insta::assert_snapshot!(name, without_attempts(&diagnosis, &world));
        assert_eq!(diagnosis.worst(), PART, "{faults}");
    }
}

#[tokio::test]
async fn without_service_management_or_its_license() {
    let unlicensed = Config {
        licensed: false,
        ..data_center(Version::V10_3)
    };
    assert_diagnosis!("unlicensed", REFUSED, unlicensed);
    assert_diagnosis!("unlicensed_as_a_page", REFUSED, on_data_center("info:html=403"));
    assert_diagnosis!("unlicensed_list_of_desks", REFUSED, on_data_center("desks:html=403"));
    assert_diagnosis!("no_service_management", PART, faulty("info:404"));
}

#[tokio::test]
async fn what_does_not_answer_or_is_no_jira() {
    let nowhere = |asked: &mut DiagnosisInput| {
        asked.settings.url = BaseUrl::parse("http://127.0.0.1:1").unwrap();
        asked.settings.patience = Duration::from_secs(1);
    };
    let (diagnosis, world) = diagnosed(Config::default(), nowhere).await;
    assert_eq!(diagnosis.worst(), UNREACHABLE);
    assert!(diagnosis.requests > 1, "attempts count: {}", diagnosis.requests);
    insta::assert_snapshot!("nowhere", without_attempts(&diagnosis, &world));

    let page = on_data_center("GET /rest/api/2/serverInfo:html=200");
    assert_diagnosis!("a_web_page", UNREACHABLE, page);
    assert_diagnosis!("limited_past_patience", UNREACHABLE, faulty("server-info:429=600"));
    let cloud = |asked: &mut DiagnosisInput| asked.settings.deployment = Some(observed::Deployment::Cloud);
    assert_diagnosis!("not_cloud", SETTINGS, data_center(Version::V10_3), cloud);
}

/// The sandbox speaks no TLS, so this is a certificate that cannot be checked.
#[tokio::test]
async fn settings_that_cannot_be_used() {
    let (world, path) = (World::new(two_desks(Vec::new())).await, PathBuf::from("missing.pem"));
    let no_file = |asked: &mut DiagnosisInput| asked.settings.ca_file = Some(path);
    assert_diagnosis!("no_ca_file", SETTINGS, Config::default(), no_file);
    let https = format!("https://{}", world.running.address());
    let encrypted = |asked: &mut DiagnosisInput| {
        asked.settings.url = BaseUrl::parse(&https).unwrap();
        asked.settings.patience = Duration::from_millis(300);
    };
    let (text, worst) = diagnose_as_text(Config::default(), encrypted).await;
    assert!(text.starts_with("✗ reach  "), "{text}");
    assert!(text.contains("; check --url, the network, proxies"), "{text}");
    assert_eq!(worst, UNREACHABLE);
}

#[tokio::test]
async fn rate_limits_that_answers_report() {
    let limited = |rate, config| Config {
        rate: Some(rate),
        ..config
    };
    let line = |text: &str| {
        text.lines()
            .find(|line| line.contains(" rate-limit "))
            .unwrap()
            .to_owned()
    };
    let own = limited(50, data_center(Version::V10_3));
    let (text, worst) = diagnose_as_text(own, |_| ()).await;
    assert_eq!(worst, None, "{text}");
    let found = line(&text);
    assert!(
        found.starts_with("✓ ") && found.ends_with(" of 50 requests left, 50 more every 1 s"),
        "{found}"
    );

    let (text, worst) = diagnose_as_text(faulty("desks:429=1@1"), |_| ()).await;
    assert_eq!(
        line(&text),
        "! rate-limit          waited 1 s for the rate limit (jira-burst-based); lower --concurrency and --read-rate, or check \
         what else uses this account's token; until then passes take longer"
    );
    assert_eq!(worst, None, "{text}");

    let (text, worst) = diagnose_as_text(limited(1, Config::default()), |_| ()).await;
    assert!(line(&text).contains("less than a fifth is left"), "{text}");
    assert!(
        !matches!(worst, Some(FailureKind::Settings | FailureKind::Refused)),
        "{text}"
    );

    let (text, worst) = diagnose_as_text(faulty("customers[PRIV]:429=600"), |_| ()).await;
    assert_eq!(worst, UNREACHABLE, "{text}");
    insta::assert_snapshot!("limited_at_a_desk", text);
}

#[tokio::test]
async fn clocks_that_differ() {
    fn off(seconds: i64) -> Timestamp {
        Timestamp::now() + SignedDuration::from_secs(seconds)
    }
    type Clock = fn() -> Timestamp;
    let near = "✓ clock               within 30 s of Jira's\n";
    let clocks: [(Clock, &str, &str, Option<FailureKind>); 5] = [
        (|| off(20), near, "", None),
        (|| off(-20), near, "", None),
        (
            || off(90),
            "! clock               9",
            " s ahead of Jira's; synchronize this",
            None,
        ),
        (
            || off(-90),
            "! clock               ",
            " s behind Jira's; synchronize this",
            None,
        ),
        (
            || off(3600),
            "✗ clock               360",
            " s ahead of Jira's; synchronize this",
            PART,
        ),
    ];
    for (clock, begins, goes_on, trouble) in clocks {
        let (text, worst) = diagnose_as_text(Config::default(), |asked| asked.clock = clock).await;
        assert!(text.contains(begins) && text.contains(goes_on), "{text}");
        assert_eq!(worst, trouble, "{text}");
    }
}

/// Time spent waiting is no clock difference: the clock is compared when an answer arrives.
#[tokio::test]
async fn a_slow_jira_has_no_wrong_clock() {
    let (text, _) = diagnose_as_text(faulty("customers[SUP]:429=1@1, read-access[SUP]:slow=300"), |_| ()).await;
    assert!(text.contains("✓ clock               within 30 s of Jira's\n"), "{text}");
}

#[tokio::test]
async fn tokens_end() {
    for (last, line, trouble) in [
        (
            (2026, 11, 22),
            "✗ token               expired on 2026-11-22; create a new one",
            REFUSED,
        ),
        (
            (2026, 11, 23),
            "! token               expires on 2026-11-23, today; create a new one",
            None,
        ),
        (
            (2026, 11, 24),
            "! token               expires on 2026-11-24, tomorrow",
            None,
        ),
        (
            (2026, 12, 23),
            "! token               expires on 2026-12-23, in 30 days",
            None,
        ),
        (
            (2026, 12, 24),
            "✓ token               expires on 2026-12-24, in 31 days\n",
            None,
        ),
        (
            (2027, 11, 23),
            "✓ token               expires on 2027-11-23, in 365 days\n",
            None,
        ),
    ] {
        let last = Date::constant(last.0, last.1, last.2);
        let (text, worst) = diagnose_as_text(Config::default(), |asked| asked.token_expires = Some(last)).await;
        assert!(text.contains(line), "{line}\n{text}");
        assert_eq!(worst, trouble, "{text}");
    }
}

#[tokio::test]
async fn as_json_it_has_the_contracts_shape() {
    let json = |(diagnosis, world): (Diagnosis, World)| {
        let mut text = Vec::new();
        write_json(&mut text, &diagnosis, "https://jira.test").unwrap();
        let text = String::from_utf8(text).unwrap();
        text.replace(&world.running.address().to_string(), "jira.test")
    };
    let text = json(diagnosed(faulty("read-access[PRIV]:404"), |_| ()).await);
    insta::assert_snapshot!("json", text);
    let refused = json(diagnosed(faulty("server-info:401"), |_| ()).await);
    let document: Value = serde_json::from_str(&refused).unwrap();
    assert!(document["jira"]["version"].is_null(), "{refused}");
    assert_eq!(document["requests"], 1);
}

/// Runs the program: its exit code, stdout and stderr.
async fn quietdesk(world: Option<&World>, arguments: &[&str]) -> (i32, String, String) {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_quietdesk"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("QUIETDESK_")) {
        command.env_remove(name);
    }
    if let Some(world) = world {
        command.env("QUIETDESK_URL", world.running.url());
        command.env("QUIETDESK_USER", "quietdesk@example.com");
        command.env("QUIETDESK_TOKEN", "sandbox");
        command.env("QUIETDESK_PATIENCE", "500ms");
    }
    let output = command.arg("doctor").args(arguments).output().await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[tokio::test]
async fn the_program_exits_by_the_worst() {
    let folder = tempfile::tempdir().unwrap();
    let (good, bad) = (folder.path().join("roster.yaml"), folder.path().join("bad.yaml"));
    std::fs::write(&good, TWO_DESKS).unwrap();
    std::fs::write(&bad, "version: 2").unwrap();
    let (good, bad) = (good.to_str().unwrap(), bad.to_str().unwrap());
    for (faults, arguments, expected) in [
        ("", vec![good], 0),
        ("", vec!["--desk", "SUP", "--token-expires", "2999-12-31"], 0),
        ("", vec!["--desk", "SUP,NOPE"], 7),
        ("", vec![good, "--token-expires", "2020-01-01"], 4),
        ("myself:401", vec![good], 4),
        ("server-info:drop-before", vec![], 5),
        ("read-access:404", vec![good], 7),
        ("read-access:404", vec!["--desk", "SUP"], 0),
        ("", vec![bad], 3),
        ("", vec!["--ca-file", "missing.pem"], 3),
        ("", vec!["--token-expires", "soon"], 64),
    ] {
        let world = World::with(two_desks(Vec::new()), faulty(faults)).await;
        let (code, text, log) = quietdesk(Some(&world), &arguments).await;
        assert_eq!(code, expected, "{faults} {arguments:?}\n{text}{log}");
        assert!(!log.contains("quietdesk@example.com"), "{log}");
        assert_eq!(world.sandbox.writes(), 0);
    }
}

#[tokio::test]
async fn the_program_has_a_jira_of_its_own_to_show() {
    let (code, text, _) = quietdesk(None, &["--sandbox", "--output", "json", "--desk", "HR"]).await;
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, &document["format_version"]), (0, &Value::from(1)));
    let desk = document["checks"]
        .as_array()
        .unwrap()
        .iter()
        .find(|check| check["subject"] == "HR");
    assert_eq!(desk.unwrap()["verdict"], "ok", "{text}");
    let (code, text, _) = quietdesk(None, &["--sandbox", "--deployment", "data-center"]).await;
    assert!(code == 0 && text.contains("2 visible: HR, SUP"), "{text}");
    let (code, text, _) = quietdesk(None, &["--help"]).await;
    assert!(
        code == 0 && text.contains("[default: 20s]") && text.contains("by the worst"),
        "{text}"
    );
}
