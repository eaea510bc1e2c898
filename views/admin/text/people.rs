//! Logging in, being set up, one's own account, and people.

/// A page.
pub const LOG_IN: &str = "Log in";
/// A field.
pub const LOGIN: &str = "Login name";
/// A field.
pub const PASSWORD: &str = "Password";
/// A field.
pub const CODE: &str = "Code from your authenticator";
/// Its hint.
pub const CODE_HINT: &str = "Six digits. Leave it empty if you have not set one up.";
/// One sentence for everything that can be wrong.
pub const WRONG: &str =
    "That did not match: check the login name, the password, and the code if you use one.";
/// The other one.
pub fn slow_down(minutes: i64) -> String {
    match minutes {
        ..=1 => "Too many tries. Wait a minute, then try again.".into(),
        minutes => format!("Too many tries. Wait {minutes} minutes, then try again."),
    }
}
/// Under the form.
pub const LOST: &str = "Lost your password? An owner can make you a new set-up link. If nobody can log in, run `sidecard admin reset` where Sidecard runs.";

/// The page behind a set-up link.
pub const SET_UP: &str = "Set up your account";
/// For the first one.
pub const SET_UP_OWNER: &str = "You become the owner: you can add your colleagues afterwards.";
/// For somebody who was added.
pub const SET_UP_PERSON: &str = "Choose your password, and you are in.";
/// A link that is good no longer.
pub const LINK_OVER: &str = "This link is not good any more";
/// What to do.
pub const LINK_OVER_HINT: &str = "A set-up link works once and for 15 minutes. Ask an owner for a new one, or run `sidecard admin reset` where Sidecard runs.";
/// A field.
pub const NAME: &str = "Your name";
/// Its hint.
pub const NAME_HINT: &str = "As colleagues call you.";
/// Its hint.
pub const LOGIN_HINT: &str = "Your work email address, or a short name.";
/// A field.
pub const NEW_PASSWORD: &str = "New password";
/// Its hint.
pub const NEW_PASSWORD_HINT: &str =
    "At least 12 characters. Four or five unrelated words are good, and easy to type.";
/// A field.
pub const REPEAT: &str = "The same password once more";
/// A button.
pub const BEGIN: &str = "Set up and log in";

/// A problem.
pub const NO_NAME: &str = "write a name of at most 80 characters";
/// A problem.
pub const NO_LOGIN: &str = "write a login name of at most 120 characters, without blanks";
/// A problem.
pub const LOGIN_TAKEN: &str = "somebody has this login name already: choose another one";
/// A problem.
pub const TOO_SHORT: &str = "write at least 12 characters";
/// A problem.
pub const TOO_LONG: &str = "write at most 200 characters";
/// A problem.
pub const TOO_PLAIN: &str =
    "this password is easy to guess: it repeats itself, or has the login name in it";
/// A problem.
pub const NOT_THE_SAME: &str = "the two passwords differ: type the same one twice";
/// A problem.
pub const WRONG_PASSWORD: &str = "this is not your password";
/// A problem.
pub const WRONG_CODE: &str =
    "this code does not match: check the clock of your phone, and type the newest code";
/// A problem.
pub const LAST_OWNER: &str =
    "this is the last owner, and somebody has to manage people: make somebody else an owner first";

/// A part of the account's page.
pub const CHANGE_PASSWORD: &str = "Change your password";
/// A field.
pub const OLD_PASSWORD: &str = "Your password until now";
/// A button.
pub const CHANGE: &str = "Change the password";
/// A part of the account's page.
pub const AUTHENTICATOR: &str = "Authenticator";
/// What it is.
pub const AUTHENTICATOR_OFF: &str = "Off. With an app on your phone, a password that somebody has seen is not enough to log in as you.";
/// What it is.
pub const AUTHENTICATOR_ON: &str = "On: a code is asked for whenever you log in.";
/// A button.
pub const TURN_ON: &str = "Turn it on";
/// A button.
pub const TURN_OFF: &str = "Turn it off";
/// A step.
pub const SCAN: &str = "Scan this with your authenticator app.";
/// A step.
pub const SCAN_INSTEAD: &str = "Or type the key into the app.";
/// A step.
pub const CONFIRM_CODE: &str = "Then type the code that it shows.";
/// A button.
pub const CONFIRM: &str = "Confirm";
/// For the picture.
pub const QR: &str = "QR code for an authenticator app; the key below it says the same";
/// To copy.
pub const KEY: &str = "key";
/// What one is.
pub fn you_are(role: &str) -> String {
    format!("You are logged in as {role}.")
}

/// A part of the people's page.
pub const ADD: &str = "Add somebody";
/// A field.
pub const THEIR_NAME: &str = "Name";
/// A field.
pub const ROLE: &str = "Role";
/// The roles in words.
pub const ROLES: [(&str, &str); 3] = [
    (
        "viewer",
        "Viewer: sees states, looks nobody up, changes nothing",
    ),
    (
        "admin",
        "Admin: connects shops and workspaces, and tries lookups",
    ),
    ("owner", "Owner: everything, people too"),
];
/// A problem.
pub const NO_ROLE: &str = "choose a role";
/// A button.
pub const ADD_BUTTON: &str = "Add and make a set-up link";
/// What happens then.
pub const ADD_HINT: &str = "You get a link for them, good once and for 15 minutes: hand it over yourself, in a call or a private message.";
/// A button.
pub const NEW_LINK: &str = "New set-up link";
/// A button.
pub const DISABLE: &str = "Keep out";
/// A button.
pub const ENABLE: &str = "Let in again";
/// A button.
pub const SET_ROLE: &str = "Change role";
/// A link that is shown once.
pub fn link_for(name: &str) -> String {
    format!("A set-up link for {name}")
}
/// What it is.
pub const LINK_HINT: &str =
    "Good once, for 15 minutes, and shown only now. Whoever opens it chooses the password.";
/// To copy.
pub const LINK: &str = "link";
/// A person's state.
pub const ACTIVE: &str = "Active";
/// A person's state.
pub const NOT_SET_UP: &str = "Not set up yet";
/// A person's state.
pub const WITH_CODE: &str = "with authenticator";
/// A person whose name can't be opened.
pub const UNREADABLE: &str = "(can't be read with this store's keys)";
/// A column.
pub const WHAT_TO_DO: &str = "Actions";
/// A mark.
pub const YOU: &str = "you";
