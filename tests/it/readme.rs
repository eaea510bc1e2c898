//! The README tells the truth: its commands run, its tables are the code's.

use std::process::Command;

use sidecard::config::{Config, EXAMPLE};
use sidecard::helpdesk::Problem;
use sidecard::store::KeyRing;

const README: &str = include_str!("../../README.md");

fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    README
        .split(&fence)
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect()
}

#[test]
fn its_commands_run() {
    let root = env!("CARGO_MANIFEST_DIR");
    let lines: Vec<_> = blocks("console").into_iter().flat_map(str::lines).collect();
    assert!(lines.len() >= 3);
    for line in lines {
        let arguments = line.strip_prefix("$ sidecard ").unwrap();
        let ran = Command::new(env!("CARGO_BIN_EXE_sidecard"))
            .current_dir(root)
            .args(arguments.split_whitespace())
            .output()
            .unwrap();
        assert!(
            ran.status.success(),
            "{line}: {}",
            String::from_utf8_lossy(&ran.stderr)
        );
        assert!(!ran.stdout.is_empty(), "{line}");
    }
    // The two that take a build are what `.ci/run` runs.
    let ci = std::fs::read_to_string(format!("{root}/.ci/run")).unwrap();
    assert!(blocks("sh").contains(&"cargo run --release -- demo\n"));
    assert!(blocks("sh").contains(&"cargo test\n"));
    assert!(
        ci.contains("cargo run --locked --release -- demo") && ci.contains("cargo test --locked")
    );
    let manifest = std::fs::read_to_string(format!("{root}/Cargo.toml")).unwrap();
    for bench in ["lookups", "cards", "gladly"] {
        assert!(README.contains(&format!("cargo bench --bench {bench}")));
        assert!(manifest.contains(&format!("[[bench]]\nname = \"{bench}\"")));
    }
}

#[test]
#[cfg(unix)]
fn how_a_key_is_said_to_be_made_makes_one_that_is_taken() {
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_sidecard"));
    let mut paths = vec![program.parent().unwrap().to_owned()];
    paths.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
    let paths = std::env::join_paths(paths).unwrap();
    for (text, name) in [(README, "README"), (EXAMPLE, "config.example.toml")] {
        let line = text.lines().find(|line| line.contains("keys new >"));
        let mut parts = line.unwrap().split('`');
        let command = parts.find(|part| part.contains("keys new >")).unwrap();
        let folder = tempfile::tempdir().unwrap();
        // Whatever the shell that it is typed into allows others.
        let ran = Command::new("sh")
            .args(["-c", &format!("umask 022; {command}")])
            .current_dir(&folder)
            .env("PATH", &paths)
            .status();
        assert!(ran.unwrap().success(), "{name}: {command}");
        let keys = KeyRing::read(&folder.path().join("sidecard.keys"));
        assert_eq!(keys.unwrap().ids().len(), 1, "{name}: {command}");
    }
}

#[test]
fn its_table_of_errors_is_the_codes() {
    for problem in Problem::ALL {
        let row = format!(
            "| `{}` | {} | {} |",
            problem.code(),
            problem.status(),
            problem.hint()
        );
        assert!(README.contains(&row), "{row}");
    }
    let rows = README
        .lines()
        .filter(|line| line.starts_with("| `") && line.split('|').nth(2).is_some_and(is_status));
    assert_eq!(rows.count(), Problem::ALL.len());
}

fn is_status(cell: &str) -> bool {
    cell.trim().parse::<u16>().is_ok_and(|status| status >= 400)
}

#[test]
fn its_example_of_a_signature_is_the_vectors() {
    let vectors: serde_json::Value =
        serde_json::from_str(include_str!("../../fixtures/signatures/embed.json")).unwrap();
    let vector = &vectors["vectors"][0];
    assert!(README.contains(vector["message"].as_str().unwrap()));
    assert!(README.contains(vector["signature"].as_str().unwrap()));
    assert!(README.contains(vector["secret"].as_str().unwrap()));
}

#[test]
fn its_commands_and_numbers_are_the_programs() {
    let help = Command::new(env!("CARGO_BIN_EXE_sidecard"))
        .arg("--help")
        .output()
        .unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let commands: Vec<_> = help
        .split("Commands:\n")
        .nth(1)
        .unwrap()
        .lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .filter(|command| *command != "help")
        .collect();
    assert!(commands.len() >= 5);
    for command in commands {
        assert!(
            README.contains(&format!("| `{command}")),
            "{command} is not in the README"
        );
    }
    let defaults = Config::parse(EXAMPLE, &std::collections::BTreeMap::new()).unwrap();
    assert_eq!(defaults.cache.fresh.as_secs(), 2 * 60);
    assert_eq!(defaults.cache.revalidate.as_secs(), 10 * 60);
    assert_eq!(defaults.cache.stale.as_secs(), 24 * 3_600);
    assert_eq!(defaults.server.deadline.as_millis(), 4_000);
}
