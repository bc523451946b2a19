// What makes two errors one kind.

/** Errors that differ in numbers and quoted parts only are of one kind. */
export function withoutParticulars(error: string): string {
  return error
    .slice(0, 500)
    .replace(/"[^"]*"|'[^']*'|`[^`]*`/g, '"…"')
    .replace(/\d+/g, '0')
}
