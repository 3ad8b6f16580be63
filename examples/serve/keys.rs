//! Keys: read from files, or made at the first start and kept.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use capture_engine::http::{Clients, KeyVersion, PrivateKey, PublicKey};
use capture_engine::id::MerchantId;
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use crate::failure::{Failure, shown};

/// More than any key takes: what is no key file is not read to its end.
const LONGEST: u64 = 64 << 10;

/// The key that signs answers: the one of this file, or one that is kept.
pub fn signing(file: Option<&Path>, directory: &Path) -> Result<PrivateKey, Failure> {
    match file {
        // What is not there may be a key that was given in the place of its file.
        Some(file) => private(file, "--private-key".to_owned()),
        None => Ok(kept(directory, "serve")?.1),
    }
}

/// The clients `ID=PUBLIC_KEY_FILE`: the first key of each is version 1, the
/// next one that is given for it version 2.
pub fn clients(given: &[String]) -> Result<Clients, Failure> {
    let clients = Clients::new();
    for client in given {
        let (id, file) = client.split_once('=').ok_or(Failure::ClientForm)?;
        let id = MerchantId::try_from(id).map_err(|_| Failure::ClientId(shown(Path::new(id))))?;
        let latest = clients.keys(&id).and_then(|keys| keys.versions().last());
        let version = latest.map_or(Some(KeyVersion::FIRST), KeyVersion::next);
        let version = version.ok_or_else(|| Failure::TooManyKeys(id.to_string()))?;
        clients.add(&id, version, public(Path::new(file))?);
    }
    Ok(clients)
}

/// A pair that is kept under this name, made if it is not there yet, and the
/// file of its private key.
pub fn kept(directory: &Path, name: &str) -> Result<(PathBuf, PrivateKey), Failure> {
    let file = directory.join(format!("{name}.private.pem"));
    if !file.exists() {
        make(directory, &file)?;
        let key = private(&file, shown(&file))?;
        write_public(&directory.join(format!("{name}.public.pem")), &key)?;
    }
    let key = private(&file, shown(&file))?;
    Ok((file, key))
}

/// Makes a private key that nobody else can read. It comes to its name as a
/// whole, so that whoever else starts now finds all of it.
fn make(directory: &Path, file: &Path) -> Result<(), Failure> {
    let pem = PrivateKey::generate().and_then(|key| key.to_pem()).map_err(Failure::MakeKey)?;
    let made = private_directory(directory).and_then(|()| {
        // It is made with the mode 0600.
        let mut part = NamedTempFile::new_in(directory)?;
        part.write_all(pem.as_bytes())?;
        match part.persist_noclobber(file) {
            // Somebody else was quicker: that one is taken.
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error.error),
            Ok(_) => Ok(()),
        }
    });
    made.map_err(|source| Failure::WriteKey { file: shown(file), source })
}

#[cfg(unix)]
fn private_directory(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)
}

#[cfg(not(unix))]
fn private_directory(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)
}

/// Writes the public key that goes with a private one.
pub fn write_public(file: &Path, key: &PrivateKey) -> Result<(), Failure> {
    let public = key.public_key().map_err(Failure::MakeKey)?;
    fs::write(file, public.to_pem()).map_err(|source| Failure::WriteKey { file: shown(file), source })
}

/// A private key; `called` names its file where that cannot be read.
fn private(file: &Path, called: String) -> Result<PrivateKey, Failure> {
    let text = text(file).map_err(|source| Failure::ReadPrivateKey { file: called, source })?;
    PrivateKey::from_text(&text).map_err(|source| Failure::PrivateKey { file: shown(file), source })
}

fn public(file: &Path) -> Result<PublicKey, Failure> {
    let text = text(file).map_err(|source| Failure::ReadPublicKey { file: shown(file), source })?;
    PublicKey::from_text(&text).map_err(|source| Failure::PublicKey { file: shown(file), source })
}

/// The text of a file, wiped where it is dropped.
fn text(file: &Path) -> io::Result<Zeroizing<String>> {
    // Its final size, so that no part is left behind where it grew.
    let mut text = Zeroizing::new(String::with_capacity(usize::try_from(LONGEST).unwrap_or_default()));
    fs::File::open(file)?.take(LONGEST).read_to_string(&mut text)?;
    Ok(text)
}
