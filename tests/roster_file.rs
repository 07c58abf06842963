//! The roster's files: the schema, the goldens of good and bad rosters, the examples.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::{Strategy, any, proptest};
use quietdesk::model::name::is_hostile;
use quietdesk::roster_file::{self, RosterError, Source};

#[path = "../examples/club_members.rs"]
#[expect(dead_code, reason = "an example has a main of its own")]
mod club_members;

/// Compares with a committed file; `UPDATE_GOLDENS=1` writes it instead.
fn golden(path: &Path, actual: &str) {
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        fs::write(path, actual).unwrap();
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    assert_eq!(
        expected,
        actual,
        "{} differs; UPDATE_GOLDENS=1 rewrites it",
        path.display()
    );
}

/// The samples in a folder of `tests/roster`: each a file or a folder, beside its `.txt`.
fn samples(kind: &str) -> Vec<PathBuf> {
    // Relative, so that the names in reports are the same on every machine; cargo runs tests in the package's root.
    let folder = Path::new("tests/roster").join(kind);
    let mut samples: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_none_or(|ending| ending != "txt"))
        .collect();
    samples.sort();
    samples
}

#[test]
fn the_committed_schema_is_what_the_program_prints() {
    golden(Path::new("schemas/roster.schema.json"), &roster_file::schema());
}

#[test]
fn every_bad_roster_is_reported_whole() {
    let samples = samples("invalid");
    assert!(samples.len() >= 25, "only {} samples", samples.len());
    for sample in samples {
        let error = roster_file::load(&sample).expect_err(&sample.display().to_string());
        assert!(
            matches!(error, RosterError::Invalid(_)),
            "{}: {error}",
            sample.display()
        );
        let report = format!("{error}\n\nfor logs: {}\n", error.summary());
        golden(&sample.with_extension("txt"), &report);
    }
}

#[test]
fn good_rosters_mean_what_they_say() {
    let samples = samples("valid");
    assert!(samples.len() >= 9, "only {} samples", samples.len());
    for sample in samples {
        let loaded = roster_file::load(&sample).unwrap_or_else(|error| panic!("{}: {error}", sample.display()));
        golden(&sample.with_extension("txt"), &format!("{loaded:#?}\n"));
    }
}

/// A roster file as JSON for the schema; `None` if it is not one YAML document of JSON's values.
fn as_json(file: &Path) -> Option<serde_json::Value> {
    let text = String::from_utf8(fs::read(file).unwrap()).ok()?;
    serde_yaml::from_str(&text).ok()
}

fn schema() -> jsonschema::Validator {
    jsonschema::validator_for(&serde_json::from_str(&roster_file::schema()).unwrap()).unwrap()
}

#[test]
fn the_schema_accepts_what_the_program_accepts() {
    let schema = schema();
    let examples = ["examples/roster.yaml", "examples/club-members.yaml"].map(PathBuf::from);
    for sample in samples("valid").into_iter().chain(examples) {
        for file in roster_file::read(&sample).unwrap().files {
            let value = as_json(&file).unwrap_or_else(|| panic!("{}", file.display()));
            let wrong: Vec<String> = schema.iter_errors(&value).map(|error| error.to_string()).collect();
            assert!(wrong.is_empty(), "{}: {wrong:?}", file.display());
        }
    }
}

#[test]
fn the_schema_refuses_what_it_can_see() {
    /// Invalid only across entries, by Jira's rules for addresses and names, or as YAML: a schema cannot see it.
    const BEYOND_A_SCHEMA: [&str; 7] = [
        "invisible_address",
        "duplicate_customer",
        "unknown_desk_only",
        "merge_key",
        "tags",
        "bad_name",
        "account_of_two",
    ];
    let schema = schema();
    let mut refused = 0;
    for sample in samples("invalid").into_iter().filter(|sample| sample.is_file()) {
        let name = sample.file_stem().unwrap().to_str().unwrap();
        let Some(value) = as_json(&sample) else { continue };
        if BEYOND_A_SCHEMA.contains(&name) {
            continue;
        }
        assert!(!schema.is_valid(&value), "{name} is valid for the schema");
        refused += 1;
    }
    assert!(refused >= 15, "only {refused} samples reached the schema");
}

#[test]
fn the_examples_are_rosters() {
    for (file, customers) in [("examples/roster.yaml", 10), ("examples/club-members.yaml", 2_000)] {
        let text = fs::read_to_string(file).unwrap();
        assert!(
            text.starts_with("# yaml-language-server: $schema=../schemas/roster.schema.json\n"),
            "{file}"
        );
        let loaded = roster_file::load(Path::new(file)).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(loaded.roster.customers.len(), customers, "{file}");
    }
}

#[test]
fn the_committed_club_is_what_its_generator_prints() {
    golden(Path::new("examples/club-members.yaml"), &club_members::roster());
}

#[test]
fn a_missing_roster_is_never_an_empty_one() {
    let folder = tempfile::tempdir().unwrap();
    let missing = roster_file::load(&folder.path().join("roster.yaml")).unwrap_err();
    assert!(matches!(missing, RosterError::NotFound { .. }), "{missing}");
    fs::write(folder.path().join(".roster.yaml"), "version: 1\ncustomers: []\n").unwrap();
    fs::write(folder.path().join("roster.yaml~"), "version: 1\ncustomers: []\n").unwrap();
    let empty = roster_file::load(folder.path()).unwrap_err();
    assert!(matches!(empty, RosterError::NoRosterInFolder { .. }), "{empty}");
    assert_eq!(empty.summary(), empty.to_string());
}

#[cfg(unix)]
#[test]
fn a_link_to_nothing_in_a_folder_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("10.yaml"), "version: 1\ncustomers: []\n").unwrap();
    std::os::unix::fs::symlink("gone.yaml", folder.path().join("20.yaml")).unwrap();
    let error = roster_file::load(folder.path()).unwrap_err();
    assert!(
        matches!(&error, RosterError::NotFound { path } if path.ends_with("20.yaml")),
        "{error}"
    );
}

#[test]
fn the_digest_of_one_file_is_what_sha256sum_prints() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("roster.yaml");
    fs::write(&file, "abc").unwrap();
    let one = roster_file::read(&file).unwrap().digest();
    assert_eq!(one, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    fs::write(folder.path().join("second.yml"), "d").unwrap();
    let two = roster_file::read(folder.path()).unwrap();
    assert_eq!(two.files.len(), 2);
    fs::write(&file, "ab").unwrap();
    fs::write(folder.path().join("second.yml"), "cd").unwrap();
    assert_ne!(two.digest(), roster_file::read(folder.path()).unwrap().digest());
}

#[test]
fn logs_get_neither_addresses_nor_names() {
    for sample in samples("invalid") {
        let summary = roster_file::load(&sample).unwrap_err().summary();
        assert_eq!(summary.lines().count(), 1, "{summary}");
        for private in ["@", "Ada", "ada@", "Grace", "example.com"] {
            assert!(!summary.contains(private), "{summary}");
        }
    }
}

#[test]
fn no_report_moves_a_terminal() {
    for sample in samples("invalid") {
        let report = roster_file::load(&sample).unwrap_err().to_string();
        let hostile = report.chars().find(|c| *c != '\n' && is_hostile(*c));
        assert_eq!(hostile, None, "{}", sample.display());
    }
}

/// Lines of YAML that are at least sometimes a roster, so that the checks behind the parser are reached too.
fn lines() -> impl Strategy<Value = String> {
    let pieces = [
        "version: 1\n",
        "defaults:\n",
        "desks:\n",
        "customers:\n",
        "  desks: [SUP]\n",
        "  SUP: {}\n",
        "  SUP:\n",
        "    access: open\n",
        "    keep: [\"*@x.example\", \"*@*\", \"*\", \"*@\", \"é@x.example\"]\n",
        "  - ada@example.com\n",
        "  - email: é@example.com\n",
        "    name: \u{202e}\n",
        "    desks: [SUP, X, \"\"]\n",
        "    desks: &a [SUP]\n",
        "    desks: *a\n",
        "    account: 1\n",
        "  - &b [*b]\n",
        "- \n",
        "  ? \n",
        ": \n",
        "---\n",
        "\t",
        "\r",
        "\u{feff}",
        "\"",
        "{",
        "]",
        "!x ",
        "<<: *a\n",
        "~\n",
        "# é\n",
        "|\n",
        "%YAML 9.9\n",
        "\0",
    ];
    proptest::collection::vec(proptest::sample::select(pieces.to_vec()), 0..24).prop_map(|lines| lines.concat())
}

fn parse(bytes: Vec<u8>) {
    let name = "roster.yaml".to_owned();
    if let Err(problems) = roster_file::parse(&[Source { name, bytes }]) {
        assert!(!problems.as_slice().is_empty());
        assert!(!problems.to_string().is_empty());
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        parse(bytes);
    }

    #[test]
    fn no_text_makes_it_panic(text in lines()) {
        parse(text.into_bytes());
    }
}
