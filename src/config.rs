//! The configuration: one file, and a short list of environment overrides.
//!
//! `config.example.toml` is the source of the defaults: it is compiled in, and a test reads it. Reading collects every
//! problem before it gives up, each with what to write instead.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;
use toml::{Table, Value};
use tracing_subscriber::EnvFilter;
use url::{Host, Url};

/// The defaults, and their documentation.
pub const EXAMPLE: &str = include_str!("../config.example.toml");

/// The file that is read when none is named.
pub const DEFAULT_FILE: &str = "sidecard.toml";

/// Environment variables that override the file, for containers. Everything else belongs in the file.
const OVERRIDES: [(&str, &str); 4] = [
    ("SIDECARD_LISTEN", "server.listen"),
    ("SIDECARD_PUBLIC_URL", "server.public_url"),
    ("SIDECARD_RECHARGE_BASE_URL", "recharge.base_url"),
    ("SIDECARD_LOG", "log.level"),
];

/// The whole configuration. Holds no secret.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// `[server]`
    pub server: Server,
    /// `[recharge]`
    pub recharge: Recharge,
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
}

/// `[recharge]`: the provider.
#[derive(Debug, Clone, PartialEq)]
pub struct Recharge {
    /// Recharge's API, or a simulator.
    pub base_url: Url,
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

/// One thing that is wrong with the configuration, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong, the value last.
    pub message: String,
    /// What to write instead.
    pub hint: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  hint: {}", self.message, self.hint)
    }
}

/// All that is wrong with the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, problem) in self.0.iter().enumerate() {
            if n > 0 {
                writeln!(f)?;
            }
            write!(f, "error: {problem}")?;
        }
        Ok(())
    }
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
        };
        let (base_url, timeout) = (
            reader.url("recharge.base_url"),
            reader.duration("recharge.timeout"),
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
        match base_url {
            Some(base_url) if reader.problems.is_empty() => Ok(Self {
                server,
                recharge: Recharge { base_url, timeout },
                cache,
                log,
            }),
            _ => Err(Problems(reader.problems)),
        }
    }
}

/// Takes keys one by one out of the file's table, defaults from the example's, and notes what is wrong.
struct Reader {
    given: Table,
    defaults: Table,
    known: Vec<&'static str>,
    problems: Vec<Problem>,
}

impl Reader {
    fn over(given: Table) -> Self {
        // The example is compiled in and a test reads it; an empty table would be reported key by key.
        let defaults = EXAMPLE.parse::<Table>().unwrap_or_default();
        Self {
            given,
            defaults,
            known: Vec::new(),
            problems: Vec::new(),
        }
    }

    fn problem(&mut self, message: String, hint: impl Into<String>) {
        self.problems.push(Problem {
            message,
            hint: hint.into(),
        });
    }

    /// Overrides a key with text from the environment.
    fn put(&mut self, key: &str, value: &str) {
        let Some((section, name)) = key.split_once('.') else {
            return;
        };
        let table = self
            .given
            .entry(section)
            .or_insert_with(|| Value::Table(Table::new()));
        if let Value::Table(table) = table {
            table.insert(name.to_owned(), Value::String(value.to_owned()));
        }
    }

    /// The text of a key, from the file or else from the defaults.
    fn text(&mut self, key: &'static str) -> String {
        self.known.push(key);
        let (section, name) = key.split_once('.').unwrap_or((key, ""));
        let given = self
            .given
            .get(section)
            .and_then(|table| table.get(name))
            .cloned();
        match given {
            Some(Value::String(text)) => return text,
            Some(other) => {
                let kind = other.type_str();
                self.problem(
                    format!("`{key}` must be a text, and is: {kind}"),
                    format!(
                        "write it in double quotes, like {key} = \"{}\"",
                        self.default_text(key)
                    ),
                );
            }
            None => {}
        }
        self.default_text(key)
    }

    fn default_text(&self, key: &str) -> String {
        let (section, name) = key.split_once('.').unwrap_or((key, ""));
        let value = self.defaults.get(section).and_then(|table| table.get(name));
        value.and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// Reads a key with `read`; what can't be read is a problem, and the default stands in so that reading goes on.
    fn read<T>(
        &mut self,
        key: &'static str,
        wanted: &str,
        read: impl Fn(&str) -> Option<T>,
        otherwise: T,
    ) -> T {
        let text = self.text(key);
        if let Some(value) = read(text.trim()) {
            return value;
        }
        self.problem(
            format!("`{key}` can't be understood: `{text}`"),
            format!("write {wanted}"),
        );
        read(&self.default_text(key)).unwrap_or(otherwise)
    }

    fn address(&mut self, key: &'static str) -> SocketAddr {
        let otherwise = SocketAddr::from(([127, 0, 0, 1], 8787));
        self.read(
            key,
            "an address and a port, like \"127.0.0.1:8787\"",
            |text| text.parse().ok(),
            otherwise,
        )
    }

    fn filter(&mut self, key: &'static str) -> String {
        let filter = |text: &str| EnvFilter::try_new(text).is_ok().then(|| text.to_owned());
        self.read(
            key,
            "a level, like \"info\", or \"info,sidecard=debug\"",
            filter,
            String::from("info"),
        )
    }

    fn duration(&mut self, key: &'static str) -> Duration {
        let positive = |text: &str| {
            humantime::parse_duration(text)
                .ok()
                .filter(|d| !d.is_zero())
        };
        self.read(
            key,
            "a duration above zero, like \"150ms\", \"30s\", \"2m\" or \"24h\"",
            positive,
            Duration::from_secs(1),
        )
    }

    fn size(&mut self, key: &'static str) -> u64 {
        let size = |text: &str| {
            text.parse::<bytesize::ByteSize>()
                .ok()
                .map(|s| s.as_u64())
                .filter(|s| *s >= 1_000_000)
        };
        self.read(
            key,
            "a size of at least \"1MB\", like \"256MB\" or \"1GB\"",
            size,
            256_000_000,
        )
    }

    fn url(&mut self, key: &'static str) -> Option<Url> {
        let text = self.text(key);
        let url = web_address(&text);
        if url.is_none() {
            self.problem(
                format!("`{key}` can't be used: `{text}`"),
                "write an address that begins with \"https://\" (plain \"http://\" on loopback only)",
            );
        }
        url
    }

    fn url_or_empty(&mut self, key: &'static str) -> Option<Url> {
        if self.text(key).trim().is_empty() {
            None
        } else {
            self.url(key)
        }
    }

    fn log_format(&mut self, key: &'static str) -> LogFormat {
        let format = |text: &str| match text {
            "text" => Some(LogFormat::Text),
            "json" => Some(LogFormat::Json),
            _ => None,
        };
        self.read(key, "\"text\" or \"json\"", format, LogFormat::Text)
    }

    fn check_order(&mut self, cache: &Cache) {
        if !(cache.fresh <= cache.revalidate && cache.revalidate <= cache.stale) {
            self.problem(
                "`cache.fresh`, `cache.revalidate` and `cache.stale` must not shrink from one to the next".into(),
                "write them like fresh = \"2m\", revalidate = \"10m\", stale = \"24h\"",
            );
        }
    }

    /// A key that nobody took is a typo, not a wish: with its default silently in force, nobody would ever know.
    fn refuse_the_rest(&mut self) {
        let mut unknown = Vec::new();
        for (section, value) in &self.given {
            match value {
                Value::Table(table) => {
                    unknown.extend(table.keys().map(|name| format!("{section}.{name}")))
                }
                _ => unknown.push(section.clone()),
            }
        }
        unknown.retain(|key| !self.known.contains(&key.as_str()));
        for key in unknown {
            let nearest = self
                .known
                .iter()
                .max_by(|a, b| strsim::jaro(a, &key).total_cmp(&strsim::jaro(b, &key)));
            let hint = match nearest {
                Some(near) if strsim::jaro(near, &key) > 0.8 => format!("did you mean `{near}`?"),
                _ => "remove it; `config.example.toml` lists every key".into(),
            };
            self.problem(format!("there is no such key: `{key}`"), hint);
        }
    }
}

/// An address to call or to be called at: https, or plain http on loopback, where nobody listens in.
fn web_address(text: &str) -> Option<Url> {
    let url = Url::parse(text.trim()).ok()?;
    let loopback = match url.host()? {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback(),
    };
    let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    (plain && (url.scheme() == "https" || (url.scheme() == "http" && loopback))).then_some(url)
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
        // Every key that is read stands in the example, else its default would be empty text.
        let example = EXAMPLE.parse::<Table>().unwrap();
        let mut reader = Reader::over(example);
        reader.refuse_the_rest();
        assert_eq!(
            reader.problems.len(),
            11,
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
