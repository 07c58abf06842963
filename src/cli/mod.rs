//! The command line: arguments, commands and exit codes.
//!
//! Owns arguments, settings from the environment, printing and exit codes. Contains no logic of its own: each command
//! is one file that calls the modules that do the work.

mod apply;
mod approve;
mod args;
mod doctor;
mod exit;
mod export;
mod failure;
mod handoff;
mod logging;
mod output;
mod plan;
mod run;
mod sandbox;
mod seed;
mod settings;
mod show;
mod signals;
mod site;
mod state;
mod state_dir;
mod validate;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use self::args::{Cli, Command};
use self::exit::Exit;
use self::failure::Failure;

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are not errors; clap prints each to the right stream.
            let printed = error.print().and_then(|()| io::stdout().flush());
            return match (error.use_stderr(), printed) {
                (true, _) => Exit::Usage,
                (false, Ok(())) => Exit::Done,
                (false, Err(error)) => {
                    output::print_failure(&error.into());
                    Exit::Internal
                }
            }
            .into();
        }
    };
    logging::start(&cli.output);
    output::set_color_choice(cli.output.color);
    match dispatch(cli.command) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            output::print_failure(&failure);
            failure.exit.into()
        }
    }
}

fn dispatch(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Validate { roster } => validate::run(&roster),
        Command::Plan(args) => on_runtime(plan::run(args)),
        Command::Apply(args) => on_runtime(apply::run(args)),
        Command::Run(args) => on_runtime(run::run(args)),
        Command::Export(args) => on_runtime(export::run(args)),
        Command::Sandbox(args) => on_runtime(sandbox::run(args)),
        Command::Approve(args) => approve::run(&args),
        Command::Show(args) => show::run(&args),
        Command::Doctor(args) => on_runtime(doctor::run(args)),
        Command::Handoff(args) => handoff::run(&args),
        Command::Schema => output::print(crate::roster_file::schema().as_bytes()),
        Command::Completions { shell } => {
            // It panics if it cannot write.
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "quietdesk", &mut script);
            output::print(&script)
        }
        Command::Man => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command()).render(&mut page)?;
            output::print(&page)
        }
    }
}

fn on_runtime(work: impl Future<Output = Result<Exit, Failure>>) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(work);
    // Tasks still running are no longer needed.
    runtime.shutdown_background();
    ended
}
