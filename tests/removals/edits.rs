//! Removals by an edit, as the daemon makes it.

use super::*;

const OWNED: &str = "membership: owned";

#[tokio::test]
async fn an_edit_removes_only_the_people_it_took_out() {
    for kind in KINDS {
        let world = world(kind, on("PRIV", &["stranger"])).await;
        let both = private(OWNED, &["ada@example.com", "bob@example.com"]);
        let (_, mut kept) = world.full(&both).await;
        let applied = world
            .edit(&mut kept, &private(OWNED, &["ada@example.com", "cyd@example.com"]))
            .await;
        let steps = [
            "create cyd@example.com",
            "add cyd@example.com to PRIV",
            "remove bob@example.com from PRIV",
        ];
        assert_eq!(applied.steps(), steps, "{kind:?}");
        assert_eq!(applied.unsuccessful(), Vec::<String>::new());
        assert_eq!(
            world.sandbox.snapshot().customers("PRIV"),
            emails(&["ada", "cyd", "stranger"])
        );
        world.drain();
    }
}

/// A list that is read whole only because that is cheaper removes no one outside the edit.
#[tokio::test]
async fn an_edit_about_many_removes_no_one_else() {
    for kind in KINDS {
        let people = on("SUP", &["cyd", "dan", "eve", "fay"]);
        let world = world(kind, people).await;
        let before = private(OWNED, &["ada@example.com", "bob@example.com"]);
        let (_, mut kept) = world.full(&before).await;
        let all = ["ada", "bob", "cyd", "dan", "eve", "fay"];
        let listed: Vec<_> = all.iter().map(|name| format!("{name}@example.com")).collect();
        let listed: Vec<_> = listed.iter().map(String::as_str).collect();
        let after = private(OWNED, &listed);
        let applied = world.edit(&mut kept, &after).await;
        assert!(
            applied.steps().len() == 4 && applied.steps().iter().all(|step| step.starts_with("add ")),
            "{kind:?} {:?}",
            applied.steps()
        );
        assert_eq!(world.sandbox.snapshot().customers("PRIV"), emails(&all));
        // A daemon without memory of the desk reads it whole as well.
        kept.memory = quietdesk::engine::desk_cache::DeskCache::default();
        let applied = world
            .edit(
                &mut kept,
                &private(OWNED, &[&listed[..], &["gus@example.com"]].concat()),
            )
            .await;
        assert_eq!(
            applied.steps(),
            ["create gus@example.com", "add gus@example.com to PRIV"],
            "{kind:?}"
        );
        world.drain();
    }
}

#[tokio::test]
async fn an_edit_never_decides_who_else_has_no_business_on_an_exact_desk() {
    for kind in KINDS {
        let world = world(kind, on("PRIV", &["ada", "bob"])).await;
        let exact = "access: restricted, membership: exact";
        let (_, mut kept) = world
            .full(&private(exact, &["ada@example.com", "bob@example.com"]))
            .await;
        let stranger = world
            .sandbox
            .create_account(&SeedPerson::customer("stranger@example.com", &[]));
        world.sandbox.add_member("PRIV", &stranger).unwrap();
        let after = private(exact, &["ada@example.com"]);
        let applied = world.edit(&mut kept, &after).await;
        assert_eq!(applied.steps(), ["remove bob@example.com from PRIV"], "{kind:?}");
        let applied = world.settles(&after, &mut kept.ledger).await;
        assert_eq!(applied.steps(), ["remove stranger@example.com from PRIV"], "{kind:?}");
    }
}

#[tokio::test]
async fn a_day_that_comes_is_an_edit() {
    for kind in KINDS {
        let world = world(kind, Vec::new()).await;
        let roster = private(
            "",
            &["ada@example.com", "{email: guest@example.com, until: 2026-11-25}"],
        );
        let (_, mut kept) = world.full(&roster.clone().as_of(today())).await;
        assert_eq!(world.sandbox.snapshot().customers("PRIV"), emails(&["ada", "guest"]));
        let applied = world.edit(&mut kept, &roster.as_of(today().tomorrow().unwrap())).await;
        assert_eq!(applied.steps(), ["remove guest@example.com from PRIV"], "{kind:?}");
        assert_eq!(world.sandbox.snapshot().customers("PRIV"), emails(&["ada"]));
        world.drain();
    }
}

#[tokio::test]
async fn a_new_address_on_cloud_is_one_edit() {
    let world = world(Deployment::Cloud, Vec::new()).await;
    let (_, mut kept) = world.full(&private("", &["ada@example.com", "old@example.com"])).await;
    let moved = private(
        "",
        &[
            "ada@example.com",
            "{email: new@example.com, previously: [old@example.com]}",
        ],
    );
    let applied = world.edit(&mut kept, &moved).await;
    assert_eq!(applied.unsuccessful(), Vec::<String>::new());
    assert_eq!(world.sandbox.snapshot().customers("PRIV"), emails(&["ada", "new"]));
    world.settles(&moved, &mut kept.ledger).await;
}

/// The daemon: an edit's removal is accepted without effect; the next full passes try it once more and then hold it.
#[tokio::test]
async fn a_removal_by_an_edit_that_had_no_effect_is_seen_by_the_next_full_reading() {
    for kind in KINDS {
        let world = world(kind, Vec::new()).await;
        let both = private(OWNED, &["ada@example.com", "bob@example.com"]);
        let (_, mut kept) = world.full(&both).await;
        world.sandbox.set_faults(&"remove:ignored".parse().unwrap());
        let left = private(OWNED, &["ada@example.com"]);
        let applied = world.edit(&mut kept, &left).await;
        assert_eq!(applied.steps(), ["remove bob@example.com from PRIV"], "{kind:?}");
        let applied = world.apply_with(&left, &mut kept.ledger).await;
        assert_eq!(applied.steps(), ["remove bob@example.com from PRIV"], "{kind:?}");
        let applied = world.apply_with(&left, &mut kept.ledger).await;
        assert_eq!((applied.steps(), applied.held().len()), (Vec::new(), 1), "{kind:?}");
        world.sandbox.set_faults(&Faults::default());
        kept.ledger.reset_ineffective();
        world.settles(&left, &mut kept.ledger).await;
        assert_eq!(world.sandbox.snapshot().customers("PRIV"), emails(&["ada"]));
    }
}

/// A move whose add failed, and then an edit about another person: that edit removes no one outside it.
#[tokio::test]
async fn an_edit_about_another_person_removes_no_one_who_waits_for_another_desk() {
    let desks = |customers: &str| {
        roster(&format!(
            "version: 1\ndesks: {{PRIV: {{membership: owned}}, SUP: {{access: restricted, membership: owned}}}}\n\
             customers: [{{email: stay@example.com, desks: [SUP]}}, {customers}]\n"
        ))
    };
    let bob = "{email: bob@example.com, desks: [SUP]}";
    for kind in KINDS {
        let world = world(kind, Vec::new()).await;
        let (_, mut kept) = world
            .full(&desks(&format!("{{email: ada@example.com, desks: [SUP]}}, {bob}")))
            .await;
        world.sandbox.set_faults(&"add[PRIV]:403".parse().unwrap());
        let moved = "{email: ada@example.com, desks: [PRIV]}";
        let applied = world.edit(&mut kept, &desks(&format!("{moved}, {bob}"))).await;
        assert_eq!(applied.unsuccessful().len(), 2, "{kind:?} {:?}", applied.unsuccessful());
        let applied = world.edit(&mut kept, &desks(moved)).await;
        assert_eq!(applied.steps(), ["remove bob@example.com from SUP"], "{kind:?}");
        assert_eq!(
            world.sandbox.snapshot().customers("SUP"),
            emails(&["ada", "stay"]),
            "{kind:?}"
        );
        world.sandbox.set_faults(&Faults::default());
        world.settles(&desks(moved), &mut kept.ledger).await;
        assert_eq!(world.sandbox.snapshot().customers("PRIV"), emails(&["ada"]));
        assert_eq!(world.sandbox.snapshot().customers("SUP"), emails(&["stay"]));
    }
}
