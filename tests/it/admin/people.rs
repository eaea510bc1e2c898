//! Who comes in, how long they stay, and what they may.

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
async fn roles_open_what_they_should_and_nothing_else() {
    let desk = Desk::open().await;
    let mut viewer = desk.logged_in("vic", Role::Viewer).await;
    let mut admin = desk.logged_in("ada", Role::Admin).await;
    for path in [
        "/admin",
        "/admin/workspaces",
        "/admin/keys",
        "/admin/audit",
        "/admin/account",
    ] {
        assert_eq!(viewer.get(path).await.status, 200, "{path}");
    }
    for path in [
        "/admin/connect",
        "/admin/workspaces/new",
        "/admin/people",
        "/admin/audit.jsonl",
    ] {
        assert_eq!(viewer.get(path).await.status, 403, "{path}");
    }
    for path in [
        "/admin/connect",
        "/admin/workspaces/new",
        "/admin/shops/acme-usa/lookup",
        "/admin/people",
    ] {
        assert_eq!(viewer.post(path, &[]).await.status, 403, "{path}");
    }
    assert_eq!(admin.get("/admin/connect").await.status, 200);
    assert_eq!(admin.get("/admin/people").await.status, 403);
    assert_eq!(admin.post("/admin/people", &[]).await.status, 403);
    let mut nobody = desk.browser();
    for path in [
        "/admin",
        "/admin/connect",
        "/admin/people",
        "/admin/audit.jsonl",
        "/admin/shops/x",
    ] {
        let page = nobody.get(path).await;
        assert_eq!(
            (page.status, page.location().as_str()),
            (303, "/admin/login"),
            "{path}"
        );
    }
    let page = nobody.get("/admin/no-such-page").await;
    assert_eq!(page.status, 404);
    assert!(page.has("There is no such page"));
    assert_eq!(nobody.get("/").await.location(), "/admin");
    assert_eq!(nobody.get("/elsewhere").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_adds_people_changes_their_role_keeps_them_out_and_removes_them() {
    let desk = Desk::open().await;
    let mut owner = desk.logged_in("dana", Role::Owner).await;
    let fields = [
        ("name", "Kim"),
        ("login", "kim@acme.example"),
        ("role", "viewer"),
    ];
    let page = owner.do_and_see("/admin/people", &fields).await;
    let address = page.copied("link");
    assert!(address.starts_with(&format!("http://{}/admin/setup?token=", desk.address)));
    assert!(
        !owner.get("/admin/people").await.has("setup?token="),
        "shown once"
    );

    let path = address.split_once("/admin").unwrap().1;
    let mut kim = desk.browser();
    assert!(
        kim.get(&format!("/admin{path}"))
            .await
            .has("kim@acme.example")
    );
    let token = path.split_once('=').unwrap().1;
    let words = "violet harbour seven";
    let fields = [("token", token), ("new_password", words), ("repeat", words)];
    assert_eq!(kim.post_bare("/admin/setup", &fields).await.status, 303);
    assert!(kim.get("/admin").await.has("Viewer"));

    let id = desk
        .store
        .person_by_login("kim@acme.example")
        .await
        .unwrap()
        .unwrap()
        .id;
    let at = |deed: &str| format!("/admin/people/{id}/{deed}");
    owner.do_and_see(&at("role"), &[("role", "admin")]).await;
    assert_eq!(
        kim.get("/admin").await.status,
        303,
        "a new role ends the sessions"
    );
    kim.log_in("kim@acme.example", words, "").await;
    assert_eq!(kim.get("/admin/connect").await.status, 200);
    owner.do_and_see(&at("disable"), &[]).await;
    assert_eq!(kim.get("/admin").await.status, 303);
    assert_eq!(kim.log_in("kim@acme.example", words, "").await.status, 401);
    owner.do_and_see(&at("enable"), &[]).await;
    assert_eq!(kim.log_in("kim@acme.example", words, "").await.status, 303);
    owner.do_and_see(&at("remove"), &[]).await;
    assert_eq!(kim.get("/admin").await.status, 303);
    let actions: Vec<_> = desk
        .audit()
        .await
        .into_iter()
        .map(|entry| entry.action)
        .collect();
    for action in [
        "person.add",
        "person.link",
        "person.set_up",
        "person.role",
        "person.disable",
        "person.enable",
        "person.remove",
    ] {
        assert!(actions.contains(&action.to_owned()), "{action}");
    }
    let again = [("name", "Dana"), ("login", " DANA "), ("role", "viewer")];
    let page = owner.post("/admin/people", &again).await;
    assert_eq!(page.status, 422);
    assert!(page.has("Somebody has this login name already"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_changes_themselves_and_the_last_owner_stays() {
    let desk = Desk::open().await;
    let mut dana = desk.logged_in("dana", Role::Owner).await;
    let id = desk
        .store
        .person_by_login("dana")
        .await
        .unwrap()
        .unwrap()
        .id;
    for deed in ["role", "disable", "remove", "link"] {
        let page = dana
            .post(&format!("/admin/people/{id}/{deed}"), &[("role", "viewer")])
            .await;
        assert_eq!(page.status, 404, "{deed}");
    }
    let owner = desk.store.person(&id).await.unwrap().unwrap();
    assert!(owner.profile.role == Role::Owner && !owner.profile.disabled);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authenticator_is_set_up_asked_for_and_turned_off() {
    let desk = Desk::open().await;
    let mut dana = desk.logged_in("dana", Role::Owner).await;
    let page = dana.do_and_see("/admin/account/code", &[]).await;
    let key = page.copied("key");
    assert!(page.has("<svg class=\"qr\" role=\"img\""));
    let code = |ahead: i64| {
        let secret = totp_rs::Secret::try_from_base32(&key).unwrap();
        let totp = totp_rs::Builder::new().with_secret(secret).build().unwrap();
        totp.generate((desk.clock.now().timestamp() + ahead).unsigned_abs())
            .to_string()
    };
    let page = dana
        .post("/admin/account/code/confirm", &[("code", "000000")])
        .await;
    assert_eq!(page.status, 422);
    assert!(page.has(&key), "the same key may be tried again");
    let page = dana
        .do_and_see("/admin/account/code/confirm", &[("code", &code(0))])
        .await;
    assert!(page.has("From now on a code"));
    assert!(!page.has(&key), "the key is not shown again");

    let mut phone = desk.browser();
    assert_eq!(phone.log_in("dana", PASSWORD, "").await.status, 401);
    assert_eq!(
        phone.log_in("dana", PASSWORD, &code(0)).await.status,
        401,
        "used already"
    );
    assert_eq!(phone.log_in("dana", PASSWORD, &code(30)).await.status, 303);
    assert_eq!(
        phone.log_in("dana", PASSWORD, &code(30)).await.status,
        401,
        "a replay"
    );

    let page = dana
        .post(
            "/admin/account/code/off",
            &[("password", "not my password")],
        )
        .await;
    assert_eq!(page.status, 422);
    dana.do_and_see("/admin/account/code/off", &[("password", PASSWORD)])
        .await;
    assert_eq!(
        desk.browser().log_in("dana", PASSWORD, "").await.status,
        303
    );
    desk.audited("person.code_on").await;
    desk.audited("person.code_off").await;
    assert!(!heard().contains(&key));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_needs_the_old_one_and_logs_other_browsers_out() {
    let desk = Desk::open().await;
    let mut dana = desk.logged_in("dana", Role::Viewer).await;
    let mut phone = desk.browser();
    phone.log_in("dana", PASSWORD, "").await;
    let words = "violet harbour seven";
    let fields = |old| {
        [
            ("old_password", old),
            ("new_password", words),
            ("repeat", words),
        ]
    };
    let page = dana
        .post("/admin/account/password", &fields("not the old one"))
        .await;
    assert_eq!(page.status, 422);
    assert!(page.has("This is not your password"));
    let page = dana
        .do_and_see("/admin/account/password", &fields(PASSWORD))
        .await;
    assert!(page.has("Your password is changed"));
    assert_eq!(phone.get("/admin").await.status, 303);
    assert_eq!(phone.log_in("dana", words, "").await.status, 303);
    assert!(!heard().contains(words) && !heard().contains(PASSWORD));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_carry_a_policy_that_runs_nothing() {
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
        for no in ["<script", " onclick=", " style=", "javascript:"] {
            assert!(!page.has(no), "{path}: {no}");
        }
    }
}
