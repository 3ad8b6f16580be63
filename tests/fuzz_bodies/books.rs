//! What a host can read after each step of a history, kept as books: events
//! without gaps whose fold is what is stored, amounts that add up, payers of
//! whom just that is held and was taken which their authorizations say.

use std::collections::BTreeMap;
use std::sync::Arc;

use capture_engine::event::PaymentEvent;
use capture_engine::store::{AuthorizationKey, Inquiry, Reads};
use capture_engine::{Authorization, BlockingEngine, Engine, Instant, MemoryStore, Payer, Settings};

use super::decode::{MERCHANTS, PAYERS, PAYMENTS};
use super::identities::{self, minor};

/// More events than a history can have.
const ALL: usize = 1_000;

pub struct Books {
    store: Arc<MemoryStore>,
    engine: BlockingEngine<Arc<MemoryStore>>,
    /// The fold of all events of a payment.
    folds: BTreeMap<AuthorizationKey, Authorization>,
    /// What was put into a payer's account, less what was withdrawn.
    put_in: BTreeMap<String, i128>,
}

impl Books {
    pub fn over(store: Arc<MemoryStore>) -> Self {
        let engine = Engine::new(Arc::clone(&store), Settings::default()).blocking();
        Self { store, engine, folds: BTreeMap::new(), put_in: BTreeMap::new() }
    }

    /// A payer's account was changed by this much.
    pub fn put_in(&mut self, payer: &str, minor: i128) {
        *self.put_in.entry(payer.to_owned()).or_default() += minor;
    }

    /// Takes over what is new, and says what does not hold.
    pub fn check(&mut self) -> Result<(), String> {
        for merchant in MERCHANTS {
            for payment in PAYMENTS {
                let key = AuthorizationKey {
                    merchant: merchant.parse().unwrap(),
                    payment: payment.parse().unwrap(),
                };
                self.check_payment(key)?;
            }
        }
        PAYERS.into_iter().try_for_each(|payer| self.check_payer(payer))
    }

    fn check_payment(&mut self, key: AuthorizationKey) -> Result<(), String> {
        let known = self.folds.get(&key).map_or(0, Authorization::seq);
        let before = self.folds.get(&key).cloned();
        for event in self.events(&key, known) {
            self.take(&key, &event)?;
        }
        let page = pollster::block_on(self.store.payment(&Inquiry::Payment(key.clone()), 0, 1)).unwrap();
        let fold = self.folds.get(&key);
        if page.authorization.as_ref() != fold {
            return Err(format!(
                "stored is {:?}, and the fold of the events is {fold:?}",
                page.authorization
            ));
        }
        let Some(now) = fold else { return Ok(()) };
        identities::hold(now)?;
        if Authorization::from_bytes(&now.to_bytes()).as_ref() != Ok(now) {
            return Err(format!("another one comes back from its stored form: {now:?}"));
        }
        match before.and_then(|before| before.closing()) {
            Some(closing) if now.closing() != Some(closing) => {
                Err(format!("it had closed by {closing:?}: {now:?}"))
            }
            _ => Ok(()),
        }
    }

    fn events(&self, key: &AuthorizationKey, after: u64) -> Vec<PaymentEvent> {
        let events = pollster::block_on(self.store.payment_events(key, after, ALL)).unwrap();
        events.unwrap_or_default()
    }

    /// The next event of a payment.
    fn take(&mut self, key: &AuthorizationKey, event: &PaymentEvent) -> Result<(), String> {
        let known = self.folds.get(key).map_or(0, Authorization::seq);
        let last = self.folds.get(key).map_or(Instant::MIN, Authorization::last_time);
        if event.seq() != known + 1 || event.time() < last {
            return Err(format!("after event {known} at {last} came {event:?}"));
        }
        if PaymentEvent::from_bytes(&event.to_bytes()).as_ref() != Ok(event) {
            return Err(format!("another one comes back from its stored form: {event:?}"));
        }
        let refused = |error| format!("the event does not fit: {error}: {event:?}");
        match self.folds.get_mut(key) {
            Some(fold) => fold.apply(event).map_err(refused),
            None => {
                self.folds.insert(key.clone(), Authorization::open(event).map_err(refused)?);
                Ok(())
            }
        }
    }

    fn check_payer(&self, id: &str) -> Result<(), String> {
        let inquiry = self.engine.inquire_payer(&id.parse().unwrap(), Instant::EPOCH).unwrap();
        let Some(payer) = inquiry.map(|inquiry| inquiry.payer) else { return Ok(()) };
        let broken = |what: &str| Err(format!("{what}: {payer:?}, {:?}", self.folds));
        let of_payer = || self.folds.values().filter(|fold| fold.payer() == Some(payer.id()));
        let (balance, held) = (payer.balance().minor(), payer.held().minor());
        if held < 0 || held > balance {
            return broken("more is held than there is");
        }
        if held != of_payer().map(|fold| minor(fold.claim())).sum() {
            return broken("held is not what the authorizations claim");
        }
        let captured: i128 = of_payer().map(|fold| minor(fold.captured())).sum();
        if balance != self.put_in.get(id).copied().unwrap_or_default() - captured {
            return broken("what left the payer is not what was captured");
        }
        if Payer::from_bytes(&payer.to_bytes()).as_ref() != Ok(&payer) {
            return broken("another one comes back from its stored form");
        }
        Ok(())
    }
}
