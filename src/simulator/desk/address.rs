//! The signed address of a card, as the README says how to make one. No code of the service is used: a mistake in shared
//! code would confirm itself.

use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::Sha256;

use super::options::Card;

/// The address with these parameters, signed.
pub(super) fn signed(card: &Card, parameters: &[(&str, &str)]) -> String {
    let mut sorted = parameters.to_vec();
    sorted.sort_unstable();
    let mut message = format!("sidecard-embed-v1\n{}", card.workspace);
    let mut query = String::new();
    for (name, value) in sorted {
        message += &format!("\n{name}={value}");
        query += &format!("{name}={}&", utf8_percent_encode(value, NON_ALPHANUMERIC));
    }
    let signature = hex(&mac(card.secret.as_bytes(), message.as_bytes()));
    format!(
        "{}/ask/embed/{}?{query}signature={signature}",
        card.service, card.workspace
    )
}

fn mac(secret: &[u8], message: &[u8]) -> Vec<u8> {
    // HMAC takes a key of any length, so this does not fail.
    Hmac::<Sha256>::new_from_slice(secret)
        .map(|mac| mac.chain_update(message).finalize().into_bytes().to_vec())
        .unwrap_or_default()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_readmes_example() {
        let card = Card {
            service: "http://127.0.0.1:8787".into(),
            workspace: "22222222222222222222222222222222".into(),
            secret: "fake-embed-secret".into(),
        };
        let parameters = [
            ("v", "1"),
            ("email", "kim@acme.example"),
            ("expires", "1795170000"),
        ];
        assert_eq!(
            signed(&card, &parameters),
            "http://127.0.0.1:8787/ask/embed/22222222222222222222222222222222?email=kim%40acme%2Eexample&expires=1795170000&v=1&signature=5eec168cc1732eac5ecf3325f4fe7239c312f26085fbb7f12eb65fe3a06010d2"
        );
    }
}
