//! What people and programs see: a plan or report as text and JSON, and progress on a terminal.
//!
//! Owns wording and layout. Must never change what is rendered, and writes only to what it is given.

pub mod canonical;
pub mod diff;
pub mod doctor;
pub mod handoff;
pub mod json;
pub mod listing;
pub mod markdown;
pub mod progress;
pub mod roster_yaml;
pub mod text;
