//! The admin pages: for people, behind a login; one small script makes copying easier, and nothing needs it.
//!
//! No page owns a route: `door` lets in who is logged in and may, and hands a deed over only when its form came from our own
//! page. A deed runs to its end even when its browser has left, so that nothing is done without being noted.
//!
//! | file | is |
//! |---|---|
//! | `door` | who comes in: session, role, origin, CSRF; `look` for pages, `act` for deeds, `open` for the login |
//! | `caller` | what a request says of who sent it: address, scheme, origin, cookie |
//! | `login`, `setup` | the two ways in |
//! | `password`, `codes`, `throttle` | argon2id off the workers; authenticators; how often somebody may try |
//! | `overview`, `connect`, `shop`, `token`, `hooks`, `trial` | shops |
//! | `workspaces`, `workspace`, `settings`, `timeline` | helpdesks |
//! | `people`, `account`, `records` | people, one's own account, keys and audit |
//! | `form`, `held`, `reply`, `line` | what was typed; what is kept for one more page; what goes back; one log line |

mod account;
mod caller;
mod codes;
mod connect;
mod door;
mod form;
mod held;
mod hooks;
mod line;
mod login;
mod overview;
mod password;
mod people;
mod records;
mod reply;
mod settings;
mod setup;
mod shop;
mod throttle;
mod timeline;
mod token;
mod trial;
mod workspace;
mod workspaces;

use std::sync::Arc;

use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, ServiceConfig};
use ipnet::IpNet;

use crate::clock::Clock;
use crate::connect::Wanted;
use crate::domain::secret::Secret;
use crate::lookup::Lookups;
use crate::provider::Provider;
use crate::store::{Role, Store};
use door::{act, look, open, open_act};
use held::Held;

pub use password::{Hashing, HashingError};

/// Where people begin.
const HOME: &str = "/admin";

/// What the pages are made of.
pub struct Needs {
    /// Where everything is kept.
    pub store: Store,
    /// For test lookups.
    pub lookups: Lookups,
    /// For checks.
    pub provider: Arc<dyn Provider>,
    /// The time.
    pub clock: Clock,
    /// The service's address from outside, for what is pasted into helpdesks; without a slash at the end.
    pub public_url: Option<String>,
    /// Whose word on a caller's address and scheme is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How hard passwords are hashed.
    pub hashing: Hashing,
}

/// What the pages need. Made once, shared by all workers.
pub struct Admin {
    store: Store,
    lookups: Lookups,
    provider: Arc<dyn Provider>,
    clock: Clock,
    public_url: Option<String>,
    trusted_proxies: Vec<IpNet>,
    passwords: password::Passwords,
    throttle: throttle::Throttle,
    /// Secrets of workspaces that are shown once.
    secrets: Held<Secret<String>>,
    /// Set-up links that are shown once, with the name of whom they are for.
    links: Held<(String, Secret<String>)>,
    /// Shops that could not be checked.
    unchecked: Held<Wanted>,
    /// Authenticators that are not confirmed.
    enrolments: Held<Secret<String>>,
}

impl Admin {
    /// Makes it. Hashes one password, for the time that it takes.
    pub fn new(needs: Needs) -> Result<Self, HashingError> {
        Ok(Self {
            store: needs.store,
            lookups: needs.lookups,
            provider: needs.provider,
            clock: needs.clock,
            public_url: needs.public_url,
            trusted_proxies: needs.trusted_proxies,
            passwords: password::Passwords::new(needs.hashing)?,
            throttle: throttle::Throttle::default(),
            secrets: Held::default(),
            links: Held::default(),
            unchecked: Held::default(),
            enrolments: Held::default(),
        })
    }
}

/// All routes below `/admin`.
pub fn routes(admin: Data<Admin>) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config
            .app_data(admin)
            .app_data(web::PayloadConfig::new(super::LARGEST_BODY))
            .service(
                web::scope(HOME)
                    .wrap(from_fn(reply::headers))
                    .wrap(from_fn(line::logged))
                    .configure(doors)
                    .configure(shops)
                    .configure(workspace_routes)
                    .configure(people_routes)
                    .default_service(web::to(reply::nothing_here)),
            )
            .default_service(web::to(reply::home));
    }
}

fn doors(config: &mut ServiceConfig) {
    config
        .route("/login", open(login::page))
        .route("/login", open_act(login::enter))
        .route("/logout", act(Role::Viewer, login::leave))
        .route("/setup", open(setup::page))
        .route("/setup", open_act(setup::set_up))
        .route("/account", look(Role::Viewer, account::page))
        .route("/account/password", act(Role::Viewer, account::password))
        .route("/account/code", act(Role::Viewer, account::begin_code))
        .route(
            "/account/code/confirm",
            act(Role::Viewer, account::confirm_code),
        )
        .route("/account/code/off", act(Role::Viewer, account::code_off));
}

fn shops(config: &mut ServiceConfig) {
    config
        .route("", look(Role::Viewer, overview::page))
        .route("/", look(Role::Viewer, overview::page))
        .route("/connect", look(Role::Admin, connect::page))
        .route("/connect", act(Role::Admin, connect::connect))
        .route("/connect/held", act(Role::Admin, connect::held))
        .route("/shops/{name}", look(Role::Viewer, shop::page))
        .route("/shops/{name}/check", act(Role::Admin, token::check_again))
        .route("/shops/{name}/token", act(Role::Admin, token::replace))
        .route("/shops/{name}/settings", act(Role::Admin, shop::settings))
        .route("/shops/{name}/confirm", act(Role::Admin, shop::confirm))
        .route("/shops/{name}/remove", act(Role::Admin, shop::remove))
        .route("/shops/{name}/reach", act(Role::Admin, hooks::reach))
        .route("/shops/{name}/reach", look(Role::Viewer, shop::back))
        .route("/shops/{name}/lookup", act(Role::Admin, trial::lookup))
        // The result is no page of its own: whoever loads its address anew comes to the shop.
        .route("/shops/{name}/lookup", look(Role::Viewer, shop::back));
}

fn workspace_routes(config: &mut ServiceConfig) {
    config
        .route("/workspaces", look(Role::Viewer, workspaces::page))
        .route("/workspaces/new", look(Role::Admin, workspaces::form))
        .route("/workspaces/new", act(Role::Admin, workspaces::add))
        .route("/workspaces/{id}", look(Role::Viewer, workspace::page))
        .route(
            "/workspaces/{id}/settings",
            act(Role::Admin, workspace::change),
        )
        .route(
            "/workspaces/{id}/rotate",
            act(Role::Admin, workspace::rotate),
        )
        .route("/workspaces/{id}/end", act(Role::Admin, workspace::end_old))
        .route(
            "/workspaces/{id}/enable",
            act(Role::Admin, workspace::enable),
        )
        .route(
            "/workspaces/{id}/disable",
            act(Role::Admin, workspace::disable),
        )
        .route(
            "/workspaces/{id}/unlink",
            act(Role::Admin, workspace::unlink),
        )
        .route("/workspaces/{id}/retry", act(Role::Admin, timeline::retry))
        .route(
            "/workspaces/{id}/app.json",
            look(Role::Viewer, timeline::app),
        )
        .route(
            "/workspaces/{id}/remove",
            act(Role::Admin, workspace::remove),
        );
}

fn people_routes(config: &mut ServiceConfig) {
    config
        .route("/people", look(Role::Owner, people::page))
        .route("/people", act(Role::Owner, people::add))
        .route("/people/{id}/role", act(Role::Owner, people::role))
        .route("/people/{id}/link", act(Role::Owner, people::link))
        .route("/people/{id}/enable", act(Role::Owner, people::enable))
        .route("/people/{id}/disable", act(Role::Owner, people::disable))
        .route("/people/{id}/remove", act(Role::Owner, people::remove))
        .route("/keys", look(Role::Viewer, records::keys))
        .route("/audit", look(Role::Viewer, records::audit))
        .route("/audit.jsonl", look(Role::Admin, records::export));
}
