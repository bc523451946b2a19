// `--since` and `--until`.

import { InvalidArgumentError } from 'commander'

const UNIT_MILLISECONDS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const AGO = /^(\d+(?:\.\d+)?) ?([smhd])$/
const DAY = /^\d{4}-\d\d-\d\d$/
const MOMENT = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?$/

/** Since 1970. A time without a zone is local. */
export function parseMoment(text: string, now = Date.now()): number {
  const [, amount, unit] = AGO.exec(text) ?? []
  if (amount !== undefined && unit !== undefined) return now - Number(amount) * UNIT_MILLISECONDS[unit]
  const at = DAY.test(text) ? Date.parse(`${text}T00:00`) : MOMENT.test(text) ? Date.parse(text.replace(' ', 'T')) : NaN
  if (!Number.isNaN(at)) return at
  throw new InvalidArgumentError('It must be a time like 2026-11-24 or 2026-11-24T13:55, or an age like 10m, 2h or 3d.')
}
