//! Money: a decimal and, when known, its currency. Never a float.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use thiserror::Error;

/// A currency's code, upper-case: ISO 4217 where a person writes it, and whatever word a provider sends.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Currency(String);

/// An amount of money. The currency is `None` when the provider does not say it: then it is the shop's own
/// ([`Money::in_shop_currency`]). Where the shop's is not known either, an amount without a symbol is true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Money {
    /// The amount, as precise as it was sent.
    pub amount: Decimal,
    /// Its currency, when known.
    pub currency: Option<Currency>,
}

/// A text that is not money, or not a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum MoneyError {
    /// Not a decimal number of at most 28 digits.
    #[error("not an amount of money")]
    Amount,
    /// Not three letters.
    #[error("not a currency code: it has three letters, like `USD`")]
    Currency,
}

impl Currency {
    /// Parses a code, in any case.
    pub fn parse(text: &str) -> Result<Self, MoneyError> {
        let text = text.trim();
        if text.len() == 3 && text.bytes().all(|b| b.is_ascii_alphabetic()) {
            Ok(Self(text.to_ascii_uppercase()))
        } else {
            Err(MoneyError::Currency)
        }
    }

    /// Takes a provider's word as it is, upper-case: one that is no code is shown as it was sent, never as another currency.
    pub fn sent(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_uppercase()))
    }

    /// The code, or the word that was sent.
    pub fn code(&self) -> &str {
        &self.0
    }

    /// How many decimal digits the currency has: 2 for dollars, 0 for yen; 2 where it is not known.
    pub fn digits(&self) -> u32 {
        rusty_money::iso::find(&self.0).map_or(2, |currency| currency.exponent)
    }
}

impl Money {
    /// Reads an amount as providers write it: `98.00`, `-5`, `0E-10`.
    pub fn parse(amount: &str, currency: Option<Currency>) -> Result<Self, MoneyError> {
        let amount = amount.trim();
        let amount = Decimal::from_str(amount)
            .or_else(|_| Decimal::from_scientific(amount))
            .map_err(|_| MoneyError::Amount)?;
        Ok(Self { amount, currency })
    }

    /// So many times this; `None` for what no decimal can hold.
    pub fn times(&self, quantity: u32) -> Option<Self> {
        let amount = self.amount.checked_mul(Decimal::from(quantity))?;
        Some(Self {
            amount,
            currency: self.currency.clone(),
        })
    }

    /// This amount in the shop's currency, unless it says its own.
    pub fn in_shop_currency(&self, shop: Option<&Currency>) -> Self {
        Self {
            amount: self.amount,
            currency: self.currency.as_ref().or(shop).cloned(),
        }
    }

    /// The sum; `None` for no amounts, for amounts in several currencies, and for what no decimal can hold.
    pub fn sum(amounts: impl IntoIterator<Item = Self>) -> Option<Self> {
        let mut amounts = amounts.into_iter();
        let first = amounts.next()?;
        amounts.try_fold(first, |sum, next| {
            let amount = sum.amount.checked_add(next.amount)?;
            (sum.currency == next.currency).then_some(Self { amount, ..sum })
        })
    }

    /// The amount as a plain decimal, with the currency's own number of digits; more only where rounding would change
    /// the value. Dollars `98.00`, yen `4200`, and `0.125` dollars stay `0.125`.
    pub fn amount_text(&self) -> String {
        let digits = self
            .currency
            .as_ref()
            .map_or_else(|| self.amount.scale().min(2), Currency::digits);
        let mut amount = self.amount.normalize();
        if amount.scale() < digits {
            amount.rescale(digits);
        }
        amount.to_string()
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.currency {
            Some(currency) => write!(f, "{} {}", self.amount_text(), currency.code()),
            None => f.write_str(&self.amount_text()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(amount: &str, currency: Option<&str>) -> String {
        Money::parse(amount, currency.map(|c| Currency::parse(c).unwrap()))
            .unwrap()
            .to_string()
    }

    #[test]
    fn each_currency_has_its_own_digits() {
        assert_eq!(text("98", Some("usd")), "98.00 USD");
        assert_eq!(text("98.000", Some("GBP")), "98.00 GBP");
        assert_eq!(text("4200", Some("JPY")), "4200 JPY");
        assert_eq!(text("1200.00", Some("JPY")), "1200 JPY");
        assert_eq!(text("1.5", Some("KWD")), "1.500 KWD");
        assert_eq!(text("5", Some("XQZ")), "5.00 XQZ");
    }

    #[test]
    fn no_digit_that_counts_is_lost() {
        assert_eq!(text("0.125", Some("USD")), "0.125 USD");
        assert_eq!(text("98.00", None), "98.00");
        assert_eq!(text("98", None), "98");
        assert_eq!(text("0E-10", Some("USD")), "0.00 USD");
        assert_eq!(text("-5", Some("USD")), "-5.00 USD");
    }

    #[test]
    fn what_is_not_money_is_refused() {
        for bad in ["", "12,50", "abc", "$5", "1e999", "NaN"] {
            assert_eq!(Money::parse(bad, None), Err(MoneyError::Amount), "{bad}");
        }
        for bad in ["", "US", "DOLLAR", "U$D"] {
            assert_eq!(Currency::parse(bad), Err(MoneyError::Currency), "{bad}");
        }
    }

    #[test]
    fn an_amount_without_a_currency_is_in_the_shops() {
        let (usd, gbp) = (
            Currency::parse("USD").unwrap(),
            Currency::parse("GBP").unwrap(),
        );
        let bare = Money::parse("24.00", None).unwrap();
        assert_eq!(bare.in_shop_currency(Some(&usd)).to_string(), "24.00 USD");
        assert_eq!(bare.in_shop_currency(None), bare);
        let own = Money::parse("24.00", Some(gbp)).unwrap();
        assert_eq!(own.in_shop_currency(Some(&usd)), own);
        let odd = Money::parse("24.00", Currency::sent(" dollars ")).unwrap();
        assert_eq!(
            odd.in_shop_currency(Some(&usd)).to_string(),
            "24.00 DOLLARS"
        );
    }

    #[test]
    fn only_amounts_in_one_currency_have_a_sum() {
        let money = |amount, code| Money::parse(amount, Currency::parse(code).ok()).unwrap();
        let sum = Money::sum([money("24.00", "USD"), money("4.9", "USD")]);
        assert_eq!(sum.unwrap().to_string(), "28.90 USD");
        assert_eq!(
            Money::sum([money("24.00", "USD"), money("4.9", "GBP")]),
            None
        );
        assert_eq!(Money::sum([]), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_without_a_panic(amount in "\\PC*", code in "[A-Za-z]{3}") {
            if let Ok(money) = Money::parse(&amount, Currency::parse(&code).ok()) {
                let again = Money::parse(&money.amount_text(), money.currency.clone()).unwrap();
                prop_assert_eq!(again.amount, money.amount);
            }
        }

        #[test]
        fn cents_survive(units in 0u32..10_000_000, cents in 0u32..100) {
            let written = format!("{units}.{cents:02}");
            let money = Money::parse(&written, Some(Currency::parse("USD").unwrap())).unwrap();
            prop_assert_eq!(money.amount_text(), written);
        }
    }
}
