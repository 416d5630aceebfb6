#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""vmlinux.py BZIMAGE: the kernel of it, decompressed (ELF), on standard output.

The fields are those of the kernel's Documentation/arch/x86/boot.rst; little-endian.
"""
import lzma
import struct
import subprocess
import sys
import zlib

SECTOR = 512
SETUP_SECTS, MAGIC, VERSION, PAYLOAD = 0x1F1, 0x202, 0x206, 0x248


def payload(image):
    """What is compressed in it."""
    if image[MAGIC : MAGIC + 4] != b"HdrS" or struct.unpack_from("<H", image, VERSION)[0] < 0x208:
        sys.exit(f"vmlinux.py: \"{sys.argv[1]}\" is not a bzImage")
    offset, length = struct.unpack_from("<II", image, PAYLOAD)
    # A setup of 0 sectors means 4, and the boot sector comes before it.
    start = ((image[SETUP_SECTS] or 4) + 1) * SECTOR + offset
    return image[start : start + length]


def decompressed(data):
    """The last four bytes of most formats are the size, which is none of theirs."""
    if data.startswith(b"\xfd7zXZ\0"):
        return lzma.LZMADecompressor().decompress(data)
    if data.startswith(b"\x1f\x8b"):
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data)
    if data.startswith(b"\x28\xb5\x2f\xfd"):
        return subprocess.run(["zstd", "-dcq"], input=data[:-4], stdout=subprocess.PIPE, check=True).stdout
    sys.exit(f"vmlinux.py: \"{sys.argv[1]}\" is compressed in a way that is unknown here: it begins with {data[:6].hex()}")


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as file:
        sys.stdout.buffer.write(decompressed(payload(file.read())))
