// One example for each built-in processor. What they make of their lines is not written here: it is run.

import type { LineValue } from '../../src/sdk/index.ts'

export interface ProcessorExample {
  readonly options?: unknown
  readonly lines: readonly LineValue[]
}

export const EXAMPLES: Readonly<Record<string, ProcessorExample>> = {
  delay: { options: { ms: '20ms' }, lines: ['all is well'] },
  fail: { options: { when: 'line.contains("disk")' }, lines: ['disk is full', 'all is well'] },
  filter: { options: { when: 'line.status >= 500' }, lines: [{ status: 502 }, { status: 200 }, { path: '/cart' }] },
  lowercase: { lines: ['WARN Disk 91 % full'] },
  parse_json: {
    lines: ['{"user": 17, "order": 12345678901234567890}', '[1, 2]', '"text"', '{"user": ']
  },
  route: {
    options: [
      { when: 'line.contains("ERROR")', to: 'error' },
      { when: 'line.contains("WARN")', to: 'warn' },
      { to: 'rest' }
    ],
    lines: ['ERROR disk is full', 'WARN disk 91 % full', 'INFO all is well']
  },
  snakecase: { lines: ['userLogin id=17', '  Hello, World!  '] },
  to_json: { lines: [{ user: 17, tags: ['new'] }, 'text'] },
  trim: { lines: ['  all is well \t'] },
  uppercase: { lines: ['warn: disk 91 % full', 'straße'] }
}
