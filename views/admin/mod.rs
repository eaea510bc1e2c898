//! The admin pages: what an admin sees, built of what the handlers know. Pure, as all views.
//!
//! - `shell` the document around a page · `parts` fields, notes, times, things to copy
//! - `doors` log in, set up, notices · `account` one's own · `people` · `overview` · `connect` · `shop` · `trial` a test lookup · `hooks`
//! - `workspaces`, `workspace`, `settings` those of a helpdesk · `keys` · `audit` · `text` every word

mod account;
mod audit;
mod connect;
mod doors;
mod hooks;
mod keys;
mod overview;
mod parts;
mod people;
mod qr;
mod settings;
mod shell;
mod shop;
pub mod text;
mod timeline;
mod trial;
mod workspace;
mod workspaces;

pub use account::{Account, Enrolment, account};
pub use audit::{AuditLine, AuditPage, audit, audit_json};
pub use connect::{Ask, Scope, Trouble, connect};
pub use doors::{LoginPage, SetupPage, Wrong, login, notice, setup};
pub use hooks::{HookLine, HookMissing, HookReach, Hooks, HooksOff};
pub use keys::{KeyLine, keys};
pub use overview::{BudgetLine, Overview, ShopLine, overview};
pub use parts::{Problem, ShopState};
pub use people::{NewPerson, PeoplePage, PersonLine, people};
pub use settings::{SettingField, SettingKind};
pub use shell::{Section, Shell, policy};
pub use shop::{ShopPage, ShopProof, shop};
pub use timeline::{ParkedLine, Timeline};
pub use trial::Trial;
pub use workspace::{CallLine, StepLine, WorkspacePage, workspace};
pub use workspaces::{
    HelpdeskChoice, NewWorkspacePage, SecretChoice, WorkspaceLine, new_workspace, workspaces,
};
