//! Over real HTTP: one test for each status and body that Recharge is known to send, and for each way of failing.

use std::io::Write;
use std::sync::{Arc, Mutex};

use super::*;
use crate::recharge::tests::server::{Reply, Server, TOKEN, credentials, ok, status};
use serde_json::json;

const SECRETIVE: &str = "kim+x@acme.example";

/// Asks a server that answers so, for a person.
async fn ask(server: &Server) -> Result<Value, ProviderError> {
    ask_within(server, Duration::from_secs(20)).await
}

async fn ask_within(server: &Server, timeout: Duration) -> Result<Value, ProviderError> {
    let client = Client::new(server.url(), timeout).unwrap();
    let answer = client
        .ask(
            &credentials(),
            Endpoint::Customers,
            &[("email", SECRETIVE), ("limit", "250")],
        )
        .await;
    if let Err(error) = &answer {
        let told = format!("{error} {error:?}");
        for secret in ["acme.example", "kim", TOKEN, "127.0.0.1", "http"] {
            assert!(!told.contains(secret), "{told} tells {secret}");
        }
    }
    answer
}

async fn answered(code: u16, headers: &'static str, body: &'static str) -> ProviderError {
    let server = Server::start(move |_| status(code, headers, body));
    ask(&server).await.unwrap_err()
}

fn declined(status: u16, detail: &str) -> ProviderError {
    ProviderError::Declined {
        status,
        detail: detail.into(),
    }
}

#[tokio::test]
async fn a_call_carries_what_recharge_wants_and_encodes_the_address() {
    let server = Server::start(|_| ok(&json!({"customers": []})));
    assert_eq!(ask(&server).await.unwrap(), json!({"customers": []}));
    let seen = &server.seen()[0];
    assert_eq!(
        seen.target,
        "/customers?email=kim%2Bx%40acme.example&limit=250"
    );
    assert_eq!(seen.header("x-recharge-access-token"), Some(TOKEN));
    assert_eq!(seen.header("x-recharge-version"), Some("2021-11"));
    assert_eq!(seen.header("accept"), Some("application/json"));
    assert_eq!(seen.header("accept-encoding"), Some("gzip"));
    let agent = concat!("sidecard/", env!("CARGO_PKG_VERSION"));
    assert_eq!(seen.header("user-agent"), Some(agent));
    assert_eq!(seen.header("referer"), None);
}

#[tokio::test]
async fn refusals_of_the_token_and_of_the_call() {
    let error = answered(401, "", r#"{"error":"bad authentication"}"#).await;
    assert_eq!(error, ProviderError::Refused);
    let error = answered(403, "", r#"{"error":"whatever it says"}"#).await;
    assert_eq!(error, ProviderError::Forbidden);
    for body in [
        r#"{"errors":"Not Found"}"#,
        r#"{"error":"address not found"}"#,
        "",
    ] {
        assert_eq!(answered(404, "", body).await, ProviderError::NotFound);
    }
}

#[tokio::test]
async fn a_request_that_came_too_slowly_may_be_sent_again() {
    let error = answered(408, "", "").await;
    assert_eq!(error, ProviderError::Unreachable { detail: "timeout" });
    assert!(error.is_passing());
}

#[tokio::test]
async fn a_full_bucket_with_and_without_a_time_to_wait() {
    let body = r#"{"warning":"too many requests"}"#;
    for (headers, seconds) in [
        ("", None),
        ("retry-after: 3\r\n", Some(3.0)),
        ("retry-after: 1.5\r\n", Some(1.5)),
        ("retry-after: -1\r\n", None),
        ("retry-after: Wed, 21 Apr 2021 11:44:38 GMT\r\n", None),
    ] {
        let retry_after = seconds.map(Duration::from_secs_f64);
        assert_eq!(
            answered(429, headers, body).await,
            ProviderError::RateLimited { retry_after }
        );
    }
}

#[tokio::test]
async fn what_is_declined_names_fields_and_repeats_no_text() {
    let in_progress = r#"{"error":"A call to this route is already in progress."}"#;
    let taken = r#"{"errors":{"email":"kim+x@acme.example already exists on store"}}"#;
    let nested = r#"{"errors":{"billing_address":{"address1":["Field may not be null."]}}}"#;
    for (code, body, detail) in [
        (400, taken, "email"),
        (402, "{}", "no reason given"),
        (405, "", "no JSON object"),
        (406, "<html>", "no JSON object"),
        (409, in_progress, "(error)"),
        (415, r#"{"errors":"nope"}"#, "(errors)"),
        (422, r#"{"errors":{"cursor":["Invalid value"]}}"#, "cursor"),
        (422, taken, "email"),
        (422, nested, "billing_address.address1"),
        (426, "", "no JSON object"),
        (418, r#"{"warning":"x"}"#, "(warning)"),
    ] {
        assert_eq!(answered(code, "", body).await, declined(code, detail));
    }
}

#[tokio::test]
async fn a_refusal_whose_body_never_comes_is_still_a_refusal() {
    let cut = b"HTTP/1.1 422 x\r\ncontent-length: 99\r\n\r\n{\"err";
    let server = Server::start(|_| Reply::Last(cut.to_vec()));
    assert_eq!(ask(&server).await.unwrap_err(), declined(422, "no body"));
}

#[tokio::test]
async fn servers_in_trouble_and_gateways() {
    for (code, detail) in [
        (500, "status 500"),
        (501, "status 501"),
        (502, "status 502"),
        (503, "status 503"),
        (504, "status 504"),
    ] {
        let error = answered(code, "content-type: text/html\r\n", "<html>oops</html>").await;
        assert_eq!(error, broken(detail));
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let target = Server::start(|_| ok(&json!({"customers": []})));
    let location = format!("location: {}\r\n", target.url());
    let server = Server::start(move |_| status(302, &location, ""));
    assert_eq!(ask(&server).await.unwrap_err(), broken("status 302"));
    assert!(target.seen().is_empty());
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn bodies_that_are_cut_or_no_json() {
    let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"customers\":[";
    let server = Server::start(|_| Reply::Last(cut.to_vec()));
    assert_eq!(ask(&server).await.unwrap_err(), broken("truncated"));

    let unended = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"cus\r\n";
    let server = Server::start(|_| Reply::Last(unended.to_vec()));
    assert_eq!(ask(&server).await.unwrap_err(), broken("truncated"));

    let not_gzip = "content-encoding: gzip\r\n";
    let error = answered(200, not_gzip, "{}").await;
    assert_eq!(error, broken("truncated"));

    let error = answered(200, "", r#"{"customers":[{"id":1"#).await;
    assert_eq!(error, broken("truncated"));
    let error = answered(200, "", "<html>").await;
    assert_eq!(error, broken("not JSON"));
    let error = answered(204, "content-type: application/json\r\n", "").await;
    assert_eq!(error, broken("truncated"));
}

#[tokio::test]
async fn a_body_beyond_all_measure_is_not_read() {
    let promised = b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n{";
    let server = Server::start(|_| Reply::Bytes(promised.to_vec()));
    assert_eq!(ask(&server).await.unwrap_err(), broken("too long"));

    let mut endless = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1000001\r\n".to_vec();
    endless.resize(endless.len() + LARGEST_BODY + 1, b' ');
    let server = Server::start(move |_| Reply::Last(endless.clone()));
    assert_eq!(ask(&server).await.unwrap_err(), broken("too long"));
}

#[tokio::test]
async fn no_connection_a_reset_and_silence() {
    let gone = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let client = Client::new(
        format!("http://{gone}").parse().unwrap(),
        Duration::from_secs(20),
    );
    let client = client.unwrap();
    let answer = client.ask(&credentials(), Endpoint::Root, &[]).await;
    let unreachable = |detail| ProviderError::Unreachable { detail };
    assert_eq!(answer.unwrap_err(), unreachable("connect"));

    let server = Server::resetting();
    assert_eq!(ask(&server).await.unwrap_err(), unreachable("cut"));

    let server = Server::start(|_| Reply::Last(Vec::new()));
    assert_eq!(ask(&server).await.unwrap_err(), unreachable("cut"));

    let short = Duration::from_millis(50);
    let server = Server::start(|_| Reply::Silence);
    let error = ask_within(&server, short).await.unwrap_err();
    assert_eq!(error, unreachable("timeout"));

    let begun = b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{";
    let server = Server::start(|_| Reply::Bytes(begun.to_vec()));
    let error = ask_within(&server, short).await.unwrap_err();
    assert_eq!(error, unreachable("timeout"));
}

#[tokio::test]
async fn a_token_that_fits_no_header_is_refused_without_a_call() {
    let server = Server::start(|_| ok(&json!({})));
    let client = Client::new(server.url(), Duration::from_secs(20)).unwrap();
    for token in ["", "sk_1\n", "sk 1", "schlüssel"] {
        let with = Credentials::new(String::from(token).into());
        let answer = client.ask(&with, Endpoint::Root, &[]).await;
        assert_eq!(answer, Err(ProviderError::Refused));
    }
    assert!(server.seen().is_empty());
    assert!(format!("{:?}", token(&credentials()).unwrap()).contains("Sensitive"));
}

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_most_talkative_log_tells_no_address_and_no_token() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    // With one dispatcher alone, tracing lets whichever test comes first decide for all whether an event is wanted.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let guard = tracing::subscriber::set_default(subscriber);
    let server = Server::start(|_| ok(&json!({"customers": [{"name": "Kim Example"}]})));
    ask(&server).await.unwrap();
    let server = Server::start(|_| status(422, "", r#"{"errors":{"email":"Kim Example"}}"#));
    ask(&server).await.unwrap_err();
    let server = Server::resetting();
    ask(&server).await.unwrap_err();
    drop(guard);

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        log.contains("endpoint=\"/customers\" status=200 limit_used=1 limit_capacity=40"),
        "{log}"
    );
    for secret in ["acme.example", "kim", "Kim", TOKEN, "email="] {
        assert!(!log.contains(secret), "{secret} in: {log}");
    }
}

#[test]
fn only_https_or_this_machine() {
    let new = |text: &str| {
        let timeout = Duration::from_secs(1);
        Client::new(text.parse().unwrap(), timeout).map(|_| ())
    };
    for good in [
        "http://127.0.0.1:1",
        "http://127.9.9.9:1/base/",
        "http://localhost:1",
        "http://[::1]:1",
    ] {
        assert_eq!(new(good), Ok(()), "{good}");
    }
    // Where there are no root certificates, that is what it says.
    let real = new("https://api.rechargeapps.com");
    assert!(matches!(real, Ok(()) | Err(SetupError::Tls)));
    for bad in [
        "http://api.rechargeapps.com",
        "http://10.0.0.1",
        "http://localhost.acme.example",
        "ftp://127.0.0.1",
        "data:text/plain,x",
    ] {
        assert_eq!(new(bad), Err(SetupError::NotHttps), "{bad}");
    }
    for bad in [
        "https://kim:pw@api.rechargeapps.com",
        "https://api.rechargeapps.com/?a=b",
        "https://api.rechargeapps.com/#x",
    ] {
        assert_eq!(new(bad), Err(SetupError::NotPlain), "{bad}");
    }
}

#[test]
fn the_limit_header_is_read_or_passed_over() {
    let of = |text: &'static str| {
        let name = reqwest::header::HeaderName::from_static("x-recharge-limit");
        let headers = HeaderMap::from_iter([(name, HeaderValue::from_static(text))]);
        limit(&headers).map(|limit| (limit.used, limit.capacity))
    };
    assert_eq!(of("3/40"), Some((3, 40)));
    assert_eq!(of(" 120 / 120 "), Some((120, 120)));
    for odd in ["", "3", "a/b", "-1/40", "3/40/1"] {
        assert_eq!(of(odd), None, "{odd}");
    }
    assert_eq!(limit(&HeaderMap::new()), None);
}
