//! However a roster is saved.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use super::{QuietFolder, Watching, one, yaml};

#[tokio::test]
async fn written_in_place() {
    let (_folder, roster, mut watching) = one().await;
    for people in 2..5 {
        fs::write(&roster, yaml(people)).unwrap();
        watching.until(people).await;
    }
}

#[tokio::test]
async fn renamed_over_again_and_again() {
    let (folder, roster, mut watching) = one().await;
    for people in 2..5 {
        let new = folder.path().join(".roster.yaml.tmp");
        fs::write(&new, yaml(people)).unwrap();
        fs::rename(&new, &roster).unwrap();
        watching.until(people).await;
    }
}

/// `backupcopy=no`: the old file is renamed away, and a new one written.
#[tokio::test]
async fn saved_by_vim_beside_the_old_file() {
    let (folder, roster, mut watching) = one().await;
    let (probe, backup) = (folder.path().join("4913"), folder.path().join("roster.yaml~"));
    for people in 2..5 {
        fs::write(&probe, "").unwrap();
        fs::remove_file(&probe).unwrap();
        fs::rename(&roster, &backup).unwrap();
        fs::write(&roster, yaml(people)).unwrap();
        fs::remove_file(&backup).unwrap();
        watching.until(people).await;
    }
}

/// `backupcopy=yes`: the old file is copied, and written over.
#[tokio::test]
async fn saved_by_vim_in_place() {
    let (folder, roster, mut watching) = one().await;
    let backup = folder.path().join("roster.yaml~");
    for people in [2, 1, 3] {
        fs::copy(&roster, &backup).unwrap();
        fs::write(&roster, yaml(people)).unwrap();
        fs::remove_file(&backup).unwrap();
        watching.until(people).await;
    }
}

/// A lock file beside it, the old file renamed to a backup that stays, a new one written.
#[tokio::test]
async fn saved_by_emacs() {
    let (folder, roster, mut watching) = one().await;
    let lock = folder.path().join(".#roster.yaml");
    for people in 2..5 {
        symlink("somebody@example.com.4711:1700000000", &lock).unwrap();
        fs::write(folder.path().join("#roster.yaml#"), "customers: [").unwrap();
        fs::rename(&roster, folder.path().join("roster.yaml~")).unwrap();
        fs::write(&roster, yaml(people)).unwrap();
        fs::remove_file(folder.path().join("#roster.yaml#")).unwrap();
        fs::remove_file(&lock).unwrap();
        watching.until(people).await;
    }
}

#[tokio::test]
async fn saved_by_the_real_vim() {
    let (_folder, roster, mut watching) = one().await;
    for (people, backupcopy) in [(2, "no"), (3, "yes"), (4, "auto")] {
        let line = format!("normal! Go  - person{}@example.com", people - 1);
        let vim = Command::new("vim")
            .args([
                "-u",
                "NONE",
                "-es",
                "-c",
                &format!("set backup backupcopy={backupcopy}"),
                "-c",
                &line,
                "-c",
                "wq",
            ])
            .arg(&roster)
            .status();
        let Ok(status) = vim else { return };
        assert!(status.success(), "{backupcopy}");
        watching.until(people).await;
    }
}

#[tokio::test]
async fn swapped_by_kubernetes() {
    let folder = QuietFolder::new();
    let publish = |people: usize| {
        let version = format!("..version{people}");
        fs::create_dir(folder.path().join(&version)).unwrap();
        fs::write(folder.path().join(&version).join("roster.yaml"), yaml(people)).unwrap();
        symlink(&version, folder.path().join("..data_tmp")).unwrap();
        fs::rename(folder.path().join("..data_tmp"), folder.path().join("..data")).unwrap();
    };
    publish(1);
    let roster = folder.path().join("roster.yaml");
    symlink("..data/roster.yaml", &roster).unwrap();
    let mut watching = Watching::of(&roster);
    for people in 2..5 {
        publish(people);
        fs::remove_dir_all(folder.path().join(format!("..version{}", people - 1))).unwrap();
        watching.until(people).await;
    }
}

#[tokio::test]
async fn checked_out_by_git() {
    let folder = QuietFolder::new();
    let roster = folder.path().join("roster.yaml");
    let git = |arguments: &[&str]| {
        let status = Command::new("git")
            .args([
                "-c",
                "user.name=x",
                "-c",
                "user.email=x@example.com",
                "-c",
                "init.defaultBranch=main",
            ])
            .args(arguments)
            .current_dir(folder.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .status();
        assert!(status.unwrap().success(), "{arguments:?}");
    };
    git(&["init", "--quiet"]);
    for (branch, people) in [("two", 2), ("three", 3)] {
        git(&["checkout", "--quiet", "--orphan", branch]);
        fs::write(&roster, yaml(people)).unwrap();
        git(&["add", "."]);
        git(&["commit", "--quiet", "-m", branch]);
    }
    let mut watching = Watching::of(&roster);
    assert_eq!(watching.people(), Some(3));
    for (branch, people) in [("two", 2), ("three", 3)] {
        git(&["checkout", "--quiet", branch]);
        watching.until(people).await;
    }
}

#[tokio::test]
async fn deleted_and_made_anew() {
    let (_folder, roster, mut watching) = one().await;
    fs::remove_file(&roster).unwrap();
    watching.assert_unusable("deleted").await;
    fs::write(&roster, yaml(2)).unwrap();
    watching.until(2).await;
}
