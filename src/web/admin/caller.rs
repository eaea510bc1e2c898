//! What a request says of who sent it: address, scheme, origin, cookie.

use std::net::{IpAddr, SocketAddr};

use actix_web::http::header;

use super::door::Door;
use crate::domain::secret::Secret;

/// The session's cookie; where the page came over https, browsers hold the prefix to what it promises. `__Host-` would
/// demand the path `/`, and the helpdesks' doors shall never see this cookie.
const COOKIE: &str = "sidecard-admin";
const SECURE_COOKIE: &str = "__Secure-sidecard-admin";

impl Door {
    fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.request.headers().get(name)?.to_str().ok()
    }

    fn peer_is_trusted(&self) -> bool {
        let peer = self.request.peer_addr().map(|peer| peer.ip());
        peer.is_some_and(|peer| self.trusts(peer))
    }

    fn trusts(&self, address: IpAddr) -> bool {
        let proxies = &self.admin.trusted_proxies;
        proxies.iter().any(|network| network.contains(&address))
    }

    /// Who calls: the peer, or whom trusted proxies name.
    pub fn address(&self) -> Option<IpAddr> {
        let peer = self.request.peer_addr()?.ip();
        if !self.trusts(peer) {
            return Some(peer);
        }
        let headers = self.request.headers();
        let forwarded = headers.get_all(header::HeaderName::from_static("x-forwarded-for"));
        // Each proxy adds to the end, some a line of their own: what stands first is whatever the caller wrote.
        let lines = forwarded.rev();
        let named = lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
        let mut named = named.map_while(|text| address_in(text.trim()));
        Some(named.find(|address| !self.trusts(*address)).unwrap_or(peer))
    }

    /// Whether the browser sent this from a page of this very site. Browsers say it themselves; one that does not is
    /// known by the origin it names.
    pub fn is_from_here(&self) -> bool {
        let site = header::HeaderName::from_static("sec-fetch-site");
        if let Some(site) = self.header(site) {
            return site == "same-origin";
        }
        let origin = self.header(header::ORIGIN).unwrap_or_default();
        let named = origin.split_once("://").map(|(_, host)| host);
        named.is_some() && named == self.header(header::HOST)
    }

    /// Whether the browser came over https: it says so in the origin, a trusted proxy in its header.
    pub fn is_secure(&self) -> bool {
        let origin = self.header(header::ORIGIN).unwrap_or_default();
        let proto = header::HeaderName::from_static("x-forwarded-proto");
        origin.starts_with("https://")
            || (self.peer_is_trusted() && self.header(proto) == Some("https"))
    }

    /// Where these pages are, as the browser sees them; for a link that somebody else opens.
    pub fn origin(&self) -> String {
        let scheme = if self.is_secure() { "https" } else { "http" };
        let host = self.header(header::HOST).unwrap_or_default();
        format!("{scheme}://{host}")
    }

    /// What may be the session's token, the likeliest first. Anybody on the way can set a cookie that is not made for https,
    /// so over https none counts. A proxy that says nothing of https leaves both open; one that is over is passed by.
    pub fn tokens(&self) -> Vec<Secret<String>> {
        let names = if self.is_secure() {
            [SECURE_COOKIE].as_slice()
        } else {
            &[SECURE_COOKIE, COOKIE]
        };
        let tokens = names.iter().filter_map(|name| self.cookie(name));
        tokens.map(|token| Secret::new(token.to_owned())).collect()
    }

    fn cookie(&self, name: &str) -> Option<&str> {
        let cookies = self.request.headers().get_all(header::COOKIE);
        let mut pairs = cookies
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='));
        let (_, value) = pairs.find(|(named, _)| *named == name)?;
        Some(value)
    }

    /// The headers that set the session's cookie, or end it. Over https one that was not made for it ends, too.
    pub fn set_cookies(&self, value: &str, age: i64) -> Vec<String> {
        let set = |name: &str, value: &str, age: i64, secure: &str| {
            format!("{name}={value}; Path=/admin; Max-Age={age}; HttpOnly; SameSite=Strict{secure}")
        };
        if self.is_secure() {
            vec![
                set(SECURE_COOKIE, value, age, "; Secure"),
                set(COOKIE, "", 0, ""),
            ]
        } else {
            vec![set(COOKIE, value, age, "")]
        }
    }
}

/// An address as proxies write it: bare, or with the caller's port.
fn address_in(text: &str) -> Option<IpAddr> {
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    let address = bare.unwrap_or(text).parse().ok();
    address.or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_proxies_write_it() {
        for (text, address) in [
            ("192.0.2.7", Some("192.0.2.7")),
            ("192.0.2.7:4711", Some("192.0.2.7")),
            ("2001:db8::7", Some("2001:db8::7")),
            ("[2001:db8::7]", Some("2001:db8::7")),
            ("[2001:db8::7]:4711", Some("2001:db8::7")),
            ("unknown", None),
            ("", None),
            ("192.0.2.7:", None),
        ] {
            let address = address.map(|address| address.parse().unwrap());
            assert_eq!(address_in(text), address, "{text}");
        }
    }
}
