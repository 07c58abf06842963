//! Simulated lives of sites, each generated from one seed: see `support::campaign`. `cargo bench --bench campaign` runs
//! as many as requested.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

/// How many lives are run, and the seed of the first. To repeat one: QUIETDESK_LIFE=7 cargo test --test campaign
const LIVES: u64 = 200;
const SIDE_BY_SIDE: u64 = 4;

#[test]
fn whatever_happens_nothing_happens_that_must_not() {
    if let Ok(life) = std::env::var("QUIETDESK_LIFE") {
        return support::campaign::run_lives(life.parse().unwrap(), 1, 1);
    }
    support::campaign::run_lives(0, LIVES, SIDE_BY_SIDE);
}
