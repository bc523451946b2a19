// Tells compressed bytes by how they start, never by the file's name.

/** Bytes that are enough to tell. */
export const HEAD_BYTES = 10

interface Format {
  readonly name: string
  readonly magic: readonly number[]
}

const GZIP = [0x1f, 0x8b]

// Known so that they are refused with a name; read as text they would be garbage.
const UNREADABLE_FORMATS: readonly Format[] = [
  { name: 'zstd', magic: [0x28, 0xb5, 0x2f, 0xfd] },
  { name: 'xz', magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00] },
  { name: 'zip', magic: [0x50, 0x4b, 0x03, 0x04] },
  { name: 'bzip2', magic: [0x42, 0x5a, 0x68, 0x39, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59] }
]

export function isGzip(head: Uint8Array): boolean {
  return startsWith(head, GZIP)
}

/** Name of the compression that these bytes start, when it is one that cannot be read. */
export function unreadableFormat(head: Uint8Array): string | undefined {
  return UNREADABLE_FORMATS.find(({ magic }) => startsWith(head, magic))?.name
}

function startsWith(head: Uint8Array, magic: readonly number[]): boolean {
  return head.length >= magic.length && magic.every((byte, index) => head[index] === byte)
}
