//! Connecting a shop, for somebody who has never seen an API token.

/// The page.
pub const TITLE: &str = "Connect a shop";
/// What it is about.
pub const LEAD: &str = "Sidecard reads subscriptions from Recharge with an API token of your shop. It changes no customer, subscription or order there; where you give it the API client secret, it registers webhooks, and it removes them again with the shop.";
/// A field.
pub const SHOP: &str = "Shop";
/// Its hint.
pub const SHOP_HINT: &str = "The Shopify name, like acme-usa. You may paste the address of your Shopify admin, or acme-usa.myshopify.com.";
/// A field.
pub const TOKEN: &str = "Recharge API token";
/// Its hint.
pub const TOKEN_HINT: &str = "Begins with sk_. It is stored encrypted, and never shown again.";
/// A field.
pub const CLIENT_SECRET: &str = "API client secret (optional)";
/// Its hint.
pub const CLIENT_SECRET_HINT: &str = "Lets cards change the moment something changes in Recharge. It stands on the page behind the token's name.";
/// A field.
pub const CONTACT: &str = "Whom agents ask when it must be reconnected (optional)";
/// Its hint.
pub const CONTACT_HINT: &str = "A name and where to find them, like Dana, #cx-tools. Agents see it on the card when Recharge refuses the token.";
/// A fold.
pub const MORE: &str = "Connect the same shop a second time, or name it differently";
/// A field.
pub const NAME: &str = "Name in Sidecard (optional)";
/// Its hint.
pub const NAME_HINT: &str = "Lower-case letters, digits and hyphens; the shop's name by default. It can't be changed later.";
/// A button.
pub const BUTTON: &str = "Check and connect";
/// What a browser does not keep.
pub const AGAIN: &str = "Paste the API token again: for safety it is not kept in the page.";
/// A problem.
pub fn taken(name: &str) -> String {
    format!(
        "a shop is connected under the name {name} already: replace its token on its own page, or give this one another name"
    )
}

/// The help beside the form.
pub const HELP: &str = "How to get an API token";
/// Its steps; what to tick comes after the third.
pub const STEPS: [&str; 3] = [
    "Somebody who may make API tokens in Recharge has to do this: the account's owner, or whoever set Recharge up. If that is not you, send them this page.",
    "In Recharge, open Tools & apps, then API tokens. In older menus it is Apps, or Integrations, then Enabled integrations.",
    "Choose Create an API token, name it Sidecard, give your email address, and set these permissions:",
];
/// The last steps.
pub const LAST_STEPS: [&str; 2] = [
    "Save, then copy the token. It is the long text that begins with sk_.",
    "Click the token's name to see the API client secret, and copy that too. It is another text than the token.",
];
/// When the menu is missing.
pub const NO_MENU: &str = "No such menu? API access may have to be switched on for your account first: ask Recharge's support for API access. It can take a day.";
/// How much a permission matters.
pub const NEEDED: &str = "needed";
/// How much a permission matters.
pub const WANTED: &str = "recommended";
/// Everything else stays off.
pub const NOTHING_ELSE: &str = "Leave everything else at No access.";

/// Over a token that was refused.
pub const REFUSED: &str = "Recharge does not accept this API token";
/// What to do.
pub const REFUSED_HINT: &str = "It may be cut short, deleted, or the client secret instead of the token. Copy the token from Recharge once more. Nothing was saved.";
/// Over another shop's token.
pub const OTHER_SHOP: &str = "This API token belongs to another shop";
/// What to do.
pub fn other_shop(typed: &str, actual: &str) -> String {
    format!(
        "You typed {typed}, and Recharge says the token is of {actual}. Correct the shop, or make a token in the Recharge account of {typed}. Nothing was saved."
    )
}
/// Over a token that may do too little.
pub const TOO_LITTLE: &str = "This API token may not read enough";
/// What to do.
pub const TOO_LITTLE_HINT: &str = "In Recharge, open the token, tick what is missing below, save, and try again. The token stays the same. Nothing was saved.";
/// Over a check that could not be made.
pub const UNREACHABLE: &str = "Recharge can't be reached at the moment";
/// Why a provider could not be asked, by the word for logs.
pub fn what(word: &str) -> &'static str {
    match word {
        "unreachable" => "no answer",
        "rate_limited" => "too many calls in a short time",
        "broken" => "an answer that can't be read",
        _ => "an answer that was not expected",
    }
}
/// What happened.
pub const BUSY: &str = "Recharge has had enough calls for the moment";
/// What to do; `is_held`: what was pasted is kept for one more try.
pub fn unreachable(word: &str, is_held: bool) -> String {
    let what = what(word);
    let next = if is_held {
        "Try again in a minute, or save it now and check it later on the shop's page. What you pasted is kept for ten minutes, here and not in the page."
    } else {
        "Nothing was saved. Paste it once more in a minute: for safety it is not kept."
    };
    format!("The token was not checked: {what}. {next}")
}
/// A button.
pub const TRY_AGAIN: &str = "Try again";
/// A button.
pub const SAVE_UNCHECKED: &str = "Save without checking";
/// What was kept is gone.
pub const HELD_TOO_LONG: &str =
    "what you pasted was kept for ten minutes, and they are over: paste it once more";

/// The table of permissions.
pub const SCOPES: &str = "What the token may do";
/// A column.
pub const PERMISSION: &str = "Permission";
/// A column.
pub const THERE: &str = "The token has it";
/// A column.
pub const COSTS: &str = "Without it";
/// It is there.
pub const HAVE: &str = "yes";
/// It is missing.
pub const MISS: &str = "missing";
/// Nobody knows.
pub const UNKNOWN: &str = "not checked";
