//! Talking to one org: the one place that makes requests. Nothing of a request is logged but what it is about.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, Response, redirect};
use serde_json::Value;
use thiserror::Error;
use url::{Host, Url};

use super::limits::Limits;
use super::trouble::Trouble;
use crate::domain::secret::Secret;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// No page of a hundred objects comes near it. Counted after decompression.
const LARGEST_BODY: usize = 16 * 1024 * 1024;
/// What stands unescaped in a path.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Why a client can't be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SetupError {
    /// Not https, nor http to this machine.
    #[error(
        "Kustomer's address must begin with `https://`; `http://` is for a simulator on this machine only"
    )]
    NotHttps,
    /// The key has characters that no key has.
    #[error("the API key has characters in it that no key has")]
    Key,
    /// TLS can't be set up; on Linux for want of root certificates.
    #[error("no TLS: this machine has no root certificates (on Linux: install `ca-certificates`)")]
    Tls,
}

/// Connections to one org.
#[derive(Debug)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    limits: Mutex<Limits>,
}

impl Client {
    /// Checks address and key, and sets up TLS. `call_timeout` is for one call as a whole, its body included.
    pub fn new(
        base: Url,
        key: &Secret<String>,
        call_timeout: Duration,
    ) -> Result<Self, SetupError> {
        let on_this_machine = match base.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => return Err(SetupError::NotHttps),
        };
        let plain_http = match base.scheme() {
            "https" => false,
            "http" if on_this_machine => true,
            _ => return Err(SetupError::NotHttps),
        };
        let bearer = Secret::new(format!("Bearer {}", key.reveal()));
        let mut bearer = HeaderValue::from_str(bearer.reveal()).map_err(|_| SetupError::Key)?;
        bearer.set_sensitive(true);

        // Somebody else in the process may have installed one already; any will do.
        let _ = rustls::crypto::ring::default_provider().install_default();

        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("sidecard/", env!("CARGO_PKG_VERSION")))
            .default_headers(HeaderMap::from_iter([
                (ACCEPT, HeaderValue::from_static("application/json")),
                (AUTHORIZATION, bearer),
            ]))
            // The key would go wherever the redirect leads.
            .redirect(redirect::Policy::none())
            .referer(false)
            .gzip(true)
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(call_timeout);
        builder = if plain_http {
            // A proxy from the environment can't reach this machine, and the simulator must run where there are no root
            // certificates.
            builder.no_proxy().tls_certs_only([])
        } else {
            builder.https_only(true)
        };
        let http = builder.build().map_err(|_| SetupError::Tls)?;
        Ok(Self {
            http,
            base,
            limits: Mutex::default(),
        })
    }

    /// What the newest answer said of the limits.
    pub fn limits(&self) -> Limits {
        *self.limits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks once. A body that is none is null.
    pub(super) async fn call(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Value, Trouble> {
        let mut request = self.http.request(method, self.url(path)).query(query);
        if let Some(body) = body {
            request = request
                .header(CONTENT_TYPE, "application/json")
                .body(body.to_string());
        }
        // reqwest's own error texts hold the address.
        let response = request.send().await.map_err(|_| Trouble::Unreachable)?;
        let limits = Limits::of(response.headers());
        *self.limits.lock().unwrap_or_else(PoisonError::into_inner) = limits;
        let status = response.status();
        let bytes = read(response).await?;
        let body = if bytes.is_empty() {
            Some(Value::Null)
        } else {
            serde_json::from_slice(&bytes).ok()
        };
        if status.is_success() {
            return body.ok_or(Trouble::Unreadable);
        }
        let of_object = limits.object_remaining == Some(0);
        let body = body.unwrap_or_default();
        Err(Trouble::of(status.as_u16(), &body, limits.reset, of_object))
    }

    /// The address of a path, each segment escaped as a whole.
    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        let mut whole = url.path().trim_end_matches('/').to_owned() + "/v1";
        for segment in path {
            whole.push('/');
            // `email=…` and `externalId=…` are part of the path's form; what stands behind is a value.
            let (form, value) = match segment.split_once('=') {
                Some((name, value)) => (format!("{name}="), value),
                None => (String::new(), *segment),
            };
            whole.push_str(&form);
            whole.extend(utf8_percent_encode(value, ESCAPED));
        }
        url.set_path(&whole);
        url
    }
}

async fn read(mut response: Response) -> Result<Vec<u8>, Trouble> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| Trouble::Unreachable)? {
        if bytes.len() + chunk.len() > LARGEST_BODY {
            return Err(Trouble::Unreadable);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(base: &str, key: &str) -> Result<Client, SetupError> {
        let key = Secret::new(key.to_owned());
        Client::new(base.parse().unwrap(), &key, Duration::from_secs(1))
    }

    #[test]
    fn values_are_escaped_and_can_be_no_other_path() {
        let client = client("http://127.0.0.1:1", "fake").unwrap();
        for (path, url) in [
            (
                &["customers", "email=kim+tag@acme.example"][..],
                "http://127.0.0.1:1/v1/customers/email=kim%2Btag%40acme.example",
            ),
            (
                &["klasses", "a-b", "externalId=recharge:acme:sub:1"],
                "http://127.0.0.1:1/v1/klasses/a-b/externalId=recharge%3Aacme%3Asub%3A1",
            ),
            (
                &["klasses", "../customers", "a/b?c#d"],
                "http://127.0.0.1:1/v1/klasses/..%2Fcustomers/a%2Fb%3Fc%23d",
            ),
        ] {
            assert_eq!(client.url(path).as_str(), url);
        }
    }

    #[test]
    fn only_https_or_this_machine_and_the_key_is_not_printed() {
        assert_eq!(
            client("http://acme.desk.example", "fake").unwrap_err(),
            SetupError::NotHttps
        );
        assert_eq!(
            client("http://127.0.0.1:1", "fa\nke").unwrap_err(),
            SetupError::Key
        );
        let client = client("http://127.0.0.1:1", "fake-kustomer-key").unwrap();
        assert!(!format!("{client:?}").contains("fake-kustomer-key"));
    }
}
