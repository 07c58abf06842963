//! Dependencies point one way: `cli → {daemon, render, plan_file} → engine → {jira, roster_file} → {model, files}`, and the
//! sandbox stands alone. A module named here may use only what is listed with it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const MAY_USE: [(&str, &[&str]); 12] = [
    ("model", &[]),
    ("files", &[]),
    ("causes", &[]),
    ("sandbox", &[]),
    ("roster_file", &["model", "files"]),
    ("plan_file", &["model", "roster_file", "files"]),
    ("jira", &["model", "files"]),
    ("engine", &["model", "jira", "files", "causes"]),
    ("doctor", &["model", "jira", "causes"]),
    ("render", &["model", "engine", "doctor"]),
    ("daemon", &["model", "jira", "roster_file", "engine", "files", "causes"]),
    (
        "cli",
        &[
            "model",
            "files",
            "causes",
            "jira",
            "roster_file",
            "plan_file",
            "engine",
            "doctor",
            "render",
            "daemon",
            "sandbox",
        ],
    ),
];

/// What the pure part must not know. Its tests may.
const IMPURE: [&str; 13] = [
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
    "tokio",
    "reqwest",
    "rand::",
    "jiff::Timestamp::now",
    "async ",
];

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// Each module's code, without comments and without its tests.
fn code_by_module() -> BTreeMap<String, Vec<(PathBuf, String)>> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&source, &mut files);
    let mut modules: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for file in files {
        let relative = file.strip_prefix(&source).unwrap().to_owned();
        let first = relative.components().next().unwrap().as_os_str().to_str().unwrap();
        let module = first.trim_end_matches(".rs").to_owned();
        if ["tests.rs", "fixtures.rs"].iter().any(|name| relative.ends_with(name)) {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let code = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect::<Vec<_>>()
            .join("\n");
        modules.entry(module).or_default().push((relative, code));
    }
    modules
}

fn used(code: &str) -> BTreeSet<String> {
    let word = |text: &str| {
        text.chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect::<String>()
    };
    let mut used = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            Some(list) => used.extend(list.split('}').next().unwrap().split(',').map(|item| word(item.trim()))),
            None => {
                used.insert(word(rest));
            }
        }
    }
    used
}

#[test]
fn dependencies_point_one_way() {
    let modules = code_by_module();
    for (module, files) in &modules {
        if ["main", "lib"].contains(&module.as_str()) {
            continue;
        }
        let (_, may_use) = MAY_USE
            .iter()
            .find(|(name, _)| name == module)
            .expect("every module has its place");
        for (file, code) in files {
            for other in used(code) {
                let allowed = other == *module || may_use.contains(&other.as_str());
                assert!(allowed, "{} uses crate::{other}", file.display());
            }
        }
    }
    assert_eq!(
        MAY_USE.iter().filter(|(name, _)| !modules.contains_key(*name)).count(),
        0,
        "every place has its module"
    );
}

#[test]
fn the_model_is_pure() {
    for (file, code) in &code_by_module()["model"] {
        for impure in IMPURE {
            assert!(!code.contains(impure), "{} knows {impure:?}", file.display());
        }
    }
}

#[test]
fn this_test_sees_what_is_used() {
    let code = "use crate::model::plan;\nuse crate::{jira, sandbox::Sandbox};\nlet x = crate::render::text();";
    assert_eq!(
        used(code),
        ["jira", "model", "render", "sandbox"].map(str::to_owned).into()
    );
}

/// The README and SECURITY.md name the test that shows each thing they promise: they must be there.
#[test]
fn the_tests_the_documents_name_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut everything = Vec::new();
    rust_files(&root.join("tests"), &mut everything);
    rust_files(&root.join("src"), &mut everything);
    for document in ["README.md", "SECURITY.md"] {
        let text = fs::read_to_string(root.join(document)).unwrap();
        let (mut missing, mut named) = (Vec::new(), 0);
        for name in text.split('`').skip(1).step_by(2) {
            let Some((file, test)) = name.split_once("::") else {
                continue;
            };
            named += 1;
            let is_of = |path: &&PathBuf| {
                let mut places = path.strip_prefix(root).unwrap().iter();
                places.any(|place| Path::new(place).file_stem().is_some_and(|stem| stem == file))
            };
            let is_there = |path: &PathBuf| fs::read_to_string(path).unwrap().contains(&format!("fn {test}("));
            if !everything.iter().filter(is_of).any(is_there) {
                missing.push(name);
            }
        }
        assert_eq!((missing, named > 15), (Vec::<&str>::new(), true), "{document}");
    }
}
