//! Where Recharge's dashboard shows a customer, a subscription, a charge. The host is the one that Recharge's own SDK
//! derives (`{shop}-sp`); the paths are those of public helpdesk integrations.

use url::Url;

use crate::domain::install::{Install, ShopProfile};
use crate::domain::links::{Links, UrlTemplate};
use crate::domain::web_url::WebUrl;

const CUSTOMER: &str = "/merchant/customers/{id}";
const SUBSCRIPTION: &str = "/merchant/subscriptions/{id}/details";
const CHARGE: &str = "/merchant/orders/charges/{id}";

/// The templates of an install: the merchant's own first, then the dashboard that the store names, then Recharge's for
/// the shop. A template of the merchant's that is none is passed over; `install set` refuses such ones beforehand.
///
/// When the token turns out to belong to another shop than the install says, the default is left out: with that shop's
/// ids it would lead into the wrong dashboard.
pub fn of(install: &Install, profile: &ShopProfile) -> Links {
    if !install.shows_links {
        return Links::default();
    }
    let shop = install.shop.as_str();
    let contradicted = profile
        .shop
        .as_ref()
        .is_some_and(|proven| *proven != install.shop);
    let base =
        profile.portal.as_ref().and_then(portal).or_else(|| {
            (!contradicted).then(|| format!("https://{shop}-sp.admin.rechargeapps.com"))
        });
    let default = |path: &str| {
        let base = base.as_ref()?;
        UrlTemplate::parse(&format!("{base}{path}"), shop).ok()
    };
    let own = |template: &Option<String>| UrlTemplate::parse(template.as_deref()?, shop).ok();
    Links {
        customer: own(&install.customer_link).or_else(|| default(CUSTOMER)),
        subscription: own(&install.subscription_link).or_else(|| default(SUBSCRIPTION)),
        charge: default(CHARGE),
    }
}

/// The base of `merchant_portal_base_url`. No value of it has been seen, so both plausible forms are taken: the host
/// alone, and the host with the `/merchant` that every dashboard page begins with.
fn portal(address: &WebUrl) -> Option<String> {
    let mut url = Url::parse(address.as_str()).ok()?;
    url.set_query(None);
    url.set_fragment(None);
    let base = url.as_str().trim_end_matches('/');
    Some(base.strip_suffix("/merchant").unwrap_or(base).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::{ChargeId, CustomerId, SubscriptionId};
    use crate::domain::install::InstallName;
    use crate::domain::shop::Shop;

    fn install() -> Install {
        let shop = Shop::parse("acme-usa").unwrap();
        Install {
            name: InstallName::from(&shop),
            provider: "recharge".into(),
            shop,
            contact: None,
            customer_link: None,
            subscription_link: None,
            shows_links: true,
        }
    }

    fn filled(install: &Install, profile: &ShopProfile) -> [Option<String>; 3] {
        let links = of(install, profile);
        [
            links.to_customer(&CustomerId::new("176700001")),
            links.to_subscription(&SubscriptionId::new("585000001")),
            links.to_charge(&ChargeId::new("1302000001")),
        ]
        .map(|url| url.map(|url| url.as_str().to_owned()))
    }

    fn under(base: &str) -> [Option<String>; 3] {
        [
            "customers/176700001",
            "subscriptions/585000001/details",
            "orders/charges/1302000001",
        ]
        .map(|path| Some(format!("{base}/merchant/{path}")))
    }

    #[test]
    fn by_default_they_lead_to_the_shops_dashboard() {
        let profile = ShopProfile::default();
        assert_eq!(
            filled(&install(), &profile),
            under("https://acme-usa-sp.admin.rechargeapps.com")
        );
    }

    #[test]
    fn the_stores_own_portal_is_joined_in_every_form() {
        for portal in [
            "https://acme.admin.rechargeapps.com",
            "https://acme.admin.rechargeapps.com/",
            "https://acme.admin.rechargeapps.com/merchant",
            "https://acme.admin.rechargeapps.com/merchant/?utm=x#top",
        ] {
            let profile = ShopProfile {
                portal: WebUrl::parse(portal).ok(),
                ..ShopProfile::default()
            };
            assert_eq!(
                filled(&install(), &profile),
                under("https://acme.admin.rechargeapps.com"),
                "{portal}"
            );
        }
    }

    #[test]
    fn the_merchants_templates_win_unless_they_are_none() {
        let mut install = install();
        install.customer_link = Some("https://crm.acme.example/{shop}/c/{id}".into());
        install.subscription_link = Some("javascript:{id}".into());
        let [customer, subscription, charge] = filled(&install, &ShopProfile::default());
        assert_eq!(
            customer.unwrap(),
            "https://crm.acme.example/acme-usa/c/176700001"
        );
        let [_, default, default_charge] = under("https://acme-usa-sp.admin.rechargeapps.com");
        assert_eq!(subscription, default);
        assert_eq!(charge, default_charge);
    }

    #[test]
    fn a_token_of_another_shop_makes_no_default_links() {
        let profile = ShopProfile {
            shop: Shop::parse("other-shop").ok(),
            ..ShopProfile::default()
        };
        assert_eq!(filled(&install(), &profile), [None, None, None]);
    }
}
