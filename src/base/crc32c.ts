// CRC-32C (Castagnoli): the checksum of everything that Linescope keeps on disk. Eight bytes at a time by tables
// ("slicing by 8"), because the built-in `zlib.crc32` is another polynomial.

const REVERSED_POLYNOMIAL = 0x82f63b78

// Table k holds the effect of a byte that k more bytes follow.
const TABLES = new Int32Array(8 * 256)
for (let byte = 0; byte < 256; byte++) {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ REVERSED_POLYNOMIAL
  TABLES[byte] = crc
}
for (let i = 256; i < TABLES.length; i++) {
  const crc = TABLES[i - 256]
  TABLES[i] = (crc >>> 8) ^ TABLES[crc & 255]
}

/** Checksum of `bytes[start..end)` as an unsigned number; `previous` is that of the bytes before, when they lie apart. */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length, previous = 0): number {
  let crc = ~previous
  let i = start
  for (; i + 8 <= end; i += 8) {
    crc =
      TABLES[1792 + ((crc ^ bytes[i]) & 255)] ^
      TABLES[1536 + (((crc >>> 8) ^ bytes[i + 1]) & 255)] ^
      TABLES[1280 + (((crc >>> 16) ^ bytes[i + 2]) & 255)] ^
      TABLES[1024 + ((crc >>> 24) ^ bytes[i + 3])] ^
      TABLES[768 + bytes[i + 4]] ^
      TABLES[512 + bytes[i + 5]] ^
      TABLES[256 + bytes[i + 6]] ^
      TABLES[bytes[i + 7]]
  }
  for (; i < end; i++) crc = (crc >>> 8) ^ TABLES[(crc ^ bytes[i]) & 255]
  return ~crc >>> 0
}
