//! How Recharge signs a webhook. Written for the simulator alone, from the reference and its test vectors.

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// The headers of both schemes, with the client secret that they are made of.
///
/// `X-Recharge-Hmac-Sha256` is not an HMAC but the SHA-256 of the secret with the body behind it
/// (<https://docs.getrecharge.com/docs/webhooks-overview>); `X-Recharge-Webhook-Signature` is one, of the Unix time, a
/// dot and the body (<https://changelog.getrecharge.com/webhook-signatures-now-support-timestamp-verification-4jEmOs>).
pub fn signatures(secret: &str, body: &[u8], at: DateTime<Utc>) -> [(&'static str, String); 3] {
    let seconds = at.timestamp();
    let plain = Sha256::new()
        .chain_update(secret)
        .chain_update(body)
        .finalize();
    [
        (
            "X-Recharge-Hmac-Sha256",
            base16ct::lower::encode_string(&plain),
        ),
        ("X-Recharge-Webhook-Timestamp", seconds.to_string()),
        (
            "X-Recharge-Webhook-Signature",
            format!("t={seconds},v1={}", keyed(secret, seconds, body)),
        ),
    ]
}

fn keyed(secret: &str, seconds: i64, body: &[u8]) -> String {
    // A key of any length is taken; only its type says that it could not be.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(format!("{seconds}.").as_bytes());
    mac.update(body);
    base16ct::lower::encode_string(&mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_schemes_are_those_of_the_vectors() {
        let body = br#"{"subscription":{"id":585061940,"status":"cancelled"}}"#;
        let at = DateTime::from_timestamp(1_767_225_600, 0).unwrap();
        assert_eq!(
            signatures("rc_client_secret_example", body, at),
            [
                (
                    "X-Recharge-Hmac-Sha256",
                    "38c949ccd244aef6b6a0c78b2ccdcb448a0d86ce81891dca4796cf4aa49f1403".to_owned()
                ),
                ("X-Recharge-Webhook-Timestamp", "1767225600".to_owned()),
                (
                    "X-Recharge-Webhook-Signature",
                    "t=1767225600,v1=e262f53a5d34caae35052e417dea79271af88f6bdb250fbdd9648a92ef82545f".to_owned()
                ),
            ]
        );
    }
}
