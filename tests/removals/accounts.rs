//! How the ledger matches accounts to people, and people who return.

use quietdesk::sandbox::SeedPerson;

use super::*;

const OWNED: &str = "membership: owned";

#[tokio::test]
async fn an_account_that_shows_another_address_is_not_made_a_second_time() {
    for kind in KINDS {
        let world = world(kind, Vec::new()).await;
        let (roster, mut ledger) = (private(OWNED, &["ada@example.com"]), Ledger::kept());
        world.settles(&roster, &mut ledger).await;
        let ada = world.sandbox.ids_by_email("ada@example.com").remove(0);
        world.sandbox.set_email(&ada, "ada.lovelace@example.com").unwrap();
        for _ in 0..2 {
            let applied = world.apply_with(&roster, &mut ledger).await;
            assert_eq!((applied.steps(), applied.writes), (Vec::new(), 0), "{kind:?}");
            assert!(
                // On Data Center its user name is still the old address.
                applied.held()[0].contains("shows another"),
                "{kind:?} {:?}",
                applied.held()
            );
        }
        assert_eq!(world.sandbox.snapshot().desks["PRIV"].customers.len(), 1);
        world.drain();
    }
}

#[tokio::test]
async fn a_deleted_account_is_a_new_person() {
    for kind in KINDS {
        let world = world(kind, Vec::new()).await;
        let (roster, mut ledger) = (private(OWNED, &["ada@example.com"]), Ledger::kept());
        world.settles(&roster, &mut ledger).await;
        let ada = world.sandbox.ids_by_email("ada@example.com").remove(0);
        world.sandbox.delete_account(&ada).unwrap();
        let applied = world.settles(&roster, &mut ledger).await;
        assert_eq!(
            applied.steps(),
            ["create ada@example.com", "add ada@example.com to PRIV"],
            "{kind:?}"
        );
    }
}

#[tokio::test]
async fn somebody_who_leaves_and_comes_back_has_the_same_account() {
    for kind in KINDS {
        let world = world(kind, Vec::new()).await;
        let mut ledger = Ledger::kept();
        let both = private(OWNED, &["ada@example.com", "bob@example.com"]);
        world.settles(&both, &mut ledger).await;
        let bob = world.sandbox.ids_by_email("bob@example.com");
        world.settles(&private(OWNED, &["ada@example.com"]), &mut ledger).await;
        assert_eq!(world.sandbox.snapshot().customers("PRIV"), emails(&["ada"]));
        let applied = world.settles(&both, &mut ledger).await;
        assert_eq!(applied.steps(), ["add bob@example.com to PRIV"], "{kind:?}");
        assert_eq!(world.sandbox.ids_by_email("bob@example.com"), bob);
        // The same a second time.
        world.settles(&private(OWNED, &["ada@example.com"]), &mut ledger).await;
        assert_eq!(world.sandbox.snapshot().customers("PRIV"), emails(&["ada"]));
    }
}

#[tokio::test]
async fn an_owned_account_leaves_also_under_another_address_but_not_where_that_is_listed() {
    for kind in KINDS {
        let world = world(kind, Vec::new()).await;
        let mut ledger = Ledger::kept();
        let both = private(OWNED, &["ada@example.com", "bob@example.com", "cyd@example.com"]);
        world.settles(&both, &mut ledger).await;
        for (old, new) in [("bob", "robert@example.com"), ("cyd", "cydney@example.com")] {
            let account = world.sandbox.ids_by_email(&format!("{old}@example.com")).remove(0);
            world.sandbox.set_email(&account, new).unwrap();
        }
        let after = private(OWNED, &["ada@example.com", "cydney@example.com"]);
        let applied = world.settles(&after, &mut ledger).await;
        assert_eq!(applied.steps(), ["remove robert@example.com from PRIV"], "{kind:?}");
        assert_eq!(world.sandbox.snapshot().customers("PRIV"), emails(&["ada", "cydney"]));
    }
}

#[tokio::test]
async fn a_desk_that_left_the_roster_is_forgotten() {
    let world = world(Deployment::Cloud, Vec::new()).await;
    let mut ledger = Ledger::kept();
    world
        .settles(&private(OWNED, &["ada@example.com", "bob@example.com"]), &mut ledger)
        .await;
    let elsewhere = roster("version: 1\ndefaults: {desks: [SUP]}\ndesks: {SUP: {}}\ncustomers: [ada@example.com]\n");
    world.settles(&elsewhere, &mut ledger).await;
    let back = private(OWNED, &["ada@example.com"]);
    let applied = world.settles(&back, &mut ledger).await;
    assert_eq!(applied.steps(), Vec::<String>::new());
    assert_eq!(world.sandbox.snapshot().customers("PRIV"), emails(&["ada", "bob"]));
}

#[tokio::test]
async fn on_cloud_a_new_address_is_a_new_account_and_the_old_one_leaves() {
    let moved = "{email: new@example.com, previously: [old@example.com]}";
    for mode in ["", OWNED, "access: restricted, membership: exact"] {
        let world = world(Deployment::Cloud, on("PRIV", &["old", "ada"])).await;
        let roster = private(mode, &["ada@example.com", moved]);
        let applied = world.settles(&roster, &mut Ledger::kept()).await;
        assert_eq!(
            applied.steps(),
            [
                "create new@example.com",
                "add new@example.com to PRIV",
                "remove old@example.com from PRIV",
            ],
            "{mode}"
        );
        assert_eq!(world.sandbox.snapshot().customers("PRIV"), emails(&["ada", "new"]));
    }
}

#[tokio::test]
async fn the_old_account_stays_until_the_new_one_is_on_the_desk() {
    for fault in ["add:403", "create:403"] {
        let world = world(Deployment::Cloud, on("PRIV", &["old"])).await;
        let roster = private("", &["{email: new@example.com, previously: [old@example.com]}"]);
        world.sandbox.set_faults(&fault.parse().unwrap());
        let applied = world.apply_with(&roster, &mut Ledger::kept()).await;
        let unsuccessful = applied.unsuccessful();
        let skipped = unsuccessful.last().unwrap();
        assert!(
            skipped.contains("remove old") && (skipped.contains("skipped") || skipped.contains("held")),
            "{fault}: {unsuccessful:?}"
        );
        assert_eq!(world.sandbox.snapshot().customers("PRIV"), emails(&["old"]));
        world.sandbox.set_faults(&Faults::default());
        world.settles(&roster, &mut Ledger::kept()).await;
        assert_eq!(world.sandbox.snapshot().customers("PRIV"), emails(&["new"]));
    }
}

#[tokio::test]
async fn an_agents_older_address_is_left_alone() {
    let agent = SeedPerson {
        kind: quietdesk::sandbox::PersonKind::Agent,
        ..SeedPerson::customer("old@example.com", &[])
    };
    let world = world(Deployment::Cloud, vec![agent]).await;
    let old = world.sandbox.ids_by_email("old@example.com").remove(0);
    world.sandbox.add_member("PRIV", &old).unwrap();
    let roster = private("", &["{email: new@example.com, previously: [old@example.com]}"]);
    let applied = world.settles(&roster, &mut Ledger::kept()).await;
    assert_eq!(
        applied.steps(),
        ["create new@example.com", "add new@example.com to PRIV"]
    );
    assert!(world.sandbox.snapshot().desks["PRIV"].customers.contains(&old));
}
