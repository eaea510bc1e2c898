//! API keys and their roles.

/// A key that is let in.
#[derive(Clone)]
pub struct Key {
    /// The key itself.
    pub key: String,
    /// Its roles, as Kustomer names them: `org.permission.kobject` includes `org.permission.kobject.create`.
    pub roles: Vec<String>,
}

impl Key {
    /// A key with these roles.
    pub fn new(key: &str, roles: &[&str]) -> Self {
        Self {
            key: key.to_owned(),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        }
    }

    /// Whether one of the roles that would do is among its own.
    pub(super) fn may(&self, any_of: &[&str]) -> bool {
        any_of.is_empty()
            || any_of.iter().any(|wanted| {
                self.roles.iter().any(|role| {
                    let rest = wanted.strip_prefix(role.as_str());
                    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                })
            })
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key")
            .field("roles", &self.roles)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_includes_those_below_it() {
        let key = Key::new("fake", &["org.permission.bulk", "org.user.customer.read"]);
        assert!(key.may(&["org.permission.bulk.read"]));
        assert!(key.may(&["org.permission.customer.read", "org.user.customer.read"]));
        assert!(key.may(&[]));
        assert!(!key.may(&["org.permission.bulky"]));
        assert!(!key.may(&["org.permission.kobject.create"]));
        assert!(!format!("{key:?}").contains("fake"));
    }
}
