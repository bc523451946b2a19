// Writes a record as one line of JSON; text becomes a JSON string, in quotes. `parse_json` reads back what this wrote
// of a record.

import { defineProcessor, type JsonValue } from '../sdk/index.ts'

export const toJson = defineProcessor({
  name: 'to_json',
  summary: 'Writes a record as JSON, and text as a JSON string in quotes.',
  accepts: 'any',

  create: () => line => {
    const json = JSON.stringify(line)
    // The only trace that JSON leaves of NaN and infinity; a look through the record costs as much as writing it.
    if (json.includes('null')) refuseNonFinite(line)
    return json
  }
})

function refuseNonFinite(value: JsonValue): void {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new Error(`the record holds ${value}, which JSON has no number for`)
  }
  if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) refuseNonFinite(inner)
}
