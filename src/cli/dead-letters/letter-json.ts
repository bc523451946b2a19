// Dead letters as JSON on stdout.

import { letterJson } from '../../state/dead-letter-log/letter-json.ts'
import type { StoredLetter } from '../../state/dead-letter-log/reader.ts'
import { BufferedOutput } from '../buffered-output.ts'
import type { Reveal } from './letter-text.ts'

/** One object a line. */
export function printJsonLines(letters: Iterable<StoredLetter>, reveal: Reveal): void {
  const output = new BufferedOutput()
  for (const stored of letters) if (!output.write(`${JSON.stringify(letterJson(stored, reveal))}\n`)) break
  output.flush()
}
