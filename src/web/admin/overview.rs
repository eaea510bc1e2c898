//! All shops and all workspaces.

use super::door::Call;
use super::reply::{Answer, Failure, ok};
use super::workspaces;
use crate::store::{InstallRecord, InstallState};
use crate::views::admin::{Overview, Section, ShopLine, ShopState, overview};

/// The page.
pub async fn page(call: Call) -> Answer {
    let shops: Result<Vec<ShopLine>, Failure> = async {
        let installs = call.admin.store.installs().await?;
        Ok(installs.iter().map(line).collect())
    }
    .await;
    let page = Overview {
        shops: &shops?,
        workspaces: &workspaces::lines(&call).await?,
    };
    ok(overview(&call.shell(Section::Overview), &page).into_string())
}

fn line(record: &InstallRecord) -> ShopLine {
    ShopLine {
        name: record.name.to_string(),
        shop: record.shop.to_string(),
        state: state(record),
        verified: record.settings.shop_verified || record.settings.links_confirmed,
        token_since: record.token_replaced_at,
        changed: record.updated_at,
    }
}

/// How a shop is connected.
pub fn state(record: &InstallRecord) -> ShopState {
    match (&record.token, record.state) {
        (Err(_), _) => ShopState::Unreadable,
        (Ok(_), InstallState::Reconnect { since }) => ShopState::Refused { since },
        (Ok(_), InstallState::Ok) => ShopState::Ok,
    }
}
