//! Words for the codes that Recharge gives a failed charge, and what an agent can do about each.
//!
//! The codes are those of Recharge's public help pages "Managing order errors" and "Understanding charge error messages". A
//! code that is not among them is shown as it is: [`error_code`].

/// The cause of a failed charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cause {
    /// The code in words.
    pub meaning: &'static str,
    /// The agent's next step.
    pub hint: &'static str,
}

const NEW_METHOD: &str = "Ask the customer to update their payment method.";
const ASK_BANK: &str = "Ask the customer to contact their bank, or to use another payment method.";
const CONFIRM: &str =
    "Ask the customer to confirm the payment with their bank, or to update their payment method.";
const FIX_BILLING: &str =
    "Ask the customer to correct the billing details of their payment method.";
const FIX_ADDRESS: &str =
    "Check the shipping address with the customer and correct it in Recharge.";
const FIX_ORDER: &str = "Correct the order in Recharge, then retry the charge.";
const FIX_DISCOUNT: &str = "Remove or replace the discount in Recharge, then retry the charge.";
const ADMIN: &str = "Nothing the customer can do. Tell the shop's Recharge admin.";
const WAIT: &str =
    "Nothing to do yet: wait for the retry. If it fails again, retry the charge in Recharge.";
const STOCK: &str = "Offer to swap the item or skip the order, or wait until it is in stock.";
const SWAP: &str = "Swap the item for one that exists, then retry the charge in Recharge.";

/// The words for a code, in whatever case it is sent; `None` for one that is not documented.
pub fn payment_cause(code: &str) -> Option<Cause> {
    let code = code.trim().to_uppercase();
    let known = CAUSES
        .iter()
        .find(|(codes, _, _)| codes.contains(&code.as_str()));
    known.map(|(_, meaning, hint)| Cause { meaning, hint })
}

/// A code that is not documented, as it was sent.
pub fn error_code(code: &str) -> String {
    format!("Error code: {code}")
}

/// Codes, their words, and the next step.
const CAUSES: &[(&[&str], &str, &str)] = &[
    (
        &["CARD_UPDATED_NOW_PENDING_NEXT_ATTEMPT"],
        "The customer has updated the card. The charge waits for the next retry.",
        "Nothing to do: Recharge retries with the new card.",
    ),
    (
        &["CUSTOMER_NEEDS_TO_UPDATE_CARD"],
        "The card on file can't be charged any more.",
        NEW_METHOD,
    ),
    (
        &["CLOSED_MAX_RETRIES_REACHED"],
        "All retries have failed.",
        "Ask the customer to update their payment method, then retry the charge in Recharge.",
    ),
    (
        &["INSUFFICIENT_FUNDS"],
        "There was not enough money in the account.",
        "Wait for the next retry, or ask the customer to use another payment method.",
    ),
    (
        &["INSUFFICIENT_CREDIT_BALANCE"],
        "The customer's store credit does not cover the charge.",
        NEW_METHOD,
    ),
    (
        &["CARD_EXPIRED", "EXPIRED_PAYMENT_METHOD"],
        "The card has expired.",
        NEW_METHOD,
    ),
    (
        &["INVALID_EXPIRY_DATE"],
        "The card's expiration date is wrong.",
        NEW_METHOD,
    ),
    (
        &["CARDNUMBER_INCORRECT", "INCORRECT_NUMBER", "INVALID_NUMBER"],
        "The card number is wrong.",
        NEW_METHOD,
    ),
    (
        &["INVALID_ACCOUNT_NUMBER", "INVALID_ROUTING_NUMBER"],
        "The bank account's number is wrong.",
        NEW_METHOD,
    ),
    (
        &["CARD_ZIPCODE_FAILED_VALIDATION", "INCORRECT_ZIP"],
        "The ZIP code does not match the card.",
        FIX_BILLING,
    ),
    (
        &[
            "BILLING_ADDRESS_ERROR",
            "INVALID_BILLING_ADDRESS",
            "INCORRECT_ADDRESS",
        ],
        "The billing address does not match the payment method.",
        FIX_BILLING,
    ),
    (
        &[
            "CARD_DECLINED",
            "CARD_ERROR_GENERAL",
            "PAYMENT_METHOD_DECLINED",
            "INSTRUMENT_DECLINED",
            "PAYMENT_INTENT_PAYMENT_ATTEMPT_FAILED",
            "COULD_NOT_PROCESS",
            "PAYPAL_ERROR_GENERAL",
            "SEPA_DEBIT_FAILURE",
            "REFER_TO_CUSTOMER",
        ],
        "The payment was declined.",
        ASK_BANK,
    ),
    (
        &["DO_NOT_HONOR", "CALL_ISSUER", "RETRY_DECLINED"],
        "The bank declined the payment without a reason.",
        ASK_BANK,
    ),
    (
        &["PICK_UP_CARD"],
        "The bank has blocked the card.",
        NEW_METHOD,
    ),
    (
        &[
            "AMOUNT_TOO_LARGE",
            "TRANSACTION_LIMIT_EXCEEDED",
            "TRANSACTION_SIZE_DECLINE",
        ],
        "The amount is over the limit of the payment method.",
        ASK_BANK,
    ),
    (
        &[
            "PURCHASE_TYPE_NOT_SUPPORTED_BY_CARD",
            "INVALID_PURCHASE_TYPE",
            "PAYMENT_METHOD_UNSUPPORTED",
        ],
        "The payment method does not support this purchase.",
        NEW_METHOD,
    ),
    (
        &[
            "AUTHENTICATION_REQUIRED",
            "AUTHENTICATION_FAILED",
            "PENDING_SCA_AUTHENTICATION",
            "SCA_CONFIRM_FAILED",
            "OFF_SESSION_REJECTED",
            "CONFIRMATION_REJECTED",
            "EXPIRED_BUYER_ACTION",
        ],
        "The bank wants the customer to confirm the payment.",
        CONFIRM,
    ),
    (
        &[
            "PAYMENT_METHOD_NOT_FOUND",
            "PAYMENT_METHOD_NOT_SPECIFIED",
            "CUSTOMER_NO_TOKEN",
            "INVALID_TOKEN",
            "INVALID_PAYMENT_METHOD",
            "CUSTOMER_INVALID",
        ],
        "There is no usable payment method on file.",
        NEW_METHOD,
    ),
    (
        &[
            "BUYER_CANCELED_PAYMENT_METHOD",
            "CANCELLED_PAYMENT",
            "PAYMENT_METHOD_REVOKED",
            "DEBIT_AUTHORIZATION_REVOKED",
            "DEBIT_NOT_AUTHORIZED",
            "INVALID_CUSTOMER_BILLING_AGREEMENT",
        ],
        "The customer, or their bank, has withdrawn the payment method.",
        NEW_METHOD,
    ),
    (
        &["ACCOUNT_CLOSED", "BANK_ACCOUNT_RESTRICTED"],
        "The bank account is closed or restricted.",
        NEW_METHOD,
    ),
    (
        &[
            "FRAUD_SUSPECTED",
            "HIGH_RISK_FRAUD_SUSPECTED",
            "CARD_TESTING",
        ],
        "The payment was blocked as possible fraud.",
        "Don't retry. Tell the shop's fraud team or Recharge admin.",
    ),
    (
        &[
            "INVENTORY_ALLOCATIONS_NOT_FOUND",
            "UNEXPECTED_INVENTORY_LEVEL",
        ],
        "An item is out of stock.",
        STOCK,
    ),
    (
        &["VARIANT_DOES_NOT_EXIST", "UNEXPECTED_VARIANT_ERROR_TYPE"],
        "An item of the order is not in the store any more.",
        SWAP,
    ),
    (
        &["SHOPIFY_REJECTED"],
        "Shopify rejected the order.",
        FIX_ORDER,
    ),
    (
        &[
            "INVALID_SHIPPING_ADDRESS",
            "INVALID_SHIPPING_PROVINCE",
            "INVALID_COUNTRY",
            "INVALID_ZIP_CODE",
            "MISSING_DELIVERY_DATA",
        ],
        "The shipping address is not valid.",
        FIX_ADDRESS,
    ),
    (
        &["INVALID_PHONE_NUMBER"],
        "The phone number is not valid.",
        FIX_ADDRESS,
    ),
    (
        &["INVALID_PICK_UP_LOCATION"],
        "The pickup location is not available.",
        FIX_ADDRESS,
    ),
    (
        &["SHIPPING_RATE_ERROR"],
        "No shipping rate could be had for the address.",
        FIX_ADDRESS,
    ),
    (
        &["TAX_RATE_ERROR"],
        "The tax could not be calculated.",
        FIX_ADDRESS,
    ),
    (
        &["INVALID_DISCOUNT", "INVALID_DISCOUNT_AMOUNT"],
        "The discount is not valid.",
        FIX_DISCOUNT,
    ),
    (
        &["FREE_GIFT_CARD_NOT_ALLOWED"],
        "A gift card can't be free.",
        FIX_DISCOUNT,
    ),
    (
        &[
            "INVALID_LINE_ITEM_PROPERTY",
            "INVALID",
            "EMPTY_CHARGE_ENTRY",
        ],
        "The order is not valid.",
        FIX_ORDER,
    ),
    (
        &["AMOUNT_TOO_SMALL", "MIN_CHARGE_ERROR"],
        "The amount is too small to be charged.",
        FIX_ORDER,
    ),
    (
        &["INVALID_CURRENCY"],
        "The payment method does not support the currency.",
        NEW_METHOD,
    ),
    (
        &[
            "CAPTURE_FAILED",
            "CAPTURE_PAYMENT_ERROR",
            "PAYMENT_CAPTURE_ERROR",
            "CAPTURE_AMOUNT_EXCEEDS_AUTHORIZED",
        ],
        "The payment was authorized, but could not be captured.",
        ADMIN,
    ),
    (
        &[
            "CONTRACT_NOT_AVAILABLE",
            "CONTRACT_TERMINATED",
            "CONTRACT_UNDER_REVIEW",
        ],
        "The subscription contract can't be charged.",
        ADMIN,
    ),
    (
        &[
            "MERCHANT_ACCOUNT_ERROR",
            "MERCHANT_RULE",
            "AUTHENTICATION_ERROR",
            "PAYMENT_PROVIDER_IS_NOT_ENABLED",
            "PAYMENT_METHOD_INCOMPATIBLE_WITH_GATEWAY_CONFIG",
            "BLOCKED_FROM_AUTOMATIC_PROCESSING",
            "NON_TEST_ORDER_LIMIT_REACHED",
        ],
        "The shop's payment settings prevent the charge.",
        ADMIN,
    ),
    (&["TEST_MODE"], "The shop is in test mode.", ADMIN),
    (
        &["CUSTOMER_NOT_FOUND"],
        "The payment processor does not know the customer.",
        NEW_METHOD,
    ),
    (
        &[
            "PROCESSING_ERROR",
            "PAYMENT_PROVIDER_ERROR",
            "THROTTLE",
            "TRANSIENT_ERROR",
        ],
        "The payment processor had a temporary problem.",
        WAIT,
    ),
    (
        &[
            "GENERIC_ERROR",
            "GENERAL_FAILURE",
            "UNEXPECTED_ERROR",
            "UNKNOWN_ERROR",
            "UNEXPECTED_REGEN_ERROR",
            "NO_JSON_FOUND",
        ],
        "The charge failed for an unknown reason.",
        WAIT,
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_documented_code_has_words_and_a_next_step() {
        let codes: Vec<&str> = CAUSES
            .iter()
            .flat_map(|(codes, _, _)| *codes)
            .copied()
            .collect();
        // The 109 of "Managing order errors", and an older one.
        assert_eq!(codes.len(), 110);
        assert_eq!(codes.iter().collect::<HashSet<_>>().len(), codes.len());
        for (codes, meaning, hint) in CAUSES {
            assert!(meaning.ends_with('.') && hint.ends_with('.'), "{codes:?}");
        }
    }

    #[test]
    fn a_code_is_read_in_any_case_and_an_unknown_one_is_not_guessed() {
        let card = payment_cause(" card_expired ").unwrap();
        assert_eq!(card.meaning, "The card has expired.");
        assert_eq!(payment_cause("CARD_EXPIRED_TWICE"), None);
        assert_eq!(payment_cause(""), None);
        assert_eq!(
            error_code("CARD_EXPIRED_TWICE"),
            "Error code: CARD_EXPIRED_TWICE"
        );
    }
}
