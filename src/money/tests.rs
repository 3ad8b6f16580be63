//! Tests of money and currencies.
#![allow(clippy::unwrap_used)]

use super::*;

/// The whole table. If a new version of a dependency turns this red, a currency
/// came, went or changed its decimals: that is a change of behaviour to release
/// knowingly, not a line to adjust.
const TABLE: &str = "
    AED 2, AFN 2, ALL 2, AMD 2, AOA 2, ARS 2, AUD 2, AWG 2, AZN 2, BAM 2,
    BBD 2, BDT 2, BGN 2, BHD 3, BIF 0, BMD 2, BND 2, BOB 2, BOV 2, BRL 2,
    BSD 2, BTN 2, BWP 2, BYN 2, BZD 2, CAD 2, CDF 2, CHE 2, CHF 2, CHW 2,
    CLF 4, CLP 0, CNY 2, COP 2, COU 2, CRC 2, CUC 2, CUP 2, CVE 2, CZK 2,
    DJF 0, DKK 2, DOP 2, DZD 2, EGP 2, ERN 2, ETB 2, EUR 2, FJD 2, FKP 2,
    GBP 2, GEL 2, GHS 2, GIP 2, GMD 2, GNF 0, GTQ 2, GYD 2, HKD 2, HNL 2,
    HRK 2, HTG 2, HUF 2, IDR 2, ILS 2, INR 2, IQD 3, IRR 2, ISK 0, JMD 2,
    JOD 3, JPY 0, KES 2, KGS 2, KHR 2, KMF 0, KPW 2, KRW 0, KWD 3, KYD 2,
    KZT 2, LAK 2, LBP 2, LKR 2, LRD 2, LSL 2, LYD 3, MAD 2, MDL 2, MGA 2,
    MKD 2, MMK 2, MNT 2, MOP 2, MRU 2, MUR 2, MVR 2, MWK 2, MXN 2, MXV 2,
    MYR 2, MZN 2, NAD 2, NGN 2, NIO 2, NOK 2, NPR 2, NZD 2, OMR 3, PAB 2,
    PEN 2, PGK 2, PHP 2, PKR 2, PLN 2, PYG 0, QAR 2, RON 2, RSD 2, RUB 2,
    RWF 0, SAR 2, SBD 2, SCR 2, SDG 2, SEK 2, SGD 2, SHP 2, SLE 2, SLL 2,
    SOS 2, SRD 2, SSP 2, STN 2, SVC 2, SYP 2, SZL 2, THB 2, TJS 2, TMT 2,
    TND 3, TOP 2, TRY 2, TTD 2, TWD 2, TZS 2, UAH 2, UGX 0, USD 2, USN 2,
    UYI 0, UYU 2, UYW 4, UZS 2, VED 2, VES 2, VND 0, VUV 0, WST 2, XAD 2,
    XAF 0, XAG -, XAU -, XBA -, XBB -, XBC -, XBD -, XCD 2, XCG 2, XDR -,
    XOF 0, XPD -, XPF 0, XPT -, XSU -, XTS -, XUA -, XXX -, YER 2, ZAR 2,
    ZMW 2, ZWG 2, ZWL 2";

fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD).unwrap()
}

fn named(code: &str) -> Currency {
    Currency::from_code(code).unwrap()
}

fn row(currency: Currency) -> String {
    let exponent = currency.exponent().map_or("-".to_owned(), |e| e.to_string());
    format!("{} {exponent}", currency.code())
}

#[test]
fn the_currency_table_is_pinned_whole() {
    let pinned: Vec<&str> = TABLE.split(',').map(str::trim).collect();
    let current: Vec<String> = Currency::all().map(row).collect();
    assert_eq!(current, pinned);
    assert_eq!(pinned.len(), 183);
    assert_eq!(pinned.iter().filter(|row| row.ends_with('-')).count(), 13);
}

#[test]
fn every_code_is_found_and_survives_storage() {
    for currency in Currency::all() {
        assert_eq!(Currency::from_code(currency.code()), Ok(currency));
        let stored = Currency::stored(currency.code(), currency.exponent());
        assert_eq!(stored, Ok(currency));
    }
}

#[test]
fn constants_agree_with_the_table() {
    for constant in [Currency::USD, Currency::EUR, Currency::JPY, Currency::KWD] {
        assert_eq!(named(constant.code()), constant);
    }
}

#[test]
fn only_exact_capitals_are_codes() {
    let malformed =
        ["", "US", "USDD", "usd", "Usd", " USD", "USD ", "U$D", "US1", "ÉUR", "É$", "USD\0", "\u{FF35}SD"];
    for code in malformed {
        assert_eq!(Currency::from_code(code), Err(CurrencyError::Malformed), "{code:?}");
        let stored = Currency::stored(code, Some(2));
        assert_eq!(stored, Err(CurrencyError::Malformed), "{code:?}");
    }
    for code in ["ANG", "DEM", "ZZZ", "AAA"] {
        let unknown = CurrencyError::Unknown { code: code.to_owned() };
        assert_eq!(Currency::from_code(code), Err(unknown));
    }
}

#[test]
fn a_stored_currency_outlives_the_table() {
    let gulden = Currency::stored("ANG", Some(2)).unwrap();
    let money = Money::from_minor(1_234, gulden).unwrap();
    assert_eq!(money.to_string(), "12.34 ANG");
    assert_eq!(Currency::stored("QQQ", Some(18)).unwrap().exponent(), Some(18));
    assert_eq!(Currency::stored("QQQ", None).unwrap().exponent(), None);
    for exponent in [19, 254, 255] {
        let error = CurrencyError::ExponentTooLarge { exponent };
        assert_eq!(Currency::stored("QQQ", Some(exponent)), Err(error));
    }
}

#[test]
fn one_code_with_two_exponents_is_two_currencies() {
    let odd = Currency::stored("USD", Some(3)).unwrap();
    assert_ne!(odd, Currency::USD);
    let error = usd(1).checked_add(Money::zero(odd)).unwrap_err();
    assert!(error.to_string().contains("USD(2) and in USD(3)"), "{error}");
}

#[test]
fn sizes_stay_as_promised() {
    assert_eq!(size_of::<Currency>(), 4);
    assert_eq!(size_of::<Money>(), 12);
    assert_eq!((size_of::<Option<Currency>>(), size_of::<Option<Money>>()), (4, 12));
    assert_eq!(size_of::<Total>(), 32);
}

#[test]
fn decimals_are_taken_exactly_or_not_at_all() {
    let too_precise = |code, decimals| {
        let currency = named(code);
        Err(MoneyError::TooPrecise { currency, decimals })
    };
    let no_exponent = |code| Err(MoneyError::NoExponent { currency: named(code) });
    let cases = [
        ("4", "USD", Ok(400)),
        ("4.0", "USD", Ok(400)),
        ("4.00", "USD", Ok(400)),
        ("4.0000000000000000000000000000", "USD", Ok(400)),
        ("0.01", "USD", Ok(1)),
        ("0.010", "USD", Ok(1)),
        ("0.001", "USD", too_precise("USD", 3)),
        ("4.0010", "USD", too_precise("USD", 3)),
        ("0.0000000000000000000000000001", "USD", too_precise("USD", 28)),
        ("0", "USD", Ok(0)),
        ("-0", "USD", Ok(0)),
        ("-0.000", "USD", Ok(0)),
        ("0.0000000000000000000000000000", "JPY", Ok(0)),
        ("-0.01", "USD", Err(MoneyError::Negative)),
        ("-0.001", "USD", Err(MoneyError::Negative)),
        ("-79228162514264337593543950335", "USD", Err(MoneyError::Negative)),
        ("1000", "JPY", Ok(1_000)),
        ("1000.00", "JPY", Ok(1_000)),
        ("0.5", "JPY", too_precise("JPY", 1)),
        ("1.234", "KWD", Ok(1_234)),
        ("1.2345", "KWD", too_precise("KWD", 4)),
        ("1.2345", "CLF", Ok(12_345)),
        ("1.23456", "UYW", too_precise("UYW", 5)),
        ("92233720368547758.07", "USD", Ok(i64::MAX)),
        ("92233720368547758.0700", "USD", Ok(i64::MAX)),
        ("92233720368547758.08", "USD", Err(MoneyError::Overflow)),
        ("9223372036854775807", "JPY", Ok(i64::MAX)),
        ("9223372036854775808", "JPY", Err(MoneyError::Overflow)),
        ("79228162514264337593543950335", "JPY", Err(MoneyError::Overflow)),
        ("79228162514264337593543950335", "CLF", Err(MoneyError::Overflow)),
        ("7.9228162514264337593543950335", "USD", too_precise("USD", 28)),
        ("1", "XAU", no_exponent("XAU")),
        ("0", "XXX", no_exponent("XXX")),
        ("-1", "XTS", no_exponent("XTS")),
    ];
    for (amount, code, expected) in cases {
        let amount: Decimal = amount.parse().unwrap();
        let minor = Money::new(amount, named(code)).map(|money| money.minor());
        assert_eq!(minor, expected, "{amount} {code}");
    }
    assert_eq!(Money::new(Decimal::MAX, Currency::USD), Err(MoneyError::Overflow));
    assert_eq!(Money::new(Decimal::MIN, Currency::USD), Err(MoneyError::Negative));
    let wide = Currency::stored("QQQ", Some(18)).unwrap();
    assert_eq!(Money::new(Decimal::MAX, wide), Err(MoneyError::Overflow));
}

#[test]
fn decimals_are_given_with_exactly_the_exponent() {
    let cases = [
        (100, "USD", "1.00"),
        (0, "USD", "0.00"),
        (5, "KWD", "0.005"),
        (4, "JPY", "4"),
        (12_345, "CLF", "1.2345"),
        (i64::MAX, "USD", "92233720368547758.07"),
    ];
    for (minor, code, expected) in cases {
        let money = Money::from_minor(minor, named(code)).unwrap();
        let decimal = money.to_decimal().unwrap();
        assert_eq!(decimal.to_string(), expected);
        assert_eq!(Money::new(decimal, named(code)), Ok(money));
    }
    let gold = named("XAU");
    let error = MoneyError::NoExponent { currency: gold };
    assert_eq!(Money::zero(gold).to_decimal(), Err(error));
    let wide = Currency::stored("QQQ", Some(18)).unwrap();
    let decimal = Money::from_minor(i64::MAX, wide).unwrap().to_decimal();
    assert_eq!(decimal.unwrap().to_string(), "9.223372036854775807");
}

#[test]
fn amounts_are_printed_from_whole_numbers() {
    let cases = [
        (400, "USD", "4.00 USD"),
        (7, "USD", "0.07 USD"),
        (0, "USD", "0.00 USD"),
        (4, "JPY", "4 JPY"),
        (4, "XAU", "4 XAU"),
        (1_001, "KWD", "1.001 KWD"),
        (10_020, "UYW", "1.0020 UYW"),
        (i64::MAX, "USD", "92233720368547758.07 USD"),
    ];
    for (minor, code, expected) in cases {
        let money = Money::from_minor(minor, named(code)).unwrap();
        assert_eq!(money.to_string(), expected);
        assert_eq!(Total::from(money).to_string(), expected);
    }
    let most = Total::from_minor(i128::MAX, Currency::USD).unwrap();
    assert_eq!(most.to_string(), "1701411834604692317316873037158841057.27 USD");
    assert_eq!(format!("{:?} {:?}", Currency::USD, named("XAU")), "USD(2) XAU(-)");
}

#[test]
fn nothing_is_ever_below_zero() {
    for minor in [-1, i64::MIN] {
        assert_eq!(Money::from_minor(minor, Currency::USD), Err(MoneyError::Negative));
    }
    for minor in [-1, i128::MIN] {
        assert_eq!(Total::from_minor(minor, Currency::USD), Err(MoneyError::Negative));
    }
    assert_eq!(usd(1).checked_sub(usd(2)), Err(MoneyError::Negative));
    assert_eq!(usd(0).checked_sub(usd(i64::MAX)), Err(MoneyError::Negative));
    assert_eq!(usd(2).checked_sub(usd(2)), Ok(Money::zero(Currency::USD)));
    assert!(usd(0).is_zero() && !usd(1).is_zero());
}

#[test]
fn sums_do_not_wrap() {
    assert_eq!(usd(i64::MAX).checked_add(usd(0)), Ok(usd(i64::MAX)));
    assert_eq!(usd(i64::MAX).checked_add(usd(1)), Err(MoneyError::Overflow));
    assert_eq!(usd(i64::MAX).checked_add(usd(i64::MAX)), Err(MoneyError::Overflow));
    let most = usd(MAX_COMMANDED_MINOR);
    assert_eq!(most.minor(), 10i64.pow(18) - 1);
    assert!(most.checked_add(most).is_ok());
}

#[test]
fn currencies_do_not_mix() {
    let error = MoneyError::MixedCurrencies { left: Currency::USD, right: Currency::EUR };
    let euro = Money::zero(Currency::EUR);
    assert_eq!(usd(1).checked_add(euro), Err(error));
    assert_eq!(usd(1).checked_sub(euro), Err(error));
    assert_eq!(usd(1).checked_cmp(euro), Err(error));
    assert_ne!(usd(0), euro);
    assert_eq!(usd(1).checked_cmp(usd(2)), Ok(Ordering::Less));
    assert_eq!(usd(2).checked_cmp(usd(2)), Ok(Ordering::Equal));
    assert_eq!(usd(3).checked_cmp(usd(2)), Ok(Ordering::Greater));
}
