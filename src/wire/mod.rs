//! stub
mod json;
