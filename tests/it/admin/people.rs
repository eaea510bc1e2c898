//! What people may, and what they do to their accounts.

use sidecard::store::Role;

use super::browser::{Desk, PASSWORD};
use crate::house::heard;

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
    let page = owner.do_and_see(&at("disable"), &[]).await;
    // Who is kept out can't use a link, so none is offered.
    assert!(!page.has(&at("link")) && page.has(&at("enable")));
    assert_eq!(kim.get("/admin").await.status, 303);
    assert_eq!(kim.log_in("kim@acme.example", words, "").await.status, 401);
    let page = owner.do_and_see(&at("enable"), &[]).await;
    assert!(page.has(&at("link")));
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
