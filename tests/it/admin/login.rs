//! Who comes in, and how long they stay.

use chrono::TimeDelta;
use sidecard::store::Role;

use super::browser::{Desk, PASSWORD};
use crate::house::{heard, minutes};

const NEW: [(&str, &str); 4] = [
    ("name", "Dana Marker"),
    ("login", "dana-marker@acme.example"),
    ("new_password", "a long enough secret"),
    ("repeat", "a long enough secret"),
];

async fn link(desk: &Desk) -> String {
    let until = desk.clock.now() + TimeDelta::minutes(15);
    let token = desk.store.make_setup_link(None, until).await.unwrap();
    token.reveal().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_up_link_makes_the_first_owner_once_and_for_a_quarter_of_an_hour() {
    let desk = Desk::open().await;
    let mut browser = desk.browser();
    let token = link(&desk).await;
    let page = browser.get(&format!("/admin/setup?token={token}")).await;
    assert_eq!(page.status, 200);
    assert!(page.has("You become the owner"));

    let mut fields = vec![("token", token.as_str())];
    let page = browser.post_bare("/admin/setup", &fields).await;
    assert_eq!(page.status, 422);
    for said in [
        "Write a name",
        "Write a login name",
        "Write at least 12 characters",
        "3 things need another look",
    ] {
        assert!(page.has(said), "{said}");
    }
    fields.extend(NEW);
    let page = browser.post_bare("/admin/setup", &fields).await;
    assert_eq!((page.status, page.location().as_str()), (303, "/admin"));
    let cookie = page.header("set-cookie").to_owned();
    for part in [
        "Path=/admin",
        "HttpOnly",
        "SameSite=Strict",
        "Max-Age=43200",
    ] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(
        !cookie.contains("Secure"),
        "plain http on loopback: {cookie}"
    );
    let page = browser.get("/admin").await;
    assert_eq!(page.status, 200);
    assert!(page.has("No shop is connected yet") && page.has("href=\"/admin/connect\""));
    assert!(page.has("Dana Marker") && page.has("Owner"));

    // Used once; and another one is too old after its time.
    assert_eq!(browser.post_bare("/admin/setup", &fields).await.status, 410);
    let token = link(&desk).await;
    desk.clock.advance(minutes(15));
    let page = desk
        .browser()
        .get(&format!("/admin/setup?token={token}"))
        .await;
    assert_eq!(page.status, 410);
    assert!(page.has("not good any more"));
    assert!(!heard().contains("dana-marker") && !heard().contains("Dana Marker"));
}

#[tokio::test(flavor = "multi_thread")]
async fn over_https_the_cookie_is_secure() {
    let desk = Desk::open().await;
    desk.person("dana", Role::Owner).await;
    let fields = [("login", "dana"), ("password", PASSWORD), ("code", "")];
    let origin = format!("https://{}", desk.address);
    let mut browser = desk.browser();
    let page = browser
        .post_from("/admin/login", &fields, &[("origin", &origin)])
        .await;
    let cookie = page.header("set-cookie");
    assert!(cookie.starts_with("__Secure-sidecard-admin=") && cookie.ends_with("; Secure"));
    assert_eq!(browser.get("/admin").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn over_https_the_other_cookie_counts_for_nothing() {
    let desk = Desk::behind(&["127.0.0.0/8"]).await;
    let mut plain = desk.logged_in("dana", Role::Owner).await;
    let over_http = plain.cookie.clone().unwrap();
    assert!(over_http.starts_with("sidecard-admin="));
    let csrf = plain.csrf().await;
    // Anybody on the way could have set one that was made without https.
    let origin = format!("https://{}", desk.address);
    let https = [("origin", origin.as_str())];
    let page = plain
        .post_from("/admin/logout", &[("csrf", &csrf)], &https)
        .await;
    assert_eq!(page.location(), "/admin/login");

    let mut browser = desk.browser();
    let fields = [("login", "dana"), ("password", PASSWORD), ("code", "")];
    let page = browser.post_from("/admin/login", &fields, &https).await;
    let mut cookies = page.headers.get_all("set-cookie").iter();
    let mut next = || cookies.next().map(|cookie| cookie.to_str().unwrap());
    assert!(next().unwrap().starts_with("__Secure-sidecard-admin="));
    let gone = next().unwrap();
    assert!(gone.starts_with("sidecard-admin=;") && gone.contains("Max-Age=0"));
    // What is over does not stand before what is good, whichever comes first.
    let good = browser.cookie.clone().unwrap();
    for cookies in [
        format!("sidecard-admin=over; {good}"),
        format!("{good}; sidecard-admin=over"),
        format!("__Secure-sidecard-admin=over; {over_http}"),
    ] {
        browser.cookie = Some(cookies.clone());
        assert_eq!(browser.get("/admin").await.status, 200, "{cookies}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_proxies_tries_are_counted_for_whom_the_nearest_one_names() {
    let desk = Desk::behind(&["127.0.0.0/8", "10.0.0.0/8", "fd00::/8"]).await;
    // The caller's own line stands before the proxy's, some write a port, and a second proxy may stand behind the first.
    for (last, other) in [
        ("203.0.113.9:4711, 10.0.0.7", "203.0.113.10"),
        ("[2001:db8:1::9]:4711, [fd00::7]:80", "[2001:db8:2::9]"),
    ] {
        let mut browser = desk.browser();
        let mut statuses = Vec::new();
        for n in 0..=20 {
            let login = format!("{n} {last}");
            let fields = [("login", login.as_str()), ("password", "wrong wrong wrong")];
            let own = format!("198.51.100.{n}");
            let origin = format!("http://{}", desk.address);
            let lines = [
                ("origin", origin.as_str()),
                ("x-forwarded-for", &own),
                ("x-forwarded-for", last),
            ];
            let page = browser.post_from("/admin/login", &fields, &lines).await;
            statuses.push(page.status);
        }
        assert_eq!(statuses.pop(), Some(429), "{last}");
        assert!(statuses.iter().all(|status| *status == 401), "{last}");
        let origin = format!("http://{}", desk.address);
        let lines = [("origin", origin.as_str()), ("x-forwarded-for", other)];
        let fields = [("login", other), ("password", "wrong wrong wrong")];
        let page = browser.post_from("/admin/login", &fields, &lines).await;
        assert_eq!(page.status, 401, "{other}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_an_unknown_person_get_the_same_page() {
    let desk = Desk::open().await;
    desk.person("dana", Role::Owner).await;
    let kim = desk.person("kim", Role::Admin).await;
    desk.store
        .set_person(&kim.id, |profile| profile.disabled = true)
        .await
        .unwrap();
    let mut pages = Vec::new();
    for (login, password) in [
        ("dana", "wrong wrong wrong"),
        ("nobody", PASSWORD),
        ("kim", PASSWORD),
    ] {
        let page = desk.browser().log_in(login, password, "").await;
        assert_eq!(page.status, 401);
        assert!(page.headers.get("set-cookie").is_none());
        pages.push(page.html.replace(&format!("value=\"{login}\""), ""));
    }
    assert_eq!(pages[0], pages[1]);
    assert_eq!(pages[0], pages[2]);
    let failed = desk.audited("login.failed").await;
    assert!(failed.object.len() == 16 && failed.who == "somebody");
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_tries_have_to_wait_and_others_do_not() {
    let desk = Desk::open().await;
    desk.person("dana", Role::Owner).await;
    desk.person("kim", Role::Viewer).await;
    let mut browser = desk.browser();
    for _ in 0..5 {
        assert_eq!(
            browser.log_in("dana", "wrong wrong wrong", "").await.status,
            401
        );
    }
    let page = browser.log_in("DANA ", PASSWORD, "").await;
    assert_eq!(page.status, 429);
    assert!(page.has("Wait a minute"));
    assert_eq!(browser.log_in("kim", PASSWORD, "").await.status, 303);
    desk.clock.advance(minutes(1));
    assert_eq!(browser.log_in("dana", PASSWORD, "").await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_after_half_an_hour_without_a_click_and_after_twelve_hours() {
    let desk = Desk::open().await;
    let mut browser = desk.logged_in("dana", Role::Owner).await;
    desk.clock.advance(minutes(29));
    assert_eq!(browser.get("/admin").await.status, 200);
    desk.clock.advance(minutes(29));
    assert_eq!(browser.get("/admin").await.status, 200);
    desk.clock.advance(minutes(30));
    let page = browser.get("/admin").await;
    assert_eq!(
        (page.status, page.location().as_str()),
        (303, "/admin/login?done=late")
    );
    assert!(
        browser
            .get("/admin/login?done=late")
            .await
            .has("Please log in again")
    );

    browser.log_in("dana", PASSWORD, "").await;
    for _ in 0..(11 * 60 + 40) / 20 {
        desk.clock.advance(minutes(20));
        assert_eq!(browser.get("/admin").await.status, 200);
    }
    desk.clock.advance(minutes(20));
    assert_eq!(browser.get("/admin").await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn logging_out_ends_the_session_itself() {
    let desk = Desk::open().await;
    let mut browser = desk.logged_in("dana", Role::Owner).await;
    let cookie = browser.cookie.clone();
    let page = browser.do_and_see("/admin/logout", &[]).await;
    assert!(page.has("You are logged out"));
    let mut thief = desk.browser();
    thief.cookie = cookie;
    assert_eq!(thief.get("/admin").await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_needs_this_sessions_token_and_our_own_page() {
    let desk = Desk::open().await;
    let mut dana = desk.logged_in("dana", Role::Owner).await;
    let mut kim = desk.logged_in("kim", Role::Owner).await;
    let (own, others) = (dana.csrf().await, kim.csrf().await);
    let person = [("name", "New"), ("login", "new"), ("role", "viewer")];
    let with = |csrf| [[("csrf", csrf)].as_slice(), &person].concat();
    let origin = format!("http://{}", desk.address);
    let here = [("origin", origin.as_str())];
    for (fields, headers) in [
        (person.to_vec(), here.as_slice()),
        (with(""), &here),
        (with(&others), &here),
        (with(&own), &[]),
        (with(&own), &[("origin", "https://evil.example")]),
        (with(&own), &[("origin", "null")]),
        (
            with(&own),
            &[("origin", &origin), ("sec-fetch-site", "cross-site")],
        ),
        (
            with(&own),
            &[("origin", &origin), ("sec-fetch-site", "same-site")],
        ),
    ] {
        let page = dana.post_from("/admin/people", &fields, headers).await;
        assert_eq!(page.status, 403, "{headers:?}");
    }
    assert_eq!(desk.store.people().await.unwrap().len(), 2);
    let login = [("login", "dana"), ("password", PASSWORD)];
    let evil = [("origin", "https://evil.example")];
    assert_eq!(
        desk.browser()
            .post_from("/admin/login", &login, &evil)
            .await
            .status,
        403
    );
    let page = dana
        .post_from(
            "/admin/people",
            &with(&own),
            &[("sec-fetch-site", "same-origin")],
        )
        .await;
    assert_eq!(page.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_carry_a_policy_that_runs_the_one_script_alone() {
    use base64::Engine as _;
    use sha2::Digest as _;
    let desk = Desk::open().await;
    let mut dana = desk.logged_in("dana", Role::Owner).await;
    for path in [
        "/admin",
        "/admin/login",
        "/admin/connect",
        "/admin/people",
        "/admin/nowhere",
    ] {
        let page = dana.get(path).await;
        let policy = page.header("content-security-policy");
        let (_, style) = page.html.split_once("<style>").unwrap();
        let digest = sha2::Sha256::digest(style.split_once("</style>").unwrap().0);
        let digest = base64::engine::general_purpose::STANDARD.encode(digest);
        assert!(
            policy.starts_with("default-src 'none'; style-src 'sha256-"),
            "{policy}"
        );
        assert!(
            policy.contains(&digest) && !policy.contains("unsafe"),
            "{policy}"
        );
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("form-action 'self'"));
        assert_eq!(page.header("cache-control"), "no-store");
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        assert_eq!(page.header("referrer-policy"), "same-origin");
        for no in [" onclick=", " style=", "javascript:", "<script "] {
            assert!(!page.has(no), "{path}: {no}");
        }
        let (_, sources) = policy.split_once("script-src ").unwrap();
        let allowed = sources.split_once(';').unwrap().0;
        let mut scripts = page.html.split("<script>").skip(1);
        let script = scripts
            .next()
            .map(|rest| rest.split_once("</script>").unwrap().0);
        assert!(scripts.next().is_none(), "{path}");
        // Whoever is not logged in gets none at all.
        let is_inside = !["/admin/login", "/admin/nowhere"].contains(&path);
        assert_eq!(script.is_some(), is_inside, "{path}");
        if let Some(script) = script {
            let digest = sha2::Sha256::digest(script);
            let digest = base64::engine::general_purpose::STANDARD.encode(digest);
            assert_eq!(allowed, format!("'sha256-{digest}'"));
            assert!(script.len() < 2_000 && !script.contains("innerHTML"));
        }
    }
}
