//! All shops and all workspaces.

use super::door::Call;
use super::hooks;
use super::reply::{Answer, Failure, ok};
use super::workspaces;
use crate::lookup::RateLimiterReading;
use crate::store::{InstallRecord, InstallState};
use crate::upkeep;
use crate::views::admin::{BudgetLine, Overview, Section, ShopLine, ShopState, overview};

/// The page.
pub async fn page(call: Call) -> Answer {
    let mut shops = Vec::new();
    for record in call.admin.store.installs().await? {
        shops.push(line(&call, &record).await?);
    }
    let (subjects, customers) = call.admin.lookups.cache();
    let aside = call.admin.store.parked().await?;
    let page = Overview {
        shops: &shops,
        workspaces: &workspaces::lines(&call).await?,
        memory: (customers.entries, subjects.bytes + customers.bytes),
        inbox: (
            call.admin.store.inbox_depth().await?,
            aside.iter().map(|parked| parked.count).sum(),
        ),
    };
    ok(overview(&call.shell(Section::Overview), &page).into_string())
}

async fn line(call: &Call, record: &InstallRecord) -> Result<ShopLine, Failure> {
    let deliveries = call.admin.store.hook_deliveries(&record.name).await?;
    let last = deliveries.iter().map(|delivery| delivery.last_at).max();
    let off = upkeep::off(record, call.admin.public_url.as_deref());
    Ok(ShopLine {
        name: record.name.to_string(),
        shop: record.shop.to_string(),
        state: state(record),
        verified: record.settings.shop_verified || record.settings.links_confirmed,
        token_since: record.token_replaced_at,
        changed: record.updated_at,
        hooks: off.map_or(Ok(last), |off| Err(hooks::off(off))),
        budget: call.admin.lookups.rate_limiter(&record.name).map(budget),
    })
}

/// In whole calls: what is left of half a call can't be made.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn budget(reading: RateLimiterReading) -> BudgetLine {
    BudgetLine {
        left: (reading.capacity - reading.level).max(0.0) as u64,
        of: reading.capacity.max(0.0) as u64,
        waiting: reading.waiting.iter().sum(),
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
