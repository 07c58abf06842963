//! The access settings, with fields missing and unknown fields.

use quietdesk::sandbox::{Config, DeskAccess, Rules};

use super::support::desks::two_desks;
use super::support::world::{World, roster};
use super::{BOTH, on};

#[tokio::test]
async fn every_boolean_of_the_access_settings_is_sent_back() {
    let wanted = roster("version: 1\ndesks: {SUP: {access: open}, PRIV: {access: restricted}}\ncustomers: []");
    for deployment in BOTH {
        for settings_leave_signup_out in [false, true] {
            let config = Config {
                rules: Rules {
                    settings_leave_signup_out,
                    settings_have_another: true,
                    ..Rules::default()
                },
                ..on(deployment)
            };
            let world = World::with(two_desks(Vec::new()), config).await;
            world.apply_completely(&wanted).await;
            assert_eq!(world.sandbox.snapshot().desks["SUP"].access, DeskAccess::Open);
            let journal = world.sandbox.journal();
            let written = journal.iter().find(|exchange| exchange.effect).unwrap();
            let (sent, left) = (written.request_body.as_ref(), written.response_body.as_ref());
            assert_eq!(sent.unwrap()["anotherSetting"], true, "{sent:?}");
            assert_eq!(left.unwrap()["anotherSetting"], true, "{left:?}");
            assert_eq!(left.unwrap()["manageEnabled"], true, "{left:?}");
            world.drain();
        }
    }
}
