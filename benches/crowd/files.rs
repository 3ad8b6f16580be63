//! How many files, and so connections, a process may have open.

use rustix::process::{Resource, getrlimit, setrlimit};

/// Files beside the connections.
const OTHER_FILES: usize = 128;

/// Lets this process, and those that it starts, have so many connections.
pub fn make_room(connections: usize) -> Result<(), String> {
    let wanted = (connections + OTHER_FILES) as u64;
    let mut files = getrlimit(Resource::Nofile);
    if files.current.is_none_or(|current| current >= wanted) {
        return Ok(());
    }
    // Up to the hard limit nobody need be asked.
    files.current = Some(files.maximum.map_or(wanted, |most| most.min(wanted)));
    let _ = setrlimit(Resource::Nofile, files);
    match getrlimit(Resource::Nofile).current {
        Some(current) if current < wanted => Err(format!(
            "{connections} connections need {wanted} open files on either side, and the limit is {current}: \
             raise the hard limit (ulimit -Hn {wanted} as root, or LimitNOFILE= of the service), \
             or ask for at most {} with --connections",
            (current as usize).saturating_sub(OTHER_FILES)
        )),
        _ => Ok(()),
    }
}
