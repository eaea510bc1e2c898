//! Sidecard.
