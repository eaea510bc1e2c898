use super::super::samples::*;
use super::*;

use crate::domain::customer::Customer;
use crate::domain::id::ShopifyCustomerId;

fn email(text: &str) -> SubjectKey {
    Subject::Email(Email::parse(text).unwrap()).key()
}

#[test]
fn an_address_that_moves_takes_the_old_and_the_new_with_it() {
    let before = known(Vec::new(), Vec::new());
    let old = before.customer.email.clone().unwrap();
    let mut now = Customer {
        email: Some("kim.new@acme.example".into()),
        ..record(5)
    };
    let both = [email(&old), email("kim.new@acme.example")];
    assert_eq!(moved(&of_kim(now.clone()), Some(&before)), both);
    assert_eq!(moved(&of_kim(now.clone()), None), both[1..]);
    now.email = Some(old.to_uppercase());
    assert!(moved(&of_kim(now.clone()), Some(&before)).is_empty());
    now.shopify_customer_id = Some(ShopifyCustomerId::new("7"));
    let synchronised = Subject::ShopifyCustomer(ShopifyCustomerId::new("7")).key();
    assert_eq!(moved(&of_kim(now), Some(&before)), [synchronised]);
    assert!(moved(&of(subscription(1, 5)), Some(&before)).is_empty());
}
