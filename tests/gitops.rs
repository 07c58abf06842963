//! The example workflow's own defenses, run as GitHub would run them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

/// The script of one step of the example for GitHub Actions.
fn script(step: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/gitops/github-actions.yml");
    let workflow = fs::read_to_string(path).unwrap();
    let after = workflow
        .split_once(&format!("- name: {step}\n"))
        .expect("there is such a step")
        .1;
    let body = after.split_once("run: |\n").expect("it runs a script").1;
    let indent = body.len() - body.trim_start_matches(' ').len();
    let lines = body
        .lines()
        .take_while(|line| line.trim().is_empty() || line.len() - line.trim_start().len() >= indent);
    lines
        .map(|line| line.get(indent..).unwrap_or_default().to_owned() + "\n")
        .collect()
}

#[test]
fn the_workflow_refuses_links_and_large_files() {
    let script = script("Refuse links and large files");
    let refuses = |spoil: &dyn Fn(&Path)| {
        let folder = tempfile::tempdir().unwrap();
        for side in ["base", "head"] {
            fs::create_dir_all(folder.path().join(side).join(".git")).unwrap();
            fs::write(folder.path().join(side).join("roster.yaml"), "quietdesk: 1\n").unwrap();
        }
        // Files in git's own folder are not part of a roster.
        symlink("/etc/passwd", folder.path().join("head/.git/link")).unwrap();
        spoil(folder.path());
        // As GitHub runs the script of a step.
        let mut bash = Command::new("bash");
        bash.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &script]);
        let output = bash.current_dir(folder.path()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).contains("::error::");
        assert_eq!(said, !output.status.success(), "{output:?}");
        said
    };
    let roster = |folder: &Path| folder.join("head/roster.yaml");
    assert!(!refuses(&|_| {}), "plain files are read");
    assert!(refuses(&|folder| {
        fs::remove_file(roster(folder)).unwrap();
        symlink("/etc/passwd", roster(folder)).unwrap();
    }));
    assert!(refuses(&|folder| symlink("/etc", folder.join("head/more")).unwrap()));
    assert!(refuses(&|folder| {
        let large = File::create(roster(folder)).unwrap();
        large.set_len(51 * 1024 * 1024).unwrap();
    }));
}
