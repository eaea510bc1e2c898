//! Takes a configuration apart, key by key.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;
use toml::{Table, Value};
use tracing_subscriber::EnvFilter;
use url::{Host, Url};

use super::{Cache, EXAMPLE, LogFormat, OrgUrl, Problem};

/// Takes keys one by one out of the file's table, defaults from the example's, and notes what is wrong.
pub(super) struct Reader {
    given: Table,
    defaults: Table,
    known: Vec<&'static str>,
    pub problems: Vec<Problem>,
}

impl Reader {
    pub(super) fn over(given: Table) -> Self {
        // The example is compiled in and a test reads it; an empty table would be reported key by key.
        let defaults = EXAMPLE.parse::<Table>().unwrap_or_default();
        Self {
            given,
            defaults,
            known: Vec::new(),
            problems: Vec::new(),
        }
    }

    pub(super) fn problem(&mut self, message: String, hint: impl Into<String>) {
        self.problems.push(Problem {
            message,
            hint: hint.into(),
        });
    }

    /// Overrides a key with text from the environment.
    pub(super) fn put(&mut self, key: &str, value: &str) {
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
    pub(super) fn text(&mut self, key: &'static str) -> String {
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

    pub(super) fn default_text(&self, key: &str) -> String {
        let (section, name) = key.split_once('.').unwrap_or((key, ""));
        let value = self.defaults.get(section).and_then(|table| table.get(name));
        value.and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// Reads a key with `read`; what can't be read is a problem, and the default stands in so that reading goes on.
    pub(super) fn read<T>(
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

    pub(super) fn address(&mut self, key: &'static str) -> SocketAddr {
        let otherwise = SocketAddr::from(([127, 0, 0, 1], 8787));
        self.read(
            key,
            "an address and a port, like \"127.0.0.1:8787\"",
            |text| text.parse().ok(),
            otherwise,
        )
    }

    pub(super) fn filter(&mut self, key: &'static str) -> String {
        let filter = |text: &str| EnvFilter::try_new(text).is_ok().then(|| text.to_owned());
        self.read(
            key,
            "a level, like \"info\", or \"info,sidecard=debug\"",
            filter,
            String::from("info"),
        )
    }

    pub(super) fn duration(&mut self, key: &'static str) -> Duration {
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

    pub(super) fn size(&mut self, key: &'static str) -> u64 {
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

    pub(super) fn url(&mut self, key: &'static str) -> Option<Url> {
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

    /// An address that may have an org's name in its host.
    pub(super) fn org_url(&mut self, key: &'static str) -> Option<OrgUrl> {
        let text = self.text(key);
        let url = OrgUrl::parse(text.trim());
        if url.is_none() {
            self.problem(
                format!("`{key}` can't be used: `{text}`"),
                "write an address that begins with \"https://\", with `{org}` in its host (plain \"http://\" on loopback only)",
            );
        }
        url
    }

    pub(super) fn url_or_empty(&mut self, key: &'static str) -> Option<Url> {
        if self.text(key).trim().is_empty() {
            None
        } else {
            self.url(key)
        }
    }

    /// A list of networks, each written as an address or as `10.0.0.0/8`.
    pub(super) fn networks(&mut self, key: &'static str) -> Vec<IpNet> {
        self.known.push(key);
        let (section, name) = key.split_once('.').unwrap_or((key, ""));
        let Some(given) = self
            .given
            .get(section)
            .and_then(|table| table.get(name))
            .cloned()
        else {
            return Vec::new();
        };
        let items = given.as_array().cloned();
        let read = items.map(|items| {
            let networks = items.iter().map(|item| network(item.as_str()?));
            networks.collect::<Option<Vec<IpNet>>>()
        });
        read.flatten().unwrap_or_else(|| {
            self.problem(
                format!("`{key}` can't be understood: `{given}`"),
                format!("write a list of addresses or networks, like {name} = [\"10.0.0.0/8\", \"192.0.2.7\"]"),
            );
            Vec::new()
        })
    }

    pub(super) fn log_format(&mut self, key: &'static str) -> LogFormat {
        let format = |text: &str| match text {
            "text" => Some(LogFormat::Text),
            "json" => Some(LogFormat::Json),
            _ => None,
        };
        self.read(key, "\"text\" or \"json\"", format, LogFormat::Text)
    }

    pub(super) fn check_order(&mut self, cache: &Cache) {
        if !(cache.fresh <= cache.revalidate && cache.revalidate <= cache.stale) {
            self.problem(
                "`cache.fresh`, `cache.revalidate` and `cache.stale` must not shrink from one to the next".into(),
                "write them like fresh = \"2m\", revalidate = \"10m\", stale = \"24h\"",
            );
        }
    }

    /// A key that nobody took is a typo, not a wish: with its default silently in force, nobody would ever know.
    pub(super) fn refuse_the_rest(&mut self) {
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

fn network(text: &str) -> Option<IpNet> {
    text.parse()
        .ok()
        .or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}
