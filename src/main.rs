//! The `quietdesk` program.

fn main() {}
