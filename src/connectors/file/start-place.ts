// How a reading begins in the middle of a file: what is before it is not given, but how its last line ends is known.

import type { ByteReader } from '../../base/byte-reader.ts'
import type { FileSystem } from '../../base/file-system.ts'

const SKIP_BYTES = 256 * 1024
const CARRIAGE_RETURN = 0x0d

/** Of the line before this offset of a plain file. */
export function lineEndBefore(fileSystem: FileSystem, descriptor: number, offset: number): '\n' | '\r\n' {
  if (offset < 2) return '\n'
  const bytes = new Uint8Array(1)
  fileSystem.readSync(descriptor, bytes, 0, 1, offset - 2)
  return bytes[0] === CARRIAGE_RETURN ? '\r\n' : '\n'
}

/** Reads so many bytes and lets them go. Returns how the last line of them ends; undefined when there are fewer. */
export async function skipText(reader: ByteReader, byteCount: number): Promise<'\n' | '\r\n' | undefined> {
  const bytes = new Uint8Array(Math.min(SKIP_BYTES, byteCount))
  let last = 0
  let beforeLast = 0
  for (let left = byteCount; left > 0; ) {
    const count = await reader.read(bytes, 0, Math.min(bytes.length, left))
    if (count === 0) return undefined
    beforeLast = count > 1 ? bytes[count - 2] : last
    last = bytes[count - 1]
    left -= count
  }
  return beforeLast === CARRIAGE_RETURN ? '\r\n' : '\n'
}
