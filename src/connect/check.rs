//! Is it the right token for this shop, and may it do what cards need?

use super::Wanted;
use crate::domain::install::ShopProfile;
use crate::domain::shop::Shop;
use crate::provider::{Credentials, Need, Provider, ProviderError, Scope};

/// What the provider says of a token.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// The name that the merchant gave it.
    pub token_name: Option<String>,
    /// What it may do, in the provider's words.
    pub scopes: Vec<String>,
    /// What cards need, and whether it is there.
    pub states: Vec<ScopeState>,
    /// Whose shop it is.
    pub proof: Proof,
    /// What else the provider says of the shop.
    pub profile: ShopProfile,
}

/// One thing that cards need.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScopeState {
    /// What.
    pub scope: &'static Scope,
    /// Whether the token has it.
    pub has: bool,
}

/// Whether the token is the typed shop's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// The provider names this very shop.
    Proven,
    /// The provider does not tell this token whose it is.
    NotTold,
}

/// Why a token is not accepted for a shop.
#[derive(Debug, Clone, PartialEq)]
pub enum Rejected {
    /// The provider refuses it.
    Refused,
    /// It is another shop's.
    OtherShop {
        /// The shop that was typed.
        typed: Shop,
        /// The shop that the token belongs to.
        actual: Shop,
    },
    /// It may not do what no card can be without.
    TooLittle(Vec<ScopeState>),
    /// The provider could not be asked: nothing is known against the token.
    NotAsked(ProviderError),
}

/// Asks the provider about the token, in two or three calls.
pub async fn check(provider: &dyn Provider, wanted: &Wanted) -> Result<Checked, Rejected> {
    let with = Credentials::new(wanted.token.clone());
    let token = provider.token(&with).await.map_err(|error| match error {
        ProviderError::Refused => Rejected::Refused,
        other => Rejected::NotAsked(other),
    })?;
    let states: Vec<ScopeState> = provider
        .scopes()
        .iter()
        .map(|scope| ScopeState {
            scope,
            has: scope.is_among(&token.scopes),
        })
        .collect();
    let (proof, profile) = match provider.shop(&with).await {
        Ok(profile) => match &profile.shop {
            Some(actual) if *actual != wanted.shop => {
                return Err(Rejected::OtherShop {
                    typed: wanted.shop.clone(),
                    actual: actual.clone(),
                });
            }
            Some(_) => (Proof::Proven, profile),
            None => (Proof::NotTold, profile),
        },
        Err(ProviderError::Refused) => return Err(Rejected::Refused),
        // The token works; its shop is just not told to it.
        Err(
            ProviderError::Forbidden | ProviderError::NotFound | ProviderError::Declined { .. },
        ) => (Proof::NotTold, ShopProfile::default()),
        Err(other) => return Err(Rejected::NotAsked(other)),
    };
    if states
        .iter()
        .any(|state| !state.has && state.scope.need == Need::Needed)
    {
        return Err(Rejected::TooLittle(states));
    }
    Ok(Checked {
        token_name: token.name,
        scopes: token.scopes,
        states,
        proof,
        profile,
    })
}
