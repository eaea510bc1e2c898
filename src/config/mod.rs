//! The configuration: one file, and a short list of environment overrides.
//!
//! `config.example.toml` is the source of the defaults: it is compiled in, and a test reads it. Reading collects every
//! problem before it gives up, each with what to write instead.

mod org_url;
mod problem;
mod reader;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use toml::Table;
use url::Url;

use reader::Reader;

pub use org_url::OrgUrl;
pub use problem::{Problem, Problems};

/// The defaults, and their documentation.
pub const EXAMPLE: &str = include_str!("../../config.example.toml");

/// The file that is read when none is named.
pub const DEFAULT_FILE: &str = "sidecard.toml";

/// Environment variables that override the file, for containers. Everything else belongs in the file.
const OVERRIDES: [(&str, &str); 8] = [
    ("SIDECARD_LISTEN", "server.listen"),
    ("SIDECARD_PUBLIC_URL", "server.public_url"),
    ("SIDECARD_OPS_LISTEN", "server.ops_listen"),
    ("SIDECARD_ADMIN_LISTEN", "admin.listen"),
    ("SIDECARD_STORE_URL", "store.url"),
    ("SIDECARD_KEYS_FILE", "store.keys_file"),
    ("SIDECARD_RECHARGE_BASE_URL", "recharge.base_url"),
    ("SIDECARD_LOG", "log.level"),
];

/// The whole configuration. Holds no secret.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// `[server]`
    pub server: Server,
    /// `[admin]`
    pub admin: Admin,
    /// `[store]`
    pub store: Store,
    /// `[recharge]`
    pub recharge: Recharge,
    /// `[kustomer]`
    pub kustomer: Kustomer,
    /// `[cache]`
    pub cache: Cache,
    /// `[log]`
    pub log: Log,
}

/// `[server]`: the doors.
#[derive(Debug, Clone, PartialEq)]
pub struct Server {
    /// Where helpdesks reach the service.
    pub listen: SocketAddr,
    /// The service's address from outside, without a slash at the end.
    pub public_url: Option<Url>,
    /// How long a caller waits at most.
    pub deadline: Duration,
    /// Where metrics and detailed readiness are; nowhere if `None`.
    pub ops_listen: Option<SocketAddr>,
    /// How long, at the end, it is unready before its doors close.
    pub drain: Duration,
    /// Requests a second that one workspace may make in the long run.
    pub workspace_rate: NonZeroU32,
    /// Requests that it may make at once.
    pub workspace_burst: NonZeroU32,
    /// Whose word on a caller's address is believed.
    pub trusted_proxies: Vec<IpNet>,
}

/// `[admin]`
#[derive(Debug, Clone, PartialEq)]
pub struct Admin {
    /// Where the admin pages are.
    pub listen: SocketAddr,
}

/// `[store]`
#[derive(Debug, Clone, PartialEq)]
pub struct Store {
    /// Where it is.
    pub url: String,
    /// The keys that seal it.
    pub keys_file: PathBuf,
}

/// `[recharge]`: the provider.
#[derive(Debug, Clone, PartialEq)]
pub struct Recharge {
    /// Recharge's API, or a simulator.
    pub base_url: Url,
    /// How long one call may take.
    pub timeout: Duration,
}

/// `[kustomer]`: a helpdesk that Sidecard calls, too.
#[derive(Debug, Clone, PartialEq)]
pub struct Kustomer {
    /// An org's API, or a simulator.
    pub base_url: OrgUrl,
    /// Where an org's agents work: what may show the card in a frame.
    pub web_url: OrgUrl,
    /// The Cards SDK, which the card's page loads.
    pub sdk_url: Url,
    /// How long one call may take.
    pub timeout: Duration,
}

/// `[cache]`: the three clocks of a card, and its room.
#[derive(Debug, Clone, PartialEq)]
pub struct Cache {
    /// Younger: shown as it is.
    pub fresh: Duration,
    /// Up to this: shown and refreshed behind.
    pub revalidate: Duration,
    /// Up to this: shown, marked, when the provider can't be asked.
    pub stale: Duration,
    /// Bytes that cards may take in memory.
    pub memory: u64,
}

/// `[log]`
#[derive(Debug, Clone, PartialEq)]
pub struct Log {
    /// Filter directives.
    pub level: String,
    /// How lines look.
    pub format: LogFormat,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

impl Config {
    /// Reads the named file, or [`DEFAULT_FILE`] if it exists, or nothing; then the environment's overrides.
    pub fn load(
        file: Option<&Path>,
        environment: &BTreeMap<String, String>,
    ) -> Result<Self, Problems> {
        let path = file.map_or_else(|| PathBuf::from(DEFAULT_FILE), Path::to_path_buf);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if file.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
                String::new()
            }
            Err(error) => {
                return Err(Problems(vec![Problem {
                    message: format!(
                        "the configuration file can't be read: `{}`: {error}",
                        path.display()
                    ),
                    hint:
                        "name another one with `--config FILE`, or leave it out to use the defaults"
                            .into(),
                }]));
            }
        };
        Self::parse(&text, environment)
    }

    /// Reads a configuration file's text over the defaults.
    pub fn parse(text: &str, environment: &BTreeMap<String, String>) -> Result<Self, Problems> {
        let given = text.parse::<Table>().map_err(|error| {
            Problems(vec![Problem {
                message: format!("the configuration file is not TOML: {}", error.message()),
                hint: "compare it with `config.example.toml`; texts stand in double quotes".into(),
            }])
        })?;
        let mut reader = Reader::over(given);
        for (variable, key) in OVERRIDES {
            if let Some(value) = environment.get(variable) {
                reader.put(key, value);
            }
        }
        let server = Server {
            listen: reader.address("server.listen"),
            public_url: reader.url_or_empty("server.public_url"),
            deadline: reader.duration("server.deadline"),
            ops_listen: reader.address_or_empty("server.ops_listen"),
            drain: reader.duration("server.drain"),
            workspace_rate: reader.count("server.workspace_rate"),
            workspace_burst: reader.count("server.workspace_burst"),
            trusted_proxies: reader.networks("server.trusted_proxies"),
        };
        let admin = Admin {
            listen: reader.address("admin.listen"),
        };
        let store = Store {
            url: reader.text("store.url"),
            keys_file: PathBuf::from(reader.text("store.keys_file")),
        };
        let (base_url, timeout) = (
            reader.url("recharge.base_url"),
            reader.duration("recharge.timeout"),
        );
        let kustomer = (
            reader.org_url("kustomer.base_url"),
            reader.org_url("kustomer.web_url"),
            reader.url("kustomer.sdk_url"),
            reader.duration("kustomer.timeout"),
        );
        let cache = Cache {
            fresh: reader.duration("cache.fresh"),
            revalidate: reader.duration("cache.revalidate"),
            stale: reader.duration("cache.stale"),
            memory: reader.size("cache.memory"),
        };
        let log = Log {
            level: reader.filter("log.level"),
            format: reader.log_format("log.format"),
        };
        reader.check_order(&cache);
        reader.refuse_the_rest();
        let kustomer = match kustomer {
            (Some(base_url), Some(web_url), Some(sdk_url), timeout) => Some(Kustomer {
                base_url,
                web_url,
                sdk_url,
                timeout,
            }),
            _ => None,
        };
        match base_url.zip(kustomer) {
            Some((base_url, kustomer)) if reader.problems.is_empty() => Ok(Self {
                server,
                admin,
                store,
                recharge: Recharge { base_url, timeout },
                kustomer,
                cache,
                log,
            }),
            _ => Err(Problems(reader.problems)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, Problems> {
        Config::parse(text, &BTreeMap::new())
    }

    #[test]
    fn the_example_is_the_source_of_the_defaults() {
        let defaults = parse("").unwrap();
        assert_eq!(parse(EXAMPLE).unwrap(), defaults);
        assert_eq!(defaults.cache.fresh, Duration::from_secs(120));
        assert_eq!(defaults.cache.memory, 256_000_000);
        assert_eq!(defaults.server.listen.port(), 8787);
        assert_eq!(defaults.server.ops_listen.unwrap().port(), 8789);
        assert_eq!(defaults.server.workspace_rate.get(), 50);
        assert_eq!(defaults.server.workspace_burst.get(), 200);
        // Every key that is read stands in the example, else its default would be empty text.
        let example = EXAMPLE.parse::<Table>().unwrap();
        let mut reader = Reader::over(example);
        reader.refuse_the_rest();
        assert_eq!(
            reader.problems.len(),
            23,
            "a key was added: mention it here and in the README"
        );
    }

    #[test]
    fn every_problem_is_told_at_once_with_what_to_write() {
        let problems = parse(
            r#"
            [server]
            lisen = "127.0.0.1:1"
            listen = "everywhere"
            workspace_rate = "many"
            workspace_burst = 0
            [cache]
            fresh = "1h"
            revalidate = 7
            memory = "lots"
            [recharge]
            base_url = "http://api.rechargeapps.com"
            [recharg]
            timeout = "1s"
            "#,
        )
        .unwrap_err();
        let text = problems.to_string();
        for part in [
            "`server.listen` can't be understood: `everywhere`",
            "`server.workspace_rate` can't be understood: `\"many\"`",
            "write a number from 1 up, like workspace_burst = 200",
            "`cache.revalidate` must be a text, and is: integer",
            "`cache.memory` can't be understood: `lots`",
            "`recharge.base_url` can't be used: `http://api.rechargeapps.com`",
            "must not shrink",
            "there is no such key: `server.lisen`",
            "did you mean `server.listen`?",
            "there is no such key: `recharg.timeout`",
            "did you mean `recharge.timeout`?",
        ] {
            assert!(text.contains(part), "{part} in:\n{text}");
        }
        assert_eq!(text.matches("hint:").count(), problems.0.len());
    }

    #[test]
    fn the_environment_overrides_the_file() {
        let environment =
            BTreeMap::from([("SIDECARD_LISTEN".to_owned(), "127.0.0.1:9".to_owned())]);
        let config = Config::parse("[server]\nlisten = \"127.0.0.1:8\"", &environment).unwrap();
        assert_eq!(config.server.listen.port(), 9);
    }

    #[test]
    fn a_missing_file_is_a_problem_only_when_it_was_named() {
        let problems =
            Config::load(Some(Path::new("no-such-folder/x.toml")), &BTreeMap::new()).unwrap_err();
        assert!(problems.to_string().contains("no-such-folder/x.toml"));
        assert!(
            parse("[server")
                .unwrap_err()
                .to_string()
                .contains("not TOML")
        );
    }
}
