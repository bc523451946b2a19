// A checkpoint as bytes and back. Any byte that is changed, missing or added is noticed.
//
//   linescope-checkpoint 1 <bytes of the body> <checksum>\n
//   <body: JSON and a line end>
//
// The checksum, eight hex digits, is the CRC-32C of the first line up to it and of the body. The first line keeps its
// form in every version, so that an old Linescope tells a newer checkpoint from a damaged one.

import { crc32c } from '../../base/crc32c.ts'
import type { Checkpoint } from './checkpoint.ts'

/** Bumped with every change that an older Linescope would misread. */
export const CHECKPOINT_VERSION = 1

const HEADER = /^(linescope-checkpoint ([1-9]\d*) (\d+) )([0-9a-f]{8})\n/
const LONGEST_HEADER_BYTES = 80

export type Decoded =
  | { readonly kind: 'whole'; readonly checkpoint: Checkpoint }
  | { readonly kind: 'newer'; readonly version: number }
  /** `reason` goes on from "it": "is empty". */
  | { readonly kind: 'damaged'; readonly reason: string }

/** Throws when a value has no exact JSON form: better no checkpoint than a wrong one. */
export function encodeCheckpoint(checkpoint: Checkpoint, version = CHECKPOINT_VERSION): Buffer {
  const body = Buffer.from(`${JSON.stringify(checkpoint, refuseLossy)}\n`)
  const start = `linescope-checkpoint ${version} ${body.length} `
  const checksum = checksumOf(start, body)
  return Buffer.concat([Buffer.from(`${start}${checksum}\n`), body])
}

export function decodeCheckpoint(bytes: Buffer): Decoded {
  if (bytes.length === 0) return damaged('is empty')
  const header = HEADER.exec(bytes.toString('latin1', 0, LONGEST_HEADER_BYTES))
  if (header === null) return damaged('does not begin as a checkpoint does')
  const [line, start, version, length, checksum] = header
  const body = bytes.subarray(line.length)
  if (body.length < Number(length)) return damaged(`ends ${Number(length) - body.length} bytes too early`)
  if (body.length > Number(length)) return damaged(`has ${body.length - Number(length)} bytes after its end`)
  if (checksumOf(start, body) !== checksum) return damaged('has bytes that were changed: its checksum is another one')
  if (Number(version) > CHECKPOINT_VERSION) return { kind: 'newer', version: Number(version) }
  return { kind: 'whole', checkpoint: JSON.parse(body.toString()) as Checkpoint }
}

function checksumOf(start: string, body: Buffer): string {
  return crc32c(body, 0, body.length, crc32c(Buffer.from(start)))
    .toString(16)
    .padStart(8, '0')
}

function damaged(reason: string): Decoded {
  return { kind: 'damaged', reason }
}

function refuseLossy(key: string, value: unknown): unknown {
  const isLossy =
    typeof value === 'number' ? !Number.isFinite(value) : typeof value === 'function' || typeof value === 'symbol'
  if (isLossy) throw new TypeError(`a checkpoint cannot hold ${String(value)} (at "${key}")`)
  return value
}
