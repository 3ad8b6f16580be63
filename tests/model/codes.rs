//! Which operation can get which code in which state of the payment that it
//! names: what histories must meet, and what they may meet besides because it
//! takes rare chances. All else the rules exclude.
//!
//! An id is known if something was recorded of it before the line: then the
//! answer is that of the record, whatever state the payment is in by now.

/// The letters of the states before the line. Small ones are open payments
/// whose deadline has passed and has not been met by any command.
pub const STATES: [(char, &str); 8] = [
    ('-', "none"),
    ('A', "AUTHORIZED"),
    ('P', "PARTIALLY_CAPTURED"),
    ('a', "due AUTHORIZED"),
    ('p', "due PARTIALLY_CAPTURED"),
    ('F', "FULLY_CAPTURED"),
    ('E', "EXPIRED"),
    ('C', "CANCELLED"),
];

/// Op, whether its id is known, code, states that must be met, states that may.
type Row = (&'static str, bool, &'static str, &'static str, &'static str);

const NEW: bool = false;
const KNOWN: bool = true;

#[rustfmt::skip]
pub const CODES: &[Row] = &[
    ("configure", NEW, "SUCCESS", "-", ""),
    ("configure", NEW, "PARAM_ILLEGAL", "-", ""),

    ("registerPayer", NEW, "SUCCESS", "-", ""),
    ("registerPayer", NEW, "PARAM_ILLEGAL", "-", ""),
    ("registerPayer", NEW, "CURRENCY_NOT_SUPPORT", "-", ""),
    ("registerPayer", KNOWN, "SUCCESS", "-", ""),
    ("registerPayer", KNOWN, "PARAM_ILLEGAL", "-", ""),
    ("registerPayer", KNOWN, "REPEAT_REQ_INCONSISTENT", "-", ""),

    ("adjustPayer", NEW, "SUCCESS", "-", ""),
    ("adjustPayer", NEW, "PARAM_ILLEGAL", "-", ""),
    ("adjustPayer", NEW, "CURRENCY_NOT_SUPPORT", "-", ""),
    ("adjustPayer", NEW, "USER_BALANCE_NOT_ENOUGH", "-", ""),
    ("adjustPayer", KNOWN, "SUCCESS", "-", ""),
    ("adjustPayer", KNOWN, "PARAM_ILLEGAL", "-", ""),
    ("adjustPayer", KNOWN, "CURRENCY_NOT_SUPPORT", "-", ""),
    ("adjustPayer", KNOWN, "USER_BALANCE_NOT_ENOUGH", "-", ""),
    ("adjustPayer", KNOWN, "REPEAT_REQ_INCONSISTENT", "-", ""),

    ("authorize", NEW, "SUCCESS", "-", ""),
    ("authorize", NEW, "PARAM_ILLEGAL", "-", ""),
    ("authorize", NEW, "CURRENCY_NOT_SUPPORT", "-", ""),
    ("authorize", NEW, "PAYMENT_AMOUNT_EXCEED_LIMIT", "-", ""),
    ("authorize", NEW, "USER_STATUS_ABNORMAL", "-", ""),
    ("authorize", NEW, "USER_BALANCE_NOT_ENOUGH", "-", ""),
    ("authorize", KNOWN, "SUCCESS", "APapFEC", ""),
    ("authorize", KNOWN, "PARAM_ILLEGAL", "-APapFEC", ""),
    ("authorize", KNOWN, "CURRENCY_NOT_SUPPORT", "-", ""),
    ("authorize", KNOWN, "PAYMENT_AMOUNT_EXCEED_LIMIT", "-", ""),
    ("authorize", KNOWN, "USER_STATUS_ABNORMAL", "-", ""),
    ("authorize", KNOWN, "USER_BALANCE_NOT_ENOUGH", "-", ""),
    ("authorize", KNOWN, "REPEAT_REQ_INCONSISTENT", "-APapFEC", ""),

    ("capture", NEW, "SUCCESS", "AP", ""),
    ("capture", NEW, "PARAM_ILLEGAL", "-APapFEC", ""),
    ("capture", NEW, "AUTH_NOT_FOUND", "-", ""),
    ("capture", NEW, "AUTH_CANCELLED", "C", ""),
    ("capture", NEW, "AUTH_EXPIRED", "apE", ""),
    ("capture", NEW, "CURRENCY_NOT_SUPPORT", "APpF", ""),
    ("capture", NEW, "CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT", "APpF", ""),
    ("capture", NEW, "CAPTURE_IN_PROCESS", "AP", ""),
    ("capture", NEW, "PAYMENT_COUNT_EXCEED_LIMIT", "AP", ""),
    ("capture", NEW, "PAYMENT_AMOUNT_EXCEED_LIMIT", "AP", ""),
    ("capture", NEW, "USER_STATUS_ABNORMAL", "AP", ""),
    ("capture", NEW, "USER_AMOUNT_EXCEED_LIMIT", "AP", ""),
    ("capture", NEW, "USER_BALANCE_NOT_ENOUGH", "AP", ""),
    ("capture", NEW, "RISK_REJECT", "AP", ""),
    ("capture", NEW, "UNKNOWN_EXCEPTION", "AP", ""),
    ("capture", KNOWN, "SUCCESS", "APapFEC", ""),
    ("capture", KNOWN, "PARAM_ILLEGAL", "-APapFEC", ""),
    ("capture", KNOWN, "AUTH_NOT_FOUND", "-APaFEC", "p"),
    ("capture", KNOWN, "AUTH_CANCELLED", "APFEC", "ap"),
    ("capture", KNOWN, "AUTH_EXPIRED", "APE", "apFC"),
    ("capture", KNOWN, "CURRENCY_NOT_SUPPORT", "APapFEC", ""),
    ("capture", KNOWN, "CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT", "APapFEC", ""),
    ("capture", KNOWN, "CAPTURE_IN_PROCESS", "APapFE", ""),
    ("capture", KNOWN, "PAYMENT_COUNT_EXCEED_LIMIT", "APapFEC", ""),
    ("capture", KNOWN, "PAYMENT_AMOUNT_EXCEED_LIMIT", "APapFEC", ""),
    ("capture", KNOWN, "USER_STATUS_ABNORMAL", "APapFEC", ""),
    ("capture", KNOWN, "USER_AMOUNT_EXCEED_LIMIT", "APapFEC", ""),
    ("capture", KNOWN, "USER_BALANCE_NOT_ENOUGH", "APapFEC", ""),
    ("capture", KNOWN, "RISK_REJECT", "APapFEC", ""),
    ("capture", KNOWN, "PROCESS_FAIL", "-APapFEC", ""),
    ("capture", KNOWN, "REPEAT_REQ_INCONSISTENT", "-APapFEC", ""),

    ("quote", NEW, "SUCCESS", "AP", ""),
    ("quote", NEW, "PARAM_ILLEGAL", "-APapFEC", ""),
    ("quote", NEW, "AUTH_NOT_FOUND", "-", ""),
    ("quote", NEW, "AUTH_CANCELLED", "C", ""),
    ("quote", NEW, "AUTH_EXPIRED", "apE", ""),
    ("quote", NEW, "CURRENCY_NOT_SUPPORT", "APF", "p"),
    ("quote", NEW, "CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT", "APpF", ""),
    ("quote", NEW, "CAPTURE_IN_PROCESS", "AP", ""),
    ("quote", NEW, "PAYMENT_COUNT_EXCEED_LIMIT", "AP", ""),
    ("quote", NEW, "PAYMENT_AMOUNT_EXCEED_LIMIT", "AP", ""),
    ("quote", NEW, "USER_STATUS_ABNORMAL", "AP", ""),
    ("quote", NEW, "USER_AMOUNT_EXCEED_LIMIT", "AP", ""),
    ("quote", NEW, "USER_BALANCE_NOT_ENOUGH", "AP", ""),
    ("quote", KNOWN, "SUCCESS", "APapFEC", ""),
    ("quote", KNOWN, "PARAM_ILLEGAL", "-APFEC", "ap"),
    ("quote", KNOWN, "AUTH_NOT_FOUND", "-AE", "PapFC"),
    ("quote", KNOWN, "AUTH_CANCELLED", "AEC", "PapF"),
    ("quote", KNOWN, "AUTH_EXPIRED", "AE", "PapFC"),
    ("quote", KNOWN, "CURRENCY_NOT_SUPPORT", "APapFEC", ""),
    ("quote", KNOWN, "CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT", "APapFEC", ""),
    ("quote", KNOWN, "CAPTURE_IN_PROCESS", "APapFE", ""),
    ("quote", KNOWN, "PAYMENT_COUNT_EXCEED_LIMIT", "APapFEC", ""),
    ("quote", KNOWN, "PAYMENT_AMOUNT_EXCEED_LIMIT", "APE", "apFC"),
    ("quote", KNOWN, "USER_STATUS_ABNORMAL", "APaFEC", "p"),
    ("quote", KNOWN, "USER_AMOUNT_EXCEED_LIMIT", "APapFEC", ""),
    ("quote", KNOWN, "USER_BALANCE_NOT_ENOUGH", "APapFEC", ""),
    ("quote", KNOWN, "RISK_REJECT", "APapFEC", ""),
    ("quote", KNOWN, "PROCESS_FAIL", "-APapFEC", ""),
    ("quote", KNOWN, "REPEAT_REQ_INCONSISTENT", "-APapFEC", ""),

    // An id that was never used names no payment.
    ("settle", NEW, "PARAM_ILLEGAL", "-", ""),
    ("settle", KNOWN, "SUCCESS", "APapFEC", ""),
    ("settle", KNOWN, "PARAM_ILLEGAL", "-APapFEC", ""),
    ("settle", KNOWN, "REPEAT_REQ_INCONSISTENT", "APapFEC", ""),

    ("reverse", NEW, "PARAM_ILLEGAL", "-", ""),
    ("reverse", KNOWN, "SUCCESS", "APapFEC", ""),
    ("reverse", KNOWN, "PARAM_ILLEGAL", "-APapFEC", ""),
    ("reverse", KNOWN, "ORDER_STATUS_INVALID", "APapFEC", ""),

    ("cancel", NEW, "SUCCESS", "APC", ""),
    ("cancel", NEW, "PARAM_ILLEGAL", "-", ""),
    ("cancel", NEW, "AUTH_NOT_FOUND", "-", ""),
    ("cancel", NEW, "AUTH_CANCELLED", "C", ""),
    ("cancel", NEW, "AUTH_EXPIRED", "apE", ""),
    ("cancel", NEW, "ORDER_STATUS_INVALID", "PpF", ""),
    ("cancel", NEW, "CAPTURE_IN_PROCESS", "AP", ""),

    ("void", NEW, "SUCCESS", "AP", ""),
    ("void", NEW, "PARAM_ILLEGAL", "-APapFEC", ""),
    ("void", NEW, "AUTH_NOT_FOUND", "-", ""),
    ("void", NEW, "AUTH_CANCELLED", "C", ""),
    ("void", NEW, "AUTH_EXPIRED", "apE", ""),
    ("void", NEW, "CURRENCY_NOT_SUPPORT", "APF", "p"),
    ("void", NEW, "CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT", "APpF", ""),
    ("void", NEW, "CAPTURE_IN_PROCESS", "AP", ""),
    ("void", KNOWN, "SUCCESS", "APapFEC", ""),
    ("void", KNOWN, "PARAM_ILLEGAL", "-APapFEC", ""),
    ("void", KNOWN, "AUTH_NOT_FOUND", "-A", "PapFEC"),
    // Nothing leads out of these two states.
    ("void", KNOWN, "AUTH_CANCELLED", "C", ""),
    ("void", KNOWN, "AUTH_EXPIRED", "E", ""),
    ("void", KNOWN, "CURRENCY_NOT_SUPPORT", "APapFEC", ""),
    ("void", KNOWN, "CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT", "APapFEC", ""),
    ("void", KNOWN, "REPEAT_REQ_INCONSISTENT", "-APapFEC", ""),

    ("abandon", NEW, "SUCCESS", "-", ""),
    ("abandon", NEW, "PARAM_ILLEGAL", "-", ""),
    ("abandon", KNOWN, "SUCCESS", "-APapFEC", ""),
    // With a capture in process nothing is cancelled.
    ("abandon", KNOWN, "CAPTURE_IN_PROCESS", "APapFE", ""),
    ("abandon", KNOWN, "ORDER_STATUS_INVALID", "APapFEC", ""),

    ("expire", NEW, "SUCCESS", "-", ""),
    ("expire", NEW, "PARAM_ILLEGAL", "-", ""),

    ("inquire", NEW, "SUCCESS", "-APapFEC", ""),
    ("inquire", NEW, "PARAM_ILLEGAL", "-", "APapFEC"),
    ("inquire", NEW, "AUTH_NOT_FOUND", "-", ""),

    ("inquirePayer", NEW, "SUCCESS", "-", ""),
    ("inquirePayer", NEW, "PARAM_ILLEGAL", "-", ""),

    ("events", NEW, "SUCCESS", "APapFEC", ""),
    ("events", NEW, "PARAM_ILLEGAL", "-AP", "apFEC"),
    ("events", NEW, "AUTH_NOT_FOUND", "-", ""),
];
