//! What becomes of a payment. Each scene sends the lines of one customer.

use super::days::{DAY, Days};
use super::line::Line;
use super::payers;
use super::payment::{MERCHANTS, NOTES, Payment};

const MINUTE: u64 = 60;
const HOUR: u64 = 3_600;

impl Days {
    /// Somebody who pays, or nobody who has an account here.
    pub fn somebody(&mut self) -> Option<usize> {
        (!self.chance.once_in(4)).then(|| self.payers.rank(&mut self.chance))
    }

    /// A payment of some merchant, not authorized yet.
    pub fn payment(&mut self, payer: Option<usize>, amount: u64, life: u64, at: u64) -> Payment {
        let merchant = self.merchants.rank(&mut self.chance);
        let currency = payer.map_or_else(|| self.chance.pick(["USD", "USD", "EUR", "JPY"]), payers::currency);
        let deferred = self.chance.once_in(5) && !self.rerunnable;
        let drawn = payer.is_some() && self.chance.once_in(8);
        Payment {
            id: self.ids.payment(merchant, at),
            merchant: MERCHANTS.get(merchant).copied().unwrap_or("grocer"),
            payer: payer.map(|rank| self.payer(rank, amount, at)),
            amount,
            currency,
            deadline: at + life,
            deferred,
            tab: false,
            terms: if drawn { r#","funding":"DRAWN""#.to_owned() } else { String::new() },
        }
    }

    pub fn authorize(&mut self, payment: &Payment, at: u64) {
        let line = Line::merchant("authorize", payment.merchant, payment.body());
        self.lost_answers(&line, at);
        self.send(at, line);
    }

    /// One customer's payment, and what becomes of it.
    pub fn order(&mut self, at: u64) {
        let amount = self.chance.spread(100, 60_000);
        let life = match self.chance.below(8) {
            0 => self.chance.spread(15 * MINUTE, 4 * HOUR),
            1..4 => DAY,
            _ => 7 * DAY,
        };
        let payer = self.somebody();
        let mut payment = self.payment(payer, amount, life, at);
        match self.chance.below(100) {
            0..40 => self.at_once(&payment, at),
            40..64 => self.parcels(&payment, at),
            64..71 => self.with_tip(&mut payment, at),
            71..77 => self.called_off(&payment, at),
            77..84 => self.given_back_in_part(&payment, at),
            84..88 => self.forgotten(&payment, at),
            88..91 => self.asked_for_too_much(&payment, at),
            91..93 => self.counted(&mut payment, at),
            93..95 => self.not_allowed(&mut payment, at),
            95..97 => self.out_of_order(&payment, at),
            _ => self.mistaken(&payment, at),
        }
    }

    /// A time to deliver: seconds at the counter, a day from the warehouse; before the deadline, mostly.
    fn delivery(&mut self, payment: &Payment, at: u64) -> u64 {
        let later = at + self.chance.spread(2, DAY);
        if self.chance.once_in(30) { later } else { later.min(payment.deadline - 1).max(at) }
    }

    /// All of it in one go.
    fn at_once(&mut self, payment: &Payment, at: u64) {
        self.authorize(payment, at);
        let amount = self.chance.pick([None, None, Some(payment.amount)]);
        let last = self.chance.pick([None, None, Some(true)]);
        let at = self.delivery(payment, at);
        self.capture(payment, amount, last, at);
    }

    /// Several captures; the last one, if there is one, says so or takes all that is left.
    fn parcels(&mut self, payment: &Payment, at: u64) {
        self.authorize(payment, at);
        let parcels = self.chance.spread(2, 8);
        let (mut left, mut at) = (payment.amount, at);
        for _ in 1..parcels {
            let taken = self.chance.between(1, (left / 2).max(1));
            left = left.saturating_sub(taken);
            at = self.delivery(payment, at);
            self.capture(payment, Some(taken), Some(false), at);
        }
        at = self.delivery(payment, at);
        match self.chance.below(8) {
            0 => {}
            1 => self.capture(payment, Some(left.max(1)), Some(false), at),
            2..5 => self.capture(payment, None, None, at),
            _ => self.capture(payment, Some((left / 2).max(1)), Some(true), at),
        }
    }

    /// The bill comes to more than was held.
    fn with_tip(&mut self, payment: &mut Payment, at: u64) {
        let percent =
            self.chance.pick([r#","overcapturePercent":"15""#, r#","overcapturePercent":"20.5""#, ""]);
        let limit = payment.amount(self.chance.spread(100, 4_000));
        payment.terms += percent;
        if percent.is_empty() || self.chance.once_in(2) {
            payment.terms += &format!(r#","overcaptureLimit":{limit}"#);
        }
        self.authorize(payment, at);
        let bill = payment.amount + payment.amount * self.chance.between(1, 22) / 100;
        let at = self.delivery(payment, at);
        self.capture(payment, Some(bill), None, at);
        if self.chance.once_in(3) {
            self.capture(payment, Some(payment.amount), None, at + MINUTE);
        }
    }

    /// The customer changes his mind, before anything is sent or after some of it was.
    fn called_off(&mut self, payment: &Payment, at: u64) {
        self.authorize(payment, at);
        let mut at = self.delivery(payment, at);
        if self.chance.once_in(3) {
            let last = self.chance.once_in(3);
            self.capture(payment, Some((payment.amount / 3).max(1)), Some(last), at);
            at += MINUTE;
        }
        let cancel =
            Line::merchant("cancel", payment.merchant, format!(r#"{{"paymentId":"{}"}}"#, payment.id));
        self.lost_answers(&cancel, at);
        self.send(at, cancel);
        if self.chance.once_in(2) {
            self.capture(payment, None, None, at + MINUTE);
        }
    }

    /// Something is out of stock.
    fn given_back_in_part(&mut self, payment: &Payment, at: u64) {
        self.authorize(payment, at);
        let at = self.delivery(payment, at);
        let all = self.chance.once_in(3);
        let part = payment.amount(self.chance.between(1, payment.amount + payment.amount / 8));
        let what =
            if all { r#""voidRemainingAmount":true"#.to_owned() } else { format!(r#""voidAmount":{part}"#) };
        let (request, id) = (self.ids.void(), &payment.id);
        let void = Line::merchant(
            "void",
            payment.merchant,
            format!(r#"{{"voidRequestId":"{request}","paymentId":"{id}",{what}}}"#),
        );
        self.lost_answers(&void, at);
        if self.chance.once_in(8) {
            let other = format!(
                r#"{{"voidRequestId":"{request}","paymentId":"{id}","voidAmount":{}}}"#,
                payment.amount(1)
            );
            self.send(at + 5 * MINUTE, Line::merchant("void", payment.merchant, other));
        }
        self.send(at, void);
        let amount = self.chance.pick([None, None, Some(payment.amount)]);
        self.capture(payment, amount, None, at + MINUTE);
    }

    /// Nobody captures in time.
    fn forgotten(&mut self, payment: &Payment, at: u64) {
        self.authorize(payment, at);
        let late = payment.deadline + self.chance.spread(1, HOUR);
        self.capture(payment, None, None, late);
        self.look(payment, late);
    }

    /// More than there is, and then what there is.
    fn asked_for_too_much(&mut self, payment: &Payment, at: u64) {
        self.authorize(payment, at);
        let at = self.delivery(payment, at);
        let too_much = payment.amount + self.chance.spread(1, 9_000);
        self.capture(payment, Some(too_much), None, at);
        self.capture(payment, Some(payment.amount), None, at + MINUTE);
        self.capture(payment, Some(1), None, at + 2 * MINUTE);
    }

    /// Only so many captures are agreed on.
    fn counted(&mut self, payment: &mut Payment, at: u64) {
        let most = self.chance.between(1, 3);
        payment.terms += &format!(r#","maxCaptures":{most}"#);
        self.authorize(payment, at);
        let mut at = at;
        for _ in 0..=most {
            at += self.chance.spread(MINUTE, 10 * MINUTE);
            self.capture(payment, Some((payment.amount / 9).max(1)), Some(false), at);
        }
    }

    /// A payment that is refused, and a capture of it nevertheless.
    fn not_allowed(&mut self, payment: &mut Payment, at: u64) {
        match self.chance.below(if self.rerunnable { 2 } else { 4 }) {
            0 => payment.amount += 1_000_000,
            1 => payment.currency = self.chance.pick(["CHF", "GBP", "XAU"]),
            2 => payment.payer = Some("2088999999999999".to_owned()),
            _ => payment.deadline = at,
        }
        self.authorize(payment, at);
        self.capture(payment, None, None, at + MINUTE);
    }

    /// The capture overtakes its authorization, or names another merchant's.
    fn out_of_order(&mut self, payment: &Payment, at: u64) {
        if self.chance.once_in(2) {
            self.capture(payment, None, None, at);
        }
        self.authorize(payment, at);
        let others = Payment { merchant: self.chance.pick(MERCHANTS), ..payment.clone() };
        self.capture(&others, Some(payment.amount), None, at + MINUTE);
        let cancelled = format!(r#"{{"paymentId":"{}"}}"#, payment.id);
        self.send(at + 2 * MINUTE, Line::merchant("cancel", others.merchant, cancelled));
    }

    /// What a merchant's program gets wrong.
    fn mistaken(&mut self, payment: &Payment, at: u64) {
        self.authorize(payment, at);
        let (request, id) = (self.ids.capture(), &payment.id);
        let amount = match self.chance.below(6) {
            0 => r#"{"value":100,"currency":"USD"}"#.to_owned(),
            1 => r#"{"value":"0","currency":"USD"}"#.to_owned(),
            2 => r#"{"value":"10.00","currency":"USD"}"#.to_owned(),
            3 => r#"{"value":"100","currency":"usd"}"#.to_owned(),
            _ => r#"{"value":"100","currency":"GBP"}"#.to_owned(),
        };
        let body =
            format!(r#"{{"captureRequestId":"{request}","paymentId":"{id}","captureAmount":{amount}}}"#);
        let at = self.delivery(payment, at);
        self.send(at, Line::merchant("capture", payment.merchant, body));
        if self.chance.once_in(3) {
            let mut other = payment.clone();
            other.amount += 1;
            self.authorize(&other, at);
        }
        let note = self.chance.pick(NOTES);
        let body = format!(r#"{{"paymentId":"{id}","captureRequestId":"{request}-2","extendInfo":{note}}}"#);
        self.send(at + MINUTE, Line::merchant("capture", payment.merchant, body));
    }
}
