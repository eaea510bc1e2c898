//! A store that is damaged under the pages.

use sidecard::simulator::recharge::Data;
use sidecard::store::Role;
use sqlx::{AssertSqlSafe, Connection, SqliteConnection};

use super::browser::Desk;
use crate::house::{TOKEN, heard};

struct Broken {
    desk: Desk,
    file: String,
    // Gone with the test.
    _folder: tempfile::TempDir,
}

impl Broken {
    async fn desk() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = format!("sqlite://{}", folder.path().join("store.db").display());
        Self {
            desk: Desk::with(Data::Fixtures, &file).await,
            file,
            _folder: folder,
        }
    }

    /// Behind the store's back.
    async fn run(&self, sql: &str) {
        let mut connection = SqliteConnection::connect(&self.file).await.unwrap();
        let sql = AssertSqlSafe(sql.to_owned());
        sqlx::query(sql).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_can_not_be_opened_says_reconnect_and_a_new_one_heals_it() {
    let broken = Broken::desk().await;
    let mut browser = broken.desk.logged_in("ada", Role::Admin).await;
    let typed = [("shop", "acme-usa"), ("token", TOKEN)];
    browser.do_and_see("/admin/connect", &typed).await;
    let new = [("helpdesk", "json"), ("installs", "acme-usa")];
    let page = browser.do_and_see("/admin/workspaces/new", &new).await;
    let secret = page.copied("secret");
    broken.run("UPDATE installs SET token = x'0102'").await;
    broken.run("UPDATE workspaces SET secret = x'0102'").await;

    let page = browser.get("/admin").await;
    assert!(page.status == 200 && page.has("Reconnect") && !page.has(">Connected<"));
    let at = "/admin/shops/acme-usa";
    let page = browser.get(at).await;
    assert!(page.has("be opened with this store's keys") && page.has("Reconnect this shop"));
    browser.do_and_see(&format!("{at}/check"), &[]).await;
    let look = [("email", "kim@acme.example")];
    let page = browser.post(&format!("{at}/lookup"), &look).await;
    assert!(page.status == 200 && page.has("data-outcome=&quot;unavailable&quot;"));
    let id = &broken.desk.store.workspaces().await.unwrap()[0].id;
    let page = browser.get(&format!("/admin/workspaces/{id}")).await;
    assert!(page.has("so it answers nobody"));
    let page = browser
        .do_and_see(&format!("/admin/workspaces/{id}/rotate"), &[])
        .await;
    assert!(page.copied("secret") != secret && !page.has("so it answers nobody"));
    assert!(!page.has("still accepted until"), "nothing to overlap with");

    let page = browser
        .do_and_see(&format!("{at}/token"), &[("token", TOKEN)])
        .await;
    assert!(page.has("The new token is in use") && page.has(">Connected<"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_one_constant_page_and_one_line_in_the_log() {
    let broken = Broken::desk().await;
    let mut browser = broken.desk.logged_in("ada", Role::Admin).await;
    broken.run("DROP TABLE audit").await;
    let (first, second) = (
        browser.get("/admin/audit").await,
        browser.get("/admin/audit").await,
    );
    assert_eq!((first.status, second.status), (500, 500));
    let id = first.header("x-request-id").to_owned();
    assert!(first.has("Something went wrong on our side") && first.has(&id));
    let constant = first.html.replace(&id, second.header("x-request-id"));
    assert_eq!(constant, second.html);
    let text = first.text();
    assert!(!text.contains("audit") && !text.contains("no such table"));
    let heard = heard();
    let lines = heard.lines().filter(|line| line.contains(&id));
    let errors = lines.filter(|line| line.contains("an admin page failed"));
    assert_eq!(errors.count(), 1);
}
