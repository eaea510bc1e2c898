//! Addresses with an org's name in them.

use url::{Host, Url};

/// Where the name goes.
const ORG: &str = "{org}";

/// An address like `https://{org}.api.desk.example`; without `{org}` in it, the same for every org.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrgUrl(String);

impl OrgUrl {
    /// Reads one: https, or plain http on loopback; a host and perhaps a path; `{org}` in the host or nowhere.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(&text.replace(ORG, "org")).ok()?;
        let in_host = text.split('/').nth(2).unwrap_or_default();
        let elsewhere = text.replacen(in_host, "", 1).contains(ORG);
        let on_this_machine = match url.host()? {
            Host::Domain(name) => name == "localhost",
            Host::Ipv4(ip) => ip.is_loopback(),
            Host::Ipv6(ip) => ip.is_loopback(),
        };
        let is_safe = url.scheme() == "https" || (url.scheme() == "http" && on_this_machine);
        let is_plain = url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        (is_safe && is_plain && !elsewhere).then(|| Self(text.trim_end_matches('/').to_owned()))
    }

    /// The address of one org. Its name must be one.
    pub fn of(&self, org: &str) -> Option<Url> {
        Url::parse(&self.0.replace(ORG, org)).ok()
    }

    /// The sites of all orgs, as a Content-Security-Policy names them.
    pub fn of_all(&self) -> String {
        let whole = self.0.replace(ORG, "*");
        let mut parts = whole.splitn(4, '/');
        let (scheme, _, host) = (parts.next(), parts.next(), parts.next());
        format!(
            "{}//{}",
            scheme.unwrap_or_default(),
            host.unwrap_or_default()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_orgs_name_goes_into_the_host() {
        let url = OrgUrl::parse("https://{org}.api.desk.example/").unwrap();
        assert_eq!(
            url.of("acme").unwrap().as_str(),
            "https://acme.api.desk.example/"
        );
        assert_eq!(url.of_all(), "https://*.api.desk.example");
        let simulator = OrgUrl::parse("http://127.0.0.1:8791").unwrap();
        assert_eq!(
            simulator.of("acme").unwrap().as_str(),
            "http://127.0.0.1:8791/"
        );
        assert_eq!(simulator.of_all(), "http://127.0.0.1:8791");
        for bad in [
            "http://{org}.desk.example",
            "https://desk.example/{org}",
            "https://desk.example?org={org}",
            "https://{org}@desk.example",
            "{org}",
            "",
        ] {
            assert_eq!(OrgUrl::parse(bad), None, "{bad}");
        }
    }
}
