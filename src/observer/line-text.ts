// The bytes of a line that are its text.

/** A byte order mark at the beginning of a source is not text; anywhere else it is. */
export function textBytes({ offset, bytes }: { readonly offset: number; readonly bytes: Uint8Array }): Uint8Array {
  const isMarked = offset === 0 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  return isMarked ? bytes.subarray(3) : bytes
}
