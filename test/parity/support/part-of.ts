// Whether a shortened answer is part of the real one. What differs from run to run need only be of the same kind.

import assert from 'node:assert/strict'

const DIFFERS =
  /^(?:at|.*_at|.*_time|.*_seconds|.*_since|p50|p95|p99|max|share_.*|lines_per_second|stack|version|duration)$/

/** Members may be left out; lists must have all their items. */
export function assertPartOf(actual: unknown, expected: unknown, where: string): void {
  if (Array.isArray(expected)) {
    assert.ok(Array.isArray(actual), where)
    assert.equal(actual.length, expected.length, where)
    for (const [index, item] of expected.entries()) assertPartOf(actual[index], item, `${where}[${index}]`)
    return
  }
  if (typeof expected !== 'object' || expected === null) {
    assert.deepEqual(actual, expected, where)
    return
  }
  assert.ok(typeof actual === 'object' && actual !== null, where)
  for (const [name, value] of Object.entries(expected)) {
    const found = Object.getOwnPropertyDescriptor(actual, name)?.value as unknown
    const place = `${where}.${name}`
    if (!DIFFERS.test(name) || typeof value === 'object') assertPartOf(found, value, place)
    else assert.equal(typeof found, typeof value, place)
  }
}
