// Journeys that stand for numbers: ids only, never what a line holds.

import { failedAt, type RecentError } from '../recent-error.ts'
import type { RecentJourney } from '../recent-journeys.ts'
import { journeyId } from '../trace-answer.ts'
import type { Exemplar } from './family.ts'

/** Of how long lines took, newest last. Replays are not counted there. */
export function endToEndExemplars(journeys: readonly RecentJourney[]): Exemplar[] {
  return journeys.flatMap(({ lane, journey }) => {
    const { readAtMilliseconds, settledAtMilliseconds, replay } = journey
    if (replay !== undefined) return []
    const value = Math.max(0, settledAtMilliseconds - readAtMilliseconds) / 1000
    return [{ journeyId: journeyId(journey), value, unixSeconds: lane.unixMilliseconds(settledAtMilliseconds) / 1000 }]
  })
}

/** By node: the newest line that failed there. */
export function failureExemplars(errors: readonly RecentError[]): Map<number, Exemplar> {
  return new Map(
    errors.map(error => {
      const unixSeconds = failedAt(error) / 1000
      return [error.record.node, { journeyId: journeyId(error.record), value: 1, unixSeconds }]
    })
  )
}
