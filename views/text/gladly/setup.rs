//! Words for whoever sets Gladly up: every field of its app settings in order, for somebody who is no engineer.

/// Where to begin.
pub const BEGIN: &str = "One shop for each of Gladly's adaptors. In Gladly, open Settings > Apps (as an administrator), add a Lookup Adaptor, and fill in its fields in this order.";
/// The field Name.
pub const NAME: &str = "Name: what agents will read, for example";
/// A name to copy.
pub const NAME_TO_COPY: &str = "Recharge subscriptions";
/// The field URL.
pub const URL: &str = "URL: this address, exactly; put nothing behind it.";
/// The fields of Basic.
pub const BASIC: &str = "Username, Password and Realm: leave them empty.";
/// The field Signing Key.
pub const SIGNING_KEY: &str = "Signing Key: this secret. Whoever has it can ask about every customer: paste it here and nowhere else.";
/// The field Username, with Basic.
pub const USERNAME: &str = "Username: as here. Leave Realm empty.";
/// The field Password, with Basic.
pub const PASSWORD: &str = "Password: this secret. Whoever has it can ask about every customer: paste it here and nowhere else.";
/// The field Signing Key, without a signature.
pub const NO_SIGNING_KEY: &str = "Signing Key: leave it empty.";
/// The field HTTPS Headers, with a header.
pub const HEADER_NAME: &str = "HTTPS Headers: one row, with this name.";
/// Its value.
pub const HEADER_VALUE: &str = "The row's value: this secret. Whoever has it can ask about every customer: paste it here and nowhere else.";
/// The field HTTPS Headers.
pub const HEADERS: &str = "HTTPS Headers: leave them empty.";
/// The field Search Query Attributes.
pub const SEARCH: &str = "Search Query Attributes: what agents may search by. The attribute's name on the left must be typed exactly so; the label on the right is what agents read.";
/// The attributes to copy.
pub const SEARCH_TO_COPY: &str = "email: Email\nrechargeCustomerId: Recharge customer ID\nshopifyCustomerId: Shopify customer ID\nsubscriptionId: Subscription ID\norderNumber: Order number";
/// The field Search Results Attributes.
pub const COLUMNS: &str =
    "Search Results Attributes: the columns of the list that agents choose from.";
/// The field Auto-Linking Fields.
pub const AUTO_LINK: &str = "Auto-Linking Fields: tick emails. A profile whose email address is exactly one Recharge customer's is then linked by itself; where two customers match, the agent chooses. Who does not want that leaves it unticked, and sets `auto_link = off` here.";
/// The same, where agents link.
pub const NO_AUTO_LINK: &str = "Auto-Linking Fields: leave all unticked, because `auto_link` is off: agents link each profile by hand.";
/// The field Overwrite Existing Values.
pub const OVERWRITE: &str = "Overwrite Existing Values: leave it off.";
/// The field Enable Actions.
pub const ACTIONS: &str = "Enable Actions: leave it off. Agents change a subscription in Recharge, by the link on its card.";
/// The message to Gladly.
pub const SUPPORT: &str = "Send this to Gladly Support: they show custom attributes and switch on the Subscription card; nobody else can.";
/// Its first lines.
pub const SUPPORT_BEGIN: &str = "Hello, we have added a Lookup Adaptor named \"Recharge subscriptions\". Please:\n1. Show these custom attributes on the customer profile, as text (identifier: display name):";
/// Its last lines.
pub const SUPPORT_END: &str = "2. Switch on the Subscription transaction card for this adaptor, and send us the list of keys that the card reads for transactions of type SUBSCRIPTION.\nThank you!";
/// What works before they answer.
pub const ORDERS: &str = "Until they have answered, use Orders cards (works today): the setting `transactions = order`. Each subscription is then shown as an order, with its status, price, picture and link. Switch back when the Subscription card is on.";
/// The same, where it is set.
pub const ORDERS_ON: &str = "Orders cards are on (`transactions = order`): each subscription is shown as an order, with its status, price, picture and link. Take the Subscription card again when Gladly Support has switched it on.";
/// The answer of Gladly's support may name other keys.
pub const KEYS: &str = "If the Subscription card stays empty in places, Gladly reads other keys: give ours the names from their list (the workspace's settings `keys.…`).";
/// How current it is.
pub const REOPEN: &str =
    "Tell your agents: Gladly shows what it had when the profile was opened; reopen it to refresh.";
/// What Enrich does.
pub const ENRICH: &str = "Leave `enrich` off unless you want Recharge's name, email address and phone number in Gladly's profiles: Gladly keeps them for ever, also when the customer is unlinked or erased in Recharge. While it is off, only the email address that matched goes back, and Gladly has that already.";
/// The same, where it is on.
pub const ENRICH_ON: &str = "`enrich` is on: Recharge's name, email address and phone number are written into Gladly's profiles. Gladly keeps them for ever, also when the customer is unlinked or erased in Recharge.";
/// How to see whether it works.
pub const TRY: &str = "Try it: Settings > App Developer Tools > Lookup Adaptor Debugger, \"Basic + Detailed Workflow\", with the email address of a customer you know.";
/// The old app.
pub const OLD_APP: &str = "Compare ten customers with Recharge, some of them cancelled and one with several subscriptions. Then switch the old Recharge app off, so that agents don't see everything twice.";
