//! Output for people and programs: text, JSON, Markdown, CSV, and progress on a terminal.
//!
//! Owns wording and layout. Must never change the data it renders, and writes only to the given writer.

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
