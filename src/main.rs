//! The `quietdesk` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    quietdesk::cli::main()
}
