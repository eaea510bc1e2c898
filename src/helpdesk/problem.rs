//! What can be wrong with a request: one table of codes, statuses, messages and what to do.

/// One kind of problem. The README's table of errors is checked against this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// No workspace, no valid secret or signature, or expired: which of them is not said.
    Unauthorized,
    /// A text that should be an email address and is none.
    NotAnEmail,
    /// A body that is not the JSON that was expected.
    NotJson,
    /// A body that is no lookup of Gladly's.
    NotALookup,
    /// A lookup of a linked customer that does not say which.
    NoExternalId,
    /// Nothing to look for.
    NothingAsked,
    /// More to look for than one question may have.
    TooManyAsked,
    /// No such address.
    NotFound,
    /// An action, where none is offered.
    NoActions,
    /// The address is right, the method is not.
    MethodNotAllowed,
    /// The body is over 64 kB.
    TooLarge,
    /// The address and the headers are over 16 kB.
    HeadTooLarge,
    /// The workspace has asked too often.
    TooManyRequests,
    /// The body could not be read to its end.
    Unreadable,
    /// The body did not come in time.
    TooSlow,
    /// A page's session is over, or was none: which of them is not said.
    SessionOver,
    /// A page's request that can't be read.
    NotAnAct,
    /// A search for something that can't be looked for as it is written.
    NotSearchable,
    /// Searching and linking by hand, where it is not allowed.
    NotByHand,
    /// A record that the page was not shown.
    NotPicked,
    /// More searches than an agent may make.
    TooManySearches,
    /// More open pages than are told of changes.
    TooManyStreams,
    /// Something went wrong here.
    Internal,
}

impl Problem {
    /// All of them, in the order of the README's table.
    pub const ALL: [Self; 23] = [
        Self::Unauthorized,
        Self::NotAnEmail,
        Self::NotJson,
        Self::NotALookup,
        Self::NoExternalId,
        Self::NothingAsked,
        Self::TooManyAsked,
        Self::NotFound,
        Self::NoActions,
        Self::MethodNotAllowed,
        Self::TooLarge,
        Self::HeadTooLarge,
        Self::TooManyRequests,
        Self::Unreadable,
        Self::TooSlow,
        Self::SessionOver,
        Self::NotAnAct,
        Self::NotSearchable,
        Self::NotByHand,
        Self::NotPicked,
        Self::TooManySearches,
        Self::TooManyStreams,
        Self::Internal,
    ];

    /// The code that programs read.
    pub fn code(self) -> &'static str {
        self.row().0
    }

    /// The HTTP status.
    pub fn status(self) -> u16 {
        self.row().1
    }

    /// What is wrong. Never repeats what was sent.
    pub fn message(self) -> &'static str {
        self.row().2
    }

    /// What to do about it.
    pub fn hint(self) -> &'static str {
        self.row().3
    }

    /// After how many seconds it may be asked again, where that is all that is wrong.
    pub fn retry_after(self) -> Option<u16> {
        match self {
            // At one request a second or more, the next one is allowed within this.
            Self::TooManyRequests => Some(1),
            Self::TooManySearches => Some(60),
            Self::TooManyStreams => Some(15),
            _ => None,
        }
    }

    fn row(self) -> (&'static str, u16, &'static str, &'static str) {
        match self {
            Self::Unauthorized => (
                "unauthorized",
                401,
                "this workspace does not accept the request",
                "check the workspace's address and secret; a signed address is valid for an hour at most",
            ),
            Self::NotAnEmail => (
                "not_an_email",
                400,
                "an email address can't be read",
                "write it like `name@domain.example`, without blanks; in a query write `+` as `%2B`",
            ),
            Self::NotJson => (
                "not_json",
                400,
                "the body can't be read",
                "send JSON like `{\"emails\":[\"name@domain.example\"]}`",
            ),
            Self::NotALookup => (
                "not_a_lookup",
                422,
                "the body is no lookup",
                "send a JSON object with `lookupLevel` (`BASIC` or `DETAILED`) and an object `query`",
            ),
            Self::NoExternalId => (
                "no_external_id",
                422,
                "the lookup does not say which customer is linked",
                "send `externalCustomerId` in the `query` of a DETAILED lookup",
            ),
            Self::NothingAsked => (
                "nothing_asked",
                400,
                "there is no email address to look for",
                "send at least one",
            ),
            Self::TooManyAsked => (
                "too_many_asked",
                400,
                "there are too many email addresses to look for",
                "send at most 10; a signed address takes 5",
            ),
            Self::NotFound => (
                "not_found",
                404,
                "there is nothing at this address",
                "compare it with the one that the workspace was given",
            ),
            Self::NoActions => (
                "no_actions",
                404,
                "no actions are offered here",
                "act in Recharge; the card has the link",
            ),
            Self::MethodNotAllowed => (
                "method_not_allowed",
                405,
                "this address does not take that method",
                "use GET or POST as the README says",
            ),
            Self::TooLarge => (
                "too_large",
                413,
                "the body is too large",
                "send at most 64 kB",
            ),
            Self::HeadTooLarge => (
                "head_too_large",
                431,
                "the address and the headers are too large",
                "send at most 16 kB of them, 8 kB of it in the address",
            ),
            Self::TooManyRequests => (
                "too_many_requests",
                429,
                "this workspace asks too often",
                "wait a moment and try again, `Retry-After` says how many seconds; `server.workspace_rate` is the limit",
            ),
            Self::Unreadable => (
                "unreadable",
                400,
                "the request could not be read to its end",
                "send it again",
            ),
            Self::TooSlow => (
                "too_slow",
                408,
                "the body did not come in time",
                "send it at once; 5 seconds are given",
            ),
            Self::SessionOver => (
                "session_over",
                401,
                "this page's session is over",
                "reload the ticket",
            ),
            Self::NotAnAct => (
                "not_an_act",
                400,
                "what the page asks for can't be read",
                "send the JSON that the README describes",
            ),
            Self::NotSearchable => (
                "not_searchable",
                400,
                "that can't be looked for",
                "search for a whole email address, a whole ID of digits, or an order number like #1001",
            ),
            Self::NotByHand => (
                "not_by_hand",
                403,
                "searching and linking by hand is off",
                "switch on the workspace's `search`, and sign `profile` and `agent`",
            ),
            Self::NotPicked => (
                "not_picked",
                400,
                "that record was not shown on this page",
                "search again",
            ),
            Self::TooManySearches => (
                "too_many_searches",
                429,
                "too many searches",
                "wait a minute; 20 a minute are given to each agent",
            ),
            Self::TooManyStreams => (
                "too_many_streams",
                429,
                "too many open cards",
                "ask for the card every 15 seconds instead",
            ),
            Self::Internal => (
                "internal",
                500,
                "something went wrong in Sidecard",
                "try again; if it stays, look for the request id in Sidecard's log",
            ),
        }
    }
}
