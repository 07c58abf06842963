//! A site, and a folder with its own state, for the real program.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use quietdesk::sandbox::{Config, Deployment, DeskAccess, Seed, SeedDesk, SeedPerson, Version};
use tempfile::TempDir;

use super::world::World;

pub(crate) const BOTH: [Deployment; 2] = [Deployment::Cloud, Deployment::DataCenter(Version::V10_3)];

/// A site, and a folder with its own state.
pub(crate) struct ProgramSite {
    pub(crate) world: World,
    pub(crate) folder: TempDir,
    pub(crate) is_cloud: bool,
}

/// The result of a run of the program.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl ProgramSite {
    pub(crate) async fn on(deployment: Deployment, seed: Seed) -> Self {
        let config = Config {
            deployment,
            ..Config::default()
        };
        Self::with(config, seed).await
    }

    pub(crate) async fn with(config: Config, seed: Seed) -> Self {
        let is_cloud = config.deployment == Deployment::Cloud;
        Self {
            world: World::with(seed, config).await,
            folder: TempDir::new().unwrap(),
            is_cloud,
        }
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quietdesk"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("QUIETDESK_")) {
            command.env_remove(name);
        }
        command.args(arguments).current_dir(self.folder.path());
        command.env("QUIETDESK_URL", self.world.running.url());
        command.env("QUIETDESK_TOKEN", "sandbox");
        command.env("QUIETDESK_STATE_DIR", self.folder.path().join("state"));
        if self.is_cloud {
            command.env("QUIETDESK_USER", "quietdesk@example.com");
        }
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let output = self.command(arguments).output().unwrap();
        Ran {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs it, expects this exit code, and returns stdout.
    #[track_caller]
    pub(crate) fn does(&self, arguments: &[&str], code: i32) -> String {
        let ran = self.run(arguments);
        assert_eq!(ran.code, code, "{arguments:?}\n{}\n{}", ran.stdout, ran.stderr);
        ran.stdout
    }
}

pub(crate) fn two_desks(people: Vec<SeedPerson>) -> Seed {
    Seed {
        seed: 1,
        desks: vec![
            SeedDesk::new("OPEN", DeskAccess::Restricted),
            SeedDesk::new("PRIV", DeskAccess::Restricted),
        ],
        people,
    }
}
