//! A client `demo` for a first try: its key pair, something to capture, and a
//! signed `curl` line.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use capture_engine::command::Authorize;
use capture_engine::http::{Clients, KeyRing, KeyVersion, MerchantClient, PrivateKey, Signer};
use capture_engine::id::{MerchantId, PaymentId};
use capture_engine::store::AnyStore;
use capture_engine::{Currency, Engine, Instant, Money, Outcome};

use crate::clock;
use crate::failure::Failure;
use crate::keys;

/// What the family's authorizations hold for.
const WEEK: Duration = Duration::from_secs(7 * 86_400);

type Error = Box<dyn std::error::Error>;

/// The client, before anything is served.
pub struct Demo {
    id: MerchantId,
    key: PrivateKey,
    key_file: PathBuf,
}

impl Demo {
    /// Makes it one of the clients. Its key is the one of an earlier start, if
    /// there was one.
    pub fn join(clients: &Clients, directory: &Path) -> Result<Self, Failure> {
        let (key_file, key) = keys::kept(directory, "demo")?;
        let id = MerchantId::try_from("demo").map_err(|_| Failure::ClientId("demo".to_owned()))?;
        clients.add(&id, KeyVersion::FIRST, key.public_key().map_err(Failure::MakeKey)?);
        Ok(Self { id, key, key_file })
    }

    /// Authorizes 10.00 USD, and says how to capture 4.00 of it.
    ///
    /// The ids hold this start's time: whatever was loaded, or is kept by a
    /// durable store from the start before, they are new.
    pub async fn invitation(
        &self,
        engine: &Engine<AnyStore>,
        url: &str,
        tokens: Option<&Path>,
    ) -> Result<String, Error> {
        let now = clock::now();
        let start = now.as_micros();
        let payment = format!("demo-payment-{start}");
        self.authorize(engine, payment.parse()?, now).await?;
        let body = format!(
            "{{\"captureRequestId\":\"demo-capture-{start}\",\"paymentId\":\"{payment}\",\
             \"captureAmount\":{{\"value\":\"400\",\"currency\":\"USD\"}},\"isLastCapture\":false}}"
        );
        let line = self.curl_line(url, body, tokens, now)?;
        let key_file = self.key_file.display();
        Ok(format!(
            "\nClient demo may capture 10.00 USD of {payment}. To take 4.00, paste within 5 minutes:\n\n\
             {line}\n\nIts private key, to sign more: {key_file}\n"
        ))
    }

    async fn authorize(
        &self,
        engine: &Engine<AnyStore>,
        payment: PaymentId,
        now: Instant,
    ) -> Result<(), Error> {
        let deadline = now.checked_add(WEEK).ok_or("the clock is at its end")?;
        let amount = Money::from_minor(1_000, Currency::USD)?;
        let hold = Authorize::new(self.id.clone(), payment, amount, deadline);
        match engine.authorize(&hold, now).await? {
            Outcome::Accepted { .. } => Ok(()),
            other => Err(format!("its authorization was answered {}", other.code()).into()),
        }
    }

    fn curl_line(
        &self,
        url: &str,
        body: String,
        tokens: Option<&Path>,
        now: Instant,
    ) -> Result<String, Error> {
        let signer = Signer::new(KeyVersion::FIRST, self.key.clone());
        let client = MerchantClient::new(self.id.clone(), signer, KeyRing::default());
        let request = client.sign(http::Request::post(url).body(Bytes::from(body))?, now)?;
        let mut line = String::new();
        if let Some(file) = tokens {
            // Into curl by a pipe: whoever lists processes sees arguments.
            let file = quoted(&file.display().to_string());
            write!(line, "{{ printf 'Agent-Token: '; grep -m 1 '[^[:space:]]' {file}; }} | ")?;
        }
        write!(line, "curl -sS -i {}", quoted(url))?;
        for (name, value) in request.headers() {
            write!(line, " -H {}", quoted(&format!("{name}: {}", value.to_str()?)))?;
        }
        if tokens.is_some() {
            line.push_str(" -H @-");
        }
        write!(line, " --data-binary {}", quoted(std::str::from_utf8(request.body())?))?;
        Ok(line)
    }
}

/// One word of a shell, whatever is in it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
