//! Wherever a roster is: missing, behind links, in folders that come and go.

use std::fs;
use std::os::unix::fs::symlink;

use quietdesk::daemon::roster::ReloadOutcome;

use super::{QuietFolder, Watching, published, relink, yaml};

#[tokio::test]
async fn missing_at_the_start() {
    let folder = QuietFolder::new();
    let roster = folder.path().join("roster.yaml");
    let mut watching = Watching::settled(&roster).await;
    assert_eq!(watching.people(), None);
    fs::write(&roster, yaml(2)).unwrap();
    watching.until(2).await;
}

/// However much of the path is missing, and in whatever order it is created.
#[tokio::test]
async fn missing_at_the_start_with_its_folders() {
    for missing in ["etc", "opt/etc", "opt/team/desk/etc"] {
        let folder = QuietFolder::new();
        let etc = folder.path().join(missing);
        let mut watching = Watching::settled(&etc.join("roster.yaml")).await;
        assert_eq!(watching.people(), None);
        fs::create_dir_all(&etc).unwrap();
        fs::write(etc.join("roster.yaml"), yaml(2)).unwrap();
        watching.until(2).await;
        let (above, away) = (etc.parent().unwrap(), folder.path().join("away"));
        fs::rename(&etc, &away).unwrap();
        watching.assert_unusable("its folder is away").await;
        fs::write(away.join("roster.yaml"), yaml(3)).unwrap();
        fs::rename(&away, &etc).unwrap();
        watching.until(3).await;
        if above != folder.path() {
            fs::rename(above, &away).unwrap();
            watching.assert_unusable("the folder above is away").await;
            published(&away, "etc", 4);
            fs::rename(&away, above).unwrap();
            watching.until(4).await;
        }
    }
}

/// Read after each change: the watched folders follow.
#[tokio::test]
async fn missing_at_the_start_and_made_one_after_the_other() {
    let folder = QuietFolder::new();
    let (opt, etc) = (folder.path().join("opt"), folder.path().join("opt/etc"));
    let mut watching = Watching::settled(&etc.join("roster.yaml")).await;
    for made in [&opt, &etc] {
        fs::create_dir(made).unwrap();
        let looked = watching.look().await;
        assert!(matches!(looked, ReloadOutcome::Unchanged), "{looked:?}");
    }
    fs::write(etc.join("roster.yaml"), yaml(2)).unwrap();
    watching.until(2).await;
}

#[tokio::test]
async fn its_folder_replaced() {
    let folder = QuietFolder::new();
    let (now, next) = (folder.path().join("now"), folder.path().join("next"));
    fs::create_dir(&now).unwrap();
    fs::write(now.join("roster.yaml"), yaml(1)).unwrap();
    let mut watching = Watching::of(&now.join("roster.yaml"));
    for people in 2..4 {
        fs::create_dir(&next).unwrap();
        fs::write(next.join("roster.yaml"), yaml(people)).unwrap();
        fs::rename(&now, folder.path().join(format!("old{people}"))).unwrap();
        fs::rename(&next, &now).unwrap();
        watching.until(people).await;
    }
    fs::write(now.join("roster.yaml"), yaml(7)).unwrap();
    watching.until(7).await;
}

#[tokio::test]
async fn a_link_retargeted_and_its_target_written() {
    let (folder, elsewhere) = (QuietFolder::new(), QuietFolder::new());
    let roster = folder.path().join("roster.yaml");
    fs::write(elsewhere.path().join("one.yaml"), yaml(1)).unwrap();
    symlink(elsewhere.path().join("one.yaml"), folder.path().join("between.yaml")).unwrap();
    symlink("between.yaml", &roster).unwrap();
    let mut watching = Watching::of(&roster);
    assert_eq!(watching.people(), Some(1));
    fs::write(elsewhere.path().join("one.yaml"), yaml(2)).unwrap();
    watching.until(2).await;
    fs::write(elsewhere.path().join("three.yaml"), yaml(3)).unwrap();
    symlink(elsewhere.path().join("three.yaml"), folder.path().join("new")).unwrap();
    fs::rename(folder.path().join("new"), folder.path().join("between.yaml")).unwrap();
    watching.until(3).await;
    fs::write(elsewhere.path().join("three.yaml"), yaml(4)).unwrap();
    watching.until(4).await;
}

#[tokio::test]
async fn links_retargeted_relative_and_absolute() {
    let folder = QuietFolder::new();
    let roster = folder.path().join("roster.yaml");
    for people in 1..6 {
        published(folder.path(), &format!("version{people}"), people);
    }
    symlink("version1/roster.yaml", &roster).unwrap();
    let mut watching = Watching::settled(&roster).await;
    relink("version2/roster.yaml", &roster);
    watching.until(2).await;
    relink(folder.path().join("version3/roster.yaml"), &roster);
    watching.until(3).await;
    relink("version3/../version4/roster.yaml", &roster);
    watching.until(4).await;
    // As `ln -sf` does it.
    fs::remove_file(&roster).unwrap();
    symlink("version5/roster.yaml", &roster).unwrap();
    watching.until(5).await;
}

/// `current` leads to a release, and the roster is some folders below it.
#[tokio::test]
async fn a_link_in_the_middle_of_the_path_retargeted() {
    let folder = QuietFolder::new();
    let release = |people: usize| {
        let name = format!("releases/{people}");
        published(folder.path(), &format!("{name}/etc/desk"), people);
        name
    };
    let current = folder.path().join("current");
    symlink(release(1), &current).unwrap();
    let mut watching = Watching::settled(&current.join("etc/desk/roster.yaml")).await;
    assert_eq!(watching.people(), Some(1));
    for people in 2..5 {
        relink(release(people), &current);
        watching.until(people).await;
    }
    fs::write(folder.path().join("releases/4/etc/desk/roster.yaml"), yaml(7)).unwrap();
    watching.until(7).await;
}

/// One file of a folder may be a link to another place, and a whole folder one of Kubernetes.
#[tokio::test]
async fn a_folder_of_links() {
    let (folder, elsewhere) = (QuietFolder::new(), QuietFolder::new());
    published(folder.path(), "..version1", 1);
    symlink("..version1", folder.path().join("..data")).unwrap();
    symlink("..data/roster.yaml", folder.path().join("a.yaml")).unwrap();
    let team = "version: 1\ncustomers: [{email: bob@example.com, desks: [SUP]}";
    fs::write(elsewhere.path().join("team.yaml"), format!("{team}]\n")).unwrap();
    symlink(elsewhere.path().join("team.yaml"), folder.path().join("b.yaml")).unwrap();
    let mut watching = Watching::settled(folder.path()).await;
    assert_eq!(watching.people(), Some(2));
    published(folder.path(), "..version5", 5);
    relink("..version5", &folder.path().join("..data"));
    fs::remove_dir_all(folder.path().join("..version1")).unwrap();
    watching.until(6).await;
    let two = format!("{team}, {{email: eve@example.com, desks: [SUP]}}]\n");
    fs::write(elsewhere.path().join("team.yaml"), two).unwrap();
    watching.until(7).await;
}
