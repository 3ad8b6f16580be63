//! The stored form of records: what was asked, and all that its answer prints.

use std::sync::Arc;

use super::authorization::is_placed;
use super::cbor::{Reader, Writer};
use super::event::{read_capture, write_capture};
use super::payer::currencies;
use super::values::{read_positive, read_refusal};
use super::{Stored, StoredError};
use crate::command::{AdjustPayer, ExtendInfo, VoidAmount};
use crate::event::{AcceptedCapture, PaymentRef};
use crate::id::{CaptureRequestId, PaymentId};
use crate::key::AuthorizationKey;
use crate::money::Money;
use crate::record::{
    AdjustRecord, AskedCapture, AuthorizeRecord, CancelRecord, CaptureOutcome, CaptureProgress,
    CaptureRecord, Record, RegisterRecord, VoidRecord,
};

impl Record {
    /// Its stored form, as [`stored`](crate::stored) describes it.
    pub fn to_bytes(&self) -> Vec<u8> {
        super::to_bytes(self)
    }

    /// The record of these stored bytes.
    ///
    /// # Errors
    /// [`StoredError`] if they are not the form of one that the engine can have made.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StoredError> {
        super::from_bytes(bytes, "record")
    }
}

impl Stored for Record {
    fn write(&self, to: &mut Writer) {
        match self {
            Self::Authorize(record) => to.array(3).text("A").put(&record.hold).put(&record.result),
            Self::Capture(record) => {
                write_fate(record, to.array(4).text("C").put(record.merchant()).put(record.request()))
            }
            Self::Void(record) => {
                let VoidRecord { merchant, request, payment, asked, result } = &**record;
                to.array(6).text("V").put(merchant).put(request).put(payment).put(asked).put(result)
            }
            Self::Cancel(record) => {
                let CancelRecord { merchant, payment, released, time } = &**record;
                to.array(5).text("X").put(merchant).put(payment).put(released).put(time)
            }
            Self::Register(record) => to.array(3).text("R").put(&record.payer).put(&record.registration),
            Self::Adjust(record) => {
                let AdjustPayer { request, payer, adjustment } = &record.asked;
                to.array(5).text("J").put(request).put(payer).put(adjustment).put(&record.result)
            }
        };
    }

    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        match from.lettered(what)? {
            ("A", 2) => read_authorize(from).map(Self::Authorize),
            ("C", 3) => read_capture_record(from).map(Self::Capture),
            ("V", 5) => read_void(from).map(Arc::new).map(Self::Void),
            ("X", 4) => read_cancel(from).map(Arc::new).map(Self::Cancel),
            ("R", 2) => read_register(from).map(Arc::new).map(Self::Register),
            ("J", 4) => read_adjust(from).map(Arc::new).map(Self::Adjust),
            _ => Err(from.unknown(what)),
        }
    }
}

fn read_authorize(from: &mut Reader<'_>) -> Result<AuthorizeRecord, StoredError> {
    let record = AuthorizeRecord { hold: from.take("hold")?, result: from.take("result")? };
    if record.result.is_ok() {
        is_placed(&record.hold, from)?;
    }
    Ok(record)
}

fn read_void(from: &mut Reader<'_>) -> Result<VoidRecord, StoredError> {
    let record = VoidRecord {
        merchant: from.take("merchant")?,
        request: from.take("voidRequestId")?,
        payment: from.take("paymentId")?,
        asked: from.take("amount to void")?,
        result: from.take("result")?,
    };
    let as_asked = match (record.asked, record.result) {
        (VoidAmount::Part(asked), Ok(voided)) => asked == voided,
        (VoidAmount::Remainder, Ok(voided)) => !voided.is_zero(),
        (_, Err(_)) => true,
    };
    from.require(as_asked, "result", "another amount is voided than was asked")?;
    Ok(record)
}

fn read_cancel(from: &mut Reader<'_>) -> Result<CancelRecord, StoredError> {
    Ok(CancelRecord {
        merchant: from.take("merchant")?,
        payment: from.take("paymentId")?,
        released: from.take("released")?,
        time: from.take("time")?,
    })
}

fn read_register(from: &mut Reader<'_>) -> Result<RegisterRecord, StoredError> {
    Ok(RegisterRecord { payer: from.take("payerId")?, registration: from.take("registration")? })
}

fn read_adjust(from: &mut Reader<'_>) -> Result<AdjustRecord, StoredError> {
    let asked = AdjustPayer {
        request: from.take("adjustRequestId")?,
        payer: from.take("payerId")?,
        adjustment: from.take("adjustment")?,
    };
    let record = AdjustRecord { asked, result: from.take("result")? };
    if let Ok(funds) = record.result {
        let own = funds.balance.currency();
        let one_currency = currencies(&record.asked.adjustment).all(|currency| currency == own);
        from.require(one_currency, "adjustment", "it is in another currency than the account")?;
    }
    Ok(record)
}

impl Stored for VoidAmount {
    fn write(&self, to: &mut Writer) {
        match self {
            Self::Part(amount) => to.array(2).unsigned(1).put(amount),
            Self::Remainder => to.array(1).unsigned(2),
        };
    }

    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        match from.numbered(what)? {
            (1, 1) => read_positive(from, what).map(Self::Part),
            (2, 0) => Ok(Self::Remainder),
            _ => Err(from.unknown(what)),
        }
    }
}

fn read_capture_record(from: &mut Reader<'_>) -> Result<CaptureRecord, StoredError> {
    let merchant = from.take("merchant")?;
    let request: CaptureRequestId = from.take("captureRequestId")?;
    match from.numbered("fate")? {
        (1, 0) => Ok(CaptureRecord::abandoned(merchant, request)),
        (2, 2) => {
            let asked = Asked::read(from)?;
            Ok(CaptureRecord::refused(merchant, request, asked.view(), read_refusal(from)?))
        }
        (3, 2) => {
            let asked = Asked::read(from)?;
            let payment = asked.payment.clone();
            let of = PaymentRef::ByKey(Box::new(AuthorizationKey { merchant, payment }));
            read_accepted(from, of, request, &asked)
        }
        _ => Err(from.unknown("fate")),
    }
}

/// What a capture's id came to. The id itself stands in its record only.
fn write_fate<'w>(record: &CaptureRecord, to: &'w mut Writer) -> &'w mut Writer {
    match (record.asked(), record.progress()) {
        (Some(asked), Some(progress)) => {
            write_asked(asked, to.array(3).unsigned(3));
            let CaptureProgress { capture, outcome, contradiction } = progress;
            write_capture(capture, to.array(5)).put(&outcome).put(&contradiction)
        }
        (Some(asked), None) => write_asked(asked, to.array(3).unsigned(2)).put(&record.code()),
        (None, _) => to.array(1).unsigned(1),
    }
}

fn read_accepted(
    from: &mut Reader<'_>,
    of: PaymentRef,
    request: CaptureRequestId,
    asked: &Asked,
) -> Result<CaptureRecord, StoredError> {
    from.array("progress", 5)?;
    let capture = read_capture(from, of, request)?;
    let outcome: CaptureOutcome = from.take("outcome")?;
    let contradiction = from.take("contradiction")?;
    if let CaptureOutcome::Succeeded { amount, .. } = outcome {
        let fits = amount.currency() == capture.asked.currency() && amount.minor() <= capture.asked.minor();
        from.require(fits, "outcome", "more is captured than was asked, or another currency")?;
    }
    accepted_as_asked(&capture, asked.view()).map_err(|problem| from.damaged("capture", problem))?;
    Ok(CaptureRecord::accepted(capture, asked.view(), outcome, contradiction))
}

fn accepted_as_asked(capture: &AcceptedCapture, asked: AskedCapture<'_>) -> Result<(), &'static str> {
    if asked.resolved != Some(capture.asked) {
        return Err("another amount was accepted than was asked");
    }
    if asked.is_last() != capture.last {
        return Err("isLastCapture is another than was asked");
    }
    Ok(())
}

fn write_asked<'w>(asked: AskedCapture<'_>, to: &'w mut Writer) -> &'w mut Writer {
    let AskedCapture { payment, amount, resolved, last, last_by_default, extend_info } = asked;
    let to = to.array(6).put(payment).put(&amount).put(&resolved).put(&last).put(&last_by_default);
    match extend_info {
        Some(text) => to.put(text),
        None => to.null(),
    }
}

/// What a capture asked, as it was read.
struct Asked {
    payment: PaymentId,
    amount: Option<Money>,
    resolved: Option<Money>,
    last: Option<bool>,
    last_by_default: bool,
    extend_info: Option<ExtendInfo>,
}

impl Asked {
    fn view(&self) -> AskedCapture<'_> {
        AskedCapture {
            payment: &self.payment,
            amount: self.amount,
            resolved: self.resolved,
            last: self.last,
            last_by_default: self.last_by_default,
            extend_info: self.extend_info.as_ref(),
        }
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, StoredError> {
        let what = "asked";
        from.array(what, 6)?;
        let asked = Self {
            payment: from.take("paymentId")?,
            amount: from.take("amount as sent")?,
            resolved: from.take("amount resolved")?,
            last: from.take("isLastCapture as sent")?,
            last_by_default: from.take("its default")?,
            extend_info: from.take("extendInfo")?,
        };
        let is_nothing = [asked.amount, asked.resolved].into_iter().flatten().any(Money::is_zero);
        from.require(!is_nothing, what, "an amount is 0")?;
        let differ = asked.amount.is_some() && asked.resolved.is_some() && asked.amount != asked.resolved;
        from.require(!differ, what, "an amount that was sent is resolved to another")?;
        Ok(asked)
    }
}

impl Stored for CaptureOutcome {
    fn write(&self, to: &mut Writer) {
        match self {
            Self::InProcess => to.array(1).unsigned(1),
            Self::Succeeded { amount, time, reversed } => {
                to.array(4).unsigned(2).put(amount).put(time).put(reversed)
            }
            Self::Failed(code) => to.array(2).unsigned(3).put(code),
        };
    }

    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        match from.numbered(what)? {
            (1, 0) => Ok(Self::InProcess),
            (2, 3) => Ok(Self::Succeeded {
                amount: read_positive(from, "amount captured")?,
                time: from.take("captureTime")?,
                reversed: from.take("reversed")?,
            }),
            (3, 1) => from.take("result code").map(Self::Failed),
            _ => Err(from.unknown(what)),
        }
    }
}
