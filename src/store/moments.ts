// Moments as answers say them.

/** Of milliseconds since 1970. What no calendar has is the nearest that it has. */
export function moment(milliseconds: number): string {
  const known = Math.min(Math.max(milliseconds, 0), 8.64e15)
  return new Date(Number.isNaN(known) ? 0 : known).toISOString()
}
