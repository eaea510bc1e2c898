//! Passwords: argon2id, off the workers, and the same work for somebody who is not there.

use std::sync::Arc;

use actix_web::web;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use thiserror::Error;
use tokio::sync::Semaphore;

use super::reply::Failure;
use crate::domain::secret::{Secret, random_hex};
use crate::views::admin::Problem;
use crate::views::admin::text::people as words;

/// Shorter ones are guessed.
const SHORTEST: usize = 12;
/// Longer ones are no passwords.
const LONGEST: usize = 200;
/// Fewer different characters are a pattern.
const VARIETY: usize = 5;
/// So many are hashed at once: each takes its memory, and strangers can ask for it.
const AT_ONCE: usize = 2;

/// How hard passwords are hashed. What a hash was made with stands in it: a change counts for new ones.
#[derive(Debug, Clone, Copy)]
pub struct Hashing {
    /// KiB of memory.
    pub memory: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Default for Hashing {
    /// OWASP's first choice for argon2id: 46 MiB, one pass, one lane.
    fn default() -> Self {
        Self {
            memory: 47_104,
            passes: 1,
            lanes: 1,
        }
    }
}

/// Numbers that argon2 can't be run with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("passwords can't be hashed with these numbers")]
pub struct HashingError;

/// Hashes and verifies.
pub struct Passwords {
    argon: Argon2<'static>,
    /// The hash of a password that nobody knows.
    nobodys: Secret<String>,
    at_once: Arc<Semaphore>,
}

impl Passwords {
    pub fn new(hashing: Hashing) -> Result<Self, HashingError> {
        let params = Params::new(hashing.memory, hashing.passes, hashing.lanes, None)
            .map_err(|_| HashingError)?;
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let nobodys = hash(&argon, &Secret::new(random_hex(16))).ok_or(HashingError)?;
        Ok(Self {
            argon,
            nobodys,
            at_once: Arc::new(Semaphore::new(AT_ONCE)),
        })
    }

    /// The hash to keep.
    pub async fn hash(&self, password: Secret<String>) -> Result<Secret<String>, Failure> {
        let argon = self.argon.clone();
        self.aside(move || hash(&argon, &password))
            .await?
            .ok_or(Failure::Broken("a password could not be hashed"))
    }

    /// Whether the password is that of the hash. Without one, the same work is done for nothing.
    pub async fn is(
        &self,
        kept: Option<&Secret<String>>,
        password: Secret<String>,
    ) -> Result<bool, Failure> {
        let (argon, there) = (self.argon.clone(), kept.is_some());
        let kept = kept.unwrap_or(&self.nobodys).clone();
        let same = self.aside(move || {
            let kept = PasswordHash::new(kept.reveal());
            kept.is_ok_and(|kept| {
                argon
                    .verify_password(password.reveal().as_bytes(), &kept)
                    .is_ok()
            })
        });
        Ok(same.await? && there)
    }

    async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Failure> {
        const BROKEN: Failure = Failure::Broken("a password could not be hashed");
        let turn = Arc::clone(&self.at_once).acquire_owned().await;
        let turn = turn.map_err(|_| BROKEN)?;
        let work = web::block(move || {
            let _turn = turn;
            work()
        });
        work.await.map_err(|_| BROKEN)
    }
}

fn hash(argon: &Argon2<'_>, password: &Secret<String>) -> Option<Secret<String>> {
    let salt = random_hex(16);
    let hash = argon.hash_password_with_salt(password.reveal().as_bytes(), salt.as_bytes());
    hash.ok().map(|hash| Secret::new(hash.to_string()))
}

/// What is wrong with a new password, typed twice.
pub fn problems(password: &str, repeated: &str, login: &str) -> Vec<Problem> {
    let problem = |field: &'static str, message: &str| {
        vec![Problem {
            field: field.into(),
            message: message.to_owned(),
        }]
    };
    let length = password.chars().count();
    let mut letters: Vec<char> = password.chars().collect();
    letters.sort_unstable();
    letters.dedup();
    let login = login.trim().to_lowercase();
    let name = login.split('@').next().unwrap_or_default();
    if length < SHORTEST {
        problem("new_password", words::TOO_SHORT)
    } else if length > LONGEST {
        problem("new_password", words::TOO_LONG)
    } else if letters.len() < VARIETY || (name.len() >= 4 && password.to_lowercase().contains(name))
    {
        problem("new_password", words::TOO_PLAIN)
    } else if password != repeated {
        problem("repeat", words::NOT_THE_SAME)
    } else {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_good_password_is_long_varied_and_typed_twice() {
        let said = |password: &str, repeated: &str| {
            let problems = problems(password, repeated, "dana@acme.example");
            problems.into_iter().map(|p| p.message).collect::<Vec<_>>()
        };
        let good = "correct horse battery";
        assert_eq!(said(good, good), Vec::<String>::new());
        assert_eq!(said(good, "another"), [words::NOT_THE_SAME]);
        assert_eq!(said("short", "short"), [words::TOO_SHORT]);
        assert_eq!(said("abababababababab", ""), [words::TOO_PLAIN]);
        assert_eq!(said("Dana likes cards", ""), [words::TOO_PLAIN]);
        assert_eq!(said(&"abcdefgh".repeat(26), ""), [words::TOO_LONG]);
    }

    #[test]
    fn the_numbers_of_production_work() {
        let passwords = Passwords::new(Hashing::default()).unwrap();
        assert!(
            passwords
                .nobodys
                .reveal()
                .starts_with("$argon2id$v=19$m=47104,t=1,p=1$")
        );
    }
}
