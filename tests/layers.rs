//! Dependencies point one way: `cli → {daemon, doctor, render, plan_file} → engine → {jira, roster_file} → {model,
//! files, causes}`, and the sandbox stands alone. A module named here may use only what is listed with it. Within a
//! module, no file is in a circle with others.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "layers/code.rs"]
mod code;
#[path = "layers/file_graph.rs"]
mod file_graph;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use file_graph::{Crate, circles};

const MAY_USE: [(&str, &[&str]); 12] = [
    ("model", &[]),
    ("files", &[]),
    ("causes", &["model"]),
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

/// What the pure part must not use. Its tests may.
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

/// The closed list of requests is the only way out of the process.
#[test]
fn only_jira_makes_requests() {
    let makes_requests = ["reqwest", "hyper::client", "TcpStream::connect"];
    let modules = code_by_module();
    for (file, code) in modules
        .iter()
        .filter(|(name, _)| *name != "jira")
        .flat_map(|(_, files)| files)
    {
        let found = makes_requests.iter().find(|way| code.contains(**way));
        assert_eq!(found, None, "{}", file.display());
    }
}

/// The text of every source file, without tests.
fn parse_crate() -> Crate {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&source, &mut files);
    let mut whole = Crate::default();
    for file in files {
        let relative = file.strip_prefix(&source).unwrap();
        let of_tests = ["tests", "tests.rs", "fixtures.rs"];
        if !relative.iter().any(|part| of_tests.iter().any(|name| part == *name)) {
            whole.add(relative.to_str().unwrap(), &fs::read_to_string(&file).unwrap());
        }
    }
    whole
}

#[test]
fn no_file_is_in_a_circle() {
    let whole = parse_crate();
    assert_eq!(whole.lost(), Vec::<String>::new(), "paths that lead nowhere");
    let graph = whole.uses();
    let mut report = String::new();
    for circle in circles(&graph) {
        for file in &circle {
            let inside = graph[file.as_str()].iter().filter(|used| circle.contains(**used));
            report.push_str(&format!("\n    {file} uses {:?}", inside.collect::<Vec<_>>()));
        }
        report.push('\n');
    }
    assert!(report.is_empty(), "files that use each other:{report}");
}

/// A made-up crate for the tests of the graph.
fn made_up(files: &[(&str, &str)]) -> Crate {
    let mut whole = Crate::default();
    for (file, text) in files {
        whole.add(file, text);
    }
    whole
}

#[test]
fn a_path_is_a_dependency_on_the_file_that_defines_what_it_names() {
    let whole = made_up(&[
        ("lib.rs", "pub mod a; mod b; mod c; mod d;"),
        (
            "a/mod.rs",
            "mod inner; mod other; pub use inner::Inner; pub(crate) struct Outer;",
        ),
        (
            "a/inner.rs",
            "use super::other::{self, Other as Another}; pub struct Inner(Another);",
        ),
        (
            "a/other.rs",
            "pub(in crate::a) struct Other; fn is_of(x: &'static str) -> char { '\\'' }",
        ),
        (
            "b.rs",
            "// use crate::c::C;\n#[cfg(test)] mod tests { use crate::c::C; } use crate::a::Inner; const TEXT: &str = \"crate::c::C\"; pub enum Kind { One }",
        ),
        (
            "c.rs",
            "use crate::{a, b::Kind::{self, *}}; fn f() -> a::Outer { g(crate::d::D) } pub struct C;",
        ),
        (
            "d.rs",
            "pub struct D; #[cfg(all(test, unix))] mod tests { use super::*; use crate::c::C; }",
        ),
    ]);
    assert_eq!(whole.lost(), Vec::<String>::new());
    let uses = whole.uses();
    let expected: [(&str, &[&str]); 7] = [
        ("lib.rs", &[]),
        ("a/mod.rs", &["a/inner.rs"]),
        ("a/inner.rs", &["a/other.rs"]),
        ("a/other.rs", &[]),
        ("b.rs", &["a/inner.rs"]),
        ("c.rs", &["a/mod.rs", "b.rs", "d.rs"]),
        ("d.rs", &[]),
    ];
    for (file, used) in expected {
        assert_eq!(uses[file], used.iter().copied().collect(), "{file}");
    }
    assert_eq!(circles(&uses), BTreeSet::new());
}

#[test]
fn a_circle_is_found_however_long_it_is() {
    let whole = made_up(&[
        ("lib.rs", "mod a; mod b; mod c; mod d;"),
        ("a/mod.rs", "mod child; pub use self::child::Child; pub struct Parent;"),
        ("a/child.rs", "pub struct Child(super::Parent);"),
        ("b.rs", "pub struct B(crate::c::C);"),
        ("c.rs", "use crate::d; pub struct C(d::D);"),
        (
            "d.rs",
            "use super::b::*; pub struct D(B); fn away() { super::nowhere::gone() }",
        ),
    ]);
    assert_eq!(whole.lost(), ["d.rs: super::nowhere::gone"]);
    let circle = |files: &[&str]| files.iter().map(|file| (*file).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(
        circles(&whole.uses()),
        [circle(&["a/child.rs", "a/mod.rs"]), circle(&["b.rs", "c.rs", "d.rs"])].into()
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

/// The README and SECURITY.md name the test that shows each promise: these tests must exist.
#[test]
fn the_tests_the_documents_name_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut everything = Vec::new();
    rust_files(&root.join("tests"), &mut everything);
    rust_files(&root.join("src"), &mut everything);
    let documents = fs::read_dir(root.join("docs"))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let documents = documents.chain(["README.md", "SECURITY.md"].map(|name| root.join(name)));
    // A function: types, constants and paths are skipped.
    let is_name = |text: &str| {
        text.chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    let mut named = 0;
    for document in documents.filter(|path| path.extension().is_some_and(|ending| ending == "md")) {
        let text = fs::read_to_string(&document).unwrap();
        let mut missing = Vec::new();
        for name in text.split('`').skip(1).step_by(2) {
            let Some((file, test)) = name
                .split_once("::")
                .filter(|(file, test)| is_name(file) && is_name(test))
            else {
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
        assert_eq!(missing, Vec::<&str>::new(), "{}", document.display());
    }
    assert!(named > 100, "{named}");
}
