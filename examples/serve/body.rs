//! Takes the body of a request, within bounds of size and time.

use std::time::Duration;

use axum::body::{Body, HttpBody};
use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http_body_util::BodyExt;
use tokio::time::timeout;

/// The most bytes that are kept. The edge refuses what is longer than 64 KiB
/// by a signed answer; what is longer than this is told nothing.
const MOST: usize = 128 << 10;

/// So much is read and thrown away beyond that: a sender that looks for an
/// answer at the end of its body finds one.
const THROWN_AWAY: usize = 1 << 20;

/// The whole body, or the status of its refusal.
pub async fn read(body: Body, most: Duration) -> Result<Bytes, StatusCode> {
    let declared = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if declared > THROWN_AWAY {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    timeout(most, collect(body)).await.unwrap_or(Err(StatusCode::REQUEST_TIMEOUT))
}

async fn collect(mut body: Body) -> Result<Bytes, StatusCode> {
    let mut kept = BytesMut::new();
    let mut length = 0_usize;
    while let Some(frame) = body.frame().await {
        // It broke off, or is malformed.
        let frame = frame.map_err(|_| StatusCode::BAD_REQUEST)?;
        let Some(data) = frame.data_ref() else { continue };
        length = length.saturating_add(data.len());
        if length <= MOST {
            kept.extend_from_slice(data);
        } else if length > THROWN_AWAY {
            break;
        }
    }
    if length <= MOST { Ok(kept.freeze()) } else { Err(StatusCode::PAYLOAD_TOO_LARGE) }
}
