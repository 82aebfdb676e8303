"""What a child process gives up before it reads a stranger's bytes: files, network, other programs, privileges.

Called in the child of gateways/bac_a_sable once everything it needs is loaded; nothing here can be taken back. Each
wall is asked of the kernel by itself, since containers and older kernels refuse some: what holds is answered, and
docs/decisions/0008-documents.md says what is protected where.
"""

import contextlib
import ctypes
import errno
import os
import platform
import pwd
import struct
from dataclasses import dataclass

_NO_NEW_PRIVS, _SET_DUMPABLE, _SET_SECCOMP, _FILTRE = 38, 4, 22, 2
"""linux/prctl.h, linux/seccomp.h."""
_LANDLOCK_CREER, _LANDLOCK_AJOUTER, _LANDLOCK_RESTREINDRE, _LANDLOCK_VERSION = 444, 445, 446, 1
"""Same numbers on every architecture (linux/landlock.h)."""
_ACCES_FICHIERS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""How many kinds of access to files each version knows: all of them are forbidden."""
_RESEAU_TCP, _PORTEES = 0b11, 0b11
"""Bind and connect (version 4); abstract sockets and signals to others (version 6)."""
_LIRE, _SOUS_CE_CHEMIN, _HASARD = 1 << 2, 1, "/dev/urandom"
"""The one file left: qpdf opens it for a PDF that is encrypted."""
_NEWUSER, _NEWNET, _NEWIPC, _FIL = 0x10000000, 0x40000000, 0x08000000, 0x10000


@dataclass(frozen=True, slots=True)
class _Machine:
    """What seccomp calls this processor, and the numbers of what a decoder never does."""

    audit: int
    clone: int
    ouvrir: tuple[int, ...]
    appels: tuple[int, ...]


# asm/unistd_64.h. Opening: open, openat, creat, openat2. Never: open_by_handle_at, sockets (socket, socketpair,
# connect, bind, sendto, sendmsg, accept, accept4), programs (execve, execveat, fork, vfork), other processes (ptrace,
# process_vm_readv and writev, kill, tkill, pidfd_open, pidfd_getfd, pidfd_send_signal), walls (unshare, setns, mount,
# chroot, bpf, perf_event_open, keyctl, userfaultfd), io_uring, which does all of these by another door, renames, links.
_MACHINES = {
    "x86_64": _Machine(
        0xC000003E, 56, (2, 257, 85, 437),
        (304, 41, 53, 42, 49, 44, 46, 43, 288, 59, 322, 57, 58, 101, 310, 311, 62, 200, 434, 438, 424,
         272, 308, 165, 161, 321, 298, 250, 323, 425, 426, 427, 82, 264, 316, 87, 263, 86, 265, 88, 266, 83, 258, 84),
    ),
    "aarch64": _Machine(
        0xC00000B7, 220, (56, 437),
        (265, 198, 199, 203, 200, 206, 211, 202, 242, 221, 281, 117, 270, 271, 129, 130, 434, 438, 424,
         97, 268, 40, 51, 280, 241, 219, 282, 425, 426, 427, 38, 276, 35, 37, 36, 34),
    ),
}  # fmt: skip
_X32, _CLONE3 = 0x40000000, 435


def se_cloisonner() -> list[str]:
    """The walls that the kernel refused, among "fichiers" and "reseau"; none when all hold."""
    libc = ctypes.CDLL(None, use_errno=True)
    sans_reseau = _quitter_root(libc)
    # A network of its own, with nothing in it, where an ordinary user may ask for one.
    sans_reseau = libc.unshare(_NEWUSER | _NEWNET | _NEWIPC) == 0 or sans_reseau
    # Also what lets an ordinary user ask for the two that follow.
    libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.prctl(_SET_DUMPABLE, 0, 0, 0, 0)
    landlock = _landlock(libc)
    seccomp = _seccomp(libc, peut_ouvrir=landlock)
    murs = {"fichiers": landlock or seccomp, "reseau": seccomp or sans_reseau}
    return [mur for mur, tient in murs.items() if not tient]


def _quitter_root(libc: ctypes.CDLL) -> bool:
    """Root ignores the rights of files: nobody does not. A container without that right keeps its root, walled in.
    Whether the network is left behind, which root may do without asking."""
    if os.geteuid() != 0:
        return False
    sans_reseau = bool(libc.unshare(_NEWNET | _NEWIPC) == 0)
    with contextlib.suppress(OSError, KeyError):
        personne = pwd.getpwnam("nobody")
        os.setgroups([])
        os.setresgid(personne.pw_gid, personne.pw_gid, personne.pw_gid)
        os.setresuid(personne.pw_uid, personne.pw_uid, personne.pw_uid)
    return sans_reseau


def _landlock(libc: ctypes.CDLL) -> bool:
    """No file is opened, made, removed or run any more, but random numbers; no TCP, no signal out where the kernel
    knows how."""
    version = libc.syscall(_LANDLOCK_CREER, None, 0, _LANDLOCK_VERSION)
    if version < 1:
        return False
    fichiers = (1 << _ACCES_FICHIERS.get(version, 16)) - 1
    champs = [fichiers, *([_RESEAU_TCP] if version >= 4 else []), *([_PORTEES] if version >= 6 else [])]
    attributs = struct.pack(f"={len(champs)}Q", *champs)
    regles = libc.syscall(_LANDLOCK_CREER, attributs, len(attributs), 0)
    if regles < 0:
        return False
    try:
        with contextlib.suppress(OSError):
            hasard = os.open(_HASARD, os.O_PATH | os.O_CLOEXEC)
            libc.syscall(_LANDLOCK_AJOUTER, regles, _SOUS_CE_CHEMIN, struct.pack("=Qi", _LIRE, hasard), 0)
            os.close(hasard)
        return bool(libc.syscall(_LANDLOCK_RESTREINDRE, regles, 0) == 0)
    finally:
        os.close(regles)


def _seccomp(libc: ctypes.CDLL, *, peut_ouvrir: bool) -> bool:
    """These calls answer EPERM; those of another processor's numbering end the process. Threads may be started (HEIC is
    decoded by one), processes not: RLIMIT_NPROC would count those of the server with them."""
    machine = _MACHINES.get(platform.machine())
    if machine is None:
        return False
    refuser, tuer, laisser = 0x00050000 | errno.EPERM, 0x80000000, 0x7FFF0000
    charger, egal, superieur, contient, rendre = 0x20, 0x15, 0x35, 0x45, 0x06
    appels = machine.appels if peut_ouvrir else machine.appels + machine.ouvrir
    programme = [
        (charger, 0, 0, 4),
        (egal, 1, 0, machine.audit),
        (rendre, 0, 0, tuer),
        (charger, 0, 0, 0),
        (superieur, len(appels) + 6, 0, _X32),
        # Its flags are in memory, which no filter reads: the C library then falls back on clone.
        (egal, 0, 1, _CLONE3),
        (rendre, 0, 0, 0x00050000 | errno.ENOSYS),
        (egal, 0, 2, machine.clone),
        (charger, 0, 0, 16),
        (contient, len(appels), len(appels) + 1, _FIL),
        *((egal, len(appels) - rang, 0, numero) for rang, numero in enumerate(appels)),
        (rendre, 0, 0, laisser),
        (rendre, 0, 0, refuser),
    ]
    octets = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *ligne) for ligne in programme))
    filtre = ctypes.create_string_buffer(struct.pack("@HP", len(programme), ctypes.addressof(octets)))
    return bool(libc.prctl(_SET_SECCOMP, _FILTRE, ctypes.byref(filtre), 0, 0) == 0)
