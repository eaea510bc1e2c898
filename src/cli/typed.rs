//! What must not stand in an argument: tokens and secrets come from standard input, or are typed unseen.
//!
//! Arguments are seen by everybody on the machine, and stay in the shell's history.

use std::io::{self, IsTerminal, Read, Write};

use super::Failure;
use crate::domain::secret::{Secret, unquoted};

/// No token or secret is that long.
const LARGEST: u64 = 16 * 1_024;

/// The API token and, perhaps, the API client secret: the first line, and the second if there is one.
pub fn token_and_client_secret() -> Result<(Secret<String>, Secret<String>), Failure> {
    if io::stdin().is_terminal() {
        return Ok((
            unseen("API token (it does not show): ")?,
            unseen("API client secret, for webhooks (Enter to leave it out): ")?,
        ));
    }
    let mut lines = lines(2)?.into_iter();
    let mut next = || lines.next().unwrap_or_else(|| Secret::new(String::new()));
    Ok((next(), next()))
}

/// Several secrets: a line for each of these names, in their order; a line that is not there is empty.
pub fn secrets(names: &[&str]) -> Result<Vec<Secret<String>>, Failure> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let secrets = if io::stdin().is_terminal() {
        let ask = |name: &&str| unseen(&format!("{name} (it does not show): "));
        names.iter().map(ask).collect::<Result<Vec<_>, _>>()?
    } else {
        let mut lines = lines(names.len())?;
        lines.resize_with(names.len(), || Secret::new(String::new()));
        lines
    };
    for (name, secret) in names.iter().zip(&secrets) {
        if unquoted(secret.reveal()).1 {
            anstream::eprintln!("the quotation marks around this value were removed: {name}");
        }
    }
    Ok(secrets)
}

/// Asks on the terminal; `None` when nobody is there to ask.
pub fn answer(question: &str) -> Result<Option<String>, Failure> {
    if !io::stdin().is_terminal() {
        return Ok(None);
    }
    anstream::eprint!("{question}");
    let _ = io::stderr().flush();
    let mut line = String::new();
    io::stdin().read_line(&mut line).map_err(unreadable)?;
    Ok(Some(line.trim().to_owned()))
}

fn unseen(question: &str) -> Result<Secret<String>, Failure> {
    rpassword::prompt_password(question)
        .map(Secret::new)
        .map_err(unreadable)
}

fn lines(most: usize) -> Result<Vec<Secret<String>>, Failure> {
    let mut text = Vec::new();
    io::stdin()
        .lock()
        .take(LARGEST)
        .read_to_end(&mut text)
        .map_err(unreadable)?;
    let text = Secret::new(text);
    let text = std::str::from_utf8(text.reveal()).map_err(|_| Failure::Usage {
        message: "standard input is not text".into(),
        hint: "write the token as the first line".into(),
    })?;
    let lines = text.lines().take(most);
    Ok(lines.map(|line| Secret::new(line.to_owned())).collect())
}

fn unreadable(error: io::Error) -> Failure {
    Failure::Failed(format!(
        "standard input can't be read: {error}\n  hint: write the token into it, as in `sidecard install add --shop acme-usa < token`"
    ))
}
