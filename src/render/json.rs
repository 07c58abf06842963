//! A report as JSON.

use std::io;

use crate::model::report::Report;

/// Writes the document, indented, with a final newline.
///
/// # Errors
/// Those of `out`.
pub fn write(out: &mut dyn io::Write, report: &Report) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    writeln!(out)
}
