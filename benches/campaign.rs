//! A given number of simulated lives of sites, each generated from one seed; see `tests/support/campaign`.
//!
//! ```text
//! cargo bench --bench campaign                       # 2,000 lives
//! QUIETDESK_LIVES=20000 QUIETDESK_FIRST_LIFE=1000 cargo bench --bench campaign
//! ```

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::time::Instant;

/// The number of concurrent lives; a life mostly waits, for the disk and for faults to end.
const SIDE_BY_SIDE: u64 = 16;

fn env_number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

fn main() {
    let (first, lives) = (
        env_number("QUIETDESK_FIRST_LIFE", 0),
        env_number("QUIETDESK_LIVES", 2000),
    );
    let side_by_side = env_number("QUIETDESK_SIDE_BY_SIDE", SIDE_BY_SIDE);
    let begin = Instant::now();
    support::campaign::run_lives(first, lives, side_by_side);
    let took = begin.elapsed().as_secs_f64();
    println!("{lives} lives from {first} on, {took:.0} s: no violations");
}
