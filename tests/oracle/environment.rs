//! A Python virtual environment with one package in it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

pub struct Environment {
    folder: TempDir,
}

impl Environment {
    /// Installs a package. Where that fails, prints the reason and returns `None`; with `CI=true` the test fails instead.
    pub fn with(package: &str) -> Option<Self> {
        match Self::installed(package) {
            Ok(environment) => Some(environment),
            Err(reason) => {
                assert_ne!(
                    std::env::var("CI").as_deref(),
                    Ok("true"),
                    "{package} can't be installed: {reason}"
                );
                // Written to standard error directly: the captured output of a test that passes is not shown.
                let _ = writeln!(
                    std::io::stderr(),
                    "skipped: can't install {package}: {reason}"
                );
                None
            }
        }
    }

    fn installed(package: &str) -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let python = ["python3", "python"].into_iter().find(|name| {
            let version = Command::new(name).arg("--version").output();
            version.is_ok_and(|output| output.status.success())
        });
        let python = python.ok_or("there is no Python")?;
        let venv = folder.path().join("venv");
        run(Command::new(python).args(["-m", "venv"]).arg(&venv))?;
        let environment = Self { folder };
        run(environment.python().args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-input",
            "--disable-pip-version-check",
            "--retries=1",
            "--timeout=20",
            package,
        ]))?;
        Ok(environment)
    }

    fn python(&self) -> Command {
        let venv = self.folder.path().join("venv");
        let windows = venv.join("Scripts/python.exe");
        let program = if windows.exists() {
            windows
        } else {
            venv.join("bin/python")
        };
        Command::new(program)
    }

    /// Runs a script of this folder and returns its output. The test fails if the script does.
    pub fn run(&self, script: &str, arguments: &[&str]) -> String {
        let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/oracle")
            .join(script);
        let mut command = self.python();
        // The simulators need no proxy, and no bytecode is written beside the sources.
        command
            .env("NO_PROXY", "*")
            .env("PYTHONDONTWRITEBYTECODE", "1");
        match run(command.arg(path).args(arguments)) {
            Ok(output) => output,
            Err(error) => panic!("{script}: {error}"),
        }
    }
}

/// Returns a command's output, or the last lines of its error.
fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return String::from_utf8(output.stdout).map_err(|error| error.to_string());
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    let lines: Vec<_> = said.lines().collect();
    Err(lines[lines.len().saturating_sub(25)..].join("\n"))
}
