//! The operations of the replay: their names, who acts, which ids their
//! answers echo, and how their bodies are read.

use std::num::NonZeroU32;

use crate::decide::QuoteCapture;
use crate::id::{MerchantId, PayerId};
use crate::store::Inquiry;
use crate::submission::Command;
use crate::wire::bodies::{self, EventsWanted};
use crate::wire::fields::{Fields, Reading};

/// One row of the table of operations.
#[derive(Debug)]
pub(super) struct Op {
    /// The word in the line.
    pub(super) name: &'static str,
    /// Who acts, and what is done.
    pub(super) act: Act,
    /// The ids of the body that the answer echoes, in their order.
    pub(super) ids: &'static [&'static str],
}

/// Who acts, and what is done.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    /// The host settles how everything is done; the first line only.
    Configure,
    /// The host acts.
    Host(HostAct),
    /// A merchant acts.
    Merchant(MerchantAct),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum HostAct {
    RegisterPayer,
    AdjustPayer,
    Expire,
    InquirePayer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MerchantAct {
    Authorize,
    Capture,
    Quote,
    Settle,
    Reverse,
    Cancel,
    Void,
    Abandon,
    Inquire,
    Events,
}

const fn host(name: &'static str, act: HostAct, ids: &'static [&'static str]) -> Op {
    Op { name, act: Act::Host(act), ids }
}

const fn merchant(name: &'static str, act: MerchantAct, ids: &'static [&'static str]) -> Op {
    Op { name, act: Act::Merchant(act), ids }
}

/// Every operation, the frequent ones first.
static OPS: [Op; 15] = [
    merchant("capture", MerchantAct::Capture, bodies::CAPTURE_IDS),
    merchant("authorize", MerchantAct::Authorize, &["paymentId"]),
    merchant("quote", MerchantAct::Quote, bodies::CAPTURE_IDS),
    merchant("settle", MerchantAct::Settle, &["captureRequestId"]),
    merchant("reverse", MerchantAct::Reverse, &["captureRequestId"]),
    merchant("cancel", MerchantAct::Cancel, bodies::CANCEL_IDS),
    merchant("void", MerchantAct::Void, bodies::VOID_IDS),
    merchant("abandon", MerchantAct::Abandon, &["captureRequestId"]),
    merchant("inquire", MerchantAct::Inquire, bodies::INQUIRY_IDS),
    merchant("events", MerchantAct::Events, &[]),
    host("registerPayer", HostAct::RegisterPayer, &["payerId"]),
    host("adjustPayer", HostAct::AdjustPayer, &["adjustRequestId", "payerId"]),
    host("expire", HostAct::Expire, &[]),
    host("inquirePayer", HostAct::InquirePayer, &["payerId"]),
    Op { name: "configure", act: Act::Configure, ids: &[] },
];

/// The operation of this name.
pub(super) fn named(name: &str) -> Option<&'static Op> {
    OPS.iter().find(|op| op.name == name)
}

/// What a line asks of an engine, checked.
#[derive(Debug)]
pub(super) enum Request {
    Command(Command),
    Expire(Option<NonZeroU32>),
    Inquire(Inquiry),
    InquirePayer(PayerId),
    Events(MerchantId, EventsWanted),
}

impl HostAct {
    pub(super) fn read(self, body: Fields<'_>) -> Reading<Request> {
        Ok(match self {
            Self::RegisterPayer => Request::Command(bodies::register_payer(body)?.into()),
            Self::AdjustPayer => Request::Command(bodies::adjust_payer(body)?.into()),
            Self::Expire => Request::Expire(bodies::sweep_limit(body)?),
            Self::InquirePayer => Request::InquirePayer(bodies::payer(body)?),
        })
    }
}

impl MerchantAct {
    pub(super) fn read(self, merchant: &MerchantId, body: Fields<'_>) -> Reading<Request> {
        Ok(Request::Command(match self {
            Self::Authorize => bodies::authorize(merchant, body)?.into(),
            Self::Capture => bodies::capture(merchant, body)?.into(),
            Self::Quote => QuoteCapture(bodies::capture(merchant, body)?).into(),
            Self::Settle => bodies::settle(merchant, body)?.into(),
            Self::Reverse => bodies::reverse(merchant, body)?.into(),
            Self::Cancel => bodies::cancel(merchant, body)?.into(),
            Self::Void => bodies::void(merchant, body)?.into(),
            Self::Abandon => bodies::abandon(merchant, body)?.into(),
            Self::Inquire => return Ok(Request::Inquire(bodies::inquiry(merchant, body)?)),
            Self::Events => return Ok(Request::Events(merchant.clone(), bodies::events(body)?)),
        }))
    }
}
