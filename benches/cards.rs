//! Benches.
fn main(){}
