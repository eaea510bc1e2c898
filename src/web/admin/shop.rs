//! A shop's page, its settings, and its end.

use super::connect::{scopes, told};
use super::door::Call;
use super::form::{Form, given};
use super::hooks;
use super::overview::state;
use super::reply::{Answer, Failure, ok, see, wrong};
use super::workspaces::called;
use crate::connect::{Field, Typed};
use crate::domain::id::CustomerId;
use crate::domain::install::{Install, InstallName};
use crate::store::InstallRecord;
use crate::upkeep::withdraw;
use crate::views::admin::text::shop as words;
use crate::views::admin::{
    HookReach, Problem, Section, ShopPage, ShopProof, Trial, Trouble, shop as view,
};

/// What a page says besides what is stored.
#[derive(Default)]
pub struct Extra<'a> {
    /// What is wrong with what was typed.
    pub problems: &'a [Problem],
    /// Why a token was not taken.
    pub trouble: Option<&'a Trouble>,
    /// What a check said.
    pub said: Option<&'a str>,
    /// A lookup that was tried.
    pub trial: Option<Trial<'a>>,
    /// Whether Recharge reaches us, as it was tried.
    pub reach: Option<HookReach>,
    /// The settings as they were typed.
    pub typed: Option<[&'a str; 3]>,
}

/// The page.
pub async fn page(call: Call) -> Answer {
    let record = record(&call).await?;
    ok(shown(&call, &record, Extra::default()).await?)
}

/// The page, by an address that only forms go to.
pub async fn back(call: Call) -> Answer {
    see(&address(&record(&call).await?, ""))
}

/// The install of the address.
pub async fn record(call: &Call) -> Result<InstallRecord, Failure> {
    let name = InstallName::parse(call.part("name")).map_err(|_| Failure::Missing)?;
    let record = call.admin.store.install(&name).await?;
    record.ok_or(Failure::Missing)
}

/// Where its page is.
pub fn address(record: &InstallRecord, done: &str) -> String {
    let name = &record.name;
    if done.is_empty() {
        format!("/admin/shops/{name}")
    } else {
        format!("/admin/shops/{name}?done={done}")
    }
}

/// Contact and links.
pub async fn settings(call: Call, form: Form) -> Answer {
    let record = record(&call).await?;
    let typed = Typed {
        shop: record.shop.to_string(),
        contact: form.get("contact").to_owned(),
        customer_link: form.get("customer_link").to_owned(),
        subscription_link: form.get("subscription_link").to_owned(),
        ..Typed::default()
    };
    // The token is not asked for here: what is said of it does not count.
    let mut problems = typed.read(&*call.admin.provider).err().unwrap_or_default();
    problems.retain(|problem| {
        matches!(
            problem.field,
            Field::Contact | Field::CustomerLink | Field::SubscriptionLink
        )
    });
    if !problems.is_empty() {
        let extra = Extra {
            problems: &told(problems),
            typed: Some([
                &typed.contact,
                &typed.customer_link,
                &typed.subscription_link,
            ]),
            ..Extra::default()
        };
        return wrong(shown(&call, &record, extra).await?);
    }
    let change = |settings: &mut crate::store::InstallSettings| {
        settings.contact = given(&typed.contact);
        settings.customer_link = given(&typed.customer_link);
        settings.subscription_link = given(&typed.subscription_link);
    };
    let store = &call.admin.store;
    store.set_install(&record.name, call.now(), change).await?;
    call.note(
        "install.set",
        ("install", record.name.as_str()),
        "contact and links",
    )
    .await?;
    see(&address(&record, "saved"))
}

/// An admin has seen that the links lead to the right shop.
pub async fn confirm(call: Call, _: Form) -> Answer {
    let record = record(&call).await?;
    let store = &call.admin.store;
    store
        .set_install(&record.name, call.now(), |settings| {
            settings.links_confirmed = true;
        })
        .await?;
    call.note("install.confirm", ("install", record.name.as_str()), "")
        .await?;
    see(&address(&record, "confirmed"))
}

/// Away with it, when its name was typed.
pub async fn remove(call: Call, form: Form) -> Answer {
    let record = record(&call).await?;
    let name = record.name.as_str();
    if form.get("confirm").trim() != name {
        let problems = [Problem {
            field: "confirm".into(),
            message: words::not_the_name(name),
        }];
        let extra = Extra {
            problems: &problems,
            ..Extra::default()
        };
        return wrong(shown(&call, &record, extra).await?);
    }
    let withdrawn = withdraw(&call.admin.store, &*call.admin.provider, &record).await?;
    let removed = call
        .admin
        .store
        .remove_install(&record.name, call.now())
        .await?;
    let removed = removed.ok_or(Failure::Missing)?;
    let detail = format!(
        "{} customers, {} links, {} images, left {} workspaces; objects to be removed at helpdesks: {}; webhooks removed at Recharge: {}, left there: {}",
        removed.customers,
        removed.links,
        removed.images,
        removed.workspaces,
        removed.objects,
        withdrawn.removed,
        withdrawn.left
    );
    call.note("install.remove", ("install", name), detail)
        .await?;
    see("/admin?done=removed")
}

/// The page with what else there is to say.
pub async fn shown(
    call: &Call,
    record: &InstallRecord,
    extra: Extra<'_>,
) -> Result<String, Failure> {
    let (install, settings) = (record.install(), &record.settings);
    let proof = match (settings.shop_verified, settings.links_confirmed) {
        (true, _) => ShopProof::Proven,
        (false, true) => ShopProof::Confirmed,
        (false, false) => ShopProof::Unproven,
    };
    // The very links that are held back until they are confirmed.
    let shown = Install {
        shows_links: true,
        ..install.clone()
    };
    let links = call.admin.provider.links(&shown, &settings.profile);
    let workspaces = call.admin.store.workspaces().await?;
    let joined = workspaces
        .iter()
        .filter(|workspace| workspace.settings.installs.contains(&record.name));
    let known = (!settings.scopes.is_empty()).then_some(settings.scopes.as_slice());
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let stored = [
        text(&settings.contact),
        text(&settings.customer_link),
        text(&settings.subscription_link),
    ];
    let standing = hooks::standing(call, record).await?;
    let page = ShopPage {
        hooks: &hooks::view(&standing, extra.reach),
        install: &install,
        profile: &settings.profile,
        state: state(record),
        proof,
        // Whatever the id, the address shows whose dashboard it is.
        test_link: links.to_customer(&CustomerId::new("1")),
        token_since: record.token_replaced_at,
        client_secret: record.client_secrets.first().map(Result::is_ok),
        changed: record.updated_at,
        scopes: &scopes(call, known),
        workspaces: &joined.map(called).collect::<Vec<_>>(),
        typed: extra.typed.unwrap_or([&stored[0], &stored[1], &stored[2]]),
        problems: extra.problems,
        trouble: extra.trouble,
        said: extra.said,
        trial: extra.trial,
    };
    Ok(view(&call.shell(Section::Overview), &page).into_string())
}
