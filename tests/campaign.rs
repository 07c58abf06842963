//! Lives of sites, each drawn from one number: see `support::campaign`. `cargo bench --bench campaign` lives as many as are
//! asked for.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

/// How many lives are tried, and which is the first. To live one again: QUIETDESK_LIFE=7 cargo test --test campaign
const LIVES: u64 = 200;
const SIDE_BY_SIDE: u64 = 4;

#[test]
fn whatever_happens_nothing_happens_that_must_not() {
    if let Ok(life) = std::env::var("QUIETDESK_LIFE") {
        return support::campaign::live_all(life.parse().unwrap(), 1, 1);
    }
    support::campaign::live_all(0, LIVES, SIDE_BY_SIDE);
}
