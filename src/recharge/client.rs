//! Talking to Recharge: the one place that makes requests, and that turns what comes back, or does not, into a value or
//! a [`ProviderError`].
//!
//! Nothing of a request is logged but its endpoint as a template: the query holds email addresses, and reqwest's own
//! error texts hold the query.

use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Method, RequestBuilder, Response, StatusCode, redirect};
use serde_json::Value;
use thiserror::Error;
use url::{Host, Url};

use super::endpoint::Endpoint;
use super::wire::{self, Unreadable};
use crate::provider::{Credentials, Ended, Limit, ProviderError};

/// The version that every object in `wire` is written for. Without the header the store's own default would answer, and
/// that may be 2021-01.
const VERSION: &str = "2021-11";

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// No page comes near it: 250 charges of 40 lines have about 8 MB. Counted after decompression.
const LARGEST_BODY: usize = 16 * 1024 * 1024;

/// A body that only explains a refusal.
const LARGEST_COMPLAINT: usize = 64 * 1024;

/// Why a client can't be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SetupError {
    /// Not https, nor http to this machine.
    #[error(
        "Recharge's address must begin with `https://`; `http://` is for a simulator on this machine only (`http://127.0.0.1:…`)"
    )]
    NotHttps,
    /// More than scheme, host, port and path.
    #[error("Recharge's address must have no user name, query or fragment")]
    NotPlain,
    /// TLS can't be set up; on Linux for want of root certificates.
    #[error("no TLS: this machine has no root certificates (on Linux: install `ca-certificates`)")]
    Tls,
}

/// `X-Recharge-Limit: 3/40`. Undocumented, and seen on every response, a 401 too (R4, R5).
fn limit(headers: &HeaderMap) -> Option<Limit> {
    let text = headers.get("x-recharge-limit")?.to_str().ok()?;
    let (used, capacity) = text.split_once('/')?;
    Some(Limit {
        used: used.trim().parse().ok()?,
        capacity: capacity.trim().parse().ok()?,
    })
}

/// Connections to Recharge, shared by all installs.
pub struct Client {
    http: reqwest::Client,
    base: Url,
}

impl Client {
    /// Checks the address and sets up TLS. `call_timeout` is for one call as a whole, its body included.
    pub fn new(base: Url, call_timeout: Duration) -> Result<Self, SetupError> {
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
        let extras = !base.username().is_empty()
            || base.password().is_some()
            || base.query().is_some()
            || base.fragment().is_some();
        if extras {
            return Err(SetupError::NotPlain);
        }

        // Somebody else in the process may have installed one already; any will do.
        let _ = rustls::crypto::ring::default_provider().install_default();

        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("sidecard/", env!("CARGO_PKG_VERSION")))
            .default_headers(HeaderMap::from_iter([
                (ACCEPT, HeaderValue::from_static("application/json")),
                (
                    reqwest::header::HeaderName::from_static("x-recharge-version"),
                    HeaderValue::from_static(VERSION),
                ),
            ]))
            // The token would go wherever the redirect leads.
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
        Ok(Self { http, base })
    }

    /// Asks once, and reads the answer as JSON.
    pub async fn ask(
        &self,
        with: &Credentials,
        endpoint: Endpoint<'_>,
        query: &[(&str, &str)],
    ) -> Result<Value, ProviderError> {
        let mut url = endpoint.url(&self.base);
        if !query.is_empty() {
            // Encodes `+` and `@`, which addresses have.
            url.query_pairs_mut().extend_pairs(query);
        }
        let body = self.call(with, endpoint, self.http.get(url)).await?;
        json(&body)
    }

    /// Sends a change once, and reads the answer as JSON; `None` for one without a body.
    pub async fn act(
        &self,
        with: &Credentials,
        method: Method,
        endpoint: Endpoint<'_>,
        body: Option<&Value>,
    ) -> Result<Option<Value>, ProviderError> {
        let mut request = self.http.request(method, endpoint.url(&self.base));
        if let Some(body) = body {
            request = request
                .header(CONTENT_TYPE, "application/json")
                .body(body.to_string());
        }
        let body = self.call(with, endpoint, request).await?;
        // A 204 says that it is JSON, and is empty.
        if body.is_empty() {
            return Ok(None);
        }
        json(&body).map(Some)
    }

    async fn call(
        &self,
        with: &Credentials,
        endpoint: Endpoint<'_>,
        request: RequestBuilder,
    ) -> Result<Vec<u8>, ProviderError> {
        let request = request.header("x-recharge-access-token", token(with)?);
        let call = with.gate.pass().await?;
        with.tally.count();
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => {
                let (error, ended) = unreachable(&error.without_url());
                call.ended(endpoint.template(), &ended);
                return Err(error);
            }
        };

        let status = response.status();
        let limit = limit(response.headers());
        let ended = Ended::Answered {
            status: status.as_u16(),
            limit,
            retry_after: retry_after(response.headers()),
        };
        call.ended(endpoint.template(), &ended);
        tracing::debug!(
            endpoint = endpoint.template(),
            status = status.as_u16(),
            limit_used = limit.map(|limit| limit.used),
            limit_capacity = limit.map(|limit| limit.capacity),
            "recharge answered"
        );
        if !status.is_success() {
            return Err(refusal(status, response).await);
        }
        read(response, LARGEST_BODY).await
    }
}

fn json(body: &[u8]) -> Result<Value, ProviderError> {
    wire::parse(body).map_err(|unreadable| {
        broken(match unreadable {
            Unreadable::Truncated => "truncated",
            Unreadable::NotJson => "not JSON",
        })
    })
}

/// The token as a header, which no debug output of an HTTP library shows. One with a blank, a line break or an accented
/// letter can't be Recharge's; some of these couldn't be sent at all.
fn token(with: &Credentials) -> Result<HeaderValue, ProviderError> {
    let token = with.token.reveal();
    let plain = !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic());
    let mut value = plain
        .then(|| HeaderValue::from_str(token).ok())
        .flatten()
        .ok_or(ProviderError::Refused)?;
    value.set_sensitive(true);
    Ok(value)
}

/// An answer that can't be used.
pub fn broken(detail: &str) -> ProviderError {
    ProviderError::Broken {
        detail: detail.to_owned(),
    }
}

/// No answer came.
fn unreachable(error: &reqwest::Error) -> (ProviderError, Ended) {
    // A connection that takes too long counts as none: that is what opens an install's circuit.
    let (detail, ended) = if error.is_connect() {
        ("connect", Ended::NoConnection)
    } else if error.is_timeout() {
        ("timeout", Ended::NoAnswer)
    } else {
        ("cut", Ended::NoAnswer)
    };
    (ProviderError::Unreachable { detail }, ended)
}

/// Reads a body to its end, at most `largest` bytes of it.
async fn read(mut response: Response, largest: usize) -> Result<Vec<u8>, ProviderError> {
    let promised = response.content_length().unwrap_or_default();
    if usize::try_from(promised).unwrap_or(usize::MAX) > largest {
        return Err(broken("too long"));
    }
    let mut body = Vec::new();
    loop {
        match response.chunk().await.map_err(reqwest::Error::without_url) {
            Ok(Some(chunk)) if body.len() + chunk.len() > largest => {
                return Err(broken("too long"));
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(body),
            Err(error) if error.is_timeout() => {
                return Err(ProviderError::Unreachable { detail: "timeout" });
            }
            // Bodies shorter than their Content-Length do happen at Recharge.
            Err(_) => return Err(broken("truncated")),
        }
    }
}

/// What a status other than 2xx means.
async fn refusal(status: StatusCode, response: Response) -> ProviderError {
    match status.as_u16() {
        401 => ProviderError::Refused,
        403 => ProviderError::Forbidden,
        404 => ProviderError::NotFound,
        // The request did not come in time, whoever held it up: it may come in time when it is sent again.
        408 => ProviderError::Unreachable { detail: "timeout" },
        429 => ProviderError::RateLimited {
            retry_after: retry_after(response.headers()),
        },
        code @ 400..=499 => ProviderError::Declined {
            status: code,
            // Without a body the status still says it.
            detail: match read(response, LARGEST_COMPLAINT).await {
                Ok(body) => wire::complaint(&body),
                Err(_) => String::from("no body"),
            },
        },
        // Redirects are among them: Recharge's API has none, so something else answered.
        code => broken(&format!("status {code}")),
    }
}

/// Seconds. `Retry-After` is neither documented nor observed; its other form, a date, would need a clock.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?;
    Duration::try_from_secs_f64(text.trim().parse().ok()?).ok()
}

#[cfg(test)]
mod tests;
