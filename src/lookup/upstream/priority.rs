//! How urgent a fetch is.

/// A fetch's place among the others that need permits; the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// An agent waits and has no card to look at.
    Interactive,
    /// Short background work that keeps an install working: webhook registration, checks of its credentials and its shop.
    Setup,
    /// A card is refreshed behind its answer.
    Refresh,
    /// Background jobs: no agent looks at the result.
    Background,
}

impl Priority {
    /// Every priority, the most urgent first.
    pub const ALL: [Self; 4] = [
        Self::Interactive,
        Self::Setup,
        Self::Refresh,
        Self::Background,
    ];

    /// The `lane` label in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Interactive => "agent",
            Self::Setup => "setup",
            Self::Refresh => "refresh",
            Self::Background => "sweep",
        }
    }

    /// The share of the bucket that this priority may fill. The rest is kept for more urgent ones. A request whose turn comes
    /// from the queue's floor may fill all of it.
    pub fn share(self) -> f64 {
        match self {
            Self::Interactive => 1.0,
            Self::Setup => 0.8,
            Self::Refresh => 0.7,
            Self::Background => 0.4,
        }
    }
}
