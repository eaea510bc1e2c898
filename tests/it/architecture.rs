//! The house's rules, held: which way imports point, who may name which outside crate, who reads time.
//!
//! Sources are read as tokens, so that comments and texts don't count and an import is seen however it is spelled. What
//! stands under `#[cfg(test)]` may do more, and is left out.

mod planted;
mod tokens;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use tokens::{paths, tokens};

/// Module -> the modules it may use besides itself. `src/lib.rs` says the same in words.
const MAY_USE: [(&str, &[&str]); 19] = [
    ("domain", &[]),
    ("clock", &["domain"]),
    ("config", &[]),
    ("telemetry", &["config", "clock"]),
    ("provider", &["domain"]),
    ("recharge", &["provider", "domain"]),
    ("connect", &["provider", "domain"]),
    ("records", &["domain"]),
    ("store", &["records", "domain"]),
    (
        "lookup",
        &[
            "provider",
            "store",
            "records",
            "domain",
            "clock",
            "telemetry",
        ],
    ),
    (
        "upkeep",
        &[
            "provider", "lookup", "store", "push", "records", "domain", "clock",
        ],
    ),
    ("views", &["domain"]),
    ("helpdesk", &["domain", "views"]),
    (
        "push",
        &["helpdesk", "store", "views", "domain", "clock", "telemetry"],
    ),
    (
        "web",
        &[
            "helpdesk",
            "lookup",
            "connect",
            "store",
            "provider",
            "upkeep",
            "views",
            "domain",
            "clock",
            "telemetry",
        ],
    ),
    ("simulator", &[]),
    (
        "app",
        &[
            "web",
            "helpdesk",
            "lookup",
            "connect",
            "store",
            "recharge",
            "push",
            "provider",
            "upkeep",
            "views",
            "domain",
            "clock",
            "config",
            "telemetry",
        ],
    ),
    (
        "cli",
        &[
            "app",
            "connect",
            "helpdesk",
            "provider",
            "push",
            "store",
            "upkeep",
            "simulator",
            "views",
            "domain",
            "clock",
            "config",
            "telemetry",
        ],
    ),
    ("main", &["cli"]),
];

/// Outside crate -> the modules that may name it.
const OWNERS: [(&str, &[&str]); 33] = [
    ("actix_web", &["web", "app", "simulator"]),
    ("anstream", &["cli"]),
    ("anstyle", &["cli"]),
    ("argon2", &["web"]),
    (
        "async_trait",
        &["provider", "recharge", "lookup", "push", "app", "web"],
    ),
    ("backon", &["lookup"]),
    ("base64", &["views", "helpdesk", "simulator", "store"]),
    ("bytesize", &["config", "cli"]),
    ("chacha20poly1305", &["store"]),
    ("clap", &["cli"]),
    ("fastrand", &["lookup", "web"]),
    ("getrandom", &["domain", "simulator", "store"]),
    ("governor", &["web"]),
    ("hmac", &["domain", "helpdesk", "recharge", "simulator"]),
    ("indicatif", &["cli"]),
    ("maud", &["views"]),
    ("moka", &["lookup"]),
    (
        "percent_encoding",
        &["domain", "helpdesk", "push", "simulator"],
    ),
    ("prometheus_client", &["telemetry"]),
    ("qrcodegen", &["views"]),
    ("reqwest", &["recharge", "push", "simulator"]),
    ("rpassword", &["cli"]),
    ("rust_decimal", &["domain", "views"]),
    ("rusty_money", &["domain", "views"]),
    ("rustls", &["recharge", "push", "simulator"]),
    (
        "serde",
        &[
            "views",
            "helpdesk",
            "recharge",
            "push",
            "simulator",
            "store",
        ],
    ),
    (
        "serde_json",
        &[
            "views",
            "helpdesk",
            "recharge",
            "push",
            "simulator",
            "store",
            "cli",
        ],
    ),
    ("sqlx", &["store"]),
    ("unicode_normalization", &["domain"]),
    ("toml", &["config"]),
    ("totp_rs", &["web"]),
    ("tracing_subscriber", &["telemetry", "config"]),
    ("zeroize", &["domain", "store"]),
];

/// What only some may say: a path's last two names -> the modules, or the file, that may.
const RESERVED: [(&str, &str, &[&str]); 6] = [
    ("Utc", "now", &["clock.rs", "simulator"]),
    ("Local", "now", &[]),
    ("SystemTime", "now", &["simulator"]),
    ("Instant", "now", &["clock.rs"]),
    ("std", "env", &["cli", "main", "telemetry"]),
    ("std", "fs", &["cli", "config", "simulator", "store"]),
];

/// One source file.
struct Source {
    path: String,
    text: String,
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    /// The top-level module that it belongs to; `None` for the map itself.
    fn module(&self) -> Option<&str> {
        let inside = self.path.strip_prefix("src/").unwrap_or(&self.path);
        let first = inside.split('/').next().unwrap_or(inside);
        (first != "lib.rs").then(|| first.trim_end_matches(".rs"))
    }

    /// The module path within the crate: `src/lookup/find.rs` is `lookup::find`.
    fn modules(&self) -> Vec<String> {
        let inside = self
            .path
            .strip_prefix("src/")
            .unwrap_or(&self.path)
            .trim_end_matches(".rs");
        inside
            .split('/')
            .filter(|part| *part != "mod")
            .map(str::to_owned)
            .collect()
    }

    fn is_test(&self) -> bool {
        self.path.contains("/tests") || self.path.contains("/samples")
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["src", "views"] {
        rust_files(&root.join(folder), &mut files);
    }
    files.sort();
    let sources = files.into_iter().map(|file| {
        let path = file
            .strip_prefix(root)
            .unwrap()
            .to_str()
            .unwrap()
            .replace('\\', "/");
        Source {
            path,
            text: std::fs::read_to_string(&file).unwrap(),
        }
    });
    sources.collect()
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// What a file does against the rules.
fn violations(source: &Source) -> Vec<String> {
    let Some(module) = source.module() else {
        return Vec::new();
    };
    if source.is_test() {
        return Vec::new();
    }
    let flat = tokens(&source.text);
    let mut wrong = Vec::new();
    let mut say = |what: String| wrong.push(format!("{}: {what}", source.path));

    let may_use: BTreeMap<_, _> = MAY_USE.into_iter().collect();
    match may_use.get(module) {
        None => say(format!(
            "module `{module}` has no row in the table of imports"
        )),
        Some(allowed) => {
            for used in modules_used(source, &flat) {
                if used != module && !allowed.contains(&used.as_str()) {
                    say(format!("`{module}` may not use `{used}`"));
                }
            }
        }
    }
    if flat
        .windows(3)
        .any(|w| w[0] == "use" && w[1] == "crate" && w[2] == "as")
        || flat.windows(3).any(|w| w[0] == "extern" && w[1] == "crate")
    {
        say("the crate under another name".to_owned());
    }
    let paths = paths(&flat);
    for (outside, owners) in OWNERS {
        let named = paths
            .iter()
            .any(|path| path[0] == outside && path.len() > 1);
        if named && !owners.contains(&module) {
            say(format!("`{outside}` is not `{module}`'s to name"));
        }
    }
    for (first, second, allowed) in RESERVED {
        let said = paths
            .iter()
            .any(|path| path.windows(2).any(|w| w[0] == first && w[1] == second));
        let may = allowed
            .iter()
            .any(|a| *a == module || source.path.ends_with(a));
        if said && !may {
            say(format!("`{first}::{second}` is not said here"));
        }
    }
    if flat.iter().any(|token| token == "PreEscaped") && source.path != "views/assets.rs" {
        say("`PreEscaped` outside of `views/assets.rs`".to_owned());
    }
    let lines = source.text.lines().count();
    if lines > 400 {
        say(format!("{lines} lines: two things in one room"));
    }
    let name = source
        .path
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .trim_end_matches(".rs");
    if ["utils", "util", "common", "helpers", "types", "misc"].contains(&name) {
        say("a file name that says nothing".to_owned());
    }
    wrong
}

/// The top-level modules that a file names, by `crate::`, `super::` and, in the binary, `sidecard::`.
fn modules_used(source: &Source, flat: &[String]) -> BTreeSet<String> {
    let here = source.modules();
    let own_module = !source.path.ends_with("/mod.rs");
    let mut used = BTreeSet::new();
    for path in paths(flat) {
        let ups = path.iter().take_while(|part| *part == "super").count();
        if ups > 0 {
            // From a file `a/b.rs` the first `super` is `a`; from `a/mod.rs` it is the crate.
            let depth = here.len() + usize::from(!own_module && here.is_empty());
            let kept = depth.saturating_sub(ups);
            if kept == 0 {
                used.extend(path.get(ups).cloned());
            } else {
                used.insert(here[0].clone());
            }
        } else if path[0] == "crate" || (path[0] == "sidecard" && source.module() == Some("main")) {
            used.extend(path.get(1).cloned());
        }
    }
    used.remove("super");
    used
}

#[test]
fn imports_point_inward_and_crates_have_owners() {
    let wrong: Vec<_> = sources().iter().flat_map(violations).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_module_is_on_the_map_and_the_map_draws_no_other() {
    let sources = sources();
    let modules: BTreeSet<_> = sources
        .iter()
        .filter_map(Source::module)
        .filter(|module| *module != "main")
        .collect();
    let table: BTreeSet<_> = MAY_USE
        .iter()
        .map(|(module, _)| *module)
        .filter(|module| *module != "main")
        .collect();
    assert_eq!(modules, table);
    let map = sources
        .iter()
        .find(|source| source.path == "src/lib.rs")
        .unwrap();
    for (module, may_use) in MAY_USE {
        if module == "main" {
            continue;
        }
        let row = map
            .text
            .lines()
            .find(|line| line.starts_with(&format!("//! | [`{module}`] |")));
        let row = row.unwrap_or_else(|| panic!("src/lib.rs has no row for `{module}`"));
        let last = row
            .trim_end_matches(['|', ' '])
            .rsplit('|')
            .next()
            .unwrap()
            .trim();
        let drawn: BTreeSet<_> = last.split(", ").filter(|name| *name != "nothing").collect();
        assert_eq!(
            drawn,
            may_use.iter().copied().collect(),
            "the row of `{module}` in src/lib.rs"
        );
    }
}

#[test]
fn no_two_modules_use_each_other() {
    let table: BTreeMap<_, _> = MAY_USE.into_iter().collect();
    for (module, uses) in MAY_USE {
        for used in uses {
            assert!(!table[used].contains(&module), "`{module}` and `{used}`");
        }
    }
}
