"""Telling folders on other machines from those on a disk of this one."""

from __future__ import annotations

from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
NETWORK = ("nfs", "cifs", "smb", "9p", "afs", "ceph", "lustre", "gpfs", "beegfs", "glusterfs",
           "fuse.sshfs", "fuse.glusterfs", "virtiofs", "davfs")  # fmt: skip


def is_network_drive(folder: Path) -> bool:
    """Tell whether a folder may be shared with other machines; True where that is not known."""
    try:
        lines = MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
        place = folder.resolve()
    except OSError:
        return True
    kinds: dict[int, str] = {}  # by the length of the mount point: the longest is nearest
    for line in lines:
        mount, _, device = line.partition(" - ")
        point = Path(mount.split(" ")[4].replace("\\040", " "))
        if point == place or point in place.parents:
            kinds[len(point.parts)] = device.split(" ")[0]
    return not kinds or kinds[max(kinds)].startswith(NETWORK)
