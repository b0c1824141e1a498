"""Runs inside a container: makes calls that must be refused, and prints a line `name errno` for each."""

import ctypes
import errno
import os
import platform
import socket

LIBC = ctypes.CDLL(None, use_errno=True)
# Numbers of x86-64; those of 425 and above are the same on every machine.
CALLS = {
    "io_uring_setup": (425, 1, 0),
    "io_uring_enter": (426, 0, 0, 0, 0),
    "io_uring_register": (427, 0, 0, 0, 0),
    "ptrace": (101, 16, 1, 0, 0),
    "process_vm_readv": (310, 1, 0, 0, 0, 0, 0),
    "process_vm_writev": (311, 1, 0, 0, 0, 0, 0),
    "memfd_secret": (447, 0),
    "kcmp": (312, 1, 1, 0, 0, 0),
    "personality": (135, 0xFFFFFFFF),
    "mount": (165, 0, 0, 0, 0, 0),
    "umount2": (166, 0, 0),
    "pivot_root": (155, 0, 0),
    "unshare user": (272, 0x10000000),
    "clone user": (56, 0x10000000 | 17, 0, 0, 0, 0),
    "setns": (308, 0, 0),
    "bpf": (321, 0, 0, 0),
    "keyctl": (250, 0, 0, 0, 0, 0),
    "add_key": (248, 0, 0, 0, 0, 0),
    "perf_event_open": (298, 0, 0, -1, -1, 0),
    "userfaultfd": (323, 0),
    "name_to_handle_at": (303, -100, 0, 0, 0, 0),
    "open_by_handle_at": (304, -100, 0, 0),
    "fanotify_init": (300, 0, 0),
    "init_module": (175, 0, 0, 0),
    "kexec_load": (246, 0, 0, 0, 0),
    "reboot": (169, 0, 0, 0, 0),
    "swapon": (167, 0, 0),
    "chroot": (161, 0),
    "settimeofday": (164, 0, 0),
    "pidfd_getfd": (438, 0, 0, 0),
    "open_tree": (428, -100, 0, 0),
    "fsopen": (430, 0, 0),
}
SOCKETS = {
    "raw socket": (socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP),
    "packet socket": (17, socket.SOCK_RAW),
    "vsock": (40, socket.SOCK_STREAM),
    "crypto socket": (38, 5),
}
CLAIMS = {
    "setuid": lambda: os.setuid(0),
    "setgid": lambda: os.setgid(0),
    "chown": lambda: os.chown("/testbed", 0, 0),
    "device": lambda: os.mknod("/testbed/disk", 0o60600, os.makedev(254, 0)),
    "kill 1": lambda: os.kill(1, 9),
    "read 1": lambda: os.scandir("/proc/1/fd"),
}


def main():
    if platform.machine() == "x86_64":
        for name, (number, *words) in CALLS.items():
            ctypes.set_errno(0)
            answer = LIBC.syscall(number, *(ctypes.c_long(word) for word in words))
            if name == "clone user" and answer == 0:
                os._exit(0)
            print(name, errno.errorcode.get(ctypes.get_errno(), "none") if answer < 0 else "done", sep=": ")
    claims = {**CLAIMS, **{name: lambda kind=kind: socket.socket(*kind) for name, kind in SOCKETS.items()}}
    for name, claim in claims.items():
        try:
            claim()
            print(name, "done", sep=": ")
        except OSError as error:
            print(name, errno.errorcode[error.errno], sep=": ")


main()
