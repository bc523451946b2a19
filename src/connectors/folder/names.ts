// Names in a watched folder: which are still being written, how one is spelled as text, how two of one name live
// side by side.

import { isUtf8 } from 'node:buffer'

/** More than any file system allows is refused by it; this is what nearly all allow. */
const MAX_NAME_BYTES = 255

const TEMPORARY_ENDINGS = [
  '~',
  '.tmp',
  '.temp',
  '.part',
  '.partial',
  '.swp',
  '.swo',
  '.swx',
  '.crdownload',
  '.download',
  '.filepart',
  '.aria2'
]

/**
 * By its name still in the making: hidden ones (`.a.log.x8Zq1b` of rsync, `.a.log.swp` of vim) and the endings that
 * browsers, copiers and editors give to what is not whole. It counts once it is renamed.
 */
export function isTemporaryName(name: string): boolean {
  if (name.startsWith('.') || (name.startsWith('#') && name.endsWith('#'))) return true
  const lower = name.toLowerCase()
  return TEMPORARY_ENDINGS.some(ending => lower.endsWith(ending))
}

/** As text: bytes that are no UTF-8 become `%FF`. */
export function nameAsText(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString()
  let text = ''
  for (let at = 0; at < bytes.length; ) {
    const length = [1, 2, 3, 4].find(count => at + count <= bytes.length && isUtf8(bytes.subarray(at, at + count)))
    text +=
      length === undefined
        ? `%${bytes[at].toString(16).toUpperCase().padStart(2, '0')}`
        : bytes.toString('utf8', at, at + length)
    at += length ?? 1
  }
  return text
}

/** The name itself for 1, then `access-2.log`, `access-3.log`; cut where the result would be too long to be a name. */
export function numberedName(name: string, number: number): string {
  const dot = name.lastIndexOf('.')
  // An ending as long as that is none.
  const ending = dot > 0 && name.length - dot <= 32 ? name.slice(dot) : ''
  const stem = name.slice(0, name.length - ending.length)
  return fitted(stem, number === 1 ? ending : `-${number}${ending}`)
}

/** A name that ends so, however long the stem is. */
export function fitted(stem: string, ending: string): string {
  let room = MAX_NAME_BYTES - Buffer.byteLength(ending)
  if (Buffer.byteLength(stem) <= room) return stem + ending
  let kept = ''
  for (const character of stem) {
    room -= Buffer.byteLength(character)
    if (room < 0) break
    kept += character
  }
  return kept + ending
}
