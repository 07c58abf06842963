//! As many lives of sites as are asked for, drawn from one number each; see `tests/support/campaign.rs`.
//!
//! ```text
//! cargo bench --bench campaign                       # 2 000 lives
//! QUIETDESK_LIVES=20000 QUIETDESK_FIRST_LIFE=1000 cargo bench --bench campaign
//! ```

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::time::Instant;

/// Most of a life is waiting: for a disk, and for what goes wrong to end.
const SIDE_BY_SIDE: u64 = 16;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

fn main() {
    let (first, lives) = (number("QUIETDESK_FIRST_LIFE", 0), number("QUIETDESK_LIVES", 2000));
    let side_by_side = number("QUIETDESK_SIDE_BY_SIDE", SIDE_BY_SIDE);
    let begin = Instant::now();
    support::campaign::live_all(first, lives, side_by_side);
    let took = begin.elapsed().as_secs_f64();
    println!("{lives} lives from {first} on, {took:.0} s: nothing happened that must not");
}
