// Times as answers show them.

/** ISO 8601 in UTC, from Unix milliseconds. A time that no clock can show becomes the epoch. */
export function isoMoment(unixMilliseconds: number): string {
  const at = new Date(unixMilliseconds)
  return Number.isNaN(at.getTime()) ? new Date(0).toISOString() : at.toISOString()
}
